"""Calls of the API: own.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def list_own() -> Call[shapes.LoansTold]:
    """Your loans."""
    return Call("GET", "/api/own/loans")


def show_own(loan: str, *, as_of: str | None = None) -> Call[shapes.LoanTold]:
    """Your loan: its rows, its facts, and what is owed."""
    return Call("GET", f"/api/own/loans/{_at(loan)}", query={"as_of": as_of})


def own_statement(loan: str, *, as_of: str | None = None) -> Call[shapes.StatementTold]:
    """Every movement of your loan and its split."""
    return Call("GET", f"/api/own/loans/{_at(loan)}/statement", query={"as_of": as_of})


def own_proof(
    loan: str,
    *,
    row: int | None = None,
    part: str | None = None,
    total: str | None = None,
    as_of: str | None = None,
) -> Call[shapes.ProofTold]:
    """One amount of your loan opened to its derivation."""
    return Call(
        "GET",
        f"/api/own/loans/{_at(loan)}/proof",
        query={"row": row, "part": part, "total": total, "as_of": as_of},
    )


def own_cost(loan: str, *, as_of: str | None = None) -> Call[shapes.CostTold]:
    """The true cost of your loan."""
    return Call("GET", f"/api/own/loans/{_at(loan)}/cost", query={"as_of": as_of})


def own_preview(
    loan: str, *, futures: list[shapes.Future], until: str | None = None
) -> Call[shapes.PreviewTold]:
    """What would be if you paid this much on that day; nothing is written."""
    return Call("POST", f"/api/own/loans/{_at(loan)}/preview", body={"futures": futures, "until": until})
