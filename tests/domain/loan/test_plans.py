"""New plans that cannot be, and what they leave charged.

Wants to prove: no day is charged twice whatever is moved; a plan that has nothing left to change, moves a due
date by more than a year, or runs out of the calendar is refused. How: text stories (see stories.py).
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest

from duewell.domain.loan import Recorder, fold
from duewell.domain.product import LoanTerms, PenaltyMode, PenaltyTerms
from tests.domain.loan.stories import Story, check

YEAR = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))
LATE = LoanTerms(
    principal=120_000,
    start=date(2026, 1, 1),
    instalments=12,
    rate=Fraction(12, 100),
    penalty=PenaltyTerms(rate=Fraction(36, 100), days_in_year=360, mode=PenaltyMode.REPLACES),
)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2026-01-20 move 2026-02-01 to 2026-02-01", "due-date-unchanged"),
        ("2026-01-20 move 2026-02-01 to 2027-02-02", "-"),
        ("2026-01-20 move 2026-02-01 to 2027-02-03", "due-date-moved-too-far"),
        ("2026-01-20 re-age into 1200 from 2026-02-01 every 12 months", "plan-beyond-the-calendar"),
        ("2026-01-20 re-age into 174 from 2027-12-31 every 12 months", "-"),
        ("2026-01-20 re-age into 175 from 2027-12-31 every 12 months", "plan-beyond-the-calendar"),
        ("2026-01-20 re-age into 2 from 2199-01-01 every 999 months", "plan-beyond-the-calendar"),
    ],
)
def test_a_plan_moves_a_due_date_by_a_year_and_ends_within_the_calendar(line: str, code: str) -> None:
    check(YEAR, f"2026-01-01 lend 1200.00\n{line} -> void {code}")


@pytest.mark.parametrize(
    "line",
    [
        "2026-02-10 move 2026-03-01 to 2026-03-10",
        "2026-02-10 extend by 2 from 2026-03-01",
        "2026-02-10 re-age into 3 from 2026-03-01",
        "2026-02-10 re-amortize",
        "2026-02-10 rate 10%",
    ],
)
def test_a_loan_repaid_takes_no_plan_and_no_rate(line: str) -> None:
    check(YEAR, f"2026-01-01 lend 1200.00\n2026-01-20 settle\n{line} -> void no-principal-out")


MOVES = [
    ["2026-03-15 move 2026-02-01 to 2026-03-20"],
    ["2026-03-15 move 2026-02-01 to 2026-02-10"],
    ["2026-03-15 move 2026-02-01 to 2026-03-20", "2026-03-16 move 2026-03-20 to 2026-02-20"],
    ["2026-02-11 move 2026-02-01 to 2026-03-20", "2026-02-21 move 2026-03-20 to 2026-02-05"],
]


@pytest.mark.parametrize("lines", MOVES, ids=lambda each: each[-1])
@pytest.mark.parametrize("until", [date(2026, 2, 21), date(2026, 3, 16), date(2026, 4, 30)])
def test_no_day_is_charged_a_penalty_twice_however_often_its_due_date_moves(
    lines: list[str], until: date
) -> None:
    story = Story(LATE)
    story.tell("2026-01-01 lend 1200.00")
    for line in lines:
        story.tell(line)
    recorder = Recorder()
    fold(LATE, story.facts, as_of=max(until, story.latest), recorder=recorder)
    mine = sorted((s.start, s.end) for s in recorder.penalties if s.row_nr == 1)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(mine))


def test_a_penalty_charged_before_a_due_date_moved_stays_and_begins_again_with_the_new_one() -> None:
    """94.62 at 36 % over 360 days is 9.5 cents a day: ten days, then none for 27, then ten on 79.10 of the
    longer row."""
    check(
        LATE,
        """
        2026-01-01 lend 1200.00
        2026-02-11 look                          -> penalty1 0.95
        2026-02-11 move 2026-02-01 to 2026-03-10 -> penalty1 0.95
        2026-03-10 look                          -> penalty1 0.95
        2026-03-20 look                          -> penalty1 1.74
        """,
    )
    check(
        LATE,
        """
        2026-01-01 lend 1200.00
        2026-02-11 move 2026-02-01 to 2026-03-10
        2026-02-21 move 2026-03-10 to 2026-02-05 -> penalty1 0.95
        """,
    )
