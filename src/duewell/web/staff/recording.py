"""Recording on a loan or line: a payment, or a fact by its line; looked at first, then done once.

Needs    an Ask of somebody who takes payments or records facts.
Gives    door.
Never    records what was not shown first, or does alone what a book wants two persons for.
Source   docs/reference/console.md, section a loan; docs/reference/fact-lines.md.
"""

from __future__ import annotations

from typing import Any

from fastapi import Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Act, Permission, needs_second
from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.facts import Fact, FactKind, fact_line
from duewell.domain.money import currency, parse_amount
from duewell.domain.party import loan_id
from duewell.services.decide_request import ask as ask_second
from duewell.services.preview_fact import FactPreview, preview_fact, read_line
from duewell.services.record_fact import Request, record_fact
from duewell.store import books, loans
from duewell.store.loans import LoanKey
from duewell.web._pages import Form, goes_to
from duewell.web._proofs import PARTS
from duewell.web.staff._asked import bucket_text, fresh_key, keyed, said, wrong_of
from duewell.web.staff._contract import view_at
from duewell.web.staff.frame import show_staff
from duewell.web.staff.loan import loan_page

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_REF_MAX, _LINE_MAX = 100, 300


@door.post("/staff/loans/{loan}/payments", may=P.FACT_PAY, media="text/html")
def staff_pay(ask: Asked, loan: str, form: Form) -> Response:
    """A payment that was received: shown first, then recorded."""
    typed = {"amount": form.get("amount", "")[:40], "on": form.get("on", "")[:10], "ref": form.get("ref", "")}
    typed["ref"] = typed["ref"].strip()[:_REF_MAX]
    key = ask.loan(loan)
    try:
        request = keyed(ask, form)
        fact = _payment(ask, key, typed, request)
        return _looked_at(ask, key, fact, request, form, typed, "payments")
    except Refusal as refusal:
        return _again(ask, loan, refusal, typed)


def _payment(ask: Ask, key: LoanKey, typed: dict[str, str], request: Request) -> Fact:
    row = loans.read_loan(ask.conn, key)
    amount = parse_amount(typed["amount"], currency(row.terms.currency)).minor
    if amount <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=amount)
    on = parse_date(typed["on"]) if typed["on"] else row.book_open_on
    ref = typed["ref"] or ask.own_ref(request)
    if not ref.isprintable():
        raise InvalidInput("request-key-unreadable", length=len(ref), length_max=_REF_MAX)
    return Fact(FactKind.PAYMENT_RECEIVED, on, row.book_open_on, request.source, ref, amount=amount)


@door.post("/staff/loans/{loan}/facts", may=P.FACT_RECORD, media="text/html")
def staff_record(ask: Asked, loan: str, form: Form) -> Response:
    """A fact by its line: shown first, then recorded, or asked of a second person."""
    typed = {"line": form.get("line", "").strip()[:_LINE_MAX]}
    key = ask.loan(loan)
    try:
        request = keyed(ask, form)
        fact = read_line(ask.conn, key, typed["line"], ref=ask.own_ref(request))
        return _looked_at(ask, key, fact, request, form, typed, "facts")
    except Refusal as refusal:
        return _again(ask, loan, refusal, typed)


def _again(ask: Ask, loan: str, refusal: Refusal, typed: dict[str, str]) -> Response:
    """The page with what was typed, and why it was refused."""
    return loan_page(view_at(ask, loan, None, None, said(ask)), 422, wrong=wrong_of(ask, refusal), **typed)


def _looked_at(
    ask: Ask,
    key: LoanKey,
    fact: Fact,
    request: Request,
    form: dict[str, str],
    typed: dict[str, str],
    where: str,
) -> Response:
    """Show what a fact would do; once that was seen, do it."""
    name = loan_id(key.person_id, key.loan_no)
    code, _ = loans.book_code_of(ask.conn, key)
    is_second = needs_second(fact.kind) and ask.book(code).four_eyes
    if form.get("step") != "record":
        return _preview(ask, preview_fact(ask.conn, key, fact), typed, where, code, is_second=is_second)
    if is_second:
        # Refused now rather than when somebody else has looked at it.
        preview_fact(ask.conn, key, fact)
        money = currency(loans.read_loan(ask.conn, key).terms.currency)
        payload = {"line": fact_line(fact, money)}
        ask_second(ask.conn, Act.FACT, book=code, target=name, payload=payload, loan=key, request=request)
        return goes_to(f"/staff/loans/{name}?done=asked")
    record_fact(ask.conn, key, fact, request)
    return goes_to(f"/staff/loans/{name}?done=recorded")


def _preview(
    ask: Ask, found: FactPreview, typed: dict[str, str], where: str, code: str, *, is_second: bool
) -> Response:
    say = said(ask)
    sides = (found.before, found.after)
    key, code_of = found.row.key, currency(found.row.terms.currency)
    # What was seen is what is recorded: the line as it was understood, on the day it counts from.
    if where == "facts":
        typed = {"line": fact_line(found.fact, code_of)}
    else:
        typed = typed | {"on": found.fact.effective_on.isoformat()}
    money = [
        ("console-overdue-amount", [each.age.overdue for each in sides]),
        ("console-outstanding", [each.age.outstanding for each in sides]),
        ("console-principal-out", [each.state.principal_out for each in sides]),
        ("web-part-credit", [each.state.overpaid for each in sides]),
    ]
    split: list[tuple[str, int]] = []
    if found.split is not None:
        split = [(name, found.split.parts[part]) for part, name in PARTS if found.split.parts[part]]
        if found.split.overpaid:
            split.append(("web-part-credit", found.split.overpaid))
    return show_staff(
        ask,
        "preview.html",
        "console-preview",
        book=books.read_book(ask.conn, code),
        here="console-customers",
        loan=loan_id(key.person_id, key.loan_no),
        currency=found.row.terms.currency,
        kind="fact-" + found.fact.kind.value.lower(),
        on=found.fact.effective_on,
        line=typed.get("line"),
        amount=found.split.amount if found.split is not None else found.fact.amount,
        split=split,
        money=money,
        dpd=[each.age.dpd for each in sides],
        bucket=[bucket_text(say, each.age.bucket) for each in sides],
        lost=[_lost(say, fact, reason) for fact, reason in found.lost],
        entries=_entries(found) if ask.identity.may(P.LEDGER_READ) else [],
        is_second=is_second,
        where=where,
        typed=typed,
        form_key=fresh_key(),
    )


def _lost(say: Any, fact: Fact, reason: Refusal) -> dict[str, Any]:
    why = say(reason.code, **reason.facts)
    return {
        "kind": "fact-" + fact.kind.value.lower(),
        "on": fact.effective_on,
        "ref": fact.source_ref,
        "why": why,
    }


def _entries(found: FactPreview) -> list[dict[str, Any]]:
    return [
        {
            "kind": "fact-" + fact.kind.value.lower(),
            "on": fact.effective_on,
            "legs": [(account.name_code, max(m, 0), max(-m, 0)) for account, m in lines],
        }
        for fact, lines in found.entries
    ]
