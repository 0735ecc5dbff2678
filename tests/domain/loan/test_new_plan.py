"""A new plan: what it asks of which row, and what it leaves alone.

Wants to prove: a plan set anew counts its own steps and spreads all that its rows repay, nothing twice; rows
a re-age closed ask for nothing more; no day bears penalty and interest, or a penalty from before a move. How:
small loans by hand, each of which once came out otherwise than the conventions say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from duewell.domain.calendar import DaysInMonth, DaysInYear, Frequency
from duewell.domain.facts import (
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    ReAged,
    ReAmortized,
    Reschedule,
)
from duewell.domain.loan import LoanState, fold
from duewell.domain.product import (
    Allocation,
    Amortization,
    Convention,
    Engine,
    LoanTerms,
    Part,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
    Prepayment,
)
from tests.domain.strategies import disbursed

START = date(2024, 1, 1)
FREE = LoanTerms(60_000, START, 6, Fraction(0))
"""600.00 without interest: six rows of 100.00."""
BEARING = LoanTerms(60_000, START, 6, Fraction(12, 100))
"""At 12 % a year, 1 % a month."""


def fact(kind: FactKind, on: date, amount: int = 0) -> Fact:
    return Fact(kind, on, on, "bank", f"{kind.value}-{on}", amount=amount)


def paid(on: date, amount: int) -> Fact:
    return fact(FactKind.PAYMENT_RECEIVED, on, amount)


def plan(on: date, change: Reschedule) -> Fact:
    return replace(fact(FactKind.RESCHEDULED, on), reschedule=change)


def after(terms: LoanTerms, as_of: date, *facts: Fact) -> LoanState:
    state = fold(terms, [disbursed(terms), *facts], as_of=as_of)
    assert not state.void, state.void
    return state


def asked(state: LoanState, part: Part) -> list[int]:
    return [row.due[part] for row in state.rows]


def daily(terms: LoanTerms, prepayment: Prepayment, **more: object) -> LoanTerms:
    convention = replace(
        Convention(name="cumulative", engine=Engine.CUMULATIVE),
        amortization=Amortization.EQUAL_PRINCIPAL,
        is_recalculated_daily=True,
        prepayment=prepayment,
    )
    return replace(terms, convention=replace(convention, **more))  # type: ignore[arg-type]


def test_a_loan_re_aged_before_any_row_began_has_its_rows_from_one_on() -> None:
    state = after(FREE, START, plan(START, ReAged(date(2024, 3, 1), 3)))
    assert [row.nr for row in state.rows] == [1, 2, 3]


def test_the_row_after_a_date_moved_stands_for_one_step_again() -> None:
    """Row 3 is moved, then row 2 before it: row 3 steps on from row 2 and is one month once more."""
    state = after(
        BEARING,
        date(2024, 1, 11),
        plan(date(2024, 1, 10), DueDateMoved(date(2024, 4, 1), date(2024, 4, 20))),
        plan(date(2024, 1, 11), DueDateMoved(date(2024, 3, 1), date(2024, 3, 10))),
    )
    before = sum(row.due[Part.PRINCIPAL] for row in state.rows[:2])
    assert state.rows[2].due_on == date(2024, 4, 10)
    assert state.rows[2].due[Part.INTEREST] == round((60_000 - before) / 100)


def test_a_re_aged_plan_counts_its_own_step_where_real_days_count() -> None:
    """Monthly before, weekly now: instalments are level, but for the first row's longer interest."""
    terms = daily(
        BEARING,
        Prepayment.REDUCE_INSTALMENT,
        amortization=Amortization.EQUAL_INSTALMENTS,
        days_in_month=DaysInMonth.ACTUAL,
        days_in_year=DaysInYear.D365,
    )
    on = date(2024, 1, 15)
    rows = after(terms, on, plan(on, ReAged(date(2024, 1, 22), 4, 1, Frequency.WEEKS))).rows[1:]
    assert max(r.unpaid for r in rows[:-1]) - min(r.unpaid for r in rows) < 20


def test_an_extension_spreads_what_was_lent_again_and_does_not_ask_it_beside_too() -> None:
    day = date(2024, 1, 10)
    back = fact(FactKind.REFUNDED, day, 600)
    state = after(FREE, date(2024, 1, 20), back, plan(date(2024, 1, 20), Extended(date(2024, 2, 1), 4)))
    assert asked(state, Part.PRINCIPAL) == [6_060] * 10


def test_what_was_overpaid_lowers_no_row_of_a_plan_made_of_what_is_left() -> None:
    terms = daily(FREE, Prepayment.SKIP_NEXT)
    on = date(2024, 2, 10)
    facts = paid(date(2024, 1, 20), 15_000), plan(on, ReAged(date(2024, 3, 1), 3))
    assert asked(after(terms, on, *facts), Part.PRINCIPAL)[-3:] == [15_000] * 3


def test_rows_that_fewer_instalments_ended_do_not_come_back_with_a_re_age() -> None:
    """The first row takes 400.00, the second stays unpaid, the third is not needed: nor is it later."""
    terms = daily(replace(FREE, instalments=3), Prepayment.REDUCE_NUMBER)
    on = date(2024, 4, 15)
    state = after(terms, on, paid(date(2024, 1, 10), 40_000), plan(on, ReAged(date(2024, 5, 1), 2)))
    assert [row.unpaid for row in state.rows] == [0, 0, 0, 10_000, 10_000]


def test_money_on_the_day_of_a_re_age_goes_to_the_new_rows() -> None:
    terms = daily(BEARING, Prepayment.REDUCE_INSTALMENT)
    on = date(2024, 1, 15)
    rows = after(terms, on, plan(on, ReAged(date(2024, 2, 15), 3)), paid(on, 5_000)).rows
    assert [row.paid[Part.PRINCIPAL] for row in rows if row.due_on > on] == [5_000, 0, 0]


def test_a_re_age_asks_for_the_interest_a_grace_deferred_and_grants_no_grace_anew() -> None:
    terms = daily(replace(BEARING, grace_interest=4), Prepayment.REDUCE_INSTALMENT)
    on = date(2024, 3, 1)
    state = after(terms, on, plan(on, ReAged(date(2024, 4, 1), 4)))
    # Two months of 600.00, shared over four rows; and 6.00, 4.50, 3.00, 1.50 as each row's own.
    assert asked(state, Part.INTEREST)[-4:] == [300 + 600, 300 + 450, 300 + 300, 300 + 150]


def test_the_instalment_is_not_fitted_to_what_stands_beside_it() -> None:
    on = date(2024, 3, 10)
    rate = replace(fact(FactKind.RATE_CHANGED, date(2024, 3, 11)), rate=Fraction(6, 100))
    rows = after(BEARING, date(2024, 3, 11), plan(on, ReAmortized()), rate).rows[2:]
    assert max(r.unpaid for r in rows) - min(r.unpaid for r in rows) < 10


def penal(grace: int, mode: PenaltyMode = PenaltyMode.EXCESS) -> PenaltyTerms:
    """A thousandth a day, of principal past due."""
    return PenaltyTerms(PenaltyBase.PRINCIPAL, grace, rate=Fraction(365, 1000), days_in_year=365, mode=mode)


def test_a_date_moved_to_a_day_gone_by_bears_no_penalty_of_days_before_the_move() -> None:
    terms = replace(FREE, penalty=penal(0))
    move = plan(date(2024, 2, 1), DueDateMoved(date(2024, 2, 1), date(2024, 1, 22)))
    assert asked(after(terms, date(2024, 2, 6), move), Part.PENALTY)[0] == 5 * 10


def test_no_day_is_charged_twice_when_a_late_row_is_moved_to_a_day_gone_by() -> None:
    terms = replace(FREE, penalty=penal(0))
    move = plan(date(2024, 2, 21), DueDateMoved(date(2024, 2, 1), date(2024, 2, 11)))
    assert asked(after(terms, date(2024, 2, 21), move), Part.PENALTY)[0] == 20 * 10


def test_days_that_bore_the_penalty_bear_no_interest_when_the_date_is_moved() -> None:
    """Late from 1 to 11 February, then moved to 1 March: the row's principal earns nothing in those days."""
    convention = replace(BEARING.convention, days_in_month=DaysInMonth.ACTUAL, days_in_year=DaysInYear.D365)
    bearing = replace(BEARING, rate=Fraction(365, 1000), convention=convention)
    move = plan(date(2024, 2, 11), DueDateMoved(date(2024, 2, 1), date(2024, 3, 1)))
    on = date(2024, 2, 11)
    late = after(replace(bearing, penalty=penal(0, PenaltyMode.REPLACES)), on, move).rows[0]
    calm = after(replace(bearing, penalty=penal(20, PenaltyMode.REPLACES)), on, move).rows[0]
    assert late.due[Part.PENALTY] > 0 == calm.due[Part.PENALTY]
    assert calm.due[Part.INTEREST] - late.due[Part.INTEREST] == late.due[Part.PENALTY]


def test_money_lent_again_bears_no_penalty_of_the_days_before_it() -> None:
    terms = replace(FREE, instalments=1, penalty=penal(0))
    state = after(terms, date(2024, 2, 21), fact(FactKind.REFUNDED, date(2024, 2, 11), 60_000))
    assert asked(state, Part.PENALTY) == [10 * 60 + 10 * 120]


def test_money_ahead_pays_a_charge_of_a_running_row_settled_before() -> None:
    level = after(BEARING, START).rows[0].instalment
    fee = fact(FactKind.FEE_CHARGED, date(2024, 1, 15), 500)
    state = after(
        BEARING, date(2024, 1, 20), paid(date(2024, 1, 10), level), fee, paid(date(2024, 1, 20), 700)
    )
    assert state.applied[-1].parts == (0, 500, 0, 200)


def test_a_new_plan_counts_with_the_rate_of_its_own_day() -> None:
    """Whatever their references are called: the interest of the day both begin is at the new rate."""
    on = date(2024, 1, 31)
    rate = replace(fact(FactKind.RATE_CHANGED, on), rate=Fraction(24, 100))
    new = plan(on, ReAged(date(2024, 3, 1), 3))
    names = ("a", "b"), ("b", "a")
    states = [after(BEARING, on, replace(rate, source_ref=r), replace(new, source_ref=n)) for r, n in names]
    assert asked(states[0], Part.INTEREST) == asked(states[1], Part.INTEREST)


def test_what_a_new_plan_moved_is_paid_ahead_in_the_products_order() -> None:
    order = (Part.INTEREST, Part.FEE, Part.PENALTY, Part.PRINCIPAL)
    terms = replace(BEARING, instalments=3, allocation=Allocation(order))
    penalty = fact(FactKind.PENALTY_CHARGED, date(2024, 1, 20), 3_000)
    on = date(2024, 2, 5)
    new = plan(on, ReAmortized())
    first, second = after(terms, on, penalty, new).rows[1:]
    ahead = first.instalment + first.extra + sum(first.moved)
    got = after(terms, on, penalty, new, paid(on, ahead + 100)).rows[2].paid
    assert 0 < got[Part.INTEREST] <= second.moved[Part.INTEREST]
    assert got[Part.PRINCIPAL] == 0
