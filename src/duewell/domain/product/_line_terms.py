"""The terms of a revolving line: limit, statement cycle, rates, minimum payment, late charge.

Needs    money.Rounding, calendar enumerations, the parts and caps that loans share.
Gives    LineTerms, a frozen value, with MinimumPayment, CashFee, LateCharge; BalanceKind.
Never    computes an amount.
Source   docs/reference/line.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction

from duewell.domain.calendar import DaysInYear
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rounding
from duewell.domain.product._terms import ORDER, Part, RateCap, check_rate


class BalanceKind(StrEnum):
    """What a draw was for: each kind bears its own rate."""

    PURCHASE = "purchase"
    CASH = "cash"


DUE_DAYS_MAX = 27
"""A statement is due before the next one closes, and the shortest month between two has 28 days."""


@dataclass(frozen=True, slots=True)
class MinimumPayment:
    """The share of principal a statement asks at least, and the least it asks altogether."""

    pct: Fraction = Fraction(1, 10)
    floor: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.pct <= 1 or self.floor < 0:
            raise InvalidInput("minimum-payment-out-of-range", pct=str(self.pct), floor_minor=self.floor)


@dataclass(frozen=True, slots=True)
class CashFee:
    """What drawing cash costs: a share of the amount, and at least `minimum`."""

    pct: Fraction
    minimum: int = 0

    def __post_init__(self) -> None:
        if self.pct < 0 or self.minimum < 0:
            raise InvalidInput("line-charge-negative", pct=str(self.pct), minimum_minor=self.minimum)


@dataclass(frozen=True, slots=True)
class LateCharge:
    """A charge once a statement on what of its minimum is unpaid after `grace_days`, penalties left out.

    At least `minimum`, never more than what it is charged on. `source` names the clause that allows it.
    """

    pct: Fraction
    minimum: int = 0
    grace_days: int = 0
    source: str = "contract"

    def __post_init__(self) -> None:
        if self.pct < 0 or self.minimum < 0:
            raise InvalidInput("line-charge-negative", pct=str(self.pct), minimum_minor=self.minimum)
        if not 0 <= self.grace_days <= DUE_DAYS_MAX:
            raise InvalidInput("grace-days-out-of-range", grace_days=self.grace_days, most=DUE_DAYS_MAX)


@dataclass(frozen=True, slots=True)
class LineTerms:
    """The agreed terms of one line. Amounts are minor units of `currency`; rates are yearly.

    A statement closes on `statement_day` of each month, on the month's last day where it is shorter, and
    is due `due_days` later. With `has_free_period` purchases bear no interest while statements are paid in
    full. `order` is that of parts, `principal_order` that of balances; empty says highest rate first.
    `caps` limit every yearly rate of the line from their days on. From `suspends_from_dpd` days past due on
    unpaid interest is no income until it is paid.
    Refuses a limit that is not positive, days out of range, and rates a book cannot hold.
    """

    limit: int
    start: date
    statement_day: int
    purchase_rate: Fraction
    cash_rate: Fraction
    due_days: int = 25
    currency: str = "CNY"
    days_in_year: DaysInYear = DaysInYear.D365
    has_free_period: bool = True
    minimum: MinimumPayment = field(default_factory=MinimumPayment)
    cash_fee: CashFee | None = None
    late_charge: LateCharge | None = None
    order: tuple[Part, ...] = ORDER
    principal_order: tuple[BalanceKind, ...] = ()
    caps: tuple[RateCap, ...] = ()
    rounding: Rounding = Rounding.HALF_EVEN
    suspends_from_dpd: int | None = None
    name: str = "line"
    version: int = 1

    def __post_init__(self) -> None:
        if self.limit <= 0:
            raise InvalidInput("limit-not-positive", limit_minor=self.limit, currency=self.currency)
        if not 1 <= self.statement_day <= 31:
            raise InvalidInput("statement-day-out-of-range", statement_day=self.statement_day)
        if not 1 <= self.due_days <= DUE_DAYS_MAX:
            raise InvalidInput("due-days-out-of-range", due_days=self.due_days, most=DUE_DAYS_MAX)
        if self.suspends_from_dpd is not None and not 1 <= self.suspends_from_dpd <= 3650:
            raise InvalidInput("suspension-out-of-range", given=self.suspends_from_dpd)
        if self.days_in_year is DaysInYear.D364:
            raise InvalidInput("days-in-year-unknown", given=self.days_in_year.value)
        if sorted(self.order) != sorted(ORDER):
            raise InvalidInput("allocation-order-incomplete", order=[p.name for p in self.order])
        if self.principal_order and sorted(self.principal_order) != sorted(BalanceKind):
            raise InvalidInput("principal-order-incomplete", order=", ".join(self.principal_order))
        for rate in (self.purchase_rate, self.cash_rate, *(cap.rate for cap in self.caps)):
            check_rate(rate)
        starts = [cap.from_on for cap in self.caps]
        if starts != sorted(set(starts)):
            raise InvalidInput("penalty-caps-out-of-order", dates=", ".join(map(str, starts)))
