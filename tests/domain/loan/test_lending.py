"""Money lent after the first disbursement: a tranche, or a refund above what was overpaid.

Wants to prove: what is lent on a day is asked by the first row due after it that can still ask, else by the
last row, open again; never by a row due by then, which would be overdue at once. How: text tables, whose
figures are worked by hand from docs/reference/conventions.md.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from duewell.domain.errors import Conflict
from duewell.domain.product import (
    Allocation,
    Amortization,
    Convention,
    Engine,
    ExcessRule,
    LoanTerms,
    PenaltyMode,
    PenaltyTerms,
    Prepayment,
)
from tests.domain.loan.stories import check

THREE = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=3, rate=Fraction(12, 100))
AHEAD = replace(
    THREE,
    allocation=Allocation(excess=(("repayment", ExcessRule.LAST),)),
    penalty=PenaltyTerms(rate=Fraction(18, 100)),
)
FEWER = replace(
    THREE,
    rate=Fraction(0),
    convention=Convention(
        engine=Engine.CUMULATIVE, is_recalculated_daily=True, prepayment=Prepayment.REDUCE_NUMBER
    ),
)


def test_a_tranche_after_every_later_row_was_paid_ahead_is_asked_by_the_last_row() -> None:
    """Row 2 stays at what it asked; the tranche waits for the last due date and bears no penalty before."""
    check(
        AHEAD,
        """
        2026-01-01 lend 1200.00   -> ask1 408.03
        2026-01-01 pay 1000.00    -> principal 1000.00 row1 0.00 row2 204.00 row3 0.00 out 200.00
        2026-03-10 look           -> row2 204.90 overdue 204.90
        2026-03-10 lend 600.00    -> out 800.00 row2 204.90 row3 604.84 overdue 204.90 dpd 9
        2026-04-01 look           -> row3 606.26 overdue 207.10
        """,
    )


def test_a_refund_after_every_later_row_was_paid_ahead_is_asked_by_the_last_row() -> None:
    check(
        AHEAD,
        """
        2026-01-01 lend 1200.00   -> ask1 408.03
        2026-01-01 pay 1000.00    -> row2 204.00 row3 0.00 out 200.00
        2026-03-10 refund 300.00  -> out 500.00 row2 204.90 row3 302.71 overdue 204.90
        """,
    )


def test_a_refund_in_a_row_paid_ahead_is_asked_by_the_next_row_that_is_open() -> None:
    check(
        THREE,
        """
        2026-01-01 lend 1200.00   -> ask1 408.03 ask3 408.02
        2026-01-01 pay 408.03     -> row1 0.00
        2026-01-11 refund 100.00  -> row1 0.00
        2026-01-11 look           -> row2 508.03
        """,
    )


def test_a_refund_on_a_due_date_is_asked_by_the_next_row() -> None:
    check(
        THREE,
        """
        2026-01-01 lend 1200.00   -> ask1 408.03
        2026-02-01 pay 408.03     -> row1 0.00
        2026-02-01 refund 100.00  -> row1 0.00 row2 508.03
        """,
    )


def test_a_last_row_opened_again_takes_money_early_and_is_settled_again() -> None:
    check(
        AHEAD,
        """
        2026-01-01 lend 1200.00   -> ask1 408.03
        2026-01-01 settle         -> out 0.00 principal 1200.00
        2026-01-11 lend 600.00    -> out 600.00 overdue 0.00
        2026-01-21 settle         -> out 0.00 principal 600.00 interest 1.94 overpaid 0.00
        2026-05-01 look           -> overdue 0.00 dpd 0
        """,
    )


def test_a_loan_settled_after_its_running_row_was_paid_ahead_owes_nothing_more() -> None:
    """Interest since then stands in a later row; whoever settles the loan pays it there and then."""
    check(
        THREE,
        """
        2026-01-01 lend 1200.00   -> ask1 408.03
        2026-01-01 pay 408.03     -> row1 0.00 out 791.97
        2026-01-21 look           -> payoff 797.08
        2026-01-21 settle         -> principal 791.97 interest 5.11 overpaid 0.00 out 0.00
        2026-05-01 look           -> overdue 0.00 dpd 0 credit 0.00
        """,
    )


def test_money_lent_where_few_instalments_are_left_is_not_asked_by_a_row_past_due() -> None:
    """Row 2 asks the 100.00 that were left when it came due; the tranche is asked by the last row."""
    check(
        FEWER,
        """
        2026-01-01 lend 1200.00   -> ask1 400.00
        2026-01-11 pay 1100.00    -> out 100.00 rows 2 row2 100.00
        2026-03-10 look           -> overdue 100.00 since 2026-03-01
        2026-03-10 lend 500.00    -> out 600.00 overdue 100.00 row3 500.00
        """,
    )


def test_a_refund_of_equal_principal_with_fewer_instalments_is_not_asked_before_its_day() -> None:
    convention = replace(FEWER.convention, amortization=Amortization.EQUAL_PRINCIPAL)
    check(
        replace(FEWER, convention=convention),
        """
        2026-01-01 lend 1200.00   -> ask1 400.00
        2026-01-11 pay 1100.00    -> out 100.00 rows 2 row2 100.00
        2026-03-10 refund 250.00  -> out 350.00 overdue 100.00 row3 250.00
        """,
    )


def test_a_tranche_on_a_due_date_is_not_asked_by_the_row_of_that_day() -> None:
    check(
        FEWER,
        """
        2026-01-01 lend 1200.00   -> ask1 400.00
        2026-01-11 pay 1100.00    -> out 100.00 rows 2 row2 100.00
        2026-03-01 lend 500.00    -> out 600.00 row2 100.00 row3 500.00
        """,
    )


def test_a_refund_of_equal_principal_is_asked_beside_the_share_of_its_row() -> None:
    """A third of 1,200.00 and the 100.00 lent again in February's row; interest on all that was out."""
    check(
        replace(THREE, convention=Convention(amortization=Amortization.EQUAL_PRINCIPAL)),
        """
        2026-01-01 lend 1200.00   -> ask1 412.00
        2026-02-01 pay 412.00     -> out 800.00
        2026-02-15 refund 100.00  -> out 900.00 principal2 500.00 interest2 8.50 principal3 400.00
        """,
    )


def test_a_refund_after_the_last_due_date_bears_interest_once_in_the_plan_that_follows() -> None:
    """The penalty replaces interest on what is past due; a month of 1,100.00 in the new plan is 11.00."""
    penalty = PenaltyTerms(rate=Fraction(0), mode=PenaltyMode.REPLACES)
    check(
        replace(THREE, principal=100_000, instalments=1, penalty=penalty),
        """
        2026-01-01 lend 1000.00   -> ask1 1010.00
        2026-02-10 refund 100.00  -> row1 1110.00 out 1100.00
        2026-02-11 re-age into 1 from 2026-03-11 every 1 months -> row2 1121.00
        2026-03-10 look           -> row2 1121.00
        2026-03-11 pay 1121.00    -> interest 21.00 principal 1100.00 out 0.00 row2 0.00
        """,
    )


def test_a_tranche_entered_by_mistake_is_taken_back_though_payments_stand_on_it() -> None:
    """Afterwards the loan is what it is without it; how the loan began stays while anything stands on it."""
    check(
        THREE,
        """
        2026-01-01 lend 1200.00 #d  -> ask1 408.03
        2026-02-01 pay 408.03       -> interest 12.00 principal 396.03 out 803.97
        2026-02-10 lend 600.00 #t   -> out 1403.97
        2026-03-01 pay 408.03       -> row2 303.53
        2026-03-02 reverse t        -> out 403.98 row2 0.00 row3 408.02 void - credit 0.00
        """,
    )
    with pytest.raises(Conflict) as refused:
        check(THREE, "2026-01-01 lend 1200.00 #d\n2026-02-10 lend 600.00 #t\n2026-02-11 reverse d")
    assert refused.value.code == "fact-carries-others"


def test_a_payment_that_only_a_tranche_made_room_for_is_credit_once_it_is_taken_back() -> None:
    check(
        THREE,
        """
        2026-01-01 lend 1200.00   -> out 1200.00
        2026-01-01 lend 600.00 #t -> out 1800.00
        2026-01-01 pay 1500.00    -> out 300.00 credit 0.00
        2026-01-02 reverse t      -> out 0.00 credit 300.00 void -
        """,
    )


def test_money_paid_ahead_to_the_last_row_makes_no_balloon_due_before_its_day() -> None:
    """The running row is settled first; what is left meets the last row, and row 2 asks its instalment."""
    check(
        replace(AHEAD, balloon=60_000),
        """
        2026-01-01 lend 1200.00  -> row1 210.01 row2 210.01 row3 810.02
        2026-01-10 pay 500.00    -> row1 0.00 row2 210.01 row3 510.56 out 703.48
        2026-03-01 look          -> row2 210.01 overdue 0.00
        """,
    )
