"""Calls of the API: system.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def health() -> Call[shapes.Health]:
    """200 once the database answers and its schema is this version's; 503 until then."""
    return Call("GET", "/healthz")


def metrics() -> Call[str]:
    """Counters for Prometheus."""
    return Call("GET", "/metrics")


def openapi() -> Call[str]:
    """This document."""
    return Call("GET", "/api/openapi.json")


def reference() -> Call[str]:
    """The reference, made from the document; nothing in it is fetched from elsewhere."""
    return Call("GET", "/api")


def problems() -> Call[str]:
    """Every code a problem may have, with its sentence."""
    return Call("GET", "/api/problems")
