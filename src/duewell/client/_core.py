"""How calls are done: sent, retried under the same key, answered or refused.

Needs    httpx.
Gives    Call, Duewell, AsyncDuewell, Problem.
Never    retries what may not be sent twice, or waits longer than it was told to.
Source   docs/reference/client.md.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

import httpx

T = TypeVar("T")
_TRIES = 5
_AGAIN = (409, 429, 503)
"""With Retry-After: the same request is in flight, too many, or no room."""
_PAUSE_S = 0.2
_WAIT_MAX_S = 30.0


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call of a route, not yet done: what `calls` makes and a client does.

    `content` is a file as the body, of the type `media`.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    content: bytes | None = None
    media: str = ""
    key: str | None = None
    is_keyed: bool = False

    @property
    def may_repeat(self) -> bool:
        """Whether sending it twice does it once."""
        return self.is_keyed or self.method in ("GET", "PUT", "DELETE")

    def ready(self) -> Call[T]:
        """With a key of its own where it takes one and was given none."""
        if self.is_keyed and self.key is None:
            return replace(self, key=str(uuid.uuid4()))
        return self


class Problem(Exception):
    """What the server refused, or could not do: its stable code, a sentence, and each field's error."""

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(told.get("code", "no-problem-document"))
        self.detail = str(told.get("detail", ""))
        self.facts = dict(told.get("facts", {}))
        self.errors = list(told.get("errors", []))
        self.request_id = str(told.get("request_id", ""))
        super().__init__(f"{status} {self.code}: {self.detail}")


class _Sender:
    """What both clients share: the request, and what an answer means."""

    def __init__(self, key: str | None, lang: str, version: str | None) -> None:
        self._headers = {"accept-language": lang, "user-agent": "duewell-python"}
        if key is not None:
            self._headers["authorization"] = f"Bearer {key}"
        if version is not None:
            self._headers["duewell-version"] = version

    def _request(self, call: Call[Any]) -> dict[str, Any]:
        headers = {"idempotency-key": call.key} if call.key is not None else {}
        query = {name: value for name, value in call.query.items() if value is not None}
        told: dict[str, Any] = {"method": call.method, "url": call.path, "headers": headers, "params": query}
        if call.body is not None:
            told["json"] = {name: value for name, value in call.body.items() if value is not None}
        if call.content is not None:
            told["content"] = call.content
            headers["content-type"] = call.media
        return told

    @staticmethod
    def _pause(call: Call[Any], response: httpx.Response | None, number: int) -> float | None:
        """How long to wait before the same call is sent again; None where it is not."""
        if not call.may_repeat or number + 1 >= _TRIES:
            return None
        if response is None:
            return _PAUSE_S * 2.0**number
        after = response.headers.get("retry-after", "")
        if response.status_code not in _AGAIN or not after.isdigit():
            return None
        return float(after) if float(after) <= _WAIT_MAX_S else None

    @staticmethod
    def _told(response: httpx.Response) -> Any:
        is_json = "json" in response.headers.get("content-type", "")
        is_file = response.headers.get("content-type") == "application/octet-stream"
        if response.is_success:
            return response.json() if is_json else response.content if is_file else response.text
        raise Problem(response.status_code, response.json() if is_json else {})


class Duewell(_Sender):
    """Does calls one after another: `dw(calls.loans.show(loan))`."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        lang: str = "en",
        version: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        super().__init__(key, lang, version)
        self._http = httpx.Client(base_url=base_url, headers=self._headers, timeout=timeout)

    def __call__(self, call: Call[T]) -> T:
        """Do a call. Raises Problem for what is refused, httpx's errors where the server is not reached."""
        call = call.ready()
        for number in range(_TRIES):
            response: httpx.Response | None = None
            try:
                response = self._http.request(**self._request(call))
            except httpx.TransportError:
                if self._pause(call, None, number) is None:
                    raise
            pause = self._pause(call, response, number)
            if response is not None and pause is None:
                return cast(T, self._told(response))
            time.sleep(pause or 0.0)
        raise AssertionError("the last try answers or raises")

    def pages(self, call: Call[T]) -> Iterator[T]:
        """Every page of a list, one after another."""
        while True:
            told = self(call)
            yield told
            cursor = cast(dict[str, Any], told).get("next")
            if cursor is None:
                return
            call = replace(call, query={**call.query, "cursor": cursor})

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> Duewell:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncDuewell(_Sender):
    """The same, awaited: `await dw(calls.loans.show(loan))`."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        lang: str = "en",
        version: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        super().__init__(key, lang, version)
        self._http = httpx.AsyncClient(base_url=base_url, headers=self._headers, timeout=timeout)

    async def __call__(self, call: Call[T]) -> T:
        """Do a call. Raises Problem for what is refused, httpx's errors where the server is not reached."""
        call = call.ready()
        for number in range(_TRIES):
            response: httpx.Response | None = None
            try:
                response = await self._http.request(**self._request(call))
            except httpx.TransportError:
                if self._pause(call, None, number) is None:
                    raise
            pause = self._pause(call, response, number)
            if response is not None and pause is None:
                return cast(T, self._told(response))
            await asyncio.sleep(pause or 0.0)
        raise AssertionError("the last try answers or raises")

    async def pages(self, call: Call[T]) -> AsyncIterator[T]:
        """Every page of a list, one after another."""
        while True:
            told = await self(call)
            yield told
            cursor = cast(dict[str, Any], told).get("next")
            if cursor is None:
                return
            call = replace(call, query={**call.query, "cursor": cursor})

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncDuewell:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
