"""The sub-ledger says what the fold says, and a replay posts only the difference.

Wants to prove: every journal balances, the principal account is the principal out, and the ledger
after a late-learnt fact is the ledger of having known it in order. How: random lives of loans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.domain.facts import Fact, FactKind, known
from duewell.domain.ledger import BORROWER_CREDIT, LOANS_PRINCIPAL, Account, Journal, balances
from duewell.domain.loan import fold
from duewell.domain.postings import difference, journals_of
from duewell.domain.product import LoanTerms
from tests.domain.strategies import lives

Life = tuple[LoanTerms, list[Fact], date]


def held(journals: Iterable[Journal]) -> dict[Account, int]:
    return {account: amount for account, amount in balances(journals).items() if amount}


@given(lives())
@settings(max_examples=200)
def test_the_principal_account_is_the_principal_out(life: Life) -> None:
    terms, facts, as_of = life
    state = fold(terms, facts, as_of=as_of)
    accounts = held(journals_of(state.applied).values())
    assert accounts.get(LOANS_PRINCIPAL, 0) == state.principal_out
    assert accounts.get(BORROWER_CREDIT, 0) == -state.overpaid
    assert sum(accounts.values()) == 0


@given(lives(), st.integers(0, 390), st.integers(1, 400_000))
@settings(max_examples=200)
def test_a_late_learnt_payment_posts_only_the_difference(life: Life, day: int, amount: int) -> None:
    terms, facts, as_of = life
    late = Fact(
        FactKind.PAYMENT_RECEIVED, terms.start + timedelta(days=day), as_of, "bank", "late", amount=amount
    )
    before, after = fold(terms, facts, as_of=as_of), fold(terms, [*facts, late], as_of=as_of)
    posted = [*journals_of(before.applied).values(), *difference(before.applied, after.applied).values()]
    assert held(posted) == held(journals_of(after.applied).values())


@given(lives())
def test_knowing_nothing_new_posts_nothing(life: Life) -> None:
    terms, facts, as_of = life
    state = fold(terms, facts, as_of=as_of)
    assert difference(state.applied, fold(terms, reversed(facts), as_of=as_of).applied) == {}


@given(lives(), st.integers(0, 7))
def test_a_returned_payment_takes_its_journal_back(life: Life, pick: int) -> None:
    terms, facts, as_of = life
    payments = [f for f in known(facts) if f.kind is FactKind.PAYMENT_RECEIVED]
    if not payments:
        return
    gone = payments[pick % len(payments)]
    back = Fact(FactKind.REVERSED, gone.effective_on, as_of, "bank", "back", reverses=gone.key)
    before, after = fold(terms, facts, as_of=as_of), fold(terms, [*facts, back], as_of=as_of)
    changed = difference(before.applied, after.applied)
    assert changed[gone.key] == journals_of(before.applied)[gone.key].reversed() or Counter(
        changed[gone.key].lines
    ) == Counter(journals_of(before.applied)[gone.key].reversed().lines)
    posted = [*journals_of(before.applied).values(), *changed.values()]
    assert held(posted) == held(journals_of(after.applied).values())
