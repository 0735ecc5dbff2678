"""Facts as plain data for machines: what every document that lists facts says of each.

Needs    facts of a loan or a line; the reason where one is void.
Gives    fact_document, void_document.
Never    leaves out one of the two dates.
Source   docs/reference/api.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from duewell.domain.errors import Refusal
from duewell.domain.facts._facts import Fact


def fact_document(fact: Fact) -> dict[str, Any]:
    """A fact for machines."""
    return {
        "kind": fact.kind.value,
        "effective_on": str(fact.effective_on),
        "recorded_on": str(fact.recorded_on),
        "source": fact.source,
        "ref": fact.source_ref,
        "amount_minor": fact.amount,
    }


def void_document(void: Iterable[tuple[Fact, Refusal]]) -> list[dict[str, Any]]:
    """Facts without effect, each with the reason's code."""
    return [{"kind": f.kind.value, "ref": f.source_ref, "reason": reason.code} for f, reason in void]
