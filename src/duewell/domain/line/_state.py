"""The fold of a line: terms plus facts, looked at on a date, give its state.

Needs    terms, facts, the as-of date and the date of knowledge.
Gives    LineState, fold_line; Folding, which goes on from where it is, looks without moving, and forks.
Never    asks for today, or reads an observation.
Source   docs/reference/line.md; docs/decisions/0001.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.facts import Applied, Fact, known
from duewell.domain.line._apply import apply_fact
from duewell.domain.line._parts import Plan, Statement
from duewell.domain.line._recorder import Recorder
from duewell.domain.line._work import Work
from duewell.domain.product import BalanceKind, LineTerms


@dataclass(frozen=True, slots=True)
class LineState:
    """A line as of a date. Amounts are minor units.

    `billed` and `new` are principal by kind, on the last statement and since. `owed` is all that is owed by
    part, instalments to come included; `accrued` is interest not charged yet, by kind, rounded for showing.
    `is_free` says that purchases bear no interest now. `void` facts could not be applied, each with the
    reason; draws `beyond` the limit happened and count.
    """

    terms: LineTerms
    as_of: date
    limit: int
    available: int
    billed: dict[BalanceKind, int]
    new: dict[BalanceKind, int]
    owed: tuple[int, int, int, int]
    principal_out: int
    overpaid: int
    is_free: bool
    next_close: date
    statements: tuple[Statement, ...]
    plans: tuple[Plan, ...]
    applied: tuple[Applied, ...]
    charged_off_on: date | None
    claim: tuple[int, int, int, int]
    void: tuple[tuple[Fact, Refusal], ...]
    beyond: tuple[tuple[Fact, Refusal], ...]


class Folding:
    """A fold that stops where it is asked to: apply facts in order, look as of a day, fork and go on."""

    __slots__ = ("is_empty", "terms", "work")

    def __init__(self, terms: LineTerms, recorder: Recorder | None = None) -> None:
        self.terms = terms
        self.is_empty = True
        self.work = Work(terms, recorder)

    def apply(self, fact: Fact) -> None:
        """Apply the next fact; one that cannot be applied changes nothing and is void with the reason."""
        self.is_empty = False
        try:
            if fact.effective_on < self.terms.start:
                raise InvalidInput(
                    "fact-before-the-loan", effective_on=str(fact.effective_on), start=str(self.terms.start)
                )
            self.work.advance(fact.effective_on, is_closing=False)
            if self.work.recorder is not None:
                self.work.recorder.begin(fact)
            apply_fact(self.work, fact)
        except Refusal as reason:
            self.work.void.append((fact, reason))

    def fork(self) -> Folding:
        """Another fold at the same place; it tells no recorder."""
        made = Folding.__new__(Folding)
        made.terms, made.is_empty, made.work = self.terms, self.is_empty, self.work.copy()
        return made

    def advance(self, to: date) -> None:
        """Go on to the end of a day; no fact of that day may come after it."""
        self.work.advance(to, is_closing=True)

    def look(self, as_of: date) -> LineState:
        """The line at the end of a day on or after the last fact; the fold itself stays where it is."""
        there = self.fork()
        there.advance(as_of)
        return state_of(there.work, as_of)


def fold_line(
    terms: LineTerms,
    facts: Iterable[Fact],
    *,
    as_of: date,
    known_on: date | None = None,
    recorder: Recorder | None = None,
) -> LineState:
    """Fold the facts known at the end of `known_on`, effective by `as_of`, into the line's state.

    Shapes    facts in any order; the fold puts them into the one order first.
    Edges     a statement that closes on `as_of` is closed; a due date on it is not missed yet.
    """
    folding = Folding(terms, recorder)
    for fact in known(facts, known_on=known_on):
        if fact.effective_on <= as_of:
            folding.apply(fact)
    folding.advance(as_of)
    return state_of(folding.work, as_of)


def state_of(work: Work, as_of: date) -> LineState:
    """The state a fold has come to; the fold is used up by it."""
    is_off = work.final_on is not None
    claim = work.claim
    return LineState(
        terms=work.terms,
        as_of=as_of,
        limit=work.limit,
        available=0 if is_off else work.available,
        billed=work.billed,
        new=work.new,
        owed=(0, 0, 0, 0) if is_off else work.owed(),
        principal_out=work.principal,
        overpaid=work.credit,
        is_free=not work.is_bearing,
        next_close=work.next_close,
        statements=tuple(work.statements),
        plans=tuple(work.plans),
        applied=tuple(work.applied),
        charged_off_on=work.final_on,
        claim=(claim[0], claim[1], claim[2], claim[3]),
        void=tuple(work.void),
        beyond=tuple(work.beyond),
    )
