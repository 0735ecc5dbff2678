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
    """Where the embedded database lives, the URL of another one if there is one, the language, the keys.

    `key_file` holds the master keys; `is_https` says that browsers reach this server by https; `mail_url`
    names the mail server that one-time codes leave by; `may_call_home`
    lets webhooks go to this machine and its network.
    """

    data: Path
    database_url: str | None
    lang: str
    key_file: Path = Path("master.key")
    is_https: bool = False
    mail_url: str | None = None
    may_call_home: bool = False


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """What DUEWELL_DATA and its like say; the user's data directory and locale where they are silent."""
    home = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME", ".")) / ".local" / "share")
    data = Path(environ.get("DUEWELL_DATA") or Path(home) / "duewell")
    lang = environ.get("DUEWELL_LANG") or environ.get("LANG", "")
    return Settings(
        data,
        environ.get("DUEWELL_DATABASE_URL") or None,
        "zh" if lang.startswith("zh") else "en",
        Path(environ.get("DUEWELL_KEY_FILE") or data / "master.key"),
        environ.get("DUEWELL_HTTPS", "") == "1",
        environ.get("DUEWELL_MAIL_URL") or None,
        environ.get("DUEWELL_WEBHOOKS_HOME", "") == "1",
    )
