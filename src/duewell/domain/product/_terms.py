"""The terms of a loan and the conventions they are computed by.

Needs    money.Rounding, calendar enumerations.
Gives    frozen values; a Convention is chosen when a product version is defined and never changed.
Never    computes an amount.
Source   docs/reference/conventions.md names each convention with the published table it reproduces.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from fractions import Fraction
from itertools import pairwise

from duewell.domain.calendar import BusinessDayRule, DaysInMonth, DaysInYear, Frequency
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rate, Rounding, currency
from duewell.domain.product._fees import FeeTerms, check_fees


class Engine(StrEnum):
    """How rows of a schedule are computed when life departs from the plan."""

    PROGRESSIVE = "progressive"
    CUMULATIVE = "cumulative"


class InterestMethod(StrEnum):
    """What interest is charged on: the balance still out, or the first principal throughout."""

    DECLINING = "declining"
    FLAT = "flat"


class Amortization(StrEnum):
    """Which of instalment and principal is equal in every row."""

    EQUAL_INSTALMENTS = "equal instalments"
    EQUAL_PRINCIPAL = "equal principal"


class Prepayment(StrEnum):
    """What a payment above the instalment does to the rows after it (cumulative, daily)."""

    REDUCE_INSTALMENT = "reduce instalment"
    REDUCE_NUMBER = "reduce number"
    SKIP_NEXT = "skip next"


class ExcessRule(StrEnum):
    """Which rows not yet due receive what is left of a payment."""

    NEXT = "next"
    LAST = "last"
    SPREAD = "spread"


class Part(IntEnum):
    """The four parts of what is owed; the value is the part's place in a row's arrays."""

    PENALTY = 0
    FEE = 1
    INTEREST = 2
    PRINCIPAL = 3


class Processing(StrEnum):
    """Finish a row before the next (horizontal) or a part over all rows of a slot (vertical)."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


class PenaltyBase(StrEnum):
    """What a penalty is charged on. A penalty is never in the base of another."""

    PRINCIPAL = "overdue principal"
    PRINCIPAL_AND_INTEREST = "overdue principal + interest"


class PenaltyMode(StrEnum):
    """Whether contract interest runs on beside the penalty or gives way to it."""

    EXCESS = "excess"
    REPLACES = "replaces"


class ChargeOffInterest(StrEnum):
    """What interest a charge-off takes: accrued to the day, or all that the plan still asks for."""

    ACCRUED = "accrued"
    SCHEDULED = "scheduled"


ORDER: tuple[Part, ...] = (Part.PENALTY, Part.FEE, Part.INTEREST, Part.PRINCIPAL)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The product's order of application over the twelve slots.

    Past due rows come first, rows due that day second, rows in advance last; within a slot `order`
    and `processing` decide, and `excess` says which rows in advance are reached, by payment type.
    """

    order: tuple[Part, ...] = ORDER
    processing: Processing = Processing.HORIZONTAL
    excess: tuple[tuple[str, ExcessRule], ...] = ()

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(ORDER):
            raise InvalidInput("allocation-order-incomplete", order=[p.name for p in self.order])

    def excess_rule(self, payment_type: str) -> ExcessRule:
        """The rule for what is left of a payment of this type; `next` when none is named."""
        return dict(self.excess).get(payment_type, ExcessRule.NEXT)


@dataclass(frozen=True, slots=True)
class RateCap:
    """The most a yearly rate may be from a day on, and the rule that says so."""

    from_on: date
    rate: Fraction
    source: str


@dataclass(frozen=True, slots=True)
class PenaltyTerms:
    """A penalty for lateness: a charge once per instalment, or a daily rate.

    `pct` is a share of the base, charged once when a row passes its due date and `grace_days`.
    `rate` is yearly, accrued by the day from the due date once the grace has passed, exact until
    rounded once a row; on each day it is at most what the latest of `caps` allows. Exactly one of the
    two is set. With `mode` replaces, principal past due leaves the base of contract interest, so the
    same money never bears both. `source` names the clause or rule that allows the penalty.
    """

    base: PenaltyBase = PenaltyBase.PRINCIPAL
    grace_days: int = 0
    pct: Fraction | None = None
    rate: Fraction | None = None
    days_in_year: int = 360
    mode: PenaltyMode = PenaltyMode.EXCESS
    source: str = "contract"
    caps: tuple[RateCap, ...] = ()

    def __post_init__(self) -> None:
        if (self.pct is None) == (self.rate is None):
            raise InvalidInput("penalty-needs-one-rate", pct=self.pct, rate=self.rate)
        if self.grace_days < 0:
            raise InvalidInput("grace-days-negative", grace_days=self.grace_days)
        if self.caps and self.rate is None:
            raise InvalidInput("penalty-cap-without-rate", source=self.caps[0].source)
        starts = [cap.from_on for cap in self.caps]
        if starts != sorted(set(starts)):
            raise InvalidInput("penalty-caps-out-of-order", dates=", ".join(map(str, starts)))
        negative = [cap.rate for cap in self.caps if cap.rate < 0]
        if negative or (self.rate is not None and self.rate < 0) or (self.pct is not None and self.pct < 0):
            raise InvalidInput("penalty-negative", rate=str(min(negative, default=self.rate or self.pct)))


@dataclass(frozen=True, slots=True)
class Convention:
    """Everything that decides how figures are computed, as one named and versioned value."""

    name: str = "progressive-30-360"
    version: int = 1
    engine: Engine = Engine.PROGRESSIVE
    rounding: Rounding = Rounding.HALF_EVEN
    instalment_rounding: Rounding = Rounding.HALF_EVEN
    instalment_multiple: int = 1
    days_in_month: DaysInMonth = DaysInMonth.THIRTY
    days_in_year: DaysInYear = DaysInYear.D360
    interest_method: InterestMethod = InterestMethod.DECLINING
    amortization: Amortization = Amortization.EQUAL_INSTALMENTS
    is_recalculated_daily: bool = True
    prepayment: Prepayment = Prepayment.REDUCE_INSTALMENT
    payoff_to_row_end: bool = False
    ageing_grace_days: int = 0
    charge_off_interest: ChargeOffInterest = ChargeOffInterest.ACCRUED
    suspends_from_dpd: int | None = None
    """Days past due from which unpaid interest is no income until it is paid; None for never."""

    def __post_init__(self) -> None:
        if self.suspends_from_dpd is not None and not 1 <= self.suspends_from_dpd <= 3650:
            raise InvalidInput("suspension-out-of-range", given=self.suspends_from_dpd)


RATE_SCALE = 10**6
"""A book adds rates up in whole millionths a year, so 0.0001 % is the finest rate it can hold."""


def check_rate(rate: Fraction) -> Fraction:
    """The rate, if a book can hold it. Refuses InvalidInput "rate-too-fine" and "contract-rate-negative"."""
    if rate < 0:
        raise InvalidInput("contract-rate-negative", rate=str(rate))
    if (rate * RATE_SCALE).denominator != 1:
        raise InvalidInput("rate-too-fine", rate=f"{Rate(rate).text()} %")
    return rate


INSTALMENTS_MAX = 1200


def check_steps(instalments: int, every: int) -> None:
    """Refuse a number of instalments, or of steps between two, that no plan has."""
    if not 1 <= instalments <= INSTALMENTS_MAX:
        raise InvalidInput("instalments-out-of-range", instalments=instalments)
    if every < 1:
        raise InvalidInput("instalment-step-out-of-range", every=every)


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """The agreed terms of one loan. Amounts are minor units of `currency`; rates are yearly.

    `due_dates` name the due dates where they are agreed one by one; `due_day_rule` says how they were
    moved off holidays when the loan was signed. The dates signed are the dates owed.
    Refuses a non-positive principal or number of rows, a negative rate, graces that leave no row to
    repay in, a currency we do not know, and instalments rounded to more than the loan.
    """

    principal: int
    start: date
    instalments: int
    rate: Fraction
    every: int = 1
    frequency: Frequency = Frequency.MONTHS
    currency: str = "CNY"
    convention: Convention = field(default_factory=Convention)
    allocation: Allocation = field(default_factory=Allocation)
    penalty: PenaltyTerms | None = None
    grace_principal: int = 0
    grace_interest: int = 0
    down_payment_share: Fraction = Fraction(0)
    approved: int | None = None
    instalment: int | None = None
    due_dates: tuple[date, ...] = ()
    due_day_rule: BusinessDayRule = BusinessDayRule.NONE
    fees: tuple[FeeTerms, ...] = ()
    balloon: int = 0
    """Principal that the instalments leave to the last row."""

    def __post_init__(self) -> None:
        check_fees(self.fees)
        currency(self.currency)
        if self.principal <= 0:
            raise InvalidInput("principal-not-positive", amount_minor=self.principal, currency=self.currency)
        if self.convention.instalment_multiple > self.principal:
            raise InvalidInput(
                "multiple-above-principal",
                multiple_minor=self.convention.instalment_multiple,
                amount_minor=self.principal,
                currency=self.currency,
            )
        if not 0 <= self.balloon < self.principal:
            raise InvalidInput(
                "balloon-out-of-range",
                given=self.balloon,
                principal_minor=self.principal,
                currency=self.currency,
            )
        check_steps(self.instalments, self.every)
        if self.rate < 0:
            raise InvalidInput("contract-rate-negative", rate=str(self.rate))
        if self.grace_principal >= self.instalments or self.grace_interest >= self.instalments:
            raise InvalidInput("grace-leaves-no-row", instalments=self.instalments)
        if self.due_dates and len(self.due_dates) != self.instalments:
            raise InvalidInput("due-dates-miscounted", instalments=self.instalments)
        if any(later <= earlier for earlier, later in pairwise((self.start, *self.due_dates))):
            raise InvalidInput("due-dates-out-of-order", start=self.start.isoformat())
