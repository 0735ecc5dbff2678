"""Each convention told as a story: a loan of 1,200.00 at 12 % over a year, and what it makes of it.

Wants to prove: every convention a product may name gives the figures its rule gives by hand; what two
conventions do differently is seen side by side. How: text tables (see stories.py); an oracle that shares no
code with the engine holds the same rules over random loans (tests/oracle).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from duewell.domain.calendar import DaysInMonth, DaysInYear, Frequency
from duewell.domain.money import Rounding
from duewell.domain.product import (
    Allocation,
    Amortization,
    Convention,
    Engine,
    ExcessRule,
    InterestMethod,
    LoanTerms,
    PenaltyMode,
    PenaltyTerms,
    Prepayment,
)
from tests.domain.loan.stories import check

YEAR = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))
C = Engine.CUMULATIVE


def by(**more: object) -> LoanTerms:
    """The loan under a convention of its own."""
    return replace(YEAR, convention=Convention(**more))  # type: ignore[arg-type]


def excess(rule: ExcessRule) -> Allocation:
    return Allocation(excess=(("repayment", rule),))


STORIES: dict[str, tuple[LoanTerms, str]] = {
    "equal instalments": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62 interest1 12.00 principal1 94.62
        2026-01-01 look              -> interest2 11.05 ask11 106.62 ask12 106.60
        2026-03-01 look              -> interest3 10.11 outstanding 1224.00
        """,
    ),
    "equal principal": (
        by(amortization=Amortization.EQUAL_PRINCIPAL),
        """
        2026-01-01 lend 1200.00      -> ask1 112.00 ask2 111.00 ask3 110.00 ask12 101.00 principal7 100.00
        """,
    ),
    "flat": (
        by(interest_method=InterestMethod.FLAT, engine=C),
        """
        2026-01-01 lend 1200.00      -> ask1 112.00 interest1 12.00 interest12 12.00 ask12 112.00
        2026-01-16 pay 500.00        -> interest 60.00 principal 440.00
        2026-02-01 look              -> interest2 12.00
        """,
    ),
    "bullet": (
        replace(YEAR, grace_principal=11),
        """
        2026-01-01 lend 1200.00      -> ask1 12.00 principal1 0.00 ask11 12.00 ask12 1212.00
        """,
    ),
    "interest only, then instalments": (
        replace(YEAR, grace_principal=6),
        """
        2026-01-01 lend 1200.00      -> ask6 12.00 ask7 207.06 principal7 195.06 ask12 207.05
        """,
    ),
    "balloon": (
        replace(YEAR, balloon=60_000),
        """
        2026-01-01 lend 1200.00      -> ask1 59.31 interest1 12.00 ask11 59.31
        2026-01-01 look              -> ask12 659.32 principal12 652.79
        """,
    ),
    "balloon, equal principal": (
        replace(by(amortization=Amortization.EQUAL_PRINCIPAL), balloon=60_000),
        """
        2026-01-01 lend 1200.00      -> ask1 62.00 principal2 50.00 ask12 656.50
        """,
    ),
    "fixed instalment": (
        replace(YEAR, instalment=11_000),
        """
        2026-01-01 lend 1200.00      -> ask1 110.00 ask11 110.00 ask12 67.11
        """,
    ),
    "instalment in whole tens": (
        by(instalment_multiple=1000),
        """
        2026-01-01 lend 1200.00      -> ask1 110.00 ask11 110.00 ask12 67.11
        """,
    ),
    "interest collected after a grace": (
        replace(YEAR, grace_interest=3),
        """
        2026-01-01 lend 1200.00      -> interest1 0.00 interest3 0.00 interest4 42.28 ask4 139.77
        """,
    ),
    "every two weeks": (
        replace(YEAR, frequency=Frequency.WEEKS, every=2, instalments=26),
        """
        2026-01-01 lend 1200.00      -> due1 2026-01-15 ask1 49.12 interest1 5.60 due26 2026-12-31 ask26 49.08
        """,
    ),
    "every ten days": (
        replace(
            YEAR,
            frequency=Frequency.DAYS,
            every=10,
            instalments=6,
            convention=Convention(days_in_month=DaysInMonth.ACTUAL, days_in_year=DaysInYear.D365),
        ),
        """
        2026-01-01 lend 1200.00      -> due1 2026-01-11 ask1 202.31 interest1 3.95 due6 2026-03-02 ask6 202.29
        """,
    ),
    "every quarter": (
        replace(YEAR, every=3, instalments=4),
        """
        2026-01-01 lend 1200.00      -> due1 2026-04-01 interest1 36.00
        2026-01-01 look              -> ask1 322.83 due4 2027-01-01 ask4 322.84
        """,
    ),
    "days over 365": (
        by(days_in_month=DaysInMonth.ACTUAL, days_in_year=DaysInYear.D365),
        """
        2026-01-01 lend 1200.00      -> interest1 12.23 interest2 10.18 ask1 106.59 ask12 106.59
        """,
    ),
    "days over 360": (
        by(days_in_month=DaysInMonth.ACTUAL, days_in_year=DaysInYear.D360),
        """
        2026-01-01 lend 1200.00      -> interest1 12.40 interest2 10.32 ask1 106.68 ask12 106.72
        """,
    ),
    "days over 364": (
        by(days_in_month=DaysInMonth.ACTUAL, days_in_year=DaysInYear.D364),
        """
        2026-01-01 lend 1200.00      -> interest1 12.26 interest2 10.21 ask1 106.61 ask12 106.59
        """,
    ),
    "paid late, recalculated": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> interest2 11.05
        2026-03-01 look              -> interest2 12.00 overdue 106.62
        2026-03-01 pay 213.24        -> interest 24.00 principal 189.24 out 1010.76
        2026-12-31 look              -> interest12 9.83 ask12 152.00
        """,
    ),
    "paid late, as agreed (cumulative, no recalculation)": (
        by(is_recalculated_daily=False, engine=C),
        """
        2026-01-01 lend 1200.00      -> interest2 11.05
        2026-03-01 look              -> interest2 11.05 overdue 106.62
        2026-03-01 pay 213.24        -> interest 23.05 principal 190.19 out 1009.81
        """,
    ),
    "paid early: next rows first": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-01 pay 319.86        -> interest 12.00 principal 307.86 row2 0.00
        2026-02-01 look              -> row3 0.00 row4 106.62 ask12 102.78
        """,
    ),
    "paid early: last rows first": (
        replace(YEAR, allocation=excess(ExcessRule.LAST)),
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-01 pay 319.86        -> interest 12.00 principal 307.86 row2 0.00 row11 93.12 row12 0.00
        """,
    ),
    "paid early: spread": (
        replace(YEAR, allocation=excess(ExcessRule.SPREAD)),
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-01 pay 216.62        -> interest 12.00 principal 204.62 row2 0.00 row12 104.76
        """,
    ),
    "paid early: spread, and spread again over a row that is a cent short": (
        replace(YEAR, instalments=3, balloon=90_000, allocation=excess(ExcessRule.SPREAD)),
        """
        2026-01-01 lend 1200.00      -> ask1 111.01 ask2 111.01 ask3 1011.00
        2026-01-16 pay 333.01        -> interest 5.81 principal 327.20 principal2 111.00
        2026-01-17 pay 100.00        -> principal 100.00 principal2 111.01 row2 0.00
        """,
    ),
    "paid early: smaller instalments (cumulative)": (
        by(engine=C),
        """
        2026-01-01 lend 1200.00      -> ask2 106.62
        2026-02-01 pay 306.62        -> interest 12.00 principal 294.62 ask2 87.33 ask12 87.30 rows 12
        """,
    ),
    "paid early: fewer instalments (cumulative)": (
        by(prepayment=Prepayment.REDUCE_NUMBER, engine=C),
        """
        2026-01-01 lend 1200.00      -> ask2 106.62
        2026-02-01 pay 306.62        -> interest 12.00 principal 294.62 ask2 106.62 rows 10 ends 2026-11-01
        """,
    ),
    "paid early: next instalments skipped (cumulative)": (
        by(prepayment=Prepayment.SKIP_NEXT, engine=C),
        """
        2026-01-01 lend 1200.00      -> ask2 106.62
        2026-02-01 pay 306.62        -> interest 12.00 principal 294.62 ask2 9.05
        2026-02-01 look              -> ask3 9.05 ask4 101.76 rows 12
        """,
    ),
    "interest paused": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> interest2 11.05
        2026-02-02 pause until 2026-02-15 -> interest2 5.53 ask2 106.62 ask12 100.51
        """,
    ),
    "rate changed": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask2 106.62
        2026-02-01 rate 6%           -> interest1 11.81 interest2 5.54 ask2 103.78 ask12 103.76
        """,
    ),
    "payoff to the row end": (
        by(payoff_to_row_end=True),
        """
        2026-01-01 lend 1200.00      -> payoff 1212.00
        2026-01-16 look              -> payoff 1212.00
        2026-01-16 settle            -> interest 12.00 principal 1200.00 out 0.00
        """,
    ),
    "payoff to the day": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> payoff 1200.00
        2026-01-16 look              -> payoff 1205.81
        2026-01-16 settle            -> interest 5.81 principal 1200.00 out 0.00
        """,
    ),
    "down payment": (
        replace(YEAR, down_payment_share=Fraction(1, 4), instalments=3, rate=Fraction(0)),
        """
        2026-01-01 lend 1200.00      -> row1 300.00 due1 2026-01-01 row2 300.00 row4 300.00
        """,
    ),
    "two tranches": (
        replace(YEAR, instalments=4),
        """
        2026-01-01 lend 1200.00      -> ask1 307.54
        2026-01-16 lend 600.00       -> interest1 15.10 ask1 460.56 ask2 460.56 out 1800.00
        """,
    ),
    "due date moved": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-01-20 move 2026-02-01 to 2026-02-18 -> due1 2026-02-18 due2 2026-03-18 principal 0.00
        2026-01-20 look                          -> interest1 19.29 ask1 106.62 ends 2027-01-18
        """,
    ),
    "due date moved before the grace of a penalty in place of interest is over": (
        replace(YEAR, penalty=PenaltyTerms(rate=Fraction(18, 100), grace_days=20, mode=PenaltyMode.REPLACES)),
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-10 look              -> dpd 9 penalty1 0.00
        2026-02-10 move 2026-02-01 to 2026-02-18 -> dpd 0 interest1 19.29
        2026-02-18 pay 106.62        -> interest 19.29 principal 87.33 row1 0.00 out 1112.67
        2026-03-10 look              -> interest2 11.13 penalty1 0.00 payoff 1120.62
        """,
    ),
    "three more instalments": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask2 106.62
        2026-02-01 extend by 3 from 2026-03-01 -> ask1 106.62 ask2 85.00 ends 2027-04-01 principal 0.00
        """,
    ),
    "arrears into six new instalments": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-04-10 look              -> dpd 68 overdue 319.86
        2026-04-10 re-age into 6 from 2026-05-10 every 1 months -> dpd 0 overdue 0.00
        2026-04-10 look                                         -> outstanding 1239.60 rows 10 ends 2026-10-10
        """,
    ),
    "a new plan from month end to month end": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-28 re-age into 3 from 2026-03-31 every 1 months -> due3 2026-03-31 due5 2026-05-31
        2026-02-28 look              -> interest4 15.90 interest5 11.91
        """,
    ),
    "a new plan after money was paid ahead": (
        replace(YEAR, instalments=3),
        """
        2026-01-01 lend 1200.00      -> ask1 408.03
        2026-01-16 pay 500.00        -> interest 5.81 principal 494.19 out 705.81
        2026-01-20 re-age into 2 from 2026-02-20 every 1 months -> out 705.81 rows 4
        2026-01-20 look              -> interest3 7.97 interest4 3.56
        """,
    ),
    "a new plan as agreed, without recalculation": (
        by(is_recalculated_daily=False, engine=C),
        """
        2026-01-01 lend 1200.00      -> interest2 11.05
        2026-02-10 re-age into 2 from 2026-03-10 every 1 months -> principal 1200.00 rows 4
        2026-02-10 look              -> interest3 19.77 interest4 13.81
        """,
    ),
    "a new plan every two months where real days count: 61 of them are not 60": (
        by(days_in_month=DaysInMonth.ACTUAL, days_in_year=DaysInYear.D365),
        """
        2026-01-01 lend 1200.00      -> interest1 12.23
        2026-02-10 re-age into 3 from 2026-04-10 every 2 months -> due4 2026-06-10 due5 2026-08-10
        2026-02-10 look              -> interest3 28.54 principal3 392.60 interest4 21.45
        """,
    ),
    "a new plan where the last row was paid ahead and the one before it is late": (
        replace(YEAR, instalments=3, allocation=excess(ExcessRule.LAST)),
        """
        2026-01-01 lend 1200.00      -> ask3 408.02
        2026-01-16 pay 900.00        -> interest 5.81 principal 894.19 row1 0.00 row3 0.00 out 305.81
        2026-03-15 look              -> interest2 4.63 interest3 1.38 payoff 311.82
        2026-03-15 re-age into 2 from 2026-04-15 every 1 months -> outstanding 311.82 payoff 311.82
        2026-03-15 look              -> row2 0.00 row3 0.00 interest4 6.06 interest5 4.55
        """,
    ),
    "a new plan for the last cent": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> out 1200.00
        2026-01-16 pay 1205.80       -> interest 5.81 principal 1199.99 out 0.01
        2026-01-20 re-age into 1 from 2026-02-20 every 1 months -> void - principal 0.01 ends 2026-02-20
        """,
    ),
    "a new plan, then one more instalment of it": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-10 re-age into 2 from 2026-02-24 every 2 weeks -> due3 2026-02-24 due4 2026-03-10
        2026-02-11 extend by 1 from 2026-03-10 -> rows 5 due5 2026-03-24
        """,
    ),
    "arrears spread on a due date: its row is still to come": (
        replace(YEAR, rate=Fraction(0)),
        """
        2026-01-01 lend 1200.00      -> ask2 100.00
        2026-03-01 re-amortize       -> ask1 0.00 ask2 109.09 ask11 109.09 ask12 109.10 principal 100.00
        """,
    ),
    "charges of a loan whose plan is paid: one row a day": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> rows 12
        2026-01-01 settle            -> out 0.00
        2027-02-01 fee 5.00          -> rows 13 ask13 5.00
        2027-02-01 penalty 2.00      -> rows 13 ask13 7.00
        2027-02-02 fee 1.00          -> rows 14 ask14 1.00 dpd 1 overdue 7.00
        """,
    ),
    "a fixed instalment, and more instalments": (
        replace(YEAR, instalment=11_000),
        """
        2026-01-01 lend 1200.00      -> ask2 110.00
        2026-02-01 extend by 3 from 2026-03-01 -> ask1 110.00 ask2 84.75
        """,
    ),
    "a rate from the first day of a row counts for all of it, as agreed": (
        by(is_recalculated_daily=False, engine=C),
        """
        2026-01-01 lend 1200.00      -> interest2 11.05
        2026-02-02 rate 6%           -> interest1 12.00 interest2 5.53
        """,
    ),
    "a rate from the second day of a row counts from the next, as agreed": (
        by(is_recalculated_daily=False, engine=C),
        """
        2026-01-01 lend 1200.00      -> interest2 11.05
        2026-02-03 rate 6%           -> interest1 12.00 interest2 11.05 interest3 5.05
        """,
    ),
    "a cent is waived": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-01 waive interest 0.01 -> interest 0.01 row1 106.61
        """,
    ),
    "what is past due comes first, also after a part of it was waived": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-01 pay 96.62         -> interest 12.00 principal 84.62 row1 10.00
        2026-02-05 waive principal 1.00 -> row1 9.00
        2026-02-06 pay 50.00         -> interest 1.99 principal 48.01 row1 0.00 dpd 0
        """,
    ),
    "paid too much, and paid out again": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> ask1 106.62
        2026-02-01 pay 1300.00       -> overpaid 88.00 credit 88.00
        2026-02-02 refund 50.00      -> overpaid -50.00 credit 38.00 out 0.00
        2026-02-03 refund 40.00      -> overpaid -38.00 credit 0.00 out 2.00
        """,
    ),
    "settled to the row end, then lent again before it": (
        by(payoff_to_row_end=True),
        """
        2026-01-01 lend 1200.00      -> payoff 1212.00
        2026-01-16 settle            -> interest 12.00 out 0.00
        2026-01-20 lend 600.00       -> out 600.00
        """,
    ),
    "dates of its own, and one more": (
        replace(YEAR, instalments=3, due_dates=(date(2026, 2, 5), date(2026, 3, 1), date(2026, 4, 10))),
        """
        2026-01-01 lend 1200.00      -> due1 2026-02-05 due3 2026-04-10
        2026-02-05 extend by 2 from 2026-03-01 -> due4 2026-05-10 due5 2026-06-10
        """,
    ),
    "arrears spread over what is left": (
        replace(YEAR, rate=Fraction(0)),
        """
        2026-01-01 lend 1200.00      -> ask4 100.00
        2026-03-15 re-amortize       -> ask1 0.00 ask2 0.00 ask4 120.00 ask12 120.00 dpd 0
        """,
    ),
    "waived and written off": (
        replace(YEAR, penalty=PenaltyTerms(rate=Fraction(18, 100), grace_days=3)),
        """
        2026-01-01 lend 1200.00      -> out 1200.00
        2026-02-11 look              -> penalty1 0.47 overdue 107.09
        2026-02-11 waive penalty 0.47 -> penalty 0.47 overdue 106.62
        2026-03-01 charge-off        -> claim 1224.85 interest 24.00 principal 1200.00 penalty 0.85
        2026-06-01 recover 100.00    -> claim 1124.85 penalty 0.85 interest 24.00 principal 75.15
        """,
    ),
    "a fee left open after all principal is paid, written off": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> out 1200.00
        2026-01-16 settle            -> out 0.00
        2026-02-10 fee 5.00          -> outstanding 0.00
        2026-04-10 charge-off        -> void - claim 5.00 fee 5.00 principal 0.00
        """,
    ),
    "a penalty once": (
        replace(YEAR, penalty=PenaltyTerms(pct=Fraction(5, 100), grace_days=3)),
        """
        2026-01-01 lend 1200.00      -> out 1200.00
        2026-02-04 look              -> penalty1 0.00
        2026-02-05 look              -> penalty1 4.73 overdue 111.35
        2026-05-01 look              -> penalty1 4.73 penalty2 4.73 penalty3 4.73
        """,
    ),
    "charges of so many per cent": (
        YEAR,
        """
        2026-01-01 lend 1200.00      -> out 1200.00
        2026-01-15 fee 1% of scheduled principal -> fee 12.00 fee1 12.00
        2026-01-15 penalty 2% of scheduled interest -> penalty 1.59
        2026-01-15 fee 0.5% of scheduled principal + interest -> fee 6.40
        """,
    ),
    "instalment and interest rounded half-even": (
        replace(
            by(rounding=Rounding("half-even"), instalment_rounding=Rounding("half-even")),
            rate=Fraction(13, 100),
        ),
        """
        2026-01-01 lend 1200.00      -> ask1 107.18 interest1 13.00 interest2 11.98 ask12 107.20
        """,
    ),
    "instalment and interest rounded half-up": (
        replace(
            by(rounding=Rounding("half-up"), instalment_rounding=Rounding("half-up")), rate=Fraction(13, 100)
        ),
        """
        2026-01-01 lend 1200.00      -> ask1 107.18 interest1 13.00 interest2 11.98 ask12 107.20
        """,
    ),
    "instalment and interest rounded up": (
        replace(by(rounding=Rounding("up"), instalment_rounding=Rounding("up")), rate=Fraction(13, 100)),
        """
        2026-01-01 lend 1200.00      -> ask1 107.18 interest1 13.00 interest2 11.98 ask12 107.24
        """,
    ),
    "instalment and interest rounded down": (
        replace(by(rounding=Rounding("down"), instalment_rounding=Rounding("down")), rate=Fraction(13, 100)),
        """
        2026-01-01 lend 1200.00      -> ask1 107.18 interest1 13.00 interest2 11.97 ask12 107.12
        """,
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_loan_by(name: str) -> None:
    check(*STORIES[name])
