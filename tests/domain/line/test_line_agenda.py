"""The agenda moves a line on exactly as the fold would.

Wants to prove: closing days one by one by adding what the agenda says gives, at the end of every day, the
standing the fold gives on that day, for random lines and lives; and a line is folded only when a fact
comes, a minimum is missed, or its agenda ends.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings

from duewell.domain.agenda import Agenda, EntryKind, Sums, rolled
from duewell.domain.facts import Fact, FactKind
from duewell.domain.line import fold_line, line_ageing, line_agenda, line_standing
from duewell.domain.product import BalanceKind, LateCharge, LineTerms, RateCap
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


TERMS = LineTerms(
    limit=2_000_000,
    start=date(2026, 1, 5),
    statement_day=10,
    purchase_rate=Fraction(18, 100),
    cash_rate=Fraction(18, 100),
    late_charge=LateCharge(Fraction(5, 100), grace_days=3),
    caps=(RateCap(date(2026, 3, 20), Fraction(10, 100), "a rule"),),
    suspends_from_dpd=45,
)


def test_a_silent_line_with_a_cap_a_pause_and_suspension_is_folded_when_it_turns_and_once_a_year() -> None:
    on = TERMS.start
    draw = Fact(FactKind.DRAWN, on, on, "test", "1", amount=100_000, balance=BalanceKind.CASH)
    pause = Fact(FactKind.PAUSE_SET, on, on, "test", "2", until=date(2026, 1, 25))
    assert run(TERMS, [draw, pause], date(2027, 3, 1)) == 3


def test_an_agenda_names_the_days_on_which_a_pause_ends_a_cap_begins_and_interest_is_suspended() -> None:
    on = TERMS.start
    draw = Fact(FactKind.DRAWN, on, on, "test", "1", amount=100_000, balance=BalanceKind.CASH)
    pause = Fact(FactKind.PAUSE_SET, on, on, "test", "2", until=date(2026, 1, 25))
    plan, _ = line_agenda(TERMS, [draw, pause], open_on=on)
    changed = {e.on.isoformat() for e in plan.entries if any(key[0].endswith("slope") for key in e.adds)}
    assert changed == {"2026-01-25", "2026-03-19", "2026-03-21"}
