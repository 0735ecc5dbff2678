"""Runs the steps over one psycopg connection, one process at a time; each gives up a lock after 2 s."""

import psycopg
from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

url = context.config.attributes["url"]
# The connection is psycopg's own, so a URL or keywords are read by the same rules everywhere.
engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
with engine.connect() as connection:
    # Held until the connection ends: a second process waits, and finds the steps done.
    connection.execute(text("select pg_advisory_lock(hashtext('duewell schema'))"))
    connection.commit()
    context.configure(connection=connection, version_table="schema_version")
    with context.begin_transaction():
        connection.execute(text("set local lock_timeout = '2s'"))
        context.run_migrations()
