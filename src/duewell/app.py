"""Wiring: settings to a database that is running, migrated and connected.

Needs    settings.
Gives    connect: a connection in autocommit to the one database.
Never    holds a rule, or starts a server where a URL is given.
Source   docs/decisions/0002-embedded-postgresql.md.
"""

from __future__ import annotations

import re
import subprocess

import psycopg

from duewell.domain.errors import Fault
from duewell.settings import Settings
from duewell.store import migrate
from duewell.store.loans import Connection
from duewell.store.server import create_database, start

DATABASE = "duewell"


def connect(settings: Settings) -> Connection:
    """A connection to the database, made and migrated on first use. A Fault says what cannot be reached."""
    scheme, mark, _ = (settings.database_url or "").partition("://")
    if mark and not re.fullmatch(r"postgres(ql)?(\+\w+)?", scheme):
        raise Fault("database-url-not-postgresql", scheme=f"{scheme[:20]}://")
    try:
        url = settings.database_url or create_database(start(settings.data / "postgresql"), DATABASE)
        conn = psycopg.connect(_plain(url), autocommit=True)
        if not migrate.is_current(conn):
            _upgrade(_plain(url))
        conn.execute("set role duewell_app")
    except psycopg.errors.InsufficientPrivilege as problem:
        raise Fault("database-rights-missing", problem=_first_line(problem)) from problem
    except (psycopg.Error, OSError, subprocess.CalledProcessError) as problem:
        raise Fault("database-not-reached", problem=_first_line(problem)) from problem
    return conn


def _upgrade(url: str) -> None:
    """Run the steps of the schema; what SQLAlchemy wraps comes out as the database said it."""
    from sqlalchemy.exc import DBAPIError

    try:
        migrate.upgrade(url)
    except DBAPIError as problem:
        raise (problem.orig if isinstance(problem.orig, psycopg.Error) else problem) from problem


def _plain(url: str) -> str:
    """The URL without a driver's name, which only other libraries write. Keyword form stays as it is."""
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", url)


def _first_line(problem: BaseException) -> str:
    return str(problem).split("\n")[0][:200]
