"""Proofs of ledger lines: every line of a journal opened to what the fold told.

Needs    proven movements of a contract before and after a fact.
Gives    prove_lines, prove_difference: lines with the proof of their amount.
Never    names an account by another rule than the journal did.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from duewell.domain.ledger import Account
from duewell.domain.postings._postings import FactKey, Whole, rules_of
from duewell.domain.proof import Movement, Proof

LineProofs = dict[Account, Proof]


def prove_lines(movement: Movement) -> LineProofs:
    """The lines of a movement's journal, debit positive, each with its proof."""
    terms: dict[Account, list[tuple[int, Proof]]] = defaultdict(list)
    for account, sign, source in rules_of(movement.applied):
        if source is Whole.AMOUNT:
            proof = movement.amount
        elif source is Whole.OVERPAID:
            proof = movement.overpaid
        else:
            proof = movement.parts[source]
        if proof.amount:
            terms[account].append((sign, proof))
    return {account: _line(each) for account, each in terms.items()}


def prove_difference(before: Iterable[Movement], after: Iterable[Movement]) -> dict[FactKey, LineProofs]:
    """The lines a replay posts for each fact whose split it changed: what it is now less what it was."""
    was, now = _moving(before), _moving(after)
    found: dict[FactKey, LineProofs] = {}
    for key in [*was, *(key for key in now if key not in was)]:
        terms: dict[Account, list[tuple[int, Proof]]] = defaultdict(list)
        for movements, sign in ((now, 1), (was, -1)):
            if key in movements:
                for account, proof in prove_lines(movements[key]).items():
                    terms[account].append((sign, proof))
        lines = {account: _line(each) for account, each in terms.items()}
        lines = {account: proof for account, proof in lines.items() if proof.amount}
        if lines:
            found[key] = lines
    return found


def _moving(movements: Iterable[Movement]) -> Mapping[FactKey, Movement]:
    return {each.applied.fact.key: each for each in movements if each.applied.moves}


def _line(terms: list[tuple[int, Proof]]) -> Proof:
    return Proof("ledger-line", sum(sign * proof.amount for sign, proof in terms), terms=tuple(terms))
