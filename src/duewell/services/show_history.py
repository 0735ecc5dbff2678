"""Show what a person owes and how it came: their loans and lines as they stand, and what closings observed.

Needs    a connection; the person; which books may be seen.
Gives    Holding of each contract; Seen: what closings said of them, with the ageing of that day.
Never    shows a contract of a book that may not be seen, or tells today's ageing for that of a day gone by.
Source   docs/reference/console.md, section customers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from duewell.domain.agenda import MISSED, OBSERVED, Ageing, Buckets, EntryKind
from duewell.domain.contract import contract_of
from duewell.domain.facts import Fact
from duewell.domain.product import LineTerms, Terms
from duewell.store import books, facts, loans
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey

_TOLD = (MISSED, EntryKind.EDGE, EntryKind.CURED, EntryKind.SUSPENDED)
SEEN_MAX = 100


@dataclass(frozen=True, slots=True)
class Holding:
    """A loan or line of a person on its book's open date. Amounts are minor units of its currency."""

    key: LoanKey
    book: BookRow
    product: str
    currency: str
    opened_on: date
    is_line: bool
    age: Ageing
    charged_off_on: date | None
    claim: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What the closing of a day observed of a contract, and how late it was then, as known then."""

    key: LoanKey
    day: date
    what: str
    age: Ageing
    currency: str


def show_history(
    conn: Connection, person_id: int, sees: Callable[[BookRow], bool]
) -> tuple[list[Holding], list[Seen]]:
    """The contracts of a person in the books that may be seen, and the last observations of them."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        rows = {row.code: row for row in books.all_books(conn)}
        held = [each for each in loans.loans_of_person(conn, person_id) if sees(rows[each[1]])]
        read = loans.read_many(conn, [key for key, *_ in held])
        holdings, bought = [], {}
        for key, code, money, product, opened_on in held:
            terms, every = read[key]
            holdings.append(_holding(key, rows[code], product, money, opened_on, terms, every))
            bought[key] = (terms, every, rows[code].buckets, money)
        seen = facts.seen_on(conn, person_id, [int(kind) for kind in _TOLD], SEEN_MAX)
    return holdings, [_seen(key, day, kind, *bought[key]) for key, day, kind in seen if key in bought]


def _holding(
    key: LoanKey, book: BookRow, product: str, money: str, opened_on: date, terms: Terms, every: list[Fact]
) -> Holding:
    contract = contract_of(terms)
    state = contract.fold(every, as_of=book.open_on)
    return Holding(
        key,
        book,
        product,
        money,
        opened_on,
        isinstance(terms, LineTerms),
        contract.ageing(state, book.buckets),
        state.charged_off_on,
        sum(state.claim),
    )


def _seen(
    key: LoanKey, day: date, kind: int, terms: Terms, every: list[Fact], buckets: Buckets, money: str
) -> Seen:
    contract = contract_of(terms)
    known = [fact for fact in every if fact.recorded_on <= day]
    age = contract.ageing(contract.fold(known, as_of=day), buckets)
    return Seen(key, day, OBSERVED[kind], age, money)
