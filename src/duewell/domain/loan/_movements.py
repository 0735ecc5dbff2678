"""Movements: what each fact did to a loan, part by part, with the proof of each part.

Needs    terms, facts and two dates; a fold that tells a recorder what each fact gave each row.
Gives    prove_movements.
Never    splits a fact another way than the fold did.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from duewell.domain.facts import Applied, Fact, FactKind
from duewell.domain.loan._proof import Proven, prove, share_proof
from duewell.domain.loan._recorder import TraceShare
from duewell.domain.product import LoanTerms, Part
from duewell.domain.proof import Movement, Proof

_Key = tuple[tuple[str, str, str], int]
_MEETING_CREDIT = (
    FactKind.REFUNDED,
    FactKind.DISBURSED,
    FactKind.DRAWN,
    FactKind.FEE_CHARGED,
    FactKind.PENALTY_CHARGED,
)
"""Facts that the borrower's credit meets first: what is overpaid becomes less by it."""


def prove_movements(
    terms: LoanTerms, facts: Iterable[Fact], *, as_of: date, known_on: date | None = None
) -> list[Movement]:
    """Every movement of a loan as of a date: a part is what the fact gave each row, or what it says."""
    proven = prove(terms, facts, as_of=as_of, known_on=known_on)
    shares: dict[_Key, list[TraceShare]] = defaultdict(list)
    for each in proven.shares:
        shares[(each.fact.key, each.part)].append(each)
    return [_movement(applied, proven, shares) for applied in proven.state.applied]


def _movement(applied: Applied, proven: Proven, shares: dict[_Key, list[TraceShare]]) -> Movement:
    fact = applied.fact
    sign = -1 if fact.kind in _MEETING_CREDIT else 1
    parts = tuple(_part(applied, part, proven, shares[(fact.key, part)]) for part in Part)
    if fact.kind is FactKind.PAID_OFF or fact.pct is not None or applied.kind in ("waiver", "charge_off"):
        terms = [(1, part) for part in parts]
        if applied.overpaid:
            terms.append((sign, Proof("overpaid", applied.overpaid, fact=fact)))
        amount = Proof("whole", applied.amount, terms=tuple(terms))
    else:
        amount = Proof("whole", applied.amount, fact=fact)
    # What nothing asked for: the whole less its parts.
    rest = ((sign, amount), *((-sign, part) for part in parts)) if applied.overpaid else ()
    overpaid = Proof("overpaid", applied.overpaid, terms=rest)
    if fact.kind in (FactKind.PAID_OFF, FactKind.DISBURSED) and applied.overpaid:
        overpaid = Proof("overpaid", applied.overpaid, fact=fact)
    return Movement(applied, amount, overpaid, (parts[0], parts[1], parts[2], parts[3]))


def _part(applied: Applied, part: Part, proven: Proven, shares: list[TraceShare]) -> Proof:
    amount = applied.parts[part]
    name = part.name.lower()
    if not amount:
        return Proof(name, 0)
    if applied.kind == "charge_off":
        return _written_off(applied, part, proven)
    is_charge = applied.fact.kind in (FactKind.FEE_CHARGED, FactKind.PENALTY_CHARGED)
    told = tuple(
        # What the borrower's credit met of a charge at once is no claim.
        (-1 if is_charge and s.what == "paid" else 1, share_proof(s, proven.bases, proven.state.terms))
        for s in shares
    )
    if told and sum(sign * proof.amount for sign, proof in told) == amount:
        return Proof(name, amount, terms=told)
    return Proof(name, amount, fact=applied.fact, clause="order of application")


def _written_off(applied: Applied, part: Part, proven: Proven) -> Proof:
    """What rows asked and had not got on the day the loan left the books."""
    name, amount = part.name.lower(), applied.parts[part]
    if part is Part.PRINCIPAL:
        # What was out before: the charge-off itself is what leaves nothing.
        out = proven.totals["principal-out"].terms
        return Proof(
            "principal-out", amount, terms=tuple(each for each in out if each[1].code != "charged-off")
        )
    terms = [
        (sign, proof)
        for row in proven.rows
        for sign, proof in ((1, row.due[part]), (-1, row.paid[part]))
        if proof.amount
    ]
    return Proof(name, amount, terms=tuple(terms))
