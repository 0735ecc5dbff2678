"""A generated book is a book like any other: its ledger stands from the first day on.

Wants to prove: facts older than the book's opening are in its sums, so verify is clean before and after
days are closed, and a second generation changes nothing. How: a few hundred loans on the real database.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import Conflict
from duewell.services.close_day import close_day
from duewell.services.generate_book import generate_book
from duewell.services.generate_payments import generate_payments
from duewell.services.verify_book import verify_book

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
OPENED = date(2026, 6, 1)
Conn = psycopg.Connection[Any]


def make(conn: Conn, code: str = "synthetic", count: int = 300, seed: int = 7) -> None:
    generate_book(conn, code, count=count, seed=seed, open_on=OPENED, at=AT)


def test_a_generated_book_verifies_on_its_first_day_and_after_days_with_payments(conn: Conn) -> None:
    make(conn)
    verdict = verify_book(conn, "synthetic")
    assert verdict.findings == []
    assert verdict.as_of == OPENED - timedelta(days=1)
    paid = 0
    for n in range(4):
        paid += generate_payments(conn, "synthetic", seed=3, at=AT)
        close_day(conn, "synthetic", until=OPENED + timedelta(days=n), at=AT)
    assert paid > 0
    verdict = verify_book(conn, "synthetic")
    assert verdict.findings == []
    assert verdict.checked["general-ledger-differs"] > 20


def test_a_book_generated_twice_is_refused_and_left_as_it_was(conn: Conn) -> None:
    make(conn, count=40)
    tables = ["loan_fact", "journal", "agenda", "portfolio_sum", "gl_journal"]
    first = [sorted(conn.execute(f"select * from duewell.{t}").fetchall(), key=repr) for t in tables]  # noqa: S608
    with pytest.raises(Conflict) as refused:
        make(conn, count=40)
    assert refused.value.code == "book-already-open"
    again = [sorted(conn.execute(f"select * from duewell.{t}").fetchall(), key=repr) for t in tables]  # noqa: S608
    assert first == again and all(first)
