"""List suspense: the work list of money whose owner is not known.

Needs    a connection; the keys; the book.
Gives    every item with what is left of it, why it waits, and what the rail told of it, plain data.
Never    guesses a loan: what was written is shown, a person decides.
Source   docs/reference/rails.md, "Suspense".
"""

from __future__ import annotations

from typing import Any

from duewell.gateways.keys import KeyPort, Seals
from duewell.store import books, rails, suspense
from duewell.store.loans import Connection

SCHEMA = "duewell.suspense/1"


def list_suspense(conn: Connection, keys: KeyPort, book_code: str) -> dict[str, Any]:
    """The open items of a book, oldest first; totals by currency."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        items = suspense.open_items(conn, book.book_id)
        rows = rails.entries_named(conn, [item.ref for item in items])
    told = {ref: rails.told_of(conn, Seals(keys), row) for ref, row in rows.items()}
    left: dict[str, int] = {}
    for item in items:
        left[item.currency] = left.get(item.currency, 0) + item.left
    return {
        "schema": SCHEMA,
        "book": book.code,
        "currency": book.currency,
        "left_minor": left,
        "items": [
            {
                "rail": item.ref[0].partition("/")[2],
                "ref": item.ref[1],
                "reason": item.reason,
                "currency": item.currency,
                "amount_minor": item.amount,
                "left_minor": item.left,
                "value_on": str(item.effective_on),
                "since": str(item.posted_on),
                "told": told.get(item.ref, {}),
            }
            for item in items
        ],
    }
