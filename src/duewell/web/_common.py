"""What both the app and the console have: files, the language, sessions begun and ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door, cookie_name, forget_cookie
from duewell.domain.access import Kind, Permission
from duewell.domain.errors import NotFound
from duewell.services import sign_in
from duewell.services.sign_in import SignedIn
from duewell.web._pages import (
    FORM_COOKIE,
    LANG_COOKIE,
    STAFF,
    Form,
    goes_to,
    path_of_ours,
    static_file,
)

door = Door(tags=["pages"], include_in_schema=False)
P = Permission


@door.get("/static/{name}", may=P.PUBLIC, media="text/css")
def static(ask: Asked, name: str) -> Response:
    """The files of the pages."""
    found = static_file(ask.request, name)
    if found is None:
        raise NotFound("page-not-found")
    return found


@door.get("/language/{lang}", may=P.PUBLIC, media="text/html")
def set_language(ask: Asked, lang: str, to: Annotated[str, Query(max_length=300)] = "/home") -> Response:
    """Remember a language and go back."""
    response = goes_to(path_of_ours(to))
    if lang in ("zh", "en"):
        secure = ask.state.settings.is_https
        response.set_cookie(LANG_COOKIE, lang, max_age=31_536_000, path="/", samesite="lax", secure=secure)
    return response


def enters(ask: Ask, made: SignedIn, to: str) -> Response:
    """Begin a session: its token, and the one its forms carry, go into cookies that no script reads."""
    response = goes_to(to)
    secure = ask.state.settings.is_https
    for name, value in ((cookie_name(is_https=secure), made.token), (FORM_COOKIE, made.csrf)):
        response.set_cookie(
            name,
            value,
            max_age=int((made.expires_at - ask.at).total_seconds()),
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )
    return response


@door.post("/sign-out", may=P.SIGNED_IN, media="text/html")
def sign_out_form(ask: Asked, form: Form) -> Response:
    """End this session."""
    sign_in.sign_out(ask.conn, ask.identity.session, actor=ask.identity.actor, at=ask.at)
    response = goes_to(f"{STAFF}/sign-in" if ask.identity.kind is Kind.STAFF else "/sign-in")
    forget_cookie(response, is_https=ask.state.settings.is_https)
    response.delete_cookie(FORM_COOKIE, path="/")
    # What the phone kept of the plan for when it is offline goes too.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
