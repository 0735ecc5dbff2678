"""Proofs: every amount of interest of a line with its slices, and every late charge with its base.

Needs    terms, facts and two dates; a fold that tells a recorder how each amount came about.
Gives    prove_line: the state and all that was told; charge_proof, late_proof: a charge as a proof.
Never    computes an amount another way than the fold did.
Source   docs/reference/line.md; docs/reference/proofs.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from duewell.domain.facts import Fact
from duewell.domain.line._recorder import Charge, Closing, Late, LineSlice, Recorder, Share
from duewell.domain.line._state import LineState, fold_line
from duewell.domain.product import BalanceKind, LineTerms
from duewell.domain.proof import Proof, TraceSlice


@dataclass(frozen=True, slots=True)
class ProvenLine:
    """A line's state with all that its fold told: charges of interest by statement and kind, late charges,
    what each fact gave, how each statement closed, and what accrues and is not charged yet, by kind.
    """

    state: LineState
    charges: tuple[Charge, ...]
    late: tuple[Late, ...]
    shares: tuple[Share, ...]
    closings: tuple[Closing, ...]
    running: dict[str, tuple[LineSlice, ...]]


def prove_line(
    terms: LineTerms, facts: Iterable[Fact], *, as_of: date, known_on: date | None = None
) -> ProvenLine:
    """Fold with a recorder and hand out what it was told."""
    told = Recorder()
    state = fold_line(terms, facts, as_of=as_of, known_on=known_on, recorder=told)
    running = {kind: tuple(slices) for kind, slices in told.running.items() if slices}
    return ProvenLine(
        state, tuple(told.charges), tuple(told.late), tuple(told.shares), tuple(told.closings), running
    )


def charge_proof(proven: ProvenLine, charge: Charge) -> Proof:
    """Interest of one kind charged on one day: its slices, rounded once."""
    return interest_proof(proven.state.terms, charge.kind, charge.amount, charge.slices, charge.statement_nr)


def interest_proof(
    terms: LineTerms, kind: str, amount: int, slices: tuple[LineSlice, ...], statement_nr: int | None
) -> Proof:
    """Slices of one kind, rounded once; the clause is how days are counted."""
    name = kind if kind in set(BalanceKind) else "plan"
    return Proof(
        f"interest-of-{name}",
        amount,
        statement_nr=statement_nr,
        slices=tuple(_traced(each, statement_nr or 0, terms) for each in slices),
        rounding=terms.rounding.value,
        clause=f"days-{terms.days_in_year.value}",
    )


def _traced(each: LineSlice, nr: int, terms: LineTerms) -> TraceSlice:
    part = each.share
    of_plan = each.kind not in set(BalanceKind) and each.is_of_period
    return TraceSlice(
        nr, each.start, each.end, each.base, each.rate, part.numerator, part.denominator, of_plan
    )


def late_proof(proven: ProvenLine, each: Late, base: Proof | None = None) -> Proof:
    """A late charge: a share of what was unpaid, at least its floor, never more than what it is taken of."""
    late = proven.state.terms.late_charge
    assert late is not None, "a late charge is in the terms"
    return Proof(
        "late-charge",
        each.amount,
        statement_nr=each.statement_nr,
        share=(each.base, each.pct),
        rounding=proven.state.terms.rounding.value,
        of=base,
        at_least=Proof("floor", late.minimum, clause="terms") if late.minimum else None,
        at_most=base if base is not None else Proof("minimum-unpaid", each.base, clause="its statement"),
        clause=late.source,
    )
