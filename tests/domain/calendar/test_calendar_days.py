"""Dates: prove that due dates keep their anchor, day counts add up, and shifted dates are worked.

How: examples a loan officer can check on a wall calendar, and properties over random dates.
"""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.calendar import (
    BusinessCalendar,
    BusinessDayRule,
    DayCount,
    DaysInYear,
    Frequency,
    days_360,
    fraction,
    parse_date,
    step_date,
    year_fraction_actual,
)
from duewell.domain.errors import InvalidInput

DATES = st.dates(date(1970, 1, 1), date(2200, 12, 31))
THREE_DATES = st.tuples(DATES, DATES, DATES).map(sorted)


def test_a_loan_from_31_january_falls_due_on_29_february_and_again_on_31_march() -> None:
    dues = [step_date(date(2024, 1, 31), k, 1, Frequency.MONTHS) for k in range(1, 5)]
    assert dues == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]
    assert step_date(date(2023, 1, 31), 1, 1, Frequency.MONTHS) == date(2023, 2, 28)


def test_weeks_and_days_are_counted_from_the_start() -> None:
    assert step_date(date(2026, 3, 1), 2, 2, Frequency.WEEKS) == date(2026, 3, 29)
    assert step_date(date(2026, 3, 1), 3, 10, Frequency.DAYS) == date(2026, 3, 31)
    assert step_date(date(2026, 3, 31), -1, 1, Frequency.MONTHS) == date(2026, 2, 28)


@given(start=DATES, k=st.integers(0, 480), every=st.integers(1, 12))
def test_a_monthly_step_lands_in_its_month_on_the_start_day_or_the_last(
    start: date, k: int, every: int
) -> None:
    due = step_date(start, k, every, Frequency.MONTHS)
    assert (due.year - start.year) * 12 + due.month - start.month == k * every
    assert due.day == start.day or (due.day < start.day and (due + timedelta(days=1)).day == 1)


@given(start=DATES, k=st.integers(0, 400), every=st.integers(1, 6), unit=st.sampled_from(Frequency))
def test_a_later_step_is_a_later_date(start: date, k: int, every: int, unit: Frequency) -> None:
    assert step_date(start, 0, every, unit) == start
    assert step_date(start, k, every, unit) < step_date(start, k + 1, every, unit)


def test_a_step_that_goes_nowhere_or_too_far_is_refused() -> None:
    with pytest.raises(InvalidInput, match="date-step-not-positive"):
        step_date(date(2026, 1, 1), 1, 0, Frequency.DAYS)
    for unit in Frequency:
        with pytest.raises(InvalidInput, match="date-out-of-range"):
            step_date(date(2026, 1, 1), 10**7, 1, unit)


def test_days_up_to_31_december_count_in_their_year() -> None:
    actual = DaysInYear.ACTUAL
    across = year_fraction_actual(date(2023, 12, 12), date(2024, 1, 12), actual)
    assert across == Fraction(19, 365) + Fraction(12, 366)
    assert year_fraction_actual(date(2023, 12, 30), date(2023, 12, 31), actual) == Fraction(1, 365)
    assert year_fraction_actual(date(2023, 12, 31), date(2024, 1, 1), actual) == Fraction(1, 366)
    assert year_fraction_actual(date(2022, 12, 31), date(2025, 12, 31), actual) == 3


@pytest.mark.parametrize(("basis", "year"), [("360", 360), ("364", 364), ("365", 365)])
def test_a_fixed_year_divides_the_actual_days(basis: str, year: int) -> None:
    assert year_fraction_actual(date(2024, 2, 1), date(2024, 3, 1), DaysInYear(basis)) == Fraction(29, year)


def _summed_by_the_day(start: date, end: date) -> Fraction:
    total = Fraction(0)
    for step in range(1, (end - start).days + 1):
        day = start + timedelta(days=step)
        is_leap = (date(day.year, 12, 31) - date(day.year, 1, 1)).days == 365
        total += Fraction(1, 366 if is_leap else 365)
    return total


@given(start=DATES, days=st.integers(0, 900))
def test_the_actual_year_is_the_sum_of_its_days(start: date, days: int) -> None:
    end = start + timedelta(days=days)
    assert year_fraction_actual(start, end, DaysInYear.ACTUAL) == _summed_by_the_day(start, end)


@given(dates=THREE_DATES, daycount=st.sampled_from(DayCount))
def test_every_day_count_adds_up_over_its_parts(dates: list[date], daycount: DayCount) -> None:
    first, middle, last = dates
    parts = fraction(daycount, first, middle) + fraction(daycount, middle, last)
    assert parts == fraction(daycount, first, last)
    assert parts >= 0


def test_every_month_has_30_days_in_30_360() -> None:
    assert days_360(date(2024, 1, 31), date(2024, 2, 29)) == 29
    assert days_360(date(2024, 2, 29), date(2024, 3, 31)) == 31
    assert days_360(date(2024, 1, 15), date(2025, 1, 15)) == 360
    assert days_360(date(2024, 1, 30), date(2024, 1, 31)) == 0


def test_named_day_counts_give_their_share_of_march() -> None:
    start, end = date(2024, 3, 1), date(2024, 4, 1)
    assert {each.value: fraction(each, start, end) for each in DayCount} == {
        "ACT/ACT": Fraction(31, 366),
        "ACT/365F": Fraction(31, 365),
        "ACT/360": Fraction(31, 360),
        "30/360": Fraction(30, 360),
    }


def test_an_end_before_its_start_is_refused_by_every_day_count() -> None:
    for daycount in DayCount:
        with pytest.raises(InvalidInput, match="dates-reversed"):
            fraction(daycount, date(2024, 1, 2), date(2024, 1, 1))


# 1 October 2026 is a Thursday; Saturday 10 October is worked to make up for the long holiday.
HOLIDAYS = frozenset(date(2026, 10, day) for day in range(1, 8))
CHINA = BusinessCalendar(HOLIDAYS, frozenset({date(2026, 10, 10)}))


def test_a_make_up_saturday_is_worked_and_a_holiday_is_not() -> None:
    assert CHINA.is_business_day(date(2026, 10, 10))
    assert not CHINA.is_business_day(date(2026, 10, 11))
    assert not CHINA.is_business_day(date(2026, 10, 5))


@pytest.mark.parametrize(
    ("convention", "day", "moved"),
    [
        ("none", date(2026, 10, 3), date(2026, 10, 3)),
        ("following", date(2026, 10, 3), date(2026, 10, 8)),
        ("preceding", date(2026, 10, 3), date(2026, 9, 30)),
        ("modified-following", date(2026, 10, 3), date(2026, 10, 8)),
        ("following", date(2026, 10, 31), date(2026, 11, 2)),
        ("modified-following", date(2026, 10, 31), date(2026, 10, 30)),
        ("following", date(2026, 10, 10), date(2026, 10, 10)),
    ],
)
def test_a_due_date_moves_off_a_holiday_as_agreed(convention: str, day: date, moved: date) -> None:
    assert CHINA.shift(day, BusinessDayRule(convention)) == moved


def test_the_next_business_day_is_never_the_day_itself() -> None:
    assert CHINA.next_business_day(date(2026, 9, 30)) == date(2026, 10, 8)
    assert CHINA.next_business_day(date(2026, 10, 9)) == date(2026, 10, 10)


@given(day=DATES.filter(lambda day: day.year < 2200), convention=st.sampled_from(list(BusinessDayRule)[1:]))
def test_a_moved_date_is_always_worked_and_moves_only_once(day: date, convention: BusinessDayRule) -> None:
    moved = CHINA.shift(day, convention)
    assert CHINA.is_business_day(moved)
    assert CHINA.shift(moved, convention) == moved


def test_an_override_wins_over_what_the_day_was() -> None:
    changed = CHINA.with_overrides(holidays=[date(2026, 10, 10)], workdays=[date(2026, 10, 7)])
    assert not changed.is_business_day(date(2026, 10, 10))
    assert changed.is_business_day(date(2026, 10, 7))
    assert CHINA.is_business_day(date(2026, 10, 10)), "the calendar it came from stays as it was"


def test_a_calendar_that_contradicts_itself_or_never_works_is_refused() -> None:
    day = date(2026, 1, 1)
    with pytest.raises(InvalidInput, match="calendar-day-contradictory"):
        BusinessCalendar(frozenset({day}), frozenset({day}))
    with pytest.raises(InvalidInput, match="calendar-weekend-invalid"):
        BusinessCalendar(weekend=(7,))
    with pytest.raises(InvalidInput, match="calendar-no-business-day"):
        BusinessCalendar(weekend=tuple(range(7))).shift(day, BusinessDayRule.FOLLOWING)


@given(day=DATES)
def test_a_date_shown_is_read_back_the_same(day: date) -> None:
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "date-not-readable"),
        ("2026-3-1", "date-not-readable"),
        ("20260301", "date-not-readable"),
        ("01/03/2026", "date-not-readable"),
        ("2026-03-01\n", "date-not-readable"),
        ("２０２６-03-01", "date-not-readable"),
        (date(2026, 3, 1), "date-not-readable"),
        ("2026-02-29", "date-not-in-calendar"),
        ("2026-13-01", "date-not-in-calendar"),
        ("0000-01-01", "date-not-in-calendar"),
        ("1969-12-31", "date-out-of-range"),
        ("2201-01-01", "date-out-of-range"),
    ],
)
def test_text_that_is_no_date_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_date(text)
    assert refused.value.code == code
