"""R3, R5, R6: replies lost on the wire, no slots left, no disk left.

Wants to prove: whoever did not hear the answer sends again and it happens once; whoever cannot get in is told
so within a second or two; a full disk loses nothing that was acknowledged, and the book goes on once there is
room. How: a relay that cuts replies at random bytes; a server with few slots; a small disk of its own.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from bench import database
from duewell.domain.errors import Fault
from duewell.domain.facts import Fact, FactKind
from duewell.services.close_day import close_day
from duewell.services.generate_book import generate_book
from duewell.services.post_payments import Payment
from duewell.services.record_fact import Request, record_fact
from duewell.services.verify_book import verify_book
from duewell.store import agendas, loans, migrate
from duewell.store.loans import LoanKey
from duewell.store.server import EmbeddedServer, create_database, start
from duewell.worker.payment_queue import PaymentQueue
from tests.figures import Figure

Conn = psycopg.Connection[Any]
OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
OPERATIONS = 600
SOCKET = ".s.PGSQL.5432"


def payment(n: int) -> tuple[Fact, Request]:
    fact = Fact(FactKind.PAYMENT_RECEIVED, AT.date(), AT.date(), "test", f"n-{n}", amount=1)
    return fact, Request("tests", f"n-{n}", "tester", AT, is_dated=False)


# -- replies lost ----------------------------------------------------------------------------------


class Relay:
    """Carries bytes between a client and the server's socket; cuts some replies after so many bytes."""

    def __init__(self, server_socket: str, folder: str, seed: int) -> None:
        self.cuts = 0
        self._server = server_socket
        self._folder = folder
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(10)

    def _cancel(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_later(0.1, self._loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        path = os.path.join(self._folder, SOCKET)
        self._loop.run_until_complete(asyncio.start_unix_server(self._carry, path))
        self._ready.set()
        self._loop.run_forever()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self._server)
        # A connection lives for some replies; then one is cut at some byte of it.
        left = self._chance.randint(2, 40)
        up = asyncio.create_task(self._copy(reader, up_writer))
        with suppress(OSError):
            while block := await up_reader.read(65536):
                left -= 1
                if not left:
                    writer.write(block[: self._chance.randrange(len(block))])
                    self.cuts += 1
                    break
                writer.write(block)
                await writer.drain()
        up.cancel()
        for each in (writer, up_writer):
            each.close()
        with suppress(asyncio.CancelledError):
            await up

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while block := await reader.read(65536):
                writer.write(block)
                await writer.drain()


def test_a_reply_that_was_lost_is_asked_for_again_and_nothing_happens_twice(
    conn: Conn, url: str, figure: Figure
) -> None:
    generate_book(conn, "b", count=60, seed=4, open_on=OPEN_ON, at=AT)
    close_day(conn, "b", until=OPEN_ON, at=AT)
    every = loans.keys_of_book(conn, 1)
    (host,) = parse_qs(urlsplit(url).query)["host"]
    lost_after_commit = 0
    with tempfile.TemporaryDirectory() as folder:
        relay = Relay(os.path.join(host, SOCKET), folder, seed=3)
        through = url.replace(host, folder)
        own: Conn | None = None
        for n in range(OPERATIONS):
            while True:
                try:
                    own = own or psycopg.connect(through, autocommit=True)
                    record_fact(own, every[n % len(every)], *payment(n))
                    break
                except psycopg.OperationalError:
                    with suppress(psycopg.Error):
                        if own is not None:
                            own.close()
                    own = None
                    lost_after_commit += _is_there(conn, n)
        relay.close()
    row = conn.execute(
        "select count(*), count(distinct source_ref) from duewell.loan_fact where source = 'test'"
    ).fetchone()
    assert row == (OPERATIONS, OPERATIONS)
    assert verify_book(conn, "b").findings == []
    assert lost_after_commit > 5, "some replies must be lost after the commit, or nothing is shown"
    figure(f"wire: {relay.cuts} replies cut, {lost_after_commit} of them after the commit")


def _is_there(conn: Conn, n: int) -> int:
    query = "select count(*) from duewell.loan_fact where source = 'test' and source_ref = %s"
    row = conn.execute(query, [f"n-{n}"]).fetchone()
    assert row is not None
    return int(row[0])


# -- no slots --------------------------------------------------------------------------------------


def test_a_server_without_a_free_slot_is_a_fault_within_seconds_and_no_hang(
    server: EmbeddedServer, conn: Conn, url: str
) -> None:
    generate_book(conn, "b", count=30, seed=4, open_on=OPEN_ON, at=AT)
    key = loans.keys_of_book(conn, 1)[0]
    conn.execute("create role guest login")
    conn.execute("alter role guest connection limit 3")
    conn.execute("grant duewell_app to guest")
    guest = url.replace("postgres:@", "guest:@")
    held = [psycopg.connect(guest, autocommit=True) for _ in range(3)]
    try:
        named = {"client_id": "tests", "source": "test", "actor": "tester"}
        began = time.monotonic()
        with PaymentQueue(lambda: psycopg.connect(guest, autocommit=True), **named, patience=0.5) as queue:
            answer = queue.submit(Payment(key, 1, "a", "a"), at=AT)
            with pytest.raises(Fault, match="database-not-reached"):
                answer.result(timeout=10)
        assert time.monotonic() - began < 3
    finally:
        for each in held:
            each.close()
    with PaymentQueue(lambda: psycopg.connect(guest, autocommit=True), **named) as queue:
        posted = queue.submit(Payment(key, 1, "a", "a"), at=AT).result(timeout=10)
    assert posted.refusal is None


# -- no disk ---------------------------------------------------------------------------------------


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk of its own, so small that it fills up; skipped, loudly, where we may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="duewell-disk-"))
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode:
        shutil.rmtree(folder)
        pytest.skip("NOT TESTED: a full disk, for want of the right to mount one")
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_full_disk_loses_nothing_that_was_acknowledged(figure: Figure) -> None:
    with small_disk(400) as folder:
        server = start(folder / "data")
        try:
            _fill_and_go_on(server, folder, figure)
        finally:
            database.end(server)


def _fill_and_go_on(server: EmbeddedServer, folder: Path, figure: Figure) -> None:
    url = create_database(server, "full")
    migrate.upgrade(url)
    with psycopg.connect(url, autocommit=True) as conn:
        generate_book(conn, "b", count=200, seed=4, open_on=OPEN_ON, at=AT)
        close_day(conn, "b", until=OPEN_ON, at=AT)
        dues = [key for key, _ in agendas.due_on(conn, 1, OPEN_ON + timedelta(days=1))]
    ballast = folder / "ballast"
    room = shutil.disk_usage(folder).free - 3 * 2**20
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room)
    acknowledged, refused = _post_until_refused(url, dues)
    ballast.unlink()
    start(server.directory)
    began = time.monotonic()
    while not _can_post(url, dues[0], acknowledged):
        assert time.monotonic() - began < 60
        time.sleep(0.2)
    with psycopg.connect(url, autocommit=True) as conn:
        numbers = {int(ref.split("-")[1]) for (ref,) in conn.execute(
            "select source_ref from duewell.loan_fact where source = 'test'"
        ).fetchall()}  # fmt: skip
        assert set(range(acknowledged)) <= numbers
        assert len(numbers) == acknowledged + 1
        close_day(conn, "b", until=OPEN_ON + timedelta(days=2), at=AT)
        assert verify_book(conn, "b").findings == []
    figure(f"disk: full after {acknowledged} payments ({refused}), all there, and it goes on")


def _post_until_refused(url: str, dues: list[LoanKey]) -> tuple[int, str]:
    done = 0
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            while done < 200_000:
                record_fact(conn, dues[done % len(dues)], *payment(done))
                done += 1
    except psycopg.Error as full:
        return done, type(full).__name__
    raise AssertionError("the disk never filled up")


def _can_post(url: str, key: LoanKey, n: int) -> bool:
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            record_fact(conn, key, *payment(n))
    except psycopg.Error:
        return False
    return True
