"""Keep a calendar: a person's due dates as a feed that their own calendar fetches.

Needs    a connection in autocommit; the person, and for the feed itself the token of its address.
Gives    begin (the token, shown once), end, feed_since, check_feed.
Never    says in a feed whose it is, or answers for a token that was replaced.
Source   docs/reference/contact.md, section calendar.
"""

from __future__ import annotations

from datetime import datetime

from duewell.domain.errors import NotFound
from duewell.domain.party import person_ref
from duewell.gateways import passwords as secret
from duewell.store import contact, trail, vault
from duewell.store.loans import Connection


def begin(conn: Connection, person_id: int, *, by: str, at: datetime) -> str:
    """A new address in place of the one before: its token, which is not kept."""
    token = secret.token()
    with conn.transaction():
        contact.lock(conn, person_id)
        contact.put_feed(conn, person_id, secret.token_hash(token), at=at)
        trail.add(conn, at=at, actor=by, act="calendar-begun", target=person_ref(person_id))
    return token


def end(conn: Connection, person_id: int, *, by: str, at: datetime) -> None:
    """End the feed; one that has ended already stays so."""
    with conn.transaction():
        contact.lock(conn, person_id)
        if contact.feed_of(conn, person_id) is None:
            return
        contact.put_feed(conn, person_id, None, at=at)
        trail.add(conn, at=at, actor=by, act="calendar-ended", target=person_ref(person_id))


def feed_since(conn: Connection, person_id: int) -> datetime | None:
    """Since when a feed stands; None where there is none."""
    found = contact.feed_of(conn, person_id)
    return found[1] if found is not None else None


def check_feed(conn: Connection, person_id: int, token: str) -> None:
    """Refuses NotFound "feed-not-found" for a token that does not stand, or a person who was erased."""
    found = contact.feed_of(conn, person_id)
    if (
        found is None
        or not secret.is_same(found[0], secret.token_hash(token[:200]))
        or vault.is_erased(conn, person_id)
    ):
        raise NotFound("feed-not-found")
