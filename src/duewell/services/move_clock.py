"""Move a test clock: a sandbox book's date advanced by any span in one call, with what people did meanwhile.

Needs    a connection in autocommit; the book, the day to move to, facts to come as lines.
Gives    move_clock: everything that happened, in order, as plain data; attach: a person's loans copied in.
Never    moves a live book, or closes a day otherwise than the end of the day does.
Source   docs/reference/clocks.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from duewell.domain.agenda import OBSERVED
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.facts import FactLines
from duewell.domain.money import currency
from duewell.domain.party import loan_id, person_of, person_ref
from duewell.domain.product import LoanTerms
from duewell.store import books, clocking, days, loans, posting, products, request_keys, sealing
from duewell.store.books import BookRow
from duewell.store.closing import close_slice
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Request

SCHEMA = "duewell.clock/1"
DAYS_MAX = 4000
FACTS_MAX = 2000
EVENTS_MAX = 5000
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Coming:
    """A fact that comes while the clock moves: of a loan, as a line with its day."""

    key: LoanKey
    line: str


def move_clock(
    conn: Connection,
    code: str,
    *,
    to: date | None = None,
    by_days: int | None = None,
    coming: Sequence[Coming],
    request: Request,
) -> dict[str, Any]:
    """Move a sandbox book's open date to a day, or by days; facts come on their days, before those close.

    All in one transaction; the same request again answers the same and moves nothing.
    Refuses   both a day and a number of days, or neither; a live book; a day before the open date, or
              more than 4,000 on; a fact of another book, or outside the span; whatever a fact refuses.
    """
    posting.check_key(request.key)
    if (to is None) == (by_days is None):
        raise InvalidInput("clock-to-or-days")
    book = books.read_sandbox(conn, code)
    # A number of days is asked for as such: counted from a clock that has moved it would be another day.
    asked = [
        code,
        to.isoformat() if to is not None else by_days,
        [[loan_id(c.key.person_id, c.key.loan_no), c.line] for c in coming],
    ]
    body_hash = request_keys.hash_of_body(asked)
    with conn.transaction():
        books.hold_day(conn, book.book_id)
        kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
        if kept is not None:
            return kept
        book = books.read_book(conn, code)
        if to is None:
            assert by_days is not None
            to = book.open_on + timedelta(days=min(by_days, DAYS_MAX + 1))
        _check(conn, book, to, coming)
        first, told = book.open_on, _told(conn, book, to, coming, request)
        document = _document(conn, book, first, to, told)
        request_keys.keep(
            conn,
            client_id=request.client_id,
            key=request.key,
            body_hash=body_hash,
            target=f"clock/{code}",
            result=document,
            recorded_at=request.at,
        )
    return document


def _check(conn: Connection, book: BookRow, to: date, coming: Sequence[Coming]) -> None:
    if not 0 <= (to - book.open_on).days <= DAYS_MAX:
        raise InvalidInput("clock-span", open_on=str(book.open_on), to=str(to), days_max=DAYS_MAX)
    if len(coming) > FACTS_MAX:
        raise InvalidInput("clock-too-many-facts", given=len(coming), facts_max=FACTS_MAX)
    if days.unfinished_run(conn, book.book_id) is not None:
        raise Conflict("clock-day-running", book=book.code)
    for number, each in enumerate(coming, start=1):
        if loans.book_of(conn, each.key) != book.book_id:
            raise InvalidInput("clock-fact-of-another-book", nr=number)


def _told(
    conn: Connection, book: BookRow, to: date, coming: Sequence[Coming], request: Request
) -> list[dict[str, Any]]:
    """Close the days and record the facts between them; returns what was recorded."""
    dated = sorted(
        ((_day_of(book, each, to), n, each) for n, each in enumerate(coming, start=1)),
        key=lambda told: told[:2],
    )
    recorded: list[dict[str, Any]] = []
    for day, group in groupby(dated, key=lambda told: told[0]):
        _close(conn, book, day - _ONE_DAY, request.at)
        for _, number, each in group:
            recorded.append(_record(conn, each, number, day, request))
    _close(conn, book, to - _ONE_DAY, request.at)
    return recorded


def _day_of(book: BookRow, each: Coming, to: date) -> date:
    day = FactLines.day_of(each.line)
    if day is None or not book.open_on <= day <= to:
        raise InvalidInput("clock-fact-outside", line=each.line[:60], open_on=str(book.open_on), to=str(to))
    return day


def _close(conn: Connection, book: BookRow, until: date, at: datetime) -> None:
    now = books.read_book(conn, book.code)
    if until < now.open_on:
        return
    if clocking.is_small(conn, book.book_id):
        clocking.close_many(conn, now, until, at)
        return
    while now.open_on <= until:
        _close_one(conn, now, at)
        now = books.read_book(conn, book.code)


def _close_one(conn: Connection, book: BookRow, at: datetime) -> None:
    """One day of a larger book, by the way every day is closed."""
    day = book.open_on
    books.move_open_on(conn, book.book_id, day + _ONE_DAY)
    run = days.begin_run(conn, book.book_id, day, at)
    for slice_no in range(run.slices):
        close_slice(conn, run, slice_no, at)
    days.sum_up(conn, book.book_id, day, at, sealing.content_of(conn, book.book_id, day))


def _record(conn: Connection, each: Coming, number: int, day: date, request: Request) -> dict[str, Any]:
    row = loans.read_loan(conn, each.key)
    facts = loans.read_facts(conn, each.key)
    name = f"{request.key}/{number}"[-200:]
    fact = FactLines(currency(row.terms.currency), facts).read(
        each.line, source=request.source, source_ref=name, recorded_on=day
    )
    asked = Request(
        f"clock:{request.client_id}", name[-200:], request.actor, request.at, source=request.source
    )
    result = posting.record(conn, each.key, fact, asked)
    return {
        "on": day.isoformat(),
        "what": "recorded",
        "loan_id": loan_id(each.key.person_id, each.key.loan_no),
        "line": each.line,
        "outstanding_minor": result["outstanding_minor"],
    }


def _part_of(request: Request, name: str) -> Request:
    """One of the facts of a request, under a key of its own."""
    return Request(f"clock:{request.client_id}", name, request.actor, request.at, source=request.source)


def _document(
    conn: Connection, book: BookRow, first: date, to: date, recorded: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    came = clocking.what_came(conn, book.book_id, first, to - _ONE_DAY, EVENTS_MAX + 1)
    events = [*recorded]
    for each in came[:EVENTS_MAX]:
        what = OBSERVED[each.kind] if isinstance(each.kind, int) else "wished"
        told = {"on": each.on.isoformat(), "what": what}
        told["loan_id"] = loan_id(each.key.person_id, each.key.loan_no)
        if each.what == "wished":
            told |= {"wish": str(each.kind), "days": each.told["days"]}
        events.append(told)
    # In the order of the day: what people did, then what its closing found, then what it wishes for.
    events.sort(key=lambda told: (told["on"], told["what"] != "recorded"))
    return {
        "schema": SCHEMA,
        "book": book.code,
        "from": first.isoformat(),
        "open_on": to.isoformat(),
        "days_closed": (to - first).days,
        "events": events,
        "is_cut": len(came) > EVENTS_MAX,
        "posted_minor": days.posted_between(conn, book.book_id, first, to - _ONE_DAY),
    }


# -- persons and forks -----------------------------------------------------------------------------


def attach(conn: Connection, code: str, person_id: int, request: Request) -> dict[str, Any]:
    """Copy a person's loans into a sandbox book at any time; what is known of the person stays behind.

    Each fact is recorded on the clock's open date with the day it counts from: the same loan, learnt now.
    Refuses   a live book; a person without loans; facts that come after the clock's date.
    """
    posting.check_key(request.key)
    book = books.read_sandbox(conn, code)
    body_hash = request_keys.hash_of_body(["attach", code, person_ref(person_id)])
    with conn.transaction():
        kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
        if kept is not None:
            return kept
        found = loans.loans_of_person(conn, person_id)
        if not found:
            raise InvalidInput("clock-person-without-loans")
        new_id = person_of(code, "attached", request.client_id, request.key)
        loans.add_person(conn, new_id, book.book_id)
        told = [_copy(conn, book, key, new_id, request) for key, *_ in found]
        result = {"schema": "duewell.attached/1", "person": person_ref(new_id), "loans": told}
        request_keys.keep(
            conn,
            client_id=request.client_id,
            key=request.key,
            body_hash=body_hash,
            target=f"clock/{code}",
            result=result,
            recorded_at=request.at,
        )
    return result


def _copy(conn: Connection, book: BookRow, key: LoanKey, new_id: int, request: Request) -> dict[str, str]:
    row = loans.read_loan(conn, key)
    if row.terms.currency != book.currency:
        raise InvalidInput("clock-other-currency", given=row.terms.currency, currency=book.currency)
    code, version = products.copy_of(conn, key, book)
    made = loans.create_loan(
        conn,
        person_id=new_id,
        book_id=book.book_id,
        product_code=code,
        product_version=version,
        terms=row.terms,
        opened_on=row.terms.start if isinstance(row.terms, LoanTerms) else book.open_on,
    )
    for number, fact in enumerate(loans.read_facts(conn, key), start=1):
        if fact.effective_on > book.open_on:
            raise InvalidInput("clock-behind-the-loan", on=str(fact.effective_on), open_on=str(book.open_on))
        name = f"{request.key}/{made.loan_no}/{number}"[-200:]
        posting.record(conn, made, fact, _part_of(request, name))
    return {
        "from": loan_id(key.person_id, key.loan_no),
        "loan_id": loan_id(made.person_id, made.loan_no),
    }
