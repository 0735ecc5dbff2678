"""Facts of a loan: what the world did that changes what is owed.

Needs    the standard library only.
Gives    Fact and FactKind, the closed list; known() and in_order(), the two clocks and the one order.
Never    holds anything the fold could derive.
Source   docs/decisions/0001: effective_on, kind rank, source, source_ref; the entry number never counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction


class FactKind(StrEnum):
    """The closed list of loan facts."""

    DISBURSED = "Disbursed"
    OPENED = "Opened"
    RATE_CHANGED = "RateChanged"
    PAUSE_SET = "PauseSet"
    FEE_CHARGED = "FeeCharged"
    PENALTY_CHARGED = "PenaltyCharged"
    PAYMENT_RECEIVED = "PaymentReceived"
    PAID_OFF = "PaidOff"
    PAYMENT_RETURNED = "PaymentReturned"
    REFUNDED = "Refunded"
    WAIVED = "Waived"
    CHARGED_OFF = "ChargedOff"
    REVERSED = "Reversed"


_RANK = {
    FactKind.OPENED: 0,
    FactKind.DISBURSED: 0,
    FactKind.RATE_CHANGED: 1,
    FactKind.PAUSE_SET: 1,
    FactKind.FEE_CHARGED: 2,
    FactKind.PENALTY_CHARGED: 2,
    FactKind.PAYMENT_RECEIVED: 3,
    FactKind.PAID_OFF: 3,
    FactKind.PAYMENT_RETURNED: 3,
    FactKind.REFUNDED: 3,
    FactKind.WAIVED: 4,
    FactKind.CHARGED_OFF: 5,
    FactKind.REVERSED: 6,
}


@dataclass(frozen=True, slots=True)
class Arrear:
    """What one past due row still asked for on the day a position was taken over, by part."""

    due_on: date
    penalty: int = 0
    fee: int = 0
    interest: int = 0
    principal: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """A loan taken over from another system: principal out, and the rows past due, oldest first.

    `principal` includes what of it is past due; both are minor units. Rows due by the opening date
    that `arrears` does not name were settled before it.
    """

    principal: int
    arrears: tuple[Arrear, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact with its two dates.

    `amount` is minor units of the loan's currency, zero where the kind has none. `reverses` is the
    key of the fact taken back: a fact is named by (kind, source, source_ref), unique in its loan.
    """

    kind: FactKind
    effective_on: date
    recorded_on: date
    source: str
    source_ref: str
    amount: int = 0
    payment_type: str = "repayment"
    rate: Fraction | None = None
    until: date | None = None
    reverses: tuple[str, str, str] | None = None
    position: Position | None = None
    payload: tuple[tuple[str, str], ...] = field(default=())

    @property
    def key(self) -> tuple[str, str, str]:
        """The name of the fact within its loan."""
        return (self.kind.value, self.source, self.source_ref)


def known(facts: Iterable[Fact], *, known_on: date | None = None) -> tuple[Fact, ...]:
    """The facts that counted at the end of `known_on`: recorded by then and not taken back by then.

    Returns them in the fold's order, so entering the same facts in any order gives the same tuple.
    """
    seen = [f for f in facts if known_on is None or f.recorded_on <= known_on]
    gone = {f.reverses for f in seen if f.kind is FactKind.REVERSED}
    return in_order(f for f in seen if f.kind is not FactKind.REVERSED and f.key not in gone)


def in_order(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Sort by effective date, kind rank, source and source_ref in byte order."""
    return tuple(
        sorted(
            facts,
            # Text compares by code point, which is the byte order of UTF-8.
            key=lambda f: (f.effective_on, _RANK[f.kind], f.source, f.source_ref),
        )
    )
