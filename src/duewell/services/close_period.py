"""Close an accounting period: set aside for losses, keep its balances, and never post into it again.

Needs    a connection; the book's code; the period's last day, closed already.
Gives    the closed period; the same one when it is asked for twice.
Never    changes a posted entry: what is learnt later is posted as a difference in an open period.
Source   docs/reference/ledger.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from duewell.domain.errors import Conflict, InvalidInput, PeriodClosed
from duewell.domain.ledger import PROVISION, PROVISION_EXPENSE, Journal, Line
from duewell.store import books, days, ledger
from duewell.store.books import BookRow
from duewell.store.ledger import PeriodRow
from duewell.store.loans import Connection
from duewell.store.periods import period_of, provisions


def close_period(
    conn: Connection,
    book_code: str,
    *,
    ends_on: date,
    at: datetime,
    actor: str,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> PeriodRow:
    """Close the period that ends on a day and begins after the last closed one.

    Refuses   PeriodClosed "period-closed-before" for a day inside a closed period; Conflict
              "period-days-open" while a day of it is open.
    """
    book = books.read_book(conn, book_code)
    kept = _kept(conn, book, ends_on)
    if kept is not None:
        return kept
    _check(conn, book, ends_on)
    wanted = provisions(conn, book, ends_on, on_progress=on_progress)
    with conn.transaction():
        ledger.hold_periods(conn, book.book_id)
        kept = _kept(conn, book, ends_on)
        if kept is not None:
            return kept
        _provide(conn, book, ends_on, wanted)
        period = period_of(conn, book, ends_on, ledger.periods(conn, book.book_id), at=at, actor=actor)
        ledger.put_period(conn, book.book_id, period)
    return period


def _kept(conn: Connection, book: BookRow, ends_on: date) -> PeriodRow | None:
    closed = ledger.periods(conn, book.book_id)
    found = next((each for each in closed if each.ends_on == ends_on), None)
    if found is None and closed and ends_on <= closed[-1].ends_on:
        raise PeriodClosed("period-closed-before", ends_on=str(ends_on), closed_to=str(closed[-1].ends_on))
    return found


def _check(conn: Connection, book: BookRow, ends_on: date) -> None:
    if ends_on < book.opened_on:
        raise InvalidInput("day-before-the-book", day=str(ends_on), opened_on=str(book.opened_on))
    last = days.last_closed(conn, book.book_id)
    if last is None or last < ends_on:
        raise Conflict("period-days-open", ends_on=str(ends_on), open_on=str(book.open_on))


def _provide(conn: Connection, book: BookRow, ends_on: date, wanted: Mapping[int, int]) -> None:
    """Post the difference between what is set aside and what should be."""
    held = days.gl_balances(conn, book.book_id, ends_on)
    for product_no in sorted({*wanted, *held}):
        change = wanted.get(product_no, 0) + held.get(product_no, {}).get(PROVISION, 0)
        if change:
            journal = Journal((Line(PROVISION_EXPENSE, change), Line(PROVISION, -change)))
            ledger.put_provision(conn, book.book_id, ends_on, product_no, journal)
