"""Close business days of a book: restartable, the same twice as once, n missed days as n single ones.

Needs    a connection in autocommit, the book's code, the day to close to, the instant; for more than one
         worker, what opens a connection in another process.
Gives    one DayReport a day closed; progress by callback.
Never    skips a day, touches a quiet loan, or closes a day whose sums do not balance.
Source   docs/decisions/0004-closing-a-day.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from multiprocessing import get_context

from duewell.domain.errors import InvalidInput
from duewell.store import books, days, sealing
from duewell.store.books import BookRow
from duewell.store.closing import Done, close_slice
from duewell.store.days import SLICES, Run
from duewell.store.loans import Connection

DAYS_MAX = 4000
WORKERS_MAX = 64


@dataclass(frozen=True, slots=True)
class DayReport:
    """What closing one day did. Counts are loans' agenda entries, loans turned, wishes written."""

    day: date
    entries: int
    turned: int
    wishes: int
    was_resumed: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run of a day is: slices done, of how many, and what this process saw done in them."""

    day: date
    done: int
    slices: int
    entries: int


def close_day(
    conn: Connection,
    book_code: str,
    *,
    until: date,
    at: datetime,
    workers: int = 1,
    slices: int | None = None,
    connect: Callable[[], Connection] | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_closed: Callable[[DayReport], None] = lambda report: None,
) -> list[DayReport]:
    """Close every open day up to `until`, oldest first; a day closed before is left as it is.

    A run that was killed goes on where it stopped. More than one worker are processes, each with a connection
    of its own by `connect`; the slices of a worker that died are closed by this one. `slices` is how many
    a day is divided into, a power of two; None lets the size of the book decide. No figure depends on it.
    Refuses a day before the book was opened, more than 4,000 days at once, and workers or slices beyond 64.
    """
    book = books.read_book(conn, book_code)
    if until < book.opened_on:
        raise InvalidInput("day-before-the-book", day=until.isoformat(), opened_on=book.opened_on.isoformat())
    if (until - book.open_on).days > DAYS_MAX:
        raise InvalidInput(
            "too-many-days", open_on=book.open_on.isoformat(), until=until.isoformat(), days_max=DAYS_MAX
        )
    if not 1 <= workers <= WORKERS_MAX:
        raise InvalidInput("workers-out-of-range", given=workers, workers_max=WORKERS_MAX)
    if slices is not None and slices not in SLICES:
        raise InvalidInput("slices-out-of-range", given=slices, known=", ".join(map(str, SLICES)))
    reports: list[DayReport] = []
    with _helpers(workers, connect) as pool:
        while True:
            run = days.unfinished_run(conn, book.book_id)
            was_resumed = run is not None
            if run is None:
                run = _cut_off(conn, book_code, until, at, slices)
            if run is None:
                return reports
            _close_slices(conn, run, at, pool, on_progress)
            _finish(conn, book, run.day, at)
            totals = days.chunk_totals(conn, book.book_id, run.day)
            reports.append(DayReport(run.day, **totals, was_resumed=was_resumed))
            on_closed(reports[-1])


def _close_slices(
    conn: Connection,
    run: Run,
    at: datetime,
    pool: ProcessPoolExecutor | None,
    on_progress: Callable[[Progress], None],
) -> None:
    undone = days.undone_slices(conn, run)
    entries = 0
    for k, done in enumerate(_each_slice(conn, run, undone, at, pool), start=run.slices - len(undone) + 1):
        entries += done.entries
        on_progress(Progress(run.day, k, run.slices, entries))


def _each_slice(
    conn: Connection, run: Run, undone: Iterable[int], at: datetime, pool: ProcessPoolExecutor | None
) -> Iterator[Done]:
    """Close slices in this process, or as they come out of the workers; a dead worker's are closed here."""
    if pool is not None and run.slices > 1:
        waiting = {pool.submit(_close_in_worker, run, slice_no, at): slice_no for slice_no in undone}
        undone = set(waiting.values())
        try:
            for each in as_completed(waiting):
                yield Done(**each.result())
                undone.discard(waiting[each])
        except BrokenProcessPool:
            pass
    for slice_no in sorted(undone):
        with conn.transaction():
            done = close_slice(conn, run, slice_no, at)
        yield done


# -- workers ---------------------------------------------------------------------------------------

_OPEN: list[Connection] = []
"""A worker's own connection."""


@contextmanager
def _helpers(workers: int, connect: Callable[[], Connection] | None) -> Iterator[ProcessPoolExecutor | None]:
    if workers == 1 or connect is None:
        yield None
        return
    # Spawned, never forked: a copy of this process would share its connection.
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin_worker, initargs=(connect,)
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker(connect: Callable[[], Connection]) -> None:
    _OPEN.append(connect())


def _close_in_worker(run: Run, slice_no: int, at: datetime) -> dict[str, int]:
    (conn,) = _OPEN
    with conn.transaction():
        return asdict(close_slice(conn, run, slice_no, at))


# -- the day's beginning and end -------------------------------------------------------------------


def _cut_off(conn: Connection, book_code: str, until: date, at: datetime, slices: int | None) -> Run | None:
    """Move the open date on by one day, once running postings have ended; None if `until` is closed."""
    with conn.transaction():
        book = books.read_book(conn, book_code)
        books.hold_day(conn, book.book_id)
        book = books.read_book(conn, book_code)
        run = days.unfinished_run(conn, book.book_id)
        if book.open_on > until or run is not None:
            return run
        books.move_open_on(conn, book.book_id, book.open_on + days.ONE_DAY)
        return days.begin_run(conn, book.book_id, book.open_on, at, slices)


def _finish(conn: Connection, book: BookRow, day: date, at: datetime) -> None:
    """Add the slices up, post the general ledger's totals, seal the day, and mark it closed."""
    # Read before anybody has to wait: past the cut-off nothing is recorded on the day any more.
    content = sealing.content_of(conn, book.book_id, day)
    with conn.transaction():
        books.hold_day(conn, book.book_id)
        run = days.unfinished_run(conn, book.book_id)
        if run is None or run.day != day:
            return
        days.sum_up(conn, book.book_id, day, at, content)
