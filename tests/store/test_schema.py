"""The schema keeps the promises: append-only, balanced, and keys that lead with the person.

Wants to prove: no way in, owner or application, changes a fact; no journal is unbalanced; the tables
can be sharded by person. How: the real server, refusals tried one by one, the catalogue read.
"""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from duewell.store import migrate
from duewell.store.server import VERSION, EmbeddedServer, start

APPEND_ONLY = ["loan", "loan_fact", "journal", "request_key", "receipt", "product", "account"]
REFERENCE = {"account", "book", "product", "measure"}
OF_A_DAY = {"day_run", "day_chunk", "day_seal", "day_sum", "portfolio_sum", "gl_journal", "alarm"}
OF_A_PERIOD = {"accounting_period"}
EXCEPTIONS = {"request_key", "receipt", "rail_entry", "suspense_move", "virtual_account", "person_name"}
OF_THE_HOUSE = {
    "staff", "staff_roles", "api_client", "session", "one_time_code", "tried", "trail", "approval",
    "approval_decision", "webhook", "webhook_delivery",
}  # fmt: skip


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
        if name in REFERENCE | EXCEPTIONS | OF_THE_HOUSE or target in REFERENCE:
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


# -- what docs/reference/sharding.md says ---------------------------------------------------------

SHARDING = Path(__file__).parents[2] / "docs" / "reference" / "sharding.md"


def classes() -> dict[str, list[str]]:
    """The tables of each class, as the page says."""
    text = SHARDING.read_text("utf-8").split("## Tables\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE)
    return {name: re.findall(r"`(\w+)`", tables) for name, tables in rows if "`" in tables}


def tables(conn: psycopg.Connection) -> list[str]:
    rows = conn.execute(
        "select relname from pg_class where relnamespace = 'duewell'::regnamespace and relkind = 'r'"
    )
    return sorted(name for (name,) in rows.fetchall())


def test_the_page_names_every_table_in_exactly_one_class(conn: psycopg.Connection) -> None:
    found = classes()
    rows = {"reference", "by its own key", "a book's day", "a book's period", "the house's"}
    assert set(found) == {"a person's", *rows}
    assert sorted(name for each in found.values() for name in each) == tables(conn)
    assert set(found["reference"]) == REFERENCE
    assert set(found["by its own key"]) == EXCEPTIONS
    assert set(found["a book's day"]) == OF_A_DAY
    assert set(found["a book's period"]) == OF_A_PERIOD
    assert set(found["the house's"]) == OF_THE_HOUSE


def test_the_steps_distribute_what_the_classes_say() -> None:
    """The statements of the page name each table once, reference tables and `person` first."""
    steps = re.findall(r"^       (.+)$", SHARDING.read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"'(?:duewell\.)?(\w+)'", re.sub(r"colocate_with => '[^']+'", "", " ".join(steps)))
    known = {table for each in classes().values() for table in each}
    order = [name for name in named if name in known]
    found = classes()
    assert order == [*found["reference"], *found["a person's"], *found["by its own key"]]


def test_only_reference_tables_draw_numbers_from_a_sequence(conn: psycopg.Connection) -> None:
    """And no sequence leads a key of a person's table, nor stands anywhere in one."""
    rows = conn.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'duewell'"
        " and (is_identity = 'YES' or column_default like 'nextval%')"
    ).fetchall()
    assert sorted(rows) == [("measure", "measure_no"), ("product", "product_no")]


def test_every_unique_index_of_a_distributed_table_holds_its_distribution_column(
    conn: psycopg.Connection,
) -> None:
    found = classes()
    column = dict.fromkeys(found["a person's"], "person_id") | {
        "request_key": "key",
        "receipt": "provider_ref",
        "person_name": "blind",
        "rail_entry": "provider_ref",
        "suspense_move": "provider_ref",
        "virtual_account": "account_no",
    }
    rows = conn.execute(
        "select c.relname, array(select attname from unnest(i.indkey::int2[]) with ordinality k(n, o)"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = k.n order by o)"
        " from pg_index i join pg_class c on c.oid = i.indrelid"
        " where c.relnamespace = 'duewell'::regnamespace and i.indisunique"
    ).fetchall()
    checked = {name for name, columns in rows if name in column and column[name] in columns}
    assert checked == set(column)
    assert all(column[name] in columns for name, columns in rows if name in column)
    leads = {name: columns[0] for name, columns in rows if name in found["a person's"]}
    assert set(leads.values()) == {"person_id"}


def test_a_foreign_key_of_a_persons_table_stays_on_its_shard(conn: psycopg.Connection) -> None:
    """It leads with the person on both sides, or points at a reference table."""
    found = classes()
    rows = conn.execute(
        "select c.relname, f.relname,"
        " (select attname from pg_attribute where attrelid = c.oid and attnum = k.conkey[1]),"
        " (select attname from pg_attribute where attrelid = f.oid and attnum = k.confkey[1])"
        " from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid"
        " where k.contype = 'f' and k.connamespace = 'duewell'::regnamespace"
    ).fetchall()
    assert len(rows) > 10
    for table, target, first, theirs in rows:
        if target in found["reference"]:
            continue
        assert (table in found["a person's"]) == (target in found["a person's"]), (table, target)
        if table in found["a person's"]:
            assert (first, theirs) == ("person_id", "person_id"), (table, target)


def test_the_page_names_every_function_of_the_schema(conn: psycopg.Connection) -> None:
    rows = conn.execute("select proname from pg_proc where pronamespace = 'duewell'::regnamespace").fetchall()
    text = SHARDING.read_text("utf-8")
    assert [name for (name,) in rows if f"`{name}`" not in text and f"`duewell.{name}`" not in text] == []


def test_the_schema_goes_up_down_and_up(url: str) -> None:
    migrate.downgrade(url, "base")
    migrate.upgrade(url)
    with psycopg.connect(url) as conn:
        assert conn.execute("select count(*) from duewell.loan_fact").fetchone() == (0,)
