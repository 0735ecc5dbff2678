"""One's own account: the sessions that stand, and another password.

Needs    an Ask of a member of staff.
Gives    door.
Never    ends or shows somebody else's session.
Source   docs/reference/console.md, section your own account.
"""

from __future__ import annotations

from typing import Any

from fastapi import Response

from duewell.api import Ask, Asked, Door, forget_cookie
from duewell.domain.access import PASSWORD_MIN, Kind, Permission
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.services import sign_in
from duewell.web._pages import FORM_COOKIE, STAFF, Form, goes_to
from duewell.web.staff._acts_told import roles_said
from duewell.web.staff._desk import Done, at_of, done_of, refused, say
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_ME = f"{STAFF}/me"


def _mine(ask: Ask) -> None:
    if ask.identity.kind is not Kind.STAFF:
        raise NotFound("page-not-found")


@door.get(_ME, may=P.SIGNED_IN, media="text/html")
def me(ask: Asked, done: Done = None) -> Response:
    """Your account."""
    _mine(ask)
    return _shown(ask, done=done_of(ask, done))


def _shown(ask: Ask, status: int = 200, **more: Any) -> Response:
    t, who = say(ask), ask.identity
    found = sign_in.sessions(ask.conn, at=ask.at, login=who.name, person_id=None)
    return show_staff(
        ask,
        "me.html",
        "console-me",
        status,
        **{
            "done": None,
            "wrong": None,
            "facts": [
                (t("console-login"), who.name),
                (t("console-fig-roles"), roles_said(ask, sorted(who.roles)) or t("console-roles-none")),
                (
                    t("console-books"),
                    t("console-all-books") if who.books is None else ", ".join(sorted(who.books)),
                ),
            ],
            "sessions": [
                {
                    "number": each.session_no,
                    "agent": each.agent or "–",
                    "since": at_of(ask, each.created_at),
                    "seen": at_of(ask, each.seen_at),
                    "until": at_of(ask, each.expires_at),
                    "is_this": each.session_no == who.session,
                }
                for each in found
            ],
            "length_min": PASSWORD_MIN,
            **more,
        },
    )


@door.post(_ME + "/password", may=P.SIGNED_IN, media="text/html")
def change_password(ask: Asked, form: Form) -> Response:
    """Another password: the current one is asked for, and your other sessions end."""
    _mine(ask)
    try:
        if form.get("password", "") != form.get("again", ""):
            raise InvalidInput("console-passwords-differ")
        sign_in.change_staff_password(
            ask.conn,
            ask.state.hasher,
            ask.identity.name,
            current=form.get("current", ""),
            password=form.get("password", ""),
            keep=ask.identity.session,
            at=ask.at,
        )
    except sign_in.NotSignedIn:
        return _shown(ask, 422, wrong=say(ask)("console-password-wrong"))
    except Refusal as refusal:
        return _shown(ask, 422, wrong=refused(ask, refusal))
    return goes_to(f"{_ME}?done=password")


@door.post(_ME + "/sessions/{session}/end", may=P.SIGNED_IN, media="text/html")
def end_own_session(ask: Asked, session: str, form: Form) -> Response:
    """End one of your sessions; this one too, which leads to the sign-in."""
    _mine(ask)
    found = sign_in.sessions(ask.conn, at=ask.at, login=ask.identity.name, person_id=None)
    if session not in {each.session_no for each in found}:
        raise NotFound("session-not-found")
    sign_in.sign_out(ask.conn, session, actor=ask.identity.actor, at=ask.at)
    if session != ask.identity.session:
        return goes_to(f"{_ME}?done=session")
    response = goes_to(f"{STAFF}/sign-in")
    forget_cookie(response, is_https=ask.state.settings.is_https)
    response.delete_cookie(FORM_COOKIE, path="/")
    return response
