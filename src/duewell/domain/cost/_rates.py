"""Rates of return: the rate at which what is paid is worth what was received.

Needs    amounts by period or by date.
Gives    rates as exact fractions of 30 decimals, nearest zero where there are several.
Never    uses a float; guards every search with a bound.
Source   docs/reference/cost.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from math import lcm

from duewell.domain.errors import InvalidInput

DECIMALS = 30
_PRECISION = 60
_STEP = Decimal("0.005")
"""How finely the search walks ln(1 + rate) near zero; two roots closer than this count as none."""
_FINE_STEPS = 400
_GROWTH = Decimal("1.05")
_LOG_MAX = 60
_TRIES_MAX = 300
_NEAR = Decimal("1e-45")
_COARSE = 18
_COARSELY = Decimal("1e-12")
_REFINED_MAX = 12

Value = Callable[[Decimal], Decimal]


def irr(flows: Sequence[int | Fraction]) -> Fraction:
    """The rate a period at which the flows, one a period from period 0 on, are worth nothing together.

    Refuses   InvalidInput "cost-no-rate" when the flows never change sign or no rate settles them.

    >>> round(irr([-100, 39, 59, 55, 20]), 5)
    Fraction(5619, 20000)
    """
    _check_signs([Fraction(amount) for amount in flows])
    with localcontext() as context:
        context.prec = _PRECISION
        backwards = [_decimal(Fraction(amount)) for amount in reversed(flows)]

        def value(log: Decimal) -> Decimal:
            discount, worth = (-log).exp(), Decimal(0)
            for amount in backwards:
                worth = worth * discount + amount
            return worth

        return _rate_at(nearest_root(value, is_single=_turns_once(backwards)), len(flows))


def xirr(flows: Sequence[tuple[date, int | Fraction]]) -> Fraction:
    """The yearly rate, compounded yearly, that settles dated flows; a year is 365 days."""
    first = min((on for on, _ in flows), default=date.min)
    return _settling([(Fraction((on - first).days, 365), Fraction(amount)) for on, amount in flows])


def aprc(flows: Sequence[tuple[Fraction, int | Fraction]]) -> Fraction:
    """The yearly rate X of the EU's formula: flows by the year, worth amount x (1 + X) ^ -years."""
    return _settling([(years, Fraction(amount)) for years, amount in flows])


def annual_effective(rate: Fraction, periods: int) -> Fraction:
    """What a rate a period comes to over a year when it compounds: (1 + rate) ^ periods - 1."""
    return (1 + rate) ** periods - 1


def _settling(flows: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """The rate nearest zero at which the flows' values add up to nothing."""
    _check_signs([amount for _, amount in flows])
    with localcontext() as context:
        context.prec = _PRECISION
        # By whole steps of the shortest common unit, so that one exponential and small powers are enough.
        unit = lcm(*(when.denominator for when, _ in flows))
        ordered = sorted((int(when * unit), amount) for when, amount in flows if amount)
        last, later = ordered[-1][0], [_decimal(amount) for _, amount in reversed(ordered)]
        steps = [whole for whole, _ in reversed(ordered)]
        gaps = [a - b for a, b in zip([last, *steps], steps, strict=False)]
        first = steps[-1]

        def value(log: Decimal) -> Decimal:
            discount, worth = (-log / unit).exp(), Decimal(0)
            for gap, amount in zip(gaps, later, strict=True):
                worth = worth * discount**gap + amount
            return worth * discount**first

        return _rate_at(nearest_root(value, is_single=_turns_once(later)), len(flows))


def _turns_once(amounts: Sequence[Decimal]) -> bool:
    """Whether amounts in order change sign once: then one rate alone settles them (Descartes' rule)."""
    signs = [amount > 0 for amount in amounts if amount]
    return sum(a != b for a, b in pairwise(signs)) == 1


def _check_signs(amounts: Sequence[Fraction]) -> None:
    if not any(a > 0 for a in amounts) or not any(a < 0 for a in amounts):
        raise InvalidInput("cost-no-rate", flows=len(amounts))


def _rate_at(log: Decimal | None, flows: int) -> Fraction:
    """The rate at ln(1 + rate); refused where there is none."""
    if log is None:
        raise InvalidInput("cost-no-rate", flows=flows)
    return fraction_of(log.exp() - 1)


def nearest_root(value: Value, *, is_single: bool = False) -> Decimal | None:
    """The root of a function nearest zero; None if there is none.

    Found with few digits by walking outward and narrowing, then with all of them from there on. Where
    there is only one root the steps of the walk double.
    """
    with localcontext() as context:
        context.prec = _COARSE
        if value(Decimal(0)) == 0:
            return Decimal(0)
        found = _walk(value, is_single=is_single)
        if found is None:
            return None
        near = _narrowed(value, *found, _COARSELY)
    return _refined(value, near, found)


Bracket = tuple[Decimal, Decimal, Decimal, Decimal]
"""Two points between which a function changes sign, and what it is there: low, at low, high, at high."""


def _walk(value: Value, *, is_single: bool) -> Bracket | None:
    edges = {1: (Decimal(0), value(Decimal(0))), -1: (Decimal(0), value(Decimal(0)))}
    far, step, steps = Decimal(0), _STEP, 0
    while far < _LOG_MAX:
        steps += 1
        if is_single:
            step = step * 2
        elif steps > _FINE_STEPS:
            step = step * _GROWTH
        far += step
        for sign in (1, -1):
            at = sign * far
            last, before = edges[sign]
            now = value(at)
            if (now > 0) != (before > 0) or now == 0:
                return last, before, at, now
            edges[sign] = (at, now)
    return None


def _narrowed(
    value: Value, low: Decimal, at_low: Decimal, high: Decimal, at_high: Decimal, near: Decimal
) -> Decimal:
    """The root between two points of opposite sign, by false position that halves an end that stays."""
    if at_high == 0:
        return high
    last = low
    for _ in range(_TRIES_MAX):
        at = (low * at_high - high * at_low) / (at_high - at_low)
        now = value(at)
        if now == 0 or abs(at - last) < near:
            return at
        last = at
        if (now > 0) == (at_high > 0):
            high, at_high, at_low = at, now, at_low / 2
        else:
            low, at_low, at_high = at, now, at_high / 2
    return last


def _refined(value: Value, near: Decimal, found: Bracket) -> Decimal:
    """The root with all digits, by secants from a point near it; narrowed anew where they do not settle."""
    before, at = near + _COARSELY, near
    at_before, now = value(before), value(at)
    for _ in range(_REFINED_MAX):
        if now == 0 or now == at_before:
            return at
        step = now * (at - before) / (now - at_before)
        before, at_before = at, now
        at -= step
        if abs(step) < _NEAR:
            return at
        now = value(at)
    low, _, high, _ = found
    return _narrowed(value, low, value(low), high, value(high), _NEAR)


def fraction_of(value: Decimal) -> Fraction:
    """A decimal cut to 30 places, half-even, as a fraction."""
    return Fraction(value.quantize(Decimal(1).scaleb(-DECIMALS)))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
