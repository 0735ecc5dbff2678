"""Manage accounts: staff and API clients are made, changed and ended, each step on the trail.

Needs    a connection; the keys and the hasher; who does it, and when.
Gives    NewStaff and NewClient with secrets shown once.
Never    gives a role by itself to somebody who asks for it: roles are for two persons to change.
Source   docs/reference/access.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duewell.domain.access import KEY_PREFIX, check_password, role_named
from duewell.domain.errors import InvalidInput, NotFound
from duewell.gateways import passwords as secret
from duewell.gateways.keys import KeyPort
from duewell.gateways.passwords import Passwords
from duewell.store import accounts, books, request_keys, trail
from duewell.store.accounts import Staff
from duewell.store.loans import Connection

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_NAME_MAX = 80


@dataclass(frozen=True, slots=True)
class NewStaff:
    """An account just made, with what its authenticator must read: shown once."""

    login: str
    totp_secret: str
    totp_uri: str


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client just made, with its key: shown once."""

    client_id: str
    key: str


def add_staff(
    conn: Connection,
    keys: KeyPort,
    hasher: Passwords,
    *,
    login: str,
    name: str,
    password: str,
    by: str,
    at: datetime,
    first_roles: Sequence[str] = (),
    totp_secret: str | None = None,
) -> NewStaff:
    """Make an account. It may do nothing until its roles are approved.

    `first_roles` are given at once, which only whoever holds the server itself may ask for.
    Refuses   a login, name or password that is none; a login taken.
    """
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise InvalidInput("login-unreadable", given=login[:40])
    check_name(name)
    check_password(password, about=(login, name))
    roles = [role_named(each).value for each in first_roles]
    staff_id, totp = secret.number(), totp_secret or secret.new_totp()
    kept = hasher.hash(password)
    with conn.transaction():
        accounts.add_staff(
            conn,
            staff_id=staff_id,
            login=login,
            name=name.strip(),
            password_hash=kept,
            totp_sealed=keys.wrap(totp.encode(), accounts.totp_place(staff_id)),
            at=at,
        )
        if roles:
            accounts.set_roles(conn, staff_id, roles=roles, books=None, by=by, at=at)
        trail.add(conn, at=at, actor=by, act="account-made", target=login, roles=roles)
    return NewStaff(login, totp, secret.totp_uri(totp, login))


def check_name(name: str) -> None:
    """Refuse a name that is empty, too long or unreadable."""
    if not name.strip() or len(name) > _NAME_MAX or not name.isprintable():
        raise InvalidInput("name-unreadable", length_max=_NAME_MAX)


def staff_named(conn: Connection, login: str) -> Staff:
    """An account by its login."""
    found = accounts.find_staff(conn, login)
    if found is None:
        raise NotFound("login-not-found", login=login[:40])
    return found


def change_roles(
    conn: Connection,
    login: str,
    *,
    roles: Sequence[str],
    book_codes: Sequence[str] | None,
    by: str,
    at: datetime,
) -> dict[str, Any]:
    """What an account may do from now on; its sessions follow at their next step."""
    staff = staff_named(conn, login)
    wanted = sorted({role_named(each).value for each in roles})
    check_books(conn, book_codes)
    with conn.transaction():
        accounts.set_roles(conn, staff.staff_id, roles=wanted, books=book_codes, by=by, at=at)
        trail.add(
            conn, at=at, actor=by, act="roles-changed", target=staff.login, roles=wanted, books=book_codes
        )
    return {"schema": "duewell.roles/1", "login": staff.login, "roles": wanted, "books": book_codes}


def check_books(conn: Connection, codes: Sequence[str] | None) -> None:
    """Refuse a book that is not there."""
    for code in codes or ():
        books.read_book(conn, code)


def set_staff_active(conn: Connection, login: str, *, is_active: bool, by: str, at: datetime) -> None:
    """Stop an account, which ends its sessions, or let it in again."""
    staff = staff_named(conn, login)
    with conn.transaction():
        accounts.set_active(conn, staff.staff_id, is_active=is_active)
        if not is_active:
            accounts.end_sessions(conn, login=staff.login, person_id=None, at=at)
        act = "account-opened" if is_active else "account-stopped"
        trail.add(conn, at=at, actor=by, act=act, target=staff.login)


def set_staff_password(
    conn: Connection, hasher: Passwords, login: str, *, password: str, by: str, at: datetime
) -> None:
    """Give an account another password; its sessions end."""
    staff = staff_named(conn, login)
    check_password(password, about=(staff.login, staff.name))
    kept = hasher.hash(password)
    with conn.transaction():
        accounts.set_password(conn, staff.staff_id, kept)
        accounts.end_sessions(conn, login=staff.login, person_id=None, at=at)
        trail.add(conn, at=at, actor=by, act="password-set", target=staff.login)


def add_client(
    conn: Connection,
    *,
    name: str,
    book_codes: Sequence[str] | None,
    is_sandbox_only: bool,
    version: str,
    by: str,
    at: datetime,
    request_key: str | None = None,
) -> NewClient:
    """Make an API client and its key. A test key never reaches a live book.

    Refuses   Conflict "secret-shown-already" under a request key that made one.
    """
    check_name(name)
    check_books(conn, book_codes)
    client_id = secret.token()[:12].replace("_", "x").replace("-", "y").lower()
    key = secret.token(f"{KEY_PREFIX[is_sandbox_only]}{client_id}_")
    with conn.transaction():
        if request_key is not None:
            asked = ["client", name, list(book_codes or ()), is_sandbox_only]
            request_keys.claim(conn, client_id=by, key=request_key, asked=asked, target=client_id, at=at)
        accounts.add_client(
            conn,
            client_id=client_id,
            name=name.strip(),
            secret_hash=secret.token_hash(key),
            books=book_codes,
            is_sandbox_only=is_sandbox_only,
            version=version,
            by=by,
            at=at,
        )
        trail.add(conn, at=at, actor=by, act="client-made", target=client_id, is_sandbox_only=is_sandbox_only)
    return NewClient(client_id, key)


def revoke_client(conn: Connection, client_id: str, *, by: str, at: datetime) -> None:
    """End a client's key at once."""
    with conn.transaction():
        accounts.revoke_client(conn, client_id, at)
        trail.add(conn, at=at, actor=by, act="client-revoked", target=client_id)
