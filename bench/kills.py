"""Kills: days closed while the command, or the whole database server, is killed again and again.

Needs    a durable server of its own, the command `duewell`, a seed, how many seconds there are.
Gives    Kills: how many kills of each, days closed, and what was found wrong.
Never    accepts a book that only balances: it must be, row for row, its twin that nobody killed.
Source   tests/cli and tests/store kill once; docs/soak.md keeps the last result.

A journey: a small book is taken over and copied; then stage by stage the same payments come into both, the
twin closes its days in peace, and the other is killed at random instants until it has closed them too.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench import database, taking_over
from duewell.services.close_day import close_day
from duewell.services.generate_payments import generate_payments
from duewell.services.verify_book import verify_book
from duewell.store import books
from duewell.store.loans import Connection
from duewell.store.server import EmbeddedServer, create_database, start

LOANS = 120
STAGES = 4
STAGE_DAYS = 40
TRIES_MAX = 60
"""Kills a stage at most; then it is left to end."""
_NAMED = (
    "array(select (m.name, m.accrual_class)::text from unnest({0}) with ordinality as u(no, at)"
    " join duewell.measure m on m.measure_no = u.no order by u.at)"
)
_PRODUCT = (
    "(select p.product_code || '@' || p.version from duewell.product p where p.product_no = t.product_no)"
)
_MEASURE = "(select (name, accrual_class)::text from duewell.measure m where m.measure_no = t.measure_no)"
_LEDGERS = {
    "portfolio_sum": f"day, {_PRODUCT}, {_MEASURE}, value",
    "day_sum": f"day, slice_no, {_PRODUCT}, {_MEASURE}, adds",
    "gl_journal": f"day, {_PRODUCT}, kind, accounts, amounts",
    "observation": "t.*",
    "wish": "t.*",
    "agenda": f"person_id, loan_no, {_PRODUCT}, is_turned, since, dates, kinds, cum, pays, base_on,"
    " level, flow, " + _NAMED.format("level_measure") + ", " + _NAMED.format("flow_measure"),
    "loan_state": "t.*",
    "journal": "t.*",
    "loan_fact": "person_id, loan_no, seq, kind, effective_on, recorded_on, source, source_ref, payload",
    "day_chunk": "day, slice_no, entries, turned, wishes",
}


@dataclass(slots=True)
class Kills:
    """What the journeys came to. `wrong` is empty when all was well."""

    journeys: int = 0
    of_the_day: int = 0
    of_the_server: int = 0
    days: int = 0
    wrong: list[str] = field(default_factory=list)


def run(*, seed: int, seconds: float, tell: Callable[[str], None]) -> Kills:
    """Journeys with seeds `seed`, `seed + 1` ... until the time is used, at least one; stops when wrong."""
    found = Kills()
    end = time.monotonic() + seconds
    while not found.journeys or (time.monotonic() < end and not found.wrong):
        each = seed + found.journeys
        before = found.of_the_day, found.of_the_server
        with database.server() as server:
            _journey(server, random.Random(each), found)
        found.journeys += 1
        done = found.of_the_day - before[0], found.of_the_server - before[1]
        tell(f"kills: seed {each}, {done[0]} of the day, {done[1]} of the server; {found.wrong or 'equal'}")
    return found


def _journey(server: EmbeddedServer, chance: random.Random, found: Kills) -> None:
    killed = database.fresh(server)
    with _connected(killed) as conn:
        rows = taking_over.synthetic_tape(LOANS)
        taking_over.take_over(conn, rows)
    name = database.name_of(killed)
    twin = create_database(server, name + "_twin", template=name)
    seed = chance.randrange(2**32)
    for _ in range(STAGES):
        for url in (twin, killed):
            with _connected(url) as conn:
                generate_payments(conn, taking_over.BOOK, seed=seed, at=taking_over.AT)
                until = books.read_book(conn, taking_over.BOOK).open_on + timedelta(days=STAGE_DAYS - 1)
                if url == twin:
                    found.days += len(close_day(conn, taking_over.BOOK, until=until, at=taking_over.AT))
        _close_under_fire(server, killed, str(until), chance, found)
        with _connected(killed) as ours, _connected(twin) as theirs:
            for conn in (ours, theirs):
                found.wrong += [repr(each) for each in verify_book(conn, taking_over.BOOK).findings[:5]]
            found.wrong += [f"{table} differs from its twin" for table in differing(ours, theirs)]
        if found.wrong:
            return


def _close_under_fire(
    server: EmbeddedServer, url: str, until: str, chance: random.Random, found: Kills
) -> None:
    """Start the command that closes the days, kill it or the server, and again until it ends by itself."""
    for shots in range(TRIES_MAX + 1):
        env = os.environ | {"DUEWELL_DATABASE_URL": url, "DUEWELL_LANG": "en"}
        command = [str(Path(sys.executable).with_name("duewell")), "day", "--book", taking_over.BOOK]
        command += ["--until", until]
        running = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if shots == TRIES_MAX or not _wait_for_work(url, running, chance):
            if running.wait() != 0:
                found.wrong.append(f"the day ended with {running.returncode} though nobody killed it")
            return
        if chance.random() < 0.25:
            kill_server(server)
            running.wait(timeout=60)
            start(server.directory)
            found.of_the_server += 1
        else:
            running.send_signal(signal.SIGKILL)
            running.wait()
            found.of_the_day += 1


def _wait_for_work(url: str, running: subprocess.Popen[bytes], chance: random.Random) -> bool:
    """Wait until the command has closed a slice, and a random while longer; False if it ended before."""
    with _connected(url) as conn:
        chunks = "select count(*) from duewell.day_chunk"
        before = conn.execute(chunks).fetchone()
        while conn.execute(chunks).fetchone() == before:
            if running.poll() is not None:
                return False
            time.sleep(0.005)
    time.sleep(chance.random() * 0.4)
    return running.poll() is None


def kill_server(server: EmbeddedServer) -> None:
    """SIGKILL to the whole family of this server's postmaster, and wait until it is gone."""
    pid = int((server.directory / "postmaster.pid").read_text("utf-8").splitlines()[0])
    master = psutil.Process(pid)
    for process in [master, *master.children(recursive=True)]:
        with _gone_is_fine():
            process.kill()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with _gone_is_fine():
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.02)
                continue
        return


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess:
        return


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    with psycopg.connect(url, autocommit=True) as conn:
        yield conn


def differing(ours: Connection, theirs: Connection) -> list[str]:
    """The tables in which two books differ; instants and numbers of measures are not compared."""
    return [table for table in _LEDGERS if _rows(ours, table) != _rows(theirs, table)]


def _rows(conn: Connection, table: str) -> list[Any]:
    query = f"select {_LEDGERS[table]} from duewell.{table} t"  # noqa: S608 - constants of this module
    return sorted(conn.execute(query).fetchall(), key=repr)
