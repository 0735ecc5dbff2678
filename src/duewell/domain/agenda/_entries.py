"""Entries: what happens to a contract on a day to come, and what that adds to the portfolio sums.

Needs    sums.
Gives    Entry, EntryKind, Agenda; MISSED and OBSERVED, the observations of a day by name.
Never    computes an amount: loan and line write them, the day adds them.
Source   docs/decisions/0003-the-agenda.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from duewell.domain.agenda._sums import Sums
from duewell.domain.errors import InvalidInput

_BIGINT_MAX = 2**63 - 1


class EntryKind(IntEnum):
    """What happens on an agenda date; the order is the order within one day."""

    POSTED = 1
    """What facts of the open day change in the sums when it closes."""
    CURED = 2
    """Nothing is past due any more, where something was the day before."""
    DUE = 3
    EDGE = 4
    """The loan enters the next delinquency bucket."""
    PENALTY = 5
    """A penalty begins, or is charged."""
    RATE = 6
    """The daily accrual changes inside a row: a rate, a pause, a disbursement."""
    SUSPENDED = 8
    """The loan is so long past due that its unpaid interest is no income until it is paid."""
    STATEMENT = 9
    """A line's statement closes. (7 is kept for what the day observes: a row was missed.)"""
    RENEW = 10
    """The agenda ends here: the contract is folded again at this day's close, which writes what follows."""


MISSED = 7
"""What a day observes beside the entries that came: a row stayed unpaid at the end of its due date."""

OBSERVED: dict[int, str] = {
    EntryKind.POSTED: "posted",
    EntryKind.CURED: "cured",
    EntryKind.DUE: "fell-due",
    EntryKind.EDGE: "entered-bucket",
    EntryKind.PENALTY: "penalty-begins",
    EntryKind.RATE: "accrual-changes",
    MISSED: "missed",
    EntryKind.SUSPENDED: "interest-suspended",
    EntryKind.STATEMENT: "statement-closed",
    EntryKind.RENEW: "course-renewed",
}
"""Observations by the names they have outside."""


@dataclass(slots=True)
class Entry:
    """One date of the agenda: its kind, the unpaid parts it claims, and what it adds to the sums."""

    on: date
    kind: EntryKind
    claims: tuple[int, int, int] = (0, 0, 0)
    adds: Sums = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Agenda:
    """The coming dates of one loan, in order; entries before the open day are claims past due.

    `is_turned` says that the entries are the silent course of a loan behind, not the agreed plan.
    `is_tabular` says that a payment of what falls due on a day, made on that day, meets its claims one after
    another and changes nothing else; then `principal` is what is out when the agenda is written. `before` is
    what the contract stood for at the end of the day before the open one.
    """

    entries: tuple[Entry, ...]
    is_turned: bool
    since: date | None
    principal: int = 0
    is_tabular: bool = False
    before: Sums = field(default_factory=dict)


def in_day_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries by date and kind. Refuses InvalidInput "loan-too-large-for-a-book" for what no sum can hold."""
    ordered = sorted(entries, key=lambda entry: (entry.on, entry.kind))
    for entry in ordered:
        if any(abs(value) > _BIGINT_MAX for value in entry.adds.values()):
            raise InvalidInput("loan-too-large-for-a-book", on=entry.on.isoformat())
    return ordered
