"""R16: whoever changes, slips in or takes out a row behind the product's back is found by verify.

How: a book some days old with a closed period; one random row of one table is changed, copied or deleted by
the owner of the database with every guard switched off; verify must say so, every time.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from duewell.services.close_day import close_day
from duewell.services.close_period import close_period
from duewell.services.generate_book import generate_book
from duewell.services.generate_payments import generate_payments
from duewell.services.verify_book import verify_book

Conn = psycopg.Connection[Any]
OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
TRIES = 6
CHANGES: dict[str, str] = {
    "a fact's amount": "update duewell.loan_fact set payload = jsonb_set(payload, '{{amount_minor}}',"
    " to_jsonb((payload->>'amount_minor')::bigint + 1)) where ctid = {row}",
    "a fact's day": "update duewell.loan_fact set effective_on = effective_on - 1 where ctid = {row}",
    "a fact taken out": "delete from duewell.loan_fact where ctid = {row}",
    "a journal's amounts": "update duewell.journal set amounts[1] = amounts[1] + 1,"
    " amounts[2] = amounts[2] - 1 where ctid = {row}",
    "a journal's accounts": "update duewell.journal set accounts[1] = accounts[1] % 20 + 1"
    " where ctid = {row}",
    "a journal taken out": "delete from duewell.journal where ctid = {row}",
    "a journal twice": "insert into duewell.journal select person_id, loan_no, seq, part + 50, posted_on,"
    " accounts, amounts from duewell.journal where ctid = {row}",
    "a day's total": "update duewell.gl_journal set amounts[1] = amounts[1] + 1,"
    " amounts[2] = amounts[2] - 1 where ctid = {row}",
    "a day's total taken out": "delete from duewell.gl_journal where ctid = {row}",
    "a sum": "update duewell.portfolio_sum set value = value + 1 where ctid = {row}",
    "a sum taken out": "delete from duewell.portfolio_sum where ctid = {row}",
    "a slice's sum": "update duewell.day_sum set adds = adds - 1 where ctid = {row}",
    "a loan's rate": "update duewell.loan set terms = jsonb_set(terms, '{{rate}}', '\"31/100\"')"
    " where ctid = {row}",
    "a rate no book can hold": "update duewell.loan set terms = jsonb_set(terms, '{{rate}}', '\"1/7\"')"
    " where ctid = {row}",
    "what was paid by table": "update duewell.loan_state set paid_minor = paid_minor + 1 where ctid = {row}",
    "a number of a loan": "update duewell.loan_state set next_seq = next_seq + 1 where ctid = {row}",
    "an agenda's claims": "update duewell.agenda set cum[cardinality(cum)] = cum[cardinality(cum)] + 1"
    " where ctid = {row}",
    "an agenda's turn": "update duewell.agenda set is_turned = not is_turned where ctid = {row}",
    "a fact's day of recording": "update duewell.loan_fact set recorded_on = recorded_on - 1"
    " where exists (select from duewell.journal j where j.person_id = loan_fact.person_id"
    " and j.loan_no = loan_fact.loan_no and j.seq = loan_fact.seq) and ctid = {row}",
    "a journal's day": "update duewell.journal set posted_on = posted_on - 1 where ctid = {row}",
    "a journal of nobody": "insert into duewell.journal select person_id + 1, loan_no, seq, part, posted_on,"
    " accounts, amounts from duewell.journal where ctid = {row}",
    "an observation taken out": "delete from duewell.observation where kind <> 7 and ctid = {row}",
    "an observation of another day": "update duewell.observation set day = day - 1 where kind <> 7"
    " and ctid = {row}",
    "a day's mark": "update duewell.day_chunk set entries = entries + 1 where ctid = {row}",
    "a day's mark taken out": "delete from duewell.day_chunk where ctid = {row}",
    "a day's run taken out": "delete from duewell.day_run where day >= '2026-06-01' and ctid = {row}",
    "a day's slices": "update duewell.day_run set slices = 64 where day >= '2026-06-01' and ctid = {row}",
    "the open date": "update duewell.book set open_on = open_on + 1 where ctid = {row}",
    "the book's currency": "update duewell.book set currency = 'USD' where ctid = {row}",
    "since when a loan is behind": "update duewell.agenda set since = coalesce(since, date '2026-06-01') - 1"
    " where ctid = {row}",
    "a loan's person": "delete from duewell.person where ctid = {row}",
    "what was asked": "update duewell.request_key set body_hash = sha256(body_hash) where ctid = {row}",
    "a payment's reference": "update duewell.loan_fact set source_ref = source_ref || 'x'"
    " where source = 'generated' and kind = 'PaymentReceived' and exists (select from duewell.request_key r"
    " where r.target = person_id || '/' || loan_no and (r.result->>'seq')::int = seq) and ctid = {row}",
    "where an answer belongs": "update duewell.request_key set target = '1/1' where ctid = {row}",
    "where a payment goes by table": "update duewell.agenda set pays[3] = pays[4] where pays is not null"
    " and ctid = {row}",
    "who recorded a fact": "update duewell.loan_fact set actor = actor || 'x'"
    " where recorded_on < '2026-06-13' and ctid = {row}",
    "how a fact came": "update duewell.loan_fact set source = source || 'x'"
    " where recorded_on < '2026-06-13' and ctid = {row}",
    "when a fact was recorded": "update duewell.loan_fact set recorded_at = recorded_at + interval '1 s'"
    " where recorded_on < '2026-06-13' and ctid = {row}",
    "the reference a loan came under": "update duewell.loan set external_ref = external_ref || 'x'"
    " where ctid = {row}",
    "what a loan was lent for": "update duewell.loan set terms = jsonb_set(terms, '{{principal}}',"
    " to_jsonb((terms->>'principal')::bigint + 1)) where ctid = {row}",
    "a day's seal": "update duewell.day_seal set hash = sha256(hash) where ctid = {row}",
    "a day's seal taken out": "delete from duewell.day_seal where day > '2026-06-01' and ctid = {row}",
    "an answer kept": "update duewell.request_key set result = result || '{{\"seq\": 999}}'"
    " where ctid = {row}",
}


@pytest.fixture
def book(conn: Conn) -> Conn:
    generate_book(conn, "b", count=40, seed=4, open_on=OPEN_ON, at=AT)
    for ahead in range(12):
        generate_payments(conn, "b", seed=1, at=AT)
        close_day(conn, "b", until=OPEN_ON + timedelta(days=ahead), at=AT)
    close_period(conn, "b", ends_on=OPEN_ON + timedelta(days=6), at=AT, actor="tester")
    generate_payments(conn, "b", seed=1, at=AT)
    assert verify_book(conn, "b").findings == []
    conn.execute("set session_replication_role = replica")
    return conn


@pytest.mark.parametrize("what", CHANGES)
def test_verify_finds_what_nobody_should_have_changed(book: Conn, what: str) -> None:
    statement = CHANGES[what]
    table = statement.split("duewell.")[1].split(" ")[0]
    book.execute(f"create table kept as select * from duewell.{table}")  # noqa: S608
    chance = random.Random(what)
    for _ in range(TRIES):
        rows = [row for (row,) in book.execute(f"select ctid::text from duewell.{table}").fetchall()]  # noqa: S608
        chance.shuffle(rows)
        done = (book.execute(statement.format(row=f"'{row}'")).rowcount for row in rows)
        assert next(count for count in done if count) == 1
        assert verify_book(book, "b").findings, f"{what}: nothing found"
        book.execute(f"delete from duewell.{table}")  # noqa: S608
        book.execute(f"insert into duewell.{table} overriding system value select * from kept")  # noqa: S608
    assert verify_book(book, "b").findings == []
