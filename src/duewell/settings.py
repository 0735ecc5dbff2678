"""Settings: what the surroundings say, read once at the door.

Needs    the environment.
Gives    Settings: where data lives, which database, which language.
Never    holds a rule of lending: those stand in the book and its products.
Source   docs/runbook.md.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from duewell.domain.errors import InvalidInput

_CONTACT_MAX = 120
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the embedded database lives, the URL of another one if there is one, the language, the keys.

    `key_file` holds the master keys; `is_https` says that browsers reach this server by https; `mail_url`
    names the mail server that one-time codes leave by; `may_call_home`
    lets webhooks go to this machine and its network; `proxies` are believed about where a request came from;
    `contact` is the phone or address that borrowers are shown when they look for help; `is_demo` lets anybody
    in as anybody, where all books are sandboxes.
    """

    data: Path
    database_url: str | None
    lang: str
    key_file: Path = Path("master.key")
    is_https: bool = False
    mail_url: str | None = None
    may_call_home: bool = False
    proxies: tuple[Network, ...] = ()
    contact: str = ""
    is_demo: bool = False


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
        read_proxies(environ.get("DUEWELL_PROXIES", "")),
        environ.get("DUEWELL_CONTACT", "")[:_CONTACT_MAX],
        environ.get("DUEWELL_DEMO", "") == "1",
    )


def read_proxies(text: str) -> tuple[Network, ...]:
    """Addresses and networks such as `127.0.0.1, 10.0.0.0/8`. Refuses InvalidInput "proxies-unreadable"."""
    try:
        return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError:
        raise InvalidInput("proxies-unreadable", given=text[:60], example="127.0.0.1, 10.0.0.0/8") from None
