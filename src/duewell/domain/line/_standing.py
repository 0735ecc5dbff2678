"""Standing: what one line adds to the portfolio sums at the end of a day, exact.

Needs    terms and facts; a day.
Gives    Sums: whole numbers by measure and accrual class, under the names loans use.
Never    rounds: an accrual stays a numerator whose denominator its class and the date give.
Source   docs/reference/line.md, section accrual; docs/decisions/0003.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from duewell.domain.agenda import Sums, add
from duewell.domain.facts import Fact, known
from duewell.domain.line._state import Folding, LineState, state_of
from duewell.domain.line._work import Work
from duewell.domain.product import LineTerms, Part


def standing_of(work: Work) -> Sums:
    """What a line stands for, at the end of the day its fold was advanced to."""
    sums = dict(work.sums)
    for key, value in work.slopes().items():
        add(sums, key, value)
    add(sums, ("interest.charged", ""), work.charged)
    if is_suspended(work):
        for (measure, accrual), value in list(sums.items()):
            name, sign = _SUSPENDED.get(measure, ("", 0))
            add(sums, (name, accrual), sign * value)
        add(sums, ("suspended.charged", ""), work.owed()[Part.INTEREST])
    add(sums, ("penalty.once", ""), work.once)
    return {key: value for key, value in sums.items() if value}


_SUSPENDED = {
    "interest.slope": ("suspended.slope", 1),
    "interest.accrued": ("suspended.accrued", 1),
    "interest.due": ("suspended.accrued", -1),
}


def is_suspended(work: Work) -> bool:
    """Whether unpaid interest is no income, the line being so long past due. One charged off has none."""
    begins = work.suspended_on()
    return begins is not None and begins <= work.at


def line_standing(terms: LineTerms, facts: Iterable[Fact], on: date) -> Sums:
    """What a line adds to the portfolio sums at the end of `on`."""
    return standing_at(_folded(terms, facts, on), on)


def line_look(terms: LineTerms, facts: Iterable[Fact], on: date) -> tuple[LineState, Sums]:
    """The line and what it adds to the portfolio sums at the end of `on`, by one fold."""
    folding = _folded(terms, facts, on)
    folding.advance(on)
    sums = {} if folding.is_empty else standing_of(folding.work)
    return state_of(folding.work, on), sums


def _folded(terms: LineTerms, facts: Iterable[Fact], on: date) -> Folding:
    folding = Folding(terms)
    for fact in known(facts):
        if fact.effective_on <= on:
            folding.apply(fact)
    return folding


def standing_at(folding: Folding, on: date) -> Sums:
    """The same from a fold that stands at or before the day; it stays where it is. Nothing before a fact."""
    if folding.is_empty:
        return {}
    there = folding.fork()
    there.advance(on)
    return standing_of(there.work)
