"""Replay: a fact put into its place among those known, and all that it changes in a line.

Needs    terms, the facts known, the new fact, the open day.
Gives    LineReplay: the line before and after, its new agenda, and what days closed must be corrected by.
Never    folds twice what both histories share.
Source   docs/decisions/0001 and 0004.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from duewell.domain.agenda import BUCKETS, ONE_DAY, Agenda, Buckets, Sums, difference_of
from duewell.domain.facts import Fact, known, shared
from duewell.domain.line._agenda import agenda_from
from duewell.domain.line._standing import standing_at
from duewell.domain.line._state import Folding, LineState
from duewell.domain.product import LineTerms


@dataclass(frozen=True, slots=True)
class LineReplay:
    """A line before and after a fact, both as of the open day.

    `moved` is what the fact changes in the portfolio sums at the end of the day before the open one.
    """

    before: LineState
    after: LineState
    plan: Agenda
    moved: Sums


def replay_line(
    terms: LineTerms, facts: Sequence[Fact], new: Fact, *, open_on: date, buckets: Buckets = BUCKETS
) -> LineReplay:
    """Fold what both histories share once, then each of them to the open day."""
    old, now = known(facts), known([*facts, new])
    count = shared((old, now), open_on)
    folding = Folding(terms)
    for fact in old[:count]:
        folding.apply(fact)
    past, before = _to(folding.fork(), old[count:], open_on)
    present, after = _to(folding, now[count:], open_on)
    since = standing_at(past, open_on - ONE_DAY)
    coming = [fact for fact in now[count:] if fact.effective_on >= open_on]
    plan, stands = agenda_from(present, coming, open_on=open_on, buckets=buckets)
    return LineReplay(before, after, plan, difference_of(stands, since))


def _to(folding: Folding, coming: Sequence[Fact], open_on: date) -> tuple[Folding, LineState]:
    """Go on to the open day: the fold as it stands before it, and the state on it."""
    for fact in coming:
        if fact.effective_on < open_on:
            folding.apply(fact)
    there = folding.fork()
    for fact in coming:
        if fact.effective_on == open_on:
            there.apply(fact)
    return folding, there.look(open_on)
