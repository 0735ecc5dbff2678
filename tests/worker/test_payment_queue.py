"""The payment queue: everyone gets an answer of their own, once, and only when it is committed.

How: many threads pay the same few loans through one queue while its connections are cut under it.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import Fault
from duewell.services.close_day import close_day
from duewell.services.generate_book import generate_book
from duewell.services.post_payments import Payment
from duewell.services.verify_book import verify_book
from duewell.store import agendas, books
from duewell.store.loans import LoanKey
from duewell.worker.payment_queue import PaymentQueue

OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
NAMED = {"client_id": "tests", "source": "bank", "actor": "tester"}
Conn = psycopg.Connection[Any]


@pytest.fixture
def dues(conn: Conn) -> list[LoanKey]:
    generate_book(conn, "b", count=300, seed=5, open_on=OPEN_ON, at=AT)
    close_day(conn, "b", until=OPEN_ON, at=AT)
    book = books.read_book(conn, "b")
    return [key for key, _ in agendas.due_on(conn, book.book_id, book.open_on)]


def test_every_payment_is_answered_once_though_connections_are_cut(
    conn: Conn, url: str, dues: list[LoanKey]
) -> None:
    opened: list[Conn] = []
    lock = threading.Lock()

    def connect() -> Conn:
        with lock:
            opened.append(psycopg.connect(url, autocommit=True))
            return opened[-1]

    def send(n: int) -> int:
        if n % 25 == 24:
            with lock:
                conn.execute("select pg_terminate_backend(%s)", [opened[-1].info.backend_pid])
        posted = payments.submit(Payment(dues[n % len(dues)], 1, f"r{n}", f"k{n}"), at=AT).result(timeout=60)
        assert posted.result is not None
        return int(posted.result["seq"])

    with PaymentQueue(connect, **NAMED) as payments, ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(send, range(200)))
    assert len(opened) > 4
    row = conn.execute("select count(*) from duewell.loan_fact where source = 'bank'").fetchone()
    assert row == (200,)
    assert len(numbers) == 200
    assert verify_book(conn, "b").findings == []


def test_a_refused_payment_is_told_to_whoever_sent_it(url: str, dues: list[LoanKey]) -> None:
    with PaymentQueue(lambda: psycopg.connect(url, autocommit=True), **NAMED) as payments:
        good = payments.submit(Payment(dues[0], 1, "a", "a"), at=AT)
        bad = payments.submit(Payment(LoanKey(5, 1), 1, "b", "b"), at=AT)
        refusal = bad.result(timeout=30).refusal
        assert refusal is not None
        assert refusal.code == "loan-not-found"
        assert good.result(timeout=30).refusal is None


def test_what_was_submitted_before_closing_is_still_posted(conn: Conn, url: str, dues: list[LoanKey]) -> None:
    with PaymentQueue(lambda: psycopg.connect(url, autocommit=True), **NAMED, most=7) as payments:
        answers = [payments.submit(Payment(dues[0], 1, f"r{n}", f"k{n}"), at=AT) for n in range(50)]
    assert all(each.done() for each in answers)
    row = conn.execute("select count(*) from duewell.loan_fact where source = 'bank'").fetchone()
    assert row == (50,)


def test_a_database_that_is_gone_is_a_fault_and_no_hang(dues: list[LoanKey]) -> None:
    def connect() -> Conn:
        raise psycopg.OperationalError("gone")

    with PaymentQueue(connect, **NAMED, patience=0.2) as payments:
        answer = payments.submit(Payment(dues[0], 1, "a", "a"), at=AT)
        with pytest.raises(Fault, match="database-not-reached"):
            answer.result(timeout=30)
