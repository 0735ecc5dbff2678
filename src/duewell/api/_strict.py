"""Bodies read strictly: JSON without repeated names, NaN, null characters or bottomless nesting.

Needs    a request.
Gives    StrictRoute, the class of every route.
Never    lets the last of two equal names win in silence.
Source   docs/reference/api.md, section bodies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from duewell.api._problems import BadRequest

_DEPTH_MAX = 40


class StrictRequest(Request):
    """A request whose JSON has one meaning."""

    async def json(self) -> Any:
        """The body. Refuses BadRequest "body-not-json"."""
        if not hasattr(self, "_strict"):
            body = await self.body()
            try:
                text = body.decode("utf-8")
                if _depth(text) > _DEPTH_MAX:
                    raise BadRequest("body-not-json", problem="nested too deep")
                if "\\u0000" in text:
                    raise BadRequest("body-not-json", problem="a text with a null character")
                self._strict = json.loads(text, object_pairs_hook=_once, parse_constant=_no)
            except (ValueError, RecursionError) as problem:
                raise BadRequest("body-not-json", problem=str(problem)[:80]) from None
        return self._strict


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _depth(text: str) -> int:
    depth = deepest = 0
    for mark in text:
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


class StrictRoute(APIRoute):
    """Reads bodies strictly, and takes nothing but JSON for one.

    `check` refuses who may not use the route.
    """

    check: Callable[[Request], None]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the strict request in place of the plain one."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            try:
                if self.body_field is not None and kind != "application/json":
                    raise BadRequest("body-not-json", problem="Content-Type: application/json")
                return await handle(StrictRequest(request.scope, request.receive))
            except (RequestValidationError, BadRequest, HTTPException):
                # Whoever may not come in is told that, not what is wrong with what they brought.
                await run_in_threadpool(self.check, request)
                raise

        return strictly
