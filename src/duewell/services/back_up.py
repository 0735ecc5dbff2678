"""Back up the embedded server: a base backup beside the older ones, and its log from then on.

Needs    a connection with the owner's rights, the server, the directory.
Gives    Report: the base with what its books held, what was pruned, where the log went before.
Never    counts a backup whose log is not archived to its end.
Source   docs/runbook.md, backup; docs/decisions/0011.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from duewell.domain.errors import InvalidInput
from duewell.store import base_backup, books, migrate
from duewell.store.backups import Base, alone, make_vault
from duewell.store.base_backup import archive_to, flush_log
from duewell.store.loans import Connection
from duewell.store.server import EmbeddedServer
from duewell.store.snapshots import snapshot


@dataclass(slots=True)
class Report:
    """What a backup did. `moved_from` is the directory that the log is no longer archived to."""

    directory: Path
    base: Base | None
    log_to: str
    moved_from: str | None = None
    pruned: list[str] = field(default_factory=list)
    pruned_files: int = 0


def back_up(
    conn: Connection,
    server: EmbeddedServer,
    directory: Path,
    *,
    keep: int | None = None,
    is_log_only: bool = False,
    product_version: str,
) -> Report:
    """Take a base backup, or with `is_log_only` bring the log of an earlier one to its end; then prune.

    Refuses   what cannot be a directory of this server's backups; `keep` below one.
    """
    if keep is not None and keep < 1:
        raise InvalidInput("backup-keep-too-few", given=keep)
    row = conn.execute(
        "select system_identifier::text, timeline_id from pg_control_system(), pg_control_checkpoint()"
    ).fetchone()
    assert row is not None
    system_id, timeline = str(row[0]), int(row[1])
    vault = make_vault(directory, system_id=system_id, timeline=timeline, data=server.directory)
    with alone(vault):
        vault.sweep()
        if is_log_only and not vault.bases():
            raise InvalidInput("backup-log-without-base", directory=str(vault.directory))
        moved_from = archive_to(conn, vault)
        if is_log_only:
            return Report(vault.directory, None, flush_log(conn, vault), moved_from)
        known = {
            "system_id": system_id,
            "timeline": timeline,
            "schema_version": migrate.version(conn) or "",
            "product_version": product_version,
            "books": _snapshots(conn),
        }
        base = base_backup.take(conn, server, vault, known)
        vault.add(base)
        report = Report(vault.directory, base, base.last_wal, moved_from)
        if keep is not None:
            report.pruned, report.pruned_files = vault.prune(keep)
    return report


def _snapshots(conn: Connection) -> list[dict[str, object]]:
    """What the books hold, in one view of the database, from before the files are copied."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        return [snapshot(conn, books.read_book(conn, code)) for code in books.book_codes(conn)]
