"""Payments that arrive one by one from many sides, posted in groups.

Needs    what opens a connection.
Gives    PaymentQueue: a future for each payment, answered once it is committed.
Never    lets a lone payment wait for company, or answers before the commit.
Source   docs/decisions/0010-two-posting-paths.md.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import psycopg

from duewell.domain.errors import Fault
from duewell.services.post_payments import Asked, Payment, Posted, post_asked
from duewell.store.loans import Connection

MOST = 100
"""Payments posted in one transaction at most; more make every one of them wait longer."""
LINGER = 0.003
"""Seconds a flusher waits for company where the last batch had some."""
PATIENCE = 20.0
"""Seconds a batch waits for a database that is not there, as while it starts again."""
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class _Submitted:
    asked: Asked
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
        patience: float = PATIENCE,
    ) -> None:
        self._connect = connect
        self._named = {"client_id": client_id, "source": source, "actor": actor}
        self._most = most
        self._patience = patience
        self._waiting: queue.SimpleQueue[_Submitted | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._flush, daemon=True) for _ in range(flushers)]
        for thread in self._threads:
            thread.start()

    def submit(self, payment: Payment, *, at: datetime) -> Future[Posted]:
        """Hand a payment over; the future has what came of it, or the fault that kept it from being tried."""
        answer: Future[Posted] = Future()
        self._waiting.put(_Submitted(Asked(payment, at), answer))
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
        """Post a batch and answer each as it is committed: one by table never waits for one that is folded.

        A lost connection is opened anew: keys make trying again safe, and who was answered is left alone.
        """

        def answer(number: int, posted: Posted) -> None:
            if not batch[number].answer.done():
                batch[number].answer.set_result(posted)

        until = time.monotonic() + self._patience
        while True:
            try:
                conn = conn or self._connect()
                post_asked(conn, [each.asked for each in batch], **self._named, on_posted=answer)
                return conn
            except psycopg.OperationalError as lost:
                with suppress(psycopg.Error):
                    if conn is not None:
                        conn.close()
                conn = None
                if time.monotonic() >= until:
                    self._fail(batch, Fault("database-not-reached", problem=str(lost).split("\n")[0][:200]))
                    return None
                time.sleep(_PAUSE)
            except Exception as problem:  # whoever waits is told; the others of the queue go on
                self._fail(batch, problem)
                return conn

    @staticmethod
    def _fail(batch: list[_Submitted], problem: Exception) -> None:
        for each in batch:
            if not each.answer.done():
                each.answer.set_exception(problem)
