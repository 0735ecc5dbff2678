"""Around every request: its id, its size, its headers, its line in the log, its place in the counters.

Needs    the application.
Gives    Around, a plain ASGI middleware; policy, what a page may do.
Never    reads a body into the log, or lets one grow beyond what is read at once.
Source   docs/reference/api.md, section limits.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from typing import Any

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duewell.api._log import REQUESTS, SECONDS, log
from duewell.api._problems import BadRequest, TooLarge, TooSlow, problem

BODY_MAX = 1 << 20
BODY_S = 30.0
"""Within which a body is there."""
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    # Not "no-referrer": with it a browser says of our own forms that they come from nowhere ("Origin: null").
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


def policy(*form_to: str) -> str:
    """What a page may do: nothing from elsewhere. `form_to` are origins that its forms may lead on to."""
    forms = " ".join(("'self'", *form_to))
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self';"
        f" manifest-src 'self'; form-action {forms}; base-uri 'none';"
        " frame-ancestors 'none'"
    )


_POLICY = policy().encode()
_HTTPS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


_WRITTEN_OTHERWISE = re.compile(
    rb"%(?:[01].|2[def]|3[0-9]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef])", re.IGNORECASE
)
"""Letters, digits, dots and slashes as numbers: a proxy that keeps a path from others would not see it."""


class Around:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._extra = (*_HEADERS, _HTTPS) if is_https else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        request_id = "r_" + secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def telling(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                held = {name for name, _ in headers}
                headers += [each for each in self._extra if each[0] not in held]
                if b"content-security-policy" not in held:
                    headers.append((b"content-security-policy", _POLICY))
                if b"cache-control" not in held:
                    headers.append((b"cache-control", b"private, no-store"))
                headers.append((b"x-request-id", request_id.encode()))
                message["headers"] = headers
            await send(message)

        try:
            refusal = _too_large(scope)
            if refusal is not None:
                await problem(Request(scope), refusal)(scope, receive, telling)
            elif _WRITTEN_OTHERWISE.search(scope.get("raw_path", b"")):
                nothing = BadRequest("route-not-found")
                await problem(Request(scope), nothing, status=404)(scope, receive, telling)
            elif b"%00" in scope["query_string"]:
                unreadable = BadRequest("request-not-readable")
                await problem(Request(scope), unreadable)(scope, receive, telling)
            else:
                await self._app(scope, _bounded(receive), telling)
        finally:
            self._tell(scope, request_id, status, time.perf_counter() - begin)

    def _tell(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        # The route, never the path: a path holds what somebody typed.
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if scope["method"] in _METHODS else "-"
        REQUESTS.labels(method, route, str(status)).inc()
        SECONDS.labels(method, route).observe(seconds)
        state: dict[str, Any] = scope.get("state", {})
        log.info(
            "request",
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            actor=state.get("actor", "-"),
        )


_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


def _too_large(scope: Scope) -> TooLarge | None:
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value[:20]) > BODY_MAX):
            return TooLarge("body-too-large", bytes_max=BODY_MAX)
    return None


def _bounded(receive: Receive) -> Receive:
    """Reads no more than is allowed, whatever the header said, and waits no longer."""
    count = 0
    until: float | None = None
    is_whole = False

    async def bounded() -> Message:
        nonlocal count, until, is_whole
        if is_whole:
            return await receive()
        if until is None:
            until = asyncio.get_running_loop().time() + BODY_S
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise TooSlow("body-too-slow", seconds=int(BODY_S)) from None
        is_whole = not message.get("more_body", False)
        count += len(message.get("body", b""))
        if count > BODY_MAX:
            raise TooLarge("body-too-large", bytes_max=BODY_MAX)
        return message

    return bounded
