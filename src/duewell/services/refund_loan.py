"""Refund: what a borrower paid too much is recorded as paid back and ordered to be paid, in one transaction.

Needs    a connection; the keys; the book, the loan, the amount, a rail, the payee, a request key.
Gives    the loan after it with the key of the order to pay, plain data.
Never    pays: the order leaves from the outbox after the commit.
Source   docs/reference/rails.md, "What leaves".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from duewell.domain.facts import Fact, FactKind
from duewell.domain.receipts import Payer
from duewell.gateways.keys import KeyPort, Seals
from duewell.store import books, posting, rails
from duewell.store.loans import Connection, LoanKey
from duewell.store.paying import check_same_payee, order_pay_out
from duewell.store.posting import Request


def refund_loan(
    conn: Connection,
    keys: KeyPort,
    book_code: str,
    rail_code: str,
    loan: LoanKey,
    *,
    amount: int,
    payee: Payer,
    request: Request,
) -> dict[str, Any]:
    """Record the refund on the open date and order it paid. Sent twice it happens once."""
    with conn.transaction():
        book = books.read_book(conn, book_code)
        rail = rails.key_of(book, rails.rail_of(book, rail_code).code)
        on = book.open_on
        fact = Fact(FactKind.REFUNDED, on, on, "refund", request.key, amount=amount)
        result = posting.record(conn, loan, fact, replace(request, is_dated=False))
        seals = Seals(keys)
        key = order_pay_out(conn, seals, book, rail, loan, result["seq"], payee=payee, at=request.at)
        check_same_payee(conn, seals, loan.person_id, key, payee)
        return {**result, "pay_out": key}
