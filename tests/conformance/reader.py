"""Reads a conformance case into the product's own terms and facts, and its answer back into text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from duewell.domain.calendar import DaysInMonth, DaysInYear, Frequency
from duewell.domain.facts import (
    ChargeBase,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    ReAged,
    ReAmortized,
    Reschedule,
)
from duewell.domain.ledger import (
    CASH_CLEARING,
    CREDIT_LOSS,
    FEE_CHARGED_OFF,
    FEE_RECEIVABLE,
    INTEREST_CHARGED_OFF,
    INTEREST_RECEIVABLE,
    LOANS_PRINCIPAL,
    PENALTY_RECEIVABLE,
)
from duewell.domain.loan import LoanState, daily_accruals, fold
from duewell.domain.money import Rounding
from duewell.domain.postings import journal_of
from duewell.domain.product import (
    Allocation,
    Amortization,
    ChargeOffInterest,
    Convention,
    Engine,
    ExcessRule,
    InterestMethod,
    LoanTerms,
    Part,
    PenaltyBase,
    PenaltyTerms,
    Prepayment,
    Processing,
)

CENT = Decimal("0.01")
Json = dict[str, Any]

_KINDS = {
    "disburse": FactKind.DISBURSED,
    "repayment": FactKind.PAYMENT_RECEIVED,
    "merchant_issued_refund": FactKind.PAYMENT_RECEIVED,
    "payoff": FactKind.PAID_OFF,
    "credit_balance_refund": FactKind.REFUNDED,
    "fee": FactKind.FEE_CHARGED,
    "penalty": FactKind.PENALTY_CHARGED,
    "rate_change": FactKind.RATE_CHANGED,
    "interest_pause": FactKind.PAUSE_SET,
    "charge_off": FactKind.CHARGED_OFF,
    "move_due_date": FactKind.RESCHEDULED,
    "extend_terms": FactKind.RESCHEDULED,
    "re_age": FactKind.RESCHEDULED,
    "re_amortize": FactKind.RESCHEDULED,
}


def minor(text: str) -> int:
    """Cents of a decimal string."""
    return int(Decimal(text).scaleb(2))


def terms_of(case: Json) -> LoanTerms:
    """The product's terms for a progressive or cumulative case."""
    t, c = case["terms"], case["convention"]
    rounding = Rounding(c["rounding"])
    convention = Convention(
        name=case["family"],
        engine=Engine(c["engine"]),
        rounding=rounding,
        instalment_rounding=rounding,
        instalment_multiple=minor(t.get("instalment_multiple_of", c["currency_unit"])),
        days_in_month=DaysInMonth(t.get("days_in_month", "30")),
        days_in_year=DaysInYear(t.get("days_in_year", "360")),
        interest_method=InterestMethod(t["interest_method"]),
        amortization=Amortization(t["amortization"]),
        is_recalculated_daily=t.get("recalculation") == "daily",
        prepayment=Prepayment(t.get("prepayment", "reduce instalment")),
        payoff_to_row_end=t.get("payoff_interest_to") == "row end",
        ageing_grace_days=t.get("delinquency_grace_days", 0),
        charge_off_interest=ChargeOffInterest.SCHEDULED
        if c["engine"] == "cumulative"
        else ChargeOffInterest.ACCRUED,
    )
    return LoanTerms(
        principal=minor(t["principal"]),
        start=date.fromisoformat(t["start"]),
        instalments=t["instalments"],
        rate=Fraction(t["rate_pct"]) / 100,
        every=t["every"],
        frequency=Frequency(t["frequency"]),
        currency="USD",
        convention=convention,
        allocation=_allocation(t),
        penalty=_penalty(t),
        grace_principal=t.get("grace_principal", 0),
        grace_interest=t.get("grace_interest_payment", 0),
        down_payment_share=Fraction(t.get("down_payment_pct", "0")) / 100,
        approved=minor(t["approved"]) if t.get("emi_base") == "approved" else None,
    )


def _allocation(t: Json) -> Allocation:
    given = t.get("allocation")
    allocation = Allocation(excess=tuple((k, ExcessRule(v)) for k, v in t.get("excess_rule", {}).items()))
    if given is None:
        return allocation
    order = tuple(Part[name.upper()] for name in given["order"])
    return replace(allocation, order=order, processing=Processing(given["processing"]))


def _penalty(t: Json) -> PenaltyTerms | None:
    p = t.get("penalty")
    if p is None:
        return None
    return PenaltyTerms(PenaltyBase(p["base"]), p["grace_days"], pct=Fraction(p["pct"]) / 100)


def facts_of(case: Json, terms: LoanTerms) -> list[Fact]:
    """The facts of a case in order of entry: the disbursement, the automatic down payment, events."""
    t = case["terms"]
    facts = [_fact(FactKind.DISBURSED, terms.start, terms.start, 0, amount=terms.principal)]
    if t.get("down_payment_auto"):
        down = terms.principal * terms.down_payment_share
        facts.append(
            _fact(
                FactKind.PAYMENT_RECEIVED,
                terms.start,
                terms.start,
                1,
                amount=round(down),
                payment_type="down_payment",
            )
        )
    for n, event in enumerate(case["events"], start=2):
        facts.append(_event(event, n, facts))
    return facts


def _event(e: Json, n: int, before: list[Fact]) -> Fact:
    on, posted = date.fromisoformat(e["date"]), date.fromisoformat(e["posted"])
    if e["type"] == "reverse":
        of_date = [
            f
            for f in before
            if (
                f.effective_on == on
                and f.kind
                in (
                    FactKind.DISBURSED,
                    FactKind.PAYMENT_RECEIVED,
                    FactKind.PAID_OFF,
                    FactKind.REFUNDED,
                    FactKind.CHARGED_OFF,
                )
            )
            or (isinstance(f.reschedule, ReAged | ReAmortized) and f.effective_on == on)
        ]
        return replace(_fact(FactKind.REVERSED, on, posted, n), reverses=of_date[e["nth"] - 1].key)
    return replace(
        _fact(_KINDS[e["type"]], on, posted, n, amount=minor(e.get("amount", "0"))),
        payment_type=e["type"],
        rate=Fraction(e["rate_pct"]) / 100 if "rate_pct" in e else None,
        until=date.fromisoformat(e["until"]) if "until" in e else None,
        reschedule=_reschedule(e),
        pct=Fraction(e["pct"]) / 100 if "pct" in e else None,
        base=ChargeBase(e["base"]) if "pct" in e else None,
    )


def _reschedule(e: Json) -> Reschedule | None:
    on = date.fromisoformat(e["date"])
    if e["type"] == "move_due_date":
        return DueDateMoved(on, date.fromisoformat(e["to_due"]))
    if e["type"] == "extend_terms":
        return Extended(on, e["extra_instalments"])
    if e["type"] == "re_age":
        return ReAged(
            date.fromisoformat(e["first_due"]), e["instalments"], e["every"], Frequency(e["frequency"])
        )
    return ReAmortized() if e["type"] == "re_amortize" else None


def _fact(
    kind: FactKind, on: date, posted: date, n: int, amount: int = 0, payment_type: str = "repayment"
) -> Fact:
    return Fact(kind, on, posted, "case", f"{n:04d}", amount=amount, payment_type=payment_type)


def state_after(case: Json, events: int | None, as_of: str | None) -> LoanState:
    """The loan after that many events (all of them when None), looked at on `as_of`."""
    terms = terms_of(case)
    facts = facts_of(case, terms)
    count = len(case["events"]) if events is None else events
    kept = facts[: len(facts) - len(case["events"]) + count]
    on = date.fromisoformat(as_of) if as_of else max(f.recorded_on for f in kept)
    return fold(terms, kept, as_of=on)


def text(amount: int) -> str:
    """Minor units as the published tables write them."""
    return str((Decimal(amount).scaleb(-2)).quantize(CENT, ROUND_HALF_UP))


def rows_text(state: LoanState) -> list[list[object]]:
    """The rows of a listing, disbursements with number 0 first on equal dates."""
    lines: list[tuple[date, int, list[object]]] = [
        (a.fact.effective_on, 0, [0, str(a.fact.effective_on), text(a.amount), *[None] * 7])
        for a in state.applied
        if a.kind == "disbursement"
    ]
    for r in state.rows:
        due, paid = sum(r.due), sum(r.paid)
        parts = (r.due[Part.PRINCIPAL], r.due[Part.INTEREST], r.due[Part.FEE], r.due[Part.PENALTY])
        figures = [text(x) for x in (r.balance, *parts, due, paid, due - paid)]
        lines.append((r.due_on, 1, [r.nr, str(r.due_on), *figures]))
    return [line for *_, line in sorted(lines, key=lambda x: (x[0], x[1]))]


def _daily(case: Json, state: LoanState) -> list[list[object]]:
    """The daily accrual as it was posted: up to the day the run was for, or to the last fact."""
    t = case["terms"]
    until = date.fromisoformat(t["accrual_run_until"]) if "accrual_run_until" in t else state.as_of
    rounding = state.terms.convention.rounding
    return [
        [str(on), "accrual", text(amount), "0.00", text(amount), "0.00", "0.00", "0.00", False, False]
        for row in state.rows
        for on, amount in daily_accruals(row, until, rounding)
    ]


def transactions_text(
    case: Json, events: int | None, as_of: str | None = None, *, is_daily: bool = False
) -> list[list[object]]:
    """Every transaction by date; a reversed one keeps the figures it had when it was posted."""
    terms = terms_of(case)
    facts = facts_of(case, terms)
    count = len(case["events"]) if events is None else events
    kept = facts[: len(facts) - len(case["events"]) + count]
    gone = {f.reverses: n for n, f in enumerate(kept) if f.reverses is not None}
    final = state_after(case, events, as_of)
    lines = []
    for n, fact in enumerate(kept):
        if fact.kind in (FactKind.REVERSED, FactKind.FEE_CHARGED, FactKind.PENALTY_CHARGED):
            continue  # a charge is no transaction in the listings
        if isinstance(fact.reschedule, DueDateMoved | Extended):
            continue  # and neither is a change of dates
        posted = fold(terms, kept[: n + 1], as_of=max(f.recorded_on for f in kept[: n + 1]))
        first = next((a for a in posted.applied if a.fact.key == fact.key), None)
        now = next((a for a in final.applied if a.fact.key == fact.key), None)
        shown = first if fact.key in gone else now
        if shown is None or first is None:
            continue
        parts = (shown.parts[3], shown.parts[2], shown.parts[1], shown.parts[0])
        replayed = now is not None and now.parts != first.parts
        lines.append(
            [
                str(fact.effective_on),
                shown.kind,
                text(shown.amount),
                *map(text, parts),
                text(0 if fact.kind is FactKind.RESCHEDULED else shown.balance),
                fact.key in gone,
                replayed,
            ]
        )
    penalties = [
        [
            str(r.due_on),
            "accrual",
            text(r.due[2] + r.due[0]),
            "0.00",
            text(r.due[2]),
            "0.00",
            text(r.due[0]),
            "0.00",
            False,
            False,
        ]
        for r in final.rows
        if terms.penalty is not None and r.penalty_charged
    ]
    accruals = _daily(case, final) if is_daily else []
    return sorted([*lines, *penalties, *accruals], key=lambda x: str(x[0]))


ACCOUNTS = {
    LOANS_PRINCIPAL: "Loans Receivable",
    INTEREST_RECEIVABLE: "Interest/Fee Receivable",
    FEE_RECEIVABLE: "Interest/Fee Receivable",
    PENALTY_RECEIVABLE: "Interest/Fee Receivable",
    CASH_CLEARING: "Suspense/Clearing",
    CREDIT_LOSS: "Credit Loss/Bad Debt",
    INTEREST_CHARGED_OFF: "Interest Income Charge Off",
    FEE_CHARGED_OFF: "Fee Charge Off",
}
"""The peer's names of our accounts."""


def journals_text(case: Json) -> dict[str, list[list[str]]]:
    """The journal of each event type, under the peer's account names, order free."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for applied in state_after(case, None, None).applied:
        if applied.fact.kind is FactKind.RESCHEDULED:
            continue
        lines = found.setdefault(applied.kind, {})
        for line in journal_of(applied).lines:
            key = ("D" if line.amount_minor > 0 else "C", ACCOUNTS.get(line.account, line.account.code))
            lines[key] = lines.get(key, 0) + abs(line.amount_minor)
    return {
        kind: sorted([side, name, text(amount)] for (side, name), amount in lines.items())
        for kind, lines in found.items()
    }
