"""The courier: sends what waits for wallets and asks about orders nobody answered for, while it runs.

Needs    what opens a connection, what reads the keys, a clock, somebody to tell, a Stop a signal may ask.
Gives    deliver_book, one turn of one book; Courier, the loop.
Never    sends files: those are made when somebody asks for them. A sandbox's rails reach this machine alone.
Source   docs/reference/rails.md, "What leaves".
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import psycopg

from duewell.domain.errors import DuewellError, Fault
from duewell.domain.receipts import Rail, RailKind
from duewell.gateways.keys import KeyPort
from duewell.gateways.rails import PaymentRail, wallet_of
from duewell.services.pay_out import deliver
from duewell.services.poll_orders import poll_orders
from duewell.store import books, rails
from duewell.store.loans import Connection
from duewell.worker.closing import Stop

IDLE = 10.0
"""Seconds between two turns: a pay-out waits so long at most."""
_BACK_OFF_MAX = 60.0


def deliver_book(
    conn: Connection,
    keys: KeyPort,
    code: str,
    *,
    at: datetime,
    rail_named: Callable[[Rail], PaymentRail] = wallet_of,
) -> dict[str, Any]:
    """Send and ask for one book."""
    sent = deliver(conn, keys, code, at=at, rail_named=rail_named)
    asked = poll_orders(conn, code, at=at, rail_named=rail_named)
    return {"book": code, "pay_outs": sent, "orders": asked}


class Courier:
    """Takes every book in turn until it is asked to stop; what one rail breaks stops no other book."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        keys: Callable[[], KeyPort],
        *,
        now: Callable[[], datetime],
        stop: Stop,
        on_done: Callable[[dict[str, Any]], None] = lambda done: None,
        on_problem: Callable[[DuewellError], None] = lambda problem: None,
        rail_named: Callable[[Rail], PaymentRail] = wallet_of,
    ) -> None:
        self._connect, self._keys, self._now, self._stop = connect, keys, now, stop
        self._on_done, self._on_problem = on_done, on_problem
        self._rail_named = rail_named
        self._conn: Connection | None = None
        self._pause = IDLE

    def run(self) -> None:
        """Until asked to stop; the book at hand is ended. The closer begins: it may start the database."""
        try:
            pause = IDLE
            while not self._stop.wait(pause):
                pause = self.turn()
        finally:
            self._drop()

    def turn(self) -> float:
        """One turn of all books; the seconds until the next, longer where something is broken."""
        is_well = True
        try:
            self._conn = self._conn or self._connect()
            for code in books.book_codes(self._conn):
                if self._stop.is_asked:
                    break
                is_well = self._book(self._conn, code) and is_well
        except (psycopg.OperationalError, Fault) as lost:
            self._drop()
            problem = str(lost).split("\n")[0][:200]
            self._on_problem(
                lost if isinstance(lost, Fault) else Fault("database-not-reached", problem=problem)
            )
            is_well = False
        self._pause = IDLE if is_well else min(2 * self._pause, _BACK_OFF_MAX)
        return self._pause

    def _book(self, conn: Connection, code: str) -> bool:
        try:
            if not any(each.kind is RailKind.WALLET for each in rails.rails_of(books.read_book(conn, code))):
                return True  # Nothing leaves by itself, and no key is needed.
            self._on_done(deliver_book(conn, self._keys(), code, at=self._now(), rail_named=self._rail_named))
        except DuewellError as problem:
            self._on_problem(problem)
            return False
        return True

    def _drop(self) -> None:
        with suppress(psycopg.Error):
            if self._conn is not None:
                self._conn.close()
        self._conn = None
