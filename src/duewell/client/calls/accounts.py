"""Calls of the API: accounts.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def sign_in_staff(*, login: str, password: str, code: str) -> Call[shapes.SessionTold]:
    """Sign in as staff: login, password, and the six digits of the authenticator."""
    return Call("POST", "/api/sessions/staff", body={"login": login, "password": password, "code": code})


def ask_code(*, book: str, field: Literal["phone", "email"], value: str) -> Call[shapes.ChallengeTold]:
    """Send a one-time code to a borrower. The answer is the same whether or not anybody is known there."""
    return Call("POST", "/api/sessions/code", body={"book": book, "field": field, "value": value})


def read_inbox(book: str, *, to: str) -> Call[shapes.InboxTold]:
    """The last message that would have been sent to a phone or address of a sandbox book."""
    return Call("GET", f"/api/books/{_at(book)}/inbox", query={"to": to})


def sign_in_by_code(*, challenge: str, code: str) -> Call[shapes.SessionTold]:
    """Sign in as a borrower by the code that was sent."""
    return Call("POST", "/api/sessions/borrower", body={"challenge": challenge, "code": code})


def sign_in_by_password(
    *, book: str, field: Literal["phone", "email"], value: str, password: str
) -> Call[shapes.SessionTold]:
    """Sign in as a borrower who chose to have a password."""
    return Call(
        "POST",
        "/api/sessions/password",
        body={"book": book, "field": field, "value": value, "password": password},
    )


def show_me() -> Call[shapes.Me]:
    """Who you are here, and what you may do."""
    return Call("GET", "/api/me")


def list_sessions() -> Call[shapes.SessionsTold]:
    """Your sessions that stand."""
    return Call("GET", "/api/me/sessions")


def end_session(session: str) -> Call[shapes.Done]:
    """End one of your sessions, this one too: `this` names it."""
    return Call("DELETE", f"/api/me/sessions/{_at(session)}")


def change_my_password(*, current: str, password: str) -> Call[shapes.Done]:
    """Change your own password as a member of staff: the current one is asked for; other sessions end."""
    return Call("PUT", "/api/me/password", body={"current": current, "password": password})


def set_own_password(*, password: str | None) -> Call[shapes.Done]:
    """Set, change or, with null, drop your password. Every session of yours ends."""
    return Call("PUT", "/api/own/password", body={"password": password})


def show_own_data() -> Call[shapes.PersonTold]:
    """What is kept of you, in the clear."""
    return Call("GET", "/api/own/data")


def list_staff() -> Call[shapes.StaffsTold]:
    """All accounts and their roles."""
    return Call("GET", "/api/staff")


def add_staff(*, login: str, name: str, password: str) -> Call[shapes.NewStaffTold]:
    """Make an account. It may do nothing until its roles are approved by a second person."""
    return Call("POST", "/api/staff", body={"login": login, "name": name, "password": password})


def ask_roles(
    login: str, *, roles: list[str], books: list[str] | None = None, key: str | None = None
) -> Call[shapes.RequestTold]:
    """Ask for an account's roles to be set; a second person decides."""
    return Call(
        "POST",
        f"/api/staff/{_at(login)}/roles",
        body={"roles": roles, "books": books},
        key=key,
        is_keyed=True,
    )


def set_active(login: str, *, is_active: bool) -> Call[shapes.Done]:
    """Stop an account, which ends its sessions at once, or let it in again."""
    return Call("PUT", f"/api/staff/{_at(login)}/active", body={"is_active": is_active})


def set_password(login: str, *, password: str | None) -> Call[shapes.Done]:
    """Give an account another password; its sessions end."""
    return Call("PUT", f"/api/staff/{_at(login)}/password", body={"password": password})


def list_clients() -> Call[shapes.ClientsTold]:
    """All API clients."""
    return Call("GET", "/api/clients")


def add_client(
    *, name: str, is_sandbox_only: bool | None = None, books: list[str] | None = None
) -> Call[shapes.NewClientTold]:
    """Make an API client; its key is shown once and pinned to today's version."""
    return Call(
        "POST", "/api/clients", body={"name": name, "is_sandbox_only": is_sandbox_only, "books": books}
    )


def revoke_client(client: str) -> Call[shapes.Done]:
    """End a client's key at once."""
    return Call("DELETE", f"/api/clients/{_at(client)}")
