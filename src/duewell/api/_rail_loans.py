"""Routes of rails about one loan: mandates, orders to pay, refunds; staff's, and a borrower's own.

Needs    the Door.
Gives    door.
Never    shows more of an account than its end, or another person's loan.
Source   docs/reference/rails.md, "Mandates" and "Wallets".
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response
from pydantic import Field

from duewell.api import _rail_acts
from duewell.api._door import Ask, Asked, Door, answer
from duewell.api._models import Code, Day, Document, Given, Minor, RequestTold
from duewell.api._rail_acts import PayeeGiven, Visible
from duewell.domain.access import Act, Permission
from duewell.domain.calendar import parse_date
from duewell.domain.errors import NotFound
from duewell.domain.party import loan_id
from duewell.domain.receipts import Payer
from duewell.gateways.holidays import bank_days
from duewell.services.change_mandate import revoke_mandate, sign_mandate
from duewell.services.open_order import open_order
from duewell.services.refund_loan import refund_loan
from duewell.services.show_mandate import show_mandate
from duewell.store import books, loans, rails
from duewell.store.books import BookRow
from duewell.store.loans import LoanKey
from duewell.store.ordering import order_document, read_order

door = Door(tags=["payment rails"])


class MandateGiven(Given):
    """The account that may be collected from, and the rail it is collected by."""

    rail: Code
    name: Visible
    account: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
    bank: Visible = ""
    on: Day | None = None


class RevokeGiven(Given):
    """Why, as the borrower said; and from when."""

    reason: Visible = ""
    on: Day | None = None


class OrderGiven(Given):
    """What is to be paid, and through which wallet."""

    rail: Code
    amount_minor: Minor


class RefundGiven(Given):
    """What is paid back, by which rail and to whom."""

    rail: Code
    amount_minor: Minor
    payee: PayeeGiven


def _place(ask: Ask, loan: str) -> tuple[LoanKey, BookRow]:
    """A loan the caller may see, and its book."""
    key = ask.loan(loan)
    code, _ = loans.book_code_of(ask.conn, key)
    return key, books.read_book(ask.conn, code)


# -- mandates --------------------------------------------------------------------------------------


def _show(ask: Ask, loan: str) -> Response:
    key, row = _place(ask, loan)
    days = bank_days(row.calendar, row.open_on.year)
    return answer(show_mandate(ask.conn, ask.state.keys, row.code, key, is_business=days.is_business_day))


def _sign(ask: Ask, loan: str, given: MandateGiven) -> Response:
    key, row = _place(ask, loan)
    done = sign_mandate(
        ask.conn,
        ask.state.keys,
        row.code,
        given.rail,
        key,
        payer=Payer(given.name, given.account, given.bank),
        on=parse_date(given.on) if given.on is not None else None,
        request=ask.keyed(),
    )
    return answer(done, 201)


def _revoke(ask: Ask, loan: str, given: RevokeGiven) -> Response:
    key, row = _place(ask, loan)
    done = revoke_mandate(
        ask.conn,
        ask.state.keys,
        row.code,
        key,
        on=parse_date(given.on) if given.on is not None else None,
        reason=given.reason,
        request=ask.keyed(),
    )
    return answer(done)


@door.get("/api/loans/{loan}/mandates", may=Permission.LOAN_READ, model=Document)
def show_mandates(ask: Asked, loan: str) -> Response:
    """The mandates of a loan, what was collected, and the coming tries with their times."""
    return _show(ask, loan)


@door.post(
    "/api/loans/{loan}/mandates", may=Permission.MANDATE_CHANGE, status=201, model=Document, is_keyed=True
)
def sign(ask: Asked, loan: str, given: MandateGiven) -> Response:
    """Record that the borrower lets us collect from an account."""
    return _sign(ask, loan, given)


@door.post(
    "/api/loans/{loan}/mandates/revocation", may=Permission.MANDATE_CHANGE, model=Document, is_keyed=True
)
def revoke(ask: Asked, loan: str, given: RevokeGiven) -> Response:
    """Record that the borrower does not let us collect any more."""
    return _revoke(ask, loan, given)


@door.get("/api/own/loans/{loan}/mandates", may=Permission.OWN_READ, model=Document)
def own_mandates(ask: Asked, loan: str) -> Response:
    """Your mandates, what was collected, and when and how often we shall try next."""
    return _show(ask, loan)


@door.post(
    "/api/own/loans/{loan}/mandates", may=Permission.OWN_WRITE, status=201, model=Document, is_keyed=True
)
def sign_own(ask: Asked, loan: str, given: MandateGiven) -> Response:
    """Let us collect from your account."""
    return _sign(ask, loan, given)


@door.post(
    "/api/own/loans/{loan}/mandates/revocation", may=Permission.OWN_WRITE, model=Document, is_keyed=True
)
def revoke_own(ask: Asked, loan: str, given: RevokeGiven) -> Response:
    """Take your leave to collect back."""
    return _revoke(ask, loan, given)


# -- orders to pay through a wallet ----------------------------------------------------------------


def _order(ask: Ask, loan: str, given: OrderGiven) -> Response:
    key, row = _place(ask, loan)
    done = open_order(ask.conn, row.code, given.rail, key, amount=given.amount_minor, request=ask.keyed())
    return answer(done, 201)


def _order_state(ask: Ask, loan: str, order: str) -> Response:
    key, row = _place(ask, loan)
    found = read_order(ask.conn, row, order[:60])
    if found.loan != (key.person_id, key.loan_no):
        raise NotFound("pay-order-not-found", order=order[:40])
    return answer(order_document(found, row))


@door.post("/api/loans/{loan}/orders", may=Permission.FACT_PAY, status=201, model=Document, is_keyed=True)
def order(ask: Asked, loan: str, given: OrderGiven) -> Response:
    """Open an order to pay through a wallet: the signed address the borrower is sent to."""
    return _order(ask, loan, given)


@door.get("/api/loans/{loan}/orders/{order}", may=Permission.LOAN_READ, model=Document)
def show_order(ask: Asked, loan: str, order: str) -> Response:
    """What is known of an order: ok, failed, or unknown."""
    return _order_state(ask, loan, order)


@door.post(
    "/api/own/loans/{loan}/orders", may=Permission.OWN_WRITE, status=201, model=Document, is_keyed=True
)
def own_order(ask: Asked, loan: str, given: OrderGiven) -> Response:
    """Open an order to pay your loan through a wallet."""
    return _order(ask, loan, given)


@door.get("/api/own/loans/{loan}/orders/{order}", may=Permission.OWN_READ, model=Document)
def show_own_order(ask: Asked, loan: str, order: str) -> Response:
    """What is known of your order: ok, failed, or unknown."""
    return _order_state(ask, loan, order)


# -- refunds ---------------------------------------------------------------------------------------


@door.post(
    "/api/loans/{loan}/refunds",
    may=Permission.FACT_RECORD,
    status=201,
    model=Document,
    is_keyed=True,
    also={202: RequestTold},
)
def refund(ask: Asked, loan: str, given: RefundGiven) -> Response:
    """Pay back what was paid too much; with four eyes once a second person approves."""
    key, row = _place(ask, loan)
    payee = given.payee.payer()
    rail = rails.rail_of(row, given.rail).code
    if row.four_eyes:
        payload: dict[str, Any] = {"rail": rail, "amount_minor": given.amount_minor}
        target = loan_id(key.person_id, key.loan_no)
        told = _rail_acts.wait_for_second(
            ask, Act.REFUND, book=row.code, target=target, payload=payload, loan=key, payee=payee
        )
        return answer(told, 202)
    done = refund_loan(
        ask.conn,
        ask.state.keys,
        row.code,
        rail,
        key,
        amount=given.amount_minor,
        payee=payee,
        request=ask.keyed(),
    )
    return answer(_rail_acts.refunded(key, done), 201)
