"""Calls of the API: reports.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def overdue(book: str, *, as_of: str | None = None, known: str | None = None) -> Call[shapes.Document]:
    """Who is late, how much, since when, and what comes next; at two dates."""
    return Call("GET", f"/api/books/{_at(book)}/overdue", query={"as_of": as_of, "known": known})


def trial_balance(book: str, *, as_of: str | None = None) -> Call[shapes.Document]:
    """The balances of the general ledger at the end of a closed day."""
    return Call("GET", f"/api/books/{_at(book)}/trial-balance", query={"as_of": as_of})


def periods(book: str) -> Call[shapes.Document]:
    """The accounting periods that are closed."""
    return Call("GET", f"/api/books/{_at(book)}/periods")


def explain_total(book: str, *, day: str, account: str) -> Call[shapes.Document]:
    """Where a total of the general ledger comes from, on one day."""
    return Call("GET", f"/api/books/{_at(book)}/ledger/explain", query={"day": day, "account": account})
