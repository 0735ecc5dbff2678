"""Proofs on the command line: an amount's derivation as data, and each row's interest as a sum.

Needs    what prove() gives.
Gives    derivation_document, proof_document, interest_sums.
Never    computes an amount that a proof does not hold.
Source   docs/reference/proofs.md.
"""

from __future__ import annotations

from typing import Any

from duewell.domain.loan import Proven
from duewell.domain.product import Part
from duewell.domain.proof import Proof, TraceSlice


def derivation_document(name: str, proven: Proven, payoff: Proof | None) -> dict[str, Any]:
    """All proofs of a loan, with the slices of its interest beside them."""
    terms = proven.state.terms
    totals = {**proven.totals, **({"payoff": payoff} if payoff is not None else {})}
    return {
        "schema": "duewell.derivation/1",
        "loan_id": name,
        "currency": terms.currency,
        "as_of": str(proven.state.as_of),
        "convention": terms.convention.name,
        "rounding": terms.convention.rounding,
        "slices": [{"row": each.row_nr, **_slice(each)} for each in proven.slices],
        "rows": [
            {
                "row": each.nr,
                "due_on": str(each.due_on),
                "due": {p.name.lower(): proof_document(each.due[p]) for p in Part},
                "paid": {p.name.lower(): proof_document(each.paid[p]) for p in Part},
            }
            for each in proven.rows
        ],
        "totals": {code: proof_document(each) for code, each in totals.items()},
    }


def _slice(piece: TraceSlice) -> dict[str, Any]:
    return {
        "from": str(piece.start),
        "to": str(piece.end),
        "base_minor": piece.base,
        "rate_of_period" if piece.is_of_period else "rate_per_year": str(piece.rate),
        "part_of_period" if piece.is_of_period else "part_of_year": str(piece.part_of_year),
        "exact_minor": str(piece.exact),
    }


def proof_document(proof: Proof) -> dict[str, Any]:
    """A proof for machines; what does not apply is left out. Rates and exact amounts are ratios."""
    told: dict[str, Any] = {"code": proof.code, "amount_minor": proof.amount}
    if proof.row_nr is not None:
        told["row"] = proof.row_nr
    if proof.statement_nr is not None:
        told["statement"] = proof.statement_nr
    if proof.slices:
        told["slices"] = [_slice(each) for each in proof.slices]
        told["rounded"] = "each" if proof.is_each else "once"
    if proof.share is not None:
        told["share"] = {"base_minor": proof.share[0], "of": str(proof.share[1])}
    for name, bound in (("base", proof.of), ("at_least", proof.at_least), ("at_most", proof.at_most)):
        if bound is not None:
            told[name] = proof_document(bound)
    if proof.level is not None:
        told["level"] = {
            "balance_minor": proof.level.balance,
            "factors": [str(factor) for factor in proof.level.factors],
            "multiple_minor": proof.level.multiple,
            "fitted_minor": proof.level.fitted,
            "balloon_minor": proof.level.balloon,
        }
    if proof.terms:
        told["terms"] = [{"sign": sign, **proof_document(each)} for sign, each in proof.terms]
    if proof.fact is not None:
        fact = proof.fact
        told["fact"] = {"kind": fact.kind.value, "ref": fact.source_ref, "on": str(fact.effective_on)}
    told |= {name: text for name, text in (("rounding", proof.rounding), ("clause", proof.clause)) if text}
    return told


def interest_sums(proven: Proven) -> list[tuple[int, int, int, int]]:
    """Of each row: its number, its own interest, what other rows gave it or took from it, what it asks."""
    shown = {row.nr: row.due[Part.INTEREST].amount for row in proven.rows}
    own = proven.own_interest
    return [(nr, own.get(nr, amount), amount - own.get(nr, amount), amount) for nr, amount in shown.items()]
