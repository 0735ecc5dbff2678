"""Loan ids come back as they went out, and one mistyped mark is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.errors import InvalidInput
from duewell.domain.party import loan_id, parse_loan_id


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**15 - 1))
def test_an_id_comes_back(person_id: int, loan_no: int) -> None:
    assert parse_loan_id(loan_id(person_id, loan_no).lower()) == (person_id, loan_no)


@given(st.integers(1, 2**63 - 1), st.integers(0, 15), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_mistyped_mark_is_noticed(person_id: int, place: int, mark: str) -> None:
    right = loan_id(person_id, 1)
    # 31 marks apart by a multiple of 31 cannot be told apart; there is one such pair, 0 and Z.
    if right[place] == mark or {right[place], mark} == {"0", "Z"}:
        return
    with pytest.raises(InvalidInput):
        parse_loan_id(right[:place] + mark + right[place + 1 :])


@pytest.mark.parametrize("text", ["", "7/1", "x" * 500, "０" * 17, "0" * 17])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_loan_id(text)
