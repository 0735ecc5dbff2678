"""Terms of a line that cannot be are refused when they are written, and again when they are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from duewell.domain.calendar import DaysInYear
from duewell.domain.errors import InvalidInput
from duewell.domain.product import (
    BalanceKind,
    CashFee,
    LateCharge,
    LineTerms,
    MinimumPayment,
    Part,
    RateCap,
    agreed_from_payload,
    agreed_to_payload,
)

CAP = RateCap(date(2026, 1, 1), Fraction(1, 10), "a rule")


def terms(**more: Any) -> LineTerms:
    given: dict[str, Any] = {
        "limit": 1_000_000,
        "start": date(2026, 1, 5),
        "statement_day": 10,
        "purchase_rate": Fraction(18, 100),
        "cash_rate": Fraction(18, 100),
    }
    return LineTerms(**given | more)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: terms(limit=0), "limit-not-positive"),
        (lambda: terms(statement_day=0), "statement-day-out-of-range"),
        (lambda: terms(statement_day=32), "statement-day-out-of-range"),
        (lambda: terms(due_days=0), "due-days-out-of-range"),
        (lambda: terms(due_days=28), "due-days-out-of-range"),
        (lambda: terms(days_in_year=DaysInYear.D364), "days-in-year-unknown"),
        (lambda: terms(suspends_from_dpd=0), "suspension-out-of-range"),
        (lambda: terms(order=(Part.FEE,)), "allocation-order-incomplete"),
        (lambda: terms(principal_order=(BalanceKind.CASH,)), "principal-order-incomplete"),
        (lambda: terms(purchase_rate=Fraction(1, 3)), "rate-too-fine"),
        (lambda: terms(cash_rate=Fraction(-1, 100)), "contract-rate-negative"),
        (lambda: terms(caps=(RateCap(date(2026, 1, 1), Fraction(1, 3), "x"),)), "rate-too-fine"),
        (lambda: terms(caps=(CAP, CAP)), "penalty-caps-out-of-order"),
        (lambda: MinimumPayment(Fraction(11, 10)), "minimum-payment-out-of-range"),
        (lambda: MinimumPayment(Fraction(1, 10), -1), "minimum-payment-out-of-range"),
        (lambda: CashFee(Fraction(-1, 10)), "line-charge-negative"),
        (lambda: LateCharge(Fraction(1, 10), -1), "line-charge-negative"),
        (lambda: LateCharge(Fraction(1, 10), 0, -1), "grace-days-out-of-range"),
        (lambda: agreed_from_payload({"schema": "duewell.line-terms/2"}), "terms-schema-unknown"),
        (lambda: agreed_from_payload({"schema": "duewell.line-terms/1"}), "terms-unreadable"),
        (lambda: agreed_from_payload(agreed_to_payload(terms()) | {"tip": 1}), "terms-unreadable"),
        (lambda: agreed_from_payload(agreed_to_payload(terms()) | {"due_days": 40}), "due-days-out-of-range"),
    ],
)
def test_terms_that_cannot_be_are_refused(made: Callable[[], object], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        made()
    assert refused.value.code == code
