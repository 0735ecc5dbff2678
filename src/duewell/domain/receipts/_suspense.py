"""Suspense: the journals of money whose owner is not known.

Needs    an amount in minor units; debit positive.
Gives    received, released: what moves cash and suspense; never a loan.
Never    touches a loan's accounts: what goes to a loan passes through cash clearing, as every receipt does.
Source   docs/reference/rails.md, "Suspense".
"""

from __future__ import annotations

from duewell.domain.errors import InvalidInput
from duewell.domain.ledger import CASH_CLEARING, SUSPENSE, Journal, Line


def received(amount: int) -> Journal:
    """Money that came and is owed to somebody. Below zero: money a bank took back that we never placed."""
    return Journal((Line(CASH_CLEARING, amount), Line(SUSPENSE, -amount)))


def released(amount: int, *, left: int) -> Journal:
    """Money that leaves suspense: to a loan, back to the payer, or back to the bank.

    Refuses   InvalidInput "suspense-too-little" where less is left, "amount-below-one" for nothing.

    >>> [line.amount_minor for line in released(40, left=100).lines]
    [-40, 40]
    """
    if amount < 1:
        raise InvalidInput("suspense-nothing", left_minor=left)
    if amount > left:
        raise InvalidInput("suspense-too-little", asked_minor=amount, left_minor=left)
    return Journal((Line(CASH_CLEARING, -amount), Line(SUSPENSE, amount)))
