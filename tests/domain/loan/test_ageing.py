"""Buckets of days past due: named by their days, in order, or refused; and the age of a claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from duewell.domain.agenda import BUCKETS, Ageing, bucket_of, buckets_from
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, delinquent_since, fold
from duewell.domain.product import Convention, LoanTerms
from tests.domain.strategies import disbursed

YEAR = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(0))
OWN = (("fresh", 0), ("a week", 1), ("worse", 8))


def test_the_usual_buckets_are_those_of_the_overdue_report() -> None:
    names = ["current", "1-30", "31-60", "61-90", "91-120", "121-180", "180+"]
    assert [name for name, _ in BUCKETS] == names


@pytest.mark.parametrize(
    ("dpd", "bucket"),
    [(0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (180, "121-180"), (181, "180+")],
)
def test_a_loan_is_in_the_bucket_its_days_belong_to(dpd: int, bucket: str) -> None:
    assert bucket_of(dpd) == bucket


@pytest.mark.parametrize("days", [[], [0, 30], [2, 31], [1, 1], [1, 31, 30], [1, 4000]])
def test_bucket_days_that_do_not_rise_from_one_are_refused(days: list[int]) -> None:
    with pytest.raises(InvalidInput, match="buckets-out-of-order"):
        buckets_from(days)


def aged(*facts: Fact, on: str, terms: LoanTerms = YEAR) -> Ageing:
    return ageing(fold(terms, [disbursed(terms), *facts], as_of=date.fromisoformat(on)), OWN)


def fact(kind: FactKind, on: str, amount: int = 0) -> Fact:
    day = date.fromisoformat(on)
    return Fact(kind, day, day, "test", on, amount=amount)


def test_a_loan_is_as_old_as_its_oldest_unpaid_instalment_in_the_books_own_buckets() -> None:
    first = date(2026, 2, 1)
    assert aged(on="2026-02-01") == Ageing(0, "fresh", None, 0, 120_000)
    assert aged(on="2026-02-02") == Ageing(1, "a week", first, 10_000, 120_000)
    assert aged(on="2026-02-09") == Ageing(8, "worse", first, 10_000, 120_000)
    assert aged(on="2026-03-02") == Ageing(29, "worse", first, 20_000, 120_000)


def test_a_claim_stays_as_late_as_its_loan_was_until_it_is_met() -> None:
    off = fact(FactKind.CHARGED_OFF, "2026-02-05")
    claim = Ageing(4, "a week", date(2026, 2, 1), 0, 120_000)
    assert aged(off, on="2026-02-05") == claim
    assert aged(off, on="2026-09-05") == claim
    met = fact(FactKind.RECOVERED, "2026-09-06", 120_000)
    assert aged(off, met, on="2026-09-06") == Ageing(0, "fresh", None, 0, 0)


def test_a_claim_of_a_loan_that_was_not_late_is_not_late() -> None:
    """Charged off on its first due date, or with all that was due paid: nobody was past due."""
    off = fact(FactKind.CHARGED_OFF, "2026-02-01")
    assert aged(off, on="2026-06-01") == Ageing(0, "fresh", None, 0, 120_000)
    paid, later = (
        fact(FactKind.PAYMENT_RECEIVED, "2026-02-01", 10_000),
        fact(FactKind.CHARGED_OFF, "2026-02-09"),
    )
    assert aged(paid, later, on="2026-06-01") == Ageing(0, "fresh", None, 0, 110_000)


def test_a_grace_of_ageing_moves_the_first_late_day_and_no_amount() -> None:
    terms = replace(YEAR, convention=Convention(ageing_grace_days=3))
    facts, due = [disbursed(terms)], date(2026, 2, 1)
    for late, since in ((1, None), (3, None), (4, due + timedelta(days=3))):
        state = fold(terms, facts, as_of=due + timedelta(days=late))
        assert delinquent_since(state) == since
    assert aged(fact(FactKind.PAYMENT_RECEIVED, "2026-02-01", 9_999), on="2026-02-02").dpd == 1
    missing_a_cent = fact(FactKind.PAYMENT_RECEIVED, "2026-02-01", 9_999)
    state = fold(terms, [*facts, missing_a_cent], as_of=due + timedelta(days=4))
    assert delinquent_since(state) == due + timedelta(days=3)
