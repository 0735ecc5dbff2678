"""Slices: a book read part by part, by as many connections as there are, all in one snapshot.

Needs    a connection; for other processes, what opens one there.
Gives    Slice, slices_of, loans_of, one_snapshot, join_snapshot.
Never    writes: every connection it opens or begins a transaction on is read-only.
Source   docs/decisions/0003-the-agenda.md: a slice is a range of person_id; docs/reference/book.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact
from duewell.domain.product import Terms
from duewell.store import loans
from duewell.store.days import SLICES, Run
from duewell.store.loans import Connection, Known, LoanKey

LOANS_MIN = 2_000
"""The fewest loans worth a task of their own: to fold them takes more than 0.1 s."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Slice:
    """The loans of a book whose person_id lies in a range, both ends included."""

    book_id: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class BookLoan:
    """A contract of a book: its names, its terms, and its facts as known."""

    key: LoanKey
    product_no: int
    product: str
    version: int
    reference: str | None
    opened_on: date
    terms: Terms
    facts: list[Fact]


def slices_of(book_id: int, loan_count: int, slices: int | None = None) -> list[Slice]:
    """The slices of a book, in order: so many, or as many as leave each a task worth its trouble.

    Refuses   InvalidInput "slices-out-of-range" for what is no power of two up to 64.
    """
    if slices is not None and slices not in SLICES:
        raise InvalidInput("slices-out-of-range", given=slices, known=", ".join(map(str, SLICES)))
    count = slices or max((n for n in SLICES if loan_count >= n * LOANS_MIN), default=1)
    run = Run(book_id, date.min, count)
    return [Slice(book_id, *run.persons(number)) for number in range(count)]


def count_loans(conn: Connection, book_id: int) -> int:
    """How many contracts a book holds."""
    row = conn.execute("select count(*) from duewell.loan where book_id = %s", [book_id]).fetchone()
    assert row is not None
    return int(row[0])


def keys_of(conn: Connection, each: Slice) -> list[LoanKey]:
    """The loans of a slice in the order of their keys."""
    return loans.keys_of_book(conn, each.book_id, low=each.low, high=each.high)


def loans_of(conn: Connection, each: Slice, known: Known = None) -> Iterator[BookLoan]:
    """The loans of a slice in the order of their keys, with their facts as known."""
    for keys in in_batches(keys_of(conn, each)):
        named = _names(conn, keys)
        read = loans.read_many(conn, keys, known)
        for key in keys:
            yield BookLoan(key, *named[key], *read[key])


def in_batches(keys: Sequence[LoanKey]) -> Iterator[Sequence[LoanKey]]:
    """Keys in batches that are read at once."""
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def _names(
    conn: Connection, keys: Sequence[LoanKey]
) -> dict[LoanKey, tuple[int, str, int, str | None, date]]:
    rows = conn.execute(
        "select l.person_id, l.loan_no, p.product_no, l.product_code, l.product_version, l.external_ref,"
        " l.opened_on from unnest(%s::bigint[], %s::smallint[]) as k(p, n)"
        " join duewell.loan l on l.person_id = k.p and l.loan_no = k.n"
        " join duewell.product p on p.book_id = l.book_id and p.product_code = l.product_code"
        " and p.version = l.product_version",
        [[k.person_id for k in keys], [k.loan_no for k in keys]],
    ).fetchall()
    return {LoanKey(person_id, loan_no): tuple(names) for person_id, loan_no, *names in rows}


# -- one snapshot ----------------------------------------------------------------------------------


@contextmanager
def one_snapshot(conn: Connection) -> Iterator[str]:
    """A read-only transaction on one snapshot, and the name by which other connections join it."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        row = conn.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        yield str(row[0])


def join_snapshot(connect: Callable[[], Connection] | None, name: str) -> Connection:
    """A connection of its own in a transaction on that snapshot, which must still be open."""
    assert connect is not None, "whoever has helpers says how they connect"
    conn = connect()
    conn.execute("begin transaction isolation level repeatable read, read only")
    # A snapshot is named by a literal; the name is the server's own.
    conn.execute(f"set transaction snapshot '{name}'")
    return conn
