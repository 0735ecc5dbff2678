"""The outbox: what must leave after commit, written in the business transaction, taken with SKIP LOCKED.

Needs    a connection; every instant as an argument.
Gives    OutboxRow, put, claim, claim_batch, batch_rows, set_state, read, waiting_batch.
Never    calls anybody: the worker does, between two short transactions.
Source   docs/reference/rails.md, "What leaves".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from duewell.store.loans import Connection

PAY_OUT, NOTICE = "rail.pay-out", "notice"
STATES = ("waiting", "sending", "sent", "done", "failed", "unknown", "cancelled")
NOBODY = 0
"""The person of a row that is nobody's: money sent back to a payer we do not know."""
LEASE = timedelta(minutes=5)
"""After so long a row that was being sent is asked about again: whoever sent it may be gone."""
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One thing to leave."""

    person_id: int
    key: str
    book_id: int
    kind: str
    payload: dict[str, Any]
    sealed: bytes | None
    state: str
    batch: str | None
    tries: int
    reason: str
    changed_at: datetime


_COLUMNS = "person_id, outbox_key, book_id, kind, payload, sealed, state, batch, tries, reason, changed_at"


def put(
    conn: Connection,
    *,
    person_id: int,
    key: str,
    book_id: int,
    kind: str,
    payload: dict[str, Any],
    not_before: datetime,
    sealed: bytes | None = None,
    expires_at: datetime | None = None,
    cancels_key: str | None = None,
) -> None:
    """Write a row, once per key; one that it cancels and that still waits is cancelled.

    `sealed` is what the payload must not hold: who is paid, and where.
    """
    conn.execute(
        "insert into duewell.outbox (person_id, outbox_key, book_id, kind, schema_version,"
        " payload, sealed, not_before, expires_at, cancels_key, state, changed_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', %s)"
        " on conflict (person_id, outbox_key) do nothing",
        [
            person_id,
            key,
            book_id,
            kind,
            _SCHEMA,
            Jsonb(payload),
            sealed,
            not_before,
            expires_at,
            cancels_key,
            not_before,
        ],
    )
    if cancels_key is not None:
        conn.execute(
            "update duewell.outbox set state = 'cancelled', changed_at = %s"
            " where person_id = %s and outbox_key = %s and state = 'waiting'",
            [not_before, person_id, cancels_key],
        )


def claim(conn: Connection, *, rails: Sequence[str], at: datetime, limit: int = 20) -> list[OutboxRow]:
    """Take pay-outs that wait for these rails, or whose sender went silent; others take others meanwhile."""
    rows = conn.execute(
        f"with taken as (select person_id, outbox_key from duewell.outbox"
        " where kind = %(kind)s and payload->>'rail' = any(%(rails)s::text[]) and not_before <= %(at)s"
        " and (expires_at is null or expires_at > %(at)s) and (state = 'waiting'"
        "  or state in ('sending', 'unknown') and changed_at <= %(lost)s)"
        " order by not_before, person_id, outbox_key limit %(limit)s for update skip locked)"
        " update duewell.outbox o set state = 'sending', tries = tries + 1, changed_at = %(at)s"
        " from taken t where o.person_id = t.person_id and o.outbox_key = t.outbox_key"
        f" returning {', '.join('o.' + name for name in _COLUMNS.split(', '))}",
        {"kind": PAY_OUT, "rails": list(rails), "at": at, "lost": at - LEASE, "limit": limit},
    ).fetchall()
    return [OutboxRow(*row) for row in rows]


def claim_batch(conn: Connection, *, rail: str, batch: str, at: datetime, limit: int) -> list[OutboxRow]:
    """Take all that waits for a rail into one file."""
    rows = conn.execute(
        "with taken as (select person_id, outbox_key from duewell.outbox"
        " where kind = %(kind)s and payload->>'rail' = %(rail)s and state = 'waiting' and"
        " not_before <= %(at)s"
        " and (expires_at is null or expires_at > %(at)s)"
        " order by not_before, person_id, outbox_key limit %(limit)s for update skip locked)"
        " update duewell.outbox o set state = 'sending', batch = %(batch)s, tries = tries + 1,"
        " changed_at = %(at)s"
        " from taken t where o.person_id = t.person_id and o.outbox_key = t.outbox_key"
        f" returning {', '.join('o.' + name for name in _COLUMNS.split(', '))}",
        {"kind": PAY_OUT, "rail": rail, "batch": batch, "at": at, "limit": limit},
    ).fetchall()
    return sorted((OutboxRow(*row) for row in rows), key=lambda row: (row.person_id, row.key))


def batch_rows(conn: Connection, batch: str) -> list[OutboxRow]:
    """The rows of one file, in its order."""
    rows = conn.execute(
        f"select {_COLUMNS} from duewell.outbox where batch = %s order by person_id, outbox_key", [batch]
    ).fetchall()
    return [OutboxRow(*row) for row in rows]


def unwritten_batch(conn: Connection, rail: str) -> str | None:
    """A file of a rail that was begun and of which nobody said that it was written."""
    row = conn.execute(
        "select min(batch) from duewell.outbox"
        " where payload->>'rail' = %s and state = 'sending' and batch is not null",
        [rail],
    ).fetchone()
    return row[0] if row else None


def set_state(
    conn: Connection,
    person_id: int,
    key: str,
    state: str,
    *,
    at: datetime,
    was: Sequence[str],
    reason: str = "",
) -> bool:
    """Move a row on from one of some states; False where it stands elsewhere already."""
    done = conn.execute(
        "update duewell.outbox set state = %s, reason = %s, changed_at = %s"
        " where person_id = %s and outbox_key = %s and state = any(%s::text[])",
        [state, reason[:200], at, person_id, key, list(was)],
    )
    return done.rowcount == 1


def set_batch_sent(conn: Connection, batch: str, *, at: datetime) -> int:
    """The file was written: its rows are sent, and what becomes of them comes in a status file."""
    done = conn.execute(
        "update duewell.outbox set state = 'sent', changed_at = %s where batch = %s and state = 'sending'",
        [at, batch],
    )
    return done.rowcount


def read(conn: Connection, person_id: int, key: str) -> OutboxRow | None:
    """One row."""
    row = conn.execute(
        f"select {_COLUMNS} from duewell.outbox where person_id = %s and outbox_key = %s", [person_id, key]
    ).fetchone()
    return OutboxRow(*row) if row else None


def of_person(conn: Connection, person_id: int, kind: str) -> list[OutboxRow]:
    """A person's rows of a kind, oldest first."""
    rows = conn.execute(
        f"select {_COLUMNS} from duewell.outbox where person_id = %s and kind = %s order by"
        f" not_before, outbox_key",
        [person_id, kind],
    ).fetchall()
    return [OutboxRow(*row) for row in rows]


def batches_begun(conn: Connection, rail: str) -> int:
    """How many files of pay-outs a rail has had."""
    row = conn.execute(
        "select count(distinct batch) from duewell.outbox where payload->>'rail' = %s and batch is not null",
        [rail],
    ).fetchone()
    assert row is not None
    return int(row[0])
