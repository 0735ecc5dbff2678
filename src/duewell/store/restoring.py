"""Restoring: a base backup unpacked into a new directory, and the archived log played up to an instant.

Needs    a Vault, one of its bases, a directory that is not there yet.
Gives    unpack, recover: the directory of a server that starts like any other.
Never    writes over anything, plays a log file that may be another server's, or archives into the old log.
Source   docs/runbook.md, restore drill; PostgreSQL's chapter on point-in-time recovery.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg

from duewell.domain.errors import Conflict, Fault
from duewell.store.backups import Vault
from duewell.store.base_backup import NOWHERE
from duewell.store.server import programs, system_user

_LEFT_OVER = (".handle_pids.json", "log", "postmaster.pid", "postmaster.opts", ".s.PGSQL.*")
_PAUSE = 0.1
_PATIENCE = 864_000
_BLOCK = 2**20


def unpack(vault: Vault, name: str, data: Path, on_progress: Callable[[int, int], None]) -> None:
    """Copy a base into a new directory, each file compared with the hash taken when it was backed up.

    Refuses   Conflict "restore-target-exists"; a Fault "backup-damaged" names the file.
    """
    source = vault.base_path(name)
    if data.exists():
        raise Conflict("restore-target-exists", directory=str(data))
    data.mkdir(mode=0o700, parents=True)
    hashes = {each["Path"]: each["Checksum"] for each in _manifest(source / "backup_manifest")}
    paths = sorted(source.rglob("*"))
    for n, path in enumerate(paths, start=1):
        inside = path.relative_to(source)
        if path.is_dir():
            (data / inside).mkdir(mode=0o700, exist_ok=True)
            continue
        found, wanted = _copy(path, data / inside), hashes.pop(inside.as_posix(), None)
        if wanted is not None and found != wanted:
            raise Fault("backup-damaged", path=str(path), problem="sha256")
        on_progress(n, len(paths))
    if hashes:
        raise Fault("backup-damaged", path=str(source / min(hashes)), problem="?")
    for pattern in _LEFT_OVER:
        for left in data.glob(pattern):
            left.unlink()
    _give_away(data)


def _manifest(path: Path) -> list[dict[str, str]]:
    try:
        found = json.loads(path.read_text("utf-8"))["Files"]
    except (OSError, ValueError, KeyError) as problem:
        raise Fault("backup-damaged", path=str(path), problem=str(problem)[:120]) from problem
    assert isinstance(found, list)
    return found


def _copy(source: Path, target: Path) -> str:
    hashed = hashlib.sha256()
    with source.open("rb") as given, target.open("xb") as taken:
        os.fchmod(taken.fileno(), 0o600)
        while block := given.read(_BLOCK):
            hashed.update(block)
            taken.write(block)
    return hashed.hexdigest()


def _give_away(data: Path) -> None:
    """As root the server works as a user of its own, whose all this must be, and who must get here."""
    user = system_user()
    if user is None:
        return
    for path in (data, *data.rglob("*")):
        shutil.chown(path, user, user)
    for folder in data.resolve().parents:
        folder.chmod(folder.stat().st_mode | 0o011)


def recover(vault: Vault, data: Path, until: datetime | None) -> None:
    """Play the log to the last transaction not after `until`, or all of it; then end as a server apart."""
    conf = data / "postgresql.auto.conf"
    kept = [
        line
        for line in conf.read_text("utf-8").splitlines()
        if not re.match(r"(archive_command|archive_timeout|restore_command|recovery_)", line)
    ]
    kept.append(f"archive_command = '{NOWHERE}'")
    playing = {
        "restore_command": f"cp {shlex.quote(str(vault.wal)).replace('%', '%%')}/%f %p",
        "recovery_target_timeline": "current",
        "recovery_target_action": "promote",
        **({"recovery_target_time": until.isoformat()} if until is not None else {}),
    }
    told = [f"{name} = '{value.replace(chr(39), 2 * chr(39))}'" for name, value in playing.items()]
    _rewrite(conf, [*kept, *told])
    (data / "recovery.signal").touch(mode=0o600)
    _give_away(data)
    with _playing(data) as url:
        _wait(url, data)
    _rewrite(conf, kept)


def _rewrite(conf: Path, lines: list[str]) -> None:
    with conf.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _playing(data: Path) -> Iterator[str]:
    """A server that nobody else can reach while it plays the log; stopped when the block ends."""
    user = system_user()
    control = [str(programs() / "pg_ctl"), "-w", "-t", "86400", "-D", str(data)]
    sockets = Path(tempfile.mkdtemp(prefix="duewell-"))
    try:
        if user is not None:
            shutil.chown(sockets, user)
        log = ["-l", str(data / "log"), "-o", f"-h '' -k {sockets}"]
        if _quietly([*control, *log, "start"], user):
            raise Fault("restore-failed", problem=_why(data), log=str(data / "log"))
        try:
            yield f"postgresql://postgres@/postgres?host={sockets}"
        finally:
            _quietly([*control, "-m", "fast", "stop"], user)
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def _quietly(words: list[str], user: str | None) -> bool:
    """Run a program whose output goes nowhere; whether it failed."""
    nowhere = subprocess.DEVNULL
    done = subprocess.run(words, user=user, check=False, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    return done.returncode != 0


def _wait(url: str, data: Path) -> None:
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            for _ in range(_PATIENCE):
                if conn.execute("select pg_is_in_recovery()").fetchone() == (False,):
                    # Once more with its own log ended, so that the next start has nothing to recover.
                    conn.execute("checkpoint")
                    return
                time.sleep(_PAUSE)
    except psycopg.Error as problem:
        raise Fault("restore-failed", problem=_why(data), log=str(data / "log")) from problem
    raise Fault("restore-failed", problem="?", log=str(data / "log"))


def _why(data: Path) -> str:
    """The last thing the server said before it gave up."""
    try:
        said = (data / "log").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return "?"
    fatal = [line for line in said if "FATAL" in line or "PANIC" in line]
    return (fatal or said or ["?"])[-1][-200:]
