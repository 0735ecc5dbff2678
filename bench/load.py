"""Requests over HTTP from a process of their own: as many as are answered, or so many a second.

Needs    an address, ready-made requests, some connections.
Gives    Heard; flood, steady; request.
Never    counts an answer that is not the status asked for, or waits for one before the next is due.
Source   docs/reference/benchmarks.md, section API.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_PATIENCE_S = 30.0
Next = Callable[[int], bytes]
"""The next request of a connection, by its number."""


@dataclass(slots=True)
class Heard:
    """How many were answered as asked for, how many otherwise, and the milliseconds of each."""

    good: int = 0
    bad: int = 0
    seconds: float = 0.0
    ms: list[float] = field(default_factory=list)
    first_bad: str = ""


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    told = {"Host": "127.0.0.1", **headers, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


class _Line:
    """One connection: what was sent when, and what has come back of it."""

    def __init__(self, port: int, number: int, status: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number, self.due = number, 0.0
        self._want = f"HTTP/1.1 {status} ".encode()
        self._held = b""

    def send(self, what: bytes, due: float) -> None:
        self.due = due
        self.socket.sendall(what)

    def read(self, heard: Heard, *, is_timed: bool) -> bool:
        """Take what came; True once the answer is whole."""
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server hung up")
        self._held += piece
        head, mark, body = self._held.partition(b"\r\n\r\n")
        found = _LENGTH.search(head) if mark else None
        if found is None or len(body) < int(found.group(1)):
            return False
        if head.startswith(self._want):
            heard.good += 1
        else:
            heard.bad += 1
            heard.first_bad = heard.first_bad or self._held[:900].decode(errors="replace")
        if is_timed:
            heard.ms.append((time.perf_counter() - self.due) * 1e3)
        self._held = b""
        return True


def _lines(port: int, count: int, status: int) -> Iterator[_Line]:
    for number in range(count):
        yield _Line(port, number, status)


def flood(port: int, asks: list[Next], *, seconds: float, status: int = 200) -> Heard:
    """Each connection sends its next request once the one before was answered."""
    heard = Heard()
    lines = list(_lines(port, len(asks), status))
    with selectors.DefaultSelector() as ready:
        for line in lines:
            ready.register(line.socket, selectors.EVENT_READ, line)
        began = time.perf_counter()
        until = began + seconds
        for line, ask in zip(lines, asks, strict=True):
            line.send(ask(line.number), began)
        waiting = len(lines)
        while waiting:
            for key, _ in ready.select(_PATIENCE_S):
                line = key.data
                if line.read(heard, is_timed=False):
                    if time.perf_counter() < until:
                        line.send(asks[line.number](line.number), 0.0)
                    else:
                        waiting -= 1
        heard.seconds = time.perf_counter() - began
    for line in lines:
        line.socket.close()
    return heard


def steady(port: int, asks: list[Next], *, rate: float, seconds: float, status: int = 200) -> Heard:
    """Requests at their moments, whatever became of those before; timed from when each was due."""
    heard = Heard()
    lines = list(_lines(port, len(asks), status))
    idle = list(lines)
    count, sent = int(rate * seconds), 0
    with selectors.DefaultSelector() as ready:
        for line in lines:
            ready.register(line.socket, selectors.EVENT_READ, line)
        began = time.perf_counter()
        while heard.good + heard.bad < count:
            now = time.perf_counter()
            while sent < count and idle and began + sent / rate <= now:
                line = idle.pop()
                line.send(asks[line.number](line.number), began + sent / rate)
                sent += 1
            wait = began + sent / rate - now if sent < count and idle else _PATIENCE_S
            for key, _ in ready.select(max(wait, 0)):
                if key.data.read(heard, is_timed=True):
                    idle.append(key.data)
        heard.seconds = time.perf_counter() - began
    for line in lines:
        line.socket.close()
    return heard
