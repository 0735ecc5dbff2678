"""Orders: what is known of money a wallet was asked for. ok, failed and unknown are three things.

Needs    the answers so far, in the order they came.
Gives    Answer, order_state, adds_to.
Never    takes silence for a failure, or a late failure over money that came.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Answer(StrEnum):
    """What a rail says of an order or a pay-out."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


def order_state(answers: Sequence[Answer]) -> Answer:
    """What is so after all answers, in whichever order they came: money that came stays.

    >>> order_state([Answer.FAILED, Answer.OK]).value, order_state([Answer.OK, Answer.FAILED]).value
    ('ok', 'ok')
    >>> order_state([]).value, order_state([Answer.FAILED, Answer.UNKNOWN]).value
    ('unknown', 'failed')
    """
    if Answer.OK in answers:
        return Answer.OK
    return Answer.FAILED if Answer.FAILED in answers else Answer.UNKNOWN


def adds_to(answers: Sequence[Answer], new: Answer) -> bool:
    """Whether an answer says something that is not known yet; a duplicate or a late one does not."""
    return order_state([*answers, new]) is not order_state(answers)
