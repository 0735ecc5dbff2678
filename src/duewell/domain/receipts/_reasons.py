"""Reasons: what a bank's code means, and what is to be done next.

Needs    a code, and a table of codes (data of the rail).
Gives    NextStep, reason_table, step_of, mandate_event_of.
Never    tries again where the borrower or the bank said no, nor charges for a failure.
Source   ISO 20022 external status and return reason codes; the table is data in gateways/rails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from duewell.domain.errors import InvalidInput
from duewell.domain.receipts._mandates import MandateEvent

CODES_MAX = 500
_CODE = re.compile(r"[0-9A-Za-z._-]{1,35}")


class NextStep(StrEnum):
    """What to do after an attempt failed."""

    RETRY = "retry"
    OTHER_ACCOUNT = "other-account"
    REVOKED = "revoked"
    DECEASED = "deceased"
    DISPUTED = "disputed"
    OURS = "ours"
    """We or our bank made the mistake: an operator looks, the borrower is not asked for anything."""


_ENDS = {
    NextStep.OTHER_ACCOUNT: MandateEvent.ACCOUNT_REFUSED,
    NextStep.REVOKED: MandateEvent.REVOKED_AT_BANK,
    NextStep.DECEASED: MandateEvent.PAYER_DECEASED,
    NextStep.DISPUTED: MandateEvent.DISPUTED,
}


def reason_table(given: Mapping[str, object]) -> dict[str, NextStep]:
    """The table of a file: a step and the codes it is taken for.

    Refuses   InvalidInput "reasons-unreadable" for a step there is not, or a code twice.
    """
    found: dict[str, NextStep] = {}
    for name, codes in given.items():
        if name not in set(NextStep) or not isinstance(codes, list) or len(codes) > CODES_MAX:
            raise InvalidInput("reasons-unreadable", given=str(name)[:40])
        for code in codes:
            if not isinstance(code, str) or not _CODE.fullmatch(code) or code in found:
                raise InvalidInput("reasons-unreadable", given=str(code)[:40])
            found[code] = NextStep(name)
    return found


def step_of(code: str, table: Mapping[str, NextStep]) -> NextStep:
    """What to do next. A code nobody told us of stops and asks a person: it is taken as our own mistake.

    >>> step_of("AM04", {"AM04": NextStep.RETRY}).value, step_of("XX99", {}).value
    ('retry', 'ours')
    """
    return table.get(code, NextStep.OURS)


def mandate_event_of(step: NextStep) -> MandateEvent | None:
    """What a step does to the mandate; None where it lives on."""
    return _ENDS.get(step)
