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
from duewell.domain.money import Money, Rate, Rounding, currency, round_fraction
from duewell.domain.product._caps import Cap, check_caps
from duewell.domain.product._conventions import convention_named
from duewell.domain.product._fees import FeeTerms, FeeWhen, check_fees
from duewell.domain.product._terms import (
    Allocation,
    LoanTerms,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
    check_rate,
    check_steps,
)
from duewell.domain.texts import Message

YEARS_MAX = 100
"""The longest course of a plan: 1,200 months."""
_DAYS = {Frequency.MONTHS: Fraction(1461, 48), Frequency.WEEKS: Fraction(7), Frequency.DAYS: Fraction(1)}


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
            share = getattr(self, name)
            if not 0 <= share < 1:
                raise InvalidInput("plan-share-out-of-range", field=name, given=_percent(share))


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
                raise InvalidInput(
                    "product-range-reversed",
                    field=name,
                    low=self._shown(name, low),
                    high=self._shown(name, high),
                )
        if self.principal[0] <= 0:
            given = self.principal[0]
            raise InvalidInput("principal-not-positive", amount_minor=given, currency=self.currency)
        for count in self.instalments:
            check_steps(count, self.every)
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

    def _shown(self, name: str, value: int | Fraction) -> str:
        """A value of a range as people write it: an amount, a rate, or a number."""
        if isinstance(value, Fraction):
            return _percent(value)
        if name == "principal":
            return f"{self.currency} {Money(value, currency(self.currency)).text()}"
        return str(value)

    def check_workable(self) -> None:
        """Refuse a product that no loan could be lent by, for a reason that stands in it alone.

        Refuses   a plan of more than 100 years; a down payment and a balloon that share all out; fees kept
                  from the proceeds that leave nothing of the least or of the most that is lent.
        """
        most = self.instalments[1]
        if most * self.every * _DAYS[self.frequency] > YEARS_MAX * Fraction(1461, 4):
            unit = Message("unit-" + self.frequency.value.lower())
            raise InvalidInput(
                "plan-too-long", instalments=most, every=self.every, unit=unit, years_max=YEARS_MAX
            )
        both = self.plan.down_payment + self.plan.balloon
        if both >= 1:
            field = "down_payment and balloon"
            raise InvalidInput("plan-share-out-of-range", field=field, given=_percent(both))
        for principal in self.principal:
            kept = sum(_kept(fee, principal) for fee in self.fees)
            if kept >= principal:
                raise InvalidInput(
                    "fees-above-principal", kept_minor=kept, amount_minor=principal, currency=self.currency
                )

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
                    given=self._shown(name, given),
                    low=self._shown(name, low),
                    high=self._shown(name, high),
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


def _percent(share: Fraction) -> str:
    return f"{Rate(share).text()} %"


def _kept(fee: FeeTerms, principal: int) -> int:
    """What of a loan's proceeds a fee keeps."""
    if fee.when is not FeeWhen.KEPT:
        return 0
    return fee.amount or 0 if fee.pct is None else round_fraction(fee.pct * principal, Rounding.HALF_EVEN)
