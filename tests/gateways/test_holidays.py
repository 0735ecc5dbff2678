"""The business calendars of China and the United States, against days anybody can look up.

Source of the days: for China the State Council's notices for 2025 (国办发明电〔2024〕12号) and 2026, for
the United States the list of federal holidays of the Office of Personnel Management.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from duewell.domain.calendar import BusinessCalendar, BusinessDayRule
from duewell.domain.errors import InvalidInput, NotFound
from duewell.gateways.holidays import CALENDARS, business_calendar, years_known


def days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=k) for k in range((end - start).days + 1)]


@pytest.fixture(scope="module")
def china() -> BusinessCalendar:
    return business_calendar("CN", 2025, 2026)


@pytest.fixture(scope="module")
def america() -> BusinessCalendar:
    return business_calendar("US", 2025, 2027)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2025, 1, 1), date(2025, 1, 1)),
        (date(2025, 1, 28), date(2025, 2, 4)),
        (date(2025, 4, 4), date(2025, 4, 6)),
        (date(2025, 5, 1), date(2025, 5, 5)),
        (date(2025, 5, 31), date(2025, 6, 2)),
        (date(2025, 10, 1), date(2025, 10, 8)),
        (date(2026, 1, 1), date(2026, 1, 3)),
        (date(2026, 2, 15), date(2026, 2, 23)),
        (date(2026, 4, 4), date(2026, 4, 6)),
        (date(2026, 5, 1), date(2026, 5, 5)),
        (date(2026, 6, 19), date(2026, 6, 21)),
        (date(2026, 9, 25), date(2026, 9, 27)),
        (date(2026, 10, 1), date(2026, 10, 7)),
    ],
)
def test_nobody_works_on_chinas_holidays(china: BusinessCalendar, start: date, end: date) -> None:
    assert not any(china.is_business_day(day) for day in days(start, end))


@pytest.mark.parametrize(
    "day",
    [
        date(2025, 1, 26),
        date(2025, 2, 8),
        date(2025, 4, 27),
        date(2025, 9, 28),
        date(2025, 10, 11),
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ],
)
def test_a_weekend_day_given_in_exchange_is_worked(china: BusinessCalendar, day: date) -> None:
    assert day.weekday() >= 5
    assert china.is_business_day(day)
    assert day in china.workdays


def test_china_has_no_other_worked_weekend_days_in_these_years(china: BusinessCalendar) -> None:
    assert len(china.workdays) == 5 + 6
    assert all(
        china.is_business_day(d) == (d.weekday() < 5) for d in days(date(2026, 7, 1), date(2026, 9, 19))
    )


def test_a_due_date_in_the_golden_week_moves_to_the_first_day_worked(china: BusinessCalendar) -> None:
    assert china.shift(date(2026, 10, 1), BusinessDayRule.FOLLOWING) == date(2026, 10, 8)
    assert china.shift(date(2026, 10, 9), BusinessDayRule.FOLLOWING) == date(2026, 10, 9)
    assert china.shift(date(2025, 4, 27), BusinessDayRule.FOLLOWING) == date(2025, 4, 27)


def test_america_rests_on_thanksgiving_and_on_the_friday_before_a_saturday_holiday(
    america: BusinessCalendar,
) -> None:
    assert not america.is_business_day(date(2026, 11, 26))
    assert america.is_business_day(date(2026, 11, 27))
    assert date(2026, 7, 4).weekday() == 5
    assert not america.is_business_day(date(2026, 7, 3))
    assert not america.is_business_day(date(2027, 7, 5)), "Independence Day 2027 is a Sunday"
    assert not america.workdays


def test_new_year_on_a_saturday_is_observed_in_the_year_before() -> None:
    # 1 January 2028 is a Saturday: Friday, 31 December 2027 is free, and belongs to 2027.
    assert not business_calendar("US", 2027, 2027).is_business_day(date(2027, 12, 31))
    assert (
        business_calendar("US", 2028, 2028).holidays & set(days(date(2027, 1, 1), date(2027, 12, 31)))
        == set()
    )


def test_a_year_alone_and_in_a_range_has_the_same_days() -> None:
    for code in ("CN", "US"):
        first, last = max(2001, years_known(code)[0]), min(2030, years_known(code)[1])
        together = business_calendar(code, first, last)
        for year in range(first, last + 1):
            alone = business_calendar(code, year, year)
            of_year = days(date(year, 1, 1), date(year, 12, 31))
            assert [alone.is_business_day(d) for d in of_year] == [
                together.is_business_day(d) for d in of_year
            ]


def test_the_calendar_none_knows_weekends_only() -> None:
    none = business_calendar("NONE", 1970, 2200)
    assert none == BusinessCalendar()
    assert none.is_business_day(date(2026, 10, 1)) and not none.is_business_day(date(2026, 10, 3))


@pytest.mark.parametrize("code", ["DE", "cn", "", "X" * 100])
def test_an_unknown_calendar_is_refused(code: str) -> None:
    with pytest.raises(NotFound) as refusal:
        business_calendar(code, 2026, 2026)
    assert refusal.value.code == "calendar-unknown"
    assert refusal.value.facts == {"given": code[:32], "known": ", ".join(CALENDARS)}


def test_the_last_year_china_announced_is_given_and_the_next_is_refused() -> None:
    first, last = years_known("CN")
    assert first == 2001 and last >= 2026
    business_calendar("CN", first, last)
    for asked in ((last, last + 1), (last + 1, last + 1), (first - 1, last)):
        with pytest.raises(NotFound) as refusal:
            business_calendar("CN", *asked)
        assert refusal.value.code == "calendar-year-without-data"
        assert refusal.value.facts["year"] in (first - 1, last + 1)
        assert refusal.value.facts["last_year"] == last


def test_years_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        business_calendar("US", 2026, 2025)
    assert refusal.value.code == "dates-reversed"
