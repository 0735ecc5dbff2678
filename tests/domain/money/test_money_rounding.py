"""Rounding and shares: prove that one named rule decides each last cent, and that parts add up.

How: the standard decimal module, which shares no code with ours, is the oracle.
"""

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rounding, round_fraction, round_ratio, split, split_weighted

ORACLE = {
    Rounding.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    Rounding.HALF_UP: decimal.ROUND_HALF_UP,
    Rounding.UP: decimal.ROUND_UP,
    Rounding.DOWN: decimal.ROUND_DOWN,
}
RULES = st.sampled_from(Rounding)


@given(scaled=st.integers(-(10**20), 10**20), places=st.integers(0, 6), rule=RULES)
def test_rounding_agrees_with_the_decimal_module(scaled: int, places: int, rule: Rounding) -> None:
    with decimal.localcontext() as context:
        context.prec = 60
        expected = Decimal(scaled).scaleb(-places).quantize(Decimal(1), rounding=ORACLE[rule])
    assert round_ratio(scaled, 10**places, rule) == int(expected)
    assert round_fraction(Fraction(scaled, 10**places), rule) == int(expected)


@given(n=st.integers(), d=st.integers().filter(bool), m=st.integers(1, 10**4), rule=RULES)
def test_a_rounded_amount_is_a_multiple_less_than_one_multiple_away(
    n: int, d: int, m: int, rule: Rounding
) -> None:
    rounded, exact = round_ratio(n, d, rule, m), Fraction(n, d)
    assert rounded % m == 0
    assert abs(rounded - exact) < m
    assert round_ratio(-n, d, rule, m) == round_ratio(n, -d, rule, m) == -rounded
    if rule in (Rounding.HALF_EVEN, Rounding.HALF_UP):
        assert 2 * abs(rounded - exact) <= m
    assert (rule is Rounding.UP) <= (abs(rounded) >= abs(exact))
    assert (rule is Rounding.DOWN) <= (abs(rounded) <= abs(exact))


def test_a_tie_goes_to_the_even_multiple_or_away_from_zero() -> None:
    assert [round_ratio(n, 2, Rounding.HALF_EVEN) for n in (1, 3, -1, -3)] == [0, 2, 0, -2]
    assert [round_ratio(n, 2, Rounding.HALF_UP) for n in (1, 3, -1, -3)] == [1, 2, -1, -2]
    assert [round_ratio(n, 1, Rounding.HALF_EVEN, 100) for n in (50, 150)] == [0, 200]


def test_three_shares_of_one_yuan_leave_the_last_cent_to_the_last() -> None:
    assert split(100, 3) == (33, 33, 34)
    assert split(-100, 3) == (-33, -33, -34)
    assert split_weighted(100, [2, 1, 0]) == (66, 34, 0)


@given(total=st.integers(-(10**18), 10**18), n=st.integers(1, 400))
def test_equal_shares_add_up_and_all_but_the_last_are_equal(total: int, n: int) -> None:
    shares = split(total, n)
    assert sum(shares) == total
    assert len(shares) == n
    assert len(set(shares[:-1])) <= 1
    assert abs(shares[-1] - shares[0]) < n
    assert shares == split_weighted(total, [1] * n)


@given(
    total=st.integers(-(10**18), 10**18),
    weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=50).filter(any),
)
def test_weighted_shares_add_up_and_a_weight_of_zero_gets_nothing(total: int, weights: list[int]) -> None:
    shares = split_weighted(total, weights)
    assert sum(shares) == total
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)
    assert all(share * total >= 0 for share in shares)


def test_an_amount_without_a_share_to_take_it_is_refused() -> None:
    with pytest.raises(InvalidInput, match="split-no-shares"):
        split(100, 0)


@pytest.mark.parametrize(
    ("weights", "code"),
    [([0, 0], "split-no-weight"), ([], "split-no-weight"), ([2, -1], "split-weight-negative")],
)
def test_weights_that_say_nobody_or_less_than_nobody_are_refused(weights: list[int], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        split_weighted(100, weights)
    assert refused.value.code == code
