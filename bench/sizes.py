"""What an event of a day costs by the size of the book, and whether the disk has room for the book.

Needs    a server of its own, and the disk that `check_room` asks for.
Gives    microseconds an entry by size, seconds of a day, and the cost beside the smallest book's.
Never    starts a book that would leave less than LEFT_MIN of the disk.
Source   docs/reference/day-cost.md.

An event is an agenda entry that falls on the day: a due date, the end of a grace, the edge of a bucket.
What comes with it, its reminders and the fold of a loan that turns, is in its cost.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg

from bench import database, eod, replicas
from bench.figures import ROUNDS, Clock, Figure, figure, ratio
from duewell.store.loans import Connection

SIZES = (100_000, 300_000, 1_000_000)
SOAK_LOANS = 3_000_000
BYTES_A_LOAN = 9_000
"""What a loan takes on disk with its facts, journals, agenda and indexes (7,900 measured), and some log."""
LEFT_MIN = 20 * 10**9


class NoRoom(Exception):
    """The disk has not the room that a book of this size needs."""


def check_room(loans: int, free: int) -> None:
    """Refuse a book that would leave too little of the disk.

    >>> check_room(1_000_000, free=80 * 10**9)
    """
    needed = loans * BYTES_A_LOAN
    if free - needed < LEFT_MIN:
        raise NoRoom(
            f"{loans:,} loans need {needed / 10**9:.0f} GB and {LEFT_MIN / 10**9:.0f} GB must be left;"
            f" {free / 10**9:.0f} GB are free"
        )


def run(options: argparse.Namespace) -> Iterator[Figure]:
    """100,000, 300,000 and a million loans, as far as there is room."""
    yield from each(SIZES, tell=lambda text: print(text, file=sys.stderr))


def each(sizes: Sequence[int], *, tell: Callable[[str], None]) -> Iterator[Figure]:
    """The figures of every size for which there is room: all books on one server, their days interleaved."""
    with ExitStack() as stack, database.server() as server:
        books: list[_Book] = []
        for count in sorted(sizes):
            try:
                check_room(count, shutil.disk_usage(tempfile.gettempdir()).free)
            except NoRoom as problem:
                tell(f"sizes: skipped, {problem}")
                continue
            conn = stack.enter_context(psycopg.connect(database.fresh(server), autocommit=True))
            books.append(_made(conn, count))
            tell(f"sizes: {books[-1].loans:,} loans made in {books[-1].seconds:.0f} s")
        for _ in range(ROUNDS):
            for book in books:
                book.closed.append(eod.pay_and_close(book.conn))
        for book in books:
            yield from _figures(book, books[0])
        for book in books[-1:]:
            yield from eod.profile(book.conn, f"{book.loans:,} loans")


@dataclass(slots=True)
class _Book:
    conn: Connection
    loans: int
    seconds: float
    closed: list[eod.Closed] = field(default_factory=list)

    @property
    def costs(self) -> list[float]:
        """Microseconds an entry, by round."""
        return [each.seconds / each.report.entries * 1e6 for each in self.closed]


def _made(conn: Connection, count: int) -> _Book:
    with Clock() as making:
        made = replicas.make_book(conn, eod.BOOK, count=count, seed=eod.SEED, open_on=eod.OPEN_ON, at=eod.AT)
    for _ in range(eod.WARM_DAYS):
        eod.pay_and_close(conn)
    conn.execute("vacuum analyze")
    return _Book(conn, made, making.seconds)


def _figures(book: _Book, smallest: _Book) -> Iterator[Figure]:
    row = book.conn.execute("select pg_database_size(current_database())").fetchone()
    assert row is not None
    size, closed = f"{book.loans:,} loans", book.closed
    yield figure(f"book_bytes_a_loan_{book.loans}", [row[0] / book.loans], "bytes", note=f"{size}; no log")
    yield figure(f"eod_seconds_{book.loans}", [each.seconds for each in closed], "s", note=size)
    yield figure(f"eod_wal_mb_{book.loans}", [each.wal / 1e6 for each in closed], "MB", note=size)
    entries = [float(each.report.entries) for each in closed]
    yield figure(f"eod_entries_{book.loans}", entries, "entries", note=size)
    yield figure(f"event_us_{book.loans}", book.costs, "us", note=f"an entry and all with it; {size}")
    if book is not smallest:
        share = ratio(book.costs, smallest.costs)
        note = f"{size} / {smallest.loans:,}, round by round"
        yield figure(f"event_growth_{book.loans}", share, "ratio", good=1.2, moonshot=1.0, note=note)
