"""Settings: what the surroundings say, read once at the door.

Needs    the environment.
Gives    Settings: where data lives, which database, which language.
Never    holds a rule of lending: those stand in the book and its products.
Source   docs/runbook.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the embedded database lives, the URL of another one if there is one, and the language."""

    data: Path
    database_url: str | None
    lang: str


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """DUEWELL_DATA, DUEWELL_DATABASE_URL and DUEWELL_LANG; the user's data directory and the locale else."""
    home = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME", ".")) / ".local" / "share")
    data = Path(environ.get("DUEWELL_DATA") or Path(home) / "duewell")
    lang = environ.get("DUEWELL_LANG") or environ.get("LANG", "")
    return Settings(
        data, environ.get("DUEWELL_DATABASE_URL") or None, "zh" if lang.startswith("zh") else "en"
    )
