"""Limits: why a draw just put into its place must not be recorded.

Needs    the draw, and the line as it would be with it.
Gives    draw_refusal.
Never    takes back a draw that happened.
Source   docs/reference/line.md, section limit.
"""

from __future__ import annotations

from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.facts import Fact, FactKind
from duewell.domain.line._state import LineState


def draw_refusal(draw: Fact, after: LineState) -> Refusal | None:
    """The refusal of a draw that leaves its day's draws beyond the limit, whichever of them comes last.

    Draws of one day stand in the order of their references, so a new one may push an earlier one over.
    """
    if draw.kind is not FactKind.DRAWN:
        return None
    for each, reason in after.beyond:
        if each.key == draw.key:
            return reason
        if each.effective_on == draw.effective_on:
            short = int(str(reason.facts["amount_minor"])) - int(str(reason.facts["available_minor"]))
            left = max(0, draw.amount - short)
            return InvalidInput("draw-above-limit", amount_minor=draw.amount, available_minor=left)
    return None
