"""The worked figures of a late instalment come out through a product, beside interest and in its place.

Loan of 6,000.00 at 1.2 % a month, 12 instalments of 539.85; four are paid, the fifth, due 2026-06-15, is not.
Penalty 1.5 times the contract rate, by 360: beside contract interest 7.2 % on 490.71, in its place 21.6 %.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from fractions import Fraction

import pytest

from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import fold
from duewell.domain.product import LoanTerms, Part, read_product
from tests.domain.product.test_product import FILE
from tests.domain.strategies import disbursed

DUE = date(2026, 6, 15)


def late(mode: str) -> tuple[LoanTerms, list[Fact]]:
    given = tomllib.loads(FILE) | {
        "rate_pct": "14.4",
        "penalty": {"times_contract": "1.5", "mode": mode},
        "allocation": {"order": ["interest", "principal", "penalty", "fee"]},
    }
    terms = read_product(given).terms(
        principal=600_000, rate=Fraction(144, 1000), instalments=12, start=date(2026, 1, 15)
    )
    paid = [
        Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", str(on), amount=53_985)
        for on in (date(2026, month, 15) for month in (2, 3, 4, 5))
    ]
    return terms, [disbursed(terms), *paid]


@pytest.mark.parametrize(
    ("days", "beside", "instead"),
    [(0, 0, 0), (1, 10, 29), (5, 49, 147), (7, 69, 206), (20, 196, 589), (30, 294, 883), (60, 589, 1767),
     (90, 883, 2650)],
)  # fmt: skip
def test_the_penalty_of_the_fifth_instalment(days: int, beside: int, instead: int) -> None:
    for mode, wanted in (("excess", beside), ("replaces", instead)):
        terms, facts = late(mode)
        row = fold(terms, facts, as_of=DUE + timedelta(days=days)).rows[4]
        assert (row.due[Part.INTEREST], row.due[Part.PRINCIPAL]) == (4_914, 49_071)
        assert row.due[Part.PENALTY] == wanted


def test_overdue_principal_bears_contract_interest_once_or_not_at_all() -> None:
    asked = {}
    for mode in ("excess", "replaces"):
        terms, facts = late(mode)
        rows = fold(terms, facts, as_of=date(2026, 7, 16)).rows
        asked[mode] = rows[5].due[Part.INTEREST]
    assert asked["excess"] == 4_914, "1.2 % of 4,094.64: all that is unpaid"
    assert asked["replaces"] == round(Fraction(409_464 - 49_071) * 12 / 1000)
