"""Posting by table: payments of what is due today on loans on time, many in one call.

Needs    a connection inside a transaction; payments with their request keys.
Gives    post: an answer for each payment, or that it must take the general path.
Never    computes a split: the call meets the claims the fold wrote, and copies the accounts.
Source   docs/decisions/0010-two-posting-paths.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from duewell.domain.errors import Conflict
from duewell.store.loans import Connection, LoanKey

POSTED, AGAIN, GENERAL = "posted", "again", "general"
"""What came of a payment: posted by table, answered as before, or left to the general path."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment to be posted; `effective_on` is None where it counts from the open date."""

    loan: LoanKey
    amount: int
    effective_on: date | None
    payment_type: str
    source: str
    ref: str
    key: str
    body_hash: bytes


Answer = tuple[str, dict[str, Any] | Conflict | None]


def post(
    conn: Connection,
    payments: Sequence[Payment],
    *,
    client_id: str,
    actor: str,
    at: datetime,
    is_locking: bool,
) -> list[Answer]:
    """Post what can be posted by table, in the order given.

    Where nobody else is expected at the same loans nothing is locked until it is written, and compared then;
    `is_locking` locks the loans first, in the order of their keys.
    A key used for something else gives a Conflict in its place; the others are not touched by it.
    No key, and no reference of a loan, may stand twice among them.
    Raises   psycopg's SerializationFailure where another used one of the keys or loans at the same moment:
             roll back and try again, locking.
    """
    rows = conn.execute(
        "select nth, outcome, told from duewell.post_payments(%s, %s, %s, %s::bigint[], %s::smallint[],"
        " %s::bigint[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s)",
        [
            client_id,
            actor,
            at,
            [each.loan.person_id for each in payments],
            [each.loan.loan_no for each in payments],
            [each.amount for each in payments],
            [each.effective_on for each in payments],
            [each.payment_type for each in payments],
            [each.source for each in payments],
            [each.ref for each in payments],
            [each.key for each in payments],
            [each.body_hash for each in payments],
            is_locking,
        ],
    ).fetchall()
    rows.sort()
    return [_answer(each, *row[1:]) for each, row in zip(payments, rows, strict=True)]


def _answer(payment: Payment, outcome: str, told: dict[str, Any] | None) -> Answer:
    if outcome == "key-reused":
        return AGAIN, Conflict("key-reused-with-another-body", key=payment.key)
    return outcome, told
