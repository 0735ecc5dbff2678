"""Lines on the real database, in one book with loans.

Wants to prove: days closed over lines leave the ledger the folds say (verify is clean), whatever happens
and whenever it is learnt; a draw above the limit is refused and leaves nothing; a silent line is folded
once when it is turned and once a year; the report ages lines and loans alike.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.facts import Conversion, Fact, FactKind
from duewell.domain.ledger import BORROWER_CREDIT, FEE_INCOME, LOANS_PRINCIPAL
from duewell.domain.line import LineState, fold_line
from duewell.domain.product import (
    BalanceKind,
    CashFee,
    LateCharge,
    LineTerms,
    MinimumPayment,
    agreed_to_payload,
)
from duewell.services.close_day import close_day
from duewell.services.open_line import open_line
from duewell.services.record_fact import Request, record_fact
from duewell.services.report_overdue import report_overdue
from duewell.services.verify_book import trial_balance_rows, verify_book
from duewell.store import books, loans
from duewell.store.loans import LoanKey

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = date(2026, 1, 5)
Conn = psycopg.Connection[Any]
TERMS = LineTerms(
    limit=2_000_000,
    start=START,
    statement_day=10,
    due_days=20,
    purchase_rate=Fraction(18, 100),
    cash_rate=Fraction(18, 100),
    minimum=MinimumPayment(Fraction(10, 100), 10_000),
    cash_fee=CashFee(Fraction(1, 100), 1_000),
    late_charge=LateCharge(Fraction(5, 100)),
)


@pytest.fixture
def book(conn: Conn) -> Conn:
    books.open_book(
        conn,
        code="demo",
        name="Demo",
        legal_entity="Demo Ltd",
        jurisdiction="CN",
        currency="CNY",
        zone="Asia/Shanghai",
        calendar="CN",
        cutoff="23:00",
        open_on=START,
        is_sandbox=True,
        settings={},
    )
    return conn


def opened(conn: Conn, name: str, terms: LineTerms = TERMS) -> LoanKey:
    result = open_line(conn, "demo", terms, Request("test", name, "tester", AT))
    return LoanKey(int(result["person_id"]), result["loan_no"])


def send(conn: Conn, key: LoanKey, kind: FactKind, on: date, ref: str, amount: int = 0, **more: Any) -> Any:
    fact = Fact(kind, on, date(1970, 1, 1), "test", ref, amount=amount, **more)
    request = Request("test", f"{key.person_id}/{kind}/{ref}", "tester", AT)
    return record_fact(conn, key, fact, request)


def draw(conn: Conn, key: LoanKey, on: date, ref: str, amount: int, kind: str = "purchase") -> Any:
    return send(conn, key, FactKind.DRAWN, on, ref, amount, balance=BalanceKind(kind))


def close(conn: Conn, until: str) -> list[int]:
    return [r.turned for r in close_day(conn, "demo", until=date.fromisoformat(until), at=AT)]


def clean(conn: Conn) -> None:
    verdict = verify_book(conn, "demo")
    assert verdict.findings == []
    assert verdict.checked["journals-differ-from-facts"] > 0


def line(conn: Conn, key: LoanKey, as_of: date) -> LineState:
    return fold_line(TERMS, loans.read_facts(conn, key), as_of=as_of)


def test_months_of_a_line_close_clean_and_the_ledger_is_the_fold(book: Conn) -> None:
    key = opened(book, "a")
    close(book, "2026-01-05")
    draw(book, key, date(2026, 1, 6), "buy", 120_000)
    draw(book, key, date(2026, 1, 6), "cash", 50_000, "cash")
    assert close(book, "2026-01-31").count(1) == 1, "turned once, at the close of the due date"
    clean(book)
    (late,) = report_overdue(book, "demo").loans
    assert (late.dpd, late.since) == (2, date(2026, 1, 30))
    send(book, key, FactKind.PAYMENT_RECEIVED, date(2026, 2, 1), "p1", 20_000)
    agreed = Conversion(6, pct=Fraction(6, 1000))
    send(book, key, FactKind.CONVERTED, date(2026, 2, 1), "split", 60_000, conversion=agreed)
    close(book, "2026-04-20")
    clean(book)
    on = books.read_book(book, "demo").open_on - timedelta(days=1)
    accounts = {
        each.account: each.amount_minor
        for each in trial_balance_rows(book, books.read_book(book, "demo"), on)
    }
    assert accounts[LOANS_PRINCIPAL] == line(book, key, on).principal_out
    assert accounts[FEE_INCOME] == -1_000
    owed = line(book, key, on + timedelta(days=1))
    send(book, key, FactKind.PAID_OFF, on + timedelta(days=1), "all")
    state = line(book, key, on + timedelta(days=1))
    assert sum(owed.owed) > 0 and sum(state.owed) == 0 and state.overpaid == 0
    close(book, "2026-06-30")
    clean(book)
    assert report_overdue(book, "demo").loans == ()


def test_a_silent_line_is_folded_once_when_it_turns_and_once_a_year(book: Conn) -> None:
    key = opened(book, "a")
    draw(book, key, START, "buy", 120_000)
    turned = close(book, "2027-03-01")
    assert sum(turned) == 1
    clean(book)
    (late,) = report_overdue(book, "demo").loans
    assert late.key == key and late.bucket == "180+"
    edges = book.execute("select count(*) from duewell.observation where kind = 4").fetchone()
    statements = book.execute("select count(*) from duewell.observation where kind = 9").fetchone()
    assert edges == (6,) and statements == (14,)


def test_a_draw_above_the_limit_is_refused_and_leaves_nothing(book: Conn) -> None:
    key = opened(book, "a")
    draw(book, key, START, "one", 1_500_000)
    with pytest.raises(InvalidInput) as refused:
        draw(book, key, START, "two", 500_001)
    assert refused.value.code == "draw-above-limit"
    assert refused.value.facts == {"amount_minor": 500_001, "available_minor": 500_000}
    assert line(book, key, START).principal_out == 1_500_000
    draw(book, key, START, "two", 500_000)
    with pytest.raises(InvalidInput) as refused:
        draw(book, key, START, "a reference before the others", 7)
    assert refused.value.facts == {"amount_minor": 7, "available_minor": 0}
    back = ("PaymentReceived", "test", "p")
    send(book, key, FactKind.PAYMENT_RECEIVED, START, "p", 300_000)
    draw(book, key, START, "three", 300_000)
    # The payment is returned: the draw it made room for happened, and the line is over its limit.
    send(book, key, FactKind.PAYMENT_RETURNED, START, "bounced", reverses=back)
    assert line(book, key, START).principal_out == 2_300_000
    close(book, "2026-01-12")
    clean(book)
    assert line(book, key, date(2026, 1, 12)).statements[0].over_limit == 300_000


def test_opening_a_line_twice_happens_once(book: Conn) -> None:
    assert opened(book, "a") == opened(book, "a")
    with pytest.raises(Refusal) as refused:
        opened(book, "a", replace(TERMS, limit=1))
    assert refused.value.code == "key-reused-with-another-body"
    assert agreed_to_payload(loans.read_loan(book, opened(book, "a")).line_terms) == agreed_to_payload(TERMS)


def test_credit_pays_the_next_draw_and_can_be_refunded(book: Conn) -> None:
    key = opened(book, "a")
    send(book, key, FactKind.PAYMENT_RECEIVED, START, "p", 10_000)
    draw(book, key, START, "buy", 4_000)
    draw(book, key, START, "cash", 2_000, "cash")
    close(book, "2026-01-06")
    send(book, key, FactKind.FEE_CHARGED, date(2026, 1, 7), "fee", 500)
    send(book, key, FactKind.REFUNDED, date(2026, 1, 7), "back", 1_000)
    close(book, "2026-01-12")
    clean(book)
    rows = trial_balance_rows(book, books.read_book(book, "demo"), date(2026, 1, 12))
    accounts = {each.account: each.amount_minor for each in rows}
    assert accounts[BORROWER_CREDIT] == -1_500 and accounts[FEE_INCOME] == -1_500
    assert LOANS_PRINCIPAL not in accounts


def test_what_is_announced_for_a_coming_day_counts_from_it(book: Conn) -> None:
    key = opened(book, "a")
    draw(book, key, START, "cash", 100_000, "cash")
    send(book, key, FactKind.RATE_CHANGED, date(2026, 1, 20), "r", rate=Fraction(9, 100))
    send(book, key, FactKind.LIMIT_CHANGED, date(2026, 2, 1), "l", 50_000)
    close(book, "2026-02-15")
    clean(book)
    # 5 days at 18 % to the first statement; then 10 at 18 % and 21 at 9 %.
    interest = [each.interest["cash"] for each in line(book, key, date(2026, 2, 15)).statements]
    assert interest == [247, 1_011]
    assert line(book, key, date(2026, 2, 15)).limit == 50_000


@pytest.mark.parametrize("seed", range(4))
def test_a_season_of_everything_leaves_every_identity_whole(book: Conn, seed: int) -> None:
    """Facts of every kind, on time and learnt late, between closed days; a refused one leaves nothing."""
    chance = random.Random(seed)
    keys = [
        opened(book, f"line-{n}", replace(TERMS, statement_day=3 + 5 * n, suspends_from_dpd=40))
        for n in range(5)
    ]
    day, kinds, sent = START, set(), []
    for n in range(22):
        day += timedelta(days=chance.randint(1, 11))
        close(book, str(day - timedelta(days=1)))
        for key in keys:
            on = max(START, day - timedelta(days=chance.choice([0, 0, 0, 2, 25])))
            if sent and chance.random() < 0.1:
                gone, name, when = sent.pop(chance.randrange(len(sent)))
                send(book, gone, FactKind.REVERSED, when, f"back-{n}-{name[2]}", reverses=name)
                continue
            fact = any_fact(chance, line(book, key, on), on, f"f{n}")
            try:
                record_fact(book, key, fact, Request("test", f"{key.person_id}/{n}", "tester", AT))
            except Refusal:
                continue
            kinds.add(fact.kind)
            sent.append((key, fact.key, on))
        if n % 5 == 0:
            clean(book)
    close(book, str(day))
    clean(book)
    assert len(kinds) >= 6


def any_fact(chance: random.Random, state: LineState, on: date, ref: str) -> Fact:
    base = Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", ref)
    total = max(1, sum(state.owed))
    parts = tuple(chance.randint(0, most) for most in state.owed)
    agreed = chance.choice([Conversion(3, pct=Fraction(6, 1000)), Conversion(4, rate=Fraction(12, 100))])
    kind = chance.choice(list(BalanceKind))
    amount = chance.randint(1, max(1, min(state.available, 300_000)))
    return chance.choice(
        [
            *[replace(base, kind=FactKind.DRAWN, amount=amount, balance=kind)] * 4,
            *[replace(base, amount=chance.choice([total, total + 500, chance.randint(1, total)]))] * 4,
            replace(base, kind=FactKind.FEE_CHARGED, amount=900),
            replace(base, kind=FactKind.PENALTY_CHARGED, amount=400),
            replace(base, kind=FactKind.CONVERTED, amount=chance.randint(4, total + 4), conversion=agreed),
            replace(base, kind=FactKind.WAIVED, parts=parts),
            replace(base, kind=FactKind.RATE_CHANGED, rate=Fraction(chance.randint(0, 24), 100)),
            replace(base, kind=FactKind.LIMIT_CHANGED, amount=chance.randint(100_000, 3_000_000)),
            replace(base, kind=FactKind.REFUNDED, amount=chance.randint(1, 600)),
            replace(base, kind=FactKind.PAID_OFF),
            replace(base, kind=FactKind.PAUSE_SET, until=on + timedelta(days=15)),
            replace(base, kind=chance.choice([FactKind.CHARGED_OFF, FactKind.RECOVERED]), amount=1_000),
        ]
    )
