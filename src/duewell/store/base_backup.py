"""Taking a base backup: the server archives its log to the directory, then its files are copied beside it.

Needs    a connection with the owner's rights, the embedded server, a Vault.
Gives    archive_to, switch_log, take.
Never    leaves an archive command behind that has not been seen to work.
Source   docs/decisions/0011; PostgreSQL's chapter on continuous archiving.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from psycopg import sql

from duewell.domain.errors import Fault
from duewell.store.backups import Base, Vault
from duewell.store.loans import Connection
from duewell.store.server import EmbeddedServer, programs, system_user

NOWHERE = "/bin/true"
"""The archive command of a server whose log is kept nowhere."""
LOSE_AT_MOST = "300s"
"""After so long a segment of the log that anything was written to is archived though it is not full."""
_PAUSE = 0.05
_PATIENCE = 12_000
_TRIES = 5
_LABEL = re.compile(r"START WAL LOCATION: (\S+) \(file ([0-9A-F]{24})\)")


def archive_command(wal: Path) -> str:
    """What the server runs for each segment: it copies, syncs and only then names; it never overwrites.

    A segment that is there already with the same bytes is done; with other bytes it fails, and keeps failing.
    """
    to = shlex.quote(str(wal)).replace("%", "%%")
    return (
        f"if [ -e {to}/%f ]; then cmp -s %p {to}/%f; else"
        f" cp %p {to}/%f.part && sync {to}/%f.part && mv {to}/%f.part {to}/%f && sync {to}; fi"
    )


def archive_to(conn: Connection, vault: Vault) -> str | None:
    """Let the server archive its log to the vault, and see that it does; the directory it archived to before.

    Refuses   a Fault "backup-archive-failed" where it cannot write there; then all is as it was.
    """
    user = system_user()
    if user is not None:
        shutil.chown(vault.wal, user)
    if subprocess.run(["test", "-w", str(vault.wal)], user=user, check=False).returncode:
        raise Fault("backup-directory-not-writable", directory=str(vault.directory), user=user or "-")
    row = conn.execute("show archive_command").fetchone()
    assert row is not None
    before, wanted = str(row[0]), archive_command(vault.wal)
    if before == wanted:
        return None
    try:
        _set(conn, {"archive_command": wanted, "archive_timeout": LOSE_AT_MOST})
        # The archiver takes the new command in between two segments: go on until one has come through.
        for _ in range(_TRIES):
            if _seen(conn, vault, switch_log(conn)):
                break
        else:
            raise Fault("backup-archive-failed", directory=str(vault.directory))
    except BaseException:
        _set(conn, {"archive_command": before})
        raise
    found = re.search(r"\[ -e (.+?)/%f \]", before)
    return str(Path(shlex.split(found[1])[0].replace("%%", "%")).parent) if found else None


def switch_log(conn: Connection) -> str:
    """End the segment at hand with a transaction of its own, so that its time is known; its name."""
    conn.execute("select pg_current_xact_id()")
    row = conn.execute("select pg_walfile_name(pg_switch_wal() - 1)").fetchone()
    assert row is not None
    return str(row[0])


def flush_log(conn: Connection, vault: Vault) -> str:
    """Archive all that was committed by now; the last segment's name."""
    segment = switch_log(conn)
    if not _seen(conn, vault, segment):
        raise Fault("backup-archive-failed", directory=str(vault.directory))
    return segment


def take(conn: Connection, server: EmbeddedServer, vault: Vault, base: dict[str, object]) -> Base:
    """Copy the server's files while it works; `base` is what is known of the backup besides."""
    row = conn.execute("select clock_timestamp()").fetchone()
    assert row is not None
    started: datetime = row[0]
    name = f"{started.astimezone(UTC):%Y%m%dT%H%M%S%f}Z"
    path = vault.base_path(name)
    _run_base_backup(server, path)
    found = _LABEL.search((path / "backup_label").read_text("utf-8"))
    assert found is not None
    ended = conn.execute("select clock_timestamp(), pg_current_wal_lsn()").fetchone()
    assert ended is not None
    return Base(
        name=name,
        started_at=started.isoformat(),
        finished_at=ended[0].isoformat(),
        start_lsn=found[1],
        end_lsn=str(ended[1]),
        first_wal=found[2],
        last_wal=flush_log(conn, vault),
        bytes=sum(each.stat().st_size for each in path.rglob("*") if each.is_file()),
        **base,  # type: ignore[arg-type]  # the rest of the fields, by name
    )


def _run_base_backup(server: EmbeddedServer, path: Path) -> None:
    # With the log of its own time in it, a base is whole even where the archive is lost.
    options = ["--format=plain", "--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256"]
    done = subprocess.run(
        [str(programs() / "pg_basebackup"), *options, f"--pgdata={path}", f"--dbname={server.url}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(path, ignore_errors=True)
        told = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise Fault("backup-failed", problem=told[:200])


def _set(conn: Connection, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        conn.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    conn.execute("select pg_reload_conf()")


def _seen(conn: Connection, vault: Vault, segment: str) -> bool:
    """Whether a segment came through; False if it failed, or went by the command the archiver had before."""
    failed: int | None = None
    for _ in range(_PATIENCE):
        row = conn.execute("select failed_count, last_archived_wal from pg_stat_archiver").fetchone()
        assert row is not None
        failed = row[0] if failed is None else failed
        last = str(row[1] or "")
        # The label of a base is archived beside its segment, and before it.
        if last[:24] > segment or last == segment:
            return (vault.wal / segment).exists()
        if row[0] > failed:
            return False
        time.sleep(_PAUSE)
    return False
