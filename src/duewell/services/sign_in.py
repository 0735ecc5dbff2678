"""Sign in and out: staff by password and authenticator, borrowers by a one-time code or a password.

Needs    a connection in autocommit; the keys and the hasher; what was typed, from where, and when.
Gives    SignedIn with its tokens, Challenge with the code to send; sessions listed and ended.
Never    says which part was wrong, takes longer for an account that exists, or keeps a token.
Source   docs/reference/access.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duewell.domain.access import CODE_LIFE, CODE_TRIES, SESSION_LIFE, check_password
from duewell.domain.errors import Conflict, Refusal
from duewell.domain.party import person_ref, read_field
from duewell.gateways import passwords as secret
from duewell.gateways.keys import KeyPort
from duewell.gateways.passwords import Passwords
from duewell.store import accounts, books, limits, trail, vault
from duewell.store.accounts import Session, Staff
from duewell.store.loans import Connection

_AGENT_MAX = 120
_TYPED_MAX = 400
_DEMO_PERSONS_MAX = 8


class NotSignedIn(Refusal):
    """Who asks could not be made out, or no longer."""


@dataclass(frozen=True, slots=True)
class From:
    """Where somebody signs in from."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that begins: its token and the one that forms must carry, shown once."""

    token: str
    csrf: str
    session_no: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code that was asked for: what the asker holds, and, where somebody is there, what to send whom."""

    challenge: str
    expires_at: datetime
    realm: int
    field: str
    to: str
    code: str | None
    lang: str


def sign_in_staff(
    conn: Connection,
    keys: KeyPort,
    hasher: Passwords,
    *,
    login: str,
    password: str,
    step_code: str,
    come_from: From,
    at: datetime,
) -> SignedIn:
    """Sign in with all three. Refuses TooMany, and NotSignedIn "sign-in-refused" whatever was wrong."""
    login = login[:_TYPED_MAX].lower()
    limits.count_try(conn, "sign-in", f"staff {login}", at)
    limits.count_try(conn, "sign-in-from", come_from.address, at)
    staff = accounts.find_staff(conn, login)
    is_right = hasher.fits(staff.password_hash if staff else None, password[:_TYPED_MAX])
    step = None
    if staff is not None:
        sealed = keys.unwrap(staff.totp_sealed, accounts.totp_place(staff.staff_id)).decode()
        step = secret.totp_step(sealed, step_code[:_TYPED_MAX], at)
    if staff is None or not is_right or step is None or not staff.is_active:
        raise NotSignedIn("sign-in-refused")
    with conn.transaction():
        if not accounts.use_totp_step(conn, staff.staff_id, step):
            raise NotSignedIn("sign-in-refused")
        made = _open(conn, staff_id=staff.staff_id, person_id=None, come_from=come_from, at=at)
        trail.add(conn, at=at, actor=f"staff:{staff.login}", act="signed-in", target=made.session_no)
    limits.forget_tries(conn, "sign-in", f"staff {login}", at)
    return made


def ask_code(
    conn: Connection,
    keys: KeyPort,
    *,
    realm: int,
    field: str,
    given: str,
    come_from: From,
    lang: str,
    at: datetime,
) -> Challenge:
    """Begin a borrower's sign-in. What comes back tells nobody whether a phone or address is known.

    Refuses   a phone or address that is none; TooMany.
    """
    value = read_field(field, given)
    limits.count_try(conn, "code-asked", f"{realm} {value}", at)
    limits.count_try(conn, "code-asked-daily", f"{realm} {value}", at)
    limits.count_try(conn, "code-asked-from", come_from.address, at)
    person_id = vault.find_person(conn, realm, field, keys.blind(field, value))
    challenge, code = secret.token(), secret.code()
    with conn.transaction():
        vault.put_code(
            conn,
            challenge=secret.token_hash(challenge),
            person_id=person_id,
            code_hash=_code_hash(challenge, code),
            at=at,
            expires_at=at + CODE_LIFE,
        )
    known = person_id is not None
    return Challenge(challenge, at + CODE_LIFE, realm, field, value, code if known else None, lang)


def sign_in_by_code(
    conn: Connection, *, challenge: str, code: str, come_from: From, at: datetime
) -> SignedIn:
    """Sign a borrower in by the code that was sent. It works once."""
    limits.count_try(conn, "code-tried", come_from.address, at)
    challenge, code = challenge[:_TYPED_MAX], code[:_TYPED_MAX]
    with conn.transaction():
        person_id = vault.use_code(
            conn,
            secret.token_hash(challenge),
            _code_hash(challenge, code),
            tries_max=CODE_TRIES,
            at=at,
        )
        if person_id is not None:
            return _enter(conn, person_id, come_from, at)
    raise NotSignedIn("code-refused")


def _code_hash(challenge: str, code: str) -> bytes:
    """A code is short; with the challenge, which is not kept, what is kept of it cannot be tried out."""
    return secret.token_hash(f"{challenge} {code}")


def sign_in_by_password(
    conn: Connection,
    keys: KeyPort,
    hasher: Passwords,
    *,
    realm: int,
    field: str,
    given: str,
    password: str,
    come_from: From,
    at: datetime,
) -> SignedIn:
    """Sign a borrower in by the password they chose to have."""
    value = read_field(field, given)
    limits.count_try(conn, "sign-in", f"{realm} {value}", at)
    limits.count_try(conn, "sign-in-from", come_from.address, at)
    person_id = vault.find_person(conn, realm, field, keys.blind(field, value))
    kept = vault.login_password(conn, person_id) if person_id is not None else None
    if not hasher.fits(kept, password[:_TYPED_MAX]) or person_id is None:
        raise NotSignedIn("sign-in-refused")
    with conn.transaction():
        made = _enter(conn, person_id, come_from, at)
    limits.forget_tries(conn, "sign-in", f"{realm} {value}", at)
    return made


def set_own_password(
    conn: Connection, hasher: Passwords, person_id: int, *, password: str | None, at: datetime
) -> None:
    """A borrower sets, changes or drops the password; every other session ends."""
    if password is not None:
        check_password(password)
    kept = hasher.hash(password) if password is not None else None
    with conn.transaction():
        vault.add_login(conn, person_id, at)
        vault.set_login_password(conn, person_id, kept)
        accounts.end_sessions(conn, login=None, person_id=person_id, at=at)
        trail.add(conn, at=at, actor=f"borrower:{person_ref(person_id)}", act="password-set", target="own")


def change_staff_password(
    conn: Connection, hasher: Passwords, login: str, *, current: str, password: str, keep: str, at: datetime
) -> None:
    """A member of staff changes their own password; every other session of theirs ends.

    Refuses   TooMany, NotSignedIn "sign-in-refused" where the current one is wrong; what is no password.
    """
    limits.count_try(conn, "sign-in", f"staff {login}", at)
    staff = accounts.find_staff(conn, login)
    if staff is None or not hasher.fits(staff.password_hash, current[:_TYPED_MAX]):
        raise NotSignedIn("sign-in-refused")
    check_password(password, about=(staff.login, staff.name))
    kept = hasher.hash(password)
    with conn.transaction():
        accounts.set_password(conn, staff.staff_id, kept)
        for each in accounts.sessions_of(conn, login=login, person_id=None, at=at):
            if each.session_no != keep:
                accounts.end_session(conn, each.session_no, at)
        trail.add(conn, at=at, actor=f"staff:{login}", act="password-set", target="own")
    limits.forget_tries(conn, "sign-in", f"staff {login}", at)


def sessions(conn: Connection, *, login: str | None, person_id: int | None, at: datetime) -> list[Session]:
    """The sessions of an account that stand."""
    return accounts.sessions_of(conn, login=login, person_id=person_id, at=at)


def sign_out(conn: Connection, session_no: str, *, actor: str, at: datetime) -> None:
    """End a session at once: its token is good for nothing from here on."""
    with conn.transaction():
        if accounts.end_session(conn, session_no, at):
            trail.add(conn, at=at, actor=actor, act="signed-out", target=session_no)


def leave(conn: Connection, token: str, *, at: datetime) -> None:
    """End the session of a token, if it is one: signing in again leaves none behind."""
    ended = accounts.end_session_of(conn, secret.token_hash(token), at)
    if ended is not None:
        trail.add(conn, at=at, actor="server:sign-in", act="signed-out", target=ended)


# -- demonstrations --------------------------------------------------------------------------------


def demo_accounts(conn: Connection) -> tuple[list[Staff], list[int]]:
    """Whom a visitor may enter as: staff, and persons who can sign in.

    Refuses   Conflict "demo-with-live-book": where any book is live nobody is let in without signing in.
    """
    live = books.live_codes(conn)
    if live:
        raise Conflict("demo-with-live-book", book=live[0])
    staff = [each for each in accounts.staff_of(conn) if each.is_active and each.roles]
    return staff, vault.persons_with_login(conn, _DEMO_PERSONS_MAX)


def enter_demo(conn: Connection, name: str, *, come_from: From, at: datetime) -> SignedIn:
    """Begin a session as somebody of the demonstration: a login, or a person's reference."""
    staff, persons = demo_accounts(conn)
    found = next((each for each in staff if each.login == name), None)
    person_id = next((each for each in persons if person_ref(each) == name), None)
    if found is None and person_id is None:
        raise NotSignedIn("sign-in-refused")
    with conn.transaction():
        if person_id is not None:
            return _enter(conn, person_id, come_from, at, via="demo")
        assert found is not None
        made = _open(conn, staff_id=found.staff_id, person_id=None, come_from=come_from, at=at)
        actor = f"staff:{found.login}"
        # A live book is never opened where this stands: who was let in may have made accounts of their own.
        trail.add(conn, at=at, actor=actor, act="signed-in", target=made.session_no, via="demo")
        return made


def _enter(conn: Connection, person_id: int, come_from: From, at: datetime, **facts: object) -> SignedIn:
    vault.add_login(conn, person_id, at)
    made = _open(conn, staff_id=None, person_id=person_id, come_from=come_from, at=at)
    actor = f"borrower:{person_ref(person_id)}"
    trail.add(conn, at=at, actor=actor, act="signed-in", target=made.session_no, **facts)
    return made


def _open(
    conn: Connection, *, staff_id: int | None, person_id: int | None, come_from: From, at: datetime
) -> SignedIn:
    life = SESSION_LIFE["staff" if staff_id is not None else "borrower"]
    made = SignedIn(secret.token(), secret.token(), secret.token("s_")[:18], at + life)
    agent = "".join(mark for mark in come_from.agent if mark.isprintable())[:_AGENT_MAX]
    accounts.open_session(
        conn,
        token_hash=secret.token_hash(made.token),
        session_no=made.session_no,
        staff_id=staff_id,
        person_id=person_id,
        csrf_hash=secret.token_hash(made.csrf),
        agent=agent,
        at=at,
        expires_at=made.expires_at,
    )
    return made
