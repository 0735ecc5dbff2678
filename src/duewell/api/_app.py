"""The application: every door hung, every route checked.

Needs    a State.
Gives    make_app, check_routes.
Never    starts with a route that declares no permission.
Source   docs/reference/api.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from duewell.api import (
    _accounts,
    _books,
    _clocks,
    _days,
    _lines,
    _loans,
    _persons,
    _rail_loans,
    _rails,
    _reports,
    _requests,
    _system,
    _webhooks,
)
from duewell.api._door import Door
from duewell.api._middleware import Around
from duewell.api._models import Problem
from duewell.api._problems import MEDIA, install
from duewell.api._state import State
from duewell.api._strict import StrictRoute
from duewell.domain.access import VERSIONS, Permission

_DOORS = (
    _system.door,
    _accounts.door,
    _books.door,
    _persons.door,
    _loans.door,
    _loans.own,
    _lines.door,
    _days.door,
    _requests.door,
    _reports.door,
    _clocks.door,
    _webhooks.door,
    _rails.door,
    _rail_loans.door,
)


def make_app(
    state: State, doors: Sequence[Door] = (), pages: Callable[..., Response | None] | None = None
) -> FastAPI:
    """The application on a State, which it closes when it stops.

    `doors` are hung beside its own; `pages` shows somebody with a browser what went wrong.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        state.pool.close()

    app = FastAPI(
        title="Duewell",
        version=VERSIONS[-1],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        # An address has one way of being written: a redirect would go where the Host header says.
        redirect_slashes=False,
    )
    app.state.means = state
    install(app)
    app.state.pages = pages
    for door in (*_DOORS, *doors):
        door.hang(app)
    check_routes(app.routes)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    app.add_middleware(Around, is_https=state.settings.is_https)
    return app


def check_routes(routes: list[BaseRoute]) -> None:
    """Refuse to start with a route whose permission nobody declared, or that reads bodies loosely."""
    for route in routes:
        declared = getattr(getattr(route, "endpoint", None), "permission", None)
        if not isinstance(declared, Permission) or not isinstance(route, StrictRoute):
            raise RuntimeError(f"{getattr(route, 'path', route)} declares no permission")


def _document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 from the code, made once; every route may answer with a problem."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="Duewell",
            version=VERSIONS[-1],
            openapi_version="3.1.0",
            description="Amounts are whole minor units; dates are text. See each route's x-permission.",
            routes=app.routes,
            servers=[{"url": "/"}],
        )
        _finish(made)
        app.openapi_schema = made
    return app.openapi_schema


def _finish(made: dict[str, Any]) -> None:
    parts = made.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(shape.pop("$defs", {}))
    schemas["Problem"] = shape
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API client's key."},
        "session": {"type": "apiKey", "in": "cookie", "name": "duewell_session"},
    }
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in made["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"description": "A problem.", "content": content}
            if operation["x-permission"] != Permission.PUBLIC.value:
                operation["security"] = [{"key": []}, {"session": []}]
