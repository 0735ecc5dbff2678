"""The closer: closes the days of live books by their cut-offs, for as long as it runs.

Needs    what opens a connection, a clock, somebody to tell, and a Stop that a signal may ask.
Gives    Stop; close_book, one look at one book; Closer, the loop.
Never    closes a sandbox: its open date is a test clock.
Source   docs/reference/closing.md.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

import psycopg

from duewell.domain.errors import Fault
from duewell.services.close_day import DayReport, Progress, close_day
from duewell.services.close_due import Due, close_due
from duewell.services.verify_book import verify_book
from duewell.store import books
from duewell.store.alarms import Alarm
from duewell.store.loans import Connection

SAMPLE = 200
"""Loans folded after a close; every sum is added up again in the server besides."""
IDLE_MAX = 300.0
"""Seconds between two looks at most: a new book, or another cut-off, is seen after so long."""
RETRY = 60.0
"""Seconds until a day that waits for its files, or failed, is looked at again."""
_BACK_OFF = (0.5, 30.0)


class Stopped(Exception):
    """Asked to stop while a day was being closed: what was committed stays, the rest is done next time."""


class Stop:
    """Something to wait on that a signal handler may ask: it only sets a flag and writes a byte."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self.is_asked = False

    def ask(self, *_: object) -> None:
        """Ask to stop; a signal handler."""
        self.is_asked = True
        with suppress(BlockingIOError):
            os.write(self._write, b"x")

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until asked; whether it was asked."""
        if not self.is_asked:
            select.select([self._read], [], [], seconds)
        return self.is_asked

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._read)
        os.close(self._write)


def close_book(
    conn: Connection,
    code: str,
    *,
    at: datetime,
    workers: int = 1,
    sample: int = SAMPLE,
    connect: Callable[[], Connection] | None = None,
    on_alarm: Callable[[Alarm], None] = lambda alarm: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_closed: Callable[[DayReport], None] = lambda report: None,
) -> Due:
    """Close what is due of one book; each close is followed by verify."""
    named = {"workers": workers, "connect": connect, "on_progress": on_progress, "on_closed": on_closed}
    return close_due(
        conn,
        code,
        at=at,
        close=lambda day: close_day(conn, code, until=day, at=at, **named),  # type: ignore[arg-type]  # one dict
        check=lambda: verify_book(conn, code, sample=sample).findings,
        on_alarm=on_alarm,
    )


class Closer:
    """Looks at every live book, sleeps until the next cut-off, and again, until it is asked to stop.

    A database that goes away, or starts again, is reached anew; what was told is told once.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        now: Callable[[], datetime],
        stop: Stop,
        on_due: Callable[[Due], None] = lambda due: None,
        on_alarm: Callable[[Alarm], None] = lambda alarm: None,
        on_lost: Callable[[Fault], None] = lambda fault: None,
        on_closed: Callable[[str, DayReport], None] = lambda book, report: None,
    ) -> None:
        self._connect, self._now, self._stop = connect, now, stop
        self._on_due, self._on_alarm, self._on_lost = on_due, on_alarm, on_lost
        self._on_closed = on_closed
        self._conn: Connection | None = None
        self._pause = _BACK_OFF[0]

    def run(self) -> None:
        """Until asked to stop; then the transaction at hand ends and nothing is begun."""
        try:
            while not self._stop.is_asked:
                self._stop.wait(self.turn())
        finally:
            self._drop()

    def turn(self) -> float:
        """One look at every book; the seconds until the next."""
        try:
            self._conn = self._conn or self._connect()
            found = self._look(self._conn)
        except Stopped:
            return 0.0
        except (psycopg.OperationalError, Fault) as lost:
            self._drop()
            told = (
                lost if isinstance(lost, Fault) else Fault("database-not-reached", problem=_first_line(lost))
            )
            self._on_lost(told)
            pause, self._pause = self._pause, min(2 * self._pause, _BACK_OFF[1])
            return pause
        self._pause = _BACK_OFF[0]
        return found

    def _look(self, conn: Connection) -> float:
        wait = IDLE_MAX
        for code in books.live_codes(conn):
            at = self._now()
            due = close_book(
                conn,
                code,
                at=at,
                on_alarm=self._on_alarm,
                on_progress=self._progressed,
                on_closed=partial(self._on_closed, code),
            )
            self._on_due(due)
            until_next = (due.next_at - self._now()).total_seconds()
            wait = min(wait, max(0.0, until_next) if due.is_done else RETRY)
            if self._stop.is_asked:
                break
        return wait

    def _progressed(self, progress: Progress) -> None:
        # After a slice's commit: the day goes on at its next slice when somebody closes it again.
        if self._stop.is_asked and progress.done < progress.slices:
            raise Stopped

    def _drop(self) -> None:
        with suppress(psycopg.Error):
            if self._conn is not None:
                self._conn.close()
        self._conn = None


def _first_line(problem: BaseException) -> str:
    return str(problem).split("\n")[0][:200]
