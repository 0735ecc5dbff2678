"""Collection schedule: when a due date is collected, and when again; known before the first attempt.

Needs    a due date, slots such as "T 09:30" and "T+3 09:30", and which days are business days.
Gives    Slot, slots_from, plan_collection, next_slot.
Never    tries more often than there are slots, nor while an attempt has no answer yet.
Source   docs/reference/rails.md, "When it is collected".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from duewell.domain.errors import InvalidInput

SLOTS_MAX = 12
OFFSET_MAX = 60
USUAL = ("T 09:30", "T 15:30", "T+1 09:30", "T+3 09:30")
_SLOT = re.compile(r"T(?:\+([0-9]{1,2}))? ([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """So many days after the due date, at a time of the book's day."""

    offset: int
    at: time


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of the plan, numbered from 1."""

    number: int
    on: date
    at: time


def slots_from(given: Sequence[str]) -> tuple[Slot, ...]:
    """The slots of a rail's file.

    Refuses   InvalidInput "slots-none-or-many", "slot-unreadable", "slots-not-rising".

    >>> slots_from(["T 09:30", "T+1 09:30"])[1].offset
    1
    """
    if not 1 <= len(given) <= SLOTS_MAX:
        raise InvalidInput("slots-none-or-many", given=len(given), slots_max=SLOTS_MAX)
    found = []
    for text in given:
        read = _SLOT.fullmatch(text) if isinstance(text, str) else None
        if read is None or int(read[1] or 0) > OFFSET_MAX:
            raise InvalidInput("slot-unreadable", given=str(text)[:40], example="T+1 09:30")
        found.append(Slot(int(read[1] or 0), time(int(read[2]), int(read[3]))))
    if sorted(set(found)) != found:
        raise InvalidInput("slots-not-rising", given=", ".join(given)[:120])
    return tuple(found)


def plan_collection(
    due_on: date, slots: Sequence[Slot], *, is_business: Callable[[date], bool] = lambda day: True
) -> tuple[Attempt, ...]:
    """Every try at a due date, in order. A slot on a day when banks rest moves to the next business day."""
    found = []
    for number, slot in enumerate(slots, start=1):
        on = due_on + timedelta(days=slot.offset)
        for _ in range(31):
            if is_business(on):
                break
            on += timedelta(days=1)
        found.append(Attempt(number, on, slot.at))
    return tuple(found)


def next_attempt(plan: Sequence[Attempt], *, made: int, on: date) -> Attempt | None:
    """The try to make on a day after `made` were concluded: the first of that day not made yet, None if none.

    Slots of earlier days that were missed stay missed: the borrower was shown when we would come.
    """
    return next((each for each in plan if each.number > made and each.on == on), None)
