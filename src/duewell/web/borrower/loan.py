"""A loan's pages: its plan and cost, why it is late, why this amount; a line's balances and statements.

Needs    an Ask.
Gives    door.
Never    shows a figure that does not open to its derivation.
Source   docs/reference/pages.md.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.product import LoanTerms, Part
from duewell.domain.proof import Proof
from duewell.services import show_line
from duewell.services.show_cost import show_cost
from duewell.services.show_line import chosen_line_proof
from duewell.services.show_loan import Shown, chosen_proof, look, prove_at
from duewell.services.show_own import explain_late
from duewell.services.show_payable import payable
from duewell.store import loans
from duewell.store.loans import LoanRow
from duewell.web._pages import lang_of, show
from duewell.web._proofs import PARTS, pct, tree

door = Door(tags=["pages"], include_in_schema=False)
P = Permission


@door.get("/loans/{loan}", may=P.OWN_READ, media="text/html")
def loan_page(ask: Asked, loan: str) -> Response:
    """A loan: what settles it, what it costs, its plan. A line: what is owed, by when, its statements."""
    row = loans.read_loan(ask.conn, ask.loan(loan))
    if not isinstance(row.terms, LoanTerms):
        return _line_page(ask, row)
    key, shown = row.key, look(ask.conn, row)
    _, payoff = prove_at(shown)
    cost = show_cost(ask.conn, key).cost
    off = shown.state.charged_off_on
    # What was planned no longer counts once the whole is claimed.
    rows = _rows(shown) if off is None else []
    return show(
        ask,
        "borrower/loan.html",
        "web-loan",
        loan=shown.name,
        began=shown.row.loan_terms.start,
        lent=shown.row.loan_terms.principal,
        as_of=shown.state.as_of,
        currency=shown.row.terms.currency,
        payoff=payoff.amount if payoff is not None else 0,
        overdue=shown.age.overdue,
        claim=sum(shown.state.claim) if off is not None else None,
        credit=shown.state.overpaid,
        nominal=pct(cost.rates.nominal),
        effective=pct(cost.rates.effective),
        cost=cost.interest + cost.fees + cost.penalties - cost.forgiven,
        rows=rows,
        bars=_bars(rows),
    )


def _rows(shown: Shown) -> list[dict[str, Any]]:
    return [
        {
            "nr": row.nr,
            "on": row.due_on,
            "due": sum(row.due),
            "principal": row.due[Part.PRINCIPAL],
            "interest": row.due[Part.INTEREST],
            "rest": row.due[Part.FEE] + row.due[Part.PENALTY],
            "unpaid": row.unpaid,
            "state": _state(row.unpaid, row.due_on, shown.state.as_of),
        }
        for row in shown.state.rows
        if any(row.due) or any(row.paid)
    ]


def _state(unpaid: int, due_on: date, as_of: date) -> str:
    if not unpaid:
        return "paid"
    return "late" if due_on < as_of else "today" if due_on == as_of else "coming"


_WIDE, _HIGH = 320, 96
"""Of the picture of a plan: drawn for a phone's width, in its own units."""


def _bars(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A bar an instalment, principal below, interest and the rest above, in units of the picture."""
    most = max((row["due"] for row in rows), default=0)
    if not most or len(rows) < 2:
        return []
    step = _WIDE // len(rows) or 1
    made = []
    for place, row in enumerate(rows):
        low, high = row["principal"] * _HIGH // most, row["due"] * _HIGH // most
        made.append(
            {
                "x": place * _WIDE // len(rows),
                "wide": max(step - (2 if step > 4 else 0), 1),
                "low": (_HIGH - low, low),
                "high": (_HIGH - high, high - low),
                "state": row["state"],
            }
        )
    return made


def _line_page(ask: Ask, row: LoanRow) -> Response:
    shown, held = show_line.look(ask.conn, row), payable(ask.conn, row.key)
    state = shown.state
    return show(
        ask,
        "borrower/line.html",
        "web-line",
        loan=shown.name,
        currency=state.terms.currency,
        owed=sum(state.owed),
        limit=state.limit,
        available=state.available,
        overdue=shown.age.overdue,
        asked=held.asked,
        next_close=state.next_close,
        credit=state.overpaid,
        claim=sum(state.claim) if state.charged_off_on is not None else None,
        can_pay=bool(held.offers),
        statements=[(each, sum(each.interest.values())) for each in reversed(state.statements)],
    )


# -- why late, why this amount ---------------------------------------------------------------------


@door.get("/loans/{loan}/late", may=P.OWN_READ, media="text/html")
def late_page(ask: Asked, loan: str) -> Response:
    """Why something is overdue, what each day adds, what comes when, and how to stop it."""
    row = loans.read_loan(ask.conn, ask.loan(loan))
    late, names = explain_late(ask.conn, row), dict(PARTS)
    return show(
        ask,
        "borrower/late.html",
        "web-late",
        loan=loan,
        currency=row.terms.currency,
        overdue=late.age.overdue,
        dpd=late.age.dpd,
        since=late.age.since,
        parts=[(names[part], f"overdue-{part.name.lower()}", amount) for part, amount in late.parts],
        grows=[
            *((names[part], amount) for part, amount in late.grows),
            *([("web-runs-on", late.runs_on)] if late.runs_on else []),
        ],
        falls_due=late.falls_due,
        steps=late.steps,
    )


@door.get("/loans/{loan}/why", may=P.OWN_READ, media="text/html")
def why(
    ask: Asked,
    loan: str,
    row: Annotated[int | None, Query(ge=0, le=10_000)] = None,
    total: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """An amount opened to its derivation, step by step; of a line, `row` is the number of a statement."""
    found = loans.read_loan(ask.conn, ask.loan(loan))
    if isinstance(found.terms, LoanTerms):
        roots = _loan_proofs(look(ask.conn, found), row, total)
    else:
        roots = _line_proofs(ask, found, row, total)
    lang, money = lang_of(ask.request), found.terms.currency
    told = [tree(root, 1, lang, money) for root in roots if root.amount or total]
    return show(ask, "borrower/why.html", "web-why-amount", loan=loan, roots=told)


_OPENED = [part.name.lower() for part, _ in reversed(PARTS)]


def _loan_proofs(shown: Shown, row: int | None, total: str | None) -> list[Proof]:
    proven, payoff = prove_at(shown)
    if total is not None or row is None:
        return [chosen_proof(proven, payoff, row=None, part="", total=total or "outstanding")]
    return [chosen_proof(proven, payoff, row=row, part=part, total=None) for part in _OPENED]


def _line_proofs(ask: Ask, found: LoanRow, nr: int | None, total: str | None) -> list[Proof]:
    proven = show_line.look(ask.conn, found).proven
    if total is not None or nr is None:
        return [chosen_line_proof(proven, None, "", total or "balance")]
    closed = show_line.chosen_statement(proven.state, nr).closes_on
    then = show_line.look(ask.conn, found, as_of=closed).proven
    asked = [chosen_line_proof(proven, nr, part, None) for part in ("minimum", "late-charge")]
    return [chosen_line_proof(then, None, "", "balance"), *asked]
