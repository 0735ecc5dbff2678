"""Show a line: its balances, statements and plans at two dates, and the proof of every amount.

Needs    a connection; the line's row; the as-of date, and what was known.
Gives    look, and what it says as plain data for machines.
Never    writes, or computes an amount that the fold or a proof does not hold.
Source   docs/reference/line.md; docs/reference/proofs.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from duewell.domain.agenda import Ageing
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.facts import Fact, fact_document, void_document
from duewell.domain.line import (
    LineBook,
    LineSlice,
    LineState,
    ProvenLine,
    Statement,
    line_ageing,
    prove_line,
)
from duewell.domain.party import loan_id
from duewell.domain.product import BalanceKind, Part
from duewell.domain.proof import Proof
from duewell.store import loans
from duewell.store.loans import Connection, Known, LoanRow


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as of a day, as known: its facts, and what the fold says of them, with every proof."""

    row: LoanRow
    facts: list[Fact]
    proven: ProvenLine

    @property
    def name(self) -> str:
        """The line's id."""
        return loan_id(self.row.key.person_id, self.row.key.loan_no)

    @property
    def state(self) -> LineState:
        """The line on the day."""
        return self.proven.state

    @property
    def age(self) -> Ageing:
        """How late it is."""
        return line_ageing(self.state, self.row.buckets)


def look(conn: Connection, row: LoanRow, *, as_of: date | None = None, known: Known = None) -> ShownLine:
    """The line at two dates. Refuses a day on which it was not there, or not known."""
    terms, day = row.line_terms, as_of or row.book_open_on
    facts = loans.facts_by(conn, row, day, known)
    return ShownLine(row, facts, prove_line(terms, facts, as_of=day))


def line_document(shown: ShownLine) -> dict[str, Any]:
    """A line for machines."""
    state, age = shown.state, shown.age
    return {
        "schema": "duewell.line/1",
        "line_id": shown.name,
        "currency": state.terms.currency,
        "as_of": str(state.as_of),
        "limit_minor": state.limit,
        "available_minor": state.available,
        "owed_minor": _parts(state.owed),
        "overpaid_minor": state.overpaid,
        "is_interest_free": state.is_free,
        "balances": {
            kind.value: {"billed_minor": state.billed[kind], "new_minor": state.new[kind]}
            for kind in BalanceKind
        },
        "dpd": age.dpd,
        "bucket": age.bucket,
        "overdue_minor": age.overdue,
        "outstanding_minor": age.outstanding,
        "charged_off_on": str(state.charged_off_on) if state.charged_off_on else None,
        "next_statement_on": str(state.next_close),
        "statements": [_statement_document(each) for each in state.statements],
        "plans": [
            {
                "nr": p.nr,
                "converted_on": str(p.converted_on),
                "amount_minor": p.amount,
                "to_come_minor": p.parts,
                "rate_per_year": str(p.rate) if p.rate is not None else None,
                "share_a_month": str(p.pct) if p.pct is not None else None,
            }
            for p in state.plans
        ],
        "facts": [fact_document(f) for f in shown.facts],
        "void": void_document(state.void),
    }


def _parts(amounts: tuple[int, ...] | list[int]) -> dict[str, int]:
    return {part.name.lower(): amounts[part] for part in Part}


def _statement_document(each: Statement) -> dict[str, Any]:
    return {
        "nr": each.nr,
        "closes_on": str(each.closes_on),
        "due_on": str(each.due_on),
        "balance_minor": each.balance,
        "minimum_minor": each.minimum,
        "own_minimum_minor": _parts(each.due),
        "paid_minor": _parts(each.paid),
        "carried_minor": each.carried,
        "over_limit_minor": each.over_limit,
        "interest_minor": each.interest,
        "late_charge_minor": each.late_charge,
    }


def chosen_statement(state: LineState, nr: int | None) -> Statement:
    """The statement of a number, the last one else."""
    closed = len(state.statements)
    if not closed:
        raise NotFound("statement-none-closed", closes_on=state.next_close)
    if nr is not None and not 1 <= nr <= closed:
        raise NotFound("statement-not-found", given=nr, closed=closed)
    return state.statements[(nr or closed) - 1]


def is_on(on: date, each: Statement) -> bool:
    """Whether a day belongs to a statement."""
    return on <= each.closes_on and (on > each.start or each.nr == 1)


def statement_document(shown: ShownLine, each: Statement) -> dict[str, Any]:
    """One closed statement: its movements, and where its interest comes from, day by day."""
    proven = shown.proven
    return {
        "schema": "duewell.line-statement/1",
        "line_id": shown.name,
        "currency": proven.state.terms.currency,
        "as_of": str(proven.state.as_of),
        "rounding": proven.state.terms.rounding,
        **_statement_document(each),
        "movements": [
            {
                "on": str(a.fact.effective_on),
                "kind": a.kind,
                "source": a.fact.source,
                "ref": a.fact.source_ref,
                "amount_minor": a.amount,
                "parts_minor": _parts(a.parts),
                "overpaid_minor": a.overpaid,
                "principal_out_minor": a.balance,
            }
            for a in proven.state.applied
            if is_on(a.fact.effective_on, each)
        ],
        "charges": [
            {
                "on": str(charge.on),
                "kind": charge.kind,
                "amount_minor": charge.amount,
                "slices": [_slice(piece) for piece in charge.slices],
            }
            for charge in proven.charges
            if charge.statement_nr == each.nr
        ],
    }


def _slice(piece: LineSlice) -> dict[str, Any]:
    return {
        "from": str(piece.start),
        "to": str(piece.end),
        "base_minor": piece.base,
        "rate": str(piece.rate),
        "share": str(piece.share),
        "exact_minor": str(piece.exact),
    }


def chosen_line_proof(proven: ProvenLine, nr: int | None, part: str, total: str | None) -> Proof:
    """The proof a person asked for. Refuses a statement, part or total that is not there."""
    book = LineBook(proven)
    if total is not None:
        totals = book.totals()
        if total not in totals:
            raise NotFound("total-unknown", given=total[:40], known=", ".join(totals))
        return totals[total]
    names = {each.name.lower(): each for each in Part}
    if part not in (*names, "minimum", "late-charge"):
        known = ", ".join((*names, "minimum", "late-charge"))
        raise InvalidInput("part-unknown", given=part[:40], known=known)
    chosen = chosen_statement(proven.state, nr).nr
    if part in names:
        return book.asked(chosen, names[part])
    return book.minimum(chosen) if part == "minimum" else book.late_charge(chosen)
