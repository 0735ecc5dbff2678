"""Facts as rows: what a row of `loan_fact` keeps of a fact, and the fact of a row.

Needs    a fact, or the columns FACT_COLUMNS joined as REVERSED says.
Gives    fact_payload, fact_of_row; FACT_COLUMNS, REVERSED; Known, with KNOWN and known_values.
Never    loses anything of a fact: written and read again it is equal.
Source   docs/decisions/0002.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from duewell.domain.calendar import Frequency
from duewell.domain.facts import (
    Arrear,
    ChargeBase,
    Conversion,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    Position,
    ReAged,
    ReAmortized,
    Reschedule,
)
from duewell.domain.product import BalanceKind

FACT_COLUMNS = (
    "f.kind, f.effective_on, f.recorded_on, f.source, f.source_ref, f.payload, r.kind, r.source, r.source_ref"
)
REVERSED = (
    "left join duewell.loan_fact r on r.person_id = f.person_id and r.loan_no = f.loan_no"
    " and r.seq = f.reverses_seq"
)

Known = date | datetime | None
"""What was known: at the end of a date, at an instant, or, None, all."""
KNOWN = "(%s::date is null or f.recorded_on <= %s) and (%s::timestamptz is null or f.recorded_at <= %s)"


def known_values(known: Known) -> list[Known]:
    if isinstance(known, datetime):
        return [None, None, known, known]
    return [known, known, None, None]


def fact_payload(fact: Fact) -> dict[str, Any]:
    """What a fact's row keeps beside its columns; what is absent is left out."""
    payload: dict[str, Any] = {"amount_minor": fact.amount, "payment_type": fact.payment_type}
    if fact.rate is not None:
        payload["rate"] = str(fact.rate)
    if fact.until is not None:
        payload["until"] = fact.until.isoformat()
    if fact.position is not None:
        payload["principal_minor"] = fact.position.principal
        payload["arrears"] = [
            [a.due_on.isoformat(), a.penalty, a.fee, a.interest, a.principal] for a in fact.position.arrears
        ]
    if fact.reschedule is not None:
        payload["reschedule"] = _plan_payload(fact.reschedule)
    if fact.pct is not None and fact.base is not None:
        payload["pct"], payload["base"] = str(fact.pct), fact.base.value
    if fact.parts is not None:
        payload["parts_minor"] = list(fact.parts)
    if fact.balance is not None:
        payload["balance"] = fact.balance.value
    if fact.conversion is not None:
        payload["conversion"] = _conversion_payload(fact.conversion)
    if fact.payload:
        payload["more"] = [list(pair) for pair in fact.payload]
    return payload


def _conversion_payload(agreed: Conversion) -> dict[str, Any]:
    costs = {"rate": agreed.rate, "pct": agreed.pct}
    told = {name: str(cost) for name, cost in costs.items() if cost is not None}
    return {"instalments": agreed.instalments, **told}


def _conversion(given: dict[str, Any]) -> Conversion:
    costs = {name: Fraction(given[name]) for name in ("rate", "pct") if name in given}
    return Conversion(given["instalments"], **costs)


_PLANS: dict[str, type[Reschedule]] = {
    "due-date-moved": DueDateMoved,
    "extended": Extended,
    "re-aged": ReAged,
    "re-amortized": ReAmortized,
}


def _plan_payload(plan: Reschedule) -> dict[str, Any]:
    kind = next(name for name, each in _PLANS.items() if isinstance(plan, each))
    values = {each.name: getattr(plan, each.name) for each in fields(plan)}
    return {"kind": kind} | {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def _plan(given: dict[str, Any]) -> Reschedule:
    kind = _PLANS[given["kind"]]
    values = {k: v for k, v in given.items() if k != "kind"}
    for name in ("from_due", "to_due", "first_due"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    if "frequency" in values:
        values["frequency"] = Frequency(values["frequency"])
    return kind(**values)


def fact_of_row(row: tuple[Any, ...]) -> Fact:
    """The fact of the columns FACT_COLUMNS."""
    kind, effective_on, recorded_on, source, source_ref, payload, *reversed_key = row
    given = json.loads(payload) if isinstance(payload, str) else payload
    position = None
    if "principal_minor" in given:
        arrears = tuple(Arrear(date.fromisoformat(on), *parts) for on, *parts in given["arrears"])
        position = Position(given["principal_minor"], arrears)
    return Fact(
        FactKind(kind),
        effective_on,
        recorded_on,
        source,
        source_ref,
        amount=given["amount_minor"],
        payment_type=given["payment_type"],
        rate=Fraction(given["rate"]) if "rate" in given else None,
        until=date.fromisoformat(given["until"]) if "until" in given else None,
        reverses=tuple(reversed_key) if reversed_key[0] is not None else None,
        position=position,
        reschedule=_plan(given["reschedule"]) if "reschedule" in given else None,
        pct=Fraction(given["pct"]) if "pct" in given else None,
        base=ChargeBase(given["base"]) if "base" in given else None,
        parts=tuple(given["parts_minor"]) if "parts_minor" in given else None,
        balance=BalanceKind(given["balance"]) if "balance" in given else None,
        conversion=_conversion(given["conversion"]) if "conversion" in given else None,
        payload=tuple((k, v) for k, v in given.get("more", ())),
    )
