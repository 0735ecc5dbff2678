"""Holidays: the business calendars of countries, from published tables, as values of the domain.

Needs    the PyPI package `holidays`; a calendar's code and the years wanted.
Gives    business_calendar: CN, US, or NONE (weekends only), as a BusinessCalendar; bank_days for plans.
Never    guesses a year that has not been announced, nor looks anything up over a network.
Source   CN: the yearly notice of the General Office of the State Council, as `holidays` 0.108 holds it, with
         the weekend days worked in exchange. Checked day by day against `chinesecalendar` 1.11.0 for 2004 to
         2026: one difference, 31 December 2005, worked by the notice for 2006, where `holidays` is right.
         US: federal holidays (5 U.S.C. 6103), with the weekday observed for one that falls on a weekend.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from duewell.domain.calendar import DATE_MAX, DATE_MIN, BusinessCalendar
from duewell.domain.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from holidays import HolidayBase

__all__ = ["CALENDARS", "bank_days", "business_calendar", "years_known"]

CALENDARS = ("CN", "US", "NONE")

_CN_FIRST_YEAR = 2001
# The year the Uniform Monday Holiday Act took effect; no loan here is older.
_US_FIRST_YEAR = 1971


def business_calendar(code: str, first_year: int, last_year: int) -> BusinessCalendar:
    """The days worked from the first day of `first_year` to the last of `last_year`.

    Edges     outside these years the calendar knows weekends only. The last days of December can still
              change with the notice for the year after, which China publishes in November.
    Refuses   NotFound "calendar-unknown"; NotFound "calendar-year-without-data" for a year that is not in the
              table, for example a year of China not announced yet; InvalidInput "dates-reversed".

    >>> business_calendar("CN", 2026, 2026).next_business_day(date(2026, 9, 30))
    datetime.date(2026, 10, 8)
    """
    known_first, known_last = years_known(code)
    if last_year < first_year:
        raise InvalidInput("dates-reversed", start=first_year, end=last_year)
    for year in (first_year, last_year):
        if not known_first <= year <= known_last:
            raise NotFound(
                "calendar-year-without-data",
                calendar=code,
                year=year,
                first_year=known_first,
                last_year=known_last,
            )
    if code == "NONE":
        return BusinessCalendar()
    years = range(first_year, last_year + 1)
    table = _table(code, years)
    workdays = _within(table.weekend_workdays, years) if code == "CN" else frozenset()
    return BusinessCalendar(_within(table, years) - workdays, workdays)


def years_known(code: str) -> tuple[int, int]:
    """The first and the last year of a calendar's table.

    Refuses   NotFound "calendar-unknown".
    """
    if code == "CN":
        return _CN_FIRST_YEAR, _last_year_announced()
    if code == "US":
        return _US_FIRST_YEAR, _table(code, ()).end_year
    if code == "NONE":
        return DATE_MIN.year, DATE_MAX.year
    raise NotFound("calendar-unknown", given=code[:32], known=", ".join(CALENDARS))


@lru_cache(maxsize=1)
def _last_year_announced() -> int:
    """The last year of China's table that comes from a notice and not from the law alone.

    The package also works out years not announced yet, without a word. Every notice since 2001 has named
    weekend days to be worked in exchange, so the first year without any has had no notice yet.
    """
    end_year = _table("CN", ()).end_year
    for year in range(_CN_FIRST_YEAR, end_year + 1):
        if not _within(_table("CN", (year,)).weekend_workdays, range(year, year + 1)):
            return year - 1
    return end_year


def _table(code: str, years: Iterable[int]) -> HolidayBase:
    """The package's table of these years only: left to itself it grows when asked about another."""
    # Imported here: a command that asks for no holiday starts sooner without it.
    from holidays import country_holidays

    return country_holidays(code, years=years, expand=False)


def _within(days: Iterable[date], years: range) -> frozenset[date]:
    """The days of these years: the table of a year may name days of the years beside it."""
    return frozenset(day for day in days if day.year in years)


def bank_days(code: str, year: int) -> BusinessCalendar:
    """The days banks work around a year; weekends only where no table knows it."""
    try:
        return business_calendar(code, year, year + 1)
    except NotFound:
        pass
    try:
        return business_calendar(code, year, year)
    except NotFound:
        return BusinessCalendar()
