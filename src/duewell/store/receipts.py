"""Receipts: what was made of each thing a rail said, kept in the transaction that posted it.

Needs    a connection inside the transaction that posts.
Gives    hold, find_many, keep, of_day, ledger_of, posted_without.
Never    keeps a receipt twice, or changes one.
Source   docs/decisions/0002; docs/reference/rails.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from duewell.domain.ledger import CASH_CLEARING
from duewell.domain.receipts import Held, Ref
from duewell.store.loans import ACCOUNT_NO, Connection

SCHEMA = "duewell.receipt/1"
_RECEIPT_LOCK = 0x72637074  # "rcpt": one advisory lock class of our own
_CASH = ACCOUNT_NO[CASH_CLEARING.code]


def hold(conn: Connection, refs: Sequence[Ref]) -> None:
    """Hold references alone until the transaction ends, in one order; many may ask at once."""
    for number in sorted({_lock_no(rail, ref) for rail, ref in refs}):
        conn.execute("select pg_advisory_xact_lock(%s, %s)", [_RECEIPT_LOCK, number])


def _lock_no(rail: str, ref: str) -> int:
    digest = hashlib.sha256(f"{rail}\0{ref}".encode()).digest()
    return int.from_bytes(digest[:4], "big", signed=True)


def find_many(conn: Connection, refs: Sequence[Ref]) -> dict[Ref, dict[str, Any]]:
    """The kept results of references."""
    rows = conn.execute(
        "select rail, provider_ref, result from duewell.receipt"
        " join unnest(%s::text[], %s::text[]) as k(r, p) on rail = k.r and provider_ref = k.p",
        [[rail for rail, _ in refs], [ref for _, ref in refs]],
    ).fetchall()
    return {(rail, ref): result for rail, ref, result in rows}


def keep(
    conn: Connection, ref: Ref, *, body_hash: bytes, target: str, result: dict[str, Any], at: datetime
) -> None:
    """Keep what came of a reference; the caller holds it."""
    conn.execute(
        "insert into duewell.receipt values (%s, %s, %s, %s, %s, %s)",
        [*ref, body_hash, target, Jsonb({"schema": SCHEMA, **result}), at],
    )


def of_day(conn: Connection, book_code: str, day: date) -> dict[Ref, dict[str, Any]]:
    """The receipts of a day, by reference: the day their rail booked them."""
    rows = conn.execute(
        "select rail, provider_ref, result from duewell.receipt"
        " where result->>'book' = %s and result->>'booked_on' = %s",
        [book_code, day.isoformat()],
    ).fetchall()
    return {(rail, ref): result for rail, ref, result in rows}


def ledger_of(conn: Connection, refs: Sequence[Ref]) -> dict[Ref, Held]:
    """What the journals that receipts caused moved in cash clearing."""
    rows = conn.execute(
        "select r.rail, r.provider_ref, r.result->>'currency', coalesce(j.cash, s.cash)"
        " from duewell.receipt r join unnest(%(rails)s::text[], %(refs)s::text[]) as k(r, p)"
        "  on r.rail = k.r and r.provider_ref = k.p"
        " left join lateral (select sum(u.amount) as cash from duewell.journal j"
        "  cross join lateral unnest(j.accounts, j.amounts) as u(account_no, amount)"
        "  where j.person_id = (r.result->>'person_id')::bigint and j.loan_no ="
        " (r.result->>'loan_no')::smallint"
        "  and j.seq = (r.result->>'seq')::int and u.account_no = %(cash)s) j on true"
        " left join lateral (select sum(u.amount) as cash from duewell.suspense_move m"
        "  cross join lateral unnest(m.accounts, m.amounts) as u(account_no, amount)"
        "  where m.rail = r.result->>'suspense_rail' and m.provider_ref = r.result->>'suspense_ref'"
        "  and m.step = (r.result->>'step')::smallint and u.account_no = %(cash)s) s on true",
        {"cash": _CASH, "rails": [rail for rail, _ in refs], "refs": [ref for _, ref in refs]},
    ).fetchall()
    return {
        (rail, ref): Held(int(amount), currency) for rail, ref, currency, amount in rows if amount is not None
    }


def posted_without(conn: Connection, book_id: int, rails: Sequence[str], day: date) -> dict[Ref, Held]:
    """Payments recorded on a day in the name of a rail that have no receipt: none, or somebody wrote them."""
    rows = conn.execute(
        "select f.source, f.source_ref, (f.payload->>'amount_minor')::bigint, l.currency"
        " from duewell.loan_fact f join duewell.loan l using (person_id, loan_no)"
        " where l.book_id = %s and f.recorded_on = %s and f.kind = 'PaymentReceived' and"
        " f.source = any(%s::text[])"
        " and not exists (select 1 from duewell.receipt r where r.rail = f.source and"
        " r.provider_ref = f.source_ref)",
        [book_id, day, list(rails)],
    ).fetchall()
    return {(source, ref): Held(int(amount), currency) for source, ref, amount, currency in rows}
