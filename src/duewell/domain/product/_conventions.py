"""Named conventions: the ones a product may choose, each with its figures, its source and what holds it.

Needs    Convention.
Gives    NAMED, by "name/version"; convention_named.
Never    changes an entry: other figures are the next version of the name.
Source   docs/reference/conventions.md, section named conventions, which a test keeps equal to this list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from duewell.domain.calendar import DaysInMonth, DaysInYear
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rounding
from duewell.domain.product._terms import (
    Amortization,
    ChargeOffInterest,
    Convention,
    Engine,
    InterestMethod,
    Prepayment,
)

_FINERACT = "public behaviour tests of Apache Fineract"
_CN = "monthly rate = yearly rate / 12, half-up, as Chinese banks publish it; 630,000 at 4.9 % over 30 years"


@dataclass(frozen=True, slots=True)
class NamedConvention:
    """A convention with the published figures it reproduces.

    `held_by` is the id of a case in tests/conformance/cases.json, or a test as path::name.
    """

    convention: Convention
    source: str
    held_by: str

    @property
    def name(self) -> str:
        """How a product names it."""
        return f"{self.convention.name}/{self.convention.version}"


def _progressive(name: str, month: DaysInMonth, year: DaysInYear) -> Convention:
    return Convention(name, days_in_month=month, days_in_year=year, is_recalculated_daily=False)


_CUMULATIVE = Convention(
    engine=Engine.CUMULATIVE,
    is_recalculated_daily=False,
    charge_off_interest=ChargeOffInterest.SCHEDULED,
)
_WHOLE = replace(_CUMULATIVE, name="cumulative-30-360", instalment_multiple=100)
_DAILY = replace(
    _WHOLE,
    name="cumulative-act-365",
    days_in_month=DaysInMonth.ACTUAL,
    days_in_year=DaysInYear.D365,
    is_recalculated_daily=True,
)
_FLAT = replace(_CUMULATIVE, name="flat-30-360", interest_method=InterestMethod.FLAT)
_CHINA = Convention("cn-monthly", rounding=Rounding.HALF_UP, instalment_rounding=Rounding.HALF_UP)
_CN_TEST = "tests/domain/product/test_conventions.py::"

_ALL = (
    NamedConvention(
        _progressive("progressive-30-360", DaysInMonth.THIRTY, DaysInYear.D360), _FINERACT, "fin-emi-C3155"
    ),
    NamedConvention(
        _progressive("progressive-act-365", DaysInMonth.ACTUAL, DaysInYear.D365), _FINERACT, "fin-emi-C3159"
    ),
    NamedConvention(
        _progressive("progressive-act-act", DaysInMonth.ACTUAL, DaysInYear.ACTUAL), _FINERACT, "fin-emi-C3152"
    ),
    NamedConvention(_WHOLE, _FINERACT, "fin-rs02"),
    NamedConvention(
        replace(_WHOLE, name="cumulative-30-360-equal-principal", amortization=Amortization.EQUAL_PRINCIPAL),
        _FINERACT,
        "fin-rs04",
    ),
    NamedConvention(_DAILY, _FINERACT, "fin-rp02"),
    NamedConvention(
        replace(_DAILY, name="cumulative-act-365-fewer", prepayment=Prepayment.REDUCE_NUMBER),
        _FINERACT,
        "fin-rp11",
    ),
    NamedConvention(
        replace(_DAILY, name="cumulative-act-365-skip", prepayment=Prepayment.SKIP_NEXT),
        _FINERACT,
        "fin-rp13",
    ),
    NamedConvention(_FLAT, _FINERACT, "fin-fee04"),
    NamedConvention(replace(_FLAT, name="flat-30-360-whole", instalment_multiple=100), _FINERACT, "fin-rs01"),
    NamedConvention(_CHINA, _CN, _CN_TEST + "test_the_published_chinese_loan_has_its_equal_instalment"),
    NamedConvention(
        replace(_CHINA, name="cn-monthly-equal-principal", amortization=Amortization.EQUAL_PRINCIPAL),
        _CN,
        _CN_TEST + "test_the_published_chinese_loan_has_its_equal_principal",
    ),
)

NAMED: dict[str, NamedConvention] = {each.name: each for each in _ALL}


def convention_named(name: str) -> Convention:
    """The convention a product names. Refuses InvalidInput "convention-unknown" with the names there are."""
    found = NAMED.get(name)
    if found is None:
        raise InvalidInput("convention-unknown", given=name[:60], known=", ".join(NAMED))
    return found.convention
