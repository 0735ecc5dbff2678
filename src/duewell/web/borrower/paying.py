"""Paying: how much, what each yuan of it pays, by which way; then what became of it.

Needs    an Ask.
Gives    door.
Never    takes silence of a wallet for a failure, or sends a borrower elsewhere without saying so.
Source   docs/reference/pages.md, section paying.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door, policy
from duewell.domain.access import Permission
from duewell.domain.errors import NotFound, Refusal
from duewell.domain.party import loan_id
from duewell.domain.receipts import parse_numbered_ref
from duewell.gateways import passwords as secret
from duewell.services.open_order import open_order
from duewell.services.show_payable import Payable, payable, split_payment
from duewell.services.show_receipts import Receipt, receipts_of
from duewell.services.show_ways import Ways, show_ways
from duewell.store import books, loans
from duewell.store.loans import LoanKey
from duewell.store.ordering import order_document, read_order
from duewell.web._pages import Form, goes_to, lang_of, say_in, show
from duewell.web._proofs import PARTS
from duewell.web.borrower._loans import choices, parts_of, supposed, typed_amount

door = Door(tags=["pages"], include_in_schema=False)
P = Permission


@door.get("/loans/{loan}/pay", may=P.OWN_READ, media="text/html")
def pay_page(ask: Asked, loan: str, amount: Annotated[str | None, Query(max_length=40)] = None) -> Response:
    """Choose an amount and see what it pays, then the way."""
    return _pay_page(ask, loan, amount)


def _pay_page(
    ask: Ask, loan: str, amount: str | None, status: int = 200, wrong: str | None = None
) -> Response:
    key = ask.loan(loan)
    held = payable(ask.conn, key)
    money, ways, offered = held.currency, show_ways(ask.conn, key), choices(held.offers)
    told: dict[str, Any] = {"given": None, "typed": amount or "", "parts": [], "after": None, "saved": 0}
    if amount is None and offered:
        told["given"] = offered[0][1]
    elif amount is not None:
        try:
            told["given"] = typed_amount(amount, money)
        except Refusal as refusal:
            status, wrong = 422, wrong or say_in(lang_of(ask.request))(refusal.code, **refusal.facts)
    if told["given"] is not None:
        try:
            told |= _then(ask, key, held, told["given"])
        except Refusal as refusal:
            told["given"] = None
            status, wrong = 422, wrong or say_in(lang_of(ask.request))(refusal.code, **refusal.facts)
    response = show(
        ask,
        "borrower/pay.html",
        "web-pay",
        status,
        loan=held.name,
        currency=money,
        is_claim=held.is_claim,
        choices=offered,
        ways=ways,
        key=secret.token(),
        wrong=wrong,
        **told,
    )
    # A form that leads on to a wallet is stopped by the browser unless the page said where it may lead.
    response.headers["Content-Security-Policy"] = policy(*_origins(ways))
    return response


def _then(ask: Ask, key: LoanKey, held: Payable, given: int) -> dict[str, Any]:
    """What a payment of today would do: of a loan with its plan also what it saves."""
    if held.is_loan and not held.is_claim:
        return supposed(ask, key, given, held.as_of.isoformat(), held.currency)
    split = split_payment(ask.conn, loans.read_loan(ask.conn, key), given)
    return {"parts": parts_of(split.parts, split.overpaid), "after": {"overdue": split.left}}


def _origins(ways: Ways) -> list[str]:
    parts = (urlsplit(each.url) for each in ways.wallets)
    return sorted({f"{each.scheme}://{each.netloc}" for each in parts if each.scheme in ("https", "http")})


@door.post("/loans/{loan}/pay", may=P.OWN_WRITE, media="text/html")
def pay_form(ask: Asked, loan: str, form: Form) -> Response:
    """Open an order and go to the wallet; the same form sent twice is one order."""
    key = ask.loan(loan)
    held = payable(ask.conn, key)
    typed = form.get("amount", "")[:40]
    if not held.offers:
        # Money for what is paid up finds no place: the page says so instead of sending somebody to pay.
        return _pay_page(ask, loan, None, 409)
    try:
        code, _ = loans.book_code_of(ask.conn, key)
        made = open_order(
            ask.conn,
            code,
            form.get("rail", "")[:40],
            key,
            amount=typed_amount(typed, held.currency),
            request=ask.keyed(),
        )
    except Refusal as refusal:
        wrong = say_in(lang_of(ask.request))(refusal.code, **refusal.facts)
        return _pay_page(ask, loan, typed, 422, wrong)
    return goes_to(made["url"])


@door.get("/paid", may=P.OWN_READ, media="text/html")
def back_from_wallet(ask: Asked, order: Annotated[str, Query(max_length=60)] = "") -> Response:
    """Where a wallet sends the borrower back to: to what became of the order."""
    found = parse_numbered_ref(order)
    if found is None:
        raise NotFound("pay-order-not-found", order=order[:40])
    return goes_to(f"/loans/{loan_id(*found[1])}/orders/{order}")


@door.get("/loans/{loan}/orders/{order}", may=P.OWN_READ, media="text/html")
def order_page(ask: Asked, loan: str, order: str) -> Response:
    """What is known of an order: paid, with its receipt; failed; or not known yet."""
    key = ask.loan(loan)
    code, _ = loans.book_code_of(ask.conn, key)
    row = books.read_book(ask.conn, code)
    found = read_order(ask.conn, row, order[:60])
    if found.loan != (key.person_id, key.loan_no):
        raise NotFound("pay-order-not-found", order=order[:40])
    told = order_document(found, row)
    return show(
        ask,
        "borrower/order.html",
        "web-order",
        loan=loan_id(key.person_id, key.loan_no),
        order=told,
        receipt=_receipt_of(ask, key, told["order"]),
        parts=PARTS,
    )


def _receipt_of(ask: Ask, key: LoanKey, order: str) -> Receipt | None:
    found = receipts_of(ask.conn, ask.state.keys, key)
    return next((each for each in found if each.ref == order), None)
