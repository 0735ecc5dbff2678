"""Terms and facts that cannot be are refused, each with its own code and a sentence in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from duewell.catalogues import template
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import fold
from duewell.domain.money import parse_rate_pct
from duewell.domain.mortgage import RateStep, TableTerms, table
from duewell.domain.product import LoanTerms, PenaltyTerms, RateCap, convention_named
from tests.domain.strategies import disbursed

START = date(2026, 1, 15)
TERMS = LoanTerms(principal=120_000, start=START, instalments=3, rate=Fraction(12, 100))


def steps(*rows: int) -> Callable[[], Any]:
    given = tuple(RateStep(row, Fraction(5, 100)) for row in rows)
    return lambda: table(TableTerms(10_000_000, Fraction(5, 100), 120, steps=given))


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: parse_rate_pct("-1"), "rate-negative"),
    (lambda: replace(TERMS, rate=Fraction(-1, 100)), "contract-rate-negative"),
    (lambda: replace(TERMS, instalments=0), "instalments-out-of-range"),
    (lambda: replace(TERMS, principal=0), "principal-not-positive"),
    (lambda: replace(TERMS, instalments=1, due_dates=(date(2026, 1, 14),)), "due-dates-out-of-order"),
    (lambda: replace(TERMS, instalments=1, due_dates=(START,)), "due-dates-out-of-order"),
    (lambda: replace(TERMS, principal=99, convention=convention_named("flat-30-360-whole/1")),
     "multiple-above-principal"),
    (steps(1), "rate-steps-out-of-order"),
    (steps(12, 12), "rate-steps-out-of-order"),
    (lambda: PenaltyTerms(rate=Fraction(1), caps=(RateCap(START, Fraction(1), "a"),) * 2),
     "penalty-caps-out-of-order"),
    (lambda: replace(TERMS, currency="XTS"), "currency-unknown"),
    (lambda: fold(replace(TERMS, start=date(9999, 1, 1), instalments=1200), [], as_of=START),
     "date-out-of-range"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "code"), BAD, ids=[code for _, code in BAD])
def test_terms_that_cannot_be_are_refused(made: Callable[[], Any], code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        made()
    assert all(template(code, lang) for lang in ("zh", "en"))


def fact(kind: FactKind, on: str, **more: Any) -> Fact:
    return Fact(kind, date.fromisoformat(on), date.fromisoformat(on), "test", "x", **more)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ([fact(FactKind.PAYMENT_RECEIVED, "2026-01-15", amount=1)], "payment-before-disbursement"),
        ([fact(FactKind.PAID_OFF, "2026-02-15")], "payment-before-disbursement"),
        ([fact(FactKind.PAYMENT_RECEIVED, "2026-01-14", amount=1)], "fact-before-the-loan"),
        ([disbursed(TERMS), fact(FactKind.DISBURSED, "2026-04-16", amount=1)], "fact-beyond-the-contract"),
        ([disbursed(TERMS), fact(FactKind.RATE_CHANGED, "2026-04-16", rate=Fraction(0))],
         "fact-beyond-the-contract"),
        ([disbursed(TERMS), fact(FactKind.RATE_CHANGED, "2026-02-16", rate=Fraction(-1))],
         "contract-rate-negative"),
        ([disbursed(TERMS), fact(FactKind.PAUSE_SET, "2026-02-16", until=date(2026, 2, 15))],
         "pause-ends-before-it-begins"),
    ],
)  # fmt: skip
def test_facts_that_cannot_be_are_void_with_the_reason(facts: list[Fact], code: str) -> None:
    state = fold(TERMS, facts, as_of=date(2026, 12, 31))
    assert [reason.code for _, reason in state.void] == [code]
    assert state.overpaid == 0
    assert all(template(code, lang) for lang in ("zh", "en"))


def test_a_payment_on_the_day_of_the_disbursement_counts() -> None:
    paid = fact(FactKind.PAYMENT_RECEIVED, "2026-01-15", amount=100)
    assert fold(TERMS, [paid, disbursed(TERMS)], as_of=START).principal_out == 119_900
