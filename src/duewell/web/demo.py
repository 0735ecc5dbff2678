"""The demonstration: pick somebody to be. There only where the server was started for it.

Needs    an Ask; settings that say so, and no live book.
Gives    door.
Never    lets anybody in elsewhere: without the setting, or for another machine, there is no such page.
Source   docs/start.md.
"""

from __future__ import annotations

from typing import Any

from fastapi import Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.errors import NotFound
from duewell.domain.party import person_ref
from duewell.services import keep_person, sign_in
from duewell.services.show_own import show_own
from duewell.web._common import enters
from duewell.web._pages import STAFF, Form, show

door = Door(tags=["pages"], include_in_schema=False)
P = Permission


_HERE = ("127.0.0.1", "::1", "localhost")


def _check(ask: Ask) -> None:
    """Whoever enters sits at this machine, by an address of this machine's own, with no proxy between."""
    request = ask.request
    peer, name = request.client.host if request.client else "", request.url.hostname
    is_near = peer in _HERE and name in _HERE and "x-forwarded-for" not in request.headers
    if not ask.state.settings.is_demo or not is_near:
        raise NotFound("page-not-found")


@door.get("/demo", may=P.PUBLIC, media="text/html")
def demo_page(ask: Asked) -> Response:
    """Everybody a visitor may be: borrowers with how their loans stand, and staff with their roles."""
    _check(ask)
    staff, persons = sign_in.demo_accounts(ask.conn)
    return show(
        ask,
        "demo.html",
        "web-demo",
        persons=[_borrower(ask, each) for each in persons],
        staff=[(each.login, each.roles) for each in staff],
    )


def _borrower(ask: Ask, person: int) -> dict[str, Any]:
    own = show_own(ask.conn, person)
    fields = keep_person.own(ask.conn, ask.state.keys, person)["fields"]
    return {"ref": person_ref(person), "name": fields.get("name", ""), "late": own.late, "coming": own.coming}


@door.post("/demo", may=P.PUBLIC, media="text/html")
def enter_form(ask: Asked, form: Form) -> Response:
    """Enter as the one who was picked."""
    _check(ask)
    name = form.get("who", "")[:80]
    made = sign_in.enter_demo(ask.conn, name, come_from=ask.come_from, at=ask.at)
    return enters(ask, made, STAFF if name.startswith("demo-") else "/home")
