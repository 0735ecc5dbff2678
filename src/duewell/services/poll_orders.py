"""Poll orders: a provider that was silent is asked; what it does not say stays unknown.

Needs    a connection in autocommit; the book, the instant.
Gives    how many were asked about, and what each turned out to be, plain data.
Never    takes silence for a failure, or asks inside a transaction.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from duewell.domain.receipts import Rail, order_ref
from duewell.gateways.rails import PaymentRail, wallet_of
from duewell.store import books, pay_orders, rails
from duewell.store.loans import Connection
from duewell.store.ordering import settle_order

SCHEMA = "duewell.orders-polled/1"
SILENCE = timedelta(minutes=2)
"""How long a provider may take to notify before it is asked."""
FOR = timedelta(days=7)
"""How long it is asked about an order; after that a statement says what became of it."""
LIMIT = 100


def poll_orders(
    conn: Connection,
    book_code: str,
    *,
    at: datetime,
    silence: timedelta = SILENCE,
    rail_named: Callable[[Rail], PaymentRail] = wallet_of,
) -> dict[str, Any]:
    """Ask about the oldest orders of which nothing final is known, at most a hundred."""
    book = books.read_book(conn, book_code)
    rows = pay_orders.silent_orders(conn, book.book_id, before=at - silence, after=at - FOR, limit=LIMIT)
    by_rail: dict[str, list[str]] = {}
    for row in rows:
        by_rail.setdefault(row.rail.partition("/")[2], []).append(order_ref(row.loan, row.number))
    count: Counter[str] = Counter()
    for code, refs in by_rail.items():
        for told in rail_named(rails.rail_of(book, code)).ask(refs, at=at):
            found = settle_order(
                conn,
                book,
                told.ref,
                told.answer,
                amount=told.amount,
                currency=told.currency,
                paid_at=told.paid_at,
                provider_ref=told.provider_ref,
                reason=told.reason,
                source="poll",
                actor="rail",
                at=at,
            )
            count[found["state"]] += 1
    return {
        "schema": SCHEMA,
        "book": book.code,
        "currency": book.currency,
        "asked": len(rows),
        **{name: count[name] for name in ("ok", "failed", "unknown")},
    }
