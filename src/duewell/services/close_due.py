"""Close what is due: every day of a book whose cut-off an instant has reached, once its files are there.

Needs    a connection in autocommit, the book's code, the instant, and the verbs that close a day and verify.
Gives    Due: the days closed, the day that stays open and why, the next cut-off; alarms by callback.
Never    closes a day whose files are missing, or another one while what verify found stands.
Source   docs/reference/closing.md; a section of docs/runbook.md for each alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from duewell.domain.calendar import last_cut_off
from duewell.domain.errors import DuewellError
from duewell.gateways.expected_files import missing
from duewell.store import alarms, books, days
from duewell.store.alarms import Alarm
from duewell.store.books import BookRow
from duewell.store.loans import Connection

Findings = Sequence[tuple[str, dict[str, Any]]]
CLOSED, NOTHING_DUE, WAITING, FAILED, NOT_CLEAN = "closed", "nothing-due", "waiting", "failed", "not-clean"
_OF_A_CLOSE = ("close-failed", "close-late", "files-missing")
_SHOWN = 3


@dataclass(slots=True)
class Due:
    """How a book stands at an instant. `day` is due and still open where `status` says so.

    `is_late` says that an alarm has been raised about that day; `missing` are the files it waits for.
    """

    book: str
    status: str
    next_at: datetime
    closed: list[date] = field(default_factory=list)
    day: date | None = None
    is_late: bool = False
    missing: list[str] = field(default_factory=list)
    problem: DuewellError | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing that is due stays open."""
        return self.status in (CLOSED, NOTHING_DUE)


@dataclass(frozen=True, slots=True)
class _Watch:
    """Where alarms of a book go: the table, and whoever listens."""

    conn: Connection
    book: BookRow
    at: datetime
    tell: Callable[[Alarm], None]

    def raised(self, day: date, kind: str, **facts: Any) -> None:
        if alarms.raise_alarm(self.conn, self.book.book_id, day, kind, facts, self.at):
            self.tell(Alarm(self.book.code, day, kind, "raised", facts, self.at))

    def cleared(self, day: date, kind: str, reason: str) -> None:
        facts = {"reason": reason}
        if alarms.clear_alarm(self.conn, self.book.book_id, day, kind, facts, self.at):
            self.tell(Alarm(self.book.code, day, kind, "cleared", facts, self.at))


def close_due(
    conn: Connection,
    book_code: str,
    *,
    at: datetime,
    close: Callable[[date], object],
    check: Callable[[], Findings],
    on_alarm: Callable[[Alarm], None] = lambda alarm: None,
) -> Due:
    """Close the days that are due, oldest first, and verify after the last one; go on where a run was killed.

    What is in the way of a day is told by `status`, and raises an alarm when the day is later than the book
    allows, or at once where the close failed or verify found something. A lost connection is passed on.
    """
    book = books.read_book(conn, book_code)
    watch = _Watch(conn, book, at, on_alarm)
    _look_around(watch)
    due = Due(book_code, NOTHING_DUE, at)
    for _ in range(days_due(book, at) + 1):
        run = days.unfinished_run(conn, book.book_id)
        day = run.day if run is not None else books.read_book(conn, book_code).open_on
        if run is None and book.cut_off_at(day) > at:
            break
        due.day = day
        if not _may_close(watch, due, check, is_begun=run is not None) or not _close(watch, due, close):
            break
        due.closed.append(day)
        due.status, due.day, due.is_late = CLOSED, None, False
    if due.closed and due.is_done:
        findings = check()
        if findings:
            due.status, due.day, due.is_late = NOT_CLEAN, due.closed[-1], True
            watch.raised(due.closed[-1], "verify-found", **_told(findings))
    due.next_at = book.cut_off_at(books.read_book(conn, book_code).open_on)
    return due


def days_due(book: BookRow, at: datetime) -> int:
    """How many days of a book are open though their cut-off has passed."""
    return max(0, (last_cut_off(at, book.cutoff, book.clock) - book.open_on).days + 1)


def _look_around(watch: _Watch) -> None:
    """Clear the alarms of days closed by hand meanwhile; see whether the server's log is being kept."""
    run = days.unfinished_run(watch.conn, watch.book.book_id)
    failure = alarms.archive_failure(watch.conn)
    for alarm in alarms.standing(watch.conn, watch.book.book_id):
        is_closed = alarm.day < watch.book.open_on and (run is None or run.day != alarm.day)
        if alarm.kind in _OF_A_CLOSE and is_closed:
            watch.cleared(alarm.day, alarm.kind, "closed")
        elif alarm.kind == "archive-failing":
            if failure is None:
                watch.cleared(alarm.day, alarm.kind, "archived")
            failure = None  # It stands already, for the day it began.
    if failure is not None:
        watch.raised(watch.book.open_on, "archive-failing", **failure)


def _may_close(watch: _Watch, due: Due, check: Callable[[], Findings], *, is_begun: bool) -> bool:
    """Whether nothing stands in the way of the day `due.day`; what does is written into `due`."""
    assert due.day is not None
    found = [a for a in alarms.standing(watch.conn, watch.book.book_id) if a.kind == "verify-found"]
    if found:
        if check():
            due.status, due.is_late = NOT_CLEAN, True
            return False
        for alarm in found:
            watch.cleared(alarm.day, alarm.kind, "clean")
    closing = watch.book.closing
    late_by = watch.at - watch.book.cut_off_at(due.day)
    due.is_late = late_by >= timedelta(minutes=closing.alarm_minutes)
    # A day that is begun has its cut-off behind it: its files were there, and the next day is open.
    try:
        due.missing = [] if is_begun else missing(closing.folder, closing.names, due.day)
    except DuewellError as problem:
        return _failed(watch, due, problem)
    minutes = int(late_by.total_seconds()) // 60
    if due.missing:
        due.status = WAITING
        if due.is_late:
            files = ", ".join(due.missing)
            watch.raised(due.day, "files-missing", files=files, folder=closing.folder, minutes=minutes)
        return False
    if due.is_late:
        watch.raised(due.day, "close-late", minutes=minutes)
    return True


def _close(watch: _Watch, due: Due, close: Callable[[date], object]) -> bool:
    assert due.day is not None
    try:
        close(due.day)
    except psycopg.OperationalError:
        raise
    except (DuewellError, psycopg.Error) as problem:
        return _failed(watch, due, problem)
    for kind in _OF_A_CLOSE:
        watch.cleared(due.day, kind, "closed")
    return True


def _failed(watch: _Watch, due: Due, problem: DuewellError | psycopg.Error) -> bool:
    assert due.day is not None
    due.status, due.is_late = FAILED, True
    due.problem = problem if isinstance(problem, DuewellError) else None
    watch.raised(due.day, "close-failed", problem=str(problem).split("\n")[0][:200])
    return False


def _told(findings: Findings) -> dict[str, Any]:
    codes = sorted({code for code, _ in findings})
    return {"findings": len(findings), "codes": ", ".join(codes[:_SHOWN])}
