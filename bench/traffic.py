"""Payments that come when they come: at half of the peak, and while the day is being closed.

Needs    a book on a server; loans with something due; the peak, in payments a second.
Gives    latencies from the moment a payment was to be sent, so that a queue that is late is seen to be late.
Never    waits for an answer before the next is sent, or leaves a refusal or a fault uncounted.
Source   docs/reference/benchmarks.md, section posting.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import Any

import psycopg

from duewell.services.close_day import close_day
from duewell.services.post_payments import Payment, Posted
from duewell.store import books
from duewell.store.loans import LoanKey
from duewell.worker.payment_queue import PaymentQueue

CLIENT = "bench"
PATIENCE = 60.0
DAY_MAX = 900.0
"""A day of a million loans none of which pays turns all that fall due: some 30,000 folds."""
DAYS_MAX = 3_000


@dataclass(slots=True)
class Heard:
    """What was heard of the payments sent: milliseconds each, and what came of them."""

    ms: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def failures(self) -> int:
        """Refusals and faults."""
        return self.outcomes["refused"] + self.outcomes["fault"]


def share_within(samples: Sequence[float], share: float) -> float:
    """The sample that so large a share of all does not exceed.

    >>> share_within([5.0, 1.0, 2.0, 3.0, 4.0], 0.8)
    4.0
    """
    ordered = sorted(samples)
    return ordered[max(0, -(-len(ordered) * int(share * 1000) // 1000) - 1)]


def send_at_rate(
    payments: PaymentQueue, keys: Sequence[LoanKey], *, rate: float, seconds: float, name: str, at: datetime
) -> Heard:
    """Send payments of one unit at their moments, whatever became of those before, and hear of them all."""
    heard = Heard()
    lock = threading.Lock()
    answers: list[Future[Posted]] = []
    began = time.perf_counter()

    def hear(answer: Future[Posted], *, due: float) -> None:
        now = time.perf_counter()
        problem = answer.exception()
        kind = "fault" if problem else "refused" if answer.result().refusal else answer.result().path
        with lock:
            heard.ms.append((now - due) * 1e3)
            heard.outcomes[kind] += 1

    for n in range(int(rate * seconds)):
        due = began + n / rate
        wait = due - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        ref = f"{name}-{n}"
        answer = payments.submit(Payment(keys[n % len(keys)], 1, ref, ref), at=at)
        answer.add_done_callback(partial(hear, due=due))
        answers.append(answer)
    for answer in answers:
        answer.exception(timeout=PATIENCE)
    return heard


def queue(url: str) -> PaymentQueue:
    """A payment queue as one API process has it."""
    return PaymentQueue(
        lambda: psycopg.connect(url, autocommit=True), client_id=CLIENT, source=CLIENT, actor=CLIENT
    )


@dataclass(frozen=True, slots=True)
class DayTraffic:
    """A stretch of traffic during the day's close, and how many days were closed under it."""

    heard: Heard
    days: int


def during_the_day(
    url: str, book: str, keys: Sequence[LoanKey], *, rate: float, seconds: float, name: str, at: datetime
) -> DayTraffic:
    """Send at a rate while another process closes one day after another, without a pause between them."""
    spawn = get_context("spawn")
    stop, begun = spawn.Event(), spawn.Event()
    before = _open_on(url, book)
    closer = spawn.Process(target=_close_until_told, args=(url, book, at, stop, begun))
    closer.start()
    try:
        begun.wait(PATIENCE)
        with queue(url) as payments:
            heard = send_at_rate(payments, keys, rate=rate, seconds=seconds, name=name, at=at)
    finally:
        stop.set()
        closer.join(DAY_MAX)
    assert closer.exitcode == 0, "the close failed under traffic"
    return DayTraffic(heard, (_open_on(url, book) - before).days)


def _open_on(url: str, book: str) -> date:
    with psycopg.connect(url, autocommit=True) as conn:
        return books.read_book(conn, book).open_on


def _close_until_told(url: str, book: str, at: datetime, stop: Event, begun: Event) -> None:
    connect: Any = partial(psycopg.connect, url, autocommit=True)
    with connect() as conn:
        for _ in range(DAYS_MAX):
            if stop.is_set():
                return
            close_day(conn, book, until=books.read_book(conn, book).open_on, at=at, slices=4)
            begun.set()
