"""A directory of backups: base backups, each with its manifest, and the archived log of the server.

Needs    a directory; what was taken.
Gives    Vault: its bases, the range of instants it can restore to, adding a base, pruning.
Never    holds two servers' histories, or counts on a log file behind a gap.
Source   docs/runbook.md, backup; docs/decisions/0011.

    DIR/duewell-backup.json   which server's
    DIR/base/NAME/            a base backup; DIR/base/NAME.json, written last, says it is whole
    DIR/wal/                  the log, a file a segment, written by the server itself
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from duewell.domain.errors import Conflict, Fault, InvalidInput, NotFound
from duewell.store.server import programs

SCHEMA = "duewell.backup/1"
_MARK = "duewell-backup.json"
_SEGMENT = re.compile(r"[0-9A-F]{24}")
_NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z")
_PER_LOG = 0x100  # segments of 16 MB in one of the log's 4 GB files
_ENDED = re.compile(r"desc: (?:COMMIT|ABORT)\S* ([0-9-]{10} [0-9:]{8}\.[0-9]+) UTC")


@dataclass(frozen=True, slots=True)
class Base:
    """A whole base backup, and what the database held when it was taken."""

    name: str
    started_at: str
    finished_at: str
    system_id: str
    timeline: int
    start_lsn: str
    end_lsn: str
    first_wal: str
    last_wal: str
    schema_version: str
    product_version: str
    bytes: int
    books: list[dict[str, Any]] = field(default_factory=list)
    schema: str = SCHEMA

    @property
    def from_at(self) -> datetime:
        """The earliest instant it can be restored to."""
        return datetime.fromisoformat(self.finished_at)


@dataclass(frozen=True, slots=True)
class Vault:
    """A directory of backups of one server."""

    directory: Path

    @property
    def wal(self) -> Path:
        """Where the server archives its log to."""
        return self.directory / "wal"

    def base_path(self, name: str) -> Path:
        """Where a base backup's files are."""
        return self.directory / "base" / name

    def bases(self) -> list[Base]:
        """The whole base backups, oldest first."""
        found = []
        for path in sorted((self.directory / "base").glob("*.json")):
            if _NAME.fullmatch(path.stem) and self.base_path(path.stem).is_dir():
                found.append(Base(**_read(path)))
        return found

    def range_of(self, base: Base) -> tuple[datetime, datetime]:
        """From when to when a base and its log can restore: to the last transaction before a gap."""
        segment, last = base.first_wal, base.last_wal
        while (self.wal / segment).exists():
            last, segment = segment, _next(segment)
        while last >= base.first_wal:
            ended = _last_end(self.wal / last)
            if ended is not None and ended > base.from_at:
                return base.from_at, ended
            last = _previous(last)
        return base.from_at, base.from_at

    def add(self, base: Base) -> None:
        """Declare a base whole: only now is it counted."""
        _write(self.base_path(base.name).with_suffix(".json"), asdict(base))

    def prune(self, keep: int) -> tuple[list[str], int]:
        """Remove all but the newest bases, and the log before the oldest that is kept; names, and files."""
        whole = self.bases()
        gone = whole[: max(0, len(whole) - keep)]
        for base in gone:
            # The manifest first: a base that is only half there is none.
            self.base_path(base.name).with_suffix(".json").unlink()
            shutil.rmtree(self.base_path(base.name))
        oldest = whole[len(gone)].first_wal if len(gone) < len(whole) else None
        removed = 0
        for path in self.wal.iterdir() if oldest else ():
            if _SEGMENT.fullmatch(path.name[:24]) and path.name[:24] < str(oldest):
                path.unlink()
                removed += 1
        return [base.name for base in gone], removed

    def sweep(self) -> None:
        """Remove what a backup that was killed left behind."""
        for path in (self.directory / "base").iterdir():
            if path.is_dir() and not path.with_suffix(".json").exists():
                shutil.rmtree(path)


def open_vault(directory: Path) -> Vault:
    """The backups in a directory. Refuses one that holds none."""
    vault = Vault(directory.resolve())
    if not (vault.directory / _MARK).is_file() or not vault.bases():
        raise NotFound("backup-not-found", directory=str(directory))
    return vault


def make_vault(directory: Path, *, system_id: str, timeline: int, data: Path) -> Vault:
    """The directory for backups of a server, made on first use.

    Refuses   a directory with other things in it, inside the data, with a mark the server's shell would
              trip over, or of another server or another of its histories.
    """
    directory = directory.resolve()
    mark = directory / _MARK
    if directory.is_relative_to(data.resolve()) or not re.fullmatch(
        r"[^\x00-\x1f\x7f'\"\\$`]+", str(directory)
    ):
        raise InvalidInput("backup-directory-unusable", directory=str(directory))
    if not mark.exists() and directory.exists() and any(directory.iterdir()):
        raise Conflict("backup-directory-not-empty", directory=str(directory))
    of = {"schema": "duewell.backup-directory/1", "system_id": system_id, "timeline": timeline}
    if not mark.exists():
        # The server's own user must pass through, and nobody look in.
        directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        directory.chmod(0o711)
        _write(mark, of)
    elif _read(mark) != of:
        raise Conflict("backup-of-another-server", directory=str(directory))
    for name in ("base", "wal"):
        (directory / name).mkdir(mode=0o700, exist_ok=True)
    return Vault(directory)


@contextmanager
def alone(vault: Vault) -> Iterator[None]:
    """One backup at a time in a directory."""
    with (vault.directory / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict("backup-running", directory=str(vault.directory)) from None
        yield


def _next(segment: str) -> str:
    number = int(segment[8:16], 16) * _PER_LOG + int(segment[16:], 16) + 1
    return f"{segment[:8]}{number // _PER_LOG:08X}{number % _PER_LOG:08X}"


def _previous(segment: str) -> str:
    number = int(segment[8:16], 16) * _PER_LOG + int(segment[16:], 16) - 1
    return f"{segment[:8]}{number // _PER_LOG:08X}{number % _PER_LOG:08X}"


def _last_end(segment: Path) -> datetime | None:
    """When the last transaction in a segment of the log ended; None if none did."""
    # Its exit code says only that the log goes on in the next segment, which is not given.
    told = subprocess.run(
        [str(programs() / "pg_waldump"), "--rmgr=Transaction", str(segment)],
        env=os.environ | {"TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    ended = _ENDED.findall(told)
    return datetime.fromisoformat(max(ended) + "+00:00") if ended else None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise Fault("backup-damaged", path=str(path), problem=str(problem)[:120]) from problem
    assert isinstance(found, dict)
    return found


def _write(path: Path, value: dict[str, Any]) -> None:
    """All or nothing, and on the disk when it returns."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
