"""What an event of a day costs by the size of the book, and whether the disk has room for the book.

Needs    a server of its own for each size, and the disk that `check_room` asks for.
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

import psycopg

from bench import database, eod, replicas
from bench.figures import ROUNDS, Clock, Figure, figure

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
    """The figures of every size for which there is room, the smallest first."""
    base: float | None = None
    for count in sorted(sizes):
        try:
            check_room(count, shutil.disk_usage(tempfile.gettempdir()).free)
        except NoRoom as problem:
            tell(f"sizes: skipped, {problem}")
            continue
        found, least = _of_size(count, base)
        base = base or least
        yield from found


def _of_size(count: int, base: float | None) -> tuple[list[Figure], float]:
    with database.server() as server, psycopg.connect(database.fresh(server), autocommit=True) as conn:
        with Clock() as making:
            made = replicas.make_book(
                conn, eod.BOOK, count=count, seed=eod.SEED, open_on=eod.OPEN_ON, at=eod.AT
            )
        for _ in range(eod.WARM_DAYS):
            eod.pay_and_close(conn)
        conn.execute("vacuum analyze")
        closed = [eod.pay_and_close(conn) for _ in range(ROUNDS)]
        row = conn.execute("select pg_database_size(current_database())").fetchone()
        assert row is not None
    size = f"{made:,} loans"
    costs = [each.seconds / each.report.entries * 1e6 for each in closed]
    found = [
        figure(f"book_made_seconds_{made}", [making.seconds], "s", note=f"{size}, once"),
        figure(f"book_bytes_a_loan_{made}", [row[0] / made], "bytes", note=f"{size}, without the log"),
        figure(f"eod_seconds_{made}", [each.seconds for each in closed], "s", note=size),
        figure(f"eod_wal_mb_{made}", [each.wal / 1e6 for each in closed], "MB", note=size),
        figure(f"eod_entries_{made}", [each.report.entries for each in closed], "entries", note=size),
        figure(f"event_us_{made}", costs, "us", note=f"an entry with all that comes with it; {size}"),
    ]
    middle = found[-1].value
    if base is not None:
        shares = [each / base for each in costs]
        found.append(
            figure(f"event_growth_{made}", shares, "ratio", good=1.2, moonshot=1.0, note="/ smallest book")
        )
    return found, middle
