"""Agenda: a line's coming days, what falls due on them, and what each adds to the portfolio sums.

Needs    terms, facts, and the day that is open.
Gives    Agenda: the course if nothing more is reported, up to a day on which it is written anew.
Never    needs a later fold before that day: closing a quiet day only adds what stands here.
Source   docs/decisions/0003 and 0008.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from duewell.domain.agenda import (
    BUCKETS,
    ONE_DAY,
    Agenda,
    Buckets,
    Entry,
    EntryKind,
    Sums,
    difference_of,
    in_day_order,
    rolled,
)
from duewell.domain.facts import Fact, split_at
from duewell.domain.line._parts import Statement
from duewell.domain.line._standing import standing_at, standing_of
from duewell.domain.line._state import Folding
from duewell.domain.line._work import Work, close_of, first_cycle
from duewell.domain.product import LineTerms, Part

CYCLES = 12
"""A line's course has no end: its agenda is written anew at every twelfth statement, as long as it owes."""


def line_agenda(
    terms: LineTerms,
    facts: Sequence[Fact],
    *,
    open_on: date,
    is_closing: bool = False,
    buckets: Buckets = BUCKETS,
) -> tuple[Agenda, Sums]:
    """The agenda from `open_on` on, and the standing at the end of the day before it.

    At the closing of the day a minimum due that day and unpaid turns the line. Closing a day adds the
    entries dated on it to the standing rolled on by one day; the sum is the standing at its end.
    """
    folding = Folding(terms)
    before, coming = split_at(facts, open_on)
    for fact in before:
        folding.apply(fact)
    return agenda_from(folding, coming, open_on=open_on, is_closing=is_closing, buckets=buckets)


def agenda_from(
    folding: Folding,
    coming: Sequence[Fact],
    *,
    open_on: date,
    is_closing: bool = False,
    buckets: Buckets = BUCKETS,
) -> tuple[Agenda, Sums]:
    """The same from a fold that stands before the open day; it is used up."""
    yesterday = open_on - ONE_DAY
    before = standing_at(folding, yesterday)
    past = folding.fork()
    past.advance(yesterday)
    was_late = _late(past.work, yesterday) is not None
    course = _Course(folding, coming)
    course.go(open_on)
    work = folding.work
    entries = course.written(before, yesterday)
    last = open_on if is_closing else yesterday
    late = _late(work, last)
    entries += [_claim(each) for each in work.statements if each.due_on >= open_on or each.unpaid > 0]
    if work.final_on is not None:
        entries, late = course.entries, None
    elif late is None and was_late:
        entries.append(Entry(open_on, EntryKind.CURED))
    if late is not None:
        edges = [late.due_on + timedelta(days=first) for _, first in buckets if first > 0]
        entries += [Entry(on, EntryKind.EDGE) for on in edges if on >= open_on]
    entries += course.to_horizon(_horizon(folding.terms, open_on, is_closing=is_closing))
    entries = [e for e in entries if e.adds or any(e.claims) or e.kind not in _ONLY_WITH_CONTENT]
    entries = in_day_order(entries)
    since = late.due_on if late else None
    return Agenda(tuple(entries), late is not None, since, before=before), before


_ONLY_WITH_CONTENT = (EntryKind.POSTED, EntryKind.DUE, EntryKind.PENALTY, EntryKind.RATE)


class _Course:
    """A fold going on day by day where something changes, writing down what each such day adds."""

    def __init__(self, folding: Folding, coming: Sequence[Fact]) -> None:
        self.folding = folding
        self.coming = list(coming)
        self.entries: list[Entry] = []
        self.at = date.min
        self.sums: Sums = {}

    def go(self, on: date) -> None:
        """Apply the facts up to a day and go to its end."""
        while self.coming and self.coming[0].effective_on <= on:
            self.folding.apply(self.coming.pop(0))
        self.folding.advance(on)
        self.at = on

    def written(self, before: Sums, since: date) -> list[Entry]:
        """The entry of the open day: what it makes of the day before."""
        work = self.folding.work
        self.sums = standing_of(work)
        is_told = _has_closed(work, self.at) and work.statements[-1].balance
        kind = EntryKind.STATEMENT if is_told else EntryKind.POSTED
        self.entries = [Entry(self.at, kind, adds=difference_of(self.sums, rolled(before, since, self.at)))]
        return list(self.entries)

    def to_horizon(self, horizon: date) -> list[Entry]:
        """The entries of the days to come, up to the day on which the agenda is written anew."""
        found: list[Entry] = []
        work = self.folding.work
        while work.final_on is None:
            days = [*work.coming(), *(fact.effective_on for fact in self.coming[:1])]
            on = min(day for day in days if day > self.at)
            if on > horizon:
                break
            found += self._step(work, on)
        if work.final_on is None and not work.is_quiet:
            found.append(Entry(horizon, EntryKind.RENEW))
        return found

    def _step(self, work: Work, on: date) -> list[Entry]:
        since, before, once = self.at, self.sums, work.once
        self.go(on)
        self.sums = standing_of(work)
        adds = difference_of(self.sums, rolled(before, since, on))
        if _has_closed(work, on):
            closed = work.statements[-1]
            kind = EntryKind.STATEMENT
            if not adds and not closed.balance:
                return []
            return [Entry(on, kind, adds=adds), _claim(closed)]
        return [Entry(on, EntryKind.PENALTY if work.once > once else EntryKind.RATE, adds=adds)]


def _has_closed(work: Work, on: date) -> bool:
    return bool(work.statements) and work.statements[-1].closes_on == on


def _claim(each: Statement) -> Entry:
    """What a statement's own minimum still claims on its due date; a penalty in it counts among fees."""
    charges = each.owes(Part.PENALTY) + each.owes(Part.FEE)
    claims = (charges, each.owes(Part.INTEREST), each.owes(Part.PRINCIPAL))
    return Entry(each.due_on, EntryKind.DUE, claims)


def _late(work: Work, last: date) -> Statement | None:
    """The oldest statement due by `last` whose own minimum is unpaid."""
    if work.final_on is not None:
        return None
    return next((each for each in work.asking() if each.due_on <= last and each.unpaid > 0), None)


def _horizon(terms: LineTerms, open_on: date, *, is_closing: bool) -> date:
    """The next twelfth statement after the first, on the open day or later; later where it is being closed.

    Counted from the line's first statement, so that any later day before it finds the same.
    """
    years = max(1, open_on.year - terms.start.year - 1)
    cycle = first_cycle(terms) + years * CYCLES
    day = open_on + ONE_DAY if is_closing else open_on
    while close_of(terms, cycle) < day:
        cycle += CYCLES
    return close_of(terms, cycle)
