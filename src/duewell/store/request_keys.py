"""Request keys: what was asked under a key, and the answer it got, kept in the posting transaction.

Needs    a connection inside the transaction that posts.
Gives    find, answer_of, keep and claim; hash_of and hash_of_body, what was asked as a hash.
Never    keeps a fault, or answers another body with this one's result.
Source   docs/decisions/0002.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from duewell.domain.errors import Conflict
from duewell.store.loans import Connection, LoanKey


def hash_of_body(asked: object) -> bytes:
    """What makes two requests the same: everything asked, in one order of names."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode()).digest()


def find(conn: Connection, *, client_id: str, key: str, body_hash: bytes) -> dict[str, Any] | None:
    """The result kept under a key, None if it is new. Refuses the key with another body or target."""
    row = conn.execute(
        "select body_hash, result from duewell.request_key where client_id = %s and key = %s",
        [client_id, key],
    ).fetchone()
    if row is None:
        return None
    if bytes(row[0]) != body_hash:
        raise Conflict("key-reused-with-another-body", key=key)
    result: dict[str, Any] = row[1]
    return result


def answer_of(conn: Connection, *, client_id: str, key: str) -> dict[str, Any] | None:
    """What a request under a key answered, whatever it said; None where there was none."""
    row = conn.execute(
        "select result from duewell.request_key where client_id = %s and key = %s", [client_id, key]
    ).fetchone()
    return row[0] if row is not None else None


def keep(
    conn: Connection,
    *,
    client_id: str,
    key: str,
    body_hash: bytes,
    target: str,
    result: dict[str, Any],
    recorded_at: datetime,
) -> None:
    """Keep the result. A rival that kept the key first on another loan makes this a Conflict."""
    added = conn.execute(
        "insert into duewell.request_key values (%s, %s, %s, %s, %s, %s)"
        " on conflict (client_id, key) do nothing",
        [client_id, key, body_hash, target, Jsonb(result), recorded_at],
    )
    if added.rowcount != 1:
        raise Conflict("key-reused-with-another-body", key=key)


def claim(conn: Connection, *, client_id: str, key: str, asked: object, target: str, at: datetime) -> None:
    """Take a key for what is told once and not kept, a secret: sent again it is refused, not made again."""
    body_hash = hash_of_body(asked)
    if find(conn, client_id=client_id, key=key, body_hash=body_hash) is not None:
        raise Conflict("secret-shown-already")
    result = {"target": target}
    keep(
        conn, client_id=client_id, key=key, body_hash=body_hash, target=target, result=result, recorded_at=at
    )


def hash_of(
    loan: LoanKey,
    kind: str,
    on: date | None,
    source: str,
    ref: str,
    payload: Mapping[str, Any],
    reverses: Sequence[str] | None,
) -> bytes:
    """A fact asked for, as a hash; `on` is None where the client named no date and the open one counts."""
    asked = [
        loan.person_id,
        loan.loan_no,
        kind,
        "open date" if on is None else on.isoformat(),
        source,
        ref,
        payload,
        list(reverses or ()),
    ]
    return hashlib.sha256(json.dumps(asked, separators=(",", ":"), sort_keys=True).encode()).digest()
