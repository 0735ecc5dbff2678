"""Rounding: an exact ratio to a whole number of units, by a named rule.

Needs    a numerator and a denominator, or a Fraction; the rule; optionally a multiple.
Gives    an int that is a multiple of `multiple`.
Never    goes through a float or a Decimal context, whose precision could round twice.
Source   IEEE 754 names for ties; "up" and "down" speak of distance from zero.
"""

from enum import StrEnum
from fractions import Fraction

__all__ = ["Rounding", "round_fraction", "round_ratio"]


class Rounding(StrEnum):
    """How an exact amount becomes a whole one."""

    HALF_EVEN = "half-even"
    HALF_UP = "half-up"
    """A tie goes away from zero, so a refund rounds as the charge did."""
    UP = "up"
    """Away from zero."""
    DOWN = "down"
    """Towards zero."""


# Looking a member up through its class costs about as much as the division, so each is read once.
_HALF_EVEN, _HALF_UP, _UP = Rounding.HALF_EVEN, Rounding.HALF_UP, Rounding.UP


def round_ratio(numerator: int, denominator: int, rounding: Rounding, multiple: int = 1) -> int:
    """Round numerator/denominator to a multiple of `multiple` units.

    Shapes    the denominator is not zero, the multiple is positive: both are ours to guarantee.
    Returns   the rounded count of units, not of multiples: 1234 to a multiple of 100 is 1200.

    >>> [round_ratio(5, 2, rule) for rule in Rounding]
    [2, 3, 3, 2]
    >>> round_ratio(-1250, 1, Rounding.HALF_UP, 100)
    -1300
    """
    assert denominator != 0, "a ratio has a denominator"
    assert multiple > 0, "a multiple is positive"
    step = denominator * multiple
    if step < 0:
        numerator, step = -numerator, -step
    # Rounding is symmetric about zero, so the distance is rounded and the sign put back.
    whole, rest = divmod(numerator if numerator >= 0 else -numerator, step)
    if rest and _rounds_away(whole, 2 * rest - step, rounding):
        whole += 1
    return whole * multiple if numerator >= 0 else -whole * multiple


def _rounds_away(whole: int, beyond_half: int, rounding: Rounding) -> bool:
    """Whether a distance of `whole` and a part goes on to the next; beyond_half is zero on a tie."""
    if rounding is _HALF_EVEN:
        return beyond_half > 0 or (beyond_half == 0 and whole & 1 == 1)
    if rounding is _HALF_UP:
        return beyond_half >= 0
    return rounding is _UP


def round_fraction(value: Fraction, rounding: Rounding, multiple: int = 1) -> int:
    """Round an exact fraction to a multiple of `multiple` units.

    >>> round_fraction(Fraction(-7, 2), Rounding.DOWN)
    -3
    """
    return round_ratio(value.numerator, value.denominator, rounding, multiple)
