"""Post payments, many at once: what arrives in bulk, and what arrives one by one while others do.

Needs    a connection, or for a queue what opens one; payments with their references.
Gives    post_payments, in the order given; PaymentQueue, which groups what is submitted meanwhile.
Never    answers before the payment is committed, or lets one refused payment touch another.
Source   docs/decisions/0010-two-posting-paths.md.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from duewell.domain.errors import Fault
from duewell.domain.facts import Fact, FactKind
from duewell.store import posting
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Posted, Request

MOST = 100
"""Payments a queue posts in one transaction at most; more make every one of them wait longer."""
LINGER = 0.003
"""Seconds a flusher waits for company where the last batch had some."""
_REOPEN_TRIES = 5


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received for a loan: `key` makes it happen once; `on` is None where the open date counts."""

    loan: LoanKey
    amount: int
    ref: str
    key: str
    on: date | None = None
    payment_type: str = "repayment"


def post_payments(
    conn: Connection, payments: Sequence[Payment], *, client_id: str, source: str, actor: str, at: datetime
) -> list[Posted]:
    """Post payments in their order; each has its own answer or refusal."""
    return posting.record_payments(
        conn, [_asked(each, client_id=client_id, source=source, actor=actor, at=at) for each in payments]
    )


def _asked(
    each: Payment, *, client_id: str, source: str, actor: str, at: datetime
) -> tuple[LoanKey, Fact, Request]:
    on = each.on or at.date()
    fact = Fact(
        FactKind.PAYMENT_RECEIVED,
        on,
        on,
        source,
        each.ref,
        amount=each.amount,
        payment_type=each.payment_type,
    )
    return each.loan, fact, Request(client_id, each.key, actor, at, is_dated=each.on is not None)


@dataclass(frozen=True, slots=True)
class _Submitted:
    payment: Payment
    at: datetime
    answer: Future[Posted]


class PaymentQueue:
    """Payments submitted by many threads, posted in groups by a few: each is answered once it is committed.

    A payment that is alone is posted at once; where several come together they share a transaction.
    Closing it posts what was submitted before. Use it as a context.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        client_id: str,
        source: str,
        actor: str,
        flushers: int = 2,
        most: int = MOST,
    ) -> None:
        self._connect = connect
        self._named = {"client_id": client_id, "source": source, "actor": actor}
        self._most = most
        self._waiting: queue.SimpleQueue[_Submitted | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._flush, daemon=True) for _ in range(flushers)]
        for thread in self._threads:
            thread.start()

    def submit(self, payment: Payment, *, at: datetime) -> Future[Posted]:
        """Hand a payment over; the future has what came of it, or the fault that kept it from being tried."""
        answer: Future[Posted] = Future()
        self._waiting.put(_Submitted(payment, at, answer))
        return answer

    def __enter__(self) -> PaymentQueue:
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _flush(self) -> None:
        conn: Connection | None = None
        last = 1
        while (batch := self._batch(last)) is not None:
            last = len(batch)
            conn = self._post(conn, batch)
        if conn is not None:
            conn.close()

    def _batch(self, last: int) -> list[_Submitted] | None:
        """What waits now, and what comes in the next milliseconds if the last batch had company."""
        first = self._waiting.get()
        if first is None:
            return None
        batch = [first]
        until = time.monotonic() + (LINGER if last > 1 else 0)
        while len(batch) < self._most:
            left = until - time.monotonic()
            try:
                each = self._waiting.get(timeout=left) if left > 0 else self._waiting.get_nowait()
            except queue.Empty:
                break
            if each is None:
                self._waiting.put(None)  # For the next turn: what was taken is posted first.
                break
            batch.append(each)
        return batch

    def _post(self, conn: Connection | None, batch: list[_Submitted]) -> Connection | None:
        """Post a batch and answer it. A lost connection is opened anew: keys make trying again safe."""
        for left in reversed(range(_REOPEN_TRIES)):
            try:
                conn = conn or self._connect()
                payments = [_asked(each.payment, at=each.at, **self._named) for each in batch]
                for each, posted in zip(batch, posting.record_payments(conn, payments), strict=True):
                    each.answer.set_result(posted)
                return conn
            except psycopg.OperationalError as lost:
                with suppress(psycopg.Error):
                    if conn is not None:
                        conn.close()
                conn = None
                if not left:
                    self._fail(batch, Fault("database-not-reached", problem=str(lost).split("\n")[0][:200]))
            except Exception as problem:  # whoever waits is told; the others of the queue go on
                self._fail(batch, problem)
                return conn
        return conn

    @staticmethod
    def _fail(batch: list[_Submitted], problem: Exception) -> None:
        for each in batch:
            if not each.answer.done():
                each.answer.set_exception(problem)
