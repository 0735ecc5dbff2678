"""The agenda moves a loan on exactly as the fold would.

Wants to prove: closing days one by one by adding what the agenda says gives, at the end of every day,
the standing the fold gives on that day: for loans paid as agreed, loans silent from some day on, and
loans whose facts arrive on the way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings

from duewell.domain.agenda import Agenda, EntryKind, Sums, rolled
from duewell.domain.calendar import DaysInMonth, DaysInYear
from duewell.domain.facts import Fact, FactKind, known
from duewell.domain.loan import ageing, agenda, fold, look, standing
from duewell.domain.product import Convention, Engine, InterestMethod, LoanTerms, PenaltyTerms, RateCap
from tests.domain.strategies import disbursed, lives

DAY = timedelta(days=1)


def closed(sums: Sums, plan: Agenda, on: date) -> Sums:
    """What the day does: roll the sums on by one day, then add the entries dated on it."""
    moved = rolled(sums, on - DAY, on)
    for entry in plan.entries:
        if entry.on == on:
            for key, value in entry.adds.items():
                moved[key] = moved.get(key, 0) + value
    return {key: value for key, value in moved.items() if value}


def unpaid_on(plan: Agenda, on: date) -> bool:
    return any(e.kind is EntryKind.DUE and e.on == on and any(e.claims) for e in plan.entries)


def late_since(terms: LoanTerms, facts: list[Fact], as_of: date) -> date | None:
    """The oldest unpaid due date; None for a loan off the books."""
    state = fold(terms, facts, as_of=as_of)
    return ageing(state).since if state.charged_off_on is None else None


def run(terms: LoanTerms, facts: list[Fact], until: date, *, agreed: tuple[Fact, ...] = ()) -> int:
    """Close every day, folding only when a fact arrives or a row is missed; returns the number of folds.

    Changes `agreed` ahead are known from the first day on.
    """
    days = sorted({f.effective_on for f in facts})
    sums: Sums = {}
    plan: Agenda | None = None
    folds = 0
    on = days[0]
    while on <= until:
        seen = [*(f for f in facts if f.effective_on <= on), *agreed]
        if on in days or plan is None:
            plan, before = agenda(terms, seen, open_on=on)
            assert before == sums
            assert plan.since == late_since(terms, seen, on)
            folds += 1
        if not plan.is_turned and unpaid_on(plan, on):
            plan, before = agenda(terms, seen, open_on=on, is_closing=True)
            assert before == sums
            assert plan.since == late_since(terms, seen, on + DAY)
            folds += 1
        sums = closed(sums, plan, on)
        assert sums == standing(look(terms, seen, as_of=on, is_closing=True), on), f"at the end of {on}"
        on += DAY
    return folds


@settings(max_examples=60, deadline=None)
@given(lives())
def test_closing_day_by_day_keeps_the_standing_of_the_fold(life: tuple[LoanTerms, list[Fact], date]) -> None:
    terms, facts, _ = life
    rate = Fraction(int(terms.rate * 10_000), 10_000)
    run(replace(terms, rate=rate), list(known(facts)), terms.start + timedelta(days=150))


TERMS = LoanTerms(
    principal=1_200_000,
    start=date(2023, 12, 12),
    instalments=6,
    rate=Fraction(18, 100),
    penalty=PenaltyTerms(rate=Fraction(27, 100), grace_days=3),
)


@pytest.mark.parametrize("engine", Engine)
@pytest.mark.parametrize("rate", [Fraction(1, 10_000), Fraction(12, 100)])
def test_a_payoff_to_the_row_end_is_earned_to_that_day_by_either_engine(
    engine: Engine, rate: Fraction
) -> None:
    """Also where all the interest of the row rounds to nothing."""
    convention = Convention(engine=engine, is_recalculated_daily=True, payoff_to_row_end=True)
    terms = replace(TERMS, principal=10_000, rate=rate, penalty=None, convention=convention)
    on = terms.start + DAY
    run(terms, [disbursed(terms), Fact(FactKind.PAID_OFF, on, on, "test", "x")], on + timedelta(days=60))


@pytest.mark.parametrize("month", DaysInMonth)
@pytest.mark.parametrize("year", [DaysInYear.D360, DaysInYear.D365, DaysInYear.ACTUAL])
def test_a_silent_loan_is_folded_once_when_its_first_row_is_missed(
    month: DaysInMonth, year: DaysInYear
) -> None:
    if month is DaysInMonth.THIRTY and year is DaysInYear.ACTUAL:
        return
    terms = replace(TERMS, convention=Convention(days_in_month=month, days_in_year=year))
    folds = run(terms, [disbursed(terms)], date(2024, 9, 30))
    assert folds == 2, "once on disbursement, once when it turned; 293 days in all"


def test_the_edges_of_a_silent_loan_are_the_days_its_bucket_changes() -> None:
    plan, _ = agenda(TERMS, [disbursed(TERMS)], open_on=date(2024, 1, 12), is_closing=True)
    for entry in plan.entries:
        if entry.kind is EntryKind.EDGE:
            ages = [
                ageing(fold(TERMS, [disbursed(TERMS)], as_of=on)).bucket for on in (entry.on - DAY, entry.on)
            ]
            assert ages[0] != ages[1]


def test_a_loan_taken_over_accrues_for_its_owner_from_the_opening_on() -> None:
    from duewell.domain.facts import Arrear, Position

    opened = date(2024, 3, 1)
    late = Arrear(date(2024, 2, 12), interest=15_000, principal=190_000)
    fact = Fact(FactKind.OPENED, opened, opened, "tape", "1", position=Position(1_000_000, (late,)))
    folds = run(TERMS, [fact], date(2024, 9, 1))
    assert folds == 1, "it is behind when it comes, so nothing turns it later"
    state = fold(TERMS, [fact], as_of=opened)
    assert ageing(state).dpd == 18
    assert ageing(state).overdue == 205_000
    sums = standing(look(TERMS, [fact], as_of=opened, is_closing=True), opened)
    assert sums[("interest.opened", "1/348")] == sums[("interest.accrued", "1/348")]


def test_changes_agreed_ahead_are_closed_without_another_fold() -> None:
    """A lower rate from 15 February and a pause in March are known when the money goes out."""
    terms = replace(TERMS, instalments=1, every=6)
    lower, pause = date(2024, 2, 15), date(2024, 3, 20)
    agreed = (
        Fact(FactKind.RATE_CHANGED, lower, terms.start, "test", "r", rate=Fraction(12, 100)),
        Fact(FactKind.PAUSE_SET, pause, terms.start, "test", "p", until=pause + 5 * DAY),
    )
    assert run(terms, [disbursed(terms)], date(2024, 6, 11), agreed=agreed) == 1
    plan, _ = agenda(terms, [disbursed(terms), *agreed], open_on=terms.start)
    rates = {entry.on: entry.adds for entry in plan.entries if entry.kind is EntryKind.RATE}
    assert set(rates) == {lower - DAY, pause - DAY, pause + 5 * DAY}


def test_a_cap_that_begins_later_lowers_the_penalty_without_another_fold() -> None:
    assert TERMS.penalty is not None
    cap = RateCap(date(2024, 3, 1), Fraction(9, 100), "a cap")
    terms = replace(TERMS, penalty=replace(TERMS.penalty, caps=(cap,)))
    assert run(terms, [disbursed(terms)], date(2024, 9, 30)) == 2


def test_interest_collected_alone_before_its_day_is_not_due_a_second_time() -> None:
    """Half a month's interest and nothing else is paid in the middle of a row."""
    terms = replace(TERMS, start=date(2024, 1, 1), penalty=None)
    on = date(2024, 1, 16)
    pay = Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", "p", amount=8_710)
    assert fold(terms, [disbursed(terms), pay], as_of=on).applied[-1].parts == (0, 0, 8_710, 0)
    run(terms, [disbursed(terms), pay], date(2024, 4, 1))


def test_a_loan_is_behind_from_the_closing_of_a_missed_due_date_on() -> None:
    facts, due = [disbursed(TERMS)], date(2024, 1, 12)
    told = [(due - DAY, True), (due, False), (due, True), (due + DAY, False)]
    views = [look(TERMS, facts, as_of=on, is_closing=is_closing) for on, is_closing in told]
    assert [view.is_silent for view in views] == [False, False, True, True]


def test_a_loan_that_is_not_paid_out_earns_nothing() -> None:
    """Its only fact cannot apply yet; flat interest is on what was lent, not on what was signed."""
    flat = replace(Convention("flat"), interest_method=InterestMethod.FLAT, is_recalculated_daily=False)
    on = TERMS.start + DAY
    early = Fact(FactKind.CHARGED_OFF, on, on, "test", "c")
    for convention in (flat, replace(flat, engine=Engine.CUMULATIVE)):
        terms = replace(TERMS, convention=convention, penalty=None)
        assert standing(look(terms, [early], as_of=on, is_closing=True), on) == {}
        assert not any(any(row.due) for row in fold(terms, [early], as_of=on).rows)
        run(terms, [disbursed(terms)], TERMS.start + 40 * DAY)
