"""What readers of rails' files share: rows refused with their place, amounts, dates, and what a file gave.

Needs    text of a file.
Gives    FileRead, StatusRow, StatusRead, amount_in, day_in, instant_in, check_sum.
Never    guesses a date's order or an amount's point.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.money import currency, parse_amount
from duewell.domain.receipts import Statement
from duewell.domain.tape import RowRefusal
from duewell.domain.texts import message_of

REF_MAX = 100
_ISO_ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")
_COMPACT = re.compile(r"[0-9]{8}")


@dataclass(slots=True)
class FileRead:
    """A statement and the rows of it that cannot be read; `waiting` entries are not booked yet."""

    statement: Statement
    refusals: list[RowRefusal] = field(default_factory=list)
    waiting: int = 0


class Status(StrEnum):
    """What a status file says of one of our orders."""

    ACCEPTED = "accepted"
    PAID = "paid"
    REJECTED = "rejected"
    RETURNED = "returned"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One row: the end-to-end id it is about; `amount` None where the file names none."""

    line: int
    ref: str
    status: Status
    reason: str = ""
    amount: int | None = None
    on: date | None = None


@dataclass(slots=True)
class StatusRead:
    """A status file: its id, the file of ours it answers, a status for all of it, and its rows."""

    id: str
    original: str
    rows: list[StatusRow]
    group: Status | None = None
    group_reason: str = ""
    refusals: list[RowRefusal] = field(default_factory=list)


def amount_in(text: str, code: str) -> int:
    """Minor units of an amount as files write it, above zero.

    Refuses   what is no amount of the currency, and "amount-below-one" for nothing or less.
    """
    found = parse_amount(text, currency(code)).minor
    if found < 1:
        raise InvalidInput("rail-amount-below-one", given=text[:40])
    return found


def day_in(text: str) -> date:
    """A date as 2026-06-01 or 20260601."""
    if _COMPACT.fullmatch(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return parse_date(text)


def instant_in(text: str) -> datetime:
    """An instant with or without its offset."""
    if not _ISO_ZONED.fullmatch(text):
        raise InvalidInput("date-not-readable", given=text[:32], example="2026-03-01T18:30:00+08:00")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("date-not-in-calendar", given=text[:32]) from None


def plain(text: str, *, column: str) -> str:
    """A reference as it may stand in a key: short and visible. Refuses "rail-reference-unreadable"."""
    if len(text) > REF_MAX or not text.isprintable():
        raise InvalidInput("rail-reference-unreadable", column=column, length_max=REF_MAX)
    return text


def check_sum(name: str, told: str, *, found: str) -> None:
    """Refuses   InvalidInput "rail-total-differs" where a file's own total is not what its rows come to."""
    if told != found:
        raise InvalidInput("rail-total-differs", total=name, told=told[:40], found=found)


def refusing(refusals: list[RowRefusal], line: int) -> Callable[[str, str, Refusal], None]:
    """What keeps the refusals of one row."""

    def refuse(column: str, value: str, problem: Refusal) -> None:
        refusals.append(RowRefusal(line, column, value[:40], message_of(problem)))

    return refuse
