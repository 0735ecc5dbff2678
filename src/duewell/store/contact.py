"""Contact: preferences, consents and calendar feeds as they were set, one record after the other.

Needs    a connection in a transaction that holds the person; values of domain.contact.
Gives    trusted_place, lock; what puts and reads preferences, consents and feeds; notices_of.
Never    changes a record, or sees in the clear whom somebody trusts.
Source   docs/reference/contact.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duewell.domain.contact import Channel, Preferences, Purpose
from duewell.store import outbox
from duewell.store.loans import Connection


def trusted_place(person_id: int) -> str:
    """Where stands whom a person trusts, for whoever seals or opens it."""
    return f"preference/{person_id}/trusted"


def lock(conn: Connection, person_id: int) -> None:
    """Hold a person's records until the transaction ends."""
    conn.execute("select 1 from duewell.person where person_id = %s for update", [person_id])


def put_preferences(
    conn: Connection, person_id: int, chosen: Preferences, *, trusted: bytes | None, at: datetime, actor: str
) -> None:
    """Keep what was chosen."""
    conn.execute(
        "insert into duewell.preference (person_id, seq, lang, channels, quiet_from, quiet_to, third_party,"
        " trusted, recorded_at, actor) select %s, coalesce(max(seq), 0) + 1, %s, %s, %s, %s, %s, %s, %s, %s"
        " from duewell.preference where person_id = %s",
        [
            person_id,
            chosen.lang,
            sorted(chosen.channels),
            chosen.quiet_from,
            chosen.quiet_to,
            chosen.third_party,
            trusted,
            at,
            actor,
            person_id,
        ],
    )


def preferences_of(conn: Connection, person_id: int) -> tuple[Preferences, bytes | None, datetime | None]:
    """What stands, whom they trust (sealed), and since when; the defaults where nothing was chosen."""
    row = conn.execute(
        "select lang, channels, quiet_from, quiet_to, third_party, trusted, recorded_at"
        " from duewell.preference where person_id = %s order by seq desc limit 1",
        [person_id],
    ).fetchone()
    if row is None:
        return Preferences(), None, None
    channels = frozenset(Channel(each) for each in row[1])
    trusted = bytes(row[5]) if row[5] is not None else None
    return Preferences(row[0], channels, row[2], row[3], row[4]), trusted, row[6]


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One consent given or taken back."""

    purpose: Purpose
    is_given: bool
    recorded_at: datetime


def put_consent(
    conn: Connection, person_id: int, purpose: Purpose, *, is_given: bool, at: datetime, actor: str
) -> None:
    """Keep one change."""
    conn.execute(
        "insert into duewell.consent (person_id, purpose, seq, is_given, recorded_at, actor)"
        " select %s, %s, coalesce(max(seq), 0) + 1, %s, %s, %s from duewell.consent"
        " where person_id = %s and purpose = %s",
        [person_id, purpose.value, is_given, at, actor, person_id, purpose.value],
    )


def consents_of(conn: Connection, person_id: int) -> list[ConsentRow]:
    """Every change, the oldest first."""
    rows = conn.execute(
        "select purpose, is_given, recorded_at from duewell.consent where person_id = %s"
        " order by recorded_at, purpose, seq",
        [person_id],
    ).fetchall()
    return [ConsentRow(Purpose(row[0]), row[1], row[2]) for row in rows]


def put_feed(conn: Connection, person_id: int, token_hash: bytes | None, *, at: datetime) -> None:
    """Begin a feed in place of the one before, or end it."""
    conn.execute(
        "insert into duewell.calendar_feed (person_id, seq, token_hash, recorded_at)"
        " select %s, coalesce(max(seq), 0) + 1, %s, %s from duewell.calendar_feed where person_id = %s",
        [person_id, token_hash, at, person_id],
    )


def feed_of(conn: Connection, person_id: int) -> tuple[bytes, datetime] | None:
    """The feed that stands: the hash of its token, and since when."""
    row = conn.execute(
        "select token_hash, recorded_at from duewell.calendar_feed where person_id = %s"
        " order by seq desc limit 1",
        [person_id],
    ).fetchone()
    return (bytes(row[0]), row[1]) if row is not None and row[0] is not None else None


def notices_of(conn: Connection, person_id: int, limit: int) -> list[tuple[dict[str, Any], str, datetime]]:
    """What a person was or will be told: the content, its state, and when that began; the newest first."""
    rows = conn.execute(
        "select payload, state, changed_at from duewell.outbox where person_id = %s and kind = %s"
        " order by changed_at desc, outbox_key limit %s",
        [person_id, outbox.NOTICE, limit],
    ).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]
