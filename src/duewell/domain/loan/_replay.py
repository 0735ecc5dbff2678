"""Replay: a fact put into its place among those known, and all that it changes.

Needs    terms, the facts known, the new fact, the open day.
Gives    Replay: the loan before and after, its new agenda, and what days already closed must be corrected by.
Never    folds twice what both histories share.
Source   docs/decisions/0001 and 0004.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from duewell.domain.agenda import BUCKETS, Agenda, Buckets, Sums, difference_of
from duewell.domain.facts import Fact, known, shared
from duewell.domain.loan._agenda import agenda_from, standing_before
from duewell.domain.loan._state import PLANNED, Folding, LoanState
from duewell.domain.product import LoanTerms


@dataclass(frozen=True, slots=True)
class Replay:
    """A loan before and after a fact, both as of the open day.

    `moved` is what the fact changes in the portfolio sums at the end of the day before the open one.
    """

    before: LoanState
    after: LoanState
    plan: Agenda
    moved: Sums


def replay(
    terms: LoanTerms, facts: Sequence[Fact], new: Fact, *, open_on: date, buckets: Buckets = BUCKETS
) -> Replay:
    """Fold what both histories share once, then each of them to the open day."""
    old, now = known(facts), known([*facts, new])
    count = shared((old, now), open_on)
    folding = Folding(terms)
    for fact in old[:count]:
        folding.apply(fact)
    before, past = _to(folding.fork(), old[count:], open_on)
    after, present = _to(folding, now[count:], open_on)
    coming = [fact for fact in now[count:] if fact.effective_on >= open_on]
    plan, since = agenda_from(present, coming, open_on=open_on, buckets=buckets)
    is_late = any(fact.effective_on < open_on for fact in (*old[count:], *now[count:]))
    moved = difference_of(since, standing_before(past, open_on)[0]) if is_late else {}
    return Replay(before, after, plan, moved)


def _to(folding: Folding, coming: Sequence[Fact], open_on: date) -> tuple[LoanState, Folding]:
    """Go on to the open day: the state on it, and the fold as it stood before it."""
    for fact in coming:
        if fact.effective_on < open_on:
            folding.apply(fact)
    past = folding.fork()
    for fact in coming:
        if fact.effective_on == open_on or (fact.effective_on > open_on and fact.kind in PLANNED):
            folding.apply(fact, open_on)
    return folding.look(open_on), past
