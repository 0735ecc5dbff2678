"""The courier: what waits leaves while it runs, a broken rail stops no other book, a lost server comes back.

How: turns by hand, with the simulated wallet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import DuewellError
from duewell.domain.receipts import Payer
from duewell.gateways.rails.signing import HmacSigner
from duewell.gateways.rails.simulators.bank import Booked
from duewell.gateways.rails.simulators.wallet import SimulatedWallet
from duewell.services.open_book import open_book
from duewell.services.refund_loan import refund_loan
from duewell.services.set_rail import set_rail
from duewell.store.posting import Request
from duewell.worker.closing import Stop
from duewell.worker.courier import IDLE, Courier
from tests.services.rails_world import FIRST, KEYS, Conn, World

SECRET = b"a secret of a sandbox"


@pytest.fixture
def wallet() -> Iterator[SimulatedWallet]:
    made = SimulatedWallet("M1", HmacSigner(SECRET), paid_at="2026-03-01T04:00:00+00:00")
    yield made
    made.close()


def test_a_refund_leaves_while_another_book_is_broken(
    conn: Conn, url: str, tmp_path: Path, wallet: SimulatedWallet
) -> None:
    world = World(conn, tmp_path)
    world.open(0)
    open_book(conn, code="a", currency_code="CNY", open_on=FIRST, is_sandbox=True)
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    rail = {
        "code": "wallet",
        "kind": "wallet",
        "url": wallet.start(),
        "merchant": "M1",
        "secret_file": str(secret),
    }
    for book in ("a", "b"):
        set_rail(conn, book, rail | ({"secret_file": str(tmp_path / "gone")} if book == "a" else {}))
    loan = world.lend("over")
    world.read(world.statement(Booked("A1", "1300.00", "CNY", "CRDT", reference=world.ref(loan))))
    request = Request("cli", "r", "officer", world.at)
    refund_loan(conn, KEYS, "b", "wallet", loan, amount=10_000, payee=Payer("x", "P1"), request=request)
    conn.execute(
        "insert into duewell.outbox select 9, 'P-broken', (select book_id from duewell.book"
        " where code = 'a'),"
        " kind, 1, payload || '{\"rail\": \"a/wallet\"}', sealed, not_before, null, null, 'waiting', null, 0,"
        " '', changed_at from duewell.outbox where kind = 'rail.pay-out'"
    )
    done: list[dict[str, Any]] = []
    problems: list[DuewellError] = []
    stop = Stop()
    courier = Courier(
        lambda: psycopg.connect(url, autocommit=True),
        lambda: KEYS,
        now=lambda: world.at,
        stop=stop,
        on_done=done.append,
        on_problem=problems.append,
    )
    assert courier.turn() > IDLE, "slower where something is broken"
    assert [each["pay_outs"]["ok"] for each in done] == [1]
    assert [each.code for each in problems] == ["rail-secret-unreadable"]
    world.check()
    stop.ask()
    courier.run()
    stop.close()


def test_a_database_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    problems: list[DuewellError] = []

    def connect() -> Conn:
        raise psycopg.OperationalError("no server")

    courier = Courier(connect, lambda: KEYS, now=lambda: None, stop=Stop(), on_problem=problems.append)  # type: ignore[arg-type,return-value]
    assert courier.turn() < courier.turn()
    assert {each.code for each in problems} == {"database-not-reached"}
