"""Routes of signing in and out, of one's own account, and of managing others'."""

from __future__ import annotations

import threading
from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api._cookies import cookie_name, forget_cookie
from duewell.api._door import Ask, Asked, Door, answer
from duewell.api._models import (
    ActiveGiven,
    ChallengeTold,
    ClientGiven,
    ClientsTold,
    CodeGiven,
    CodeTried,
    Done,
    InboxTold,
    Me,
    NewClientTold,
    NewStaffTold,
    PasswordChange,
    PasswordGiven,
    PasswordSignIn,
    PersonTold,
    RequestTold,
    RolesGiven,
    SessionsTold,
    SessionTold,
    StaffGiven,
    StaffSignIn,
    StaffsTold,
)
from duewell.domain.access import VERSIONS, Act, Kind, Permission, role_named
from duewell.domain.errors import NotFound
from duewell.services import keep_person, manage_accounts, sign_in
from duewell.services.decide_request import ask as ask_second
from duewell.services.sign_in import SignedIn
from duewell.store import accounts, books

door = Door(tags=["accounts"])
_DONE = {"schema": "duewell.done/1", "done": True}


def entered(ask: Ask, made: SignedIn) -> Response:
    """Begin a session in place of the one before: its token goes into a cookie no script reads."""
    if ask.token:
        sign_in.leave(ask.conn, ask.token[:200], at=ask.at)
    told = {
        "schema": "duewell.session/1",
        "session": made.session_no,
        "csrf": made.csrf,
        "expires_at": made.expires_at.isoformat(),
    }
    response = answer(told, 201, {"Cache-Control": "no-store"})
    response.set_cookie(
        cookie_name(is_https=ask.state.settings.is_https),
        made.token,
        max_age=int((made.expires_at - ask.at).total_seconds()),
        path="/",
        secure=ask.state.settings.is_https,
        httponly=True,
        samesite="lax",
    )
    return response


@door.post("/api/sessions/staff", may=Permission.PUBLIC, status=201, model=SessionTold)
def sign_in_staff(ask: Asked, given: StaffSignIn) -> Response:
    """Sign in as staff: login, password, and the six digits of the authenticator."""
    made = sign_in.sign_in_staff(
        ask.conn,
        ask.state.keys,
        ask.state.hasher,
        login=given.login,
        password=given.password,
        step_code=given.code,
        come_from=ask.come_from,
        at=ask.at,
    )
    return entered(ask, made)


def realm_of(ask: Ask, book: str) -> int:
    """The realm a borrower of a book belongs to. A book that is not there has nobody in it."""
    row = books.read_book(ask.conn, book)
    return row.book_id if row.is_sandbox else 0


@door.post("/api/sessions/code", may=Permission.PUBLIC, status=202, model=ChallengeTold)
def ask_code(ask: Asked, given: CodeGiven) -> Response:
    """Send a one-time code to a borrower. The answer is the same whether or not anybody is known there."""
    made = sign_in.ask_code(
        ask.conn,
        ask.state.keys,
        realm=realm_of(ask, given.book),
        field=given.field,
        given=given.value,
        come_from=ask.come_from,
        lang=ask.lang,
        at=ask.at,
    )
    if made.code is not None:
        # Apart from the answer: what a mail server takes would tell whether there was anybody to write to.
        threading.Thread(target=ask.state.send_code, args=(made,), daemon=True).start()
    told = {
        "schema": "duewell.challenge/1",
        "challenge": made.challenge,
        "expires_at": made.expires_at.isoformat(),
    }
    return answer(told, 202)


@door.get("/api/books/{book}/inbox", may=Permission.CLOCK_MOVE, model=InboxTold)
def read_inbox(ask: Asked, book: str, to: Annotated[str, Query(min_length=1, max_length=200)]) -> Response:
    """The last message that would have been sent to a phone or address of a sandbox book."""
    row = ask.book(book)
    text = ask.state.inbox.last(row.book_id, to) if row.is_sandbox else None
    if text is None:
        raise NotFound("inbox-empty")
    return answer({"schema": "duewell.inbox/1", "to": to, "text": text})


@door.post("/api/sessions/borrower", may=Permission.PUBLIC, status=201, model=SessionTold)
def sign_in_by_code(ask: Asked, given: CodeTried) -> Response:
    """Sign in as a borrower by the code that was sent."""
    made = sign_in.sign_in_by_code(
        ask.conn, challenge=given.challenge, code=given.code, come_from=ask.come_from, at=ask.at
    )
    return entered(ask, made)


@door.post("/api/sessions/password", may=Permission.PUBLIC, status=201, model=SessionTold)
def sign_in_by_password(ask: Asked, given: PasswordSignIn) -> Response:
    """Sign in as a borrower who chose to have a password."""
    made = sign_in.sign_in_by_password(
        ask.conn,
        ask.state.keys,
        ask.state.hasher,
        realm=realm_of(ask, given.book),
        field=given.field,
        given=given.value,
        password=given.password,
        come_from=ask.come_from,
        at=ask.at,
    )
    return entered(ask, made)


@door.get("/api/me", may=Permission.SIGNED_IN, model=Me)
def show_me(ask: Asked) -> Response:
    """Who you are here, and what you may do."""
    who = ask.identity
    return answer(
        {
            "schema": "duewell.me/1",
            "actor": who.actor,
            "kind": who.kind.value,
            "roles": sorted(who.roles),
            "permissions": sorted(who.permissions),
            "books": sorted(who.books) if who.books is not None else None,
            "version": ask.version,
        }
    )


def _of(ask: Ask) -> dict[str, Any]:
    """Whose sessions the caller may see: their own."""
    who = ask.identity
    return {"login": who.name if who.kind is Kind.STAFF else None, "person_id": who.person_id}


@door.get("/api/me/sessions", may=Permission.SIGNED_IN, model=SessionsTold)
def list_sessions(ask: Asked) -> Response:
    """Your sessions that stand."""
    items = [
        {
            "session": each.session_no,
            "agent": each.agent,
            "created_at": each.created_at.isoformat(),
            "seen_at": each.seen_at.isoformat(),
            "expires_at": each.expires_at.isoformat(),
            "is_this": each.session_no == ask.identity.session,
        }
        for each in sign_in.sessions(ask.conn, at=ask.at, **_of(ask))
    ]
    return answer({"schema": "duewell.sessions/1", "items": items})


@door.delete("/api/me/sessions/{session}", may=Permission.SIGNED_IN, model=Done)
def end_session(ask: Asked, session: str) -> Response:
    """End one of your sessions, this one too: `this` names it."""
    number = ask.identity.session if session == "this" else session
    if number not in {each.session_no for each in sign_in.sessions(ask.conn, at=ask.at, **_of(ask))}:
        raise NotFound("session-not-found")
    sign_in.sign_out(ask.conn, number, actor=ask.identity.actor, at=ask.at)
    response = answer(_DONE)
    if number == ask.identity.session:
        forget_cookie(response, is_https=ask.state.settings.is_https)
        response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@door.put("/api/me/password", may=Permission.SIGNED_IN, model=Done)
def change_my_password(ask: Asked, given: PasswordChange) -> Response:
    """Change your own password as a member of staff: the current one is asked for; other sessions end."""
    if ask.identity.kind is not Kind.STAFF:
        raise NotFound("session-not-found")
    sign_in.change_staff_password(
        ask.conn,
        ask.state.hasher,
        ask.identity.name,
        current=given.current,
        password=given.password,
        keep=ask.identity.session,
        at=ask.at,
    )
    return answer(_DONE)


@door.put("/api/own/password", may=Permission.OWN_WRITE, model=Done)
def set_own_password(ask: Asked, given: PasswordGiven) -> Response:
    """Set, change or, with null, drop your password. Every session of yours ends."""
    assert ask.identity.person_id is not None
    sign_in.set_own_password(
        ask.conn, ask.state.hasher, ask.identity.person_id, password=given.password, at=ask.at
    )
    return answer(_DONE)


@door.get("/api/own/data", may=Permission.OWN_READ, model=PersonTold)
def show_own_data(ask: Asked) -> Response:
    """What is kept of you, in the clear."""
    assert ask.identity.person_id is not None
    return answer(keep_person.own(ask.conn, ask.state.keys, ask.identity.person_id))


# -- staff and clients -----------------------------------------------------------------------------


@door.get("/api/staff", may=Permission.ACCOUNT_MANAGE, model=StaffsTold)
def list_staff(ask: Asked) -> Response:
    """All accounts and their roles."""
    items = [
        {
            "login": each.login,
            "name": each.name,
            "is_active": each.is_active,
            "roles": list(each.roles),
            "books": list(each.books) if each.books is not None else None,
        }
        for each in accounts.staff_of(ask.conn)
    ]
    return answer({"schema": "duewell.staff/1", "items": items})


@door.post("/api/staff", may=Permission.ACCOUNT_MANAGE, status=201, model=NewStaffTold)
def add_staff(ask: Asked, given: StaffGiven) -> Response:
    """Make an account. It may do nothing until its roles are approved by a second person."""
    made = manage_accounts.add_staff(
        ask.conn,
        ask.state.keys,
        ask.state.hasher,
        login=given.login,
        name=given.name,
        password=given.password,
        by=ask.identity.actor,
        at=ask.at,
    )
    told = {"schema": "duewell.new-staff/1", "login": made.login, "totp_uri": made.totp_uri}
    return answer(told, 201, {"Cache-Control": "no-store"})


@door.post(
    "/api/staff/{login}/roles", may=Permission.ACCOUNT_MANAGE, status=202, model=RequestTold, is_keyed=True
)
def ask_roles(ask: Asked, login: str, given: RolesGiven) -> Response:
    """Ask for an account's roles to be set; a second person decides."""
    staff = manage_accounts.staff_named(ask.conn, login)
    roles = sorted({role_named(each).value for each in given.roles})
    manage_accounts.check_books(ask.conn, given.books)
    told = ask_second(
        ask.conn,
        Act.ROLES,
        book=None,
        target=f"staff/{staff.login}",
        payload={"login": staff.login, "roles": roles, "books": given.books},
        loan=None,
        request=ask.keyed(),
    )
    return answer(told, 202)


@door.put("/api/staff/{login}/active", may=Permission.ACCOUNT_MANAGE, model=Done)
def set_active(ask: Asked, login: str, given: ActiveGiven) -> Response:
    """Stop an account, which ends its sessions at once, or let it in again."""
    manage_accounts.set_staff_active(
        ask.conn, login, is_active=given.is_active, by=ask.identity.actor, at=ask.at
    )
    return answer(_DONE)


@door.put("/api/staff/{login}/password", may=Permission.ACCOUNT_MANAGE, model=Done)
def set_password(ask: Asked, login: str, given: PasswordGiven) -> Response:
    """Give an account another password; its sessions end."""
    manage_accounts.set_staff_password(
        ask.conn, ask.state.hasher, login, password=given.password or "", by=ask.identity.actor, at=ask.at
    )
    return answer(_DONE)


@door.get("/api/clients", may=Permission.CLIENT_MANAGE, model=ClientsTold)
def list_clients(ask: Asked) -> Response:
    """All API clients."""
    items = [
        {
            "client_id": each.client_id,
            "name": each.name,
            "is_sandbox_only": each.is_sandbox_only,
            "books": list(each.books) if each.books is not None else None,
            "version": each.version,
            "created_at": each.created_at.isoformat(),
            "revoked_at": each.revoked_at.isoformat() if each.revoked_at else None,
        }
        for each in accounts.clients_of(ask.conn)
    ]
    return answer({"schema": "duewell.clients/1", "items": items})


@door.post("/api/clients", may=Permission.CLIENT_MANAGE, status=201, model=NewClientTold)
def add_client(ask: Asked, given: ClientGiven) -> Response:
    """Make an API client; its key is shown once and pinned to today's version."""
    made = manage_accounts.add_client(
        ask.conn,
        name=given.name,
        book_codes=given.books,
        is_sandbox_only=given.is_sandbox_only,
        version=VERSIONS[-1],
        by=ask.identity.actor,
        at=ask.at,
    )
    told = {"schema": "duewell.new-client/1", "client_id": made.client_id, "key": made.key}
    return answer(told, 201, {"Cache-Control": "no-store"})


@door.delete("/api/clients/{client}", may=Permission.CLIENT_MANAGE, model=Done)
def revoke_client(ask: Asked, client: str) -> Response:
    """End a client's key at once."""
    manage_accounts.revoke_client(ask.conn, client, by=ask.identity.actor, at=ask.at)
    return answer(_DONE)
