"""Set caps: the limits a book keeps, a packaged pack or the operator's own lines.

Needs    a connection; the book; a pack's name or a table.
Gives    the caps now named.
Never    looks back: loans made and products defined stay as they are.
Source   docs/reference/caps.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duewell.domain.product import Cap
from duewell.gateways.cap_packs import caps_of_book, own_caps, pack
from duewell.store import books
from duewell.store.loans import Connection


def set_caps(conn: Connection, book_code: str, given: str | Mapping[str, Any]) -> tuple[Cap, ...]:
    """Name a book's caps. Refuses a pack there is not, and lines that cannot be read."""
    book = books.read_book(conn, book_code)
    if isinstance(given, str):
        pack(given)
        books.set_caps(conn, book.book_id, given)
    else:
        books.set_caps(conn, book.book_id, own_caps(given))
    return caps_of_book(books.read_book(conn, book_code).settings)
