"""Calendar: stepping dates, counting days, and moving off days that are not worked.

Needs    dates, and for a business calendar its holidays and worked weekend days.
Gives    step_date, the day counts, BusinessCalendar, the instant of a cut-off, parse_date.
Never    asks what day it is, and never knows a country: the holidays are given.
Source   product terms (day count, frequency); the operator's holiday table.
"""

from duewell.domain.calendar._business_days import BusinessCalendar, BusinessDayRule
from duewell.domain.calendar._cut_off import cut_off_at, last_cut_off
from duewell.domain.calendar._dates import DATE_MAX, DATE_MIN, parse_date
from duewell.domain.calendar._day_counts import (
    DayCount,
    DaysInMonth,
    DaysInYear,
    days_360,
    fraction,
    year_fraction_actual,
)
from duewell.domain.calendar._steps import Frequency, step_date

__all__ = [
    "DATE_MAX",
    "DATE_MIN",
    "BusinessCalendar",
    "BusinessDayRule",
    "DayCount",
    "DaysInMonth",
    "DaysInYear",
    "Frequency",
    "cut_off_at",
    "days_360",
    "fraction",
    "last_cut_off",
    "parse_date",
    "step_date",
    "year_fraction_actual",
]
