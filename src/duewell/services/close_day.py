"""Close business days of a book: restartable, the same twice as once, n missed days as n single ones.

Needs    a connection in autocommit, the book's code, the day to close to, the instant.
Gives    one DayReport a day closed; progress by callback.
Never    skips a day, touches a quiet loan, or closes a day whose sums do not balance.
Source   docs/decisions/0004-closing-a-day.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from duewell.domain.agenda import Sums, rolled
from duewell.domain.errors import InvalidInput
from duewell.domain.postings import day_journal
from duewell.store import books, days
from duewell.store.books import BookRow
from duewell.store.loans import Connection

DAYS_MAX = 4000


@dataclass(frozen=True, slots=True)
class DayReport:
    """What closing one day did. Counts are loans' agenda entries, loans turned, wishes written."""

    day: date
    entries: int
    turned: int
    wishes: int
    was_resumed: bool


def close_day(
    conn: Connection,
    book_code: str,
    *,
    until: date,
    at: datetime,
    on_progress: Callable[[date, int], None] = lambda day, slice_no: None,
    on_closed: Callable[[DayReport], None] = lambda report: None,
) -> list[DayReport]:
    """Close every open day up to `until`, oldest first; a day closed before is left as it is.

    A run that was killed goes on where it stopped. Refuses a day before the book was opened and more
    than 4,000 days at once.
    """
    book = books.read_book(conn, book_code)
    if until < book.opened_on:
        raise InvalidInput("day-before-the-book", day=until.isoformat(), opened_on=book.opened_on.isoformat())
    if (until - book.open_on).days > DAYS_MAX:
        raise InvalidInput(
            "too-many-days", open_on=book.open_on.isoformat(), until=until.isoformat(), days_max=DAYS_MAX
        )
    reports: list[DayReport] = []
    while True:
        day = days.unfinished_run(conn, book.book_id)
        was_resumed = day is not None
        if day is None:
            day = _cut_off(conn, book_code, until, at)
        if day is None:
            return reports
        for slice_no in range(days.SLICES):
            with conn.transaction():
                days.close_slice(conn, book.book_id, day, slice_no, at)
            on_progress(day, slice_no)
        _finish(conn, book, day, at)
        reports.append(DayReport(day, **days.chunk_totals(conn, book.book_id, day), was_resumed=was_resumed))
        on_closed(reports[-1])


def _cut_off(conn: Connection, book_code: str, until: date, at: datetime) -> date | None:
    """Move the open date on by one day, once running postings have ended; None if `until` is closed."""
    with conn.transaction():
        book = books.read_book(conn, book_code)
        books.hold_day(conn, book.book_id)
        book = books.read_book(conn, book_code)
        if book.open_on > until or days.unfinished_run(conn, book.book_id) is not None:
            return days.unfinished_run(conn, book.book_id)
        days.begin_run(conn, book.book_id, book.open_on, at)
        books.move_open_on(conn, book.book_id, book.open_on + days.ONE_DAY)
        return book.open_on


def _finish(conn: Connection, book: BookRow, day: date, at: datetime) -> None:
    """Add the slices up, post the general ledger's totals, and mark the day closed."""
    with conn.transaction():
        books.hold_day(conn, book.book_id)
        if days.unfinished_run(conn, book.book_id) != day:
            return
        yesterday = day - days.ONE_DAY
        before = days.read_sums(conn, book.book_id, yesterday)
        after = sums_after(
            before, days.read_moves(conn, book.book_id, day), days.read_day_sums(conn, book.book_id, day), day
        )
        days.put_sums(conn, book.book_id, day, after)
        for product_no in sorted(after):
            journal = day_journal(before.get(product_no, {}), after[product_no])
            if journal is not None:
                days.put_gl_journal(conn, book.book_id, day, product_no, journal)
        days.finish_run(conn, book.book_id, day, at)


def sums_after(
    before: dict[int, Sums], moves: dict[int, Sums], adds: dict[int, Sums], day: date
) -> dict[int, Sums]:
    """The sums at the end of a day: yesterday's, corrected, rolled on by the day, and the day's own."""
    found: dict[int, Sums] = {}
    for product_no in sorted({*before, *moves, *adds}):
        corrected = _sum(before.get(product_no, {}), moves.get(product_no, {}))
        moved = rolled(corrected, day - days.ONE_DAY, day)
        found[product_no] = _sum(moved, adds.get(product_no, {}))
    return found


def _sum(left: Sums, right: Sums) -> Sums:
    both = {
        key: left.get(key, 0) + right.get(key, 0) for key in [*left, *(k for k in right if k not in left)]
    }
    return {key: value for key, value in both.items() if value}
