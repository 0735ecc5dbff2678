"""Money before its day on a loan that bears interest: which rows take it, and how much of it each.

Wants to prove: a row in advance takes up to the instalment as pure principal under every excess rule, and
interest that a settled row left to the last one is taken from the next payment. How: small loans by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from duewell.domain.calendar import DaysInMonth, Frequency
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, fold
from duewell.domain.money import Rounding
from duewell.domain.product import Allocation, Amortization, Convention, ExcessRule, LoanTerms, Part
from tests.domain.loan.stories import check
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
    ]
    out = fold(terms, facts, as_of=date(2024, 1, 20)).principal_out
    facts += [paid(date(2024, 1, 20), out), paid(date(2024, 2, 20), 100)]
    state = fold(terms, facts, as_of=date(2024, 3, 2))
    left = state.rows[1].due[Part.INTEREST]
    assert left > 0, "interest from 16 to 20 January stands in the last row"
    assert state.applied[-1].parts == (0, 0, left, 0)
    assert ageing(state).dpd == 0


def test_without_interest_the_last_row_takes_its_charges_and_principal_before_the_one_before_it() -> None:
    terms = replace(
        SIX, rate=Fraction(0), instalments=2, allocation=Allocation(excess=(("repayment", ExcessRule.LAST),))
    )
    fee = Fact(FactKind.FEE_CHARGED, date(2024, 1, 5), date(2024, 1, 5), "bank", "fee", amount=100)
    rows = fold(terms, [disbursed(terms), fee, paid(date(2024, 1, 10), 5_050)], as_of=date(2024, 1, 10)).rows
    assert [tuple(r.paid) for r in rows] == [(0, 50, 0, 0), (0, 0, 0, 5_000)]


def test_money_lent_again_is_not_in_the_instalments_too() -> None:
    """A refund is asked in the row of its day; a tranche in that row sets the instalment without it.

    The payment ahead keeps the instalment from being fitted, which would hide the error.
    """
    terms = replace(SIX, rate=Fraction(0), principal=60_000)
    day = date(2024, 1, 10)
    refund = Fact(FactKind.REFUNDED, day, day, "bank", "back", amount=600)
    tranche = Fact(FactKind.DISBURSED, date(2024, 1, 20), date(2024, 1, 20), "bank", "more", amount=6_000)
    rows = fold(
        terms, [disbursed(terms), paid(date(2024, 1, 5), 100), refund, tranche], as_of=date(2024, 1, 20)
    ).rows
    assert [r.due[Part.PRINCIPAL] for r in rows] == [11_600, 11_000, 11_000, 11_000, 11_000, 11_000]


def test_money_lent_again_in_a_principal_grace_is_paid_before_the_rows_after_it() -> None:
    terms = replace(SIX, grace_principal=2)
    day = date(2024, 1, 10)
    refund = Fact(FactKind.REFUNDED, day, day, "bank", "back", amount=600)
    rows = fold(
        terms, [disbursed(terms), refund, paid(date(2024, 1, 20), 1_000)], as_of=date(2024, 1, 20)
    ).rows
    assert rows[0].paid[Part.PRINCIPAL] == 600


def test_interest_a_last_row_settled_ahead_held_is_asked_once_by_the_new_plan() -> None:
    """Rows 1 and 3 are settled on the first day; the re-age asks 44 of row 2, 22 of row 3, 342 of its own."""
    terms = LoanTerms(
        principal=28_310,
        start=date(2024, 1, 27),
        instalments=3,
        rate=Fraction(3597, 10_000),
        every=3,
        frequency=Frequency.DAYS,
        convention=Convention(
            rounding=Rounding.DOWN,
            instalment_rounding=Rounding.DOWN,
            days_in_month=DaysInMonth.ACTUAL,
            amortization=Amortization.EQUAL_PRINCIPAL,
        ),
        allocation=Allocation(excess=(("repayment", ExcessRule.LAST),)),
    )
    check(
        terms,
        """
        2024-01-27 lend 283.10     -> ask1 95.20
        2024-01-27 pay 206.96      -> row1 0.00 row3 0.00 out 76.14
        2024-11-22 re-age into 1 from 2025-01-06 every 1 months -> interest4 4.08 principal4 76.14
        """,
    )


FIXED = LoanTerms(120_000, date(2026, 1, 1), 4, Fraction(12, 100), instalment=15_000)
"""150.00 a month was agreed; the last row asks all that is left, 789.67."""


def test_what_a_fixed_instalment_leaves_is_due_with_the_last_row_however_much_is_paid_ahead() -> None:
    """Of 500.00 the last row takes 350.00 ahead; the two before it still ask 150.00, and it asks the rest."""
    check(
        replace(FIXED, allocation=Allocation(excess=(("repayment", ExcessRule.LAST),))),
        """
        2026-01-01 lend 1200.00    -> ask1 150.00 ask2 150.00 ask3 150.00 ask4 789.67
        2026-01-07 pay 500.00      -> interest 2.32 principal 497.68 row1 0.00 row2 150.00 row3 150.00
        2026-01-07 look            -> row4 424.87 out 702.32
        """,
    )


def test_money_ahead_of_a_fixed_instalment_is_no_credit_while_principal_is_out() -> None:
    """The third row, in its interest grace, asks nothing and is not full; the last took only 150.00 then."""
    check(
        replace(FIXED, instalments=5, grace_interest=3),
        """
        2026-01-01 lend 1200.00    -> ask4 181.85 ask5 646.07
        2026-01-07 pay 445.00      -> interest 2.32 principal 442.68 row1 0.00 row2 0.00 row3 0.00
        2026-01-19 pay 500.00      -> principal 500.00 overpaid 0.00 row3 0.00 row4 0.00 out 257.32
        2026-01-19 look            -> row5 271.61 credit 0.00
        """,
    )
