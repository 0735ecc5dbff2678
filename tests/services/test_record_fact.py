"""Facts recorded through the real database: once, in their place, with the ledger following.

Wants to prove: the sub-ledger is always the fold; a request sent twice happens once; a late-learnt or
returned payment posts only what changed; refusals leave nothing behind.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from duewell.domain.calendar import Frequency
from duewell.domain.errors import Conflict, InvalidInput, NotFound
from duewell.domain.facts import (
    ChargeBase,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    ReAged,
    ReAmortized,
    Reschedule,
)
from duewell.domain.ledger import CREDIT_LOSS, LOANS_PRINCIPAL, RECOVERY_INCOME, balances
from duewell.domain.loan import fold
from duewell.domain.postings import journals_of
from duewell.domain.product import LoanTerms
from duewell.services.record_fact import Request, record_fact
from duewell.store import loans
from duewell.store.loans import LoanKey

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TERMS = LoanTerms(
    principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100), currency="USD"
)
Conn = psycopg.Connection[Any]


@pytest.fixture
def loan(conn: Conn) -> LoanKey:
    conn.execute(
        "insert into duewell.book values (1, 'demo', 'Demo', 'Demo Ltd', 'US', 'USD', 'UTC', 'US', '18:00',"
        " '2026-01-01', '2026-06-01', true)"
    )
    conn.execute("insert into duewell.product values (1, 'cash', 1, '2026-01-01', '{}')")
    conn.execute("insert into duewell.person values (7, 0)")
    key = loans.create_loan(
        conn,
        person_id=7,
        book_id=1,
        product_code="cash",
        product_version=1,
        terms=TERMS,
        opened_on=date(2026, 1, 1),
    )
    conn.execute("set role duewell_app")
    record_fact(conn, key, fact(FactKind.DISBURSED, "2026-01-01", "d1", 120_000), request("d1"))
    return key


def fact(kind: FactKind, on: str, ref: str, amount: int = 0, **more: Any) -> Fact:
    return Fact(kind, date.fromisoformat(on), date(1970, 1, 1), "bank", ref, amount=amount, **more)


def pay(on: str, ref: str, amount: int) -> Fact:
    return fact(FactKind.PAYMENT_RECEIVED, on, ref, amount)


def plan(on: str, change: Reschedule) -> Fact:
    return fact(FactKind.RESCHEDULED, on, "plan", reschedule=change)


def request(key: str) -> Request:
    return Request("tests", key, "tester", NOON)


def check_ledger(conn: Conn, key: LoanKey) -> None:
    state = fold(TERMS, loans.read_facts(conn, key), as_of=date(2026, 6, 1))
    held = {a: m for a, m in balances(loans.read_journals(conn, key)).items() if m}
    wanted = {a: m for a, m in balances(journals_of(state.applied).values()).items() if m}
    assert held == wanted
    assert held.get(LOANS_PRINCIPAL, 0) == state.principal_out


def test_a_payment_sent_twice_happens_once(conn: Conn, loan: LoanKey) -> None:
    first = record_fact(conn, loan, pay("2026-02-01", "p1", 10_662), request("k1"))
    again = record_fact(conn, loan, pay("2026-02-01", "p1", 10_662), request("k1"))
    assert first == again
    assert len(loans.read_facts(conn, loan)) == 2
    check_ledger(conn, loan)


def test_twenty_at_once_under_one_key_post_once(url: str, conn: Conn, loan: LoanKey) -> None:
    def send(_: int) -> dict[str, Any]:
        with psycopg.connect(url, autocommit=True) as own:
            return record_fact(own, loan, pay("2026-02-01", "p1", 10_662), request("k1"))

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(send, range(20)))
    assert all(result == results[0] for result in results)
    assert len(loans.read_facts(conn, loan)) == 2
    check_ledger(conn, loan)


def test_a_key_with_another_amount_is_refused(conn: Conn, loan: LoanKey) -> None:
    record_fact(conn, loan, pay("2026-02-01", "p1", 10_662), request("k1"))
    with pytest.raises(Conflict) as refused:
        record_fact(conn, loan, pay("2026-02-01", "p1", 10_663), request("k1"))
    assert refused.value.code == "key-reused-with-another-body"


def test_the_same_bank_reference_under_a_new_key_is_refused(conn: Conn, loan: LoanKey) -> None:
    record_fact(conn, loan, pay("2026-02-01", "p1", 10_662), request("k1"))
    with pytest.raises(Conflict) as refused:
        record_fact(conn, loan, pay("2026-02-01", "p1", 10_662), request("k2"))
    assert refused.value.code == "fact-already-recorded"
    check_ledger(conn, loan)


def test_a_late_learnt_payment_corrects_the_ledger_by_the_difference(conn: Conn, loan: LoanKey) -> None:
    record_fact(conn, loan, pay("2026-03-01", "p2", 10_662), request("k2"))
    before = len(loans.read_journals(conn, loan))
    record_fact(conn, loan, pay("2026-02-01", "p1", 10_662), request("k1"))
    assert len(loans.read_journals(conn, loan)) == before + 2, (
        "its own journal and what it changed in the other"
    )
    check_ledger(conn, loan)


def test_a_returned_payment_leaves_the_loan_as_if_it_had_never_come(conn: Conn, loan: LoanKey) -> None:
    p1 = pay("2026-02-01", "p1", 10_662)
    record_fact(conn, loan, p1, request("k1"))
    clean = record_fact(conn, loan, pay("2026-03-01", "p2", 10_662), request("k2"))
    back = fact(FactKind.REVERSED, "2026-02-01", "p1-back", reverses=p1.key)
    after = record_fact(conn, loan, back, request("k3"))
    assert after["dpd"] > clean["dpd"]
    check_ledger(conn, loan)
    with pytest.raises(InvalidInput):
        record_fact(
            conn, loan, fact(FactKind.REVERSED, "2026-02-01", "again", reverses=p1.key), request("k4")
        )


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (pay("2026-06-02", "x", 100), "fact-after-the-open-date"),
        (pay("2025-12-31", "x", 100), "fact-before-the-loan"),
        (pay("2026-02-01", "x", 0), "amount-not-positive"),
        (pay("2026-02-01", "x", -5), "amount-not-positive"),
        (fact(FactKind.RESCHEDULED, "2026-02-01", "x"), "reschedule-without-change"),
        (fact(FactKind.WAIVED, "2026-02-01", "x"), "waiver-without-parts"),
        (fact(FactKind.WAIVED, "2026-02-01", "x", parts=(0, 0, 0, 99_999)), "waiver-above-what-is-due"),
        (plan("2026-02-01", DueDateMoved(date(2026, 2, 2), date(2026, 2, 9))), "due-date-not-in-plan"),
        (plan("2026-02-01", DueDateMoved(date(2026, 2, 1), date(2026, 1, 1))), "due-date-before-its-row"),
        (plan("2026-02-01", Extended(date(2026, 3, 1), 0)), "extension-out-of-range"),
        (plan("2026-02-01", ReAged(date(2026, 2, 1), 6)), "re-age-due-in-the-past"),
        (fact(FactKind.FEE_CHARGED, "2026-02-01", "x", pct=Fraction(1, 10)), "charge-without-base"),
        (fact(FactKind.RECOVERED, "2026-02-01", "x", 100), "recovery-before-charge-off"),
        (fact(FactKind.REVERSED, "2026-02-01", "x", reverses=("no", "such", "fact")), "fact-not-reversible"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(conn: Conn, loan: LoanKey, bad: Fact, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        record_fact(conn, loan, bad, request("k9"))
    assert refused.value.code == code
    assert len(loans.read_facts(conn, loan)) == 1
    record_fact(conn, loan, pay("2026-02-01", "good", 100), request("k9"))
    check_ledger(conn, loan)


PLANS = [
    fact(
        FactKind.RESCHEDULED,
        "2026-02-20",
        "plan",
        reschedule=DueDateMoved(date(2026, 3, 1), date(2026, 3, 15)),
    ),
    fact(FactKind.RESCHEDULED, "2026-02-20", "plan", reschedule=Extended(date(2026, 3, 1), 3)),
    fact(
        FactKind.RESCHEDULED,
        "2026-02-20",
        "plan",
        reschedule=ReAged(date(2026, 3, 15), 9, 2, Frequency.WEEKS),
    ),
    fact(FactKind.RESCHEDULED, "2026-02-20", "plan", reschedule=ReAmortized()),
    fact(FactKind.FEE_CHARGED, "2026-02-20", "fee", pct=Fraction(1, 100), base=ChargeBase.PRINCIPAL),
    fact(FactKind.WAIVED, "2026-02-20", "waiver", parts=(0, 0, 100, 200)),
    fact(FactKind.CHARGED_OFF, "2026-02-20", "off"),
    fact(FactKind.RATE_CHANGED, "2026-07-01", "announced", rate=Fraction(6, 100)),
]


@pytest.mark.parametrize("change", PLANS, ids=lambda f: f.source_ref + type(f.reschedule).__name__)
def test_every_kind_of_fact_comes_back_as_it_was_recorded(conn: Conn, loan: LoanKey, change: Fact) -> None:
    record_fact(conn, loan, change, request("k1"))
    kept = loans.read_facts(conn, loan)[-1]
    assert replace(kept, recorded_on=change.recorded_on) == change
    check_ledger(conn, loan)


def test_a_payment_a_bank_returned_is_taken_back_and_cannot_be_returned_twice(
    conn: Conn, loan: LoanKey
) -> None:
    p1 = pay("2026-02-01", "p1", 10_662)
    record_fact(conn, loan, p1, request("k1"))
    back = fact(FactKind.PAYMENT_RETURNED, "2026-02-01", "r1", reverses=p1.key)
    record_fact(conn, loan, back, request("k2"))
    check_ledger(conn, loan)
    assert fold(TERMS, loans.read_facts(conn, loan), as_of=date(2026, 2, 2)).rows[0].paid == [0, 0, 0, 0]
    with pytest.raises(InvalidInput, match="fact-not-reversible"):
        record_fact(conn, loan, replace(back, source_ref="r2"), request("k3"))


def test_a_payment_learnt_late_is_taken_though_it_leaves_a_charge_off_nothing_to_take(
    conn: Conn, loan: LoanKey
) -> None:
    record_fact(conn, loan, fact(FactKind.CHARGED_OFF, "2026-03-01", "off"), request("k1"))
    record_fact(conn, loan, pay("2026-01-02", "all", TERMS.principal + 50_000), request("k2"))
    state = fold(TERMS, loans.read_facts(conn, loan), as_of=date(2026, 6, 1))
    assert [(each.source_ref, reason.code) for each, reason in state.void] == [
        ("off", "charge-off-of-nothing")
    ]
    assert state.charged_off_on is None
    assert state.overpaid > 0
    check_ledger(conn, loan)


def test_money_that_leaves_a_fact_without_effect_says_which(conn: Conn, loan: LoanKey) -> None:
    record_fact(conn, loan, fact(FactKind.CHARGED_OFF, "2026-03-01", "off"), request("k1"))
    told = record_fact(conn, loan, pay("2026-01-02", "all", TERMS.principal + 50_000), request("k2"))
    assert told["voided"] == [
        {
            "kind": "ChargedOff",
            "effective_on": "2026-03-01",
            "source_ref": "off",
            "reason": "charge-off-of-nothing",
        }
    ]
    assert "voided" not in record_fact(conn, loan, pay("2026-03-02", "more", 100), request("k3"))


def test_a_fact_that_is_no_money_never_leaves_another_without_effect(conn: Conn, loan: LoanKey) -> None:
    record_fact(conn, loan, fact(FactKind.WAIVED, "2026-03-10", "w", parts=(0, 0, 2_000, 0)), request("k1"))
    other = fact(FactKind.WAIVED, "2026-02-05", "other", parts=(0, 0, 1_200, 0))
    with pytest.raises(Conflict) as refused:
        record_fact(conn, loan, other, request("k2"))
    assert refused.value.code == "fact-voids-another"
    assert (refused.value.facts["ref"], refused.value.facts["kind"]) == ("w", "Waived")
    check_ledger(conn, loan)


@pytest.mark.parametrize("kind", [FactKind.PAID_OFF, FactKind.RESCHEDULED])
def test_a_loan_off_the_books_takes_no_plan_and_no_settling(
    conn: Conn, loan: LoanKey, kind: FactKind
) -> None:
    record_fact(conn, loan, fact(FactKind.CHARGED_OFF, "2026-03-01", "off"), request("k1"))
    change = ReAmortized() if kind is FactKind.RESCHEDULED else None
    with pytest.raises(Conflict, match="loan-charged-off"):
        record_fact(conn, loan, fact(kind, "2026-03-01", "same-day", reschedule=change), request("k2"))


def test_a_settle_is_kept_with_what_it_came_to(conn: Conn, loan: LoanKey) -> None:
    """A payment learnt later does not make it less: it is credit. A fee learnt later stays open."""
    record_fact(conn, loan, fact(FactKind.PAID_OFF, "2026-01-16", "all"), request("k1"))
    kept = loans.read_facts(conn, loan)[-1]
    assert kept.amount > TERMS.principal
    told = record_fact(conn, loan, pay("2026-01-10", "late", 1_000), request("k2"))
    assert told["principal_minor"] == 0
    assert told["overpaid_minor"] > 900
    check_ledger(conn, loan)
    again = record_fact(conn, loan, fact(FactKind.PAID_OFF, "2026-01-16", "all"), request("k1"))
    assert again["overpaid_minor"] == 0, "the same request has the answer it had"


def test_a_recovery_stays_when_its_charge_off_is_taken_back(conn: Conn, loan: LoanKey) -> None:
    off = fact(FactKind.CHARGED_OFF, "2026-03-01", "off")
    record_fact(conn, loan, off, request("k1"))
    record_fact(conn, loan, fact(FactKind.RECOVERED, "2026-04-01", "agency", 20_000), request("k2"))
    back = fact(FactKind.REVERSED, "2026-04-02", "back", reverses=off.key)
    told = record_fact(conn, loan, back, request("k3"))
    assert "voided" not in told
    assert told["principal_minor"] == TERMS.principal - 17_600
    check_ledger(conn, loan)


def test_after_a_charge_off_money_is_a_recovery_and_nothing_else_may_come(conn: Conn, loan: LoanKey) -> None:
    off = record_fact(conn, loan, fact(FactKind.CHARGED_OFF, "2026-03-01", "off"), request("k1"))
    assert off["principal_minor"] == 0
    with pytest.raises(Conflict, match="loan-charged-off"):
        record_fact(conn, loan, fact(FactKind.FEE_CHARGED, "2026-03-02", "fee", 100), request("k2"))
    record_fact(conn, loan, fact(FactKind.RECOVERED, "2026-03-02", "agency", 5_000), request("k3"))
    after = record_fact(conn, loan, pay("2026-03-03", "himself", 2_000), request("k4"))
    assert after["outstanding_minor"] == off["outstanding_minor"] - 7_000
    held = balances(loans.read_journals(conn, loan))
    assert held[RECOVERY_INCOME] == -7_000
    assert held[CREDIT_LOSS] == TERMS.principal
    check_ledger(conn, loan)


def test_an_unknown_loan_is_refused(conn: Conn, loan: LoanKey) -> None:
    with pytest.raises(NotFound):
        record_fact(conn, LoanKey(7, 9), pay("2026-02-01", "p1", 100), request("k1"))
