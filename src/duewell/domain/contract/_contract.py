"""One face for both kinds of contract, chosen once by the type of the terms.

Needs    the doors of loan and line.
Gives    Contract, contract_of; refusal_of, why a fact just put in its place must not be recorded.
Never    computes an amount.
Source   docs/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from duewell.domain.agenda import BUCKETS, Ageing, Agenda, Buckets, Sums
from duewell.domain.errors import Refusal
from duewell.domain.facts import Fact, FactKind, refusal_to_record
from duewell.domain.line import (
    LineBook,
    LineReplay,
    LineState,
    draw_refusal,
    fold_line,
    line_ageing,
    line_agenda,
    line_look,
    line_overdue_parts,
    line_standing,
    next_due,
    prove_line,
    prove_line_movements,
    replay_line,
)
from duewell.domain.loan import (
    LoanState,
    Replay,
    ageing,
    agenda,
    fold,
    look,
    overdue_parts,
    prove_movements,
    prove_payoff,
    receivables,
    replay,
    standing,
)
from duewell.domain.product import LineTerms, LoanTerms, Part, Terms
from duewell.domain.proof import Movement

State = LoanState | LineState
Change = Replay | LineReplay


class Contract(Protocol):
    """What a book asks of a contract. Each method is the verb of the same name in the contract's room."""

    def fold(self, facts: Iterable[Fact], *, as_of: date) -> State:
        """The state as of a date."""
        ...

    def agenda(
        self, facts: Sequence[Fact], *, open_on: date, is_closing: bool = False, buckets: Buckets = BUCKETS
    ) -> tuple[Agenda, Sums]:
        """The coming days, and the standing at the end of the day before the open one."""
        ...

    def standing(self, facts: Sequence[Fact], on: date) -> Sums:
        """What the contract adds to the portfolio sums at the end of a day."""
        ...

    def look(self, facts: Sequence[Fact], on: date) -> tuple[State, Sums]:
        """The state and the standing at the end of a day, by one fold."""
        ...

    def replay(
        self, facts: Sequence[Fact], new: Fact, *, open_on: date, buckets: Buckets = BUCKETS
    ) -> Change:
        """All that a new fact changes."""
        ...

    def ageing(self, state: Any, buckets: Buckets = BUCKETS) -> Ageing:
        """How late a state is."""
        ...

    def next_due(self, state: Any) -> date | None:
        """The next due date that still asks for something."""
        ...

    def asked_on(self, state: Any, on: date) -> int:
        """What is unpaid of what falls due on a day."""
        ...

    def dues(self, state: Any) -> list[date]:
        """The days on which something falls due or fell due."""
        ...

    def overdue_parts(self, state: Any, before: date) -> dict[Part, int]:
        """What is unpaid of what fell due before a day, part by part."""
        ...

    def payoff(self, facts: Iterable[Fact], *, on: date) -> int:
        """What settles the contract on a day; of one charged off there is none."""
        ...

    def receivable(self, state: Any) -> tuple[int, int, int, int]:
        """Whole units charged and not paid, by part; nothing once charged off."""
        ...

    def prove_movements(self, facts: Iterable[Fact], *, as_of: date) -> list[Movement]:
        """What each fact did, with the proof of each part."""
        ...


@dataclass(frozen=True, slots=True)
class _Loan:
    terms: LoanTerms

    def fold(self, facts: Iterable[Fact], *, as_of: date) -> LoanState:
        return fold(self.terms, facts, as_of=as_of)

    def agenda(
        self, facts: Sequence[Fact], *, open_on: date, is_closing: bool = False, buckets: Buckets = BUCKETS
    ) -> tuple[Agenda, Sums]:
        return agenda(self.terms, facts, open_on=open_on, is_closing=is_closing, buckets=buckets)

    def standing(self, facts: Sequence[Fact], on: date) -> Sums:
        return standing(look(self.terms, facts, as_of=on, is_closing=True), on)

    def look(self, facts: Sequence[Fact], on: date) -> tuple[LoanState, Sums]:
        view = look(self.terms, facts, as_of=on, is_closing=True)
        return view.state, standing(view, on)

    def replay(
        self, facts: Sequence[Fact], new: Fact, *, open_on: date, buckets: Buckets = BUCKETS
    ) -> Replay:
        return replay(self.terms, facts, new, open_on=open_on, buckets=buckets)

    def ageing(self, state: LoanState, buckets: Buckets = BUCKETS) -> Ageing:
        return ageing(state, buckets)

    def next_due(self, state: LoanState) -> date | None:
        return next((r.due_on for r in state.rows if r.due_on >= state.as_of and r.unpaid > 0), None)

    def asked_on(self, state: LoanState, on: date) -> int:
        return sum(r.unpaid for r in state.rows if r.due_on == on)

    def dues(self, state: LoanState) -> list[date]:
        return [row.due_on for row in state.rows]

    def overdue_parts(self, state: LoanState, before: date) -> dict[Part, int]:
        return overdue_parts(state, before)

    def payoff(self, facts: Iterable[Fact], *, on: date) -> int:
        return prove_payoff(self.terms, facts, on=on).amount

    def receivable(self, state: LoanState) -> tuple[int, int, int, int]:
        return receivables(state)

    def prove_movements(self, facts: Iterable[Fact], *, as_of: date) -> list[Movement]:
        return prove_movements(self.terms, facts, as_of=as_of)


@dataclass(frozen=True, slots=True)
class _Line:
    terms: LineTerms

    def fold(self, facts: Iterable[Fact], *, as_of: date) -> LineState:
        return fold_line(self.terms, facts, as_of=as_of)

    def agenda(
        self, facts: Sequence[Fact], *, open_on: date, is_closing: bool = False, buckets: Buckets = BUCKETS
    ) -> tuple[Agenda, Sums]:
        return line_agenda(self.terms, facts, open_on=open_on, is_closing=is_closing, buckets=buckets)

    def standing(self, facts: Sequence[Fact], on: date) -> Sums:
        return line_standing(self.terms, facts, on)

    def look(self, facts: Sequence[Fact], on: date) -> tuple[LineState, Sums]:
        return line_look(self.terms, facts, on)

    def replay(
        self, facts: Sequence[Fact], new: Fact, *, open_on: date, buckets: Buckets = BUCKETS
    ) -> LineReplay:
        return replay_line(self.terms, facts, new, open_on=open_on, buckets=buckets)

    def ageing(self, state: LineState, buckets: Buckets = BUCKETS) -> Ageing:
        return line_ageing(state, buckets)

    def next_due(self, state: LineState) -> date | None:
        return next_due(state)

    def asked_on(self, state: LineState, on: date) -> int:
        return sum(each.unpaid for each in state.statements if each.due_on == on)

    def dues(self, state: LineState) -> list[date]:
        return [each.due_on for each in state.statements]

    def overdue_parts(self, state: LineState, before: date) -> dict[Part, int]:
        return line_overdue_parts(state, before)

    def payoff(self, facts: Iterable[Fact], *, on: date) -> int:
        return LineBook(prove_line(self.terms, facts, as_of=on)).totals()["payoff"].amount

    def receivable(self, state: LineState) -> tuple[int, int, int, int]:
        return state.owed

    def prove_movements(self, facts: Iterable[Fact], *, as_of: date) -> list[Movement]:
        return prove_line_movements(self.terms, facts, as_of=as_of)


def contract_of(terms: Terms) -> Contract:
    """The contract that was agreed on these terms."""
    return _Line(terms) if isinstance(terms, LineTerms) else _Loan(terms)


_BEGINNINGS = (FactKind.OPENED, FactKind.DISBURSED)


def refusal_of(fact: Fact, change: Change) -> Refusal | None:
    """Why a fact must not be recorded: it voids the beginning, has or leaves no effect, draws too much.

    Money that came and corrections may leave a later waiver or plan with nothing to apply to: what
    happened, happened.
    """
    after = change.after
    beginning = (reason for each, reason in after.void if each.kind in _BEGINNINGS)
    found = next(beginning, None) or refusal_to_record(fact, change.before, after)
    return draw_refusal(fact, after) if found is None and isinstance(after, LineState) else found
