"""Show a loan: its rows, facts and movements at two dates, and the proof of every amount.

Needs    a connection; the loan's key; the as-of date, and what was known.
Gives    look and prove_at, and the same as plain data for machines.
Never    writes, or computes an amount that the fold or a proof does not hold.
Source   docs/reference/commands.md; docs/reference/proofs.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from duewell.domain.agenda import Ageing
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.facts import Fact, fact_document, void_document
from duewell.domain.loan import LoanState, Proven, ageing, fold, prove, prove_payoff
from duewell.domain.party import loan_id
from duewell.domain.product import Part
from duewell.domain.proof import Proof, TraceSlice
from duewell.store import loans
from duewell.store.loans import Connection, Known, LoanKey, LoanRow


@dataclass(frozen=True, slots=True)
class Shown:
    """A loan as of a day, as known: how it was agreed, its facts, and what the fold says of them."""

    row: LoanRow
    facts: list[Fact]
    state: LoanState
    age: Ageing

    @property
    def name(self) -> str:
        """The loan's id."""
        return loan_id(self.row.key.person_id, self.row.key.loan_no)


def look(conn: Connection, row: LoanRow, *, as_of: date | None = None, known: Known = None) -> Shown:
    """The loan at two dates. Refuses a day on which it was not there, or not known."""
    day = as_of or row.book_open_on
    facts = loans.facts_by(conn, row, day, known)
    state = fold(row.loan_terms, facts, as_of=day)
    return Shown(row, facts, state, ageing(state, row.buckets))


def show_loan(
    conn: Connection, key: LoanKey, *, as_of: date | None = None, known: Known = None
) -> dict[str, Any]:
    """A loan for machines, in one read."""
    return loan_document(look(conn, loans.read_loan(conn, key), as_of=as_of, known=known))


def loan_document(shown: Shown) -> dict[str, Any]:
    """A loan for machines. Amounts by part stand in the order penalty, fee, interest, principal."""
    state, age = shown.state, shown.age
    return {
        "schema": "duewell.loan/1",
        "loan_id": shown.name,
        "external_ref": shown.row.external_ref,
        "currency": shown.row.terms.currency,
        "as_of": str(state.as_of),
        "principal_minor": state.principal_out,
        "overpaid_minor": state.overpaid,
        "dpd": age.dpd,
        "bucket": age.bucket,
        "overdue_minor": age.overdue,
        "outstanding_minor": age.outstanding,
        "charged_off_on": str(state.charged_off_on) if state.charged_off_on else None,
        "rows": [
            {"nr": r.nr, "due_on": str(r.due_on), "due_minor": r.due, "paid_minor": r.paid}
            for r in state.rows
        ],
        "facts": [fact_document(f) for f in shown.facts],
        "void": void_document(state.void),
    }


def statement_document(shown: Shown) -> dict[str, Any]:
    """Every movement of a loan and its split."""
    return {
        "schema": "duewell.statement/1",
        "loan_id": shown.name,
        "currency": shown.row.terms.currency,
        "as_of": str(shown.state.as_of),
        "lines": [
            {
                "on": str(a.fact.effective_on),
                "kind": a.kind,
                "source": a.fact.source,
                "ref": a.fact.source_ref,
                "amount_minor": a.amount,
                "parts_minor": {p.name.lower(): a.parts[p] for p in Part},
                "overpaid_minor": a.overpaid,
                "principal_out_minor": a.balance,
            }
            for a in shown.state.applied
        ],
        "void": void_document(shown.state.void),
    }


# -- proofs ----------------------------------------------------------------------------------------


def prove_at(shown: Shown) -> tuple[Proven, Proof | None]:
    """Every amount of the loan with its proof, and what settles it; nothing does once it is off the books."""
    terms, day = shown.row.loan_terms, shown.state.as_of
    payoff = prove_payoff(terms, shown.facts, on=day) if shown.state.charged_off_on is None else None
    return prove(terms, shown.facts, as_of=day), payoff


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


def chosen_proof(
    proven: Proven, payoff: Proof | None, *, row: int | None, part: str, total: str | None
) -> Proof:
    """The proof a person asked for: a part of a row, or a total.

    Refuses   a row, part or total that is not there.
    """
    if total is not None:
        totals = {**proven.totals, **({"payoff": payoff} if payoff is not None else {})}
        if total not in totals:
            raise NotFound("total-unknown", given=total[:40], known=", ".join(totals))
        return totals[total]
    names = {each.name.lower(): each for each in Part}
    if part not in names:
        raise InvalidInput("part-unknown", given=part[:40], known=", ".join(names))
    for each in proven.rows:
        if each.nr == row:
            return each.due[names[part]]
    raise NotFound("row-not-in-plan", nr=row, rows=len(proven.rows))


def proof_page(shown: Shown, proof: Proof) -> dict[str, Any]:
    """One amount's derivation for machines."""
    told = {"schema": "duewell.proof/1", "loan_id": shown.name}
    told |= {"currency": shown.row.terms.currency, "as_of": str(shown.state.as_of)}
    return {**told, "proof": proof_document(proof)}


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
