"""Wiring: settings to a database that is running, migrated and connected.

Needs    settings.
Gives    connect: a connection in autocommit to the one database; pool_of; reach; own_server.
Never    holds a rule, or starts a server where a URL is given.
Source   docs/decisions/0002-embedded-postgresql.md.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import ConnectionPool

from duewell.domain.errors import Fault, InvalidInput
from duewell.settings import Settings
from duewell.store import migrate
from duewell.store.loans import Connection
from duewell.store.server import EmbeddedServer, create_database, start

DATABASE = "duewell"


def connect(settings: Settings) -> Connection:
    """A connection to the database, made and migrated on first use. A Fault says what cannot be reached."""
    with _told():
        url = _url(settings)
        conn = psycopg.connect(url, autocommit=True)
        if not migrate.is_current(conn):
            migrate.upgrade(url)
        conn.execute("set role duewell_app")
        return conn


POOL_MIN, POOL_MAX = 1, 20
_LOCK_WAIT = "5s"
_STATEMENT_WAIT = "30s"


def pool_of(settings: Settings) -> ConnectionPool[psycopg.Connection]:
    """Connections for a server: in autocommit, as the application's role, never waiting for ever."""
    connect(settings).close()

    def configure(conn: psycopg.Connection) -> None:
        conn.execute("set role duewell_app")
        conn.execute(f"set lock_timeout = '{_LOCK_WAIT}'")
        conn.execute(f"set statement_timeout = '{_STATEMENT_WAIT}'")

    with _told():
        return ConnectionPool(
            _url(settings),
            kwargs={"autocommit": True},
            min_size=POOL_MIN,
            max_size=POOL_MAX,
            configure=configure,
            open=True,
            name="duewell",
        )


def reach(settings: Settings) -> tuple[Connection, str]:
    """A connection as the login itself, to a schema left as it is, and its URL: for an upgrade asked for."""
    with _told():
        url = _url(settings)
        return psycopg.connect(url, autocommit=True), url


def own_server(settings: Settings) -> tuple[Connection, EmbeddedServer]:
    """The embedded server and a connection as its owner, on a schema that is up to date.

    Refuses   InvalidInput "server-not-ours" where DUEWELL_DATABASE_URL names another.
    """
    if settings.database_url:
        raise InvalidInput("server-not-ours")
    connect(settings).close()
    with _told():
        server = start(settings.data / "postgresql")
        return psycopg.connect(server.database(DATABASE), autocommit=True), server


def _url(settings: Settings) -> str:
    scheme, mark, _ = (settings.database_url or "").partition("://")
    if mark and not re.fullmatch(r"postgres(ql)?(\+\w+)?", scheme):
        raise Fault("database-url-not-postgresql", scheme=f"{scheme[:20]}://")
    url = settings.database_url or create_database(start(settings.data / "postgresql"), DATABASE)
    return _plain(url)


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong on the way to the database, as a Fault."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as problem:
        raise Fault("database-rights-missing", problem=_first_line(problem)) from problem
    except (psycopg.Error, OSError, subprocess.CalledProcessError) as problem:
        raise Fault("database-not-reached", problem=_first_line(problem)) from problem


def _plain(url: str) -> str:
    """The URL without a driver's name, which only other libraries write. Keyword form stays as it is."""
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", url)


def _first_line(problem: BaseException) -> str:
    return str(problem).split("\n")[0][:200]
