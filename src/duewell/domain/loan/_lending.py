"""Lending: which row asks for money that goes out after the first disbursement.

Needs    the Fold on the day of the money, or the rows and what was lent.
Gives    the row that asks for it, open again if it was paid ahead; what a row must not ask for; what
         the instalments from a row on repay.
Never    sets an instalment or changes what is out.
Source   docs/reference/conventions.md, section progressive.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from duewell.domain.loan._schedule import Row
from duewell.domain.product import Part

if TYPE_CHECKING:
    from duewell.domain.loan._fold import Fold


def asking_row(work: Fold, on: date) -> Row:
    """The first row due after a day that can still ask for money lent that day; else the last, open again."""
    for row in work.rows:
        if row.due_on > on and not (row.is_locked or row.is_met or row.is_down_payment):
            return row
    last = work.rows[work.plan_end()]
    last.is_locked = False
    return last


def lent_since(lent: Sequence[tuple[date, int]], due_on: date) -> int:
    """Money lent on a due date or later, which that row never asks for; what the plan repays is not in it."""
    return sum(amount for on, amount in lent[1:] if on >= due_on)


def planned_before(work: Fold, first: int) -> int:
    """What the instalments from a row on repay: all lent less the principal of rows before.

    What was lent again is asked beside the instalment of its row, so it is not in the instalments too.
    """
    again = sum(r.extra for r in work.rows[first:])
    return sum(a for _, a in work.lent) - again - sum(r.due[Part.PRINCIPAL] for r in work.rows[:first])
