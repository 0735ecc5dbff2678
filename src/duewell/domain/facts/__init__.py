"""Facts: what the world did that changes what is owed, for loans and lines alike.

Needs    calendar frequencies, the balances of a line, errors.
Gives    Fact and FactKind, the closed list; the two clocks and the one order; Applied, what a fact
         did; what recording a fact must not do to others.
Never    holds anything a fold could derive.
Source   docs/decisions/0001 and 0007.
"""

from duewell.domain.facts._documents import fact_document, void_document
from duewell.domain.facts._facts import (
    PLANS,
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
from duewell.domain.facts._recording import MONEY, Void, as_recorded, refusal_to_record, voided

__all__ = [
    "MONEY",
    "PLANS",
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
    "Void",
    "as_recorded",
    "fact_document",
    "fact_line",
    "fact_named",
    "in_order",
    "known",
    "refusal_to_record",
    "shared",
    "split_at",
    "void_document",
    "voided",
]
