"""The annual percentage rate of Regulation Z: the actuarial method of its Appendix J.

Needs    the advance and the payments, by unit periods or by dates.
Gives    apr_reg_z, and the unit periods of dated payments.
Never    compounds inside an odd first period: its days bear simple interest, as the rule says.
Source   12 CFR 1026, Appendix J (b) and (c).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from duewell.domain.calendar import Frequency, step_date
from duewell.domain.cost._rates import fraction_of, nearest_root
from duewell.domain.errors import InvalidInput

_PRECISION = 50
_UNIT_DAYS = {Frequency.MONTHS: 30, Frequency.WEEKS: 7, Frequency.DAYS: 1}


@dataclass(frozen=True, slots=True)
class UnitPayment:
    """A payment `whole` unit periods and the `odd` part of one after the advance."""

    whole: int
    odd: Fraction
    amount: int | Fraction


def apr_reg_z(
    advance: int | Fraction, payments: Sequence[UnitPayment], units_a_year: Fraction | int
) -> Fraction:
    """The yearly rate: unit periods a year x i, where advance = sum of A / ((1 + f i) (1 + i) ^ t).

    Refuses   InvalidInput "cost-no-rate" when no rate settles it.
    """
    with localcontext() as context:
        context.prec = _PRECISION
        terms = [(p.whole, _decimal(p.odd), _decimal(Fraction(p.amount))) for p in payments]
        lent = _decimal(Fraction(advance))

        def value(log: Decimal) -> Decimal:
            i = log.exp() - 1
            worth = sum((a / ((1 + f * i) * (t * log).exp()) for t, f, a in terms), Decimal(0))
            return worth - lent

        is_single = lent > 0 and all(amount >= 0 for _, _, amount in terms)
        found = nearest_root(value, is_single=is_single)
        if found is None:
            raise InvalidInput("cost-no-rate", flows=len(payments) + 1)
        return fraction_of((found.exp() - 1) * _decimal(Fraction(units_a_year)))


def unit_payments(
    advance_on: date, payments: Sequence[tuple[date, int | Fraction]], every: int, frequency: Frequency
) -> tuple[list[UnitPayment], Fraction]:
    """Dated payments as whole and odd unit periods counted back from each, and unit periods a year.

    The unit period is the step of the plan; a single payment's is its whole term, at most a year.
    Days left over are a share of 30 days a month, 7 a week, or the days of the step.
    """
    if len(payments) == 1:
        days = (payments[0][0] - advance_on).days
        return [UnitPayment(1, Fraction(0), payments[0][1])], Fraction(365, max(days, 1))
    year = {Frequency.MONTHS: 12, Frequency.WEEKS: 52, Frequency.DAYS: 365}[frequency]
    found = []
    for on, amount in payments:
        whole = _whole_steps(advance_on, on, every, frequency)
        left = (step_date(on, -whole, every, frequency) - advance_on).days
        found.append(UnitPayment(whole, Fraction(left, _UNIT_DAYS[frequency] * every), amount))
    return found, Fraction(year, every)


def _whole_steps(advance_on: date, on: date, every: int, frequency: Frequency) -> int:
    """How many whole steps back from a payment do not pass the advance."""
    unit = {Frequency.MONTHS: 28, Frequency.WEEKS: 7, Frequency.DAYS: 1}[frequency] * every
    whole = max((on - advance_on).days, 0) // unit
    while whole and step_date(on, -whole, every, frequency) < advance_on:
        whole -= 1
    return whole


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
