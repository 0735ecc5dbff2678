"""The log of erasures, kept beside the data and apart from the database: a restored backup is erased again.

Needs    a file.
Gives    NAME, note, read.
Never    holds more of a person than the number the ledger knows them by.
Source   docs/reference/privacy.md, section restoring.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duewell.domain.errors import Fault
from duewell.domain.party import parse_person_ref, person_ref

NAME = "erasures.log"
"""What the log is called in the directory of the data."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Who was erased, by whom, and when."""

    person_id: int
    by: str
    at: datetime


def note(path: Path, erasure: Erasure) -> None:
    """Write one at the end, on the disk before it counts."""
    line = {"person": person_ref(erasure.person_id), "by": erasure.by, "at": erasure.at.isoformat()}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[Erasure]:
    """All that were noted, none where there is no log. A Fault where a line cannot be read."""
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            told = json.loads(line)
            at = datetime.fromisoformat(told["at"])
            found.append(Erasure(parse_person_ref(told["person"]), str(told["by"]), at))
        except (ValueError, KeyError, TypeError):
            raise Fault("erasure-log-unreadable", path=str(path), line=number) from None
    return found
