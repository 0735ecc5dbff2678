"""Day counts: how much of a year lies between two dates, exactly.

Needs    a start and an end, and the convention.
Gives    a Fraction of a year, or a count of days.
Never    rounds. Every convention here adds up: a to b and b to c give a to c, so interest accrued
         day by day is the interest of the period.
Source   product terms, clause "day count". The slice (D-1, D] belongs to day D: the start is not counted,
         the end is. ISDA's ACT/ACT counts the start instead, which differs only across a year's end.
"""

from datetime import date
from enum import StrEnum
from fractions import Fraction

from duewell.domain.calendar._steps import last_day_of_month
from duewell.domain.errors import InvalidInput

__all__ = ["DayCount", "DaysInMonth", "DaysInYear", "days_360", "fraction", "year_fraction_actual"]


class DaysInMonth(StrEnum):
    """Whether a month counts 30 days or the days it has."""

    THIRTY = "30"
    ACTUAL = "actual"


class DaysInYear(StrEnum):
    """The denominator of a year."""

    D360 = "360"
    D364 = "364"
    D365 = "365"
    ACTUAL = "actual"


class DayCount(StrEnum):
    """The named conventions."""

    ACT_ACT = "ACT/ACT"
    ACT_365F = "ACT/365F"
    ACT_360 = "ACT/360"
    THIRTY_360 = "30/360"


def year_fraction_actual(start: date, end: date, days_in_year: DaysInYear) -> Fraction:
    """Actual days over the days of the year.

    Edges     ACTUAL divides the days up to and including 31 December by that year's length, the rest
              by the next year's: 12 December 2023 to 12 January 2024 is 19/365 + 12/366.
    Refuses   InvalidInput "dates-reversed" when the end is before the start.

    >>> across = year_fraction_actual(date(2023, 12, 12), date(2024, 1, 12), DaysInYear.ACTUAL)
    >>> across == Fraction(19, 365) + Fraction(12, 366)
    True
    """
    _check_order(start, end)
    if days_in_year is not DaysInYear.ACTUAL:
        return Fraction((end - start).days, int(days_in_year))
    if start.year == end.year:
        return Fraction((end - start).days, _length_of_year(end.year))
    to_new_year = Fraction((date(start.year, 12, 31) - start).days, _length_of_year(start.year))
    since_new_year = Fraction((end - date(end.year - 1, 12, 31)).days, _length_of_year(end.year))
    return to_new_year + (end.year - start.year - 1) + since_new_year


def days_360(start: date, end: date) -> int:
    """Days between two dates when every month has 30.

    Edges     a 31st counts as the 30th on either side (30E/360). The American form leaves a closing 31st
              alone when the start is before the 30th, so its parts do not add up; this one's do.
    Refuses   InvalidInput "dates-reversed".

    >>> days_360(date(2024, 1, 31), date(2024, 2, 29)), days_360(date(2024, 2, 29), date(2024, 3, 31))
    (29, 31)
    """
    _check_order(start, end)
    return _serial_360(end) - _serial_360(start)


def fraction(daycount: DayCount, start: date, end: date) -> Fraction:
    """The share of a year by a named convention.

    Refuses   InvalidInput "dates-reversed".

    >>> fraction(DayCount.ACT_365F, date(2026, 3, 1), date(2026, 4, 1))
    Fraction(31, 365)
    """
    if daycount is DayCount.THIRTY_360:
        return Fraction(days_360(start, end), 360)
    if daycount is DayCount.ACT_360:
        return year_fraction_actual(start, end, DaysInYear.D360)
    if daycount is DayCount.ACT_365F:
        return year_fraction_actual(start, end, DaysInYear.D365)
    return year_fraction_actual(start, end, DaysInYear.ACTUAL)


def _serial_360(day: date) -> int:
    return day.year * 360 + day.month * 30 + min(day.day, 30)


def _length_of_year(year: int) -> int:
    return 337 + last_day_of_month(year, 2)


def _check_order(start: date, end: date) -> None:
    if end < start:
        raise InvalidInput("dates-reversed", start=start, end=end)
