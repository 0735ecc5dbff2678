"""What the pages of work share: what was just done, why something was refused, who and when in words.

Needs    an Ask; codes of the catalogues.
Gives    Done, done_of, refused, ask_second, who_of, at_of, say, loan_link, person_link, page_link, Cursor.
Never    shows a text of an address: a page names what was done by a word of its own list.
Source   docs/reference/console.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Response
from markupsafe import Markup

from duewell.api import Ask, wait_for_second
from duewell.catalogues import template_codes
from duewell.domain.access import Act, Permission
from duewell.domain.errors import Refusal
from duewell.domain.receipts import Payer
from duewell.domain.texts import instant_text
from duewell.web._pages import STAFF, goes_to, lang_of, say_in

Done = Annotated[str | None, Query(max_length=40, description="What was just done.")]
Cursor = Annotated[str | None, Query(max_length=200, description="Where the page before ended.")]
PAGE = 50
__all__ = [
    "PAGE",
    "Cursor",
    "Done",
    "ask_second",
    "at_of",
    "done_of",
    "loan_link",
    "page_link",
    "person_link",
    "refused",
    "say",
    "who_of",
]


def say(ask: Ask) -> Callable[..., str]:
    """What says a code in the reader's language."""
    return say_in(lang_of(ask.request))


def done_of(ask: Ask, done: str | None) -> str | None:
    """What a page says was just done; None for a word that it does not know."""
    code = f"console-done-{done}"
    return say(ask)(code) if done and code in template_codes("en") else None


def refused(ask: Ask, refusal: Refusal) -> str:
    """A refusal as a sentence."""
    return say(ask)(refusal.code, **refusal.facts)


def ask_second(
    ask: Ask,
    act: Act,
    *,
    book: str | None,
    target: str,
    payload: Mapping[str, Any],
    payee: Payer | None = None,
) -> Response:
    """Ask for what a second person decides, and go to where it waits."""
    told = wait_for_second(ask, act, book=book, target=target, payload=payload, payee=payee)
    return goes_to(f"{STAFF}/requests/{told['request']}?done=waits")


def who_of(ask: Ask, actor: str | None) -> str:
    """Who did something, as people call them: a login, a program, the server; both where it took two."""
    return " + ".join(_one(ask, each) for each in (actor or "").split("+") if each) or "–"


def _one(ask: Ask, actor: str) -> str:
    kind, _, name = actor.partition(":")
    if kind == "staff" and name:
        return name
    codes = {
        "client": "console-who-client",
        "borrower": "console-who-borrower",
        "server": "console-who-server",
        "cli": "console-who-cli",
    }
    return say(ask)(codes[kind], name=name) if kind in codes else actor


def at_of(ask: Ask, at: datetime | None, zone: str = "Asia/Shanghai") -> str | None:
    """An instant as text of a table; None where it has not come."""
    return instant_text(at, lang_of(ask.request), zone) if at is not None else None


def loan_link(ask: Ask, loan: str) -> str:
    """A loan's number, leading to its page for whoever may read loans."""
    if not ask.identity.may(Permission.LOAN_READ):
        return loan
    return Markup('<a href="/staff/loans/{}">{}</a>').format(loan, loan)


def person_link(ask: Ask, person: str) -> str:
    """A person's number, leading to their page for whoever may read persons."""
    if not ask.identity.may(Permission.PERSON_READ):
        return person
    return Markup('<a href="/staff/persons/{}">{}</a>').format(person, person)


def page_link(ask: Ask, cursor: str | None) -> str | None:
    """The address of the page after this one."""
    if cursor is None:
        return None
    left_out = ("cursor", "done", "export", "table")
    kept = [(n, v) for n, v in ask.request.query_params.multi_items() if n not in left_out]
    return ask.request.url.path + "?" + urlencode([*kept, ("cursor", cursor)])
