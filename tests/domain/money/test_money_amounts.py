"""Amounts: prove that text becomes exact money or a helpful refusal, and that currencies never mix.

How: examples at each step from valid to invalid, and a round trip over random amounts.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.errors import CurrencyMismatch, InvalidInput
from duewell.domain.money import Currency, Money, Rate, currency, parse_amount, parse_rate_pct

CNY, JPY = currency("CNY"), currency("JPY")
CURRENCIES = st.sampled_from(["CNY", "USD", "EUR", "GBP", "JPY", "HKD"]).map(currency)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("0", 0),
        ("0.01", 1),
        ("12.5", 1250),
        ("1234.56", 123456),
        ("1,234.56", 123456),
        ("999,999,999,999,999.99", 99999999999999999),
        ("999999999999999.99", 99999999999999999),
        ("007", 700),
    ],
)
def test_an_amount_is_read_to_the_cent(text: str, minor: int) -> None:
    assert parse_amount(text, CNY) == Money(minor, CNY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount-empty"),
        ("1" * 33, "amount-too-long"),
        ("NaN", "amount-not-a-number"),
        ("Infinity", "amount-not-a-number"),
        ("1e9", "amount-not-a-number"),
        ("1_000", "amount-not-a-number"),
        (" 1", "amount-not-a-number"),
        ("1\n", "amount-not-a-number"),
        ("¥5", "amount-not-a-number"),
        ("−5", "amount-not-a-number"),
        ("１２", "amount-foreign-digit"),
        ("٣", "amount-foreign-digit"),
        ("+5", "amount-plus-sign"),
        ("-5", "amount-negative"),
        ("-0", "amount-negative"),
        ("5.", "amount-point-misplaced"),
        (".5", "amount-point-misplaced"),
        (".", "amount-point-misplaced"),
        ("1.2.3", "amount-marks-misplaced"),
        ("--5", "amount-marks-misplaced"),
        ("5-", "amount-marks-misplaced"),
        ("1.234,56", "amount-marks-misplaced"),
        ("1,23", "amount-commas-misplaced"),
        ("1234,567", "amount-commas-misplaced"),
        (",123", "amount-commas-misplaced"),
        ("1,,234", "amount-commas-misplaced"),
        ("1000000000000000", "amount-too-large"),
        ("1,000,000,000,000,000", "amount-too-large"),
        ("1.234", "amount-too-many-decimals"),
    ],
)
def test_text_that_is_no_amount_is_refused_by_name_with_an_example(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_amount(text, CNY)
    assert refused.value.code == code
    assert refused.value.facts["example"] == "1,234.56"


def test_a_strange_character_is_pointed_at() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_amount("12元", CNY)
    assert refused.value.facts["character"] == "元"


def test_yen_take_no_decimals() -> None:
    assert parse_amount("1,234", JPY).minor == 1234
    with pytest.raises(InvalidInput, match="amount-too-many-decimals"):
        parse_amount("1234.0", JPY)


def test_a_minus_sign_is_read_only_where_it_is_allowed() -> None:
    assert parse_amount("-1,234.56", CNY, allow_negative=True).minor == -123456


def test_a_number_in_place_of_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="amount-not-text"):
        parse_amount(12.5, CNY)  # type: ignore[arg-type]


@given(minor=st.integers(-(10**15) + 1, 10**15 - 1), money_in=CURRENCIES)
def test_an_amount_shown_is_read_back_the_same(minor: int, money_in: Currency) -> None:
    money = Money(minor, money_in)
    assert parse_amount(money.text(), money_in, allow_negative=True) == money


@given(text=st.text(max_size=40) | st.text(alphabet="0123456789,.-+", max_size=24))
def test_any_text_is_either_an_amount_or_a_refusal(text: str) -> None:
    try:
        read = parse_amount(text, CNY)
    except InvalidInput:
        return
    # Whoever reads the digits without the commas gets the same amount.
    assert Fraction(text.replace(",", "")) * 100 == read.minor


def test_an_amount_shows_its_sign_before_its_digits() -> None:
    assert [Money(minor, CNY).text() for minor in (-5, 0, 123456)] == ["-0.05", "0.00", "1,234.56"]
    assert Money(-1234, JPY).text() == "-1,234"


def test_two_currencies_are_unequal_but_never_added_or_ordered() -> None:
    one, other = Money(100, CNY), Money(100, JPY)
    assert one != other
    for mix in (
        lambda: one + other,
        lambda: one - other,
        lambda: one < other,
        lambda: one <= other,
        lambda: one > other,
        lambda: one >= other,
    ):
        with pytest.raises(CurrencyMismatch) as refused:
            mix()
        assert refused.value.facts == {"left": "CNY", "right": "JPY"}


@given(a=st.integers(), b=st.integers())
def test_money_adds_and_orders_as_its_minor_units_do(a: int, b: int) -> None:
    left, right = Money(a, CNY), Money(b, CNY)
    assert (left + right).minor == a + b
    assert (left - right) == left + -right
    assert (left < right, left <= right, left > right, left >= right) == (a < b, a <= b, a > b, a >= b)


@pytest.mark.parametrize("code", ["XXX", "cny", "", None])
def test_a_currency_we_do_not_lend_in_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput, match="currency-unknown"):
        currency(code)


@pytest.mark.parametrize(
    ("text", "per_year"),
    [
        ("12.5", Fraction(1, 8)),
        ("0", Fraction(0)),
        ("36", Fraction(9, 25)),
        ("0.00000001", Fraction(1, 10**10)),
    ],
)
def test_a_yearly_rate_is_read_exactly(text: str, per_year: Fraction) -> None:
    assert parse_rate_pct(text) == Rate(per_year)
    assert parse_rate_pct(text).text() == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "rate-empty"),
        ("1" * 33, "rate-too-long"),
        ("-1", "rate-negative"),
        ("12%", "rate-not-a-number"),
        ("1e1", "rate-not-a-number"),
        ("１２", "rate-not-a-number"),
        ("12.", "rate-not-a-number"),
        (".5", "rate-not-a-number"),
        ("10000", "rate-too-large"),
        ("1.123456789", "rate-too-many-decimals"),
        (12.5, "rate-not-text"),
    ],
)
def test_text_that_is_no_rate_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_rate_pct(text)
    assert refused.value.code == code


def test_a_rate_that_never_ends_is_shown_rounded() -> None:
    assert Rate(Fraction(1, 3)).text(4) == "33.3333"
    assert Rate(Fraction(-1, 3)).text(0) == "-33"
