"""Calls of the API: loans.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def list_loans(book: str, *, cursor: str | None = None, limit: int | None = None) -> Call[shapes.LoansTold]:
    """The loans and lines of a book, in an order that stays while others are added."""
    return Call("GET", f"/api/books/{_at(book)}/loans", query={"cursor": cursor, "limit": limit})


def lend(
    book: str,
    *,
    principal_minor: int,
    currency: str,
    rate_pct: str,
    instalments: int,
    on: str | None = None,
    product: str | None = None,
    person: str | None = None,
    key: str | None = None,
) -> Call[shapes.Recorded]:
    """Lend: to a person, or to a new one; of a product, or with terms of its own."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/loans",
        body={
            "principal_minor": principal_minor,
            "currency": currency,
            "rate_pct": rate_pct,
            "instalments": instalments,
            "on": on,
            "product": product,
            "person": person,
        },
        key=key,
        is_keyed=True,
    )


def show(loan: str, *, as_of: str | None = None, known: str | None = None) -> Call[shapes.LoanTold]:
    """A loan at two dates: its rows, its facts, and what is owed."""
    return Call("GET", f"/api/loans/{_at(loan)}", query={"as_of": as_of, "known": known})


def statement(loan: str, *, as_of: str | None = None, known: str | None = None) -> Call[shapes.StatementTold]:
    """Every movement of a loan and its split."""
    return Call("GET", f"/api/loans/{_at(loan)}/statement", query={"as_of": as_of, "known": known})


def derivation(
    loan: str, *, as_of: str | None = None, known: str | None = None
) -> Call[shapes.DerivationTold]:
    """Every amount of a loan with its derivation, as data."""
    return Call("GET", f"/api/loans/{_at(loan)}/derivation", query={"as_of": as_of, "known": known})


def proof(
    loan: str,
    *,
    row: int | None = None,
    part: str | None = None,
    total: str | None = None,
    as_of: str | None = None,
    known: str | None = None,
) -> Call[shapes.ProofTold]:
    """One amount opened to its derivation: a part of a row, or a total."""
    return Call(
        "GET",
        f"/api/loans/{_at(loan)}/proof",
        query={"row": row, "part": part, "total": total, "as_of": as_of, "known": known},
    )


def cost(loan: str, *, as_of: str | None = None, known: str | None = None) -> Call[shapes.CostTold]:
    """The true cost of a loan, all in, and how each change moved it."""
    return Call("GET", f"/api/loans/{_at(loan)}/cost", query={"as_of": as_of, "known": known})


def preview(loan: str, *, futures: list[shapes.Future], until: str | None = None) -> Call[shapes.PreviewTold]:
    """What would be if: up to eight futures compared, nothing written."""
    return Call("POST", f"/api/loans/{_at(loan)}/preview", body={"futures": futures, "until": until})


def pay(
    loan: str,
    *,
    amount_minor: int,
    currency: str,
    effective_on: str | None = None,
    ref: str | None = None,
    key: str | None = None,
) -> Call[shapes.Recorded]:
    """Record a payment that was received."""
    return Call(
        "POST",
        f"/api/loans/{_at(loan)}/payments",
        body={"amount_minor": amount_minor, "currency": currency, "effective_on": effective_on, "ref": ref},
        key=key,
        is_keyed=True,
    )


def record(loan: str, *, line: str, key: str | None = None) -> Call[shapes.Recorded | shapes.RequestTold]:
    """Record a fact. One that forgives, takes back or changes what was agreed waits for a second person."""
    return Call("POST", f"/api/loans/{_at(loan)}/facts", body={"line": line}, key=key, is_keyed=True)
