"""Kills: days closed while the command, or the whole database server, is killed again and again.

Needs    a durable server of its own, the command `duewell`, a seed, how many seconds there are.
Gives    Kills: how many kills of each, days closed, and what was found wrong.
Never    accepts a book that only balances: it must be, row for row, its twin that nobody killed.
Source   tests/faults kills sixty times; docs/soak.md keeps the last result.

A journey: a small book is taken over and copied; then stage by stage the same payments come into both, the
twin closes its days in peace, and the other is killed at random instants until it has closed them too.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import psutil
import psycopg

from bench import database, taking_over
from duewell.services.close_day import close_day
from duewell.services.generate_payments import generate_payments
from duewell.services.verify_book import verify_book
from duewell.store import books, days
from duewell.store.loans import Connection
from duewell.store.server import EmbeddedServer, create_database, start

LOANS = 120
STAGES = 4
STAGE_DAYS = 40
TRIES_MAX = 200
"""Kills a stage at most; then it is left to end."""
COMMAND_SHARE = 0.1
"""How many of the closers are the command `duewell day`, a process from its start; the others are forked."""
SERVER_SHARE = 0.1
"""How many of the kills are of the whole database server."""
CHILD_SLICES = 4
WAIT_MAX = 120.0
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
_OF_SLICES = {"day_sum", "day_chunk"}
"""Tables that say how a day was divided: the command chooses by the size of the book, a child has its own."""
_COUNTS = (
    "select day, sum(entries), sum(turned), sum(wishes) from duewell.day_chunk group by day order by day"
)


@dataclass(slots=True)
class Kills:
    """What the journeys came to. `wrong` is empty when all was well.

    A kill counts where what it hit was closing days and did not end by itself. `within_a_day` are those
    that left a day half closed; the others met the closer between two days.
    """

    journeys: int = 0
    of_the_day: int = 0
    of_the_server: int = 0
    days: int = 0
    within_a_day: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)


class Closer(Protocol):
    """What closes the days and is killed: the command itself, or a forked child that needs no start-up."""

    def poll(self) -> int | None:
        """How it ended; None while it runs."""

    def kill(self) -> None:
        """SIGKILL."""

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, waited for."""


class Child:
    """A forked child that closes the days of a book, in a few slices each."""

    def __init__(self, url: str, until: date) -> None:
        self._process = get_context("fork").Process(target=_close_quietly, args=(url, until))
        self._process.start()

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, waited for."""
        self._process.join(timeout)
        assert self._process.exitcode is not None, "a closer that neither works nor ends"
        return self._process.exitcode


def _close_quietly(url: str, until: date) -> None:
    try:
        with _connected(url) as conn:
            close_day(conn, taking_over.BOOK, until=until, at=taking_over.AT, slices=CHILD_SLICES)
    except psycopg.Error:
        os._exit(1)  # its server was killed


def run(
    *,
    seed: int,
    seconds: float,
    tell: Callable[[str], None],
    landed: int = 0,
    keep: Callable[[Kills], None] = lambda found: None,
) -> Kills:
    """Journeys with seeds `seed`, `seed + 1` ... until the time is used, at least one; stops when wrong.

    With `landed` it is not the time that ends it but so many kills within a day. What was found is kept
    after each journey, so that a soak that is itself killed has not been for nothing.
    """
    found = Kills()
    end = time.monotonic() + seconds

    def is_over() -> bool:
        return bool(found.wrong) or (
            found.within_a_day >= landed if landed else time.monotonic() >= end and bool(found.journeys)
        )

    while not is_over():
        each = seed + found.journeys
        before = found.of_the_day, found.of_the_server, found.within_a_day
        with database.server() as server:
            _journey(server, random.Random(each), found)
        found.journeys += 1
        keep(found)
        done = found.of_the_day - before[0], found.of_the_server - before[1], found.within_a_day - before[2]
        tell(
            f"kills: seed {each}, {done[0]} of the day, {done[1]} of the server, {done[2]} within a day;"
            f" {found.within_a_day} within a day so far; {found.wrong or 'equal'}"
        )
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
                    closed = close_day(
                        conn, taking_over.BOOK, until=until, at=taking_over.AT, slices=CHILD_SLICES
                    )
                    found.days += len(closed)
        _close_under_fire(server, killed, until, chance, found)
        with _connected(killed) as ours, _connected(twin) as theirs:
            for conn in (ours, theirs):
                found.wrong += [repr(each) for each in verify_book(conn, taking_over.BOOK).findings[:5]]
            tables = set(differing(ours, theirs)) - _OF_SLICES
            found.wrong += [f"{table} differs from its twin" for table in sorted(tables)]
            if ours.execute(_COUNTS).fetchall() != theirs.execute(_COUNTS).fetchall():
                found.wrong.append("the counts of the days differ from its twin's")
        if found.wrong:
            return


def _close_under_fire(
    server: EmbeddedServer, url: str, until: date, chance: random.Random, found: Kills
) -> None:
    """Start what closes the days, kill it or the server, and again until it ends by itself."""
    for shots in range(TRIES_MAX + 1):
        is_command = chance.random() < COMMAND_SHARE
        running: Closer = _command(url, until) if is_command else Child(url, until)
        if shots == TRIES_MAX or not _wait_for_work(url, running, chance, 0.4 if is_command else 0.05):
            if running.wait(timeout=WAIT_MAX) != 0:
                found.wrong.append(f"the day ended with {running.poll()} though nobody killed it")
            if shots == TRIES_MAX or _is_closed(url, until):
                return
            continue
        is_of_server = chance.random() < SERVER_SHARE
        if is_of_server:
            kill_server(server)
        else:
            running.kill()
        has_ended = running.wait(timeout=WAIT_MAX) == 0
        if is_of_server:
            start(server.directory)
        if has_ended:
            found.missed += 1
            continue
        found.of_the_server += is_of_server
        found.of_the_day += not is_of_server
        found.within_a_day += _is_within_a_day(url)


def _command(url: str, until: date) -> subprocess.Popen[bytes]:
    env = os.environ | {"DUEWELL_DATABASE_URL": url, "DUEWELL_LANG": "en"}
    command = [str(Path(sys.executable).with_name("duewell")), "day", "--book", taking_over.BOOK]
    command += ["--until", str(until)]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _is_closed(url: str, until: date) -> bool:
    with _connected(url) as conn:
        book = books.read_book(conn, taking_over.BOOK)
        return book.open_on > until and days.unfinished_run(conn, book.book_id) is None


def _is_within_a_day(url: str) -> bool:
    with _connected(url) as conn:
        book = books.read_book(conn, taking_over.BOOK)
        return days.unfinished_run(conn, book.book_id) is not None


def _wait_for_work(url: str, running: Closer, chance: random.Random, longest: float) -> bool:
    """Wait until it has closed some slices, and a random while longer; False if it ended before."""
    more = chance.randint(1, CHILD_SLICES)
    with _connected(url) as conn:
        chunks = "select count(*) from duewell.day_chunk"
        before = conn.execute(chunks).fetchone() or (0,)
        while (conn.execute(chunks).fetchone() or (0,))[0] < before[0] + more:
            if running.poll() is not None:
                return False
            time.sleep(0.002)
    time.sleep(chance.random() * longest)
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
