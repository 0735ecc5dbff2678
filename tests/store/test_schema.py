"""The schema keeps the promises: append-only, balanced, and keys that lead with the person.

Wants to prove: no way in, owner or application, changes a fact; no journal is unbalanced; the tables
can be sharded by person. How: the real server, refusals tried one by one, the catalogue read.
"""

from __future__ import annotations

import psycopg
import pytest

from duewell.store import migrate
from duewell.store.server import VERSION, EmbeddedServer, start

APPEND_ONLY = ["loan", "loan_fact", "journal", "request_key", "receipt", "product", "account"]
REFERENCE = {"account", "book", "product", "measure"}
OF_A_DAY = {"day_run", "day_chunk", "day_sum", "portfolio_sum", "gl_journal", "alarm"}
OF_A_PERIOD = {"accounting_period"}
EXCEPTIONS = {"request_key", "receipt"}


@pytest.fixture
def loan(conn: psycopg.Connection) -> psycopg.Connection:
    conn.execute("set search_path = duewell")
    conn.execute(
        "insert into book values (1, 'demo', 'Demo', 'Demo Ltd', 'US', 'USD', 'UTC', 'US', '18:00',"
        " '2026-01-01', '2026-01-01', true)"
    )
    conn.execute("insert into product values (1, 'cash', 1, '2026-01-01', '{}')")
    conn.execute("insert into person values (7, 0)")
    conn.execute("insert into loan values (7, 1, 1, 'cash', 1, null, 'USD', '2026-01-01', '{}')")
    conn.execute(
        "insert into loan_fact values (7, 1, 1, 'Disbursed', 1, '2026-01-01', '2026-01-01',"
        " '2026-01-01T00:00Z', 'test', 'a', 'tester', '{}')"
    )
    return conn


def journal(conn: psycopg.Connection, accounts: list[int], amounts: list[int]) -> None:
    conn.execute(
        "insert into journal values (7, 1, 1, 1, '2026-01-01', %s::smallint[], %s::bigint[])",
        [accounts, amounts],
    )


def test_the_server_is_the_tested_version(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url) as conn:
        assert conn.info.server_version // 10_000 == VERSION


def test_a_second_start_joins_the_running_server(server: EmbeddedServer) -> None:
    assert start(server.directory, is_durable=False).pid == server.pid


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("role", ["postgres", "duewell_app"])
@pytest.mark.parametrize(
    "change", ["update {} set {column} = {column}", "delete from {}", "truncate {} cascade"]
)
def test_no_role_changes_what_is_append_only(
    loan: psycopg.Connection, table: str, role: str, change: str
) -> None:
    column = loan.execute(
        "select column_name from information_schema.columns where table_schema = 'duewell'"
        " and table_name = %s limit 1",
        [table],
    ).fetchone()
    assert column is not None
    loan.execute(f"set role {role}")
    refusals = (psycopg.errors.IntegrityConstraintViolation, psycopg.errors.InsufficientPrivilege)
    with pytest.raises(refusals):
        loan.execute(change.format(table, column=column[0]))


@pytest.mark.parametrize("amounts", [[100, -99], [100], [0, 0], [], [100, -50, -49]])
def test_an_unbalanced_journal_is_refused(loan: psycopg.Connection, amounts: list[int]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        journal(loan, list(range(1, len(amounts) + 1)), amounts)


def test_a_balanced_journal_is_kept(loan: psycopg.Connection) -> None:
    journal(loan, [1, 2], [100, -100])
    assert loan.execute("select amounts from journal").fetchall() == [([100, -100],)]


def test_the_same_fact_is_kept_once(loan: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        loan.execute(
            "insert into loan_fact select person_id, loan_no, 2, kind, schema_version, effective_on,"
            " recorded_on, recorded_at, source, source_ref, actor, payload, reverses_seq from loan_fact"
        )


def test_keys_lead_with_the_person(conn: psycopg.Connection) -> None:
    rows = conn.execute(
        "select c.conrelid::regclass::text, c.contype, f.relname,"
        " array(select attname from unnest(c.conkey) with ordinality k(n, o)"
        "       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by o)"
        " from pg_constraint c left join pg_class f on f.oid = c.confrelid"
        " where c.connamespace = 'duewell'::regnamespace and c.contype in ('p', 'u', 'f')"
    ).fetchall()
    assert len(rows) > 15
    for table, _, target, columns in rows:
        name = str(table).removeprefix("duewell.")
        if name in REFERENCE | EXCEPTIONS or target in REFERENCE:
            continue
        if name in OF_A_DAY:
            assert columns[:2] == ["book_id", "day"], (name, columns)
            continue
        if name in OF_A_PERIOD:
            assert columns == ["book_id", "ends_on"], (name, columns)
            continue
        assert columns[0] == "person_id", (name, columns)
        if "loan_no" in columns:
            assert columns[1] == "loan_no", (name, columns)


def test_the_schema_goes_up_down_and_up(url: str) -> None:
    migrate.downgrade(url, "base")
    migrate.upgrade(url)
    with psycopg.connect(url) as conn:
        assert conn.execute("select count(*) from duewell.loan_fact").fetchone() == (0,)
