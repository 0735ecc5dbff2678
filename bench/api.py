"""What a request costs: the framework alone, a real route with everything it asks, a repayment.

Needs    a server of its own; the served process and the load in processes of their own.
Gives    requests a second, and a second of the served process's own time, which is one core.
Never    counts an answer of another status, or a payment that verify does not find again.
Source   docs/reference/benchmarks.md, section API.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench import database, load, replicas
from bench.figures import ROUNDS, Figure, figure
from bench.traffic import share_within
from duewell.domain.access import VERSIONS
from duewell.domain.party import loan_id
from duewell.gateways import passwords as secret
from duewell.gateways.keys import read_keys
from duewell.services import manage_accounts
from duewell.services.verify_book import verify_book
from duewell.settings import Settings
from duewell.store import accounts, books, loans
from duewell.store.loans import Connection
from duewell.store.server import EmbeddedServer

BOOK = "bench"
SEED = 20260601
LOANS_MAX = 4_000
CONNECTIONS = 16
SECONDS = 3.0
STEADY_RATE, STEADY_SECONDS = 200.0, 5.0
ROWS = 12
CHECKED = 300
_BY = "bench"


def run(options: argparse.Namespace) -> Iterator[Figure]:
    """Every figure of the API."""
    at = datetime.now(UTC)
    with (
        database.server() as server,
        tempfile.TemporaryDirectory() as folder,
        psycopg.connect(database.fresh(server), autocommit=True) as conn,
    ):
        count = min(options.loans, LOANS_MAX)
        replicas.make_book(conn, BOOK, count=count, seed=SEED, open_on=at.date(), at=at)
        yield from _plain(folder)
        yield from _real(server, conn, Path(folder), at)
        found = verify_book(conn, BOOK, sample=CHECKED).findings
        if found:
            raise RuntimeError(f"the book is wrong after the bench: {found[:3]}")


# -- the served process ----------------------------------------------------------------------------


def serve(kind: str, url: str, folder: str, pipe: Pipe) -> None:
    """Serve until told to stop. Runs in a process of its own."""
    import uvicorn

    from duewell.api import listen, make_app, open_state, server_config
    from duewell.web import DOORS, show_wrong

    if kind == "plain":
        app = plain_app()
    else:
        state = open_state(Settings(Path(folder), url, "en", Path(folder) / "master.key"))
        app = make_app(state, DOORS, show_wrong) if kind == "pages" else make_app(state)
    config = server_config(app, host="127.0.0.1", port=0)
    socket = listen(config)
    server = uvicorn.Server(config)

    def stop_when_told() -> None:
        pipe.recv()
        server.should_exit = True

    threading.Thread(target=stop_when_told, daemon=True).start()
    pipe.send(socket.getsockname()[1])
    server.run(sockets=[socket])


def plain_app() -> Any:
    """The same framework, middleware and serialisation, and nothing to ask: no database, no identity."""
    from fastapi import FastAPI, Response

    from duewell.api import Around, answer

    app = FastAPI(openapi_url=None)

    @app.get("/plain")
    async def plain() -> Response:
        return answer({"schema": "duewell.loans/1", "items": [_row(n) for n in range(ROWS)], "next": None})

    app.add_middleware(Around, is_https=False)
    return app


def _row(n: int) -> dict[str, Any]:
    return {
        "loan_id": f"000000000000000{n:02}",
        "product": "term@1",
        "currency": "CNY",
        "opened_on": "2026-06-01",
        "external_ref": f"R-{n}",
    }


@dataclass(slots=True)
class Served:
    """A served process: its port, and how much of a core it has used."""

    port: int
    process: psutil.Process

    def used(self) -> float:
        """Seconds of a core, all its threads together."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def served(kind: str, url: str, folder: str) -> Iterator[Served]:
    """A served process while the block runs."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(kind, url, folder, theirs))
    process.start()
    try:
        assert process.pid is not None and ours.poll(60), "the server did not begin"
        yield Served(ours.recv(), psutil.Process(process.pid))
    finally:
        ours.send("stop")
        process.join(30)


# -- figures ---------------------------------------------------------------------------------------


def _plain(folder: str) -> Iterator[Figure]:
    ask = load.request("GET", "/plain", {})
    asks: list[load.Next] = [lambda _: ask] * CONNECTIONS
    rates, cores = [], []
    with served("plain", "", folder) as found:
        flood(found, asks, 200)
        for _ in range(ROUNDS):
            rate, core = flood(found, asks, 200)
            rates.append(rate)
            cores.append(core)
    what = f"{ROWS} rows, no database; {CONNECTIONS} connections"
    yield figure("api_plain_per_second", rates, "1/s", note=what)
    yield figure("api_plain_per_core", cores, "1/s", good=5000, note="a second of the served process's time")


def _real(server: EmbeddedServer, conn: Connection, folder: Path, at: datetime) -> Iterator[Figure]:
    read_keys(folder / "master.key", may_make=True)
    cookies = _sessions(conn, at)
    tokens = _tokens(conn, at)
    keys = loans.keys_of_book(conn, books.read_book(conn, BOOK).book_id)
    names = [loan_id(key.person_id, key.loan_no) for key in keys]
    lists: list[load.Next] = [
        partial(_same, load.request("GET", f"/api/books/{BOOK}/loans?limit={ROWS}", each)) for each in cookies
    ]
    turn = count()
    shows: list[load.Next] = [
        lambda n: load.request("GET", f"/api/loans/{names[next(turn) % len(names)]}", tokens[n])
    ] * CONNECTIONS
    pays: list[load.Next] = [lambda n: _payment(names, tokens[n], next(turn))] * CONNECTIONS
    with served("real", conn.info.dsn, str(folder)) as found:
        yield from _told(
            server, found, "list", lists, 200, f"{ROWS} rows, session, permission, book", 500, 1000
        )
        yield from _late(found, lists)
        yield from _told(
            server, found, "loan", shows, 200, "a loan folded, key, permission, row rule", 500, 1000
        )
        yield from _told(
            server, found, "payment", pays, 201, "a repayment each on another loan, key", None, None
        )


def _same(what: bytes, number: int) -> bytes:
    return what


def _payment(names: list[str], headers: dict[str, str], number: int) -> bytes:
    body = json.dumps({"amount_minor": 1, "currency": "CNY"}).encode()
    told = {**headers, "Idempotency-Key": f"b-{number}", "Content-Type": "application/json"}
    return load.request("POST", f"/api/loans/{names[number * 7919 % len(names)]}/payments", told, body)


def _told(
    server: EmbeddedServer,
    found: Served,
    name: str,
    asks: list[load.Next],
    status: int,
    note: str,
    good: float | None,
    moonshot: float | None,
) -> Iterator[Figure]:
    rates, cores, shares = [], [], []
    flood(found, asks, status)
    for _ in range(ROUNDS):
        before, used = _database_used(server), found.used()
        rate, core = flood(found, asks, status)
        theirs, ours = _database_used(server) - before, found.used() - used
        rates.append(rate)
        cores.append(core)
        shares.append(theirs / (theirs + ours))
    yield figure(f"api_{name}_per_second", rates, "1/s", note=f"{note}; {CONNECTIONS} connections")
    yield figure(
        f"api_{name}_per_core",
        cores,
        "1/s",
        good=good,
        moonshot=moonshot,
        note="a second of the served process's time",
    )
    yield figure(f"api_{name}_database_share", shares, "share", note="of the time of both, the database's")


def flood(found: Served, asks: list[load.Next], status: int) -> tuple[float, float]:
    """Requests a second, and a second of a core."""
    before = found.used()
    heard = load.flood(found.port, asks, seconds=SECONDS, status=status)
    if heard.bad:
        raise RuntimeError(heard.first_bad)
    return heard.good / heard.seconds, heard.good / max(found.used() - before, 1e-9)


def _late(found: Served, asks: list[load.Next]) -> Iterator[Figure]:
    p50, p99 = [], []
    for _ in range(ROUNDS):
        heard = load.steady(found.port, asks, rate=STEADY_RATE, seconds=STEADY_SECONDS)
        if heard.bad:
            raise RuntimeError(heard.first_bad)
        p50.append(share_within(heard.ms, 0.5))
        p99.append(share_within(heard.ms, 0.99))
    yield figure("api_list_p50_ms_at_200", p50, "ms")
    yield figure("api_list_p99_ms_at_200", p99, "ms", good=50, note="from when each was to be sent")


def _database_used(server: EmbeddedServer) -> float:
    """Seconds of a core that the database's processes that are there have used."""
    head = psutil.Process(server.pid)
    total = 0.0
    for each in [head, *head.children(recursive=True)]:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


# -- who asks --------------------------------------------------------------------------------------


def _sessions(conn: Connection, at: datetime) -> list[dict[str, str]]:
    """A session of an officer of their own for each connection: the pace is kept by session."""
    password_hash = secret.token()
    found = []
    for n in range(CONNECTIONS):
        staff_id, token = secret.number(), secret.token()
        accounts.add_staff(
            conn, staff_id=staff_id, login=f"officer-{n}", name="Bench", password_hash=password_hash,
            totp_sealed=b"-", at=at,
        )  # fmt: skip
        accounts.set_roles(conn, staff_id, roles=["officer"], books=None, by=_BY, at=at)
        accounts.open_session(
            conn,
            token_hash=secret.token_hash(token),
            session_no=secret.token("s_")[:18],
            staff_id=staff_id,
            person_id=None,
            csrf_hash=secret.token_hash(token),
            agent=_BY,
            at=at,
            expires_at=at + timedelta(hours=10),
        )
        found.append({"Cookie": f"duewell_session={token}"})
    return found


def _tokens(conn: Connection, at: datetime) -> list[dict[str, str]]:
    made = [
        manage_accounts.add_client(
            conn, name=_BY, book_codes=None, is_sandbox_only=False, version=VERSIONS[-1], by=_BY, at=at
        )
        for _ in range(CONNECTIONS)
    ]
    return [{"Authorization": f"Bearer {each.key}"} for each in made]
