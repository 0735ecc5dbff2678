"""`duewell up` as it is run: it says where it serves once it does, and leaves nobody unanswered.

Wants to prove: a request in flight is answered after the signal, nobody new gets in, the end is 0.
How: the real command in a process of its own, on a database of its own; a table is locked to hold a request.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from duewell.gateways.keys import read_keys
from duewell.store.server import EmbeddedServer


@dataclass
class Up:
    """A running server: its process, its address, its key."""

    process: subprocess.Popen[str]
    base: str
    key: str

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.base,
            timeout=30,
            headers={"authorization": f"Bearer {self.key}", "accept-language": "en"},
        )


@contextmanager
def up(url: str, folder: Path, **more: str) -> Iterator[Up]:
    read_keys(folder / "master.key", may_make=True)
    told = {
        "DUEWELL_DATA": str(folder), "DUEWELL_DATABASE_URL": url, "DUEWELL_LANG": "en",
        "DUEWELL_KEY_FILE": str(folder / "master.key"),
    }  # fmt: skip
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "duewell"), "up", "--sandbox", "--port", "0"],
        env={**os.environ, **told, **more}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        while "http://" not in said:
            line = process.stdout.readline()
            assert line, f"it ended: {said}"
            said += line
        base, key = re.search(r"http://\S+:\d+", said), re.search(r"dw_test_\S+", said)
        assert base is not None and key is not None, said
        yield Up(process, base.group(0), key.group(0))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def test_a_request_in_flight_is_answered_after_the_signal_and_the_end_is_clean(
    url: str, tmp_path: Path
) -> None:
    with up(url, tmp_path) as served, psycopg.connect(url) as rival:
        assert served.client().get("/healthz").status_code == 200
        rival.execute("lock table duewell.book in access exclusive mode")
        heard: list[int] = []
        asking = threading.Thread(target=lambda: heard.append(served.client().get("/api/books").status_code))
        asking.start()
        wait_for(lambda: is_waiting(url))
        served.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not takes_calls(served.base))
        assert served.process.poll() is None and heard == []
        rival.rollback()
        asking.join(20)
        assert heard == [200]
        assert served.process.wait(20) == 0


def test_what_may_be_asked_of_a_stopping_server_is_refused_not_lost(url: str, tmp_path: Path) -> None:
    with up(url, tmp_path) as served:
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(20) == 0
        with pytest.raises(httpx.TransportError):
            served.client().get("/healthz")


def test_a_schema_that_is_not_this_versions_is_not_ready(url: str, tmp_path: Path) -> None:
    with up(url, tmp_path) as served, psycopg.connect(url, autocommit=True) as conn:
        (head,) = conn.execute("select version_num from schema_version").fetchone() or ("",)
        for found, code in (("0001", "schema-older"), ("9999", "schema-newer")):
            conn.execute("update schema_version set version_num = %s", [found])
            told = served.client().get("/healthz")
            assert (told.status_code, told.json()["code"]) == (503, code)
            assert told.headers["content-type"] == "application/problem+json" and told.headers["retry-after"]
        conn.execute("update schema_version set version_num = %s", [head])
        assert served.client().get("/healthz").status_code == 200


def test_a_database_that_is_away_is_not_ready_and_one_that_is_back_is(
    server: EmbeddedServer, url: str, tmp_path: Path
) -> None:
    with psycopg.connect(url) as own:
        name = own.info.dbname
    with up(url, tmp_path) as served, psycopg.connect(server.url, autocommit=True) as conn:
        assert served.client().get("/healthz").status_code == 200
        conn.execute(f'alter database "{name}" allow_connections false')
        conn.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        told = served.client().get("/healthz")
        assert told.status_code == 503 and told.json()["code"] in ("database-away", "too-busy"), told.text
        conn.execute(f'alter database "{name}" allow_connections true')
        wait_for(lambda: served.client().get("/healthz").status_code == 200)


def wait_for(what: object, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if callable(what) and what():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def takes_calls(base: str) -> bool:
    try:
        return httpx.get(base + "/healthz", timeout=2).status_code > 0
    except httpx.TransportError:
        return False


def is_waiting(url: str) -> bool:
    with psycopg.connect(url) as conn:
        row = conn.execute(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        ).fetchone()
        return row is not None
