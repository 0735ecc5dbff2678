"""Take a notification: what a wallet's provider says of an order, if its signature says it is the provider.

Needs    a connection; the book, the rail, the fields of the message, the instant.
Gives    the order as it then is, plain data.
Never    acts on what is not signed; duplicates and messages out of order change nothing.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from duewell.gateways.rails import WalletRail, wallet_of
from duewell.store import books, rails
from duewell.store.loans import Connection
from duewell.store.ordering import settle_order


def take_notification(
    conn: Connection,
    book_code: str,
    rail_code: str,
    fields: Mapping[str, str],
    *,
    at: datetime,
    wallet: WalletRail | None = None,
) -> dict[str, Any]:
    """Check the signature, then settle the order. Refuses an unsigned message and an order there is not."""
    book = books.read_book(conn, book_code)
    told = (wallet or wallet_of(rails.rail_of(book, rail_code))).read_notification(fields)
    return settle_order(
        conn,
        book,
        told.ref,
        told.answer,
        amount=told.amount,
        currency=told.currency,
        paid_at=told.paid_at,
        provider_ref=told.provider_ref,
        reason=told.reason,
        source="notification",
        actor="rail",
        at=at,
    )
