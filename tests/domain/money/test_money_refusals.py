"""A refusal says what was given, what is allowed and an example: each fact of each refusal.

Wants to prove: a sentence for people can be made of every refusal, down to its last figure. How: one case an
obstacle, with all its facts; the limits are stepped over by one.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from duewell.domain.errors import InvalidInput
from duewell.domain.money import (
    Money,
    Rate,
    Rounding,
    currency,
    parse_amount,
    parse_rate_pct,
    round_ratio,
    split,
    split_weighted,
)

CNY, JPY = currency("CNY"), currency("JPY")
EX = "1,234.56"


def refused(work: Callable[[], object]) -> tuple[str, dict[str, object]]:
    with pytest.raises(InvalidInput) as found:
        work()
    return found.value.code, found.value.facts


@pytest.mark.parametrize(
    ("given", "code", "facts"),
    [
        ("", "amount-empty", {}),
        ("1" * 33, "amount-too-long", {"length": 33, "length_max": 32}),
        ("-5", "amount-negative", {"given": "-5"}),
        ("+5", "amount-plus-sign", {"given": "+5"}),
        ("1.234", "amount-too-many-decimals", {"given": "1.234", "currency": "CNY", "decimals_max": 2}),
        ("5元", "amount-not-a-number", {"given": "5元", "character": "元"}),
        ("5e3", "amount-not-a-number", {"given": "5e3", "character": "e"}),
        ("\uff15", "amount-foreign-digit", {"given": "\uff15", "character": "\uff15"}),
        ("5.", "amount-point-misplaced", {"given": "5."}),
        (".5", "amount-point-misplaced", {"given": ".5"}),
        ("1.2.3", "amount-marks-misplaced", {"given": "1.2.3"}),
        ("1-2", "amount-marks-misplaced", {"given": "1-2"}),
        ("1" * 16, "amount-too-large", {"given": "1" * 16, "digits_max": 15}),
        ("1" * 16 + ".99", "amount-too-large", {"given": "1" * 16 + ".99", "digits_max": 15}),
        ("12,34", "amount-commas-misplaced", {"given": "12,34"}),
        ("1" * 15 + ",", "amount-commas-misplaced", {"given": "1" * 15 + ","}),
        ("1,11.123456789012", "amount-commas-misplaced", {"given": "1,11.123456789012"}),
    ],
)
def test_an_amount_refused_says_all_there_is_to_say(given: str, code: str, facts: dict[str, object]) -> None:
    assert refused(lambda: parse_amount(given, CNY)) == (code, {**facts, "example": EX})


def test_an_amount_that_is_no_text_is_refused() -> None:
    assert refused(lambda: parse_amount(5, CNY)) == (  # type: ignore[arg-type]
        "amount-not-text",
        {"kind": "int", "example": EX},
    )
    assert refused(lambda: parse_amount("", JPY)) == ("amount-empty", {"example": "1,234"})
    assert parse_amount("1" * 15, CNY).minor == int("1" * 15) * 100, "fifteen digits are read"
    assert parse_amount("-0.05", CNY, allow_negative=True).minor == -5


@pytest.mark.parametrize(
    ("given", "code", "facts"),
    [
        ("", "rate-empty", {"example": "12.5"}),
        ("1" * 33, "rate-too-long", {"length": 33, "length_max": 32, "example": "12.5"}),
        ("-1", "rate-negative", {"given": "-1", "example": "12.5"}),
        ("x", "rate-not-a-number", {"given": "x", "example": "12.5"}),
        ("1.", "rate-not-a-number", {"given": "1.", "example": "12.5"}),
        (".5", "rate-not-a-number", {"given": ".5", "example": "12.5"}),
        ("1.x", "rate-not-a-number", {"given": "1.x", "example": "12.5"}),
        ("\u0665", "rate-not-a-number", {"given": "\u0665", "example": "12.5"}),
        ("1.123456789", "rate-too-many-decimals", {"given": "1.123456789", "decimals_max": 8}),
        ("12345", "rate-too-large", {"given": "12345", "digits_max": 4, "example": "12.5"}),
        ("12345.5", "rate-too-large", {"given": "12345.5", "digits_max": 4, "example": "12.5"}),
    ],
)
def test_a_rate_refused_says_all_there_is_to_say(given: str, code: str, facts: dict[str, object]) -> None:
    assert refused(lambda: parse_rate_pct(given)) == (code, facts)


def test_a_rate_that_is_no_text_is_refused() -> None:
    assert refused(lambda: parse_rate_pct(None)) == (  # type: ignore[arg-type]
        "rate-not-text",
        {"kind": "NoneType", "example": "12.5"},
    )
    assert parse_rate_pct("9999.12345678").text() == "9999.12345678"


def test_a_currency_we_do_not_know_lists_those_we_do() -> None:
    known = "CNY, EUR, GBP, HKD, JPY, USD"
    assert refused(lambda: currency("XXX")) == ("currency-unknown", {"given": "XXX", "known": known})
    assert refused(lambda: currency("X" * 40)) == ("currency-unknown", {"given": "X" * 32, "known": known})
    assert refused(lambda: currency(None)) == (  # type: ignore[arg-type]
        "currency-unknown",
        {"given": "None", "known": known},
    )


def test_shares_that_cannot_be_are_refused_with_their_number() -> None:
    assert refused(lambda: split(10, 0)) == ("split-no-shares", {"shares": 0})
    assert split(10, 1) == (10,)
    assert refused(lambda: split_weighted(10, [1, -2])) == ("split-weight-negative", {"weight": -2})
    assert refused(lambda: split_weighted(10, [0, 0])) == ("split-no-weight", {"shares": 2})
    assert split_weighted(10, [0, 3, 0, 1, 0]) == (0, 7, 0, 3, 0), "the last with a weight takes the rest"
    assert split_weighted(-10, [1, 2]) == (-3, -7)


@pytest.mark.parametrize("rule", Rounding)
def test_a_ratio_below_zero_rounds_as_its_mirror(rule: Rounding) -> None:
    for top, bottom, multiple in ((7, 2, 1), (5, 2, 1), (1, 3, 1), (1250, 1, 100), (1, 1, 1), (0, 3, 1)):
        there = round_ratio(top, bottom, rule, multiple)
        assert (
            round_ratio(-top, bottom, rule, multiple) == -there == round_ratio(top, -bottom, rule, multiple)
        )
        assert round_ratio(-top, -bottom, rule, multiple) == there
        assert there % multiple == 0


def test_what_is_our_own_mistake_is_an_assertion() -> None:
    for mistake in (
        lambda: round_ratio(1, 0, Rounding.UP),
        lambda: round_ratio(1, 1, Rounding.UP, 0),
        lambda: round_ratio(1, 1, Rounding.UP, -1),
        lambda: Money(1.5, CNY),  # type: ignore[arg-type]
        lambda: Money(True, CNY),
        lambda: Rate(0.5),  # type: ignore[arg-type]
    ):
        with pytest.raises(AssertionError):
            mistake()


def test_a_rate_shows_ten_decimals_and_no_zeros_behind_them() -> None:
    from fractions import Fraction

    assert Rate(Fraction(1, 3)).text() == "33.3333333333"
    assert Rate(Fraction(-1, 8)).text() == "-12.5"
    assert Rate(Fraction(1, 3)).text(2) == "33.33"
    assert Rate(Fraction(1, 1000)).text() == "0.1"
    assert Rate(Fraction(10)).text() == "1000"
