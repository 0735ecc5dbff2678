"""Calls of the API: requests.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def list_requests(
    *, waiting: bool | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[shapes.RequestsTold]:
    """What waits for a second person, or was decided; the newest first."""
    return Call("GET", "/api/requests", query={"waiting": waiting, "cursor": cursor, "limit": limit})


def show_request(request: str) -> Call[shapes.RequestTold]:
    """One request, and what was decided."""
    return Call("GET", f"/api/requests/{_at(request)}")


def decide(request: str, *, approve: bool, reason: str) -> Call[shapes.RequestTold]:
    """Approve a request, which does it, or reject it. Nobody decides their own."""
    return Call("POST", f"/api/requests/{_at(request)}/decision", body={"approve": approve, "reason": reason})


def withdraw(request: str) -> Call[shapes.RequestTold]:
    """Take your own request back."""
    return Call("POST", f"/api/requests/{_at(request)}/withdrawal")


def show_trail(
    *,
    target: str | None = None,
    actor: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[shapes.TrailTold]:
    """Who did what, the newest first. `head` is the end of the chain: kept apart, it shows a cut."""
    return Call(
        "GET", "/api/trail", query={"target": target, "actor": actor, "cursor": cursor, "limit": limit}
    )
