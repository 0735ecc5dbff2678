"""Parsing: amounts and rates as people and files write them, read strictly or refused helpfully.

Needs    text, and for an amount its currency.
Gives    Money or Rate.
Never    guesses: no sign, exponent, blank, full-width digit or misplaced comma gets through.
Source   one regular expression each; the limits below are ours and keep a minor amount within 64 bits.
"""

import re
from fractions import Fraction

from duewell.domain.errors import InvalidInput
from duewell.domain.money._amounts import Currency, Money
from duewell.domain.money._rates import Rate

__all__ = ["parse_amount", "parse_rate_pct"]

# 15 digits before the point and 2 behind stay below 10^17, well within a PostgreSQL bigint.
_INTEGER_DIGITS_MAX = 15
_TEXT_LENGTH_MAX = 32
_RATE_INTEGER_DIGITS_MAX = 4
_RATE_DECIMALS_MAX = 8

_AMOUNT = re.compile(r"(-?)([0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.([0-9]+))?")
_RATE = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,8}))?")
_LONE_POINT = re.compile(r"(?:-?[0-9,]*\.|-?\.[0-9]*)")
_DIGITS_AND_COMMAS = re.compile(r"-?[0-9,]+(?:\.[0-9]+)?")


def parse_amount(text: str, currency: Currency, *, allow_negative: bool = False) -> Money:
    """Read an amount of major units, such as "1,234.56".

    Shapes    ASCII digits, optional commas in groups of three, at most 15 digits before the point
              and the currency's decimals behind it.
    Refuses   InvalidInput, one code an obstacle (amount-...); its facts hold the limit and an example.

    >>> from duewell.domain.money import currency
    >>> parse_amount("1,234.5", currency("CNY")).minor
    123450
    """
    example = Money(123456 if currency.exponent else 1234, currency).text()
    _check_text(text, "amount", example)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise _why_not_an_amount(text, example)
    sign, whole, decimals = found[1], found[2], found[3] or ""
    if sign and not allow_negative:
        raise InvalidInput("amount-negative", given=text, example=example)
    if len(decimals) > currency.exponent:
        raise InvalidInput(
            "amount-too-many-decimals",
            given=text,
            currency=currency.code,
            decimals_max=currency.exponent,
            example=example,
        )
    minor = int(whole.replace(",", "") + decimals.ljust(currency.exponent, "0"))
    return Money(-minor if sign else minor, currency)


def parse_rate_pct(text: str) -> Rate:
    """Read a yearly percentage, such as "12.5".

    Shapes    ASCII digits, at most 4 before the point and 8 behind; no sign, no percent sign.
    Refuses   InvalidInput, one code an obstacle (rate-...).

    >>> parse_rate_pct("12.5").per_year
    Fraction(1, 8)
    """
    _check_text(text, "rate", "12.5")
    found = _RATE.fullmatch(text)
    if found is None:
        raise _why_not_a_rate(text, "12.5")
    whole, decimals = found[1], found[2] or ""
    return Rate(Fraction(int(whole + decimals), 100 * 10 ** len(decimals)))


def _check_text(text: str, noun: str, example: str) -> None:
    """Refuse what is not text, is empty, or is too long to be worth matching."""
    if not isinstance(text, str):
        raise InvalidInput(f"{noun}-not-text", kind=type(text).__name__, example=example)
    if not text:
        raise InvalidInput(f"{noun}-empty", example=example)
    if len(text) > _TEXT_LENGTH_MAX:
        raise InvalidInput(f"{noun}-too-long", length=len(text), length_max=_TEXT_LENGTH_MAX, example=example)


def _why_not_an_amount(text: str, example: str) -> InvalidInput:
    """Name the first obstacle in text that is no amount: a strange character, else a misplaced mark."""
    if text.startswith("+"):
        return InvalidInput("amount-plus-sign", given=text, example=example)
    stranger = next((mark for mark in text if mark not in "0123456789,.-"), None)
    if stranger is None:
        return _why_not_in_place(text, example)
    # Full-width and other scripts' digits get their own advice: the keyboard is in the wrong mode.
    code = "amount-foreign-digit" if stranger.isdecimal() else "amount-not-a-number"
    return InvalidInput(code, given=text, character=stranger, example=example)


def _why_not_in_place(text: str, example: str) -> InvalidInput:
    if _LONE_POINT.fullmatch(text):
        return InvalidInput("amount-point-misplaced", given=text, example=example)
    if not _DIGITS_AND_COMMAS.fullmatch(text):
        return InvalidInput("amount-marks-misplaced", given=text, example=example)
    digits = sum(mark.isdigit() for mark in text.partition(".")[0])
    if digits > _INTEGER_DIGITS_MAX:
        return InvalidInput("amount-too-large", given=text, digits_max=_INTEGER_DIGITS_MAX, example=example)
    return InvalidInput("amount-commas-misplaced", given=text, example=example)


def _why_not_a_rate(text: str, example: str) -> InvalidInput:
    """Name the first obstacle in text that is no rate."""
    whole, point, decimals = text.partition(".")
    if text.startswith("-"):
        return InvalidInput("rate-negative", given=text, example=example)
    if not (_is_digits(whole) and (_is_digits(decimals) or not point)):
        return InvalidInput("rate-not-a-number", given=text, example=example)
    if len(decimals) > _RATE_DECIMALS_MAX:
        return InvalidInput("rate-too-many-decimals", given=text, decimals_max=_RATE_DECIMALS_MAX)
    return InvalidInput("rate-too-large", given=text, digits_max=_RATE_INTEGER_DIGITS_MAX, example=example)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
