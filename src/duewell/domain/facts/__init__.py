"""Facts: what the world did that changes what is owed, for loans and lines alike.

Needs    calendar frequencies, the balances of a line, errors.
Gives    Fact and FactKind, the closed list; the two clocks and the one order; Applied, what a fact did.
Never    holds anything a fold could derive.
Source   docs/decisions/0001 and 0007.
"""

from duewell.domain.facts._facts import (
    TAKING_BACK,
    Applied,
    Arrear,
    ChargeBase,
    Conversion,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    Position,
    ReAged,
    ReAmortized,
    Reschedule,
    fact_named,
    in_order,
    known,
    shared,
    split_at,
)
from duewell.domain.facts._lines import VERBS, FactLines, fact_line

__all__ = [
    "TAKING_BACK",
    "VERBS",
    "Applied",
    "Arrear",
    "ChargeBase",
    "Conversion",
    "DueDateMoved",
    "Extended",
    "Fact",
    "FactKind",
    "FactLines",
    "Position",
    "ReAged",
    "ReAmortized",
    "Reschedule",
    "fact_line",
    "fact_named",
    "in_order",
    "known",
    "shared",
    "split_at",
]
