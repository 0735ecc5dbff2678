"""Children that work on a book and are killed: forked, so that hundreds of them cost no start-up.

Needs    a durable server of its own; work that says how far it is.
Gives    killed(): run work in a child and kill it, or its server, some time after it said something.
"""

from __future__ import annotations

import os
import random
import select
import signal
import time
from collections.abc import Callable
from typing import Any

import psycopg

from bench import kills
from duewell.store.server import EmbeddedServer, start

Conn = psycopg.Connection[Any]
Work = Callable[[Conn, Callable[[], None]], None]
"""Work on a book; it calls the second argument whenever something was committed."""


def killed(
    server: EmbeddedServer, url: str, work: Work, chance: random.Random, *, after: int, of_server: bool
) -> int | None:
    """Kill a child that works, or the whole server under it, soon after it said `after` times it committed.

    Returns how often it said so before it died; None where it had ended by itself, which is no kill.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _be_a_child(url, work, reading, writing)
    os.close(writing)
    said = _wait_until_said(reading, after)
    time.sleep(chance.random() * 0.03)
    if of_server:
        kills.kill_server(server)
    else:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    said += _read_rest(reading)
    os.close(reading)
    if of_server:
        start(server.directory)
    has_ended = os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
    return None if has_ended else said


def _be_a_child(url: str, work: Work, reading: int, writing: int) -> None:
    os.close(reading)
    code = 1
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            work(conn, lambda: (os.write(writing, b"."), None)[1])
        code = 0
    except psycopg.Error:
        pass  # its server was killed
    finally:
        os._exit(code)


def _wait_until_said(reading: int, after: int) -> int:
    said = 0
    while said < after:
        ready, _, _ = select.select([reading], [], [], 30)
        got = os.read(reading, 1) if ready else b""
        if not got:
            return said
        said += 1
    return said


def _read_rest(reading: int) -> int:
    said = 0
    while got := os.read(reading, 4096):
        said += len(got)
    return said
