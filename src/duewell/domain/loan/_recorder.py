"""The optional recorder: with it every amount of interest has its trace, without it none is built.

Needs    the fold calling it slice by slice.
Gives    Trace lines: from, to, base, rate, part of a year, exact fraction.
Never    changes an amount.
Source   docs/decisions/0001.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class TraceSlice:
    """One slice of interest: base x rate x num/den of a year, exact, before the row's one rounding."""

    row_nr: int
    start: date
    end: date
    base: int
    rate: Fraction
    num: int
    den: int

    @property
    def part_of_year(self) -> Fraction:
        """The part of a year the slice is charged for."""
        return Fraction(self.num, self.den)

    @property
    def exact(self) -> Fraction:
        """The interest of the slice in minor units, unrounded."""
        return self.base * self.rate * self.part_of_year


class Recorder:
    """Collects the slices of the final look at a loan."""

    def __init__(self) -> None:
        self.slices: list[TraceSlice] = []

    def slice(
        self, row_nr: int, start: date, end: date, base: int, rate: Fraction, num: int, den: int
    ) -> None:
        """Keep one slice."""
        self.slices.append(TraceSlice(row_nr, start, end, base, rate, num, den))

    def of_row(self, row_nr: int) -> tuple[TraceSlice, ...]:
        """The slices that make a row's interest."""
        return tuple(s for s in self.slices if s.row_nr == row_nr)
