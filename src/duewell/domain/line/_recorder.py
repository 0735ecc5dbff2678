"""The optional recorder: with it every amount of interest has its slices, without it none is built.

Needs    the fold calling it while interest accrues and when it is charged.
Gives    LineSlice (from, to, base, rate, part of a year or period), Charge: a kind's slices rounded once;
         Share: what a fact gave a part.
Never    changes an amount.
Source   docs/decisions/0001.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from duewell.domain.agenda import class_amount, days_weight
from duewell.domain.facts import Fact, FactKind
from duewell.domain.product import RATE_SCALE


@dataclass(frozen=True, slots=True)
class LineSlice:
    """One slice: base x rate x days of a class of accrual, exact, before the one rounding."""

    kind: str
    start: date
    end: date
    base: int
    rate: Fraction
    accrual: str
    is_of_period: bool = False

    @property
    def share(self) -> Fraction:
        """The part of a year, or of a plan's period, that the slice is charged for."""
        top, bottom = class_amount(days_weight(self.accrual, self.start, self.end) * RATE_SCALE, self.accrual)
        return Fraction(top, bottom)

    @property
    def exact(self) -> Fraction:
        """The interest of the slice in minor units, unrounded."""
        return self.base * self.rate * self.share


@dataclass(frozen=True, slots=True)
class Charge:
    """Interest of one kind charged on a day for a statement: its slices, rounded once."""

    statement_nr: int
    on: date
    kind: str
    amount: int
    slices: tuple[LineSlice, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """A late charge: a share of what of a statement's minimum was unpaid, penalties left out.

    The statement `asked_by` asks for it.
    """

    statement_nr: int
    on: date
    base: int
    pct: Fraction
    amount: int
    asked_by: int


@dataclass(frozen=True, slots=True)
class Closing:
    """How a statement closed: the instalments asked on it by plan, what is over the limit and why.

    `rest` is the principal that the share of the minimum is taken of.
    """

    statement_nr: int
    on: date
    instalments: tuple[tuple[int, int], ...]
    limit: int
    rest: int
    share: int
    over: int
    floor_adds: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one fact gave one part of what is owed.

    `what` is what it did (paid, waived, converted, charged) and where: on-statement is the own minimum of
    the statement named, of-balance the rest of its balance; not-billed is to come on it; to-come is of the
    instalments of a plan.
    """

    fact: Fact
    what: str
    where: str
    statement_nr: int
    part: int
    amount: int


class Recorder:
    """Collects what a fold tells: running slices by kind, those held back in a free period, and charges."""

    def __init__(self) -> None:
        self.running: dict[str, list[LineSlice]] = defaultdict(list)
        self.held: dict[bool, list[LineSlice]] = {True: [], False: []}
        self.charges: list[Charge] = []
        self.late: list[Late] = []
        self.shares: list[Share] = []
        self.closings: list[Closing] = []
        self.instalments: list[tuple[int, int]] = []
        self.fact: Fact | None = None
        self.what = ""

    def begin(self, fact: Fact) -> None:
        """From here on it is this fact that changes the line."""
        self.fact = fact
        self.what = _WHAT.get(fact.kind, "paid")

    def share(self, where: str, statement_nr: int, part: int, amount: int) -> None:
        """Keep what the fact at hand gave a part."""
        assert self.fact is not None, "only a fact gives"
        if amount:
            self.shares.append(Share(self.fact, self.what, where, statement_nr, part, amount))

    def accrued(self, piece: LineSlice) -> None:
        """Keep a slice that is owed; it goes on from the last where nothing changed."""
        _append(self.running[piece.kind], piece)

    def hold(self, piece: LineSlice, *, is_billed: bool) -> None:
        """Keep a slice that a free period holds back."""
        _append(self.held[is_billed], piece)

    def bill(self) -> None:
        """What is held for new purchases belongs to the statement from here on."""
        self.held[True] += self.held[False]
        self.held[False] = []

    def drop(self) -> None:
        """A statement paid in full: what was held for it is never owed."""
        self.held[True] = []

    def forfeit(self) -> None:
        """The free period is lost: all that was held is owed."""
        for is_billed in (True, False):
            for piece in self.held[is_billed]:
                self.running[piece.kind].append(piece)
            self.held[is_billed] = []

    def charge(self, statement_nr: int, on: date, kind: str, amount: int) -> None:
        """A kind's slices have been rounded into a charge."""
        self.charges.append(Charge(statement_nr, on, kind, amount, tuple(self.running.pop(kind, []))))


_WHAT = {
    FactKind.WAIVED: "waived",
    FactKind.CONVERTED: "converted",
    FactKind.DRAWN: "charged",
    FactKind.FEE_CHARGED: "charged",
    FactKind.PENALTY_CHARGED: "charged",
}


def _append(slices: list[LineSlice], piece: LineSlice) -> None:
    last = slices[-1] if slices else None
    if (
        last is not None
        and replace(last, start=piece.start, end=piece.end) == piece
        and last.end == piece.start
    ):
        slices[-1] = replace(last, end=piece.end)
    else:
        slices.append(piece)
