"""Money before its day on a loan that bears interest: which rows take it, and how much of it each.

Wants to prove: a row in advance takes up to the instalment as pure principal under every excess rule, and
interest that a settled row left to the last one is taken from the next payment. How: small loans by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, fold
from duewell.domain.product import Allocation, ExcessRule, LoanTerms, Part
from tests.domain.strategies import disbursed

SIX = LoanTerms(10_000, date(2024, 1, 1), 6, Fraction(7, 100))
"""100.00 at 7 %, six months: the instalment is 17.01."""


def paid(on: date, amount: int) -> Fact:
    return Fact(FactKind.PAYMENT_RECEIVED, on, on, "bank", on.isoformat(), amount=amount)


def test_the_last_rows_take_up_to_an_instalment_each_when_the_excess_goes_to_the_last() -> None:
    terms = replace(SIX, allocation=Allocation(excess=(("repayment", ExcessRule.LAST),)))
    facts = [disbursed(terms), paid(date(2024, 1, 16), 1_701 + 2 * 1_701)]
    rows = fold(terms, facts, as_of=date(2024, 1, 16)).rows
    assert [r.paid[Part.PRINCIPAL] for r in rows[3:]] == [0, 1_701, 1_701]
    assert sum(r.due[Part.PRINCIPAL] for r in rows) == 10_000


def test_interest_left_to_the_last_row_is_taken_from_a_payment_in_its_period() -> None:
    """The first row settles on 16 January, and all principal is paid on 20 February."""
    terms = replace(SIX, instalments=2)
    first = fold(terms, [disbursed(terms)], as_of=terms.start).rows[0].instalment
    facts = [
        disbursed(terms),
        paid(date(2024, 1, 16), first),
        paid(date(2024, 1, 20), 10_000),
        paid(date(2024, 2, 20), 100),
    ]
    state = fold(terms, facts, as_of=date(2024, 3, 2))
    left = state.rows[1].due[Part.INTEREST]
    assert left > 0, "interest from 16 to 20 January stands in the last row"
    assert state.applied[-1].parts == (0, 0, left, 0)
    assert ageing(state).dpd == 0
