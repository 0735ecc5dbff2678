"""Approvals: what one person asked for and another decides.

Needs    a connection in a transaction; the request as plain data.
Gives    Approval, ask, read, lock, decide; list_of, waiting, waiting_for, settled; last_seq.
Never    changes a request: another content is another request.
Source   docs/reference/access.md, section four eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from duewell.domain.errors import Conflict, NotFound
from duewell.store.loans import Connection

_COLUMNS = (
    "a.approval_id, b.code, coalesce(b.is_sandbox, false), a.act, a.target, a.payload, a.body_hash,"
    " a.seen_seq, a.asked_by, a.asked_at, a.expires_at, d.decision, d.decided_by, d.decided_at, d.reason,"
    " d.result"
)
_FROM = (
    "from duewell.approval a left join duewell.book b using (book_id)"
    " left join duewell.approval_decision d using (approval_id)"
)


@dataclass(frozen=True, slots=True)
class Approval:
    """A request and, once there is one, its decision. `seen_seq` is the loan's last fact when it was made."""

    approval_id: int
    book: str | None
    is_sandbox: bool
    act: str
    target: str
    payload: dict[str, Any]
    body_hash: bytes
    seen_seq: int | None
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    result: dict[str, Any] | None


def ask(
    conn: Connection,
    *,
    approval_id: int,
    book_id: int | None,
    act: str,
    target: str,
    payload: dict[str, Any],
    body_hash: bytes,
    seen_seq: int | None,
    by: str,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Keep a request."""
    conn.execute(
        "insert into duewell.approval values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [approval_id, book_id, act, target, Jsonb(payload), body_hash, seen_seq, by, at, expires_at],
    )


def read(conn: Connection, approval_id: int) -> Approval:
    """A request and how it stands."""
    row = conn.execute(f"select {_COLUMNS} {_FROM} where a.approval_id = %s", [approval_id]).fetchone()
    if row is None:
        raise NotFound("approval-not-found")
    return Approval(*row)


def lock(conn: Connection, approval_id: int) -> Approval:
    """The same, alone with it until the transaction ends."""
    conn.execute("select pg_advisory_xact_lock(hashtextextended('approval ' || %s::text, 0))", [approval_id])
    return read(conn, approval_id)


def decide(
    conn: Connection,
    approval_id: int,
    *,
    decision: str,
    by: str,
    at: datetime,
    reason: str,
    result: dict[str, Any] | None,
) -> None:
    """Keep the decision. A second one is a Conflict."""
    added = conn.execute(
        "insert into duewell.approval_decision values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        [approval_id, decision, by, at, reason, Jsonb(result) if result is not None else None],
    )
    if added.rowcount != 1:
        raise Conflict("approval-decided-already")


Place = tuple[datetime, int]
"""Where a request stands in a list, the newest first."""


def list_of(conn: Connection, *, before: Place | None, limit: int, is_open: bool) -> list[Approval]:
    """Requests, the newest first: all, or those that nobody has decided."""
    at, number = before or (None, None)
    rows = conn.execute(
        f"select {_COLUMNS} {_FROM} where (%(at)s::timestamptz is null"
        " or (a.asked_at, a.approval_id) < (%(at)s, %(nr)s))"
        " and (not %(open)s or d.decision is null) order by a.asked_at desc, a.approval_id desc"
        " limit %(limit)s",
        {"at": at, "nr": number, "open": is_open, "limit": limit},
    ).fetchall()
    return [Approval(*row) for row in rows]


def waiting(conn: Connection, at: datetime, *, limit: int) -> list[Approval]:
    """What can still be decided at an instant, the oldest first."""
    rows = conn.execute(
        f"select {_COLUMNS} {_FROM} where d.decision is null and a.expires_at > %s"
        " order by a.asked_at, a.approval_id limit %s",
        [at, limit],
    ).fetchall()
    return [Approval(*row) for row in rows]


def waiting_for(conn: Connection, act: str, target: str, at: datetime) -> Approval | None:
    """What was asked for a target and can still be decided: the oldest, if there is any."""
    row = conn.execute(
        f"select {_COLUMNS} {_FROM} where a.target = %s and a.act = %s and d.decision is null"
        " and a.expires_at > %s order by a.asked_at, a.approval_id limit 1",
        [target, act, at],
    ).fetchone()
    return Approval(*row) if row is not None else None


def settled(conn: Connection, at: datetime, *, before: Place | None, limit: int) -> list[Approval]:
    """What was decided, withdrawn, or grew too old to be, the newest first."""
    since, number = before or (None, None)
    rows = conn.execute(
        f"select {_COLUMNS} {_FROM} where (d.decision is not null or a.expires_at <= %(now)s)"
        " and (%(at)s::timestamptz is null or (a.asked_at, a.approval_id) < (%(at)s, %(nr)s))"
        " order by a.asked_at desc, a.approval_id desc limit %(limit)s",
        {"now": at, "at": since, "nr": number, "limit": limit},
    ).fetchall()
    return [Approval(*row) for row in rows]


def last_seq(conn: Connection, person_id: int, loan_no: int) -> int:
    """The number of a loan's last fact."""
    row = conn.execute(
        "select next_seq - 1 from duewell.loan_state where person_id = %s and loan_no = %s",
        [person_id, loan_no],
    ).fetchone()
    return int(row[0]) if row is not None else 0
