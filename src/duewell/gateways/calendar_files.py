"""Calendar files: due dates as iCalendar, which every phone reads.

Needs    entries with their day and texts; the day they were true.
Gives    Entry, calendar_file.
Never    names a person or an account: a calendar is seen by others.
Source   RFC 5545; docs/reference/contact.md, section calendar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """One day: `uid` stays the same when the entry changes."""

    uid: str
    on: date
    title: str
    text: str


def calendar_file(entries: Iterable[Entry], *, name: str, as_of: date | None) -> bytes:
    """The entries as one calendar, a reminder the day before each; the same entries give the same bytes.

    `as_of` is None only where there are none.
    """
    # Imported here: no other page needs it.
    from icalendar import Alarm, Calendar, Event

    made = Calendar()
    made.add("prodid", "-//Duewell//Due dates//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", name)
    for each in entries:
        assert as_of is not None, "what falls due stands for a day"
        event = Event()
        event.add("uid", f"{each.uid}@duewell")
        event.add("dtstamp", datetime.combine(as_of, time(), UTC))
        event.add("dtstart", each.on)
        event.add("dtend", each.on + timedelta(days=1))
        event.add("summary", each.title)
        event.add("description", each.text)
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", each.title)
        alarm.add("trigger", timedelta(hours=-15))
        event.add_component(alarm)
        made.add_component(event)
    told: bytes = made.to_ical()
    return told
