"""Recording: what a new fact must not do to those recorded before it, and what it does to them.

Needs    the new fact, and what was void and applied without it and with it.
Gives    as_recorded, voided, refusal_to_record.
Never    refuses money that came, or a correction: what they leave without effect is told, not hidden.
Source   docs/decisions/0006.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from duewell.domain.errors import Conflict, InvalidInput, Refusal
from duewell.domain.facts._facts import PLANS, TAKING_BACK, Applied, Fact, FactKind

Void = tuple[Fact, Refusal]

MONEY = frozenset({FactKind.PAYMENT_RECEIVED, FactKind.PAID_OFF, FactKind.RECOVERED})
"""Money that came."""


class Folded(Protocol):
    """What any contract's state tells of its facts."""

    @property
    def applied(self) -> tuple[Applied, ...]:
        """What each fact did."""
        ...

    @property
    def void(self) -> tuple[Void, ...]:
        """Facts that could not be applied, each with the reason."""
        ...

    @property
    def charged_off_on(self) -> date | None:
        """The day it left the books."""
        ...


def as_recorded(fact: Fact, applied: Iterable[Applied]) -> Fact:
    """The fact as it is kept: one that settles carries the amount it came to, whatever is learnt later."""
    if fact.kind is not FactKind.PAID_OFF or fact.amount:
        return fact
    return replace(fact, amount=next((a.amount for a in applied if a.fact.key == fact.key), 0))


def voided(before: Sequence[Void], after: Sequence[Void], new: Fact) -> list[Void]:
    """Facts that had an effect and have none any more once the new one counts."""
    were = {fact.key for fact, _ in before}
    return [each for each in after if each[0].key not in were and each[0].key != new.key]


def refusal_to_record(new: Fact, before: Folded, after: Folded) -> Refusal | None:
    """Why a fact must not be recorded beside those there are.

    It is void itself; it plans or settles what is off the books, or recovers what is on them; or, being
    neither money that came nor a correction, it would leave an earlier fact without effect.
    """
    for fact, reason in after.void:
        if fact.key == new.key:
            return reason
    off = before.charged_off_on
    if off is not None and (new.kind in PLANS or new.kind is FactKind.PAID_OFF):
        return Conflict("loan-charged-off", charged_off_on=off.isoformat(), kind=new.kind.value)
    if new.kind is FactKind.RECOVERED:
        mine = next((a for a in after.applied if a.fact.key == new.key), None)
        if mine is not None and mine.kind != "recovery":
            return InvalidInput("recovery-before-charge-off", effective_on=new.effective_on.isoformat())
    if new.kind in MONEY or new.kind in TAKING_BACK:
        return None
    for fact, reason in voided(before.void, after.void, new):
        return Conflict(
            "fact-voids-another",
            kind=fact.kind.value,
            effective_on=fact.effective_on.isoformat(),
            ref=fact.source_ref[:60],
            reason=reason.code,
        )
    return None
