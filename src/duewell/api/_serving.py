"""How the application is served: one process, one port, and what a slow or greedy caller may not do.

Needs    the application, an address.
Gives    server_config, listen.
Never    believes a header about where a request came from, or waits for ever for the rest of one.
Source   docs/reference/serving.md.
"""

from __future__ import annotations

import asyncio
import json
import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from duewell.catalogues import LANGUAGES, render
from duewell.domain.texts import Message

HEAD_S = 10.0
"""Within which the head of a request is there, from the first moment it is waited for."""
HEAD_MAX = 32 << 10
_AT_ONCE = 400
"""Connections; above, callers are told to come back. Each may have a body of a mebibyte under way."""
_KEEP_S = 5
_STOP_S = 20


class Patient(HttpToolsProtocol):
    """A connection that is waited for so long and no longer, and whose heads have an end."""

    _timer: asyncio.TimerHandle | None = None
    _size = _held = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that grows without end is cut off."""
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()
        if self._timer is not None:
            self._size += len(data)
        super().data_received(data)
        if self._size > HEAD_MAX and not self.transport.is_closing():
            self.send_400_response("")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, or a trailer, while there is room."""
        self._held += len(name) + len(value)
        if self._held > HEAD_MAX:
            raise ValueError
        super().on_header(name, value)

    def on_message_begin(self) -> None:
        """Count a message from its beginning."""
        self._held = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there: what follows is the body's time."""
        self._wait_no_more()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request by a problem, as everything else is, and hang up."""
        code = "request-not-readable"
        told = {
            "type": f"urn:duewell:problem:{code}",
            "title": code,
            "status": 400,
            "detail": render(Message(code), LANGUAGES[0]),
            "code": code,
        }
        body = json.dumps(told, ensure_ascii=False).encode()
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
            b"x-content-type-options: nosniff\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        self.transport.close()

    def _wait(self) -> None:
        self._size = 0
        self._timer = self.loop.call_later(HEAD_S, self.transport.abort)

    def _wait_no_more(self) -> None:
        self._size = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def server_config(app: FastAPI, *, host: str, port: int) -> uvicorn.Config:
    """The one way this application is served: by `duewell up`, by tests and by the bench."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Patient,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_AT_ONCE,
        timeout_keep_alive=_KEEP_S,
        timeout_graceful_shutdown=_STOP_S,
    )


def listen(config: uvicorn.Config) -> socket.socket:
    """A socket that takes calls from now on, so that whoever is told the address can reach it.

    Without TCP_NODELAY, which accepted sockets inherit and the loop sets only where the protocol is named,
    each answer waits 40 ms for the caller's delayed acknowledgement.
    """
    made = config.bind_socket()
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.listen(config.backlog)
    return made
