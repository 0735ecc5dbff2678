"""Open an order: the borrower is to be sent to a wallet; the address is signed and says all of it.

Needs    a connection; the book, a wallet rail and its provider, the loan, the amount, a request key.
Gives    the order with its address, plain data.
Never    calls the provider: a signature needs no answer. An order that is not paid is nothing in the ledger.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from duewell.domain.errors import Conflict, InvalidInput, NotFound
from duewell.domain.party import loan_id
from duewell.domain.receipts import LoanRef, order_ref
from duewell.gateways.rails import WalletRail, wallet_of
from duewell.store import books, loans, pay_orders, posting, rails
from duewell.store.loans import Connection, LoanKey
from duewell.store.ordering import order_document
from duewell.store.posting import Request

_AMOUNT_MAX = 10**15


def open_order(
    conn: Connection,
    book_code: str,
    rail_code: str,
    loan: LoanKey,
    *,
    amount: int,
    request: Request,
    wallet: WalletRail | None = None,
) -> dict[str, Any]:
    """A new order to pay, or the one made under the same key."""
    posting.check_key(request.key)
    book = books.read_book(conn, book_code)
    rail = rails.rail_of(book, rail_code)
    provider = wallet or wallet_of(rail)
    if not 1 <= amount <= _AMOUNT_MAX:
        raise InvalidInput("rail-amount-below-one", given=str(amount)[:20])
    with conn.transaction():
        if not loans.keys_held(conn, book.book_id, [loan]):
            raise NotFound("file-loan-unknown", loan=loan_id(loan.person_id, loan.loan_no), book=book.code)
        loans.lock_many(conn, [loan])
        ref = LoanRef(loan.person_id, loan.loan_no)
        there = pay_orders.orders_of(conn, ref)
        for each in there:
            if each.key == request.key:
                if (each.amount, each.rail) != (amount, rails.key_of(book, rail.code)):
                    raise Conflict("key-reused-with-another-body", key=request.key)
                return order_document(each, book)
        number = len(there) + 1
        expires_at = request.at + timedelta(minutes=rail.order_minutes)
        url = provider.redirect(
            order_ref(ref, number),
            amount=amount,
            currency=book.currency,
            expires_at=expires_at,
            at=request.at,
            text=loan_id(*ref),
        )
        pay_orders.put_order(
            conn,
            ref,
            number,
            book_id=book.book_id,
            rail=rails.key_of(book, rail.code),
            amount=amount,
            key=request.key,
            url=url,
            expires_at=expires_at,
            at=request.at,
        )
        row = pay_orders.read_order(conn, ref, number)
        assert row is not None
        return order_document(row, book)
