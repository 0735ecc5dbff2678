"""Portfolio sums: whole numbers by measure and accrual class, and how time alone moves them.

Needs    calendar years, the finest rate of a book.
Gives    Sums and Key; the classes an accrual can have; add, difference_of and rolled.
Never    rounds: an accrual stays a numerator whose denominator its class and the date give.
Source   docs/decisions/0003-the-agenda.md and 0004-closing-a-day.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from math import gcd

from duewell.domain.errors import InvalidInput
from duewell.domain.product import RATE_SCALE

ACTUAL = "actual"
"""The class of an accrual whose days count by the year they lie in."""
_ACTUAL_SCALE = 365 * 366
Key = tuple[str, str]
"""A measure, such as "interest.accrued", and the class it is kept in, "" for whole units."""
Sums = dict[Key, int]
ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=4096)
def day_class(num: int, den: int) -> str:
    """The class of an accrual each day of which stands for num/den of a year."""
    common = gcd(num, den)
    return f"{num // common}/{den // common}"


def class_amount(numerator: int, accrual: str) -> tuple[int, int]:
    """A class's numerator as an exact ratio of minor units."""
    if accrual == ACTUAL:
        return numerator, RATE_SCALE * _ACTUAL_SCALE
    top, bottom = accrual.split("/")
    return numerator * int(top), RATE_SCALE * int(bottom)


def days_weight(accrual: str, start: date, end: date) -> int:
    """How often the slope of a class counts over (start, end]: days, or for "actual" days by their year."""
    days = (end - start).days
    if accrual != ACTUAL:
        return days
    total, at = 0, start
    while at < end:
        stop = min(end, date((at + ONE_DAY).year, 12, 31))
        total += (stop - at).days * (365 if _is_leap(stop.year) else 366)
        at = stop
    return total


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def scaled(base: int, rate: Fraction) -> int:
    """Base x rate in the whole units of a slope. Refuses a rate finer than 0.0001 %."""
    value = base * rate.numerator * RATE_SCALE
    if value % rate.denominator:
        raise InvalidInput("rate-too-fine", rate=str(rate))
    return value // rate.denominator


def add(sums: Sums, key: Key, value: int) -> None:
    """Add to one of the sums."""
    if value:
        sums[key] = sums.get(key, 0) + value


def difference_of(after: Sums, before: Sums) -> Sums:
    """What to add to `before` to make `after`; zeros left out."""
    keys: Iterable[Key] = [*after, *(k for k in before if k not in after)]
    found = {key: after.get(key, 0) - before.get(key, 0) for key in keys}
    return {key: value for key, value in found.items() if value}


def sums_after(
    before: Mapping[int, Sums], moves: Mapping[int, Sums], adds: Mapping[int, Sums], day: date
) -> dict[int, Sums]:
    """The sums of each product at the end of a day: yesterday's, corrected, rolled on, and the day's own."""
    found: dict[int, Sums] = {}
    for product_no in sorted({*before, *moves, *adds}):
        corrected = total_of(before.get(product_no, {}), moves.get(product_no, {}))
        moved = rolled(corrected, day - ONE_DAY, day)
        found[product_no] = total_of(moved, adds.get(product_no, {}))
    return found


def total_of(left: Sums, right: Sums) -> Sums:
    """Both together; zeros left out."""
    keys = [*left, *(key for key in right if key not in left)]
    both = {key: left.get(key, 0) + right.get(key, 0) for key in keys}
    return {key: value for key, value in both.items() if value}


def rolled(sums: Sums, start: date, end: date) -> Sums:
    """The sums after quiet days: every slope added to its accrual, nothing else."""
    moved = dict(sums)
    for (measure, accrual), slope in sums.items():
        noun, _, what = measure.partition(".")
        if what == "slope":
            add(moved, (f"{noun}.accrued", accrual), slope * days_weight(accrual, start, end))
    return {key: value for key, value in moved.items() if value}
