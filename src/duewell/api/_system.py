"""Routes of the server itself: whether it is ready, what it can do, how it fares."""

from __future__ import annotations

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from duewell.api import _reference
from duewell.api._door import Asked, Door, answer
from duewell.api._log import REGISTRY
from duewell.api._models import Health, Problem
from duewell.api._state import NotReady
from duewell.catalogues import template, template_codes
from duewell.domain.access import VERSIONS, Permission
from duewell.store import migrate

door = Door(tags=["system"])


@door.get("/healthz", may=Permission.PUBLIC, model=Health, also={503: Problem})
def health(ask: Asked) -> Response:
    """200 once the database answers and its schema is this version's; 503 until then."""
    found = migrate.version(ask.conn)
    if found != migrate.head():
        code = "schema-newer" if (found or "") > migrate.head() else "schema-older"
        raise NotReady(code, found=found or "-", known=migrate.head())
    return answer({"schema": "duewell.health/1", "status": "ready", "version": VERSIONS[-1]})


@door.get("/metrics", may=Permission.METRICS_READ, media="text/plain")
def metrics(ask: Asked) -> Response:
    """Counters for Prometheus."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


@door.get("/api/openapi.json", may=Permission.PUBLIC)
def openapi(ask: Asked) -> Response:
    """This document."""
    return answer(ask.request.app.openapi())


@door.get("/api", may=Permission.PUBLIC, media="text/html")
def reference(ask: Asked) -> Response:
    """The reference, made from the document; nothing in it is fetched from elsewhere."""
    return _reference.page(ask.request.app.openapi(), ask.lang)


@door.get("/api/problems", may=Permission.PUBLIC, media="text/html")
def problems(ask: Asked) -> Response:
    """Every code a problem may have, with its sentence."""
    return _reference.problems_page(
        {code: template(code, ask.lang) or "" for code in sorted(template_codes(ask.lang))}, ask.lang
    )
