"""Buckets of days past due: named by their days, in order, or refused."""

from __future__ import annotations

import pytest

from duewell.domain.agenda import BUCKETS, bucket_of, buckets_from
from duewell.domain.errors import InvalidInput


def test_the_usual_buckets_are_those_of_the_overdue_report() -> None:
    names = ["current", "1-30", "31-60", "61-90", "91-120", "121-180", "180+"]
    assert [name for name, _ in BUCKETS] == names


@pytest.mark.parametrize(
    ("dpd", "bucket"),
    [(0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (180, "121-180"), (181, "180+")],
)
def test_a_loan_is_in_the_bucket_its_days_belong_to(dpd: int, bucket: str) -> None:
    assert bucket_of(dpd) == bucket


@pytest.mark.parametrize("days", [[], [0, 30], [2, 31], [1, 1], [1, 31, 30], [1, 4000]])
def test_bucket_days_that_do_not_rise_from_one_are_refused(days: list[int]) -> None:
    with pytest.raises(InvalidInput, match="buckets-out-of-order"):
        buckets_from(days)
