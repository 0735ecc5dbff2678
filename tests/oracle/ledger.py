"""What the oracle remembers between two facts: what was booked, and what changes of the plan left where.

Needs    world.
Gives    Ledger, and the same as it stood before a change of the plan.
Never    holds a figure that can be computed anew from what it holds.
Source   docs/reference/conventions.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from tests.oracle.world import PRINCIPAL, Booking, Deal, Line, Settled


@dataclass(frozen=True)
class Beside:
    """Principal a row asks beside its instalment, until an extension takes it into the instalment.

    `at` and `ends` count acts: how many were met when this came, and when it ended.
    """

    at: int
    on: date
    nr: int
    amount: int
    is_lent: bool = False
    ends: int | None = None


@dataclass(frozen=True)
class Share:
    """So much of a penalty, fee or interest that was charged to another row is asked by this one."""

    at: int
    nr: int
    part: str
    amount: int


@dataclass(frozen=True)
class Met:
    """A row that asks no more from a re-amortisation on, and what it left to the rows after it."""

    at: int
    nr: int
    due: dict[str, int]
    carry_out: int
    skip_out: int
    deferred_out: int


@dataclass(frozen=True)
class Apart:
    """Principal past due bore the penalty in place of interest over these nights, until the plan changed."""

    at: int
    on: date
    nr: int
    since: date
    until: date
    amount: int


@dataclass(frozen=True)
class Charged:
    """The exact penalty a row had come to when the plan changed, and the day it counts on from."""

    at: int
    nr: int
    exact: Fraction
    to: date
    is_charged: bool


@dataclass
class Ledger:
    """All that happened to a loan so far: what was booked, and which rows were settled early."""

    booked: list[Booking] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    relent: list[tuple[date, int, int]] = field(default_factory=list)
    """Money lent again: its day, its amount, and the row that asks for it."""
    replanned: list[tuple[int, int, int]] = field(default_factory=list)
    """Plans set anew on the cumulative engine: acts met, first row, balance."""
    extended: list[int] = field(default_factory=list)
    """The rows that extensions begin with, on the cumulative engine."""
    beside: list[Beside] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    met: list[Met] = field(default_factory=list)
    apart: list[Apart] = field(default_factory=list)
    charged: list[Charged] = field(default_factory=list)
    carry: int = 0
    """Interest that the rows before a re-age left to the first row after it."""

    def before(self, day: date, at: int) -> Ledger:
        """The ledger as a change of the plan finds it: no money of its day, and the acts before it."""
        return Ledger(
            booked=[b for b in self.booked if b.on < day],
            settled=[
                replace(s, open_from=None)
                for s in self.settled
                if s.on < day and (s.open_from is None or s.open_from > day)
            ],
            relent=[x for x in self.relent if x[0] < day],
            beside=[
                replace(x, ends=x.ends if x.ends is not None and x.ends <= at else None)
                for x in self.beside
                if x.at <= at and (x.on < day or not x.is_lent)
            ],
            shares=[x for x in self.shares if x.at <= at],
            met=[x for x in self.met if x.at <= at],
            apart=[x for x in self.apart if x.at <= at],
            charged=[x for x in self.charged if x.at <= at],
            carry=self.carry,
        )

    def write(self, deal: Deal, lines: Sequence[Line]) -> None:
        """Write on the rows what was paid, moved to them, and what rows met ask."""
        for b in self.booked:
            for line in lines[b.nr - deal.first_nr :][:1]:
                line.paid[b.part] += b.amount
        for x in self.beside:
            if x.ends is None:
                lines[x.nr - deal.first_nr].extra += x.amount
        for share in self.shares:
            lines[share.nr - deal.first_nr].moved[share.part] += share.amount
        for met in self.met:
            line = lines[met.nr - deal.first_nr]
            line.due, line.is_met = dict(met.due), True
            line.carry_out, line.skip_out = met.carry_out, met.skip_out
            line.deferred_out = met.deferred_out

    def principal_of(self, nr: int) -> int:
        """Principal booked to a row."""
        return sum(b.amount for b in self.booked if b.nr == nr and b.part == PRINCIPAL)

    def apart_from(self, line: Line) -> date:
        """The day from which what is unpaid of a row past due would be apart."""
        return max([line.due_on, *(x.until for x in self.apart if x.nr == line.nr)])

    def gone(self, deal: Deal, line: Line) -> list[tuple[date, int]]:
        """From which days how much of a row's principal bears no interest: paid, or apart for a time."""
        replaces = deal.late is not None and deal.late.replaces
        records = [x for x in self.apart if x.nr == line.nr]
        moves = [(x.since, x.amount) for x in records] + [(x.until, -x.amount) for x in records]
        for b in self.booked:
            if b.nr != line.nr or b.part != PRINCIPAL:
                continue
            day = b.on
            if replaces:
                # Money for a row past due left the base on the day the row was apart when it came.
                held = [x.since for x in records if x.on > b.on]
                day = min(b.on, held[0] if held else self.apart_from(line))
            moves.append((day, b.amount))
        return moves
