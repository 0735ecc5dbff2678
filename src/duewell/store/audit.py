"""What an audit reads: kept journals and agendas by loan, and whether append-only still holds.

Needs    a connection, best in one read-only snapshot.
Gives    journal_balances, agenda_rows, append_only_findings.
Never    writes.
Source   docs/decisions/0002-embedded-postgresql.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from duewell.domain.ledger import Account
from duewell.store.agendas import COLUMNS
from duewell.store.loans import ACCOUNT_BY_NO, Connection, LoanKey

APPEND_ONLY = (
    "account",
    "accounting_period",
    "alarm",
    "approval",
    "approval_decision",
    "collection",
    "collection_event",
    "day_ahead",
    "day_chunk",
    "day_sum",
    "erasure",
    "gl_journal",
    "journal",
    "loan",
    "loan_fact",
    "mandate",
    "mandate_event",
    "measure",
    "observation",
    "pay_order",
    "pay_order_event",
    "portfolio_move",
    "portfolio_sum",
    "product",
    "rail_entry",
    "receipt",
    "request_key",
    "staff_roles",
    "trail",
    "suspense_move",
    "virtual_account",
)


def journal_balances(conn: Connection, keys: Sequence[LoanKey]) -> dict[LoanKey, dict[Account, int]]:
    """What the kept journals of loans come to, by account; zero balances left out."""
    found: dict[LoanKey, dict[Account, int]] = defaultdict(dict)
    rows = conn.execute(
        "select j.person_id, j.loan_no, u.account_no, sum(u.amount)"
        " from unnest(%s::bigint[], %s::smallint[]) as k(p, n)"
        " join duewell.journal j on j.person_id = k.p and j.loan_no = k.n"
        " cross join lateral unnest(j.accounts, j.amounts) as u(account_no, amount) group by 1, 2, 3",
        [[k.person_id for k in keys], [k.loan_no for k in keys]],
    )
    for person_id, loan_no, number, amount in rows.fetchall():
        if amount:
            found[LoanKey(person_id, loan_no)][ACCOUNT_BY_NO[number]] = int(amount)
    return dict(found)


def agenda_rows(conn: Connection, keys: Sequence[LoanKey]) -> dict[LoanKey, dict[str, Any]]:
    """The kept agendas of loans, with what was paid by table since each was written."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"select {COLUMNS}, paid_minor, is_tabular, principal_minor, next_seq"
            " from unnest(%s::bigint[], %s::smallint[]) as k(p, n)"
            " join duewell.agenda a on a.person_id = k.p and a.loan_no = k.n"
            " join duewell.loan_state using (person_id, loan_no)",
            [[k.person_id for k in keys], [k.loan_no for k in keys]],
        ).fetchall()
    return {LoanKey(row["person_id"], row["loan_no"]): row for row in rows}


def answers_without_facts(conn: Connection, book_id: int) -> int:
    """How many kept answers name a fact of the book's loans that is not there, or not that answer's."""
    row = conn.execute(
        "select count(*) from duewell.request_key r"
        " join duewell.loan l on l.book_id = %s and r.target = l.person_id || '/' || l.loan_no"
        " left join duewell.loan_fact f on f.person_id = l.person_id and f.loan_no = l.loan_no"
        " and f.seq = (r.result->>'seq')::int and f.recorded_at = r.recorded_at"
        " where r.result ? 'seq' and f.seq is null",
        [book_id],
    ).fetchone()
    assert row is not None
    return int(row[0])


def append_only_findings(conn: Connection) -> list[tuple[str, dict[str, Any]]]:
    """Tables that lost the trigger that refuses changes, or whose rows the application may change."""
    held = {
        name
        for (name,) in conn.execute(
            "select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
            " where c.relnamespace = 'duewell'::regnamespace"
            " and t.tgname = 'append_only' and t.tgenabled = 'O'"
        ).fetchall()
    }
    findings: list[tuple[str, dict[str, Any]]] = []
    for table in APPEND_ONLY:
        if table not in held:
            findings.append(("append-only-trigger-missing", {"table": table}))
        row = conn.execute(
            "select has_table_privilege('duewell_app', 'duewell.' || %s, 'update, delete, truncate')", [table]
        ).fetchone()
        if row is not None and row[0]:
            findings.append(("append-only-grant-too-wide", {"table": table}))
    return findings
