"""The schema, step by step: alembic runs hand-written SQL, each step with a lock timeout.

Needs    a database URL.
Gives    upgrade(url) and downgrade(url, to).
Never    waits long for a lock: traffic goes first, the step is tried again later.
Source   docs/decisions/0002.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["url"] = url
    return config


def upgrade(url: str, to: str = "head") -> None:
    """Bring the schema to a revision. Doing it twice changes nothing."""
    command.upgrade(_config(url), to)


def downgrade(url: str, to: str) -> None:
    """Take the schema back to a revision, `base` for none."""
    command.downgrade(_config(url), to)
