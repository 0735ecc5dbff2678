"""Buckets: the classes of days past due a book keeps, and how late a contract is.

Needs    nothing.
Gives    Buckets, buckets_from, bucket_of, Ageing.
Never    knows a row or a payment.
Source   docs/reference/dpd.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from duewell.domain.errors import InvalidInput

Buckets = tuple[tuple[str, int], ...]
"""Delinquency buckets in order: each with its name and the first day past due that belongs to it."""

_FIRST_DAYS_MAX = 3650


def buckets_from(first_days: Sequence[int]) -> Buckets:
    """Buckets that begin on these days past due, named by their days; what is not late is "current".

    Refuses   InvalidInput "buckets-out-of-order" unless the days begin with 1 and rise, at most 3650.

    >>> buckets_from([1, 31])
    (('current', 0), ('1-30', 1), ('30+', 31))
    """
    if not first_days or first_days[0] != 1 or first_days[-1] > _FIRST_DAYS_MAX:
        raise InvalidInput("buckets-out-of-order", given=", ".join(map(str, first_days))[:60])
    if any(later <= earlier for earlier, later in pairwise(first_days)):
        raise InvalidInput("buckets-out-of-order", given=", ".join(map(str, first_days))[:60])
    named = [(f"{a}-{b - 1}", a) for a, b in pairwise(first_days)]
    return (("current", 0), *named, (f"{first_days[-1] - 1}+", first_days[-1]))


BUCKETS: Buckets = buckets_from([1, 31, 61, 91, 121, 181])


@dataclass(frozen=True, slots=True)
class Ageing:
    """How late a loan is. Amounts are minor units; `since` is None when nothing is past due."""

    dpd: int
    bucket: str
    since: date | None
    overdue: int
    outstanding: int


def bucket_of(dpd: int, buckets: Buckets = BUCKETS) -> str:
    """The bucket whose first day is the largest not above `dpd`."""
    return next(name for name, first in reversed(buckets) if first <= dpd)
