"""Requests that need a second person: asked by one, decided by another, done when approved.

Needs    a connection; the act as plain data; what does it; who asks, who decides, when.
Gives    ask, decide, withdraw, waiting_for, as_document.
Never    lets somebody decide their own request, does another content than was approved, or does it twice.
Source   docs/reference/access.md, section four eyes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg

from duewell.domain.access import Act
from duewell.domain.errors import Conflict, Fault, InvalidInput
from duewell.gateways.passwords import number
from duewell.store import approvals, books, posting, request_keys, trail
from duewell.store.approvals import Approval
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Request

SCHEMA = "duewell.request/1"
LIFE = timedelta(days=7)
_REASON_MAX = 400
_TRIES = 4
Do = Callable[[Approval, datetime], dict[str, Any]]
"""Does what a request asks for, as it was asked, and says what came of it."""


def ask(
    conn: Connection,
    act: Act,
    *,
    book: str | None,
    target: str,
    payload: Mapping[str, Any],
    loan: LoanKey | None,
    request: Request,
    sealed: str | None = None,
    secret: bytes = b"",
) -> dict[str, Any]:
    """Keep a request until somebody else decides; sent twice it is one request.

    `sealed` is content that only a key opens, `secret` its keyed hash: the same content is the same request.
    """
    posting.check_key(request.key)
    body_hash = request_keys.hash_of_body([act, book, target, payload, *([secret.hex()] if secret else [])])
    kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
    if kept is not None:
        return as_document(approvals.read(conn, int(kept["request"])))
    approval_id = number()
    with conn.transaction():
        approvals.ask(
            conn,
            approval_id=approval_id,
            book_id=books.read_book(conn, book).book_id if book is not None else None,
            act=act.value,
            target=target,
            payload={**payload, **({"sealed": sealed} if sealed is not None else {})},
            body_hash=body_hash,
            seen_seq=approvals.last_seq(conn, loan.person_id, loan.loan_no) if loan is not None else None,
            by=request.actor,
            at=request.at,
            expires_at=request.at + LIFE,
        )
        request_keys.keep(
            conn,
            client_id=request.client_id,
            key=request.key,
            body_hash=body_hash,
            target=f"request/{approval_id}",
            result={"request": str(approval_id)},
            recorded_at=request.at,
        )
        trail.add(
            conn, at=request.at, actor=request.actor, act="asked", target=str(approval_id), what=act.value
        )
    return as_document(approvals.read(conn, approval_id))


def decide(
    conn: Connection,
    approval_id: int,
    *,
    is_approved: bool,
    reason: str,
    by: str,
    at: datetime,
    acts: Mapping[Act, Do],
) -> dict[str, Any]:
    """Approve a request, which does it, or reject it: one transaction, one decision, never one's own.

    Refuses   who asked; a request decided, or older than its seven days; whatever the act itself refuses,
              which leaves the request open.
    """
    if not reason.strip() or len(reason) > _REASON_MAX:
        raise InvalidInput("reason-missing")
    for _ in range(_TRIES):
        try:
            with conn.transaction():
                conn.execute("set transaction isolation level serializable")
                found = _waiting(conn, approval_id, at)
                if found.asked_by == by or _is_of(found, by):
                    raise Conflict("request-is-own")
                result = acts[Act(found.act)](found, at) if is_approved else None
                decision = "approved" if is_approved else "rejected"
                approvals.decide(
                    conn, approval_id, decision=decision, by=by, at=at, reason=reason.strip(), result=result
                )
                trail.add(conn, at=at, actor=by, act=decision, target=str(approval_id), what=found.act)
            return as_document(approvals.read(conn, approval_id))
        except psycopg.errors.SerializationFailure:
            continue
    raise Fault("database-busy")


def waiting_for(conn: Connection, act: Act, target: str, *, at: datetime) -> Approval | None:
    """The request of this kind for this target that can still be decided, if there is one."""
    return approvals.waiting_for(conn, act.value, target, at)


def withdraw(conn: Connection, approval_id: int, *, by: str, at: datetime) -> dict[str, Any]:
    """Take one's own request back."""
    with conn.transaction():
        found = _waiting(conn, approval_id, at)
        if found.asked_by != by:
            raise Conflict("request-not-own")
        approvals.decide(conn, approval_id, decision="withdrawn", by=by, at=at, reason="-", result=None)
        trail.add(conn, at=at, actor=by, act="withdrawn", target=str(approval_id), what=found.act)
    return as_document(approvals.read(conn, approval_id))


def _waiting(conn: Connection, approval_id: int, at: datetime) -> Approval:
    found = approvals.lock(conn, approval_id)
    if found.decision is not None:
        raise Conflict("approval-decided-already")
    if found.expires_at <= at:
        raise Conflict("request-too-old", days=LIFE.days)
    return found


def _is_of(found: Approval, by: str) -> bool:
    """Whether a request is about what whoever decides may do themselves."""
    return found.act == Act.ROLES and by == f"staff:{found.payload['login']}"


def as_document(found: Approval) -> dict[str, Any]:
    """A request for machines, and what was decided."""
    decided = None
    if found.decision is not None and found.decided_at is not None:
        decided = {
            "decision": found.decision,
            "by": found.decided_by,
            "at": found.decided_at.isoformat(),
            "reason": found.reason,
            "result": found.result,
        }
    return {
        "schema": SCHEMA,
        "request": str(found.approval_id),
        "status": found.decision or "waiting",
        "book": found.book,
        "act": found.act,
        "target": found.target,
        "content": found.payload,
        "asked_by": found.asked_by,
        "asked_at": found.asked_at.isoformat(),
        "expires_at": found.expires_at.isoformat(),
        "decided": decided,
    }
