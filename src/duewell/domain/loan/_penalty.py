"""Penalty for lateness: once per instalment, or by the day.

Needs    the rows with what they ask and got, the product's penalty terms, the as-of date.
Gives    each row's penalty part, with the contract interest that runs on beside it after the plan's end.
Never    charges a penalty on a penalty or a fee, or a day twice.
Source   docs/reference/conventions.md, section penalty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._schedule import RateLine, Row, rate_slices
from duewell.domain.money import Rounding, round_fraction, round_ratio
from duewell.domain.product import Part, PenaltyBase, PenaltyMode, PenaltyTerms


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


class AfterMaturity(NamedTuple):
    """Contract interest beside a daily penalty once the plan has no row left that could bear it.

    From the last due date on principal past due bears the contract rate with its penalty, so that both
    together are what was agreed for overdue money. Days count as the penalty's do.
    """

    matures_on: date
    lines: Sequence[RateLine]

    def slices(self, since: date, until: date) -> list[tuple[date, date, Fraction]]:
        """The days of (since, until] after the plan's end, cut where the contract rate changes."""
        start = max(since, self.matures_on)
        return rate_slices(start, until, self.lines) if start < until else []

    def exact(self, base: int, since: date, until: date) -> Fraction:
        """Base x contract rate x days, exact."""
        return sum((base * (b - a).days * rate for a, b, rate in self.slices(since, until)), Fraction(0))

    def rate_on(self, day: date) -> Fraction:
        """The contract rate of the slice that begins on `day`; nothing while a row bears interest."""
        if day < self.matures_on:
            return Fraction(0)
        return [line.rate for line in self.lines if line.cut <= day][-1]


def after_maturity(
    penalty: PenaltyTerms | None, matures_on: date, lines: Sequence[RateLine]
) -> AfterMaturity | None:
    """The contract interest that runs on with the penalty; None where none does."""
    if penalty is None or penalty.rate is None or penalty.mode is not PenaltyMode.EXCESS:
        return None
    return AfterMaturity(matures_on, lines)


def charge_penalties(
    clock: PenaltyClock,
    rounding: Rounding,
    rows: Sequence[Row],
    as_of: date,
    tracer: Recorder | None = None,
    after: AfterMaturity | None = None,
) -> None:
    """Bring the penalty of every row to `as_of`. Calling it twice for one date changes nothing."""
    for row in rows:
        if row.due_on >= as_of:
            break
        before = row.penalty_charged
        if clock.terms.pct is not None:
            _charge_once(clock.terms, clock.terms.pct, rounding, row, as_of, tracer)
        else:
            _accrue(clock, rounding, row, as_of, tracer, after)
        row.due[Part.PENALTY] += row.penalty_charged - before


def unpaid_principal(row: Row) -> int:
    """What of a row's principal is unpaid: the base of contract interest after the plan's end."""
    return max(row.due[Part.PRINCIPAL] - row.paid[Part.PRINCIPAL], 0)


def penalty_base(penalty: PenaltyTerms, row: Row) -> int:
    """The unpaid amount of a row that the penalty is charged on."""
    base = row.due[Part.PRINCIPAL] - row.paid[Part.PRINCIPAL]
    if penalty.base is PenaltyBase.PRINCIPAL_AND_INTEREST:
        base += row.due[Part.INTEREST] - row.paid[Part.INTEREST]
    return max(base, 0)


def penalty_since(penalty: PenaltyTerms, row: Row, on: date, charged_to: date | None) -> date | None:
    """The day from which a row's daily penalty still has to be charged on a day; None within the grace.

    A row still unpaid after its grace is charged from its due date: grace delays, it does not forgive. What
    was charged before its due date moved stays charged, and no day is charged twice.
    """
    if on <= row.due_on + timedelta(days=penalty.grace_days):
        return None
    return row.late_from if charged_to is None or charged_to < row.late_from else charged_to


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


def _accrue(
    clock: PenaltyClock,
    rounding: Rounding,
    row: Row,
    as_of: date,
    tracer: Recorder | None,
    after: AfterMaturity | None,
) -> None:
    """Add base x rate x days since the last look; the base only changes where a fact is folded."""
    since = penalty_since(clock.terms, row, as_of, row.penalty_to)
    if since is None:
        return
    base = penalty_base(clock.terms, row)
    units = clock.units(base, since, as_of)
    if tracer is not None and units:
        for start, end, rate in rate_slices(since, as_of, clock.lines):
            tracer.penalty_slice(row.nr, start, end, base, rate, clock.terms.days_in_year)
    row.penalty_to = as_of
    principal = unpaid_principal(row) if after is not None else 0
    if units or principal:
        row.penalty_num += units
        if after is not None and principal:
            row.after_num += after.exact(principal, since, as_of)
            row.after_charged = round_fraction(row.after_num / clock.terms.days_in_year, rounding)
            if tracer is not None:
                for start, end, rate in after.slices(since, as_of):
                    tracer.after_slice(row.nr, start, end, principal, rate, clock.terms.days_in_year)
        own = round_ratio(row.penalty_num, clock.scale * clock.terms.days_in_year, rounding)
        row.penalty_charged = own + row.after_charged
