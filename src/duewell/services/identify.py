"""Identify: whose token or key a request carries.

Needs    a connection; the token; the instant.
Gives    by_session and by_key: the Identity as it stands at this moment, and what must go with it.
Never    trusts what a token says: it says nothing, the store does.
Source   docs/reference/access.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from duewell.domain.access import KEY_PREFIX, SESSION_IDLE, Identity, Kind, Role
from duewell.domain.party import person_ref
from duewell.gateways.passwords import token_hash
from duewell.store import accounts
from duewell.store.loans import Connection

_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """An identity, the version it was written for, and the hash of the token its forms must carry."""

    identity: Identity
    version: str | None = None
    csrf_hash: bytes | None = None


def by_session(conn: Connection, token: str, at: datetime) -> Caller | None:
    """The caller of a session's token; None where it ended, idled too long, or never was."""
    hashed = token_hash(token)
    found = accounts.find_session(conn, hashed, at, at - max(SESSION_IDLE.values()))
    if found is None or found.seen_at < at - SESSION_IDLE[found.kind]:
        return None
    if found.seen_at < at - _SEEN_EVERY:
        accounts.see_session(conn, hashed, at)
    if found.person_id is not None:
        who = Identity(
            Kind.BORROWER,
            person_ref(found.person_id),
            frozenset({Role.BORROWER}),
            found.person_id,
            session=found.session_no,
        )
    else:
        who = Identity(
            Kind.STAFF,
            found.login,
            frozenset(Role(name) for name in found.roles),
            books=frozenset(found.books) if found.books is not None else None,
            session=found.session_no,
        )
    return Caller(who, csrf_hash=found.csrf_hash)


def by_key(conn: Connection, key: str) -> Caller | None:
    """The caller of an API key: `dw_test_CLIENT_SECRET` or `dw_live_...`."""
    prefix = next((each for each in KEY_PREFIX.values() if key.startswith(each)), None)
    if prefix is None:
        return None
    client_id, mark, _ = key.removeprefix(prefix).partition("_")
    if not mark:
        return None
    found = accounts.find_client(conn, client_id, token_hash(key))
    if found is None:
        return None
    who = Identity(
        Kind.CLIENT,
        found.client_id,
        frozenset({Role.API_CLIENT}),
        books=frozenset(found.books) if found.books is not None else None,
        is_sandbox_only=found.is_sandbox_only,
    )
    return Caller(who, found.version)
