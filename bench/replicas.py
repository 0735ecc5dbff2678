"""A book of any size in a minute: some thousand loans are computed by the fold, the rest are copies of them.

Needs    a connection, how many loans; the server's own rights, since nothing but set-up may do this.
Gives    make_book(): loans, facts, journals, agendas and portfolio sums as if each had been computed.
Never    shares a person between copies: each has a person_id of its own, spread over all slices.
Source   docs/reference/benchmarks.md, section day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from duewell.domain.agenda import Sums
from duewell.services.generate_book import generate_book
from duewell.store import books, bulk, days
from duewell.store.loans import Connection

COMPUTED = 4_000
"""Loans that are folded; so many that their due dates are spread over the month as a book's are."""
_NEW_ID = "hashint8extended(t.person_id, c) & 9223372036854775807"
_TABLES = {
    "person": "realm, next_loan_no",
    "loan": "loan_no, book_id, product_code, product_version, external_ref || '/' || c, currency,"
    " opened_on, terms",
    "loan_state": "loan_no, next_seq, paid_minor, is_tabular, principal_minor",
    "loan_fact": "loan_no, seq, kind, schema_version, effective_on, recorded_on, recorded_at, source,"
    " source_ref, actor, payload, reverses_seq",
    "journal": "loan_no, seq, part, posted_on, accounts, amounts",
    "agenda": "loan_no, book_id, product_no, is_turned, since, dates, kinds, cum, pays, base_on,"
    " level_measure, level, flow_measure, flow",
}
_BATCH = 20
"""Copies made by one statement, so that memory stays small and the rows of a copy lie together."""


def make_book(
    conn: Connection,
    code: str,
    *,
    count: int,
    seed: int,
    open_on: date,
    at: datetime,
    is_doubled: bool = False,
) -> int:
    """Fill a new book with `count` loans or the next multiple above; returns how many there are.

    `is_doubled` adds as many again that have nothing to do: their dates lie ten years later.
    """
    base = min(count, COMPUTED)
    generate_book(conn, code, count=base, seed=seed, open_on=open_on, at=at)
    copies = -(-count // base)
    book = books.read_book(conn, code)
    sums = days.read_sums(conn, book.book_id, book.open_on - timedelta(days=1))
    # Copies of rows that were checked when they were written: keys and foreign keys hold by construction.
    conn.execute("set session_replication_role = replica")
    for first in range(1, copies, _BATCH):
        last = min(copies - 1, first + _BATCH - 1)
        for table, columns in _TABLES.items():
            _copy(conn, table, columns, first, last)
    if is_doubled:
        for first in range(copies, 2 * copies, _BATCH):
            last = min(2 * copies - 1, first + _BATCH - 1)
            for table, columns in _TABLES.items():
                _copy(conn, table, _later(columns), first, last)
    for table in ("gl_journal", "portfolio_sum", "day_run"):
        conn.execute(f"delete from duewell.{table}")  # noqa: S608 - constants of this module
    whole: dict[int, Sums] = {no: {key: v * copies for key, v in each.items()} for no, each in sums.items()}
    bulk.write_standing(conn, book, whole, at=at)
    conn.execute("set session_replication_role = origin")
    for table in _TABLES:
        conn.execute(f"drop table if exists base_{table}")
    conn.execute("vacuum analyze")
    return base * copies


def _later(columns: str) -> str:
    """The same columns of an agenda ten years on, of a loan that is on time."""
    on_time = columns.replace("is_turned, since,", "false, null,")
    return on_time.replace(" dates,", " (select array_agg(d + 3650 order by d) from unnest(dates) as d),")


def _copy(conn: Connection, table: str, columns: str, first: int, last: int) -> None:
    conn.execute(f"create temp table if not exists base_{table} as select * from duewell.{table}")  # noqa: S608
    conn.execute(
        f"insert into duewell.{table} select {_NEW_ID}, {columns}"  # noqa: S608 - likewise
        f" from generate_series({first}, {last}) as c cross join base_{table} t"
    )
