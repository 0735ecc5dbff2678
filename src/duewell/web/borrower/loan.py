"""A loan's pages: its plan, what if, why late, why this amount.

Needs    an Ask.
Gives    door.
Never    shows a figure that does not open to its derivation.
Source   docs/reference/pages.md.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.delinquency import LATE_STEPS
from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.money import currency, parse_amount
from duewell.domain.party import loan_id
from duewell.domain.product import Part
from duewell.domain.texts import plain_amount
from duewell.services.preview_loan import preview_loan
from duewell.services.show_cost import show_cost
from duewell.services.show_loan import Shown, chosen_proof, look, prove_at
from duewell.store import loans
from duewell.store.loans import LoanKey
from duewell.web._pages import lang_of, say_in, show
from duewell.web._proofs import PARTS, pct, tree

door = Door(tags=["pages"], include_in_schema=False)
P = Permission
_DAYS_AHEAD = 60


def _shown(ask: Ask, loan: str) -> tuple[LoanKey, Shown]:
    key = ask.loan(loan)
    return key, look(ask.conn, loans.read_loan(ask.conn, key))


@door.get("/loans/{loan}", may=P.OWN_READ, media="text/html")
def loan_page(ask: Asked, loan: str) -> Response:
    """A loan: what settles it, what it costs, its plan."""
    key, shown = _shown(ask, loan)
    _, payoff = prove_at(shown)
    cost = show_cost(ask.conn, key).cost
    rows = [
        {
            "nr": row.nr,
            "on": row.due_on,
            "due": sum(row.due),
            "principal": row.due[Part.PRINCIPAL],
            "interest": row.due[Part.INTEREST],
            "rest": row.due[Part.FEE] + row.due[Part.PENALTY],
            "state": _state(row.unpaid, row.due_on, shown.state.as_of),
        }
        for row in shown.state.rows
        if any(row.due) or any(row.paid)
    ]
    return show(
        ask,
        "borrower/loan.html",
        "web-loan",
        loan=shown.name,
        began=shown.row.loan_terms.start,
        as_of=shown.state.as_of,
        currency=shown.row.terms.currency,
        payoff=payoff.amount if payoff is not None else 0,
        nominal=pct(cost.rates.nominal),
        effective=pct(cost.rates.effective),
        cost=cost.interest + cost.fees + cost.penalties - cost.forgiven,
        rows=rows,
    )


def _state(unpaid: int, due_on: date, as_of: date) -> str:
    if not unpaid:
        return "paid"
    return "late" if due_on < as_of else "today" if due_on == as_of else "coming"


# -- what if ---------------------------------------------------------------------------------------


@door.get("/loans/{loan}/what-if", may=P.OWN_READ, media="text/html")
def what_if(
    ask: Asked,
    loan: str,
    amount: Annotated[str | None, Query(max_length=40)] = None,
    on: Annotated[str | None, Query(max_length=10)] = None,
) -> Response:
    """What a payment would do: where each yuan goes, what is left then. Nothing is written."""
    key, shown = _shown(ask, loan)
    money, today = shown.row.terms.currency, shown.state.as_of
    days = [today + timedelta(days=n) for n in (0, 1, 2, 3, 7, 14)]
    days += [
        row.due_on for row in shown.state.rows if today < row.due_on < today + timedelta(days=_DAYS_AHEAD)
    ]
    told: dict[str, Any] = {
        "loan": shown.name,
        "currency": money,
        "days": sorted(set(days)),
        "on": on or today.isoformat(),
        "choices": _choices(shown),
        "given": None,
        "typed": amount or "",
        "after": None,
    }
    if amount is not None:
        try:
            given = parse_amount(amount, currency(money)).minor
            if given <= 0:
                raise InvalidInput("amount-not-positive", amount_minor=given)
            told |= _after(ask, key, given, told["on"], money)
        except Refusal as refusal:
            say = say_in(lang_of(ask.request))
            return show(
                ask,
                "borrower/what_if.html",
                "web-what-if",
                422,
                **told,
                wrong=say(refusal.code, **refusal.facts),
            )
    return show(ask, "borrower/what_if.html", "web-what-if", **told)


def _choices(shown: Shown) -> list[tuple[str, int]]:
    """Amounts one would choose from, none of them twice."""
    _, payoff = prove_at(shown)
    coming = (row.unpaid for row in shown.state.rows if row.due_on >= shown.state.as_of and row.unpaid)
    named = {shown.age.overdue: "web-overdue-only"}
    named.setdefault(next(coming, 0), "web-next-instalment")
    named.setdefault(payoff.amount if payoff is not None else 0, "web-settle")
    return [(name, given) for given, name in named.items() if given]


def _after(ask: Ask, key: LoanKey, given: int, on: str, money: str) -> dict[str, Any]:
    line = f"{on} pay {plain_amount(given, money)}"
    futures = preview_loan(ask.conn, key, {"paid": [line]}).futures
    before, after = futures["as-it-is"], futures["paid"]
    paid = next(each for each in after.state.applied if each.fact.source == "preview")
    parts = [(name, paid.parts[part]) for part, name in PARTS if paid.parts[part]]
    if paid.overpaid:
        parts.append(("web-part-credit", paid.overpaid))
    return {
        "given": given,
        "parts": parts,
        "before": {"ends": before.ends_on},
        "after": {"ends": after.ends_on, "cost": after.cost, "overdue": after.age.overdue},
        "saved": max(before.cost - after.cost, 0),
    }


# -- why late, why this amount ---------------------------------------------------------------------


@door.get("/loans/{loan}/late", may=P.OWN_READ, media="text/html")
def late_page(ask: Asked, loan: str) -> Response:
    """Why something is overdue, what each day adds, what comes when, and how to stop it."""
    key, shown = _shown(ask, loan)
    today, money = shown.state.as_of, shown.row.terms.currency
    parts = [
        (name, sum(max(row.due[part] - row.paid[part], 0) for row in shown.state.rows if row.due_on < today))
        for part, name in PARTS
    ]
    tomorrow = look(ask.conn, shown.row, as_of=today + timedelta(days=1), known=today)
    since = shown.age.since
    steps = [
        {"kind": kind, "on": since + timedelta(days=after)}
        for after, kind in LATE_STEPS
        if since is not None and since + timedelta(days=after) > today
    ]
    return show(
        ask,
        "borrower/late.html",
        "web-late",
        loan=shown.name,
        currency=money,
        overdue=shown.age.overdue,
        dpd=shown.age.dpd,
        since=since,
        parts=[(name, amount) for name, amount in parts if amount],
        grows=max(tomorrow.age.overdue - shown.age.overdue, 0) if not _falls_due(shown) else 0,
        steps=steps,
        key=loan_id(key.person_id, key.loan_no),
    )


def _falls_due(shown: Shown) -> bool:
    """Whether a row falls due today, so that tomorrow's sum is not today's grown."""
    return any(row.due_on == shown.state.as_of and row.unpaid for row in shown.state.rows)


@door.get("/loans/{loan}/why", may=P.OWN_READ, media="text/html")
def why(
    ask: Asked,
    loan: str,
    row: Annotated[int | None, Query(ge=0, le=10_000)] = None,
    total: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """An amount opened to its derivation, step by step."""
    _, shown = _shown(ask, loan)
    proven, payoff = prove_at(shown)
    if total is not None or row is None:
        roots = [chosen_proof(proven, payoff, row=None, part="", total=total or "outstanding")]
    else:
        roots = [
            chosen_proof(proven, payoff, row=row, part=part.name.lower(), total=None)
            for part, _ in reversed(PARTS)
        ]
    lang, money = lang_of(ask.request), shown.row.terms.currency
    told = [tree(root, 1, lang, money) for root in roots if root.amount or total]
    return show(ask, "borrower/why.html", "web-why-amount", loan=shown.name, roots=told)
