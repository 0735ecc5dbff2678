"""The cost sheet names every cost of the terms and no other, and is the same bytes for the same terms."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import given, settings

from duewell.domain.disclosure import cost_sheet, sheet_document
from duewell.domain.product import (
    FeeBasis,
    FeeTerms,
    FeeWhen,
    LoanTerms,
    PenaltyMode,
    PenaltyTerms,
    terms_from_payload,
    terms_to_payload,
)
from tests.domain.disclosure.test_cost import PLAIN
from tests.domain.strategies import loans

TERMS = replace(
    PLAIN,
    principal=600_000,
    rate=Fraction(144, 1000),
    penalty=PenaltyTerms(
        rate=Fraction(216, 1000), mode=PenaltyMode.REPLACES, grace_days=3, source="clause 8"
    ),
    fees=(
        FeeTerms(
            "service", "lender", FeeWhen.EACH, FeeBasis.PRINCIPAL, pct=Fraction(1, 1000), source="clause 5"
        ),
        FeeTerms(
            "guarantee", "Anxin Guarantee", FeeWhen.KEPT, FeeBasis.FLAT, amount=3_000, source="clause 6"
        ),
    ),
)


def document(terms: LoanTerms) -> dict[str, Any]:
    return sheet_document(cost_sheet(terms))


def test_the_sheet_of_a_loan_with_everything() -> None:
    told = document(TERMS)
    lines = [
        (i["code"], i["name"], i["charged_by"], i["basis"], i["when"], i["amount_minor"], i["rate_pct"],
         i["total_minor"], i["source"])
        for i in (*told["normal"], *told["default"])
    ]  # fmt: skip
    assert lines == [
        ("interest", "", "lender", "principal-out", "each-instalment", None, "14.4", 47_824, "cn-monthly/1"),
        ("fee", "service", "lender", "original-principal", "each-instalment", None, "0.1", 7_200, "clause 5"),
        ("fee", "guarantee", "Anxin Guarantee", "flat", "kept", 3_000, None, 3_000, "clause 6"),
        ("penalty", "", "lender", "overdue-principal", "daily-instead", None, "21.6", None, "clause 8"),
    ]
    assert told["default"][0]["grace_days"] == 3
    assert (told["paid_out_minor"], told["to_pay_minor"]) == (597_000, 655_024)
    assert told["cost_minor"] == 47_824 + 7_200 + 3_000
    assert told["nothing_else_is_charged"] is True
    assert told["yearly_nominal_pct"].startswith("17.4")


def test_terms_without_a_penalty_have_no_cost_of_default() -> None:
    assert document(PLAIN)["default"] == []


@given(loans())
@settings(max_examples=40, deadline=None)
def test_the_sheet_is_the_same_bytes_from_the_terms_as_they_are_kept(terms: LoanTerms) -> None:
    kept = terms_from_payload(json.loads(json.dumps(terms_to_payload(terms))))
    assert json.dumps(document(kept)) == json.dumps(document(terms))
    sheet = cost_sheet(terms)
    assert [item.name for item in sheet.normal[1:]] == [fee.code for fee in terms.fees]
