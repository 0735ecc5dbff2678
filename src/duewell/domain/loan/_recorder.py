"""The optional recorder: with it every computed amount has its trace, without it none is built.

Needs    the fold calling it: slices of interest at the last look, the rest as it happens.
Gives    slices (from, to, base, rate, part of a year), penalties charged once, instalments set.
Never    changes an amount.
Source   docs/decisions/0001.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from duewell.domain.facts import Fact
from duewell.domain.product import FeeTerms
from duewell.domain.proof import TraceLevel, TraceSlice


@dataclass(frozen=True, slots=True)
class TraceOnce:
    """A penalty charged once: a share of what a row left unpaid."""

    row_nr: int
    base: int
    pct: Fraction


@dataclass(frozen=True, slots=True)
class TraceFee:
    """A scheduled fee of a row, with what its share was taken of."""

    row_nr: int
    fee: FeeTerms
    base: int
    amount: int


@dataclass(frozen=True, slots=True)
class TraceShare:
    """What one fact gave one part of a row: `what` is paid, waived, charged, or taken over."""

    what: str
    fact: Fact
    row_nr: int
    part: int
    amount: int


class Recorder:
    """Collects what a fold tells. Penalties and instalments are told from its first fact on."""

    def __init__(self) -> None:
        self.slices: list[TraceSlice] = []
        self.penalties: list[TraceSlice] = []
        self.after: list[TraceSlice] = []
        self.once: list[TraceOnce] = []
        self.levels: list[TraceLevel] = []
        self.shares: list[TraceShare] = []
        self.fees: dict[tuple[int, str], TraceFee] = {}

    def slice(
        self, row_nr: int, start: date, end: date, base: int, rate: Fraction, num: int, den: int
    ) -> None:
        """Keep one slice of interest."""
        self.slices.append(TraceSlice(row_nr, start, end, base, rate, num, den))

    def penalty_slice(
        self, row_nr: int, start: date, end: date, base: int, rate: Fraction, days_in_year: int
    ) -> None:
        """Keep one slice of a daily penalty."""
        _extend(self.penalties, row_nr, start, end, base, rate, days_in_year)

    def after_slice(
        self, row_nr: int, start: date, end: date, base: int, rate: Fraction, days_in_year: int
    ) -> None:
        """Keep one slice of contract interest that runs on after the plan's end."""
        _extend(self.after, row_nr, start, end, base, rate, days_in_year)

    def penalty_once(self, row_nr: int, base: int, pct: Fraction) -> None:
        """Keep a penalty charged once."""
        self.once.append(TraceOnce(row_nr, base, pct))

    def scheduled_fee(self, asked: TraceFee) -> None:
        """Keep a scheduled fee as it was last asked."""
        self.fees[(asked.row_nr, asked.fee.code)] = asked

    def level(self, set_: TraceLevel) -> None:
        """Keep an instalment set anew."""
        self.levels.append(set_)

    def share(self, what: str, fact: Fact, row_nr: int, part: int, amount: int) -> None:
        """Keep what a fact gave a part of a row."""
        self.shares.append(TraceShare(what, fact, row_nr, part, amount))

    def of_row(self, row_nr: int) -> tuple[TraceSlice, ...]:
        """The slices that make a row's interest."""
        return tuple(s for s in self.slices if s.row_nr == row_nr)


def _extend(
    told: list[TraceSlice],
    row_nr: int,
    start: date,
    end: date,
    base: int,
    rate: Fraction,
    days_in_year: int,
) -> None:
    """Add a slice by the day; it goes on from the last where nothing changed."""
    last = told[-1] if told else None
    days = (end - start).days
    if last is not None and (last.row_nr, last.end, last.base, last.rate) == (row_nr, start, base, rate):
        told.pop()
        start, days = last.start, days + last.num
    told.append(TraceSlice(row_nr, start, end, base, rate, days, days_in_year))
