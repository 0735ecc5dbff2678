"""What the ledger holds of a loan is what its rows have charged and not got, part by part.

Wants to prove: portfolio sums and journals, kept apart from the fold, come to its receivables on any day;
every measure they are kept by is one the ledger knows. How: random loans, lent or taken over, with payments.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from duewell.domain.facts import Fact, FactKind
from duewell.domain.ledger import (
    FEE_RECEIVABLE,
    INTEREST_ACCRUED,
    INTEREST_IN_ADVANCE,
    INTEREST_RECEIVABLE,
    LOANS_PRINCIPAL,
    PENALTY_RECEIVABLE,
    ROUNDING_OF_INTEREST,
    balances,
)
from duewell.domain.loan import ageing, look, preview, receivables, standing
from duewell.domain.loan._state import PLANNED
from duewell.domain.postings import TERMS, general_ledger, journals_of
from duewell.domain.product import LoanTerms
from tests.domain.loan.test_opening import taken_over
from tests.domain.strategies import lives

ACCOUNTS = (PENALTY_RECEIVABLE, FEE_RECEIVABLE, INTEREST_RECEIVABLE, LOANS_PRINCIPAL)
MEASURES = {name for _, name in chain(*TERMS.values())}
SLOPES = {"interest.slope", "penalty.slope", "suspended.slope"}


def check(terms: LoanTerms, facts: list[Fact], on: date) -> None:
    seen = [fact for fact in facts if fact.effective_on <= on or fact.kind in PLANNED]
    if not any(fact.effective_on <= on for fact in seen):
        return
    view = look(terms, seen, as_of=on, is_closing=True)
    sums = standing(view, on)
    assert {name for name, _ in sums} <= MEASURES | SLOPES
    held, booked = general_ledger(sums), balances(journals_of(view.state.applied).values())
    owed = [held.get(account, 0) + booked.get(account, 0) for account in ACCOUNTS]
    assert owed == list(receivables(view.state))


DAYS = st.integers(0, 400)


def check_rounding(terms: LoanTerms, facts: list[Fact], on: date) -> None:
    """What was charged beyond what accrued is cents: less than one for each amount that was rounded.

    Interest collected ahead of a new plan or a lower rate, and credited to the next row, stands beside it.
    """
    seen = [fact for fact in facts if fact.effective_on <= on or fact.kind in PLANNED]
    if not any(fact.effective_on <= on for fact in seen):
        return
    view = look(terms, seen, as_of=on, is_closing=True)
    rounding = general_ledger(standing(view, on)).get(ROUNDING_OF_INTEREST, 0)
    credited = sum(-min(row.credit, 0) for row in view.rows)
    assert abs(rounding) <= len(view.slices) + len(view.rows) + credited, rounding


@given(lives(), DAYS)
@settings(max_examples=200)
def test_no_interest_is_taken_as_income_twice(life: tuple[LoanTerms, list[Fact], date], days: int) -> None:
    terms, facts, _ = life
    check_rounding(terms, facts, terms.start + timedelta(days=days))


@given(lives(), DAYS)
@settings(max_examples=200)
def test_the_ledger_of_a_loan_lent_is_its_fold(life: tuple[LoanTerms, list[Fact], date], days: int) -> None:
    terms, facts, _ = life
    check(terms, facts, terms.start + timedelta(days=days))


@given(taken_over(), DAYS)
@settings(max_examples=60)
def test_the_ledger_of_a_loan_taken_over_is_its_fold(
    life: tuple[LoanTerms, object, date, list[Fact]], days: int
) -> None:
    terms, _, on, facts = life
    check(terms, facts, on + timedelta(days=days))


HELD = (FEE_RECEIVABLE, INTEREST_RECEIVABLE, INTEREST_ACCRUED, INTEREST_IN_ADVANCE, LOANS_PRINCIPAL)


@given(lives(), DAYS)
@settings(max_examples=200)
def test_what_settles_a_loan_leaves_nothing_of_it_in_the_ledger(
    life: tuple[LoanTerms, list[Fact], date], days: int
) -> None:
    """Neither on the day nor later: nothing accrued, in advance, receivable or out."""
    terms, facts, _ = life
    on = terms.start + timedelta(days=days)
    told = [fact for fact in facts if fact.effective_on <= on]
    now, _ = preview(terms, told, [], until=on)
    assume(not now.state.void and now.payoff)
    pay = Fact(FactKind.PAYMENT_RECEIVED, on, on, "zz", "zz", amount=now.payoff or 0)
    for later in (0, 1, 40, 400):
        view = look(terms, [*told, pay], as_of=on + timedelta(days=later), is_closing=True)
        held = general_ledger(standing(view, view.state.as_of))
        booked = balances(journals_of(view.state.applied).values())
        assert not [each for each in HELD if held.get(each, 0) + booked.get(each, 0)]
        assert (view.state.overpaid, ageing(view.state).outstanding) == (now.state.overpaid, 0)
