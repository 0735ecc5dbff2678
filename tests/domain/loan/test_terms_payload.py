"""Terms survive being written down: the same terms come back, and a damaged payload is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from duewell.domain.errors import InvalidInput
from duewell.domain.product import LoanTerms, terms_from_payload, terms_to_payload
from tests.domain.strategies import loans


@given(loans())
def test_terms_come_back_exactly(terms: LoanTerms) -> None:
    assert terms_from_payload(json.loads(json.dumps(terms_to_payload(terms)))) == terms


@pytest.mark.parametrize(
    "damage",
    [
        {"schema": "duewell.loan-terms/9"},
        {"rate": "a tenth"},
        {"start": "2026-02-30"},
        {"frequency": "FORTNIGHTS"},
        {"surprise": 1},
        {"principal": 0},
        {"convention": None},
    ],
)
@given(terms=loans())
def test_damaged_terms_are_refused(terms: LoanTerms, damage: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        terms_from_payload({**terms_to_payload(terms), **damage})
