"""A product is read strictly, comes back as it was written, and gives terms only within its ranges."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from duewell.domain.errors import InvalidInput
from duewell.domain.product import NAMED, PenaltyMode, Product, product_table, read_product

FILE = """
code = "cash"
jurisdiction = "CN"
currency = "CNY"
convention = "cn-monthly/1"
principal = ["1,000.00", "50,000.00"]
rate_pct = ["6", "14.4"]
instalments = [3, 24]

[penalty]
times_contract = "1.5"
source = "contract, clause 8"
"""


FEE = {"code": "a", "charged_by": "lender", "when": "with each instalment", "basis": "flat", "amount": "2"}


def product(**changes: Any) -> Product:
    return read_product({**tomllib.loads(FILE), **changes})


def test_a_product_gives_the_terms_of_a_loan() -> None:
    made = product().terms(
        principal=600_000, rate=Fraction(144, 1000), instalments=12, start=date(2026, 1, 15)
    )
    assert made.convention is NAMED["cn-monthly/1"].convention
    assert made.penalty is not None
    assert made.penalty.rate == Fraction(72, 1000), "half the contract rate beside it"
    assert made.penalty.source == "contract, clause 8"


def test_a_penalty_in_place_of_interest_bears_all_the_times() -> None:
    rule = product().penalty
    assert rule is not None
    assert replace(rule, mode=PenaltyMode.REPLACES).at(Fraction(1, 10)).rate == Fraction(15, 100)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("principal", 99_999),
        ("principal", 5_000_001),
        ("rate", Fraction(599, 10_000)),
        ("rate", Fraction(15, 100)),
        ("instalments", 2),
        ("instalments", 25),
    ],
)
def test_terms_outside_a_range_are_refused(field: str, value: Any) -> None:
    asked: dict[str, Any] = {"principal": 100_000, "rate": Fraction(6, 100), "instalments": 3} | {
        field: value
    }
    with pytest.raises(InvalidInput, match="outside-the-product") as told:
        product().terms(start=date(2026, 1, 15), **asked)
    assert told.value.facts["field"] == field


@pytest.mark.parametrize("name", NAMED)
def test_a_product_comes_back_from_its_table(name: str) -> None:
    made = product(convention=name, rate_pct="8.25", every=2, frequency="WEEKS")
    assert read_product(product_table(made)) == made
    charged = [
        {"code": "a", "charged_by": "lender", "when": "with each instalment", "basis": "flat", "amount": "2"},
        {"code": "b", "charged_by": "x", "when": "kept from the proceeds", "basis": "original principal",
         "pct": "0.65", "source": "clause 2"},
    ]  # fmt: skip
    with_fees = product(fees=charged)
    assert read_product(product_table(with_fees)) == with_fees
    assert [fee.amount for fee in with_fees.fees] == [200, None]
    once = product(penalty={"once_pct": "2", "grace_days": 5, "base": "overdue principal + interest"})
    assert read_product(product_table(once)) == once


def test_a_product_says_what_its_plans_have_beside_instalments() -> None:
    shape = {"grace_principal": 2, "down_payment_pct": "10", "balloon_pct": "33.3", "suspends_from_dpd": 91}
    made = product(plan=shape)
    assert read_product(product_table(made)) == made
    assert "plan" not in product_table(product()), "a version without one stays as it was"
    terms = made.terms(principal=100_001, rate=Fraction(6, 100), instalments=3, start=date(2026, 1, 15))
    assert (terms.grace_principal, terms.down_payment_share) == (2, Fraction(1, 10))
    assert terms.balloon == 33_300, "33.3 % of 1,000.01, rounded once"
    assert terms.convention.suspends_from_dpd == 91
    assert terms.convention.name == "cn-monthly"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"surprise": 1}, "product-field-unknown"),
        ({"code": "Cash"}, "product-code-unreadable"),
        ({"currency": "XYZ"}, "currency-unknown"),
        ({"convention": "thirty"}, "convention-unknown"),
        ({"principal": 1000.5}, "product-field-unreadable"),
        ({"principal": ["5", "1"]}, "product-range-reversed"),
        ({"principal": "0"}, "principal-not-positive"),
        ({"rate_pct": ["6"]}, "product-field-unreadable"),
        ({"rate_pct": "-6"}, "rate-negative"),
        ({"rate_pct": 6}, "rate-not-text"),
        ({"rate_pct": "6.12345"}, "rate-too-fine"),
        ({"instalments": [0, 3]}, "instalments-out-of-range"),
        ({"instalments": "3"}, "product-field-unreadable"),
        ({"frequency": "FORTNIGHTS"}, "product-field-unreadable"),
        ({"penalty": {}}, "penalty-rule-needs-one"),
        ({"penalty": {"times_contract": "0.9"}}, "penalty-below-contract"),
        ({"penalty": {"times_contract": "1.5", "rate_pct": "9"}}, "penalty-rule-needs-one"),
        ({"penalty": {"rate_pct": "9", "days_in_year": 364}}, "penalty-year-unknown"),
        ({"penalty": "none"}, "product-field-unreadable"),
        ({"fees": [{"code": "a"}]}, "product-field-missing"),
        ({"fees": [FEE | {"when": "sometimes"}]}, "product-field-unreadable"),
        ({"fees": [FEE | {"pct": "1"}]}, "fee-needs-one-amount"),
        ({"fees": [FEE, FEE]}, "fee-code-twice"),
        ({"fees": "none"}, "product-field-unreadable"),
        ({"plan": {"grace_principal": 3}}, "grace-leaves-no-row"),
        ({"plan": {"balloon_pct": "100"}}, "plan-share-out-of-range"),
        ({"plan": {"down_payment_pct": "-1"}}, "rate-negative"),
        ({"plan": {"suspends_from_dpd": "91"}}, "product-field-unreadable"),
        ({"plan": {"grace": 1}}, "product-field-unknown"),
        ({"allocation": {"order": ["fee"]}}, "allocation-order-incomplete"),
        ({"allocation": {"order": ["fees"]}}, "product-field-unreadable"),
    ],
)
def test_what_is_no_product_is_refused_with_its_place(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        product(**changes)


def test_a_missing_field_is_named() -> None:
    given = tomllib.loads(FILE)
    del given["currency"]
    with pytest.raises(InvalidInput, match="product-field-missing") as told:
        read_product(given)
    assert told.value.facts == {"field": "currency"}
