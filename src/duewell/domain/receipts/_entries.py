"""Entries: what a rail says happened, in one shape whichever file or message told it.

Needs    nothing but the words of the rail, already read strictly.
Gives    Entry, EntryKind, Statement, Payer.
Never    says whose money it is: matching does.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class EntryKind(StrEnum):
    """Money that came, money that went, and money that came and was taken back."""

    CREDIT = "credit"
    DEBIT = "debit"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Payer:
    """The other side as the rail names it; empty where it does not."""

    name: str = ""
    account: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `nth` is its place in the file, from 1, on `line`; `ref` is unique on its rail.

    `amount` is minor units of `currency`, never below one. `value_at` is there where it is an instant.
    `references` are structured ones; `text` is what the payer wrote. A return names what it takes back
    by the rail's own reference (`returns_ref`) or by our end-to-end id (`end_to_end`).
    """

    nth: int
    ref: str
    kind: EntryKind
    amount: int
    currency: str
    booked_on: date
    value_on: date
    value_at: datetime | None = None
    virtual_account: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    end_to_end: str = ""
    returns_ref: str = ""
    reason: str = ""
    payer: Payer = field(default=Payer())
    line: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """A file of one account: its own id, the account it is of, and its entries in the order of the file."""

    id: str
    account: str
    entries: tuple[Entry, ...]
