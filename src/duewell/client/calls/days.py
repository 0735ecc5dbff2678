"""Calls of the API: days.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def list_days(book: str, *, limit: int | None = None) -> Call[shapes.Document]:
    """The last days and how their runs stand, and the last seal: kept apart, it shows a change."""
    return Call("GET", f"/api/books/{_at(book)}/days", query={"limit": limit})


def close_days(book: str, *, until: str) -> Call[shapes.Document]:
    """Close every open day up to one, at most 31 at a time; a day closed before is left as it is."""
    return Call("POST", f"/api/books/{_at(book)}/days", body={"until": until})


def verify(book: str, *, sample: int | None = None, seed: int | None = None) -> Call[shapes.Document]:
    """Prove the book: sums, ledger and trail added up again, and loans folded from their facts."""
    return Call("POST", f"/api/books/{_at(book)}/verification", body={"sample": sample, "seed": seed})
