"""A product: the template of loans' terms, with the ranges a loan may choose from.

Needs    named conventions, LoanTerms and its parts.
Gives    Product and its terms(...): the terms of one loan, or why these are none of the product's.
Never    changes once defined: a change is the next version, and old loans keep theirs.
Source   docs/reference/products.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from duewell.domain.calendar import Frequency
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rate, round_fraction
from duewell.domain.product._caps import Cap, check_caps
from duewell.domain.product._conventions import convention_named
from duewell.domain.product._fees import FeeTerms, check_fees
from duewell.domain.product._terms import (
    Allocation,
    LoanTerms,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
    check_rate,
)

INSTALMENTS_MAX = 1200


@dataclass(frozen=True, slots=True)
class PenaltyRule:
    """A product's penalty: a share charged once, a yearly rate, or so many `times` the contract rate.

    `times` is what overdue money bears in all. Where contract interest runs on beside the penalty the
    penalty is only what is above it, so with 1.5 times it is half the contract rate.
    """

    base: PenaltyBase = PenaltyBase.PRINCIPAL
    grace_days: int = 0
    pct: Fraction | None = None
    rate: Fraction | None = None
    times: Fraction | None = None
    days_in_year: int = 360
    mode: PenaltyMode = PenaltyMode.EXCESS
    source: str = "contract"

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.pct, self.rate, self.times)) != 1:
            raise InvalidInput("penalty-rule-needs-one", source=self.source)
        if self.times is not None and self.times < 1:
            raise InvalidInput("penalty-below-contract", times=str(self.times))
        if self.days_in_year not in (360, 365):
            raise InvalidInput("penalty-year-unknown", given=self.days_in_year)
        self.at(Fraction(0))

    def at(self, contract_rate: Fraction) -> PenaltyTerms:
        """The penalty of a loan with this contract rate."""
        rate = self.rate
        if self.times is not None:
            above = 1 if self.mode is PenaltyMode.EXCESS else 0
            rate = contract_rate * (self.times - above)
        return PenaltyTerms(
            self.base,
            self.grace_days,
            pct=self.pct,
            rate=None if rate is None else check_rate(rate),
            days_in_year=self.days_in_year,
            mode=self.mode,
            source=self.source,
        )


@dataclass(frozen=True, slots=True)
class PlanShape:
    """What a product's plans have beside their instalments: graces, a down payment, a balloon, a suspension.

    Shares are of the principal. Interest is suspended from `suspends_from_dpd` days past due on; None for
    never.
    """

    grace_principal: int = 0
    grace_interest: int = 0
    down_payment: Fraction = Fraction(0)
    balloon: Fraction = Fraction(0)
    suspends_from_dpd: int | None = None

    def __post_init__(self) -> None:
        for name in ("down_payment", "balloon"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput("plan-share-out-of-range", field=name, given=_shown(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Product:
    """One version of a product. Both ends of a range are allowed; amounts are minor units of `currency`."""

    code: str
    version: int
    jurisdiction: str
    currency: str
    convention: str
    principal: tuple[int, int]
    rate: tuple[Fraction, Fraction]
    instalments: tuple[int, int]
    every: int = 1
    frequency: Frequency = Frequency.MONTHS
    allocation: Allocation = field(default_factory=Allocation)
    penalty: PenaltyRule | None = None
    plan: PlanShape = field(default_factory=PlanShape)
    fees: tuple[FeeTerms, ...] = ()
    caps: tuple[Cap, ...] = ()
    """What the product promises beyond the book's caps."""

    def __post_init__(self) -> None:
        convention_named(self.convention)
        check_fees(self.fees)
        check_caps(self.caps)
        for name in ("principal", "rate", "instalments"):
            low, high = getattr(self, name)
            if low > high:
                raise InvalidInput("product-range-reversed", field=name, low=str(low), high=str(high))
        if self.principal[0] <= 0:
            raise InvalidInput("principal-not-positive", amount_minor=self.principal[0])
        if not 1 <= self.instalments[0] <= self.instalments[1] <= INSTALMENTS_MAX or self.every < 1:
            raise InvalidInput("instalments-out-of-range", instalments=self.instalments[0], every=self.every)
        if max(self.plan.grace_principal, self.plan.grace_interest) >= self.instalments[0]:
            raise InvalidInput("grace-leaves-no-row", instalments=self.instalments[0])
        for rate in self.rate:
            check_rate(rate)
            if self.penalty is not None:
                self.penalty.at(rate)

    @property
    def ref(self) -> str:
        """How a version is named: code@version."""
        return f"{self.code}@{self.version}"

    def terms(self, *, principal: int, rate: Fraction, instalments: int, start: date) -> LoanTerms:
        """The terms of one loan of this product.

        Refuses   InvalidInput "outside-the-product" with the range it is outside of.
        """
        for name, given, (low, high) in (
            ("principal", principal, self.principal),
            ("rate", rate, self.rate),
            ("instalments", instalments, self.instalments),
        ):
            if not low <= given <= high:
                raise InvalidInput(
                    "outside-the-product",
                    product=self.ref,
                    field=name,
                    given=_shown(given),
                    low=_shown(low),
                    high=_shown(high),
                )
        convention = convention_named(self.convention)
        if self.plan.suspends_from_dpd is not None:
            convention = replace(convention, suspends_from_dpd=self.plan.suspends_from_dpd)
        return LoanTerms(
            principal=principal,
            start=start,
            instalments=instalments,
            rate=check_rate(rate),
            every=self.every,
            frequency=self.frequency,
            currency=self.currency,
            convention=convention,
            grace_principal=self.plan.grace_principal,
            grace_interest=self.plan.grace_interest,
            down_payment_share=self.plan.down_payment,
            balloon=round_fraction(self.plan.balloon * principal, convention.rounding),
            allocation=self.allocation,
            penalty=self.penalty.at(rate) if self.penalty is not None else None,
            fees=self.fees,
        )


def _shown(value: int | Fraction) -> str:
    return f"{Rate(value).text()} %" if isinstance(value, Fraction) else str(value)
