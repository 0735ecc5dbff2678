"""Restore: a backup brought back into a new directory, as it was at an instant or at its end.

Needs    a directory of backups, an instant or none, a new directory; later a connection to what came back.
Gives    restore: which base was used, and the instant; compare: a book beside what the backup wrote down.
Never    writes over data, or lets the copy archive into the log it came from.
Source   docs/runbook.md, restore drill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from duewell.domain.errors import Conflict, InvalidInput
from duewell.store.backups import Base, open_vault
from duewell.store.loans import Connection
from duewell.store.restoring import recover, unpack
from duewell.store.snapshots import differences


@dataclass(frozen=True, slots=True)
class Restored:
    """Where the data is, from which base it was made, and up to when its transactions reach."""

    data: Path
    base: Base
    at: datetime


def restore(
    directory: Path,
    data: Path,
    *,
    to: datetime | None,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> Restored:
    """Bring the newest base before `to` back and play its log up to it; None plays all there is.

    Refuses   a directory that is there already; an instant before the first base or after the last
              transaction in the log, with the range that is possible.
    """
    vault = open_vault(directory)
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise Conflict("restore-target-exists", directory=str(data))
    bases = vault.bases()
    fitting = [base for base in bases if to is None or base.from_at <= to]
    _, last = vault.range_of(fitting[-1] if fitting else bases[0])
    if not fitting or (to is not None and to > last):
        first = bases[0].from_at
        given = to.isoformat() if to is not None else "-"
        raise InvalidInput(
            "restore-time-outside", given=given, first=first.isoformat(), last=last.isoformat()
        )
    base = fitting[-1]
    server = data.resolve() / "postgresql"
    unpack(vault, base.name, server, on_progress)
    # At the last transaction there is no later one to stop before: all of the log is the same.
    recover(vault, server, None if to is None or to == last else to)
    return Restored(data, base, last if to is None else to)


def compare(conn: Connection, restored: Restored) -> dict[str, list[str]]:
    """For each book of the backup the names of what it now has otherwise, none where all is equal."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        kept: list[dict[str, Any]] = restored.base.books
        return {each["book"]: differences(conn, each) for each in kept}
