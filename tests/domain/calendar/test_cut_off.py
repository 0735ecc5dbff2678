"""When a day can be closed: the cut-off of a book's own clock, as an instant.

Wants to prove: the instant is right where clocks never change, where they skip an hour and where they show
one twice, and the day found from an instant agrees with it. How: instants worked out by hand; then every
quarter of an hour around a change of clocks.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from duewell.domain.calendar import cut_off_at, last_cut_off

SHANGHAI, NEW_YORK, APIA = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 6, 1), time(23), SHANGHAI, "2026-06-01T15:00"),
        (date(2026, 1, 1), time(0), SHANGHAI, "2025-12-31T16:00"),
        (date(2026, 6, 1), time(23), NEW_YORK, "2026-06-02T03:00"),
        (date(2026, 12, 1), time(23), NEW_YORK, "2026-12-02T04:00"),
        # Clocks go from 02:00 to 03:00: half past two is never shown, and 03:30 is what it would have been.
        (date(2026, 3, 8), time(2, 30), NEW_YORK, "2026-03-08T07:30"),
        # Clocks go from 02:00 back to 01:00: half past one is shown twice, and the second time counts.
        (date(2026, 11, 1), time(1, 30), NEW_YORK, "2026-11-01T06:30"),
        (date(2026, 11, 1), time(2, 30), NEW_YORK, "2026-11-01T07:30"),
        (date(2026, 6, 1), time(23), APIA, "2026-06-01T10:00"),
    ],
)
def test_a_cut_off_is_the_instant_the_clocks_of_the_zone_show_it(
    day: date, at: time, zone: ZoneInfo, expected: str
) -> None:
    assert cut_off_at(day, at, zone) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_shanghai_has_had_no_summer_time_since_1991() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(366)]
    assert {cut_off_at(day, time(23), SHANGHAI).time() for day in days} == {time(15)}


@pytest.mark.parametrize("at", [time(0), time(1, 30), time(2), time(2, 30), time(3), time(23, 59)])
@pytest.mark.parametrize("around", [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)])
@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK, APIA])
def test_the_last_cut_off_of_an_instant_is_the_latest_day_that_reached_it(
    at: time, around: datetime, zone: ZoneInfo
) -> None:
    days = [around.date() + timedelta(days=n) for n in range(-4, 4)]
    for quarter in range(4 * 24):
        instant = around + timedelta(minutes=15 * quarter)
        expected = max(day for day in days if cut_off_at(day, at, zone) <= instant)
        assert last_cut_off(instant, at, zone) == expected, instant
