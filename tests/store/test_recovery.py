"""A server killed without warning comes back with everything it had acknowledged.

How: a durable server of its own, rows committed one by one, SIGKILL to the postmaster's whole family,
a new start from the same directory, and the rows counted.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

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
