"""Report the trend: what borrowers owed at the end of each day or month, and what the closings observed.

Needs    a connection; the book's code; a closed day to end with.
Gives    Trend: the ledger's receivables and the counts of observations, by day or by month.
Never    folds a loan, or shows a day that is still open.
Source   docs/reference/console.md, section portfolio.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from duewell.domain.agenda import MISSED, EntryKind
from duewell.domain.ledger import (
    FEE_RECEIVABLE,
    INTEREST_RECEIVABLE,
    LOANS_PRINCIPAL,
    PENALTY_ACCRUED,
    PENALTY_RECEIVABLE,
)
from duewell.store import books, days, trends
from duewell.store.books import BookRow
from duewell.store.loans import Connection
from duewell.store.trends import Span

DAYS_BY_DAY = 62
"""A book closed for no longer than this is told day by day, an older one month by month."""
POINTS_MAX = 62
_CHARGED = (INTEREST_RECEIVABLE, FEE_RECEIVABLE, PENALTY_RECEIVABLE, PENALTY_ACCRUED)
_OBSERVED = {MISSED: "missed", EntryKind.EDGE: "entered", EntryKind.CURED: "cured"}


@dataclass(frozen=True, slots=True)
class Point:
    """One day or month. `outstanding` is principal with all that was charged and not paid, at its last day;
    `charged` the part of it that is no principal. The rest counts what its closings observed.
    """

    on: date
    outstanding: int
    charged: int
    missed: int
    entered: int
    cured: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A book over its closed days. Without a closed day there are no points."""

    book: BookRow
    span: Span
    until: date | None
    points: tuple[Point, ...]


def report_trend(conn: Connection, book_code: str, *, until: date | None = None) -> Trend:
    """The trend to a closed day, the last one unless an earlier is named."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        last = days.last_closed(conn, book.book_id)
        if last is None or (until is not None and until < book.opened_on):
            return Trend(book, "day", None, ())
        end = min(until or last, last)
        span: Span = "day" if (end - book.opened_on).days <= DAYS_BY_DAY else "month"
        accounts = (LOANS_PRINCIPAL, *_CHARGED)
        changes = trends.receivable_changes(conn, book.book_id, accounts, until=end, span=span)
        seen = trends.observed(
            conn, book.book_id, first=book.opened_on, until=end, kinds=list(_OBSERVED), span=span
        )
    return Trend(book, span, end, tuple(_points(book.opened_on, end, span, changes, seen))[-POINTS_MAX:])


def _points(
    first: date,
    end: date,
    span: Span,
    changes: list[tuple[date, str, int]],
    seen: list[tuple[date, int, int]],
) -> list[Point]:
    counts: dict[date, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_OBSERVED.values(), 0))
    for on, kind, count in seen:
        counts[on][_OBSERVED[kind]] = count
    whole = charged = 0
    waiting = list(reversed(changes))
    points = []
    for begins in _spans(first, end, span):
        ends = min(_ends(begins, span), end)
        # What loans taken over brought along may be dated before the book's first day.
        while waiting and waiting[-1][0] <= ends:
            _, code, amount = waiting.pop()
            whole += amount
            charged += amount if code != LOANS_PRINCIPAL.code else 0
        points.append(Point(ends, whole, charged, **counts[begins]))
    return points


def _spans(first: date, end: date, span: Span) -> list[date]:
    """The first day of each span from one day to another."""
    found = []
    on = first if span == "day" else first.replace(day=1)
    while on <= end:
        found.append(on)
        on = _ends(on, span) + timedelta(days=1)
    return found


def _ends(begins: date, span: Span) -> date:
    if span == "day":
        return begins
    return (begins.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
