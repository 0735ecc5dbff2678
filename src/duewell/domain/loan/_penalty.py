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
from math import lcm

from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._schedule import RateLine, Row, rate_slices
from duewell.domain.money import Rounding, round_fraction, round_ratio
from duewell.domain.product import Part, PenaltyBase, PenaltyTerms


class PenaltyClock:
    """A penalty's terms with its yearly rate over time, as one fold or look needs them.

    `lines` are what was agreed, or the cap where that is lower; `scale` is the denominator that all
    their rates share, in which a row's `penalty_num` counts. The slice (D-1, D] belongs to day D, so a
    cap from day D cuts at D-1.
    """

    __slots__ = ("lines", "scale", "terms")

    def __init__(self, terms: PenaltyTerms) -> None:
        self.terms = terms
        self.lines: list[RateLine] = []
        if terms.rate is not None:
            self.lines.append(RateLine(date.min, terms.rate))
            for cap in terms.caps:
                rate = min(terms.rate, cap.rate)
                if rate != self.lines[-1].rate:
                    self.lines.append(RateLine(cap.from_on - timedelta(days=1), rate))
        self.scale = lcm(*(line.rate.denominator for line in self.lines))

    def units(self, base: int, start: date, end: date) -> int:
        """Base x rate x days over (start, end], as a whole number over `scale`."""
        if not base or start >= end:
            return 0
        if len(self.lines) == 1:
            return base * (end - start).days * self.lines[0].rate.numerator
        units = 0
        for a, b, rate in rate_slices(start, end, self.lines):
            units += base * (b - a).days * rate.numerator * (self.scale // rate.denominator)
        return units

    def rate_on(self, day: date) -> Fraction:
        """The yearly rate of the slice that begins on `day`."""
        return [line.rate for line in self.lines if line.cut <= day][-1]


def charge_penalties(
    clock: PenaltyClock,
    rounding: Rounding,
    rows: Sequence[Row],
    as_of: date,
    tracer: Recorder | None = None,
) -> None:
    """Bring the penalty of every row to `as_of`. Calling it twice for one date changes nothing."""
    for row in rows:
        if row.due_on >= as_of:
            break
        before = row.penalty_charged
        if clock.terms.pct is not None:
            _charge_once(clock.terms, clock.terms.pct, rounding, row, as_of, tracer)
        else:
            _accrue(clock, rounding, row, as_of, tracer)
        row.due[Part.PENALTY] += row.penalty_charged - before


def penalty_base(penalty: PenaltyTerms, row: Row) -> int:
    """The unpaid amount of a row that the penalty is charged on."""
    base = row.due[Part.PRINCIPAL] - row.paid[Part.PRINCIPAL]
    if penalty.base is PenaltyBase.PRINCIPAL_AND_INTEREST:
        base += row.due[Part.INTEREST] - row.paid[Part.INTEREST]
    return max(base, 0)


def _charge_once(
    penalty: PenaltyTerms, pct: Fraction, rounding: Rounding, row: Row, as_of: date, tracer: Recorder | None
) -> None:
    if row.penalty_to is not None or as_of <= row.due_on + timedelta(days=penalty.grace_days):
        return
    row.penalty_to = row.due_on
    base = penalty_base(penalty, row)
    row.penalty_charged = round_fraction(pct * base, rounding)
    if tracer is not None:
        tracer.penalty_once(row.nr, base, pct)


def _accrue(clock: PenaltyClock, rounding: Rounding, row: Row, as_of: date, tracer: Recorder | None) -> None:
    """Add base x rate x days since the last look; the base only changes where a fact is folded."""
    if as_of <= row.due_on + timedelta(days=clock.terms.grace_days):
        return
    if row.penalty_to is None:
        # A row still unpaid after its grace is charged from its due date: grace delays, it does not forgive.
        row.penalty_to = row.late_from
    base = penalty_base(clock.terms, row)
    units = clock.units(base, row.penalty_to, as_of)
    if tracer is not None and units:
        for start, end, rate in rate_slices(row.penalty_to, as_of, clock.lines):
            tracer.penalty_slice(row.nr, start, end, base, rate, clock.terms.days_in_year)
    row.penalty_to = as_of
    if units:
        row.penalty_num += units
        row.penalty_charged = round_ratio(row.penalty_num, clock.scale * clock.terms.days_in_year, rounding)
