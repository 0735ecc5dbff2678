"""The cut-off: from which instant on a business day can be closed.

Needs    a day, a time of day, a zone.
Gives    cut_off_at, and last_cut_off: the latest day whose cut-off an instant has reached.
Never    asks for the time or looks a zone up: both are given.
Source   docs/glossary.md, cut-off.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

__all__ = ["cut_off_at", "last_cut_off"]

_ONE_DAY = timedelta(days=1)


def cut_off_at(day: date, at: time, zone: tzinfo) -> datetime:
    """The instant from which on no clock of the zone can show the day before its cut-off any more, in UTC.

    Edges     Where clocks are set back over the cut-off it is shown twice, and the second one counts; where
              they are set forward over it, it is never shown, and what they would have shown counts.

    >>> from datetime import timezone
    >>> cut_off_at(date(2026, 6, 1), time(23), timezone(timedelta(hours=8))).isoformat()
    '2026-06-01T15:00:00+00:00'
    """
    told = datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone)
    return max(told.astimezone(UTC), told.replace(fold=1).astimezone(UTC))


def last_cut_off(instant: datetime, at: time, zone: tzinfo) -> date:
    """The latest day whose cut-off is not after the instant."""
    assert instant.tzinfo is not None, "an instant has a zone"
    day = instant.astimezone(zone).date() + _ONE_DAY
    for _ in range(4):
        if cut_off_at(day, at, zone) <= instant:
            return day
        day -= _ONE_DAY
    raise AssertionError("no zone is days away from its own clock")
