"""Steps: reminders before a due date, and the course of a loan behind.

Needs    dates.
Gives    the next step after a day.
Never    threatens: no step before a person's review adds pressure, and help comes before any of it.
Source   docs/reference/overdue.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DUE_STEPS: tuple[tuple[int, str], ...] = ((-3, "remind"), (-1, "remind"), (0, "remind"))
"""Days from a coming due date, and what is wished then."""

LATE_STEPS: tuple[tuple[int, str], ...] = (
    (1, "remind-late"),
    (5, "offer-help"),
    (10, "call"),
    (20, "offer-help"),
    (31, "call"),
    (61, "review-hardship"),
    (91, "review"),
    (121, "review"),
    (181, "review-charge-off"),
)
"""Days past due, and what is wished then; after the last one a person decides."""


@dataclass(frozen=True, slots=True)
class NextAction:
    """What happens next, and on which day."""

    kind: str
    on: date


def next_action(*, as_of: date, since: date | None, next_due: date | None) -> NextAction | None:
    """The first step after `as_of`: of the loan's lateness if it is behind, else of its next due date.

    Returns None for a loan with nothing due any more. A loan past the last step waits for the review
    that step asked for: it is due on the day looked at.
    """
    if since is not None:
        steps = [NextAction(kind, since + timedelta(days=days)) for days, kind in LATE_STEPS]
        return next((step for step in steps if step.on > as_of), NextAction(steps[-1].kind, as_of))
    if next_due is None:
        return None
    steps = [NextAction(kind, next_due + timedelta(days=days)) for days, kind in DUE_STEPS]
    return next((step for step in steps if step.on > as_of), NextAction("due", next_due))
