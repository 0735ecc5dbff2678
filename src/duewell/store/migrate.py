"""The schema, step by step: alembic runs hand-written SQL, each step with a lock timeout.

Needs    a database URL.
Gives    upgrade(url) and downgrade(url, to).
Never    waits long for a lock: traffic goes first, the step is tried again later.
Source   docs/decisions/0002.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).with_name("migrations")


def is_current(conn: psycopg.Connection[Any]) -> bool:
    """Whether the schema is at the last step, asked without loading what runs the steps."""
    head = max(path.name[:4] for path in (_FOLDER / "versions").glob("[0-9]*.py"))
    try:
        row = conn.execute("select version_num from schema_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    return row == (head,)


def _config(url: str) -> Config:
    # Loading alembic takes most of a second, and a command on a current schema needs none of it.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["url"] = url
    return config


def upgrade(url: str, to: str = "head") -> None:
    """Bring the schema to a revision. Doing it twice changes nothing."""
    from alembic import command

    command.upgrade(_config(url), to)


def downgrade(url: str, to: str) -> None:
    """Take the schema back to a revision, `base` for none."""
    from alembic import command

    command.downgrade(_config(url), to)
