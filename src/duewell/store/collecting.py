"""Collecting: what a failed attempt or a change of mandate writes, and what the borrower is told of it.

Needs    a connection inside a transaction; every date and instant as an argument.
Gives    attempt_of, fail_attempt, change_mandate, notice.
Never    charges: an attempt of ours that failed costs the borrower no fee.
Source   docs/reference/rails.md, "Mandates".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from duewell.domain.party import loan_id
from duewell.domain.receipts import (
    CollectionRef,
    LoanRef,
    MandateEvent,
    NextStep,
    check_change,
    collection_ref,
    is_active,
    mandate_event_of,
    step_of,
)
from duewell.store import mandates, outbox
from duewell.store.books import BookRow
from duewell.store.loans import Connection


def attempt_of(conn: Connection, ref: CollectionRef) -> mandates.CollectionRow | None:
    """The attempt that an end-to-end id names."""
    rows = mandates.collections_of(conn, ref.loan)
    return next((row for row in rows if (row.due_on, row.attempt) == (ref.due_on, ref.attempt)), None)


def fail_attempt(
    conn: Connection,
    book: BookRow,
    row: mandates.CollectionRow,
    kind: str,
    *,
    reason: str,
    reasons: Mapping[str, NextStep],
    on: date,
    actor: str,
    at: datetime,
) -> NextStep:
    """An attempt failed: keep why and what to do next; a reason that ends the mandate ends it.

    The borrower is told. Nothing is charged: a failed attempt of ours costs the borrower no fee.
    """
    step = step_of(reason, reasons)
    mandates.add_collection_event(conn, row, kind, effective_on=on, at=at, reason=reason, step=step.value)
    ending = mandate_event_of(step)
    if ending is not None:
        for mandate in mandates.mandates_of(conn, row.loan):
            if mandate.number == row.mandate_no and is_active(mandate.kinds):
                change_mandate(conn, book, mandate, ending, on=on, reason=reason, actor=actor, at=at, key="")
    notice(
        conn,
        book,
        row.loan,
        f"collection-failed/{collection_ref(row.loan, row.due_on, row.attempt)}/{kind}",
        {"notice": "collection-failed", "due_on": str(row.due_on), "amount_minor": row.amount}
        | {"reason": reason, "next": step.value, "fee_minor": 0},
        at,
    )
    return step


def change_mandate(
    conn: Connection,
    book: BookRow,
    row: mandates.MandateRow,
    kind: MandateEvent,
    *,
    on: date,
    reason: str,
    actor: str,
    at: datetime,
    key: str,
) -> mandates.MandateRow:
    """Record a change of a mandate and tell the borrower of it, in one transaction of the caller's."""
    check_change(row.kinds, kind)
    seq = len(row.events) + 1
    mandates.add_event(
        conn,
        row.loan,
        row.number,
        seq,
        kind,
        effective_on=on,
        recorded_on=book.open_on,
        at=at,
        actor=actor,
        key=key,
        reason=reason,
    )
    notice(
        conn,
        book,
        row.loan,
        f"mandate/{row.reference}/{seq}",
        {"notice": "mandate-changed", "mandate": row.reference, "change": kind.value, "reason": reason},
        at,
    )
    event = mandates.EventRow(kind, reason, on, at, actor, key)
    return replace(row, events=(*row.events, event))


def notice(
    conn: Connection, book: BookRow, loan: LoanRef, key: str, payload: dict[str, Any], at: datetime
) -> None:
    """Something the borrower is to be told. The contact gate says when and how; here it is only written."""
    outbox.put(
        conn,
        person_id=loan.person_id,
        key=key,
        book_id=book.book_id,
        kind=outbox.NOTICE,
        payload={"loan_id": loan_id(*loan), "currency": book.currency, **payload},
        not_before=at,
    )
