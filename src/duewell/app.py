"""Wiring: settings to a database that is running, migrated and connected.

Needs    settings.
Gives    connect: a connection in autocommit to the one database.
Never    holds a rule, or starts a server where a URL is given.
Source   docs/decisions/0002-embedded-postgresql.md.
"""

from __future__ import annotations

import re

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from duewell.domain.errors import Fault
from duewell.settings import Settings
from duewell.store import migrate
from duewell.store.loans import Connection
from duewell.store.server import create_database, start

DATABASE = "duewell"


def connect(settings: Settings) -> Connection:
    """A connection to the database, made and migrated on first use. A Fault says what cannot be reached."""
    try:
        url = settings.database_url or create_database(start(settings.data / "postgresql"), DATABASE)
        conn = psycopg.connect(_plain(url), autocommit=True)
        migrate.upgrade(_plain(url))
        conn.execute("set role duewell_app")
    except psycopg.errors.InsufficientPrivilege as problem:
        raise Fault("database-rights-missing", problem=_first_line(problem)) from problem
    except (psycopg.Error, SQLAlchemyError, OSError) as problem:
        raise Fault("database-not-reached", problem=_first_line(problem)) from problem
    return conn


def _plain(url: str) -> str:
    """The URL without a driver's name, which only other libraries write. Keyword form stays as it is."""
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", url)


def _first_line(problem: BaseException) -> str:
    return str(problem).split("\n")[0][:200]
