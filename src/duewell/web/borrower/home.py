"""Signing in, and the first page: what is to be paid, and when.

Needs    an Ask.
Gives    door.
Never    says whether anybody is known at a phone or address.
Source   docs/reference/pages.md.
"""

from __future__ import annotations

import threading
from typing import Any

from fastapi import Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.errors import Refusal
from duewell.domain.product import LoanTerms
from duewell.domain.texts import money_text, short_day_text
from duewell.services import sign_in
from duewell.services.show_own import Holding, show_own, sums
from duewell.store import books
from duewell.web._common import enters
from duewell.web._pages import Form, goes_to, lang_of, say_in, show

door = Door(tags=["pages"], include_in_schema=False)
P = Permission


@door.get("/", may=P.PUBLIC, media="text/html")
def front(ask: Asked) -> Response:
    """To the home page, which asks whoever is nobody to sign in."""
    return goes_to("/home")


@door.get("/sign-in", may=P.PUBLIC, media="text/html")
def sign_in_page(ask: Asked) -> Response:
    """Where a code is asked for."""
    return _sign_in_page(ask)


def _sign_in_page(ask: Ask, status: int = 200, **told: Any) -> Response:
    given = {"challenge": None, "to": "", "books": books.book_codes(ask.conn) or [""]}
    return show(ask, "borrower/sign_in.html", "web-sign-in", status, **(given | told))


@door.post("/sign-in", may=P.PUBLIC, media="text/html")
def ask_code_form(ask: Asked, form: Form) -> Response:
    """Send a code to a phone or address; the page is the same whether or not anybody is there."""
    to = form.get("to", "").strip()
    try:
        row = books.read_book(ask.conn, form.get("book", "")[:40])
        made = sign_in.ask_code(
            ask.conn,
            ask.state.keys,
            realm=row.book_id if row.is_sandbox else 0,
            field="email" if "@" in to else "phone",
            given=to or "-",
            come_from=ask.come_from,
            lang=lang_of(ask.request),
            at=ask.at,
        )
    except Refusal as refusal:
        return _sign_in_page(ask, 422, wrong=say_in(lang_of(ask.request))(refusal.code, **refusal.facts))
    if made.code is not None:
        threading.Thread(target=ask.state.send_code, args=(made,), daemon=True).start()
    return _sign_in_page(ask, challenge=made.challenge, to=to)


@door.post("/sign-in/code", may=P.PUBLIC, media="text/html")
def use_code_form(ask: Asked, form: Form) -> Response:
    """Sign in by the code."""
    challenge = form.get("challenge", "")
    try:
        made = sign_in.sign_in_by_code(
            ask.conn,
            challenge=challenge,
            code=form.get("code", "").strip(),
            come_from=ask.come_from,
            at=ask.at,
        )
    except Refusal as refusal:
        wrong = say_in(lang_of(ask.request))(refusal.code, **refusal.facts)
        return _sign_in_page(ask, 422, challenge=challenge, to=form.get("to", "")[:80], wrong=wrong)
    return enters(ask, made, "/home")


@door.post("/sign-in/password", may=P.PUBLIC, media="text/html")
def use_password_form(ask: Asked, form: Form) -> Response:
    """Sign in by the password somebody chose to have."""
    to = form.get("to", "").strip()
    try:
        row = books.read_book(ask.conn, form.get("book", "")[:40])
        made = sign_in.sign_in_by_password(
            ask.conn,
            ask.state.keys,
            ask.state.hasher,
            realm=row.book_id if row.is_sandbox else 0,
            field="email" if "@" in to else "phone",
            given=to or "-",
            password=form.get("password", ""),
            come_from=ask.come_from,
            at=ask.at,
        )
    except Refusal as refusal:
        wrong = say_in(lang_of(ask.request))(refusal.code, **refusal.facts)
        return _sign_in_page(ask, 422, to=to[:80], wrong=wrong)
    return enters(ask, made, "/home")


@door.get("/home", may=P.OWN_READ, media="text/html")
def home(ask: Asked) -> Response:
    """One sentence: what is to be paid, and when; then what comes, and the loans."""
    assert ask.identity.person_id is not None
    own, lang = show_own(ask.conn, ask.identity.person_id), lang_of(ask.request)
    named = {each.name: _named(each, lang) for each in own.holdings}
    late = [_lead(each, each.age.overdue, named, "/why?total=overdue") for each in own.late]
    claimed = [_lead(each, each.claim, named, "") for each in own.claimed]
    due = [
        (each.loan, each.amount, each.currency, f"/loans/{each.loan}", named[each.loan]) for each in own.next
    ]
    return show(
        ask,
        "borrower/home.html",
        "web-home",
        way="home",
        late=late,
        since=own.late[0].age.since if own.late else None,
        claimed=claimed,
        next=due,
        coming=own.coming,
        is_soon=own.is_soon,
        holdings=own.holdings,
        named=named,
        late_sums=_added(late),
        claimed_sums=_added(claimed),
        next_sums=_added(due),
    )


Lead = tuple[str, int, str, str, str]
"""An amount of the first sentence: of which loan, how much, its currency, where it opens, its name."""


def _lead(held: Holding, amount: int, named: dict[str, str], to: str) -> Lead:
    return held.name, amount, held.currency, f"/loans/{held.name}{to}", named[held.name]


def _added(found: list[Lead]) -> tuple[tuple[str, int], ...]:
    return sums((money, amount) for _, amount, money, _, _ in found)


def _named(held: Holding, lang: str) -> str:
    """What a borrower calls it: the sum that was lent, or since when a line stands."""
    say = say_in(lang)
    terms = held.row.terms
    if isinstance(terms, LoanTerms):
        return say("web-loan-sum", amount=money_text(terms.principal, terms.currency, lang))
    return say("web-line-from", on=short_day_text(terms.start, lang))


@door.get("/help", may=P.PUBLIC, media="text/html")
def help_page(ask: Asked) -> Response:
    """What somebody can do who cannot pay, and whom to reach."""
    kind = ask.visitor().kind.value
    return show(ask, "borrower/help.html", "web-help", contact=ask.state.settings.contact, kind=kind)
