"""Calls of the API: clocks.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def move(
    book: str,
    *,
    to: str | None = None,
    days: int | None = None,
    facts: list[shapes.ComingGiven] | None = None,
    key: str | None = None,
) -> Call[shapes.Document]:
    """Move a sandbox book's date in one call; answers with everything that happened, in order."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/clock",
        body={"to": to, "days": days, "facts": facts},
        key=key,
        is_keyed=True,
    )


def fork(book: str, *, code: str, key: str | None = None) -> Call[shapes.Document]:
    """Copy a sandbox book with all it holds, so that each can go its own way."""
    return Call("POST", f"/api/books/{_at(book)}/fork", body={"code": code}, key=key, is_keyed=True)


def compare(book: str, *, fork: str) -> Call[shapes.Document]:
    """A book and its fork, loan by loan, each as of its own date."""
    return Call("GET", f"/api/books/{_at(book)}/compare", query={"fork": fork})


def attach_person(book: str, *, person: str, key: str | None = None) -> Call[shapes.Document]:
    """Copy a person's loans into a sandbox book, at any time; what is known of the person stays behind."""
    return Call("POST", f"/api/books/{_at(book)}/attach", body={"person": person}, key=key, is_keyed=True)
