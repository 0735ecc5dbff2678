"""Tables: every row adds up, the balance ends at nothing, and what cannot be a table is refused.

Wants to prove: what the published cases show holds for every table. How: random tables of every
convention, a few tables known from public calculators, and each refusal.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.calendar import Frequency
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rounding
from duewell.domain.mortgage import RateStep, TableConvention, TableTerms, table

CANADA = TableTerms(
    40_000_000,
    Fraction(525, 10_000),
    650,
    2,
    Frequency.WEEKS,
    TableConvention(compounding_per_year=2),
    is_accelerated=True,
)
"""400,000.00 over 25 years at 5.25 % compounded half-yearly, half the monthly payment every two weeks."""

PLAIN = TableTerms(10_000_000, Fraction(5, 100), 120)


@st.composite
def tables(draw: st.DrawFn) -> TableTerms:
    count = draw(st.integers(1, 60))
    is_carried = draw(st.booleans())
    frequency, every = draw(
        st.sampled_from([(Frequency.MONTHS, 1), (Frequency.MONTHS, 3), (Frequency.WEEKS, 2)])
    )
    return TableTerms(
        principal=draw(st.integers(10_000, 10**9)),
        rate=Fraction(draw(st.integers(0, 2_000)), 10_000),
        instalments=count,
        every=every,
        frequency=frequency,
        convention=TableConvention(
            payment_rounding=draw(st.sampled_from(Rounding)),
            interest_rounding=draw(st.sampled_from(Rounding)),
            compounding_per_year=draw(st.sampled_from([1, 2, 12])),
            is_carried=is_carried,
            days_in_year=draw(st.sampled_from([None, 360, 365])),
        ),
        interest_only=draw(st.integers(0, min(3, count - 1))),
        fee=draw(st.sampled_from([0, 292])),
        start=date(2024, 1, 31),
    )


@given(tables())
def test_every_row_adds_up_and_nothing_is_left(terms: TableTerms) -> None:
    made = table(terms)
    balance = Fraction(terms.principal)
    for row in made.rows:
        assert row.payment == row.principal + row.interest + row.fee
        balance -= row.principal
        assert row.balance == balance
    assert made.rows[-1].balance == made.balloon == 0
    assert sum(row.principal for row in made.rows) == terms.principal
    if not terms.convention.is_carried:
        assert all(row.payment.denominator == 1 for row in made.rows)


def test_the_canadian_accelerated_loan_ends_years_early() -> None:
    made = table(CANADA)
    assert (made.payment, len(made.rows), made.rows[-1].payment) == (119_184, 556, 75_742)


def test_a_term_shorter_than_its_plan_leaves_a_balloon() -> None:
    short = table(replace(PLAIN, instalments=60, amortized_over=120))
    whole = table(PLAIN)
    assert short.payment == whole.payment
    assert short.rows == whole.rows[:60]
    assert short.balloon == whole.rows[59].balance > 0


def test_interest_only_rows_repay_nothing_and_the_rest_is_shared_anew() -> None:
    made = table(replace(PLAIN, interest_only=12))
    assert {row.principal for row in made.rows[:12]} == {0}
    assert made.payment == made.rows[0].interest == 41_667
    assert made.rows[12].payment == table(replace(PLAIN, instalments=108)).payment


def test_a_capped_payment_may_not_cover_its_interest_and_the_balance_grows() -> None:
    step = RateStep(13, Fraction(20, 100), payment_cap=Fraction(105, 100))
    made = table(replace(PLAIN, steps=(step,)))
    assert made.rows[12].principal < 0
    assert made.rows[12].payment == round(made.payment * Fraction(105, 100))


def test_a_new_rate_without_a_new_payment_only_moves_the_split() -> None:
    made = table(replace(PLAIN, steps=(RateStep(13, Fraction(6, 100), is_recast=False),)))
    assert made.rows[12].payment == made.payment
    assert made.rows[12].interest == round(made.rows[11].balance * Fraction(6, 1200))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"principal": 0}, "principal-not-positive"),
        ({"instalments": 0}, "instalments-out-of-range"),
        ({"every": 0}, "instalments-out-of-range"),
        ({"amortized_over": 100}, "instalments-out-of-range"),
        ({"rate": Fraction(-1)}, "contract-rate-negative"),
        ({"steps": (RateStep(2, Fraction(-1)),)}, "contract-rate-negative"),
        ({"interest_only": 120}, "grace-leaves-no-row"),
        ({"convention": TableConvention(days_in_year=360)}, "table-start-missing"),
        ({"steps": (RateStep(1, Fraction(1)),)}, "rate-steps-out-of-order"),
        ({"steps": (RateStep(3, Fraction(1)), RateStep(3, Fraction(1)))}, "rate-steps-out-of-order"),
        ({"steps": (RateStep(121, Fraction(1)),)}, "rate-steps-out-of-order"),
    ],
)
def test_terms_that_cannot_be_a_table_are_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        replace(PLAIN, **change)
