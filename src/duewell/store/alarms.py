"""Alarms: what a person must look at for a day of a book, until it is over or somebody says why not.

Needs    a connection; the book, the day, the kind and the instant as arguments.
Gives    KINDS, Alarm, raise_alarm, clear_alarm, standing, history, archive_failure.
Never    edits a row: an alarm that is over gets an event of its own.
Source   docs/runbook.md has a section for each kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from duewell.store.loans import Connection

KINDS = ("archive-failing", "close-failed", "close-late", "files-missing", "verify-found")
_ALARM_LOCK = 0x616C6172  # "alar": one advisory lock class of our own


@dataclass(frozen=True, slots=True)
class Alarm:
    """One event of an alarm: raised or cleared, at an instant, with what explains it."""

    book: str
    day: date
    kind: str
    event: str
    facts: dict[str, Any]
    at: datetime


def raise_alarm(
    conn: Connection, book_id: int, day: date, kind: str, facts: dict[str, Any], at: datetime
) -> bool:
    """Raise an alarm; False if it stands already."""
    assert kind in KINDS, kind
    return _event(conn, book_id, day, kind, "raised", facts, at)


def clear_alarm(
    conn: Connection, book_id: int, day: date, kind: str, facts: dict[str, Any], at: datetime
) -> bool:
    """Clear an alarm; False if it does not stand."""
    return _event(conn, book_id, day, kind, "cleared", facts, at)


def _event(
    conn: Connection, book_id: int, day: date, kind: str, event: str, facts: dict[str, Any], at: datetime
) -> bool:
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s, %s)", [_ALARM_LOCK, book_id])
        last = conn.execute(
            "select nth, event from duewell.alarm where book_id = %s and day = %s and kind = %s"
            " order by nth desc limit 1",
            [book_id, day, kind],
        ).fetchone()
        if (last[1] if last else "cleared") == event:
            return False
        conn.execute(
            "insert into duewell.alarm values (%s, %s, %s, %s, %s, %s, %s)",
            [book_id, day, kind, last[0] + 1 if last else 1, event, Jsonb(facts), at],
        )
    return True


def standing(conn: Connection, book_id: int | None = None) -> list[Alarm]:
    """The alarms that are raised and not cleared, of one book or all, oldest day first."""
    rows = conn.execute(
        "select code, day, kind, event, facts, at from ("
        "select distinct on (book_id, day, kind) * from duewell.alarm order by book_id, day, kind, nth desc"
        ") as last join duewell.book using (book_id)"
        " where event = 'raised' and (%(book)s::int is null or book_id = %(book)s) order by day, code, kind",
        {"book": book_id},
    ).fetchall()
    return [Alarm(*row) for row in rows]


def history(conn: Connection, book_id: int | None = None, *, limit: int) -> list[Alarm]:
    """The latest events, newest first."""
    rows = conn.execute(
        "select code, day, kind, event, facts, at from duewell.alarm join duewell.book using (book_id)"
        " where %(book)s::int is null or book_id = %(book)s"
        " order by at desc, code, day desc, kind, nth desc limit %(limit)s",
        {"book": book_id, "limit": limit},
    ).fetchall()
    return [Alarm(*row) for row in rows]


def archive_failure(conn: Connection) -> dict[str, Any] | None:
    """What the server's log archiver failed at last, None if it has archived since or never failed."""
    row = conn.execute(
        "select last_failed_wal, last_failed_time, failed_count from pg_stat_archiver"
        " where last_failed_time is not null"
        " and last_failed_time > coalesce(last_archived_time, '-infinity'::timestamptz)"
    ).fetchone()
    return {"wal": row[0], "since": row[1].isoformat(), "tries": int(row[2])} if row else None
