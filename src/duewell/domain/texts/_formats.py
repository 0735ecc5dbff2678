"""Formats: amounts, dates and rates as people read them, in one place for pages, receipts and messages.

Needs    an amount, a date or a rate; the language.
Gives    money_text, plain_amount, day_text, instant_text, rate_text, cost_rate_text, capital_amount; what
         reads an amount back.
Never    rounds an amount, or writes a date of digits alone where a person reads it.
Source   docs/reference/formats.md.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from duewell.domain.errors import InvalidInput
from duewell.domain.money import Money, Rate, Rounding, currency, parse_amount, round_fraction

_SIGNS = {
    "zh": {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥"},
    "en": {"CNY": "CN¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥"},
}
_DAYS = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RATE_DIGITS = 2


@lru_cache(maxsize=65536)
def money_text(minor: int, code: str, lang: str) -> str:
    """An amount with its currency's sign: ¥1,234.56 in Chinese, CN¥1,234.56 in English; below zero −¥0.50.

    >>> money_text(123456, "CNY", "zh"), money_text(-50, "CNY", "en")
    ('¥1,234.56', '−CN¥0.50')
    """
    sign = _SIGNS[lang].get(code, code + "\u00a0")
    return ("−" if minor < 0 else "") + sign + plain_amount(abs(minor), code)


@lru_cache(maxsize=65536)
def plain_amount(minor: int, code: str) -> str:
    """An amount without its sign of currency, its thousands parted."""
    return Money(minor, currency(code)).text()


def read_money_text(text: str, code: str, lang: str) -> int:
    """The minor units of what `money_text` wrote. Refuses anything else that is no amount."""
    is_below = text.startswith("−")
    sign = _SIGNS[lang].get(code, code + "\u00a0")
    bare = text.removeprefix("−")
    if not bare.startswith(sign):
        raise InvalidInput("amount-not-a-number", given=text[:40], character=bare[:1], example=sign + "12.50")
    minor = parse_amount(bare.removeprefix(sign), currency(code)).minor
    return -minor if is_below else minor


@lru_cache(maxsize=4096)
def day_text(day: date, lang: str) -> str:
    """A date with its weekday: 2026年10月10日（周六）, Sat 10 Oct 2026.

    >>> day_text(date(2026, 10, 10), "zh"), day_text(date(2026, 10, 10), "en")
    ('2026年10月10日（周六）', 'Sat 10 Oct 2026')
    """
    name = _DAYS[lang][day.weekday()]
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日（{name}）"
    return f"{name} {day.day} {_MONTHS[day.month - 1]} {day.year}"


@lru_cache(maxsize=4096)
def short_day_text(day: date, lang: str) -> str:
    """A date in a table, without its weekday.

    >>> short_day_text(date(2026, 10, 10), "zh"), short_day_text(date(2026, 10, 10), "en")
    ('2026年10月10日', '10 Oct 2026')
    """
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant_text(at: datetime, lang: str, zone: str = "Asia/Shanghai") -> str:
    """An instant to the minute as the clocks of a zone show it.

    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 10, 10, 1, 5, tzinfo=UTC), "en")
    '10 Oct 2026 09:05'
    """
    there = at.astimezone(ZoneInfo(zone))
    return f"{short_day_text(there.date(), lang)} {there:%H:%M}"


@lru_cache(maxsize=4096)
def rate_text(per_year: Fraction, lang: str) -> str:
    """A yearly rate with two decimals at least, more only where it has them: 19.56% a year.

    >>> rate_text(Fraction(1956, 10000), "en"), rate_text(Fraction(12, 100), "zh")
    ('19.56% a year', '年利率 12.00%')
    """
    whole, _, digits = Rate(per_year).text().partition(".")
    told = f"{whole}.{digits.ljust(_RATE_DIGITS, '0')}%"
    return f"年利率 {told}" if lang == "zh" else f"{told} a year"


@lru_cache(maxsize=4096)
def cost_rate_text(per_year: Fraction) -> str:
    """A cost's rate to two decimals, as every cost sheet shows it.

    >>> cost_rate_text(Fraction(19558, 100_000))
    '19.56%'
    >>> cost_rate_text(Fraction(-25278, 1_000_000))
    '-2.53%'
    """
    shown = round_fraction(per_year * 10_000, Rounding.HALF_EVEN)
    whole, rest = divmod(abs(shown), 100)
    return f"{'-' if shown < 0 else ''}{whole}.{rest:02d}%"


# -- capital numerals ------------------------------------------------------------------------------

_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


@lru_cache(maxsize=4096)
def capital_amount(minor: int) -> str:
    """An amount of yuan in capital numerals, as receipts and contracts carry it.

    Source    the banks' rule for filling in notes (正确填写票据和结算凭证的基本规定): 整 after yuan or jiao,
              one 零 for zeros between figures, none before 角 where there are no yuan.

    >>> capital_amount(123456), capital_amount(100_000_00), capital_amount(1_000_05)
    ('壹仟贰佰叁拾肆元伍角陆分', '壹拾万元整', '壹仟元零伍分')
    """
    assert minor >= 0, "a receipt is never of less than nothing"
    yuan, rest = divmod(minor, 100)
    jiao, fen = divmod(rest, 10)
    text = _capital_whole(yuan) + "元" if yuan else ""
    if not rest:
        return (text or "零元") + "整"
    if jiao:
        text += _CAPITALS[jiao] + "角"
    elif yuan:
        text += "零"
    return text + (_CAPITALS[fen] + "分" if fen else "整")


def _capital_whole(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if group == 0:
            text += "零"
            continue
        if text and group < 1000 and not text.endswith("零"):
            text += "零"
        text += _capital_group(group) + _GROUPS[place]
    return re.sub("零+", "零", text).rstrip("零")


def _capital_group(group: int) -> str:
    text = ""
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            text += _CAPITALS[digit] + _PLACES[place]
        elif text and not text.endswith("零"):
            text += "零"
    return text.rstrip("零")
