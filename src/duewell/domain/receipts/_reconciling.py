"""Reconciling: rail, receipt and ledger of a day laid side by side.

Needs    what each of the three holds, by reference.
Gives    Held, Difference, reconcile.
Never    corrects: a difference is for a person.
Source   docs/reference/rails.md, "Three sides".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Ref = tuple[str, str]
"""The rail and the provider's reference."""


class DifferenceKind(StrEnum):
    """How the sides can differ."""

    RAIL_ONLY = "rail-only"
    """The rail has it, we do not."""
    OURS_ONLY = "ours-only"
    """We have it, the rail does not."""
    AMOUNT = "amount-differs"
    LEDGER = "ledger-differs"


@dataclass(frozen=True, slots=True)
class Held:
    """Minor units of a currency, with their sign: money that came is positive."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; a side that has nothing is None."""

    kind: DifferenceKind
    ref: Ref
    rail: Held | None
    receipt: Held | None
    ledger: Held | None


def reconcile(
    *, rail: Mapping[Ref, Held], receipts: Mapping[Ref, Held], ledger: Mapping[Ref, Held]
) -> list[Difference]:
    """Every difference, by reference; none where the three agree.

    >>> one = {("b/bank", "1"): Held(100, "CNY")}
    >>> reconcile(rail=one, receipts=one, ledger=one)
    []
    >>> [each.kind.value for each in reconcile(rail=one, receipts={}, ledger={})]
    ['rail-only']
    """
    found = []
    for ref in sorted({*rail, *receipts, *ledger}):
        told, ours, booked = rail.get(ref), receipts.get(ref), ledger.get(ref)
        kinds = []
        if ours is None and told is not None:
            kinds.append(DifferenceKind.RAIL_ONLY)
        elif told is None and ours is not None:
            kinds.append(DifferenceKind.OURS_ONLY)
        elif told != ours:
            kinds.append(DifferenceKind.AMOUNT)
        if ours != booked:
            kinds.append(DifferenceKind.LEDGER)
        found += [Difference(kind, ref, told, ours, booked) for kind in kinds]
    return found
