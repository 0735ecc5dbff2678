"""The real database: one embedded server a run, a fresh copy of the migrated template a test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from duewell.store import migrate
from duewell.store.server import EmbeddedServer, create_database, start

_NAMES = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    directory = Path(tempfile.mkdtemp(prefix="duewell-test-"))
    yield start(directory / "data", is_durable=False)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: EmbeddedServer) -> str:
    migrate.upgrade(create_database(server, "template_duewell"))
    return "template_duewell"


@pytest.fixture
def url(server: EmbeddedServer, template: str) -> str:
    return create_database(server, f"case_{next(_NAMES)}", template=template)


@pytest.fixture
def conn(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
