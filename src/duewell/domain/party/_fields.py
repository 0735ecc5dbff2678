"""What may be kept of a person: each field with its class, how it is written, and how it is masked.

Needs    the text as typed.
Gives    FIELDS, Field, read_field, masked.
Never    keeps a value, or guesses a country code other than the one of an eleven-digit Chinese mobile.
Source   docs/reference/privacy.md; classes after JR/T 0171-2020: C3 opens accounts, C2 names a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from duewell.domain.errors import InvalidInput

_TEXT_MAX = 200
_STAR = "*"


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its class, whether a person is found by it, what it accepts, and what others see of it."""

    name: str
    data_class: str
    is_name: bool
    read: Callable[[str], str]
    mask: Callable[[str], str]


def read_field(name: str, given: str) -> str:
    """A value in its one way of being written. Refuses a field or a value that is none."""
    if name not in FIELDS:
        raise InvalidInput("person-field-unknown", given=name[:40], known=", ".join(FIELDS))
    if not given.strip() or len(given) > _TEXT_MAX or not given.isprintable():
        raise InvalidInput("person-field-unreadable", field=name)
    return FIELDS[name].read(given.strip())


def masked(name: str, value: str) -> str:
    """What somebody sees who has no need to see it whole."""
    return FIELDS[name].mask(value)


def _phone(text: str) -> str:
    bare = re.sub(r"[ ()./-]", "", text)
    if re.fullmatch(r"1[3-9][0-9]{9}", bare):
        return "+86" + bare
    if re.fullmatch(r"00[1-9][0-9]{6,14}", bare):
        bare = "+" + bare[2:]
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", bare):
        raise InvalidInput("phone-unreadable", example="+86 138 0013 8000")
    return bare


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s\"<>()\[\],;:\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text):
        raise InvalidInput("email-unreadable", example="name@example.com")
    return text.lower()


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def _id_number(text: str) -> str:
    """A Chinese identity number holds a check digit (GB 11643-1999); others are taken as they are."""
    bare = re.sub(r"[ -]", "", text).upper()
    if not re.fullmatch(r"[0-9A-Z]{4,30}", bare):
        raise InvalidInput("id-number-unreadable")
    if re.fullmatch(r"[0-9]{17}[0-9X]", bare):
        total = sum(int(digit) * weight for digit, weight in zip(bare, _WEIGHTS, strict=False))
        if _CHECKS[total % 11] != bare[-1]:
            raise InvalidInput("id-number-mistyped")
    return bare


_BORN_FIRST = date(1880, 1, 1)


def _birthday(text: str) -> str:
    """People are older than loans: a day of birth has a range of its own."""
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        day = None
    if day is None or day < _BORN_FIRST:
        raise InvalidInput("birthday-unreadable", example="1990-05-17")
    return day.isoformat()


def _language(text: str) -> str:
    if text not in ("zh", "en"):
        raise InvalidInput("language-unknown", given=text[:20], known="zh, en")
    return text


def _mask_name(value: str) -> str:
    return " ".join(word[0] + _STAR * min(len(word) - 1, 3) for word in value.split())


def _mask_tail(keep_first: int, keep_last: int) -> Callable[[str], str]:
    def mask(value: str) -> str:
        hidden = len(value) - keep_first - keep_last
        if hidden < 1:
            return _STAR * len(value)
        return value[:keep_first] + _STAR * hidden + value[len(value) - keep_last :]

    return mask


def _mask_email(value: str) -> str:
    name, _, host = value.partition("@")
    return f"{name[0]}{_STAR * 3}@{host}"


def _hidden(value: str) -> str:
    return _STAR * 3


FIELDS = {
    each.name: each
    for each in (
        Field("name", "C2", False, lambda text: " ".join(text.split()), _mask_name),
        Field("phone", "C2", True, _phone, _mask_tail(6, 4)),
        Field("email", "C2", True, _email, _mask_email),
        Field("id_number", "C2", True, _id_number, _mask_tail(1, 1)),
        Field("born_on", "C2", False, _birthday, _hidden),
        Field("address", "C2", False, lambda text: " ".join(text.split()), _hidden),
        Field("lang", "C1", False, _language, lambda value: value),
    )
}
