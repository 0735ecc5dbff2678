"""Problems: what goes wrong as RFC 9457 documents, in the caller's language, each with one stable code.

Needs    an error, the language, the request's id.
Gives    problem, Denied, and the handlers the application installs.
Never    tells what a fault was to anybody but the log, nor that something hidden exists.
Source   docs/reference/api.md, section problems.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from duewell.api._cookies import forget_cookie
from duewell.api._log import log
from duewell.api._state import NoRoom
from duewell.catalogues import LANGUAGES, render
from duewell.domain.errors import (
    Conflict,
    DuewellError,
    Fault,
    InvalidInput,
    NotFound,
    PeriodClosed,
    Refusal,
)
from duewell.domain.texts import Message, message_of
from duewell.services.sign_in import NotSignedIn
from duewell.store.limits import TooMany

MEDIA = "application/problem+json"
_KEY_REUSED = "key-reused-with-another-body"
RETRY_S = 1


class Denied(Refusal):
    """Known, and not allowed."""


class BadRequest(InvalidInput):
    """The request itself cannot be read: its form, not what it asks for."""


class TooLarge(InvalidInput):
    """More than is read at once."""


class TooSlow(InvalidInput):
    """What was begun to be sent did not come in time."""


class InFlight(Conflict):
    """The same request is still being done."""


def status_of(error: DuewellError) -> int:
    """The HTTP status of an error's kind."""
    kinds: list[tuple[type[DuewellError], int]] = [
        (NotSignedIn, 401),
        (Denied, 403),
        (NotFound, 404),
        (TooMany, 429),
        (TooLarge, 413),
        (TooSlow, 408),
        (BadRequest, 400),
        (NoRoom, 503),
        (Fault, 500),
    ]
    for kind, status in kinds:
        if isinstance(error, kind):
            return status
    if error.code == _KEY_REUSED:
        return 422
    return 409 if isinstance(error, Conflict | PeriodClosed) else 422


def language(request: Request) -> str:
    """The first language of Accept-Language that is spoken here; Chinese else."""
    asked: list[tuple[float, str]] = []
    for n, part in enumerate(request.headers.get("accept-language", "")[:200].split(",")):
        name, _, weight = part.strip().partition(";q=")
        short = name.partition("-")[0].lower()
        try:
            asked.append((-float(weight or 1) + n / 1000, short))
        except ValueError:
            continue
    return next((name for _, name in sorted(asked) if name in LANGUAGES), LANGUAGES[0])


def problem(
    request: Request,
    error: DuewellError,
    *,
    status: int | None = None,
    errors: list[dict[str, Any]] | None = None,
) -> Response:
    """The document of an error. `errors` says what is wrong with each field of a body or query."""
    status = status or status_of(error)
    pages = getattr(request.app.state, "pages", None)
    if pages is not None and "text/html" in request.headers.get("accept", ""):
        shown: Response | None = pages(request, error, status)
        if shown is not None:
            return shown
    lang = language(request)
    told: dict[str, Any] = {
        "type": f"urn:duewell:problem:{error.code}",
        "title": error.code,
        "status": status,
        "detail": render(message_of(error), lang),
        "code": error.code,
        "facts": {name: _fact(value) for name, value in error.facts.items()},
        "request_id": getattr(request.state, "request_id", ""),
        "doc": f"/api/problems#{error.code}",
    }
    if errors:
        told["errors"] = errors
    headers = {"Content-Language": lang, "Cache-Control": "no-store"}
    if isinstance(error, TooLarge | TooSlow):
        headers["Connection"] = "close"  # the rest of what is being sent is not read
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="duewell"'
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.facts["seconds"])
    elif status == 503 or isinstance(error, InFlight):
        headers["Retry-After"] = str(RETRY_S)
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    made = Response(body, status, headers, MEDIA)
    if error.code == "session-ended":  # no script can take the cookie away, so the browser is told to
        forget_cookie(made, is_https=request.app.state.means.settings.is_https)
    return made


def _fact(value: object) -> str:
    return value.code if isinstance(value, Message) else str(value)


def told(problem: psycopg.Error) -> DuewellError:
    """A database's complaint as one of ours."""
    if isinstance(problem, psycopg.errors.LockNotAvailable):
        return InFlight("request-in-flight")
    if isinstance(problem, psycopg.errors.QueryCanceled):
        return NoRoom("database-too-slow")
    if isinstance(problem, psycopg.OperationalError):
        return NoRoom("database-away")
    if isinstance(problem, psycopg.DataError) and problem.sqlstate in (None, "22021"):
        return BadRequest("request-not-readable")  # A text with what no text here may hold: a NUL.
    return Fault("internal-fault", problem=type(problem).__name__)


def _methods_of(request: Request) -> list[str]:
    """Every method of the address: the framework names those of the first route it finds."""
    found: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches({**request.scope, "method": "GET"})
        if match is not Match.NONE:
            found |= set(route.methods or ())
    return sorted(found)


_FIELD = {
    "missing": "field-missing",
    "extra_forbidden": "field-unknown",
    "json_invalid": "body-not-json",
    "literal_error": "field-not-one-of",
    "enum": "field-not-one-of",
}


def field_errors(problem: RequestValidationError, lang: str) -> list[dict[str, Any]]:
    """What is wrong with each field: where it stands, a code, a sentence."""
    found = []
    for each in problem.errors()[:20]:
        code = _FIELD.get(each["type"], "field-not-readable")
        if each["type"].endswith("_type"):
            code = "field-wrong-kind"
        place = [str(part) for part in each["loc"]]
        facts = {
            "field": ".".join(place[1:]) or place[0],
            "expected": each.get("ctx", {}).get("expected", each["type"].removesuffix("_type")),
        }
        found.append(
            {
                "in": place[0],
                "field": facts["field"],
                "code": code,
                "detail": render(Message(code, facts), lang),
            }
        )
    return found


def install(app: FastAPI) -> None:
    """Let every way of going wrong end in a problem document."""

    @app.exception_handler(DuewellError)
    async def on_error(request: Request, error: DuewellError) -> Response:
        if isinstance(error, Fault) and not isinstance(error, NoRoom):
            log.error("fault", code=error.code, request_id=getattr(request.state, "request_id", ""))
            return problem(request, Fault("internal-fault", problem=error.code))
        return problem(request, error)

    @app.exception_handler(psycopg.Error)
    async def on_database(request: Request, error: psycopg.Error) -> Response:
        log.error("database", kind=type(error).__name__, request_id=getattr(request.state, "request_id", ""))
        return problem(request, told(error))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        refusal = BadRequest("request-not-readable")
        return problem(request, refusal, errors=field_errors(error, language(request)))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, DuewellError):  # what a body was refused for, wrapped on its way
            return problem(request, error.__cause__)
        codes = {404: "route-not-found", 405: "method-not-allowed"}
        refusal = BadRequest(codes.get(error.status_code, "request-not-readable"))
        made = problem(request, refusal, status=error.status_code)
        if error.status_code == 405:
            made.headers["Allow"] = ", ".join(_methods_of(request))
        return made

    @app.exception_handler(Exception)
    async def on_anything(request: Request, error: Exception) -> Response:
        log.error("bug", kind=type(error).__name__, request_id=getattr(request.state, "request_id", ""))
        return problem(request, Fault("internal-fault", problem=type(error).__name__))
