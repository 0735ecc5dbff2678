"""Preview a fact: what recording it would do to a loan or line, its entries too; nothing is written.

Needs    a connection; the contract's key; the fact.
Gives    FactPreview: the contract before and after, the split of the fact, the entries it would post.
Never    writes, or judges otherwise than recording does: store.posting holds the one judgement.
Source   docs/reference/console.md, section a loan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duewell.domain.agenda import Ageing
from duewell.domain.contract import State, contract_of
from duewell.domain.errors import Refusal
from duewell.domain.facts import Applied, Fact, FactLines, voided
from duewell.domain.ledger import Account
from duewell.domain.money import currency
from duewell.store import loans, posting
from duewell.store.loans import Connection, LoanKey, LoanRow


@dataclass(frozen=True, slots=True)
class Side:
    """The contract on the book's open date, without the fact or with it."""

    state: State
    age: Ageing


@dataclass(frozen=True, slots=True)
class FactPreview:
    """What would come of a fact. `split` is None where it moves nothing by itself.

    `entries` are the journals it would post, each with the fact whose split it posts or corrects; `lost` are
    earlier facts that it would leave without effect, each with the reason.
    """

    row: LoanRow
    fact: Fact
    before: Side
    after: Side
    split: Applied | None
    entries: tuple[tuple[Fact, tuple[tuple[Account, int], ...]], ...]
    lost: tuple[tuple[Fact, Refusal], ...]


def preview_fact(conn: Connection, key: LoanKey, fact: Fact, *, is_dated: bool = True) -> FactPreview:
    """What recording a fact would do.

    Refuses   what recording it would refuse, a reference that is taken too.
    """
    row = loans.read_loan(conn, key)
    kept, change, journals = posting.suppose(conn, row, fact, is_dated=is_dated)
    contract = contract_of(row.terms)
    named = {each.key: each for each in (*loans.read_facts(conn, key), kept)}
    return FactPreview(
        row,
        kept,
        Side(change.before, contract.ageing(change.before, row.buckets)),
        Side(change.after, contract.ageing(change.after, row.buckets)),
        next((each for each in change.after.applied if each.fact.key == kept.key), None),
        tuple(
            (named[name], tuple((line.account, line.amount_minor) for line in journal.lines))
            for name, journal in journals.items()
        ),
        tuple(voided(change.before.void, change.after.void, kept)),
    )


def read_line(
    conn: Connection, key: LoanKey, line: str, *, source: Literal["console"] = "console", ref: str
) -> Fact:
    """A fact of a loan from a line of text; without its date it counts from the open date."""
    row = loans.read_loan(conn, key)
    return FactLines(currency(row.terms.currency), loans.read_facts(conn, key)).read(
        line, source=source, source_ref=ref, recorded_on=row.book_open_on, on=row.book_open_on
    )
