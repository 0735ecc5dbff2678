"""The shapes of a proof: slices, a share, a level instalment, terms, or a fact; and bounds on them.

Needs    the fact an amount comes from.
Gives    Proof, Movement, TraceSlice, TraceLevel: values.
Never    rounds: a proof names the rule.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from duewell.domain.facts import Applied, Fact


class TraceSlice(NamedTuple):
    """One slice: base x rate x num/den of a year, exact, before the one rounding.

    Where `is_of_period` holds, rate and part are of a statement's period instead of a year.
    """

    row_nr: int
    start: date
    end: date
    base: int
    rate: Fraction
    num: int
    den: int
    is_of_period: bool = False

    @property
    def part_of_year(self) -> Fraction:
        """The part of a year, or of a period, the slice is charged for."""
        return Fraction(self.num, self.den)

    @property
    def exact(self) -> Fraction:
        """The interest of the slice in minor units, unrounded."""
        return self.base * self.rate * self.part_of_year


@dataclass(frozen=True, slots=True)
class TraceLevel:
    """A level instalment set from a row on: the balance but a balloon over these factors, once fitted."""

    from_nr: int
    balance: int
    factors: tuple[Fraction, ...]
    level: int
    fitted: int
    multiple: int
    balloon: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """An amount and where it comes from. Exactly one of these says how to get it:

    slices    base x rate x part of a year each, rounded once by `rounding`, or each where `is_each`
    share     a share of a base, rounded by `rounding`; `of` may prove the base
    level     the equal instalment of a balance over rows with these factors, and its one fitting
    terms     other proofs added and subtracted
    fact      a fact says it: its own amount, or the part of it that came here
    A proof with none of them is an amount of zero, or one agreed in the terms (`clause` says so).
    What comes of it is raised to `at_least`, then cut to `at_most`, where these are given.
    """

    code: str
    amount: int
    row_nr: int | None = None
    slices: tuple[TraceSlice, ...] = ()
    share: tuple[int, Fraction] | None = None
    level: TraceLevel | None = None
    rounding: str = ""
    is_each: bool = False
    terms: tuple[tuple[int, Proof], ...] = ()
    fact: Fact | None = None
    clause: str = ""
    statement_nr: int | None = None
    of: Proof | None = None
    at_least: Proof | None = None
    at_most: Proof | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """What one fact did: the whole, what was overpaid, and each part by its proof, in the parts' order."""

    applied: Applied
    amount: Proof
    overpaid: Proof
    parts: tuple[Proof, Proof, Proof, Proof]
