"""Figures as people read them: written one way, read back the same."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.errors import InvalidInput
from duewell.domain.texts import (
    capital_amount,
    day_text,
    money_text,
    rate_text,
    read_money_text,
    short_day_text,
)

CAPITALS = [
    (0, "零元整"),
    (1, "壹分"),
    (10, "壹角整"),
    (15, "壹角伍分"),
    (100, "壹元整"),
    (105, "壹元零伍分"),
    (150, "壹元伍角整"),
    (1_000, "壹拾元整"),
    (10_100, "壹佰零壹元整"),
    (1_000_100, "壹万零壹元整"),
    (1_001_000, "壹万零壹拾元整"),
    (10_709_000, "壹拾万柒仟零玖拾元整"),
    (100_000_000, "壹佰万元整"),
    (10_000_000_000, "壹亿元整"),
    (10_001_000_000, "壹亿零壹万元整"),
    (640_953_000_50 // 10, "陆仟肆佰零玖万伍仟叁佰元零伍分"),
    (168_032, "壹仟陆佰捌拾元叁角贰分"),
    (140_950, "壹仟肆佰零玖元伍角整"),
]


@pytest.mark.parametrize(("minor", "text"), CAPITALS)
def test_capital_numerals_are_the_banks(minor: int, text: str) -> None:
    assert capital_amount(minor) == text


_VALUES = {mark: number for number, mark in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_capitals(text: str) -> int:
    """Read it back by the words alone, sharing nothing with what wrote it."""
    whole, _, rest = text.partition("元") if "元" in text else ("", "", text)
    total = group = digit = 0
    for mark in whole:
        if mark in _VALUES:
            digit = _VALUES[mark]
        elif mark in _UNITS:
            group, digit = group + digit * _UNITS[mark], 0
        elif mark == "万":
            total, group, digit = total + (group + digit) * 10_000, 0, 0
        elif mark == "亿":
            total, group, digit = (total + group + digit) * 100_000_000, 0, 0
    yuan, minor, digit = total + group + digit, 0, 0
    for mark in rest:
        if mark in _VALUES:
            digit = _VALUES[mark]
        elif mark in "角分":
            minor, digit = minor + digit * (10 if mark == "角" else 1), 0
    return yuan * 100 + minor


@given(st.integers(0, 10**13))
def test_capital_numerals_say_the_amount(minor: int) -> None:
    text = capital_amount(minor)
    assert read_capitals(text) == minor
    assert "零零" not in text and "零元" not in text.replace("零元整", "")


@given(
    st.integers(-(10**15), 10**15),
    st.sampled_from(["CNY", "USD", "JPY", "EUR"]),
    st.sampled_from(["zh", "en"]),
)
def test_an_amount_written_is_read_back(minor: int, code: str, lang: str) -> None:
    assert read_money_text(money_text(minor, code, lang), code, lang) == minor


@pytest.mark.parametrize("text", ["", "12.50", "$1", "CN¥", "CN¥1,23.00", "CN¥1.234", "CN¥ＮaN", "-CN¥1.00"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_money_text(text, "CNY", "en")


def test_dates_and_rates_are_written_as_each_language_does() -> None:
    assert day_text(date(2026, 3, 1), "zh") == "2026年3月1日（周日）"
    assert day_text(date(2026, 3, 1), "en") == "Sun 1 Mar 2026"
    assert short_day_text(date(2026, 12, 31), "en") == "31 Dec 2026"
    assert rate_text(Fraction(155, 1000), "en") == "15.50% a year"
    assert rate_text(Fraction(123456, 1000000), "zh") == "年利率 12.3456%"
    assert rate_text(Fraction(0), "zh") == "年利率 0.00%"
