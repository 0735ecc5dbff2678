"""Wiring: settings to a database that is running, migrated and connected.

Needs    settings.
Gives    connect: a connection in autocommit to the one database.
Never    holds a rule, or starts a server where a URL is given.
Source   docs/decisions/0002-embedded-postgresql.md.
"""

from __future__ import annotations

import psycopg

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
        migrate.upgrade(url)
        conn = psycopg.connect(url, autocommit=True)
        conn.execute("set role duewell_app")
    except (psycopg.OperationalError, OSError) as problem:
        raise Fault("database-not-reached", problem=str(problem).split("\n")[0][:200]) from problem
    return conn
