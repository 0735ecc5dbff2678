"""Penalty for lateness: once per instalment, or by the day.

Needs    the rows with what they ask and got, the product's penalty terms, the as-of date.
Gives    each row's penalty part.
Never    charges a penalty on a penalty or a fee, or contract interest and penalty on the same money.
Source   docs/reference/conventions.md, section penalty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from math import lcm

from duewell.domain.loan._schedule import RateLine, Row, rate_slices
from duewell.domain.money import round_fraction, round_ratio
from duewell.domain.product import LoanTerms, Part, PenaltyBase, PenaltyTerms


def charge_penalties(terms: LoanTerms, rows: Sequence[Row], as_of: date) -> None:
    """Bring the penalty of every row to `as_of`. Calling it twice for one date changes nothing."""
    penalty = terms.penalty
    if penalty is None:
        return
    for row in rows:
        if row.due_on >= as_of:
            break
        before = row.penalty_charged
        if penalty.pct is not None:
            _charge_once(terms, penalty, row, as_of)
        else:
            _accrue(terms, penalty, row, as_of)
        row.due[Part.PENALTY] += row.penalty_charged - before


def penalty_base(penalty: PenaltyTerms, row: Row) -> int:
    """The unpaid amount of a row that the penalty is charged on."""
    base = row.due[Part.PRINCIPAL] - row.paid[Part.PRINCIPAL]
    if penalty.base is PenaltyBase.PRINCIPAL_AND_INTEREST:
        base += row.due[Part.INTEREST] - row.paid[Part.INTEREST]
    return max(base, 0)


@lru_cache(maxsize=512)
def penalty_lines(penalty: PenaltyTerms) -> tuple[RateLine, ...]:
    """The yearly penalty rate over time: what was agreed, or the cap where that is lower.

    The slice (D-1, D] belongs to day D, so a cap from day D cuts at D-1.
    """
    assert penalty.rate is not None
    lines = [RateLine(date.min, penalty.rate)]
    for cap in penalty.caps:
        rate = min(penalty.rate, cap.rate)
        if rate != lines[-1].rate:
            lines.append(RateLine(cap.from_on - timedelta(days=1), rate))
    return tuple(lines)


@lru_cache(maxsize=512)
def penalty_scale(penalty: PenaltyTerms) -> int:
    """The denominator that every rate of the penalty shares; a row's `penalty_num` counts in it."""
    return lcm(*(line.rate.denominator for line in penalty_lines(penalty)))


def penalty_units(penalty: PenaltyTerms, base: int, start: date, end: date) -> int:
    """Base x rate x days over (start, end], as a whole number over `penalty_scale`."""
    scale, units = penalty_scale(penalty), 0
    for a, b, rate in rate_slices(start, end, penalty_lines(penalty)):
        units += base * (b - a).days * rate.numerator * (scale // rate.denominator)
    return units


def penalty_rate_on(penalty: PenaltyTerms, day: date) -> Fraction:
    """The yearly rate of the slice that begins on `day`."""
    return [line.rate for line in penalty_lines(penalty) if line.cut <= day][-1]


def _charge_once(terms: LoanTerms, penalty: PenaltyTerms, row: Row, as_of: date) -> None:
    if row.penalty_to is not None or as_of <= row.due_on + timedelta(days=penalty.grace_days):
        return
    assert penalty.pct is not None
    row.penalty_to = row.due_on
    row.penalty_charged = round_fraction(penalty.pct * penalty_base(penalty, row), terms.convention.rounding)


def _accrue(terms: LoanTerms, penalty: PenaltyTerms, row: Row, as_of: date) -> None:
    """Add base x rate x days since the last look; the base only changes where a fact is folded."""
    if row.penalty_to is None:
        if as_of <= row.due_on + timedelta(days=penalty.grace_days):
            return
        # A row still unpaid after its grace is charged from its due date: grace delays, it does not forgive.
        row.penalty_to = row.due_on
    row.penalty_num += penalty_units(penalty, penalty_base(penalty, row), row.penalty_to, as_of)
    row.penalty_to = as_of
    row.penalty_charged = round_ratio(
        row.penalty_num, penalty_scale(penalty) * penalty.days_in_year, terms.convention.rounding
    )
