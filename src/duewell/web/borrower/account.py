"""The account: messages and how to be reached, who is signed in, what was agreed to, one's data, closing it.

Needs    an Ask.
Gives    door.
Never    makes leaving harder than staying, or takes silence for consent.
Source   docs/reference/contact.md.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from fastapi import Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Act, Permission
from duewell.domain.contact import CHANNELS, purpose_named, read_preferences, read_trusted
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.domain.party import person_ref
from duewell.domain.texts import day_text, money_text
from duewell.gateways import passwords as secret
from duewell.services import decide_request, keep_person, keep_preferences, sign_in
from duewell.services.export_own import export_own
from duewell.services.list_messages import MessageRow, list_messages
from duewell.web._pages import LANG_COOKIE, Form, goes_to, lang_of, say_in, show

door = Door(tags=["pages"], include_in_schema=False)
P = Permission
_HOURS = [f"{hour:02d}:00" for hour in range(24)]


def _person(ask: Ask) -> int:
    assert ask.identity.person_id is not None
    return ask.identity.person_id


def _wrong(ask: Ask, refusal: Refusal) -> str:
    return say_in(lang_of(ask.request))(refusal.code, **refusal.facts)


# -- messages and preferences ----------------------------------------------------------------------


@door.get("/messages", may=P.OWN_READ, media="text/html")
def messages(ask: Asked) -> Response:
    """What we told you or will tell you, and how it went."""
    lang = lang_of(ask.request)
    found = [(each, _facts(each, lang)) for each in list_messages(ask.conn, _person(ask))]
    return show(ask, "borrower/messages.html", "web-messages", way="messages", messages=found)


def _facts(row: MessageRow, lang: str) -> dict[str, Any]:
    """A message's facts as people read them: dates and amounts by their names."""
    money = str(row.facts.get("currency", ""))
    told = dict(row.facts)
    for name, value in row.facts.items():
        if name.endswith("_on"):
            told[name] = day_text(date.fromisoformat(value), lang)
        elif name.endswith("_minor") and money:
            told[name] = money_text(value, money, lang)
    return told


@door.get("/preferences", may=P.OWN_READ, media="text/html")
def preferences(ask: Asked) -> Response:
    """How you want to be reached."""
    return _preferences(ask)


def _preferences(ask: Ask, status: int = 200, **told: Any) -> Response:
    shown = keep_preferences.show(ask.conn, ask.state.keys, _person(ask))
    return show(
        ask,
        "borrower/preferences.html",
        "web-preferences",
        status,
        way="messages",
        chosen=shown.chosen,
        trusted=shown.trusted,
        since=shown.since,
        channels=[each.value for each in CHANNELS],
        hours=_HOURS,
        **told,
    )


@door.post("/preferences", may=P.OWN_WRITE, media="text/html")
def preferences_form(ask: Asked, form: Form) -> Response:
    """Choose again: it counts from now on."""
    try:
        chosen = read_preferences(
            lang=form.get("lang", ""),
            channels=[each.value for each in CHANNELS if form.get(f"by-{each.value}") == "1"],
            quiet_from=form.get("quiet_from", ""),
            quiet_to=form.get("quiet_to", ""),
            third_party=form.get("third_party") == "1",
        )
        trusted = read_trusted(form.get("trusted_name", ""), form.get("trusted_phone", ""))
        keep_preferences.choose(
            ask.conn, ask.state.keys, _person(ask), chosen, trusted, by=ask.identity.actor, at=ask.at
        )
    except Refusal as refusal:
        return _preferences(ask, 422, wrong=_wrong(ask, refusal))
    response = goes_to("/preferences?saved=1")
    secure = ask.state.settings.is_https
    response.set_cookie(LANG_COOKIE, chosen.lang, max_age=31_536_000, path="/", samesite="lax", secure=secure)
    return response


# -- the account -----------------------------------------------------------------------------------


@door.get("/account", may=P.OWN_READ, media="text/html")
def account(ask: Asked) -> Response:
    """Who is signed in, what was agreed to, your data, closing the account."""
    return _account(ask)


def _account(ask: Ask, status: int = 200, **told: Any) -> Response:
    person = _person(ask)
    shown = keep_preferences.show(ask.conn, ask.state.keys, person)
    own = keep_person.own(ask.conn, ask.state.keys, person)
    closing = decide_request.waiting_for(ask.conn, Act.ERASURE, person_ref(person), at=ask.at)
    return show(
        ask,
        "borrower/account.html",
        "web-account",
        status,
        way="account",
        fields=own["fields"],
        sessions=sign_in.sessions(ask.conn, login=None, person_id=person, at=ask.at),
        session=ask.identity.session,
        consents=shown.consents,
        closing=closing,
        is_closing_own=closing is not None and closing.asked_by == ask.identity.actor,
        key=secret.token(),
        **told,
    )


@door.post("/account/sessions", may=P.OWN_WRITE, media="text/html")
def end_session_form(ask: Asked, form: Form) -> Response:
    """End another session of yours."""
    given = form.get("session", "")
    stand = sign_in.sessions(ask.conn, login=None, person_id=_person(ask), at=ask.at)
    if given not in {each.session_no for each in stand}:
        raise NotFound("session-not-found")
    sign_in.sign_out(ask.conn, given, actor=ask.identity.actor, at=ask.at)
    return goes_to("/sign-in" if given == ask.identity.session else "/account")


@door.post("/account/password", may=P.OWN_WRITE, media="text/html")
def password_form(ask: Asked, form: Form) -> Response:
    """Set, change or drop a password; every session ends, this one too."""
    given = form.get("password", "")
    drops = form.get("do") == "drop"
    try:
        sign_in.set_own_password(
            ask.conn, ask.state.hasher, _person(ask), password=None if drops else given, at=ask.at
        )
    except Refusal as refusal:
        return _account(ask, 422, wrong=_wrong(ask, refusal))
    return goes_to("/sign-in")


@door.post("/account/consents", may=P.OWN_WRITE, media="text/html")
def consent_form(ask: Asked, form: Form) -> Response:
    """Give a consent or take it back."""
    purpose = purpose_named(form.get("purpose", ""))
    if form.get("is_given") not in ("0", "1"):
        raise InvalidInput("form-unreadable")
    is_given = form["is_given"] == "1"
    keep_preferences.agree(
        ask.conn, _person(ask), purpose, is_given=is_given, by=ask.identity.actor, at=ask.at
    )
    return goes_to("/account#consents")


@door.get("/account/data", may=P.OWN_READ, media="application/json")
def own_data(ask: Asked) -> Response:
    """All that is kept of you, as a file."""
    told = export_own(ask.conn, ask.state.keys, _person(ask), at=ask.at)
    body = json.dumps(told, ensure_ascii=False, indent=1, default=str).encode()
    named = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(body, headers=named, media_type="application/json")


@door.post("/account/close", may=P.OWN_WRITE, media="text/html")
def close_form(ask: Asked, form: Form) -> Response:
    """Ask for the account to be closed and your data destroyed, or take that back before it is decided.

    Refuses   while anything is owed on either side.
    """
    person = _person(ask)
    target = person_ref(person)
    waiting = decide_request.waiting_for(ask.conn, Act.ERASURE, target, at=ask.at)
    try:
        if form.get("do") == "keep":
            if waiting is not None and waiting.asked_by == ask.identity.actor:
                decide_request.withdraw(ask.conn, waiting.approval_id, by=ask.identity.actor, at=ask.at)
        elif waiting is None:
            keep_person.check_may_leave(ask.conn, person)
            decide_request.ask(
                ask.conn,
                Act.ERASURE,
                book=None,
                target=target,
                payload={"person": target, "reason": "asked by the person"},
                loan=None,
                request=ask.keyed(),
            )
    except Refusal as refusal:
        return _account(ask, 409, wrong=_wrong(ask, refusal))
    return goes_to("/account#closing")
