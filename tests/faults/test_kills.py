"""R1, R1b, R4: closing and posting under kill -9, of the process that does it and of the whole server.

Wants to prove: after any number of kills the book is, row for row, its twin that nobody killed; what was
acknowledged is there, once; nobody ever saw a ledger that did not balance. Only kills that landed in the
middle of the work count, and their number is printed.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bench import database, kills
from duewell.domain.facts import Fact, FactKind
from duewell.services.close_day import close_day
from duewell.services.generate_book import generate_book
from duewell.services.post_payments import Payment, post_payments
from duewell.services.record_fact import Request, record_fact
from duewell.services.verify_book import verify_book
from duewell.store import agendas, books, days, loans
from duewell.store.loans import LoanKey
from duewell.store.server import EmbeddedServer, create_database, start
from duewell.worker.payment_queue import PaymentQueue
from tests.faults.killing import killed
from tests.faults.test_all_at_once import SNAPSHOT
from tests.figures import Figure

Conn = psycopg.Connection[Any]
OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
CLOSING_KILLS = 60
POSTING_KILLS = 200
SERVER_SHARE = 0.15
BALANCED = (0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def durable() -> Iterator[EmbeddedServer]:
    with database.server() as running:
        yield running


@pytest.fixture
def home(durable: EmbeddedServer) -> str:
    """A book of three hundred loans, one day old."""
    url = database.fresh(durable)
    with psycopg.connect(url, autocommit=True) as conn:
        generate_book(conn, "b", count=300, seed=9, open_on=OPEN_ON, at=AT)
        close_day(conn, "b", until=OPEN_ON, at=AT)
    return url


def test_days_are_closed_once_whatever_is_killed(durable: EmbeddedServer, home: str, figure: Figure) -> None:
    twin = create_database(durable, f"{database.name_of(home)}_twin", template=database.name_of(home))
    chance = random.Random(1)
    landed: Counter[str] = Counter()
    tries = 0
    while landed["within a day"] < CLOSING_KILLS:
        tries += 1
        assert tries < 20 * CLOSING_KILLS
        of_server = chance.random() < SERVER_SHARE
        until = _open_on(home) + timedelta(days=3)

        def work(conn: Conn, tell: Callable[[], None], until: date = until) -> None:
            close_day(conn, "b", until=until, at=AT, slices=4, on_progress=lambda progress: tell())

        said = killed(durable, home, work, chance, after=chance.randint(1, 12), of_server=of_server)
        with psycopg.connect(home, autocommit=True) as conn:
            is_within = days.unfinished_run(conn, 1) is not None
        if said is not None:
            landed["within a day" if is_within else "between days"] += 1
            landed["of the server"] += of_server
    last = _open_on(home) + timedelta(days=1)
    with psycopg.connect(home, autocommit=True) as ours, psycopg.connect(twin, autocommit=True) as theirs:
        for conn in (ours, theirs):
            close_day(conn, "b", until=last, at=AT, slices=4)
            assert verify_book(conn, "b").findings == []
        assert kills.differing(ours, theirs) == []
    figure(f"closing: {dict(landed)}, {(last - OPEN_ON).days} days")


def _open_on(url: str) -> date:
    with psycopg.connect(url, autocommit=True) as conn:
        return books.read_book(conn, "b").open_on


def test_what_was_acknowledged_is_there_once_whatever_is_killed(
    durable: EmbeddedServer, home: str, figure: Figure
) -> None:
    chance = random.Random(2)
    with psycopg.connect(home, autocommit=True) as conn:
        dues = [key for key, _ in agendas.due_on(conn, 1, OPEN_ON + timedelta(days=1))]
        every = loans.keys_of_book(conn, 1)[:40]
    acknowledged = 0
    landed: Counter[str] = Counter()
    done = threading.Event()
    looks: list[tuple[Any, ...]] = []
    watcher = threading.Thread(target=_watch, args=(home, done, looks))
    watcher.start()
    try:
        while landed.total() < POSTING_KILLS:
            of_server = chance.random() < SERVER_SHARE / 3
            first = max(0, acknowledged - 3)  # the last ones are sent again: who died cannot know

            def work(conn: Conn, tell: Callable[[], None], first: int = first) -> None:
                for n in range(first, first + 40):
                    _post(conn, n, dues, every)
                    tell()

            said = killed(durable, home, work, chance, after=chance.randint(1, 8), of_server=of_server)
            if said is not None:
                acknowledged = max(acknowledged, first + said)
                landed["of the server" if of_server else "of the poster"] += 1
    finally:
        done.set()
        watcher.join()
    with psycopg.connect(home, autocommit=True) as conn:
        for n in range(max(0, acknowledged - 3), acknowledged + 40):
            _post(conn, n, dues, every)
        numbers = sorted({int(ref.split("-")[1]) for (ref,) in conn.execute(
            "select source_ref from duewell.loan_fact where source = 'test'"
        ).fetchall()})  # fmt: skip
        assert numbers == list(range(acknowledged + 40))
        row = conn.execute(
            "select count(*), count(distinct source_ref) from duewell.loan_fact where source = 'test'"
        ).fetchone()
        assert row is not None
        assert row[0] == row[1]
        close_day(conn, "b", until=OPEN_ON + timedelta(days=1), at=AT)
        assert verify_book(conn, "b").findings == []
    assert set(looks) == {BALANCED}
    figure(f"posting: {dict(landed)}, {row[0]} posted, {len(looks)} looks")


def _post(conn: Conn, n: int, dues: list[LoanKey], every: list[LoanKey]) -> None:
    """The n-th thing to be posted: singly by table, singly by the fold, or a few together."""
    if n % 3 == 0:
        batch = [Payment(dues[(n + k) % len(dues)], 1, f"n-{n}-{k}", f"n-{n}-{k}") for k in range(4)]
        found = post_payments(conn, batch, client_id="tests", source="test", actor="tester", at=AT)
        assert all(each.refusal is None for each in found)
        return
    key = dues[n % len(dues)] if n % 3 == 1 else every[n % len(every)]
    fact = Fact(FactKind.PAYMENT_RECEIVED, AT.date(), AT.date(), "test", f"n-{n}", amount=1)
    record_fact(conn, key, fact, Request("tests", f"n-{n}", "tester", AT, is_dated=False))


def _watch(url: str, done: threading.Event, looks: list[tuple[Any, ...]]) -> None:
    """Look at one snapshot after another; a server that is gone is waited for."""
    while not done.is_set():
        try:
            with psycopg.connect(url) as conn:
                while not done.is_set():
                    looks.append(tuple(conn.execute(SNAPSHOT).fetchone() or ()))
                    conn.rollback()
        except psycopg.OperationalError:
            time.sleep(0.02)


def test_a_server_that_dies_under_traffic_is_back_and_nobody_is_told_a_lie(
    durable: EmbeddedServer, home: str, figure: Figure
) -> None:
    with psycopg.connect(home, autocommit=True) as conn:
        dues = [key for key, _ in agendas.due_on(conn, 1, OPEN_ON + timedelta(days=1))]
    back: list[float] = []
    stop = threading.Event()

    def send(who: int) -> list[int]:
        seqs, n = [], 0
        while not stop.is_set():
            name = f"r{who}-{n}"
            posted = queue.submit(Payment(dues[(who + n) % len(dues)], 1, name, name), at=AT).result(
                timeout=60
            )
            assert posted.result is not None
            seqs.append(posted.result["seq"])
            n += 1
        return seqs

    def connect() -> Conn:
        return psycopg.connect(home, autocommit=True)

    named = {"client_id": "tests", "source": "test", "actor": "tester"}
    with PaymentQueue(connect, **named) as queue, ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(send, who) for who in range(4)]
        for _ in range(5):
            time.sleep(0.3)
            kills.kill_server(durable)
            start(durable.directory)
            began = time.monotonic()
            name = f"back-{len(back)}"
            queue.submit(Payment(dues[0], 1, name, name), at=AT).result(timeout=60)
            back.append(time.monotonic() - began)
        stop.set()
        answered = sum(len(job.result(timeout=60)) for job in jobs) + len(back)
    assert max(back) < 5, "back in service within five seconds of the database"
    with psycopg.connect(home, autocommit=True) as conn:
        row = conn.execute("select count(*) from duewell.loan_fact where source = 'test'").fetchone()
        assert row == (answered,)
        assert verify_book(conn, "b").findings == []
    figure(f"restarts: 5, {answered} answered, back after {max(back):.1f} s at most")
