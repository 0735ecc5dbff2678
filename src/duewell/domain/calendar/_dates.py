"""Dates: reading a date as text, strictly.

Needs    text.
Gives    a date between 1970 and 2200.
Never    guesses an order of day and month, nor takes digits that are not ASCII.
Source   ISO 8601 calendar date; the range is ours, wide enough for births and any loan's end.
"""

import re
from datetime import date

from duewell.domain.errors import InvalidInput

__all__ = ["DATE_MAX", "DATE_MIN", "parse_date"]

DATE_MIN = date(1970, 1, 1)
DATE_MAX = date(2200, 12, 31)

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def parse_date(text: str) -> date:
    """Read "YYYY-MM-DD".

    Refuses   InvalidInput "date-not-readable", "date-not-in-calendar" (30 February) or "date-out-of-range".

    >>> parse_date("2024-02-29")
    datetime.date(2024, 2, 29)
    """
    found = _DATE.fullmatch(text) if isinstance(text, str) and len(text) == 10 else None
    if found is None:
        raise InvalidInput("date-not-readable", given=str(text)[:32], example="2026-03-01")
    try:
        read = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise InvalidInput("date-not-in-calendar", given=text) from None
    if not DATE_MIN <= read <= DATE_MAX:
        raise InvalidInput("date-out-of-range", given=text, first=DATE_MIN, last=DATE_MAX)
    return read
