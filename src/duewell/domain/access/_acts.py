"""Acts that need two persons: whoever asks for one of them does not decide it.

Needs    the kind of a fact, or the name of an act.
Gives    Act, FOUR_EYES, needs_second.
Never    lets a request be decided by who made it.
Source   docs/reference/access.md, section four eyes.
"""

from __future__ import annotations

from enum import StrEnum

from duewell.domain.facts import FactKind


class Act(StrEnum):
    """What a request for approval would do."""

    FACT = "fact"
    ROLES = "roles"
    PRODUCT = "product"
    TAPE = "tape"
    ERASURE = "erasure"
    RAIL = "rail"
    MATCH = "suspense-match"
    SEND_BACK = "suspense-send-back"
    REFUND = "refund"


FOUR_EYES = frozenset(
    {
        FactKind.WAIVED,
        FactKind.CHARGED_OFF,
        FactKind.REFUNDED,
        FactKind.RESCHEDULED,
        FactKind.REVERSED,
        FactKind.RATE_CHANGED,
        FactKind.PAUSE_SET,
        FactKind.LIMIT_CHANGED,
    }
)
"""What forgives, takes back, gives out, or changes what was agreed."""


def needs_second(kind: FactKind) -> bool:
    """Whether a fact of this kind is recorded only once a second person has approved it."""
    return kind in FOUR_EYES
