"""The door of every route: its permission, who asks, one connection, one answer.

Needs    the State of the application; a route's declared permission.
Gives    Door, which routes are declared on; Ask, what a route is given; Answer.
Never    lets a route in without a permission, or a request through before it is checked.
Source   docs/reference/access.md; docs/reference/api.md.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, TypeVar

import psycopg
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from duewell.api._address import come_from
from duewell.api._cookies import cookie_name
from duewell.api._problems import BadRequest, Denied, language
from duewell.api._state import State
from duewell.api._strict import StrictRoute
from duewell.domain.access import NOBODY, VERSIONS, Identity, Kind, Permission
from duewell.domain.errors import NotFound
from duewell.domain.party import parse_loan_id, parse_person_ref
from duewell.gateways.passwords import is_same, token_hash
from duewell.services.identify import Caller, by_key, by_session
from duewell.services.record_fact import Request as Keyed
from duewell.services.sign_in import From, NotSignedIn
from duewell.store import books, loans
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey

_SAFE = ("GET", "HEAD")
_KEY_MAX = 200


class Ask:
    """One request at a route: who asks, the language, the instant, a connection."""

    conn: Connection
    identity: Identity
    at: datetime
    version: str

    def __init__(self, request: Request) -> None:
        self.request = request
        self.state: State = request.app.state.means
        self.identity = NOBODY
        self.lang = language(request)
        self.at = self.state.now()
        self.version = VERSIONS[-1]

    @contextmanager
    def gate(self, may: Permission) -> Iterator[None]:
        """Open a connection, find out who asks, and refuse what is not theirs to do."""
        with self.state.connection() as conn:
            self.conn = conn
            self._identify(may)
            if not self.identity.may(may):
                if self.identity.kind is Kind.NOBODY:
                    raise NotSignedIn("sign-in-needed")
                raise Denied("not-allowed", permission=may.value)
            self._pick_version()
            yield

    def _identify(self, may: Permission) -> None:
        # Told to the log before anything is refused: a refusal without a name helps nobody.
        self.request.state.actor = self.identity.actor
        caller = self._caller(may)
        if caller is None:
            self._check_origin()
            return
        self.identity = caller.identity
        self.request.state.actor = self.identity.actor
        self.version = caller.version or self.version
        if caller.csrf_hash is not None and self.request.method not in _SAFE:
            self._check_form(caller.csrf_hash)

    def _caller(self, may: Permission) -> Caller | None:
        """Whose key or session it is. One that is given and wrong is refused, not taken for nobody's.

        Where anybody may come in a cookie is not looked at: one that is dead or planted, which no script can
        take away, must not keep its owner from signing in.
        """
        given = self.request.headers.get("authorization")
        if given is not None:
            scheme, _, key = given.partition(" ")
            found = by_key(self.conn, key.strip()[:200]) if scheme.lower() == "bearer" else None
            if found is None:
                raise NotSignedIn("key-unknown")
            self.state.pace.count(found.identity.actor, self.at)
            return found
        token = self.token
        if not token or may is Permission.PUBLIC:
            return None
        found = by_session(self.conn, token[:200], self.at)
        if found is None:
            raise NotSignedIn("session-ended")
        self.state.pace.count(found.identity.session, self.at)
        return found

    def _check_form(self, csrf_hash: bytes) -> None:
        """A cookie goes along with whatever a browser sends: the token in the header does not."""
        self._check_origin()
        given = self.request.headers.get("x-csrf-token") or str(getattr(self.request.state, "form_token", ""))
        if not is_same(token_hash(given), csrf_hash):
            raise Denied("form-token-wrong")

    def _check_origin(self) -> None:
        """What changes something comes from our own page, signing in too: nobody is signed in as another."""
        origin = self.request.headers.get("origin")
        host = self.request.headers.get("host") or "-"
        if origin is not None and self.request.method not in _SAFE and origin.partition("://")[2] != host:
            raise Denied("origin-foreign")

    def _pick_version(self) -> None:
        asked = self.request.headers.get("duewell-version")
        if asked is not None and asked not in VERSIONS:
            raise BadRequest("version-unknown", given=asked[:20], known=", ".join(VERSIONS))
        self.version = asked or self.version

    # -- what routes ask for -----------------------------------------------------------------------

    @property
    def token(self) -> str | None:
        """The session's token a browser sent along, if it did."""
        return self.request.cookies.get(cookie_name(is_https=self.state.settings.is_https))

    @property
    def come_from(self) -> From:
        """Where the request came from, for limits and the list of sessions."""
        peer = self.request.client.host if self.request.client else "-"
        forwarded = ",".join(self.request.headers.getlist("x-forwarded-for"))
        address = come_from(peer, forwarded, self.state.settings.proxies)
        return From(address, self.request.headers.get("user-agent", ""))

    def visitor(self) -> Identity:
        """Who looks at a page that is open to anybody: nobody where a session is dead."""
        token = self.token
        found = by_session(self.conn, token[:200], self.at) if token else None
        return found.identity if found is not None else NOBODY

    def keyed(self, *, is_dated: bool = True) -> Keyed:
        """The request under its key, of the header or of the form: done once however often it is sent."""
        key = self.request.headers.get("idempotency-key", "") or str(
            getattr(self.request.state, "form_key", "")
        )
        if not 1 <= len(key) <= _KEY_MAX or not key.isprintable():
            raise BadRequest("idempotency-key-missing", length_max=_KEY_MAX)
        who = self.identity.actor
        source = "web" if hasattr(self.request.state, "form_key") else "api"
        return Keyed(who, key, who, self.at, is_dated=is_dated, source=source)

    @staticmethod
    def own_ref(request: Keyed) -> str:
        """What a fact is called whose caller gave it no reference: two callers may choose the same key."""
        text = f"{request.key}@{request.actor}"
        return text if len(text) <= _KEY_MAX else token_hash(text).hex()

    def book(self, code: str) -> BookRow:
        """A book this caller may see; one they may not see is not there."""
        found = books.read_book(self.conn, code[:40])
        if not self.identity.sees(found.code, is_sandbox=found.is_sandbox):
            raise NotFound("book-not-found", book=code[:40], known="-")
        return found

    def loan(self, text: str) -> LoanKey:
        """A loan of a book this caller may see, or of the person they are."""
        key = LoanKey(*parse_loan_id(text))
        code, is_sandbox = loans.book_code_of(self.conn, key)
        who = self.identity
        is_theirs = who.kind is not Kind.BORROWER or who.person_id == key.person_id
        if not is_theirs or not who.sees(code, is_sandbox=is_sandbox):
            raise NotFound("loan-not-found")
        return key

    def person(self, text: str) -> int:
        """A person of a realm this caller may see."""
        person_id = parse_person_ref(text)
        code, is_sandbox = books.realm_of_person(self.conn, person_id)
        if not self.identity.sees(code, is_sandbox=is_sandbox) and (
            is_sandbox or self.identity.is_sandbox_only
        ):
            raise NotFound("person-not-found")
        return person_id


async def ask_of(request: Request) -> Ask:
    """What a route is given. Runs before the route, without a thread of its own."""
    return Ask(request)


async def body_of(request: Request) -> bytes:
    """A body as it came, for routes that take files or messages of others."""
    return await request.body()


Asked = Annotated[Ask, Depends(ask_of)]
Body = Annotated[bytes, Depends(body_of)]
Route = TypeVar("Route", bound=Callable[..., Any])


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def answer(document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A document as it goes out: nothing between it and the caller but JSON."""
    return Response(_JSON.encode(document).encode(), status, headers, "application/json")


class Door(APIRouter):
    """Declares routes, each with its permission. A route is a plain function of Ask and its arguments."""

    def __init__(self, **told: Any) -> None:
        super().__init__(route_class=StrictRoute, **told)

    def hang(self, app: FastAPI) -> None:
        """Put the routes into an application as they are."""
        app.router.routes.extend(self.routes)

    def declare(
        self,
        method: str,
        path: str,
        *,
        may: Permission,
        status: int = 200,
        model: type[BaseModel] | None = None,
        is_keyed: bool = False,
        also: dict[int, type[BaseModel]] | None = None,
        media: str | None = None,
        takes: dict[str, dict[str, Any]] | None = None,
    ) -> Callable[[Route], Route]:
        """Declare one. `is_keyed` says that it takes an Idempotency-Key; `media` what it answers but JSON.

        `takes` says by its schema what a body that is not read as one JSON model may be.
        """

        def wrap(route: Route) -> Route:
            @functools.wraps(route)
            def run(*args: Any, **given: Any) -> Any:
                ask: Ask = given["ask"]
                for is_last in (False, True):
                    try:
                        with ask.gate(may):
                            return route(*args, **given)
                    except psycopg.OperationalError:
                        # A connection that died while idle: all done here happens once, so it is tried again.
                        if is_last or not ask.conn.broken:
                            raise

            run.permission = may  # type: ignore[attr-defined]
            extra: dict[str, Any] = {"x-permission": may.value}
            if is_keyed:
                extra["parameters"] = [KEY_PARAMETER]
            if takes is not None:
                content = {kind: {"schema": schema} for kind, schema in takes.items()}
                extra["requestBody"] = {"required": True, "content": content}
            responses: dict[int | str, dict[str, Any]] = {status: {"model": model}} if model else {}
            if media is not None:
                responses[status] = {"content": {media: {"schema": {"type": "string"}}}}
            responses |= {code: {"model": each} for code, each in (also or {}).items()}
            self.add_api_route(
                path,
                run,
                methods=[method],
                status_code=status,
                responses=responses,
                response_model=None,
                response_class=Response if media is not None else JSONResponse,
                openapi_extra=extra,
                operation_id=route.__name__.rstrip("_"),
            )
            made = self.routes[-1]
            assert isinstance(made, StrictRoute)
            made.check = lambda request: _check(request, may)
            return route

        return wrap

    def get(self, path: str, **told: Any) -> Callable[[Route], Route]:
        """Declare a route that reads."""
        return self.declare("GET", path, **told)

    def post(self, path: str, **told: Any) -> Callable[[Route], Route]:
        """Declare a route that does something."""
        return self.declare("POST", path, **told)

    def put(self, path: str, **told: Any) -> Callable[[Route], Route]:
        """Declare a route that sets something, as often as it is sent."""
        return self.declare("PUT", path, **told)

    def delete(self, path: str, **told: Any) -> Callable[[Route], Route]:
        """Declare a route that ends something."""
        return self.declare("DELETE", path, **told)


def _check(request: Request, may: Permission) -> None:
    with Ask(request).gate(may):
        pass


KEY_PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "What makes the request happen once: sent again, it is answered with the first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": _KEY_MAX},
}
