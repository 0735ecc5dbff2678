"""Mandates: a borrower's leave to collect, signed, revoked, or stopped by what a bank answered.

Needs    the events of a mandate, oldest first.
Gives    MandateKind, MandateState, mandate_state, check_change.
Never    takes a leave back to life: a new leave is a new mandate.
Source   docs/reference/rails.md, "Mandates".
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from duewell.domain.errors import Conflict


class MandateEvent(StrEnum):
    """What happens to a mandate. Each is a record and tells the borrower."""

    SIGNED = "signed"
    REVOKED = "revoked"
    REVOKED_AT_BANK = "revoked-at-bank"
    ACCOUNT_REFUSED = "account-refused"
    PAYER_DECEASED = "payer-deceased"
    DISPUTED = "disputed"


def is_active(events: Sequence[MandateEvent]) -> bool:
    """Whether money may be collected under it: it was signed and nothing happened since.

    >>> is_active([MandateEvent.SIGNED]), is_active([MandateEvent.SIGNED, MandateEvent.REVOKED])
    (True, False)
    """
    return bool(events) and events[-1] is MandateEvent.SIGNED


def check_change(events: Sequence[MandateEvent], new: MandateEvent) -> None:
    """Refuses   Conflict "mandate-ended" where it ended before, "mandate-signed-already" signed twice."""
    if new is MandateEvent.SIGNED:
        if events:
            raise Conflict("mandate-signed-already")
        return
    if not is_active(events):
        raise Conflict("mandate-ended", state=events[-1].value if events else "-")
