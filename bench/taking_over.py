"""What taking a book over costs, beside COPY of the rows it produces; and days on that book.

Needs    a server of its own; the real tape where its package is installed, a synthetic tape otherwise.
Gives    seconds of a validated and posted import, its rate as a share of COPY's, seconds of a day after it.
Never    copies fewer rows, or into a table with fewer checks, without saying so.
Source   docs/reference/benchmarks.md, section import.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg

from bench import database
from bench.figures import ROUNDS, Clock, Figure, figure, ratio
from duewell.domain.tape import LENDING_CLUB
from duewell.gateways.lending_club import find_data, read_loans
from duewell.services.close_day import close_day
from duewell.services.generate_payments import generate_payments
from duewell.services.import_tape import import_tape
from duewell.services.open_book import open_book
from duewell.store import books
from duewell.store.loans import Connection
from duewell.store.server import EmbeddedServer

BOOK = "tape"
TAPE_DAY = date(2018, 6, 24)
AT = datetime(2018, 6, 24, 12, tzinfo=UTC)
SEED = 20180624
WRITTEN = ("person", "loan", "loan_state", "loan_fact", "journal", "agenda")
"""What an import writes, in the order foreign keys ask for."""
BEFORE = ("book", "product", "measure")
"""What has to stand before; a handful of rows, not timed."""
Rows = list[Mapping[str, str]]


def run(options: argparse.Namespace) -> Iterator[Figure]:
    """Every figure of the import, then days on the imported book."""
    rows, what = tape()
    with database.server() as server:
        imports: list[float] = []
        copies: list[float] = []
        bare: list[float] = []
        for k in range(ROUNDS):
            url = database.fresh(server)
            with psycopg.connect(url, autocommit=True) as conn:
                imports.append(take_over(conn, rows))
                written = rows_written(conn)
            copies.append(copy_again(server, written))
            bare.append(copy_bare(server, written))
            if k < ROUNDS - 1:
                database.drop(server, url)
        size = sum(len(block) for blocks in written.values() for block in blocks) / 1e6
        yield figure("import_seconds", imports, "s", note=f"{what}, validated and posted, all cores, durable")
        yield figure(
            "copy_seconds", copies, "s", note=f"the same rows, {size:.1f} MB, same tables and checks"
        )
        rate = ratio(copies, imports)
        yield figure("import_over_copy", rate, "ratio", good=0.1, moonshot=0.4, note="rate; same tables")
        rate = ratio(bare, imports)
        yield figure("import_over_bare_copy", rate, "ratio", note="rate; tables without keys or checks")
        with psycopg.connect(url, autocommit=True) as conn:
            yield from _days(conn, what)


def tape() -> tuple[Rows, str]:
    """The real tape and its name; a synthetic one of the same size where it is not installed."""
    given = os.environ.get("DUEWELL_TAPE")
    path = Path(given) if given else find_data()
    if path is not None:
        found: Rows = list(read_loans(path))
        return found, f"real tape, {len(found):,} rows"
    return synthetic_tape(10_000), "synthetic tape, 10,000 rows"


def synthetic_tape(count: int) -> Rows:
    """Rows of the same shape as the real tape, every one of them on time."""
    return [
        {
            "rownames": str(n),
            "loan_amount": str(5_000 + n % 30 * 1_000),
            "interest_rate": str(6 + n % 20),
            "term": "36" if n % 3 else "60",
            "issue_month": ("Jan-2018", "Feb-2018", "Mar-2018")[n % 3],
            "balance": str(5_000 + n % 30 * 1_000),
            "installment": f"{(5_000 + n % 30 * 1_000) * 0.035:.2f}",
            "paid_principal": "0",
            "paid_interest": "0",
        }
        for n in range(count)
    ]


def take_over(conn: Connection, rows: Rows) -> float:
    """The seconds of one import into a new book."""
    open_book(conn, code=BOOK, currency_code="USD", open_on=TAPE_DAY, is_sandbox=True)
    with Clock() as clock:
        report = import_tape(
            conn, BOOK, enumerate(rows, start=2), LENDING_CLUB, actor="bench", at=AT, skip_refused=True
        )
    assert report.is_written and report.taken_over > 0.9 * len(rows), report.refusals[:3]
    return clock.seconds


def rows_written(conn: Connection) -> dict[str, list[bytes]]:
    """Every row of the tables an import writes, and of those it needs, as binary COPY blocks."""
    found: dict[str, list[bytes]] = {}
    for table in (*BEFORE, *WRITTEN):
        with conn.cursor() as cursor, cursor.copy(f"copy duewell.{table} to stdout (format binary)") as copy:
            found[table] = [bytes(block) for block in copy]
    return found


def copy_again(server: EmbeddedServer, written: dict[str, list[bytes]]) -> float:
    """The seconds of copying the rows into an empty book's own tables: keys, checks, indexes."""
    url = database.fresh(server)
    with psycopg.connect(url, autocommit=True) as conn:
        for table in BEFORE:
            _copy(conn, f"duewell.{table}", written[table])
        with Clock() as clock, conn.transaction():
            for table in WRITTEN:
                _copy(conn, f"duewell.{table}", written[table])
    database.drop(server, url)
    return clock.seconds


def copy_bare(server: EmbeddedServer, written: dict[str, list[bytes]]) -> float:
    """The seconds of copying the rows into logged tables that have columns and nothing else."""
    url = database.fresh(server)
    with psycopg.connect(url, autocommit=True) as conn:
        for table in WRITTEN:
            conn.execute(f"create table bare_{table} (like duewell.{table})")
        with Clock() as clock, conn.transaction():
            for table in WRITTEN:
                _copy(conn, f"bare_{table}", written[table])
    database.drop(server, url)
    return clock.seconds


def _copy(conn: Connection, table: str, blocks: list[bytes]) -> None:
    with conn.cursor() as cursor, cursor.copy(f"copy {table} from stdin (format binary)") as copy:
        for block in blocks:
            copy.write(block)


def _days(conn: Connection, what: str) -> Iterator[Figure]:
    """The book's first day, which posts what every loan brought, then a week of ordinary ones."""
    first: list[float] = []
    others: list[float] = []
    for _ in range(ROUNDS + 1):
        day = books.read_book(conn, BOOK).open_on
        generate_payments(conn, BOOK, seed=SEED, at=AT)
        with Clock() as clock:
            close_day(conn, BOOK, until=day, at=AT)
        (others if first else first).append(clock.seconds)
    yield figure("tape_first_day_seconds", first, "s", note=f"{what}; once, posts the opening of every loan")
    yield figure("tape_day_seconds", others, "s", note=f"{what}; days 2 to {ROUNDS + 1}, durable")
