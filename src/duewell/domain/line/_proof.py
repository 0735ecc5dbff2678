"""Proofs: every amount of interest of a line with its slices, and every late charge with its base.

Needs    terms, facts and two dates; a fold that tells a recorder how each amount came about.
Gives    prove_line: the state, charges by statement and kind, and late charges.
Never    computes an amount another way than the fold did.
Source   docs/reference/line.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from duewell.domain.facts import Fact
from duewell.domain.line._recorder import Charge, Late, Recorder
from duewell.domain.line._state import LineState, fold_line
from duewell.domain.product import LineTerms


@dataclass(frozen=True, slots=True)
class ProvenLine:
    """A line's state with the slices of each charge of interest, and the base of each late charge."""

    state: LineState
    charges: tuple[Charge, ...]
    late: tuple[Late, ...]


def prove_line(
    terms: LineTerms, facts: Iterable[Fact], *, as_of: date, known_on: date | None = None
) -> ProvenLine:
    """Fold with a recorder and hand out what it was told."""
    recorder = Recorder()
    state = fold_line(terms, facts, as_of=as_of, known_on=known_on, recorder=recorder)
    return ProvenLine(state, tuple(recorder.charges), tuple(recorder.late))
