"""The frame of the console: who may go where, the book that is looked at, signing in.

Needs    an Ask of a member of staff.
Gives    show_staff, book_of, seen_books, where; the door of signing in and of the first page.
Never    offers a way that its reader's roles do not open.
Source   docs/reference/console.md.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Kind, Permission
from duewell.domain.errors import NotFound, Refusal
from duewell.services import sign_in
from duewell.store import books
from duewell.store.books import BookRow
from duewell.web._common import enters
from duewell.web._pages import STAFF, Form, goes_to, lang_of, say_in, show

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_BOOK_COOKIE = "duewell_book"

WAYS: tuple[tuple[str, str, Permission], ...] = (
    ("console-overdue", "/staff/books/{book}/overdue", P.REPORT_READ),
    ("console-portfolio", "/staff/books/{book}/portfolio", P.REPORT_READ),
    ("console-customers", "/staff/books/{book}/customers", P.PERSON_READ),
    ("console-requests", "/staff/requests", P.APPROVAL_READ),
    ("console-suspense", "/staff/books/{book}/suspense", P.RAIL_READ),
    ("console-ledger", "/staff/books/{book}/ledger", P.LEDGER_READ),
    ("console-products", "/staff/books/{book}/products", P.PRODUCT_READ),
    ("console-jobs", "/staff/books/{book}/jobs", P.RAIL_READ),
    ("console-developers", "/staff/developers", P.WEBHOOK_MANAGE),
    ("console-admin", "/staff/admin", P.ACCOUNT_MANAGE),
    ("console-trail", "/staff/trail", P.TRAIL_READ),
)
"""The navigation: a code, an address in which {book} stands for the book, and the permission it needs."""


def seen_books(ask: Ask) -> list[BookRow]:
    """The books this reader may see."""
    return [
        row for row in books.all_books(ask.conn) if ask.identity.sees(row.code, is_sandbox=row.is_sandbox)
    ]


def show_staff(
    ask: Ask,
    template: str,
    title: str,
    status: int = 200,
    *,
    book: BookRow | None = None,
    here: str = "",
    **told: Any,
) -> Response:
    """A page of the console. `here` is the code of the way it belongs to; `book` the one it is about."""
    found = seen_books(ask)
    code = book.code if book is not None else ask.request.cookies.get(_BOOK_COOKIE, "")
    if code not in {row.code for row in found}:
        code = found[0].code if found else ""
    response = show(
        ask,
        f"staff/{template}",
        title,
        status,
        ways=[(name, address.format(book=code), name == here) for name, address in _ways(ask, code)],
        books=[(row.code, row.name) for row in found],
        book=code,
        open_on=next((row.open_on for row in found if row.code == code), None),
        who=ask.identity.name,
        **told,
    )
    if book is not None:
        secure = ask.state.settings.is_https
        response.set_cookie(_BOOK_COOKIE, code, path="/", samesite="lax", secure=secure, httponly=True)
    return response


def _ways(ask: Ask, book: str) -> list[tuple[str, str]]:
    """What this reader may open; what is about a book only where there is one."""
    return [
        (name, address)
        for name, address, needed in WAYS
        if ask.identity.may(needed) and (book or "{book}" not in address)
    ]


@door.get(STAFF, may=P.SIGNED_IN, media="text/html")
def front(ask: Asked) -> Response:
    """To the first page that this reader may open."""
    if ask.identity.kind is not Kind.STAFF:
        raise NotFound("page-not-found")
    found = seen_books(ask)
    code = ask.request.cookies.get(_BOOK_COOKIE, "")
    if code not in {row.code for row in found}:
        code = found[0].code if found else ""
    ways = _ways(ask, code)
    if not ways:
        return show_staff(ask, "nothing.html", "console-nothing")
    return goes_to(ways[0][1].format(book=code))


@door.get(f"{STAFF}/go", may=P.SIGNED_IN, media="text/html")
def go(ask: Asked, book: Annotated[str, Query(max_length=40)]) -> Response:
    """To another book."""
    row = ask.book(book)
    response = goes_to(STAFF)
    secure = ask.state.settings.is_https
    response.set_cookie(_BOOK_COOKIE, row.code, path="/", samesite="lax", secure=secure, httponly=True)
    return response


@door.get(f"{STAFF}/sign-in", may=P.PUBLIC, media="text/html")
def sign_in_page(ask: Asked) -> Response:
    """Where staff sign in."""
    return show(ask, "staff/sign_in.html", "console-sign-in", login="")


@door.post(f"{STAFF}/sign-in", may=P.PUBLIC, media="text/html")
def sign_in_form(ask: Asked, form: Form) -> Response:
    """Sign in by login, password and the authenticator's six digits."""
    login = form.get("login", "").strip()
    try:
        made = sign_in.sign_in_staff(
            ask.conn,
            ask.state.keys,
            ask.state.hasher,
            login=login,
            password=form.get("password", ""),
            step_code=form.get("code", "").strip(),
            come_from=ask.come_from,
            at=ask.at,
        )
    except Refusal as refusal:
        wrong = say_in(lang_of(ask.request))(refusal.code, **refusal.facts)
        return show(ask, "staff/sign_in.html", "console-sign-in", 422, login=login[:80], wrong=wrong)
    return enters(ask, made, STAFF)
