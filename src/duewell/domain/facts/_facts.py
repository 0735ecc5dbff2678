"""Facts: what the world did that changes what is owed.

Needs    calendar frequencies, the balances of a line, errors.
Gives    Fact and FactKind, the closed list; known() and in_order(), the two clocks and the one order;
         fact_named(), what a reference means.
Never    holds anything the fold could derive.
Source   docs/decisions/0001: effective_on, kind rank, source, source_ref; the entry number never counts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from duewell.domain.calendar import Frequency
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.product import BalanceKind


class FactKind(StrEnum):
    """The closed list of facts, of loans and of lines."""

    DISBURSED = "Disbursed"
    OPENED = "Opened"
    LIMIT_CHANGED = "LimitChanged"
    DRAWN = "Drawn"
    CONVERTED = "Converted"
    RATE_CHANGED = "RateChanged"
    PAUSE_SET = "PauseSet"
    RESCHEDULED = "Rescheduled"
    FEE_CHARGED = "FeeCharged"
    PENALTY_CHARGED = "PenaltyCharged"
    PAYMENT_RECEIVED = "PaymentReceived"
    PAID_OFF = "PaidOff"
    PAYMENT_RETURNED = "PaymentReturned"
    REFUNDED = "Refunded"
    WAIVED = "Waived"
    CHARGED_OFF = "ChargedOff"
    RECOVERED = "Recovered"
    REVERSED = "Reversed"


_RANK = {
    FactKind.OPENED: 0,
    FactKind.DISBURSED: 0,
    FactKind.LIMIT_CHANGED: 0,
    FactKind.RATE_CHANGED: 1,
    FactKind.PAUSE_SET: 1,
    FactKind.RESCHEDULED: 2,
    FactKind.FEE_CHARGED: 3,
    FactKind.PENALTY_CHARGED: 3,
    FactKind.WAIVED: 4,
    FactKind.PAYMENT_RECEIVED: 5,
    FactKind.REFUNDED: 5,
    FactKind.DRAWN: 6,
    FactKind.CONVERTED: 7,
    FactKind.PAID_OFF: 8,
    FactKind.CHARGED_OFF: 9,
    FactKind.RECOVERED: 10,
}
"""A new plan comes after the rates and pauses of its day: the interest of that day is at their rate.
A waiver comes before the money of its day, which pays what is left of what was due; settling comes after
all that is lent, charged or forgiven that day."""

PLANS = frozenset({FactKind.RESCHEDULED, FactKind.CONVERTED})
"""Facts that change when money is due and move none."""

TAKING_BACK = frozenset({FactKind.REVERSED, FactKind.PAYMENT_RETURNED})
"""Facts that take another back and change nothing themselves: ours to correct, or a bank's return."""


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


class ChargeBase(StrEnum):
    """What a fee or penalty of so many per cent is charged on: the loan's whole schedule on that day."""

    PRINCIPAL = "scheduled principal"
    INTEREST = "scheduled interest"
    PRINCIPAL_AND_INTEREST = "scheduled principal + interest"


@dataclass(frozen=True, slots=True)
class DueDateMoved:
    """The due date `from_due` moves; later ones step on from the new one. The instalment stays."""

    from_due: date
    to_due: date


@dataclass(frozen=True, slots=True)
class Extended:
    """What the rows from `from_due` on repay is spread over them and `extra` more."""

    from_due: date
    extra: int


@dataclass(frozen=True, slots=True)
class ReAged:
    """Every unpaid row is met by new ones: the unpaid principal over `instalments` from `first_due` on."""

    first_due: date
    instalments: int
    every: int = 1
    frequency: Frequency = Frequency.MONTHS


@dataclass(frozen=True, slots=True)
class ReAmortized:
    """What is past due is spread over the rows still to come."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Purchases of a line become `instalments` equal parts, one a statement from the next on.

    What it costs is a yearly `rate` on what is out of it, or `pct` of the whole amount a statement.
    """

    instalments: int
    rate: Fraction | None = None
    pct: Fraction | None = None


Reschedule = DueDateMoved | Extended | ReAged | ReAmortized


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact with its two dates.

    `amount` is minor units of the loan's currency, zero where the kind has none or where a charge is
    `pct` of `base`. `parts` are the amounts waived, by Part. `balance` is what a line was drawn for, or
    whose rate changes. `reverses` is the key of the fact taken
    back: a fact is named by (kind, source, source_ref), unique in its loan.
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
    reschedule: Reschedule | None = None
    pct: Fraction | None = None
    base: ChargeBase | None = None
    parts: tuple[int, int, int, int] | None = None
    balance: BalanceKind | None = None
    conversion: Conversion | None = None
    payload: tuple[tuple[str, str], ...] = field(default=())

    @property
    def key(self) -> tuple[str, str, str]:
        """The name of the fact within its loan."""
        return (self.kind.value, self.source, self.source_ref)


class Applied(NamedTuple):
    """What one fact did: its amount split by part, and the principal still out after it."""

    fact: Fact
    kind: str
    amount: int
    parts: tuple[int, int, int, int]
    overpaid: int
    balance: int

    @property
    def moves(self) -> bool:
        """Whether the ledger has an entry for it; an opening of a repaid loan and a new plan have none."""
        return bool(self.amount) and self.fact.kind not in PLANS


def known(facts: Iterable[Fact], *, known_on: date | None = None) -> tuple[Fact, ...]:
    """The facts that counted at the end of `known_on`: recorded by then and not taken back by then.

    Returns them in the fold's order, so entering the same facts in any order gives the same tuple.
    """
    seen = [f for f in facts if known_on is None or f.recorded_on <= known_on]
    gone = {f.reverses for f in seen if f.kind in TAKING_BACK}
    if not gone:
        return in_order(seen)
    return in_order([f for f in seen if f.kind not in TAKING_BACK and f.key not in gone])


def in_order(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Sort by effective date, kind rank, source and source_ref in byte order."""
    return tuple(
        sorted(
            facts,
            # Text compares by code point, which is the byte order of UTF-8.
            key=lambda f: (f.effective_on, _RANK[f.kind], f.source, f.source_ref),
        )
    )


def split_at(facts: Iterable[Fact], day: date) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """The facts that count, in order: those before a day, and those of it and after."""
    ordered = known(facts)
    count = bisect_left(ordered, day, key=lambda fact: fact.effective_on)
    return ordered[:count], ordered[count:]


def shared(histories: Sequence[Sequence[Fact]], before: date) -> int:
    """How many leading facts histories have in common, of those that count before a day."""
    count = 0
    for together in zip(*histories, strict=False):
        first = together[0]
        if first.effective_on >= before or any(each is not first for each in together):
            break
        count += 1
    return count


def fact_named(facts: Sequence[Fact], ref: str, kind: str, request: str) -> Fact:
    """The fact a reference means, to be taken back by `request`.

    Refuses   no such fact left; two of that reference, unless `kind` tells them apart; the beginning of a
              loan while other facts stand on it.
    """
    back = [f for f in facts if f.kind in TAKING_BACK]
    gone = {f.reverses for f in back if f.source_ref != request}
    found = [f for f in facts if f.source_ref == ref and f.kind not in TAKING_BACK and f.key not in gone]
    if kind:
        found = [f for f in found if f.kind.value.lower() == kind.lower()]
    if not found:
        raise InvalidInput("fact-not-reversible", reverses=ref[:60])
    if len(found) > 1:
        kinds = ", ".join(sorted(f.kind.value for f in found))
        raise InvalidInput("fact-ambiguous", ref=ref[:60], kinds=kinds)
    living = in_order(f for f in facts if f.kind not in TAKING_BACK and f.key not in gone)
    beginning = next((f for f in living if f.kind in (FactKind.OPENED, FactKind.DISBURSED)), None)
    if found[0] is beginning and len(living) > 1:
        raise Conflict("fact-carries-others", ref=ref[:60], others=len(living) - 1)
    return found[0]
