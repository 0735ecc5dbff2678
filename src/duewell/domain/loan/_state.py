"""The fold: terms plus facts, looked at on a date, give the state of a loan.

Needs    terms, facts, the as-of date and the date of knowledge.
Gives    LoanState, fold; Folding, which goes on from where it is, looks without moving, and forks.
Never    asks for today, or reads an observation.
Source   docs/reference/conventions.md; docs/decisions/0001.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.facts import Applied, Fact, FactKind, known
from duewell.domain.loan._apply import apply_fact
from duewell.domain.loan._fold import Fold
from duewell.domain.loan._payment import ask_payoff, payoff_amount
from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._schedule import RateLine, Row
from duewell.domain.product import Engine, LoanTerms, Prepayment

PLANNED = (FactKind.PAUSE_SET, FactKind.RATE_CHANGED)
"""Facts that shape the coming plan from the day they are known, before the day they count from."""


@dataclass(frozen=True, slots=True)
class LoanState:
    """A loan as of a date: rows with what they ask and got, and every transaction's split.

    After a charge-off nothing stands on the books; `claim` is what the borrower still owes, by part.
    `void` facts could not be applied, each with the reason.
    """

    terms: LoanTerms
    as_of: date
    rows: tuple[Row, ...]
    applied: tuple[Applied, ...]
    principal_out: int
    overpaid: int
    lent: tuple[tuple[date, int], ...]
    matures_on: date
    opened_on: date | None = None
    charged_off_on: date | None = None
    claim: tuple[int, int, int, int] = (0, 0, 0, 0)
    void: tuple[tuple[Fact, Refusal], ...] = ()
    lines: tuple[RateLine, ...] = ()
    """The contract rate over time."""


class Folding:
    """A fold that stops where it is asked to: apply facts in order, look as of a day, fork and go on."""

    __slots__ = ("_work", "is_empty", "terms")

    def __init__(self, terms: LoanTerms, tracer: Recorder | None = None) -> None:
        self.terms = terms
        self.is_empty = True
        self._work = Fold(terms, tracer)

    def apply(self, fact: Fact, seen_on: date | None = None) -> None:
        """Apply the next fact; one that cannot be applied changes nothing and is void with the reason.

        A change agreed ahead is seen from `seen_on`: until its own day every row counts as paid on its day.
        """
        self.is_empty = False
        self._work.seen_on = seen_on
        try:
            if fact.effective_on < self.terms.start:
                raise InvalidInput(
                    "fact-before-the-loan", effective_on=str(fact.effective_on), start=str(self.terms.start)
                )
            apply_fact(self._work, fact)
        except Refusal as reason:
            self._work.void.append((fact, reason))

    def fork(self) -> Folding:
        """Another fold at the same place."""
        made = Folding.__new__(Folding)
        made.terms, made.is_empty, made._work = self.terms, self.is_empty, self._work.copy()
        return made

    def look(self, as_of: date, recorder: Recorder | None = None) -> LoanState:
        """The loan as of a day on or after the last fact applied; the fold itself stays where it is."""
        return state_of(self._work.copy(), as_of, recorder)

    def ask_payoff(self, on: date, recorder: Recorder) -> list[Row]:
        """The rows as they ask of whoever settles the loan on a day, with their slices; uses the fold up."""
        ask_payoff(self._work, on, recorder)
        return self._work.rows

    def payoff(self, on: date) -> int:
        """What settles the loan on a day on or after the last fact applied; the fold stays where it is."""
        return payoff_amount(self._work.copy(), on)


def fold(
    terms: LoanTerms,
    facts: Iterable[Fact],
    *,
    as_of: date,
    known_on: date | None = None,
    recorder: Recorder | None = None,
) -> LoanState:
    """Fold the facts known at the end of `known_on`, effective by `as_of`, into the loan's state.

    Shapes    facts in any order; the fold puts them into the one order first.
    Edges     a fact that cannot be applied changes nothing and is listed as void with the reason: what is
              learnt late may leave a later waiver or plan without anything to apply to, and the loan must
              still have a state. Whoever records a fact refuses it when it is void itself.
    """
    folding = Folding(terms, recorder)
    for fact in known(facts, known_on=known_on):
        if fact.effective_on <= as_of or fact.kind in PLANNED:
            folding.apply(fact, as_of)
    return state_of(folding._work, as_of, recorder)


def state_of(work: Fold, as_of: date, recorder: Recorder | None) -> LoanState:
    """The state a fold has come to; the fold is used up by it."""
    if recorder is not None:
        work.recorder = recorder
        work.thaw()
    work.refresh(as_of)
    work.set_balances()
    claim = work.written_off or [0, 0, 0, 0]
    return LoanState(
        terms=work.terms,
        as_of=as_of,
        rows=tuple(r for r in work.rows if not _is_dropped(work, r)),
        applied=tuple(work.applied),
        principal_out=work.out if work.final_on is None else 0,
        overpaid=work.overpaid,
        lent=tuple(work.lent),
        matures_on=work.rows[work.plan_end()].due_on,
        opened_on=work.opened_on,
        charged_off_on=work.final_on,
        claim=(claim[0], claim[1], claim[2], claim[3]),
        void=tuple(work.void),
        lines=tuple(work.lines),
    )


def _is_dropped(work: Fold, row: Row) -> bool:
    """With `reduce number` the schedule ends where nothing is left to repay; a grace is no end."""
    if work.convention.prepayment is not Prepayment.REDUCE_NUMBER or not work.is_daily or row.is_met:
        return False
    if row.is_grace or row.is_deferring:
        return False
    return not any(row.due) and not any(row.paid) and work.convention.engine is Engine.CUMULATIVE
