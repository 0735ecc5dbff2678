"""Say how a book's days are closed by the clock: cut-off, zone, files waited for, when it is late.

Needs    a connection; the book; what is to change.
Gives    the book as it is now.
Never    closes a day.
Source   docs/reference/closing.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from pathlib import Path

from duewell.domain.errors import InvalidInput
from duewell.gateways.expected_files import check_names
from duewell.store import books
from duewell.store.books import BookRow
from duewell.store.loans import Connection

MINUTES_MAX = 24 * 60
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def set_closing(
    conn: Connection,
    book_code: str,
    *,
    cutoff: str | None = None,
    zone: str | None = None,
    folder: str | None = None,
    names: Sequence[str] | None = None,
    alarm_minutes: int | None = None,
) -> BookRow:
    """Change what is given, leave the rest; an empty list of names waits for nothing.

    Refuses   a time that is not HH:MM, an unknown zone, a folder that is not absolute or not given where
              names are, names without the day in them, minutes outside 0 to 1440.
    """
    book = books.read_book(conn, book_code)
    closing = book.closing
    if folder is not None:
        closing = replace(closing, folder=folder)
    if names is not None:
        check_names(names)
        closing = replace(closing, names=tuple(names))
    if alarm_minutes is not None:
        closing = replace(closing, alarm_minutes=alarm_minutes)
    if closing.names and not Path(closing.folder).is_absolute():
        raise InvalidInput("expected-folder-not-absolute", given=closing.folder[:120] or "-")
    if not 0 <= closing.alarm_minutes <= MINUTES_MAX:
        raise InvalidInput("alarm-minutes-out-of-range", given=closing.alarm_minutes, minutes_max=MINUTES_MAX)
    at = book.cutoff if cutoff is None else _clock(cutoff)
    name = books.zone_named(book.zone if zone is None else zone).key
    books.set_closing(conn, book.book_id, closing, cutoff=at, zone=name)
    return books.read_book(conn, book_code)


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise InvalidInput("cutoff-unreadable", given=text[:20], example="23:00")
    return time(int(found[1]), int(found[2]))
