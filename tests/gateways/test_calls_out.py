"""Calls and mail to others: bounded in time whatever they answer, and never in the clear to another machine.

Wants to prove: a receiver that answers byte by byte is given up in time, one that answers without end is not
read, and a code is not handed to a mail server that takes it unencrypted. How: servers that behave badly.
"""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from duewell.domain.errors import Fault
from duewell.gateways import outgoing
from duewell.gateways.codes import MailCodes
from duewell.gateways.outgoing import Outgoing


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that takes calls one by one and answers as told."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                while True:
                    line, _ = server.accept()
                    with line:
                        answer(line)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def drip(line: socket.socket) -> None:
    try:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(200):
            line.sendall(b"X: y\r\n")
            time.sleep(0.05)
    except OSError:
        return


def without_end(line: socket.socket) -> None:
    try:
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            line.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
    except OSError:
        return


def test_a_receiver_that_answers_byte_by_byte_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "WAIT_S", 0.5)
    with answering(drip) as port:
        begin = time.monotonic()
        told = Outgoing(is_local_allowed=True).post(f"http://127.0.0.1:{port}/x", b"{}", {})
        assert told == (None, "no answer in time")
        assert time.monotonic() - begin < 3


def test_of_an_answer_without_end_only_the_status_is_read() -> None:
    with answering(without_end) as port:
        assert Outgoing(is_local_allowed=True).post(f"http://127.0.0.1:{port}/x", b"{}", {}) == (200, None)


class Plain(smtplib.SMTP):
    """A mail server's other end that offers nothing."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self.said: list[str] = []
        self.esmtp_features = {}

    def has_extn(self, opt: str) -> bool:
        return False

    def ehlo(self, name: str = "") -> tuple[int, bytes]:
        return 250, b"fine"

    def login(self, user: str, password: str, **_: object) -> tuple[int, bytes]:  # type: ignore[override]
        raise AssertionError("the password went over the wire in the clear")


def test_a_code_is_not_handed_to_another_machine_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtplib, "SMTP", Plain)
    mail = MailCodes("smtp://me:secret@mail.example:587?from=no-reply@example.com")
    with pytest.raises(Fault) as told:
        mail.send("email", "a@example.com", "code", "123456")
    assert told.value.code == "mail-not-taken"
