"""Write the tape of a book: one row a loan, as of a date, as known at another, as a Parquet file.

Needs    a connection; the book, the two dates, the file; for helpers, what opens a connection elsewhere.
Gives    TapeReport; a file whose bytes depend on the book and the dates alone.
Never    reads a projection, or leaves half a file.
Source   docs/reference/book.md, section tape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

from duewell.analytics.parquet import ROW_GROUP, Batch, check_parquet, packed, write_parquet
from duewell.analytics.spreading import Engine, check_spreading, spread
from duewell.domain.agenda import Buckets
from duewell.domain.contract import contract_of
from duewell.domain.party import loan_id
from duewell.domain.portfolio import COLUMNS, Agreed, tape_row, value
from duewell.gateways.out_files import replacing
from duewell.store import books, slices
from duewell.store.books import BookRow
from duewell.store.loans import Connection, Known
from duewell.store.slices import Slice

SCHEMA = "duewell.book-tape/1"


@dataclass(frozen=True, slots=True)
class TapeReport:
    """What was written."""

    book: BookRow
    as_of: date
    known: date | datetime
    loans: int


def write_tape(
    conn: Connection,
    book_code: str,
    path: Path,
    *,
    as_of: date | None = None,
    known: Known = None,
    is_forced: bool = False,
    workers: int = 1,
    engine: Engine = Engine.LOCAL,
    connect: Callable[[], Connection] | None = None,
    slice_count: int | None = None,
    row_group: int = ROW_GROUP,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> TapeReport:
    """Write every loan that had begun by `as_of`, in the order of keys; the open date where none is given.

    Neither the engine, nor the number of workers or of slices changes a byte.
    Refuses   workers and slices out of range, an engine or pyarrow that is not installed, a file that is
              there unless forced, a folder that is not.
    """
    check_spreading(workers, engine)
    check_parquet()
    if connect is None:
        workers, engine = 1, Engine.LOCAL
    with replacing(path, is_forced=is_forced) as made, slices.one_snapshot(conn) as snapshot:
        book = books.read_book(conn, book_code)
        as_of, known = as_of or book.open_on, known or book.open_on
        count = slices.count_loans(conn, book.book_id)
        parts = slices.slices_of(book.book_id, count, slice_count)
        work = partial(_tape_slice, as_of=as_of, known=known, buckets=book.buckets)
        begin = partial(slices.join_snapshot, connect, snapshot)

        def batches() -> Iterator[Batch]:
            done = 0
            for seen, batch in spread(work, parts, here=conn, begin=begin, workers=workers, engine=engine):
                done += seen
                on_progress(done, count)
                yield batch

        about = {
            "schema": SCHEMA,
            "book": book.code,
            "currency": book.currency,
            "as_of": str(as_of),
            "known": known.isoformat(),
        }
        rows = write_parquet(made, COLUMNS, batches(), about=about, row_group=row_group)
    return TapeReport(book, as_of, known, rows)


def _tape_slice(
    conn: Connection, part: Slice, *, as_of: date, known: Known, buckets: Buckets
) -> tuple[int, Batch]:
    """How many loans a slice holds, and the rows of those that had begun."""
    rows, seen = [], 0
    for loan in slices.loans_of(conn, part, known):
        seen += 1
        valued = value(contract_of(loan.terms), loan.facts, as_of=as_of, buckets=buckets)
        if valued is not None:
            name = loan_id(loan.key.person_id, loan.key.loan_no)
            agreed = Agreed(name, loan.reference, loan.product, loan.version, loan.opened_on, loan.terms)
            rows.append(tape_row(agreed, valued))
    return seen, packed(COLUMNS, rows)
