"""What an audit reads: kept journals and agendas by loan, and whether append-only still holds.

Needs    a connection, best in one read-only snapshot.
Gives    journal_balances, agenda_rows, append_only_findings, and what names what is not there.
Never    writes.
Source   docs/decisions/0002-embedded-postgresql.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from duewell.domain.agenda import MISSED
from duewell.domain.facts import FactKind
from duewell.domain.ledger import Account
from duewell.store.agendas import COLUMNS
from duewell.store.loans import ACCOUNT_BY_NO, Connection, LoanKey
from duewell.store.request_keys import hash_of

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
    "day_seal",
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
    """How many kept answers name a fact of the book's loans that is not there, or stand for another loan."""
    row = conn.execute(
        "select count(*) from duewell.request_key r"
        " join duewell.loan l on l.book_id = %s and l.person_id = (r.result->>'person_id')::bigint"
        " and l.loan_no = (r.result->>'loan_no')::smallint"
        " left join duewell.loan_fact f on f.person_id = l.person_id and f.loan_no = l.loan_no"
        " and f.seq = (r.result->>'seq')::int and f.recorded_at = r.recorded_at"
        " where r.result ? 'seq' and (f.seq is null or r.target <> l.person_id || '/' || l.loan_no)",
        [book_id],
    ).fetchone()
    assert row is not None
    return int(row[0])


_ASKED = """
select r.body_hash, f.person_id, f.loan_no, f.kind, f.effective_on, f.source, f.source_ref, f.payload,
  case when t.seq is not null then array[t.kind, t.source, t.source_ref] end
from duewell.request_key r
join duewell.loan l on l.book_id = %(book)s and l.person_id = (r.result->>'person_id')::bigint
  and l.loan_no = (r.result->>'loan_no')::smallint
join duewell.loan_fact f on f.person_id = l.person_id and f.loan_no = l.loan_no
  and f.seq = (r.result->>'seq')::int
left join duewell.loan_fact t on t.person_id = f.person_id and t.loan_no = f.loan_no
  and t.seq = f.reverses_seq
where f.kind <> all(%(others)s)
"""
_NOT_AS_ASKED = [
    each.value for each in (FactKind.OPENED, FactKind.DISBURSED, FactKind.LIMIT_CHANGED, FactKind.PAID_OFF)
]
"""A contract's beginning was asked for with more than the fact; one that settles keeps what it came to."""
_FETCHED = 2_000


def facts_not_as_asked(conn: Connection, book_id: int) -> int:
    """How many facts are not what the request they answer asked for; in a transaction."""
    wrong = 0
    with conn.cursor(name="duewell_asked") as cursor:
        cursor.itersize = _FETCHED
        cursor.execute(_ASKED, {"book": book_id, "others": _NOT_AS_ASKED})
        for kept, person_id, loan_no, kind, on, source, ref, payload, reverses in cursor:
            loan = LoanKey(person_id, loan_no)
            wrong += not any(
                hash_of(loan, kind, day, source, ref, payload, reverses) == bytes(kept) for day in (on, None)
            )
    return wrong


_DAYS = """
with runs as (
  select day, slices, finished_at is not null as is_done, lag(day) over (order by day) as before,
    row_number() over (order by day desc) as from_last
  from duewell.day_run where book_id = %(book)s
)
select r.day from runs r join duewell.book b on b.book_id = %(book)s
where before <> day - 1 or before is null and day > b.opened_on
  or from_last > 1 and not is_done or from_last = 1 and day <> b.open_on - 1
  or is_done and day >= b.opened_on and slices <> (
    select count(*) from duewell.day_chunk c where c.book_id = %(book)s and c.day = r.day)
union all
select b.open_on from duewell.book b where b.book_id = %(book)s and b.open_on <> b.opened_on
  and not exists (select from runs)
order by 1
"""
_OBSERVED = """
select day from (
  select day, entries from duewell.day_chunk where book_id = %(book)s
  union all select day, entries from duewell.day_ahead where book_id = %(book)s
  union all select o.day, -1 from duewell.observation o join duewell.loan l using (person_id, loan_no)
    where l.book_id = %(book)s and o.kind <> %(missed)s
) as u group by day having sum(entries) <> 0 order by day
"""
_FOREIGN = """
select c.conrelid::regclass::text, c.confrelid::regclass::text,
  array(select a.attname::text from unnest(c.conkey) with ordinality as k(n, o)
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.o),
  array(select a.attname::text from unnest(c.confkey) with ordinality as k(n, o)
    join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.o)
from pg_constraint c
where c.contype = 'f' and c.connamespace = 'duewell'::regnamespace and c.conparentid = 0 order by 1, c.conname
"""


def days_out_of_order(conn: Connection, book_id: int) -> list[date]:
    """Days that are missing between others, whose slices are not all marked, or that the open date skips."""
    return [day for (day,) in conn.execute(_DAYS, {"book": book_id}).fetchall()]


def days_observed_otherwise(conn: Connection, book_id: int) -> list[date]:
    """Days of which not as many observations are kept as their closing counted."""
    given = {"book": book_id, "missed": MISSED}
    return [day for (day,) in conn.execute(_OBSERVED, given).fetchall()]


def orphans(conn: Connection) -> list[tuple[str, str, int]]:
    """Rows that name a row of another table that is not there: table, the other one, how many."""
    found = []
    for child, parent, columns, keys in conn.execute(_FOREIGN).fetchall():
        same = sql.SQL(" and ").join(
            sql.SQL("p.{} = c.{}").format(sql.Identifier(key), sql.Identifier(column))
            for key, column in zip(keys, columns, strict=True)
        )
        given = sql.SQL(" and ").join(
            sql.SQL("c.{} is not null").format(sql.Identifier(column)) for column in columns
        )
        query = sql.SQL(
            "select count(*) from {} c where {} and not exists (select from {} p where {})"
        ).format(sql.Identifier(*child.split(".")), given, sql.Identifier(*parent.split(".")), same)
        row = conn.execute(query).fetchone()
        if row is not None and row[0]:
            found.append((child, parent, int(row[0])))
    return found


def journals_out_of_place(conn: Connection, keys: Sequence[LoanKey]) -> set[LoanKey]:
    """Loans with a journal whose fact is not there, or was recorded on another day."""
    rows = conn.execute(
        "select distinct j.person_id, j.loan_no from unnest(%s::bigint[], %s::smallint[]) as k(p, n)"
        " join duewell.journal j on j.person_id = k.p and j.loan_no = k.n"
        " left join duewell.loan_fact f on f.person_id = j.person_id and f.loan_no = j.loan_no"
        " and f.seq = j.seq and f.recorded_on = j.posted_on where f.seq is null",
        [[k.person_id for k in keys], [k.loan_no for k in keys]],
    ).fetchall()
    return {LoanKey(person_id, loan_no) for person_id, loan_no in rows}


def loans_of_other_currencies(conn: Connection, book_id: int) -> int:
    """How many loans are not of their book's currency."""
    row = conn.execute(
        "select count(*) from duewell.loan l join duewell.book b using (book_id)"
        " where l.book_id = %s and l.currency <> b.currency",
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
