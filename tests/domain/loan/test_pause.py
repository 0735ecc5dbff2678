"""A pause of interest beside a payment that sets the instalment anew.

Wants to prove: a pause lowers the interest of its days and no instalment. How: two stories of one loan.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from duewell.domain.product import Convention, Engine, LoanTerms
from tests.domain.loan.stories import check

TERMS = LoanTerms(
    principal=120_000,
    start=date(2026, 1, 1),
    instalments=12,
    rate=Fraction(12, 100),
    convention=Convention(engine=Engine.CUMULATIVE, is_recalculated_daily=True),
)


@pytest.mark.parametrize("pause", ["2026-01-10 look ->", "2026-01-10 pause until 2026-03-20 ->"])
def test_an_instalment_set_anew_is_the_same_whether_interest_is_paused_or_not(pause: str) -> None:
    """888.90 over eleven rows at 1 % a month, though rows 2 and 3 begin inside the pause."""
    check(
        TERMS,
        f"""
        2026-01-01 lend 1200.00      -> ask1 106.62
        {pause}
        2026-01-10 pay 311.10        -> principal 311.10 ask5 85.74
        """,
    )
