"""Calls of the API: hooks.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def list_webhooks() -> Call[shapes.Document]:
    """Your endpoints."""
    return Call("GET", "/api/webhooks")


def add_webhook(*, book: str, url: str, kinds: list[str]) -> Call[shapes.Document]:
    """Make an endpoint. Its secret is shown once."""
    return Call("POST", "/api/webhooks", body={"book": book, "url": url, "kinds": kinds})


def rotate_webhook(webhook: str) -> Call[shapes.Document]:
    """A new secret; the one before signs beside it until the next rotation."""
    return Call("POST", f"/api/webhooks/{_at(webhook)}/rotation")


def end_webhook(webhook: str) -> Call[shapes.Done]:
    """End an endpoint; what waited for it is given up."""
    return Call("DELETE", f"/api/webhooks/{_at(webhook)}")


def test_webhook(webhook: str) -> Call[shapes.Document]:
    """Send an event that only shows whether the endpoint takes one."""
    return Call("POST", f"/api/webhooks/{_at(webhook)}/test")


def list_deliveries(
    webhook: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[shapes.Document]:
    """The log of an endpoint, the newest first: what was sent, how often, what came back."""
    return Call("GET", f"/api/webhooks/{_at(webhook)}/deliveries", query={"cursor": cursor, "limit": limit})


def replay_delivery(webhook: str, event: str) -> Call[shapes.Done]:
    """Send an event once more, under the same id."""
    return Call("POST", f"/api/webhooks/{_at(webhook)}/deliveries/{_at(event)}/replay")
