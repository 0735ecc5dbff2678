"""Pitfalls that other servicing systems fell into, each told as a story.

Wants to prove: none of them is ours. How: one story a pitfall, as the public reports tell it; the figures are
worked by hand from the conventions (docs/reference/conventions.md).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest

from duewell.domain.calendar import DaysInMonth, DaysInYear
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import Recorder, fold
from duewell.domain.product import Convention, LoanTerms, PenaltyTerms
from tests.domain.loan.stories import check

YEAR = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))
LATE = replace(YEAR, penalty=PenaltyTerms(rate=Fraction(18, 100), grace_days=3))
FREE = replace(YEAR, rate=Fraction(0))


def test_a_payment_may_be_dated_before_an_older_one_already_posted() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00     -> out 1200.00
        2026-02-10 pay 106.62 #b    -> interest 12.00 principal 94.62 dpd 0
        2026-02-01 pay 106.62 #a    -> interest 12.00 principal 94.62 dpd 0
        2026-02-10 look             -> out 1002.31 dpd 0
        """,
    )


def test_a_penalty_taken_back_with_its_payment_is_charged_again() -> None:
    """A returned payment leaves the row unpaid all along: the penalty runs from its due date."""
    check(
        LATE,
        """
        2026-01-01 lend 1200.00     -> out 1200.00
        2026-02-01 pay 106.62 #a    -> interest 12.00 principal 94.62
        2026-02-11 look             -> penalty1 0.00 dpd 0
        2026-02-11 return a         -> penalty1 0.47 dpd 10 overdue 107.09
        """,
    )


def test_accrual_periods_never_overlap() -> None:
    """However a row is cut by payments, its slices cover each of its days once."""
    terms = YEAR
    facts = [Fact(FactKind.DISBURSED, terms.start, terms.start, "t", "0", amount=terms.principal)]
    facts += [
        Fact(FactKind.PAYMENT_RECEIVED, date(2026, m, d), date(2026, m, d), "t", f"{m}-{d}", amount=3_000)
        for m in range(1, 7)
        for d in (1, 5, 17, 28)
        if (m, d) != (1, 1)
    ]
    recorder = Recorder()
    state = fold(terms, facts, as_of=date(2026, 7, 1), recorder=recorder)
    for row in state.rows:
        pieces = sorted((s.start, s.end) for s in recorder.of_row(row.nr) if s.base)
        assert all(a[1] <= b[0] for a, b in pairwise(pieces))
        assert all(row.start <= start < end <= row.due_on for start, end in pieces)


def test_what_is_charged_off_follows_when_an_older_repayment_is_taken_back() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00     -> out 1200.00
        2026-02-01 pay 106.62 #a    -> interest 12.00 principal 94.62
        2026-04-01 charge-off       -> claim 1127.48 interest 22.10 principal 1105.38
        2026-04-01 return a         -> claim 1236.00
        """,
    )


def test_a_second_disbursement_on_a_due_date_bears_interest_from_the_next_day() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00     -> out 1200.00
        2026-02-01 lend 600.00      -> interest1 12.00 out 1800.00
        2026-02-01 look             -> interest2 17.05
        """,
    )


def test_a_down_payment_taken_back_is_owed_from_the_first_day() -> None:
    check(
        replace(FREE, down_payment_share=Fraction(1, 4), instalments=3),
        """
        2026-01-01 lend 1200.00     -> row1 300.00 row2 300.00
        2026-01-01 pay 300.00 #d    -> row1 0.00 dpd 0
        2026-01-11 reverse d        -> row1 300.00 dpd 10 overdue 300.00 since 2026-01-01
        """,
    )


def test_a_payment_charged_back_is_counted_once_in_what_is_asked() -> None:
    """Returned, the first row asks again what it asked; the second asks nothing more for it."""
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00     -> ask1 106.62 ask2 106.62
        2026-02-01 pay 106.62 #a    -> row1 0.00 row2 106.62
        2026-02-05 return a         -> row1 106.62 row2 106.62 overdue 106.62 outstanding 1212.00
        """,
    )


def test_a_fee_after_maturity_is_late_from_its_own_day_not_from_the_last_instalment() -> None:
    check(
        replace(FREE, instalments=2),
        """
        2026-01-01 lend 1200.00     -> rows 2
        2026-02-01 pay 600.00       -> out 600.00
        2026-03-01 pay 600.00       -> out 0.00
        2026-06-15 fee 20.00        -> rows 3 due3 2026-06-15 fee3 20.00 dpd 0 out 0.00
        2026-06-20 look             -> dpd 5 overdue 20.00 since 2026-06-15
        2026-06-20 fee 5.00         -> rows 4 fee4 5.00 dpd 5
        2026-06-20 pay 25.00        -> fee 25.00 overdue 0.00 dpd 0
        """,
    )


def test_due_dates_at_the_end_of_a_month_come_back_to_it() -> None:
    check(
        replace(FREE, start=date(2027, 10, 31), instalments=6),
        """
        2027-10-31 lend 1200.00     -> due1 2027-11-30 due2 2027-12-31 due4 2028-02-29 due5 2028-03-31
        """,
    )


ACTUAL = Convention(days_in_month=DaysInMonth.ACTUAL, days_in_year=DaysInYear.ACTUAL)


def test_a_leap_day_is_a_day_of_a_year_of_366() -> None:
    """31 January to 29 February 2028: 29 days of 366; to 31 March another 31."""
    check(
        replace(YEAR, start=date(2028, 1, 31), instalments=2, convention=ACTUAL),
        """
        2028-01-31 lend 1200.00     -> interest1 11.41 due1 2028-02-29 due2 2028-03-31
        """,
    )


def test_a_year_end_inside_a_row_is_counted_on_both_sides() -> None:
    """15 December 2027 to 15 January 2028: 16 days of 365 and 15 of 366."""
    check(
        replace(YEAR, start=date(2027, 12, 15), instalments=1, convention=ACTUAL),
        """
        2027-12-15 lend 1200.00     -> interest1 12.21
        """,
    )


def test_a_payoff_on_a_due_date_asks_for_that_row_and_nothing_of_the_next() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00     -> out 1200.00
        2026-02-01 look             -> payoff 1212.00
        2026-02-01 settle           -> interest 12.00 principal 1200.00 out 0.00 overpaid 0.00
        2026-03-05 look             -> dpd 0 outstanding 0.00
        """,
    )


def test_a_loan_overpaid_and_then_reopened_owes_what_it_would_have() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00     -> out 1200.00
        2026-02-01 pay 106.62 #a    -> out 1105.38
        2026-03-01 pay 1200.00 #b   -> out 0.00 overpaid 83.57
        2026-04-10 look             -> dpd 0 credit 83.57
        2026-04-10 return b         -> dpd 40 credit 0.00 overdue 213.24 since 2026-03-01
        """,
    )


@pytest.mark.parametrize(
    ("start", "third"), [(date(2026, 1, 30), date(2026, 4, 30)), (date(2026, 1, 5), date(2026, 4, 5))]
)
def test_a_weekend_moves_no_due_date_of_a_contract_that_does_not_say_so(start: date, third: date) -> None:
    """4 and 5 April 2026 are a weekend; days past due count from the day agreed."""
    check(replace(FREE, start=start), f"{start} lend 1200.00 -> due3 {third}")
