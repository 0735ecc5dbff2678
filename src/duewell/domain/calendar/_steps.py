"""Steps: the k-th date of a regular series.

Needs    the first date, which step, and the length of a step.
Gives    one date.
Never    steps from the previous date, so a short month leaves no mark on the months after it.
Source   product terms, clause "due dates": 31 January, 29 February, 31 March.
"""

from datetime import date, timedelta
from enum import StrEnum

from duewell.domain.errors import InvalidInput

__all__ = ["Frequency", "last_day_of_month", "step_date"]

_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Frequency(StrEnum):
    """The unit a step is counted in."""

    MONTHS = "MONTHS"
    WEEKS = "WEEKS"
    DAYS = "DAYS"


def last_day_of_month(year: int, month: int) -> int:
    """How many days the month has."""
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and is_leap else _MONTH_LENGTHS[month - 1]


def step_date(start: date, k: int, every: int, frequency: Frequency) -> date:
    """The date k steps of `every` units after start; k may be negative.

    Edges     a month without the start's day gives its last day, each time counted from the start.
    Refuses   InvalidInput "date-step-not-positive"; "date-out-of-range" beyond the calendar's end.

    >>> step_date(date(2024, 1, 31), 1, 1, Frequency.MONTHS)
    datetime.date(2024, 2, 29)
    """
    if every < 1:
        raise InvalidInput("date-step-not-positive", every=every)
    try:
        if frequency is Frequency.MONTHS:
            return _add_months(start, k * every)
        return start + timedelta(days=k * every * (7 if frequency is Frequency.WEEKS else 1))
    except (OverflowError, ValueError):
        raise InvalidInput(
            "date-out-of-range", given=f"{start} + {k * every} {frequency}", first=date.min, last=date.max
        ) from None


def _add_months(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, last_day_of_month(year, month + 1)))
