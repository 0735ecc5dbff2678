"""Set a rail: how money comes to a book or leaves it, by the operator's file.

Needs    a connection; the book; the table of the file.
Gives    the rail as kept, plain data.
Never    lets a sandbox have a real rail, or a rail that is not real reach beyond this machine.
Source   docs/reference/rails.md, "A rail's file".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duewell.domain.receipts import rail_from
from duewell.gateways.rails import check_reach, reasons_of
from duewell.store import books, rails
from duewell.store.loans import Connection

SCHEMA = "duewell.rails/1"


def set_rail(conn: Connection, book_code: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a rail in place of the one of its code. Refuses what the file has wrong."""
    book = books.read_book(conn, book_code)
    rail = rail_from(table, is_sandbox=book.is_sandbox)
    check_reach(rail)
    reasons_of(rail)
    rails.put_rail(conn, book.book_id, rail.code, table)
    return list_rails(conn, book_code)


def list_rails(conn: Connection, book_code: str) -> dict[str, Any]:
    """The rails of a book."""
    book = books.read_book(conn, book_code)
    return {
        "schema": SCHEMA,
        "book": book.code,
        "currency": book.currency,
        "rails": [
            {
                "rail": each.code,
                "kind": each.kind.value,
                "is_real": each.is_real,
                "account": each.account,
                "layout": each.layout or None,
                "slots": [f"T+{slot.offset} {slot.at:%H:%M}" for slot in each.slots],
            }
            for each in rails.rails_of(book)
        ],
    }
