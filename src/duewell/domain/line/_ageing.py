"""Ageing: how late a line is on a given day.

Needs    a folded line.
Gives    Ageing: days past due from the oldest unpaid minimum, overdue, outstanding; line_overdue_parts.
Never    changes a line, posts an entry, or asks for today.
Source   the oldest-unpaid rule; docs/reference/line.md, docs/reference/dpd.md.
"""

from __future__ import annotations

from datetime import date

from duewell.domain.agenda import BUCKETS, Ageing, Buckets, bucket_of
from duewell.domain.line._parts import Statement
from duewell.domain.line._state import LineState
from duewell.domain.product import Part


def line_ageing(state: LineState, buckets: Buckets = BUCKETS) -> Ageing:
    """Days past due of the oldest statement whose own minimum is unpaid.

    Overdue is what is unpaid of minimums past due; outstanding is all that is owed, whole units; of a line
    charged off it is the claim.
    """
    late = past_due(state)
    dpd = (state.as_of - late[0].due_on).days if late else 0
    is_off = state.charged_off_on is not None
    return Ageing(
        dpd,
        bucket_of(dpd, buckets),
        late[0].due_on if late else None,
        sum(each.unpaid for each in late),
        sum(state.claim) if is_off else sum(state.owed),
    )


def past_due(state: LineState) -> list[Statement]:
    """The statements whose own minimum is unpaid after its due date, oldest first."""
    return [each for each in state.statements if each.due_on < state.as_of and each.unpaid > 0]


def line_overdue_parts(state: LineState, before: date) -> dict[Part, int]:
    """The unpaid parts of minimums that fell due before a day."""
    late = [each for each in state.statements if each.due_on < before and each.unpaid > 0]
    return {part: sum(each.owes(part) for each in late) for part in Part}


def next_due(state: LineState) -> date | None:
    """The next due date of a minimum that is not paid."""
    coming = (each.due_on for each in state.statements if each.due_on >= state.as_of and each.unpaid > 0)
    return next(coming, None)
