"""Interest of the fold's rows: exact over its slices, rounded as the convention says.

Needs    terms, the rate lines, and when principal was out.
Gives    Interest, which the fold builds on: the interest of a row to a day, and factors of instalments.
Never    asks a row for anything, or moves principal.
Source   docs/reference/conventions.md, sections progressive and cumulative.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from fractions import Fraction

from duewell.domain.calendar import DaysInMonth, DaysInYear
from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._schedule import (
    RateLine,
    Row,
    contract_rate,
    counts_steps,
    flat_interest,
    rate_slices,
    row_factor,
    slice_ratio,
    step_part,
    sum_ratios,
)
from duewell.domain.money import round_fraction, round_ratio
from duewell.domain.product import Convention, Engine, LoanTerms

_ONE_DAY = timedelta(days=1)


class Interest:
    """What principal out earns. The fold keeps these up to date; see there."""

    terms: LoanTerms
    convention: Convention
    recorder: Recorder | None
    lent: list[tuple[date, int]]
    rates: list[tuple[date, Fraction]]
    lines: list[RateLine]
    move_on: list[date]
    move_to: list[int]
    epoch: int
    is_flat: bool
    is_daily: bool
    is_even: bool

    def factor(self, row: Row) -> Fraction:
        """The factor an instalment is computed with: the row's own, or the cumulative month."""
        if self.is_even:
            top, bottom = row.day_rate if row.day_rate[1] else self._day_rate(row)
            return Fraction(top * (row.due_on - row.start).days, bottom)
        if self.convention.engine is Engine.PROGRESSIVE:
            return row_factor(self.terms, row, self.lines)
        rate = self.whole_rate(row) if self.is_flat else contract_rate(self.rates, row.start)
        return rate * self.whole_part(row)

    def whole_rate(self, row: Row) -> Fraction:
        """The one rate of a row whose interest is not cut by days.

        Flat: a change inside the row's period holds for the whole row; else the rate at its start.
        """
        last = row.due_on - _ONE_DAY if self.is_flat else row.start
        return [line.rate for line in self.lines if line.cut <= last][-1]

    def whole_part(self, row: Row) -> Fraction:
        """The part of a year such a row stands for."""
        if row.part is not None:
            return row.part
        if row.step is not None:
            return row.step
        return step_part(self.terms, self.terms.every, self.terms.frequency)

    def interest(self, row: Row, until: date, as_of: date, planned: int) -> int:
        """Interest of `row` from its start to `until`, rounded as the convention says.

        Until `as_of` on the principal really out, after it on `planned`: the balance as if all that
        fell due before the row were paid that day.
        """
        if self.is_even and self.recorder is None:
            top, bottom = row.day_rate if row.day_rate[1] else self._day_rate(row)
            units, begin = 0, row.start
            if begin < as_of:
                begin = until if until < as_of else as_of
                units = self._earned(row, begin)
            if begin < until and planned > 0:
                units += planned * (until - begin).days
            return round_ratio(units * top, bottom, self.convention.rounding)
        if self.is_flat:
            return self._flat_interest(row)
        if not self.is_daily:
            return self._planned_interest(row, planned)
        each = self.convention.engine is Engine.CUMULATIVE
        return self._sliced_interest(row, self._base_slices(row.start, until, as_of, planned), each)

    def _earned(self, row: Row, until: date) -> int:
        """Base x days of the principal really out over (row.start, until], from where the last look ended.

        Facts come by date, so nothing later reaches back before a look; what does begins a new epoch.
        """
        units, at = 0, row.start
        kept = row.earned
        if kept is not None and kept[0] == self.epoch and kept[1] <= until:
            _, at, units = kept
        on, to = self.move_on, self.move_to
        k = bisect_right(on, at)
        base, count = to[k - 1] if k else 0, len(on)
        while k < count and on[k] < until:
            if base > 0:
                units += base * (on[k] - at).days
            at, base = on[k], to[k]
            k += 1
        if base > 0:
            units += base * (until - at).days
        row.earned = (self.epoch, until, units)
        return units

    def _is_even(self) -> bool:
        """Every day of a row stands for the same interest on the same base: one rate, one length of day."""
        convention = self.convention
        return (
            self.is_daily
            and convention.engine is Engine.PROGRESSIVE
            and len(self.lines) == 1
            and (
                convention.days_in_month is DaysInMonth.THIRTY or convention.days_in_year != DaysInYear.ACTUAL
            )
        )

    def _day_rate(self, row: Row) -> tuple[int, int]:
        """What one minor unit earns on one day of the row, exact; only where days are even."""
        days = (row.due_on - row.start).days
        top, bottom = slice_ratio(self.terms, row, row.start, row.due_on) if days else (0, 1)
        rate = self.lines[0].rate
        row.day_rate = (top * rate.numerator, bottom * max(days, 1) * rate.denominator)
        return row.day_rate

    def _sliced_interest(self, row: Row, slices: list[tuple[date, date, int]], each: bool) -> int:
        pairs: list[tuple[int, int]] = []
        total = 0
        for start, end, base in slices:
            if base <= 0:
                continue
            steady = ((start, end, self.lines[0].rate),) if len(self.lines) == 1 else None
            for a, b, rate in steady or rate_slices(start, end, self.lines):
                num, den = slice_ratio(self.terms, row, a, b)
                pair = (base * rate.numerator * num, rate.denominator * den)
                if self.recorder is not None:
                    self.recorder.slice(row.nr, a, b, base, rate, num, den)
                if each:
                    total += round_ratio(*pair, self.convention.rounding)
                else:
                    pairs.append(pair)
        return total if each else round_ratio(*sum_ratios(pairs), self.convention.rounding)

    def _planned_interest(self, row: Row, planned: int) -> int:
        factor = self.whole_rate(row) * self.whole_part(row)
        if not counts_steps(self.terms):
            factor = self.whole_rate(row) * Fraction(*slice_ratio(self.terms, row, row.start, row.due_on))
        self._record_whole(row, planned, factor)
        return round_fraction(planned * factor, self.convention.rounding)

    def _flat_interest(self, row: Row) -> int:
        if not self.lent:
            return 0
        factor = self.factor(row)
        self._record_whole(row, self.terms.principal, factor)
        return flat_interest(self.terms, factor)

    def _record_whole(self, row: Row, base: int, factor: Fraction) -> None:
        """A row whose interest is one amount for its whole period, spread evenly over its days."""
        if self.recorder is None:
            return
        if self.convention.engine is Engine.PROGRESSIVE:
            for start, end, rate in rate_slices(row.start, row.due_on, self.lines):
                num, den = slice_ratio(self.terms, row, start, end)
                self.recorder.slice(row.nr, start, end, base, rate, num, den)
            return
        rate = self.whole_rate(row)
        part = factor / rate if rate else Fraction(0)
        self.recorder.slice(row.nr, row.start, row.due_on, base, rate, part.numerator, part.denominator)

    def _base_slices(
        self, start: date, until: date, as_of: date, planned: int
    ) -> list[tuple[date, date, int]]:
        slices: list[tuple[date, date, int]] = []
        real_end = until if until < as_of else as_of
        if start < real_end:
            on, to = self.move_on, self.move_to
            k = bisect_right(on, start)
            base, at = to[k - 1] if k else 0, start
            while k < len(on) and on[k] < real_end:
                if to[k] != base:  # where the base stays the same nothing ends a slice
                    slices.append((at, on[k], base))
                    at, base = on[k], to[k]
                k += 1
            slices.append((at, real_end, base))
        begin = start if start > as_of else as_of
        if begin < until:
            if slices and slices[-1][2] == planned:
                # Looking at a loan on a day is no reason to cut, and so to round, its interest there.
                begin = slices.pop()[0]
            slices.append((begin, until, planned))
        return slices
