"""The sub-ledger of a line says what its fold says, and a replay posts only the difference."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.facts import Fact, FactKind
from duewell.domain.ledger import BORROWER_CREDIT, FEE_INCOME, FEE_RECEIVABLE, LOANS_PRINCIPAL
from duewell.domain.line import fold_line
from duewell.domain.postings import difference, journals_of
from duewell.domain.product import LineTerms, Part
from tests.domain.line.lines import line_lives
from tests.domain.postings.test_postings import held

Life = tuple[LineTerms, list[Fact]]


@given(line_lives())
def test_principal_fees_and_credit_of_the_ledger_are_those_of_the_fold(life: Life) -> None:
    terms, facts = life
    state = fold_line(terms, facts, as_of=terms.start + timedelta(days=420))
    accounts = held(journals_of(state.applied).values())
    assert accounts.get(LOANS_PRINCIPAL, 0) == state.principal_out
    assert accounts.get(BORROWER_CREDIT, 0) == -state.overpaid
    assert accounts.get(FEE_RECEIVABLE, 0) == state.owed[Part.FEE]
    assert accounts.get(FEE_INCOME, 0) <= 0
    assert sum(accounts.values()) == 0


@given(line_lives(), st.integers(0, 300), st.integers(1, 400_000))
def test_a_late_learnt_payment_posts_only_the_difference(life: Life, day: int, amount: int) -> None:
    terms, facts = life
    as_of = terms.start + timedelta(days=420)
    on = terms.start + timedelta(days=day)
    late = Fact(FactKind.PAYMENT_RECEIVED, on, as_of, "bank", "late", amount=amount)
    before = fold_line(terms, facts, as_of=as_of)
    after = fold_line(terms, [*facts, late], as_of=as_of)
    posted = [*journals_of(before.applied).values(), *difference(before.applied, after.applied).values()]
    assert held(posted) == held(journals_of(after.applied).values())
