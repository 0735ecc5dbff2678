"""Orders answered: a wallet's answer becomes a receipt once, in whichever order answers come.

Needs    a connection in autocommit or inside a transaction; the answer, already checked.
Gives    settle_order.
Never    believes a late failure over money that came, or money over a signature: the gateway checked that.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from duewell.domain.errors import NotFound
from duewell.domain.party import loan_id
from duewell.domain.receipts import Answer, Entry, EntryKind, adds_to, order_ref, parse_numbered_ref
from duewell.store import books, loans, pay_orders, receipts
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey
from duewell.store.receiving import receive

SCHEMA = "duewell.pay-order/1"


def order_document(row: pay_orders.OrderRow, book: BookRow) -> dict[str, Any]:
    """An order as plain data."""
    return {
        "schema": SCHEMA,
        "order": order_ref(row.loan, row.number),
        "loan_id": loan_id(*row.loan),
        "book": book.code,
        "rail": row.rail.partition("/")[2],
        "amount_minor": row.amount,
        "currency": book.currency,
        "url": row.url,
        "expires_at": row.expires_at.isoformat(),
        "state": row.state.value,
    }


def read_order(conn: Connection, book: BookRow, ref: str) -> pay_orders.OrderRow:
    """The order of an id. Refuses NotFound "pay-order-not-found"."""
    numbered = parse_numbered_ref(ref)
    row = None
    if numbered is not None and numbered[0] == "W":
        row = pay_orders.read_order(conn, numbered[1], numbered[2])
    if row is None or row.book_id != book.book_id:
        raise NotFound("pay-order-not-found", order=ref[:40])
    return row


def settle_order(
    conn: Connection,
    book: BookRow,
    ref: str,
    answer: Answer,
    *,
    amount: int | None,
    currency: str,
    paid_at: datetime | None,
    provider_ref: str,
    reason: str,
    source: str,
    actor: str,
    at: datetime,
) -> dict[str, Any]:
    """Take an answer about an order: what it adds is kept, and money that came is received.

    Duplicates, late failures and silence change nothing. Another amount than was asked goes to suspense.
    """
    with conn.transaction():
        books.share_day(conn, book.book_id)
        row = read_order(conn, book, ref)
        receipts.hold(conn, [(row.rail, ref)])
        loans.lock_many(conn, [LoanKey(*row.loan)])
        row = read_order(conn, book, ref)
        document = order_document(row, book)
        if not adds_to(row.answers, answer):
            return {**document, "outcome": "again"}
        pay_orders.add_answer(
            conn, row, answer, source=source, at=at, provider_ref=provider_ref, reason=reason
        )
        document["state"] = answer.value
        if answer is not Answer.OK:
            return {**document, "outcome": answer.value, "reason": reason}
        assert amount is not None and paid_at is not None, "the gateway refuses an ok without them"
        on = paid_at.astimezone(book.clock).date()
        entry = Entry(1, ref, EntryKind.CREDIT, amount, currency, on, on, value_at=paid_at, end_to_end=ref)
        (done,) = receive(conn, book, row.rail, [entry], statement="", actor=actor, at=at)
        if done.refusal is not None:
            raise done.refusal
        return {**document, "outcome": done.outcome, "reason": done.reason}
