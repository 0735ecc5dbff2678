"""Interest of the first rows is collected with the first row after them, once.

Wants to prove: what was deferred is not asked again when it is paid. How: a flat loan of two rows by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, fold
from duewell.domain.product import Convention, Engine, InterestMethod, LoanTerms, Part
from tests.domain.strategies import disbursed

FLAT = Convention(
    "flat", engine=Engine.CUMULATIVE, interest_method=InterestMethod.FLAT, is_recalculated_daily=False
)
TWO = LoanTerms(100_000, date(2024, 1, 1), 2, Fraction(12, 100), convention=FLAT, grace_interest=1)
"""1,000.00 at 12 % flat: 10.00 of interest a row, both of them due with the second."""


def test_deferred_interest_that_was_paid_is_not_asked_again() -> None:
    days = (date(2024, 2, 1), 50_000), (date(2024, 3, 1), 52_000)
    facts = [Fact(FactKind.PAYMENT_RECEIVED, on, on, "bank", str(on), amount=amount) for on, amount in days]
    state = fold(TWO, [disbursed(TWO), *facts], as_of=date(2024, 4, 1))
    assert [r.due[Part.INTEREST] for r in state.rows] == [0, 2_000]
    assert (state.overpaid, ageing(state).dpd) == (0, 0)


def test_deferred_interest_paid_in_part_leaves_the_rest_of_it() -> None:
    on = date(2024, 3, 1)
    paid = Fact(FactKind.PAYMENT_RECEIVED, on, on, "bank", "1", amount=50_500)
    state = fold(replace(TWO, grace_principal=1), [disbursed(TWO), paid], as_of=date(2024, 3, 2))
    assert state.rows[1].due[Part.INTEREST] == 2_000
