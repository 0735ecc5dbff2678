"""Set a rail: how money comes to a book or leaves it, by the operator's file.

Needs    a connection; the book; the table of the file.
Gives    set_rail, check_rail, list_rails: the rails as kept, plain data.
Never    lets a sandbox have a real rail, or a rail that is not real reach beyond this machine.
Source   docs/reference/rails.md, "A rail's file".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duewell.domain.receipts import Rail, rail_from
from duewell.gateways.rails import check_reach, reasons_of
from duewell.store import books, posting, rails, request_keys
from duewell.store.books import BookRow
from duewell.store.loans import Connection
from duewell.store.posting import Request

SCHEMA = "duewell.rails/1"


def set_rail(
    conn: Connection, book_code: str, table: Mapping[str, Any], request: Request | None = None
) -> dict[str, Any]:
    """Keep a rail in place of the one of its code, once per key. Refuses what the file has wrong."""
    book = books.read_book(conn, book_code)
    rail = check_rail(book, table)
    if request is None:
        rails.put_rail(conn, book.book_id, rail.code, table)
        return list_rails(conn, book_code)
    posting.check_key(request.key)
    asked = request_keys.hash_of_body([SCHEMA, book.code, dict(table)])
    with conn.transaction():
        if request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=asked) is None:
            rails.put_rail(conn, book.book_id, rail.code, table)
            request_keys.keep(
                conn,
                client_id=request.client_id,
                key=request.key,
                body_hash=asked,
                target=f"rail/{rails.key_of(book, rail.code)}",
                result={"rail": rail.code},
                recorded_at=request.at,
            )
    return list_rails(conn, book_code)


def check_rail(book: BookRow, table: Mapping[str, Any]) -> Rail:
    """The rail of a table. Refuses what is wrong with it, and what it may not reach."""
    rail = rail_from(table, is_sandbox=book.is_sandbox)
    check_reach(rail)
    reasons_of(rail)
    return rail


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
