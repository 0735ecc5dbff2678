"""R7: payments, plans, and two who close the same days, all on the same few loans at once.

Wants to prove: nobody is refused or deadlocked, every payment is posted once, in every snapshot the ledger
balances, and what comes out is what the facts say. How: threads with connections of their own, everything
sent twice; a reader looks at one snapshot after another until all is done.
"""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import Refusal
from duewell.domain.facts import Extended, Fact, FactKind
from duewell.domain.loan import fold
from duewell.services.close_day import close_day
from duewell.services.generate_book import generate_book
from duewell.services.record_fact import Request, record_fact
from duewell.services.verify_book import verify_book
from duewell.store import agendas, books, loans
from duewell.store.loans import LoanKey
from tests.figures import Figure

Conn = psycopg.Connection[Any]
OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAYS = 8
PAYMENTS = 12
SEEDS = 20
SNAPSHOT = """
select (select coalesce(sum(a), 0) from duewell.journal, unnest(amounts) as a),
  (select coalesce(sum(a), 0) from duewell.gl_journal, unnest(amounts) as a),
  (select count(*) from duewell.loan_state s where s.next_seq - 1 <> (
    select count(*) from duewell.loan_fact f where f.person_id = s.person_id and f.loan_no = s.loan_no)),
  (select count(*) from duewell.loan_fact f where f.kind = 'PaymentReceived' and not exists (
    select from duewell.journal j where j.person_id = f.person_id and j.loan_no = f.loan_no and j.seq = f.seq
    )),
  (select count(*) from duewell.day_sum s where not exists (
    select from duewell.day_chunk c where c.book_id = s.book_id and c.day = s.day and c.slice_no = s.slice_no
    ))
"""


@pytest.fixture
def few(conn: Conn) -> list[LoanKey]:
    """Five loans that fall due in the coming days, among sixty."""
    generate_book(conn, "b", count=60, seed=4, open_on=OPEN_ON, at=AT)
    close_day(conn, "b", until=OPEN_ON, at=AT)
    found: dict[LoanKey, None] = {}
    for ahead in range(1, DAYS):
        found |= dict.fromkeys(key for key, _ in agendas.due_on(conn, 1, OPEN_ON + timedelta(days=ahead)))
    return list(found)[:5]


def send(conn: Conn, key: LoanKey, kind: FactKind, name: str, **more: Any) -> None:
    """Record something today, twice."""
    fact = Fact(kind, date(1970, 1, 1), date(1970, 1, 1), "test", name, **more)
    for _ in range(2):
        record_fact(
            conn, key, fact, Request("tests", f"{key.person_id}/{name}", "tester", AT, is_dated=False)
        )


def plan(conn: Conn, key: LoanKey, name: str) -> int:
    """Extend a loan by a row; one that cannot be extended is refused, and that is an answer too."""
    row = loans.read_loan(conn, key)
    facts = loans.read_facts(conn, key)
    rows = fold(row.loan_terms, facts, as_of=row.book_open_on).rows
    due = next((r.due_on for r in rows if r.due_on > row.book_open_on), None)
    if due is None:
        return 0
    try:
        send(conn, key, FactKind.RESCHEDULED, name, reschedule=Extended(due, 1))
    except Refusal:
        return 0
    return 1


@pytest.mark.parametrize("seed", range(SEEDS))
def test_payments_plans_and_two_closers_meet_on_the_same_loans(
    conn: Conn, url: str, few: list[LoanKey], seed: int, figure: Figure
) -> None:
    until = OPEN_ON + timedelta(days=DAYS)
    done = threading.Event()
    looks: list[tuple[Any, ...]] = []

    def pay(who: int) -> int:
        chance = random.Random(f"{seed} {who}")
        with psycopg.connect(url, autocommit=True) as own:
            for n in range(PAYMENTS):
                send(
                    own,
                    chance.choice(few),
                    FactKind.PAYMENT_RECEIVED,
                    f"p{who}-{n}",
                    amount=chance.randint(1, 9000),
                )
        return PAYMENTS

    def restructure(who: int) -> int:
        chance = random.Random(f"{seed} plan {who}")
        with psycopg.connect(url, autocommit=True) as own:
            for n in range(3):
                plan(own, chance.choice(few), f"x{who}-{n}")
        return 0

    def close(who: int) -> int:
        with psycopg.connect(url, autocommit=True) as own:
            for ahead in range(1, DAYS + 1):
                close_day(own, "b", until=OPEN_ON + timedelta(days=ahead), at=AT, slices=4)
        return 0

    def look() -> None:
        with psycopg.connect(url) as own:
            while not done.is_set() or not looks:
                looks.append(tuple(own.execute(SNAPSHOT).fetchone() or ()))
                own.rollback()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        with ThreadPoolExecutor(10) as pool:
            jobs = [pool.submit(pay, who) for who in range(6)]
            jobs += [pool.submit(restructure, who) for who in range(2)]
            jobs += [pool.submit(close, who) for who in range(2)]
            paid = sum(job.result(timeout=120) for job in jobs)
    finally:
        done.set()
        watcher.join()
    assert set(looks) == {(0, 0, 0, 0, 0)}
    row = conn.execute(
        "select count(*), count(distinct source_ref) from duewell.loan_fact where source = 'test'"
        " and kind = 'PaymentReceived'"
    ).fetchone()
    assert row == (paid, paid)
    assert books.read_book(conn, "b").open_on == until + timedelta(days=1)
    chunks = conn.execute("select count(*) from duewell.day_chunk where day > %s", [OPEN_ON]).fetchone()
    assert chunks == (4 * DAYS,)
    assert verify_book(conn, "b").findings == []
    (ahead,) = conn.execute("select count(*) from duewell.day_ahead").fetchone() or (0,)
    figure(f"seed {seed}: {paid} payments, {ahead} met a day being closed, {len(looks)} looks")
