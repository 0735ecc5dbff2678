"""The agenda moves a line on exactly as the fold would.

Wants to prove: closing days one by one by adding what the agenda says gives, at the end of every day, the
standing the fold gives on that day, for random lines and lives; and a line is folded only when a fact
comes, a minimum is missed, or its agenda ends.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings

from duewell.domain.agenda import Agenda, EntryKind, Sums, rolled
from duewell.domain.facts import Fact
from duewell.domain.line import fold_line, line_ageing, line_agenda, line_standing
from duewell.domain.product import LineTerms
from tests.domain.line.lines import line_lives

DAY = timedelta(days=1)


def closed(sums: Sums, plan: Agenda, on: date) -> Sums:
    """What the day does: roll the sums on by one day, then add the entries dated on it."""
    moved = rolled(sums, on - DAY, on)
    for entry in plan.entries:
        if entry.on == on:
            for key, value in entry.adds.items():
                moved[key] = moved.get(key, 0) + value
    return {key: value for key, value in moved.items() if value}


def asks_for_a_fold(plan: Agenda, on: date) -> bool:
    """What the day's query looks for: an unpaid claim of a line on time, or the agenda's end."""
    of_day = [e for e in plan.entries if e.on == on]
    missed = not plan.is_turned and any(e.kind is EntryKind.DUE and any(e.claims) for e in of_day)
    return missed or any(e.kind is EntryKind.RENEW for e in of_day)


def run(terms: LineTerms, facts: list[Fact], until: date) -> int:
    """Close every day, folding only where something asks for it; returns the number of folds."""
    days = {f.effective_on for f in facts}
    sums: Sums = {}
    plan: Agenda | None = None
    folds, on = 0, terms.start
    while on <= until:
        seen = [f for f in facts if f.effective_on <= on]
        if seen and (on in days or plan is None):
            plan, before = line_agenda(terms, seen, open_on=on)
            assert before == sums
            folds += 1
        if plan is not None:
            if asks_for_a_fold(plan, on):
                plan, before = line_agenda(terms, seen, open_on=on, is_closing=True)
                assert before == sums
                folds += 1
            sums = closed(sums, plan, on)
            assert sums == line_standing(terms, seen, on), f"at the end of {on}"
            state = fold_line(terms, seen, as_of=on + DAY)
            is_late = line_ageing(state).dpd > 0 and state.charged_off_on is None
            assert plan.is_turned == is_late, f"turned on {on}"
        on += DAY
    return folds


@settings(max_examples=25)
@given(line_lives())
def test_closing_day_by_day_keeps_the_standing_of_the_fold(life: tuple[LineTerms, list[Fact]]) -> None:
    terms, facts = life
    run(terms, facts, terms.start + timedelta(days=430))
