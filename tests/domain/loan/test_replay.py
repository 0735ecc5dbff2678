"""A fact put into its place among those known changes a loan as folding it anew would.

Wants to prove: the short way of a replay, which folds what both histories share once, gives the loan before
and after, its new agenda, and what closed days must be corrected by. How: random lives, a fact of which is
learnt late, on its day, or ahead of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.domain.agenda import difference_of
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import LoanState, agenda, fold, look, replay, standing
from duewell.domain.loan._state import PLANNED
from duewell.domain.product import LoanTerms
from tests.domain.strategies import disbursed, lives

DAY = timedelta(days=1)
WEEKLY = (("current", 0), ("week", 1), ("more", 8))


def facing(state: LoanState) -> object:
    """A state that can be compared: a refusal is its code and facts."""
    return replace(state, void=()), [(fact.key, why.code, why.facts) for fact, why in state.void]


@given(lives(), st.data())
@settings(max_examples=60)
def test_a_replay_says_what_folding_anew_says(
    life: tuple[LoanTerms, list[Fact], date], data: st.DataObject
) -> None:
    terms, facts, _ = life
    terms = replace(terms, rate=Fraction(int(terms.rate * 10_000), 10_000))
    new = data.draw(st.sampled_from(facts))
    open_on = max(new.effective_on, terms.start + timedelta(days=data.draw(st.integers(1, 300))))
    told = [fact for fact in facts if fact.effective_on <= open_on or fact.kind in PLANNED]
    before, after = [fact for fact in told if fact is not new], told
    change = replay(terms, before, new, open_on=open_on, buckets=WEEKLY)
    assert facing(change.before) == facing(fold(terms, before, as_of=open_on))
    assert facing(change.after) == facing(fold(terms, after, as_of=open_on))
    plan, since = agenda(terms, after, open_on=open_on, buckets=WEEKLY)
    assert change.plan == plan
    yesterday = open_on - DAY
    passed = [fact for fact in before if fact.effective_on < open_on]
    was = standing(look(terms, passed, as_of=yesterday, is_closing=True), yesterday) if passed else {}
    if any(fact.kind in PLANNED and fact.effective_on >= open_on for fact in told):
        return  # a change agreed ahead was known, or not, when the days before were closed
    assert change.moved == difference_of(since, was)


TERMS = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))


def test_a_rate_agreed_ahead_makes_no_row_before_it_late() -> None:
    """On 10 January half the rate is agreed from 2 April on: till then each row counts as paid on its day.

    Of 1,200.00 are left 913.29 after three rows of 106.62; over nine rows at 1/2 % a month they ask 104.03.
    """
    on, half = date(2026, 1, 10), date(2026, 4, 2)
    rate = Fact(FactKind.RATE_CHANGED, half, on, "test", "r", rate=Fraction(6, 100))
    change = replay(TERMS, [disbursed(TERMS)], rate, open_on=on)
    assert facing(change.after) == facing(fold(TERMS, [disbursed(TERMS), rate], as_of=on))
    assert [sum(row.due) for row in change.after.rows] == [10_662] * 3 + [10_403] * 9


def test_a_payment_of_today_moves_no_day_that_is_closed() -> None:
    terms = TERMS
    on = date(2026, 3, 5)
    pay = Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", "p", amount=10_662)
    today = replay(terms, [disbursed(terms)], pay, open_on=on)
    assert (today.before.principal_out, today.after.principal_out) == (120_000, 110_538)
    assert today.moved == {}
    late = replay(terms, [disbursed(terms)], pay, open_on=on + DAY)
    # Of 94.62 repaid on the 5th the interest stops the day after; what the 5th itself added is closed.
    assert late.after.applied == today.after.applied
    assert {name for (name, _), _ in late.moved.items()} == {"interest.slope"}
