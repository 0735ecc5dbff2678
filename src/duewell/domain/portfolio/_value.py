"""The value of one contract at a date: its state, its age, and what it adds to the sums of its book.

Needs    a contract and its facts as known.
Gives    value, Valued.
Never    knows the book it adds to.
Source   docs/reference/book.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from duewell.domain.agenda import Ageing, Buckets, Sums
from duewell.domain.contract import Contract, State
from duewell.domain.facts import Fact, known


@dataclass(frozen=True, slots=True)
class Valued:
    """A contract at the end of a day. `receivable` is charged and not paid, in the order of parts."""

    state: State
    age: Ageing
    sums: Sums
    receivable: tuple[int, int, int, int]
    next_due_on: date | None
    next_due: int

    @property
    def is_charged_off(self) -> bool:
        """Whether it left the books."""
        return self.state.charged_off_on is not None


def value(contract: Contract, facts: Sequence[Fact], *, as_of: date, buckets: Buckets) -> Valued | None:
    """The contract at the end of `as_of`; None where nothing that counts had happened by then."""
    if not any(fact.effective_on <= as_of for fact in known(facts)):
        return None
    state, sums = contract.look(facts, as_of)
    next_due_on = contract.next_due(state) if state.charged_off_on is None else None
    return Valued(
        state,
        contract.ageing(state, buckets),
        sums,
        contract.receivable(state),
        next_due_on,
        contract.asked_on(state, next_due_on) if next_due_on is not None else 0,
    )
