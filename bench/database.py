"""A durable server for one run of the bench: its own directory, its own databases, nothing left behind.

Needs    the wheel that carries PostgreSQL, and some disk in the temporary directory.
Gives    server(): an EmbeddedServer while the block runs; fresh(): the URL of a migrated, empty database.
Never    touches another server, or turns durability off.
Source   tests/pgfixtures.py does the same for tests.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from duewell.store import migrate
from duewell.store.server import EmbeddedServer, create_database, start

_NAMES = count(1)
_TEMPLATE = "bench_template"


@contextmanager
def server(*, is_durable: bool = True) -> Iterator[EmbeddedServer]:
    """A server of our own; when the block ends it is stopped and its directory removed."""
    directory = Path(tempfile.mkdtemp(prefix="duewell-bench-"))
    try:
        running = start(directory / "data", is_durable=is_durable)
        migrate.upgrade(create_database(running, _TEMPLATE))
        yield running
        end(running)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def fresh(running: EmbeddedServer) -> str:
    """The URL of a new database with the schema in it."""
    return create_database(running, f"bench_{next(_NAMES)}", template=_TEMPLATE)


def drop(running: EmbeddedServer, url: str) -> None:
    """Remove a database made by fresh()."""
    name = name_of(url)
    assert name.startswith("bench_")
    with psycopg.connect(running.url, autocommit=True) as conn:
        conn.execute(f'drop database "{name}"')


def name_of(url: str) -> str:
    """The database a URL names."""
    return urlsplit(url).path.removeprefix("/")


def end(running: EmbeddedServer) -> None:
    """Stop this server, by its own process id, and wait until it is gone."""
    try:
        process = psutil.Process(running.pid)
        process.terminate()
        process.wait(timeout=30)
    except (psutil.NoSuchProcess, psutil.TimeoutExpired):
        return
