"""Interest of the first rows is collected with the first row after them, once.

Wants to prove: what was deferred is not asked again when it is paid, and whoever settles the loan pays it.
How: a flat loan of two rows, and one of 1,200.00 at 12 % over four, two of them in the grace, by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, fold, prove
from duewell.domain.product import Convention, Engine, InterestMethod, LoanTerms, Part, Prepayment
from tests.domain.loan.stories import check
from tests.domain.loan.test_proof import value
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


FOUR = LoanTerms(120_000, date(2026, 1, 1), 4, Fraction(12, 100), grace_interest=2)


def test_whoever_settles_a_loan_in_or_after_its_interest_grace_pays_what_was_deferred() -> None:
    """12.00 a month was deferred; half of February is 5.81 of it, to the cent and no more."""
    for on, payoff, interest in (
        ("2026-02-01", "1212.00", "12.00"),
        ("2026-02-15", "1218.00", "18.00"),
        ("2026-03-01", "1224.00", "24.00"),
    ):
        check(
            FOUR,
            f"""
            2026-01-01 lend 1200.00  -> interest1 0.00 interest2 0.00
            {on} look                -> payoff {payoff}
            {on} settle              -> principal 1200.00 interest {interest} overpaid 0.00 out 0.00
            2026-09-01 look          -> credit 0.00 dpd 0
            """,
        )


def test_interest_paid_before_its_day_in_a_grace_is_not_deferred_too() -> None:
    """5.00 of January's 12.00 is paid on the 21st, so 7.00 of it waits for the first row after the grace."""
    check(
        FOUR,
        """
        2026-01-01 lend 1200.00  -> interest1 0.00
        2026-01-21 pay 5.00      -> interest 5.00 interest1 5.00 row1 295.54
        2026-02-01 look          -> interest1 5.00 outstanding 1200.00
        """,
    )


def test_a_row_in_its_grace_takes_ahead_what_its_own_interest_leaves_of_the_instalment() -> None:
    """Of 307.54 the interest of half of February takes 4.52; January's 12.00 waits, and takes nothing."""
    check(
        FOUR,
        """
        2026-01-01 lend 1200.00  -> principal1 295.54
        2026-02-01 pay 295.54    -> interest 0.00 principal 295.54
        2026-02-15 pay 350.00    -> interest 4.52 principal 345.48 principal2 303.02 row2 0.00
        """,
    )


def test_a_row_that_asks_nothing_in_its_grace_is_no_end_of_the_schedule() -> None:
    """Also where a payment ahead would lead to fewer rows: January asks nothing, and is a row."""
    convention = Convention(engine=Engine.CUMULATIVE, prepayment=Prepayment.REDUCE_NUMBER)
    check(
        replace(FOUR, instalments=2, grace_principal=1, grace_interest=1, convention=convention),
        """
        2026-01-01 lend 1200.00  -> rows 2 ask1 0.00 interest2 24.00 ask2 1224.00
        """,
    )


def test_the_instalment_leaves_room_for_interest_whenever_it_is_collected() -> None:
    check(
        FOUR,
        """
        2026-01-01 lend 1200.00      -> interest1 0.00 principal1 295.54 interest2 0.00 principal2 298.50
        2026-01-01 look              -> interest3 27.10 principal3 301.48 interest4 3.04 principal4 304.48
        """,
    )


def test_what_settles_the_loan_asks_what_was_deferred_and_leaves_nothing() -> None:
    check(
        FOUR,
        """
        2026-01-01 lend 1200.00
        2026-02-01 pay 295.54        -> interest 0.00 principal 295.54
        2026-02-15 look              -> payoff 920.98
        2026-02-15 settle            -> interest 16.52 principal 904.46 overpaid 0.00
        2026-12-01 look              -> out 0.00 outstanding 0.00 dpd 0 row3 0.00 row4 0.00
        """,
    )


def test_the_proof_of_a_grace_shows_every_month_in_the_row_that_asks_it() -> None:
    row = prove(FOUR, [disbursed(FOUR)], as_of=FOUR.start).rows[2]
    due = row.due[Part.INTEREST]
    assert sum(sign * value(each) for sign, each in due.terms) == due.amount == 2_710
    assert value(row.due[Part.PRINCIPAL]) == 30_148
