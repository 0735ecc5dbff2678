"""R13: migrations with data, and a migration that meets traffic.

How: a filled book goes down to the schema of 0004 and up again; every table of truth keeps its md5, verify is
clean, and the days after close as on a twin that never moved. A long reader holds a table: the step gives up.
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bench import database, kills
from duewell.domain.errors import Fault
from duewell.services.close_day import close_day
from duewell.services.close_period import close_period
from duewell.services.generate_book import generate_book
from duewell.services.generate_payments import generate_payments
from duewell.services.rebuild_agendas import rebuild_agendas
from duewell.services.upgrade_schema import Upgrade, upgrade_schema
from duewell.services.verify_book import verify_book
from duewell.store import migrate
from duewell.store.server import EmbeddedServer, create_database

Conn = psycopg.Connection[Any]
FIRST = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 16, tzinfo=UTC)
TRUTH = (
    "account", "book", "product", "person", "loan", "loan_fact", "journal", "request_key", "receipt",
    "measure", "portfolio_move", "day_chunk", "day_sum", "portfolio_sum", "gl_journal", "observation", "wish",
    "accounting_period",
)  # fmt: skip


def hashes(conn: Conn) -> dict[str, str]:
    found = {}
    for table in TRUTH:
        rows = conn.execute(f"select t::text from duewell.{table} t order by 1").fetchall()  # noqa: S608 - names of this module
        found[table] = hashlib.md5(repr(rows).encode()).hexdigest()
    return found


def a_day(conn: Conn, n: int) -> None:
    generate_payments(conn, "b", seed=n, at=AT)
    close_day(conn, "b", until=FIRST + timedelta(days=n), at=AT)


def upgraded(conn: Conn, url: str, *, is_dry_run: bool = False) -> Upgrade:
    conn.execute("reset role")
    return upgrade_schema(
        conn,
        url,
        rebuild=rebuild_agendas,
        check=lambda conn, code: verify_book(conn, code, sample=20).findings,
        is_dry_run=is_dry_run,
    )


@pytest.fixture
def book(conn: Conn) -> Conn:
    generate_book(conn, "b", count=150, seed=5, open_on=FIRST, at=AT)
    for n in range(4):
        a_day(conn, n)
    close_period(conn, "b", ends_on=FIRST + timedelta(days=1), at=AT, actor="tester")
    generate_payments(conn, "b", seed=99, at=AT)  # some of the open day, by both paths
    return conn


def test_a_filled_book_goes_down_and_up_and_its_days_go_on_as_if_it_had_not(
    book: Conn, url: str, server: EmbeddedServer
) -> None:
    before = hashes(book)
    book.close()
    name = database.name_of(url)
    twin_url = create_database(server, f"{name}_twin", template=name)
    migrate.downgrade(url, "0004")
    with psycopg.connect(url, autocommit=True) as ours, psycopg.connect(twin_url, autocommit=True) as twin:
        assert hashes(ours) == before, "going down loses nothing that is true"
        planned = upgraded(ours, url, is_dry_run=True)
        assert (planned.found, planned.steps[0], planned.stale) == ("0004", "0005", {"b": 150})
        assert migrate.version(ours) == "0004", "a dry run changes nothing"
        done = upgraded(ours, url)
        assert (done.found, done.to, done.rebuilt, done.findings) == (
            "0004",
            migrate.head(),
            {"b": 150},
            {"b": []},
        )
        assert hashes(ours) == before
        assert verify_book(ours, "b").findings == []
        again = upgraded(ours, url)
        assert (again.steps, again.stale, again.rebuilt) == ([], {}, {}), "twice changes nothing"
        for n in range(4, 40):
            a_day(ours, n)
            a_day(twin, n)
        for conn in (ours, twin):
            assert verify_book(conn, "b").findings == []
        # What a loan's agenda says of days gone by depends on when it was written, and nothing else does.
        assert set(kills.differing(ours, twin)) <= {"agenda", "loan_state"}
        assert hashes(ours)["journal"] == hashes(twin)["journal"] != before["journal"]


def test_a_step_behind_a_long_reader_gives_up_and_leaves_all_as_it_was(url: str, conn: Conn) -> None:
    migrate.downgrade(url, "0006")
    with psycopg.connect(url) as reader:
        reader.execute("select count(*) from duewell.agenda")
        began = time.monotonic()
        with pytest.raises(Fault) as told:
            migrate.upgrade(url)
        assert told.value.code == "schema-locked" and time.monotonic() - began < 20
        assert migrate.version(conn) == "0006"
        conn.execute("set lock_timeout = '1s'")
        conn.execute("select count(*) from duewell.agenda")  # Nobody else waits behind the step.
    migrate.upgrade(url)
    assert migrate.is_current(conn)


def test_a_schema_of_a_later_product_is_left_alone(url: str, conn: Conn) -> None:
    conn.execute("update schema_version set version_num = '9999'")
    with pytest.raises(Fault) as told:
        migrate.upgrade(url)
    assert told.value.code == "schema-newer"
    with pytest.raises(Fault):
        upgraded(conn, url)
