"""The schema, step by step: alembic runs hand-written SQL, each step with a lock timeout.

Needs    a database URL.
Gives    upgrade(url) and downgrade(url, to); version, head, and the steps between.
Never    waits long for a lock: traffic goes first, the step is tried again later.
Source   docs/decisions/0002.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from duewell.domain.errors import Fault

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).with_name("migrations")


def is_current(conn: psycopg.Connection[Any]) -> bool:
    """Whether the schema is at the last step, asked without loading what runs the steps."""
    return version(conn) == head()


@functools.cache
def head() -> str:
    """The last step there is."""
    return max(path.name[:4] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def version(conn: psycopg.Connection[Any]) -> str | None:
    """The step the schema is at; None where there is none."""
    try:
        row = conn.execute("select version_num from schema_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return str(row[0]) if row else None


def steps_after(given: str | None) -> list[str]:
    """The steps that are still to be done."""
    steps = sorted(path.name[:4] for path in (_FOLDER / "versions").glob("[0-9]*.py"))
    return [step for step in steps if given is None or step > given]


def _config(url: str) -> Config:
    # Loading alembic takes most of a second, and a command on a current schema needs none of it.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["url"] = url
    return config


def upgrade(url: str, to: str = "head") -> None:
    """Bring the schema to a revision, all steps or none. Doing it twice changes nothing.

    Refuses   a Fault "schema-locked" where a lock was not to be had in time, "schema-newer" where a later
              product wrote the schema. Whatever else goes wrong comes out as the database said it.
    """
    from alembic import command
    from sqlalchemy.exc import DBAPIError

    with psycopg.connect(url, autocommit=True) as conn:
        found = version(conn)
    if found is not None and found > head():
        raise Fault("schema-newer", found=found, known=head())
    try:
        command.upgrade(_config(url), to)
    except (DBAPIError, psycopg.Error) as problem:
        # A step speaks through SQLAlchemy, which wraps, or straight to psycopg.
        told = problem.orig if isinstance(problem, DBAPIError) else problem
        if isinstance(told, psycopg.errors.LockNotAvailable):
            raise Fault("schema-locked", found=found or "-", to=head()) from problem
        raise (told if isinstance(told, psycopg.Error) else problem) from problem


def downgrade(url: str, to: str) -> None:
    """Take the schema back to a revision, `base` for none."""
    from alembic import command

    command.downgrade(_config(url), to)
