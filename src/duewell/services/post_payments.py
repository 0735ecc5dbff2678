"""Post payments, many at once.

Needs    a connection; payments with their references.
Gives    what came of each, in the order given.
Never    answers before the payment is committed, or lets one refused payment touch another.
Source   docs/decisions/0010-two-posting-paths.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from duewell.domain.facts import Fact, FactKind
from duewell.store import posting
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Posted, Request

__all__ = ["Asked", "Payment", "Posted", "post_asked", "post_payments"]


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received for a loan: `key` makes it happen once; `on` is None where the open date counts."""

    loan: LoanKey
    amount: int
    ref: str
    key: str
    on: date | None = None
    payment_type: str = "repayment"


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment and the instant at which it was asked for."""

    payment: Payment
    at: datetime


def post_payments(
    conn: Connection, payments: Sequence[Payment], *, client_id: str, source: str, actor: str, at: datetime
) -> list[Posted]:
    """Post payments in their order; each has its own answer or refusal."""
    asked = [Asked(each, at) for each in payments]
    return post_asked(conn, asked, client_id=client_id, source=source, actor=actor)


def post_asked(
    conn: Connection,
    asked: Sequence[Asked],
    *,
    client_id: str,
    source: str,
    actor: str,
    on_posted: Callable[[int, Posted], None] = lambda number, posted: None,
) -> list[Posted]:
    """The same for payments asked for at different instants; each is told of once it is committed."""
    payments = [_record(each, client_id, source, actor) for each in asked]
    return posting.record_payments(conn, payments, on_posted=on_posted)


def _record(asked: Asked, client_id: str, source: str, actor: str) -> tuple[LoanKey, Fact, Request]:
    each = asked.payment
    on = each.on or asked.at.date()
    fact = Fact(
        FactKind.PAYMENT_RECEIVED,
        on,
        on,
        source,
        each.ref,
        amount=each.amount,
        payment_type=each.payment_type,
    )
    return each.loan, fact, Request(client_id, each.key, actor, asked.at, is_dated=each.on is not None)
