"""Accounts: staff with their roles, API clients, and the sessions that stand for them.

Needs    a connection; every instant as an argument; secrets only as hashes or sealed.
Gives    Staff, Client, Session, and what adds, finds, ends and lists them.
Never    judges a password or a permission.
Source   docs/reference/access.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duewell.domain.errors import Conflict, NotFound
from duewell.store.loans import Connection

_ROLES = (
    "left join lateral (select roles, books from duewell.staff_roles r where r.staff_id = s.staff_id"
    " order by nth desc limit 1) as r on true"
)
_STAFF = (
    "select s.staff_id, s.login, s.name, s.password_hash, s.totp_sealed, s.totp_last_step, s.is_active,"
    f" coalesce(r.roles, '{{}}'), r.books, s.created_at from duewell.staff s {_ROLES}"
)


@dataclass(frozen=True, slots=True)
class Staff:
    """An account of somebody who works here. `books` None means all of them."""

    staff_id: int
    login: str
    name: str
    password_hash: str
    totp_sealed: bytes
    totp_last_step: int
    is_active: bool
    roles: tuple[str, ...]
    books: tuple[str, ...] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """A program that may call the API, and the version of it that it was written for."""

    client_id: str
    name: str
    books: tuple[str, ...] | None
    is_sandbox_only: bool
    version: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in: a borrower's person, or a member of staff with roles as they are now."""

    session_no: str
    kind: str
    login: str
    person_id: int | None
    roles: tuple[str, ...]
    books: tuple[str, ...] | None
    csrf_hash: bytes
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def totp_place(staff_id: int) -> str:
    """Where the authenticator's secret of an account belongs: it opens nowhere else."""
    return f"staff/totp/{staff_id}"


# -- staff -----------------------------------------------------------------------------------------


def add_staff(
    conn: Connection,
    *,
    staff_id: int,
    login: str,
    name: str,
    password_hash: str,
    totp_sealed: bytes,
    at: datetime,
) -> None:
    """Add an account without a role. The same login twice is a Conflict."""
    added = conn.execute(
        "insert into duewell.staff (staff_id, login, name, password_hash, totp_sealed, created_at)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (login) do nothing",
        [staff_id, login, name, password_hash, totp_sealed, at],
    )
    if added.rowcount != 1:
        raise Conflict("login-taken", login=login)


def set_roles(
    conn: Connection,
    staff_id: int,
    *,
    roles: Iterable[str],
    books: Iterable[str] | None,
    by: str,
    at: datetime,
) -> None:
    """What an account may do from now on; what it could do before stays on record."""
    conn.execute(
        "insert into duewell.staff_roles select %s, coalesce(max(nth), 0) + 1, %s, %s, %s, %s"
        " from duewell.staff_roles where staff_id = %s",
        [staff_id, list(roles), list(books) if books is not None else None, by, at, staff_id],
    )


def find_staff(conn: Connection, login: str) -> Staff | None:
    """An account by its login, in whatever case it was typed."""
    row = conn.execute(f"{_STAFF} where s.login = lower(%s)", [login]).fetchone()
    return _staff(row) if row is not None else None


def staff_of(conn: Connection) -> list[Staff]:
    """All accounts, by login."""
    return [_staff(row) for row in conn.execute(f"{_STAFF} order by s.login").fetchall()]


def has_staff(conn: Connection) -> bool:
    """Whether anybody can sign in at all."""
    return conn.execute("select 1 from duewell.staff limit 1").fetchone() is not None


def _staff(row: tuple[Any, ...]) -> Staff:
    values: list[Any] = list(row)
    values[7], values[8] = tuple(row[7]), _books(row[8])
    return Staff(*values)


def _books(kept: list[str] | None) -> tuple[str, ...] | None:
    return tuple(kept) if kept is not None else None


def use_totp_step(conn: Connection, staff_id: int, step: int) -> bool:
    """Use up a step of the authenticator: False if it, or a later one, was used before."""
    used = conn.execute(
        "update duewell.staff set totp_last_step = %s where staff_id = %s and totp_last_step < %s",
        [step, staff_id, step],
    )
    return used.rowcount == 1


def set_password(conn: Connection, staff_id: int, password_hash: str) -> None:
    """Keep another password's hash."""
    conn.execute("update duewell.staff set password_hash = %s where staff_id = %s", [password_hash, staff_id])


def set_active(conn: Connection, staff_id: int, *, is_active: bool) -> None:
    """Let an account sign in, or no longer."""
    conn.execute("update duewell.staff set is_active = %s where staff_id = %s", [is_active, staff_id])


# -- sessions --------------------------------------------------------------------------------------


def open_session(
    conn: Connection,
    *,
    token_hash: bytes,
    session_no: str,
    staff_id: int | None,
    person_id: int | None,
    csrf_hash: bytes,
    agent: str,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Keep a session by the hash of its token."""
    conn.execute(
        "insert into duewell.session (token_hash, session_no, kind, staff_id, person_id, csrf_hash, agent,"
        " created_at, seen_at, expires_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            token_hash,
            session_no,
            "staff" if staff_id is not None else "borrower",
            staff_id,
            person_id,
            csrf_hash,
            agent,
            at,
            at,
            expires_at,
        ],
    )


_SESSION = (
    "select x.session_no, x.kind, coalesce(s.login, ''), x.person_id, coalesce(r.roles, '{}'), r.books,"
    " x.csrf_hash, x.agent, x.created_at, x.seen_at, x.expires_at from duewell.session x"
    f" left join duewell.staff s using (staff_id) {_ROLES}"
    " where x.revoked_at is null and x.expires_at > %s and coalesce(s.is_active, true)"
)


def find_session(conn: Connection, token_hash: bytes, at: datetime, idle_since: datetime) -> Session | None:
    """The session of a token, with its roles of this moment; None if it ended, idled or never was."""
    row = conn.execute(
        f"{_SESSION} and x.token_hash = %s and x.seen_at > %s", [at, token_hash, idle_since]
    ).fetchone()
    return _session(row) if row is not None else None


def see_session(conn: Connection, token_hash: bytes, at: datetime) -> None:
    """Remember that a session is in use."""
    conn.execute("update duewell.session set seen_at = %s where token_hash = %s", [at, token_hash])


def sessions_of(conn: Connection, *, login: str | None, person_id: int | None, at: datetime) -> list[Session]:
    """The sessions of an account that stand, the newest first."""
    rows = conn.execute(
        f"{_SESSION} and (s.login = %s or x.person_id = %s) order by x.created_at desc",
        [at, login, person_id],
    ).fetchall()
    return [_session(row) for row in rows]


def end_session(conn: Connection, session_no: str, at: datetime) -> bool:
    """End one session; False if it had ended."""
    ended = conn.execute(
        "update duewell.session set revoked_at = %s where session_no = %s and revoked_at is null",
        [at, session_no],
    )
    return ended.rowcount == 1


def end_session_of(conn: Connection, token_hash: bytes, at: datetime) -> str | None:
    """End the session of a token; its number, or None if there was none to end."""
    row = conn.execute(
        "update duewell.session set revoked_at = %s where token_hash = %s and revoked_at is null"
        " returning session_no",
        [at, token_hash],
    ).fetchone()
    return str(row[0]) if row is not None else None


def end_sessions(conn: Connection, *, login: str | None, person_id: int | None, at: datetime) -> int:
    """End all sessions of an account."""
    ended = conn.execute(
        "update duewell.session set revoked_at = %s where revoked_at is null and (person_id = %s"
        " or staff_id = (select staff_id from duewell.staff where login = %s))",
        [at, person_id, login],
    )
    return ended.rowcount


def _session(row: tuple[Any, ...]) -> Session:
    values: list[Any] = list(row)
    values[4], values[5], values[6] = tuple(row[4]), _books(row[5]), bytes(row[6])
    return Session(*values)


# -- API clients -----------------------------------------------------------------------------------

_CLIENT = (
    "select client_id, name, books, is_sandbox_only, version, created_at, revoked_at from duewell.api_client"
)


def add_client(
    conn: Connection,
    *,
    client_id: str,
    name: str,
    secret_hash: bytes,
    books: Iterable[str] | None,
    is_sandbox_only: bool,
    version: str,
    by: str,
    at: datetime,
) -> None:
    """Keep a client by the hash of its key."""
    conn.execute(
        "insert into duewell.api_client values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            client_id,
            name,
            secret_hash,
            list(books) if books is not None else None,
            is_sandbox_only,
            version,
            by,
            at,
        ],
    )


def find_client(conn: Connection, client_id: str, secret_hash: bytes) -> Client | None:
    """The client of a key; None if there is none or it was revoked."""
    row = conn.execute(
        f"{_CLIENT} where client_id = %s and secret_hash = %s and revoked_at is null",
        [client_id, secret_hash],
    ).fetchone()
    return _client(row) if row is not None else None


def clients_of(conn: Connection) -> list[Client]:
    """All clients, the oldest first."""
    return [_client(row) for row in conn.execute(f"{_CLIENT} order by created_at, client_id").fetchall()]


def revoke_client(conn: Connection, client_id: str, at: datetime) -> None:
    """End a client's key. Revoking it again changes nothing."""
    found = conn.execute(
        "update duewell.api_client set revoked_at = coalesce(revoked_at, %s) where client_id = %s",
        [at, client_id],
    )
    if found.rowcount != 1:
        raise NotFound("client-not-found", client_id=client_id[:40])


def _client(row: tuple[Any, ...]) -> Client:
    client_id, name, books, *rest = row
    return Client(client_id, name, _books(books), *rest)
