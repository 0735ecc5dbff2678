"""Business days: which days are worked, and where a date moves when it is not.

Needs    holidays, worked weekend days, and the weekend.
Gives    BusinessCalendar, and the conventions by which a date moves.
Never    searches without end: beyond 366 days without work it refuses.
Source   the operator's holiday table; a worked weekend day is China's make-up day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from duewell.domain.errors import InvalidInput

__all__ = ["BusinessCalendar", "BusinessDayRule"]

_SEARCH_DAYS_MAX = 366
_ONE_DAY = timedelta(days=1)


class BusinessDayRule(StrEnum):
    """Where a date moves when it is not a business day."""

    NONE = "none"
    FOLLOWING = "following"
    PRECEDING = "preceding"
    MODIFIED_FOLLOWING = "modified-following"
    """Following, unless that leaves the month; then preceding."""


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """The days worked.

    Shapes    weekend holds weekdays counted from Monday = 0; `workdays` are weekend days that are worked.
    Refuses   InvalidInput "calendar-day-contradictory" when a day is both a holiday and worked;
              "calendar-weekend-invalid"; "calendar-no-business-day" when a search finds none.

    >>> BusinessCalendar(frozenset({date(2026, 1, 1)})).shift(date(2026, 1, 1), BusinessDayRule.FOLLOWING)
    datetime.date(2026, 1, 2)
    """

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    weekend: tuple[int, ...] = (5, 6)

    def __post_init__(self) -> None:
        both = self.holidays & self.workdays
        if both:
            raise InvalidInput("calendar-day-contradictory", day=min(both))
        if any(weekday not in range(7) for weekday in self.weekend):
            raise InvalidInput("calendar-weekend-invalid", weekend=", ".join(map(str, self.weekend)))

    def is_business_day(self, day: date) -> bool:
        """Whether the day is worked: a named day first, then its weekday."""
        if day in self.workdays:
            return True
        return day not in self.holidays and day.weekday() not in self.weekend

    def next_business_day(self, day: date) -> date:
        """The first business day strictly after the day."""
        return self._search(day + _ONE_DAY, _ONE_DAY)

    def shift(self, day: date, convention: BusinessDayRule) -> date:
        """The day itself when worked, otherwise where the convention moves it."""
        if convention is BusinessDayRule.NONE or self.is_business_day(day):
            return day
        if convention is BusinessDayRule.PRECEDING:
            return self._search(day, -_ONE_DAY)
        following = self._search(day, _ONE_DAY)
        if convention is BusinessDayRule.FOLLOWING or following.month == day.month:
            return following
        return self._search(day, -_ONE_DAY)

    def with_overrides(
        self, *, holidays: Iterable[date] = (), workdays: Iterable[date] = ()
    ) -> "BusinessCalendar":
        """The same calendar where these days are holidays or worked, whatever they were before."""
        off, on = frozenset(holidays), frozenset(workdays)
        return BusinessCalendar((self.holidays - on) | off, (self.workdays - off) | on, self.weekend)

    def _search(self, start: date, step: timedelta) -> date:
        day = start
        for _ in range(_SEARCH_DAYS_MAX):
            if self.is_business_day(day):
                return day
            day += step
        raise InvalidInput("calendar-no-business-day", start=start, days_max=_SEARCH_DAYS_MAX)
