"""Shares of buckets, moves between them, vintages: prove that rows add up and nothing is counted twice.

How: small books by hand, and random ones whose sums must agree whichever way they are added.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.agenda import BUCKETS, bucket_of
from duewell.domain.portfolio import (
    CHARGED_OFF,
    REPAID,
    Stood,
    moves_between,
    share_pct,
    shares_of,
    vintages_of,
)

BEGAN = date(2026, 1, 15)


def stood(dpd: int, outstanding: int, overdue: int = 0, began: date = BEGAN) -> Stood:
    return Stood(bucket_of(dpd), dpd, overdue, outstanding, began, 1000)


loans = st.dictionaries(
    st.integers(0, 30), st.builds(stood, st.integers(0, 400), st.integers(1, 10**9)), max_size=30
)


def test_a_share_of_nothing_is_none() -> None:
    assert share_pct(0, 0) is None and share_pct(0, 5) == Decimal("0.00")
    assert share_pct(2, 3) == Decimal("66.67") and share_pct(1, 800) == Decimal("0.12")


def test_every_bucket_is_there_in_order_empty_ones_too() -> None:
    rows = shares_of([stood(0, 300), stood(31, 100, 40)], BUCKETS)
    assert [each.bucket for each in rows] == [name for name, _ in BUCKETS]
    assert (rows[0].loans, rows[0].share) == (1, Decimal("75.00"))
    assert (rows[2].overdue, rows[2].outstanding, rows[2].share) == (40, 100, Decimal("25.00"))
    assert all(each.share is None for each in shares_of([], BUCKETS))


def test_a_loan_that_is_gone_was_repaid_unless_it_was_charged_off() -> None:
    then = {1: stood(0, 500), 2: stood(40, 200), 3: stood(0, 300)}
    moves = {(m.then, m.now): m for m in moves_between(then, {3: stood(5, 290)}, frozenset({2}), BUCKETS)}
    assert moves[("current", REPAID)].amount == 500
    assert moves[("31-60", CHARGED_OFF)].share == Decimal("100.00")
    assert (moves[("current", "1-30")].loans, moves[("current", "1-30")].share) == (1, Decimal("37.50"))
    assert moves[("61-90", "current")].share is None


@given(loans, loans, st.frozensets(st.integers(0, 30)))
def test_a_row_adds_up_to_what_its_bucket_held(
    then: dict[int, Stood], now: dict[int, Stood], off: frozenset[int]
) -> None:
    moves = moves_between(then, now, off, BUCKETS)
    for row in shares_of(then.values(), BUCKETS):
        mine = [each for each in moves if each.then == row.bucket]
        assert sum(each.loans for each in mine) == row.loans
        assert sum(each.amount for each in mine) == row.outstanding


def test_a_vintage_counts_30_days_late_and_charged_off_as_late() -> None:
    february = date(2026, 2, 3)
    rows = vintages_of(
        [stood(29, 10), stood(30, 20), stood(0, 5, began=february)],
        [stood(0, 0)],
        [stood(0, 70)],
        months_max=24,
    )
    january, next_ = rows
    assert (january.month, january.loans, january.lent) == (date(2026, 1, 1), 4, 4000)
    assert (january.late, january.late_outstanding, january.share) == (2, 90, Decimal("50.00"))
    assert (next_.month, next_.share) == (date(2026, 2, 1), Decimal("0.00"))


def test_months_long_gone_stand_together() -> None:
    loans = [stood(0, 1, began=date(2024 + n // 12, n % 12 + 1, 1)) for n in range(30)]
    rows = vintages_of(loans, [], [], months_max=24)
    assert len(rows) == 25 and rows[0].month is None and rows[0].loans == 6
    assert sum(each.loans for each in rows) == 30
