"""A rate change sets the instalment anew: from which figures, and whether it is fitted to the last row.

Wants to prove: a change agreed ahead finds the rows as they stand on the day of the look, and after a part
payment ahead the instalment is left as computed. How: small loans by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import fold
from duewell.domain.product import LoanTerms, Part, PenaltyTerms
from tests.domain.strategies import disbursed

SIX = LoanTerms(1_000_000, date(2024, 1, 1), 6, Fraction(7, 100))
JANUARY = date(2024, 1, 10)


def changed(on: date) -> Fact:
    return replace(Fact(FactKind.RATE_CHANGED, on, JANUARY, "bank", "rate"), rate=Fraction(7, 100))


def test_a_change_agreed_ahead_to_the_same_rate_leaves_the_plan_as_it_was() -> None:
    """Nothing is late on 10 January, so the plan may not count the rows until June as unpaid."""
    plain = fold(SIX, [disbursed(SIX)], as_of=JANUARY)
    ahead = fold(SIX, [disbursed(SIX), changed(date(2024, 6, 10))], as_of=JANUARY)
    assert [r.due for r in ahead.rows] == [r.due for r in plain.rows]


def test_a_change_agreed_ahead_charges_no_penalty_before_its_day() -> None:
    terms = replace(SIX, penalty=PenaltyTerms(rate=Fraction(10, 100)))
    on = date(2024, 2, 3)
    plain = fold(terms, [disbursed(terms)], as_of=on)
    ahead = fold(terms, [disbursed(terms), changed(date(2024, 6, 10))], as_of=on)
    assert [r.due[Part.PENALTY] for r in ahead.rows] == [r.due[Part.PENALTY] for r in plain.rows]


def test_after_a_part_payment_ahead_the_instalment_is_not_fitted_to_the_last_row() -> None:
    """300.00 over three months, 9 % from 20 January: 101.41, or 101.40 if fitted."""
    terms = replace(SIX, principal=30_000, instalments=3)
    rate = replace(changed(date(2024, 1, 20)), rate=Fraction(9, 100))
    paid = Fact(FactKind.PAYMENT_RECEIVED, JANUARY, JANUARY, "bank", "1", amount=100)
    part = fold(terms, [disbursed(terms), paid, rate], as_of=date(2024, 1, 20)).rows
    none = fold(terms, [disbursed(terms), rate], as_of=date(2024, 1, 20)).rows
    assert (part[0].instalment, none[0].instalment) == (10_141, 10_140)
