"""Calls of the API: lines.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def open_a_line(
    book: str,
    *,
    limit_minor: int,
    currency: str,
    statement_day: int,
    rate_pct: str,
    cash_rate_pct: str | None = None,
    due_days: int | None = None,
    minimum_pct: str | None = None,
    minimum_floor_minor: int | None = None,
    has_free_period: bool | None = None,
    cash_fee: shapes.CashFeeGiven | None = None,
    late_charge: shapes.LateChargeGiven | None = None,
    start: str | None = None,
    key: str | None = None,
) -> Call[shapes.Recorded]:
    """Open a line. Draws, payments and conversions are facts of it: `draw 100.00 as purchase`."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/lines",
        body={
            "limit_minor": limit_minor,
            "currency": currency,
            "statement_day": statement_day,
            "rate_pct": rate_pct,
            "cash_rate_pct": cash_rate_pct,
            "due_days": due_days,
            "minimum_pct": minimum_pct,
            "minimum_floor_minor": minimum_floor_minor,
            "has_free_period": has_free_period,
            "cash_fee": cash_fee,
            "late_charge": late_charge,
            "start": start,
        },
        key=key,
        is_keyed=True,
    )


def show_line(loan: str, *, as_of: str | None = None, known: str | None = None) -> Call[shapes.Document]:
    """A line at two dates: what is owed and available, its statements, plans and facts."""
    return Call("GET", f"/api/lines/{_at(loan)}", query={"as_of": as_of, "known": known})


def line_statement(
    loan: str, *, nr: int | None = None, as_of: str | None = None, known: str | None = None
) -> Call[shapes.Document]:
    """One closed statement: its movements, and where its interest comes from, day by day."""
    return Call("GET", f"/api/lines/{_at(loan)}/statement", query={"nr": nr, "as_of": as_of, "known": known})


def line_proof(
    loan: str,
    *,
    statement: int | None = None,
    part: str | None = None,
    total: str | None = None,
    as_of: str | None = None,
    known: str | None = None,
) -> Call[shapes.Document]:
    """One amount of a statement, or a total of the line, opened to its derivation."""
    return Call(
        "GET",
        f"/api/lines/{_at(loan)}/proof",
        query={"statement": statement, "part": part, "total": total, "as_of": as_of, "known": known},
    )
