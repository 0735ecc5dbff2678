"""Define a product: a version of it in a book, from a table as an operator writes it.

Needs    a connection; the book; the table.
Gives    the version, and whether it is new.
Never    changes a version, or makes a second one of the same content.
Source   docs/reference/products.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duewell.domain.disclosure import check_product
from duewell.domain.errors import InvalidInput
from duewell.domain.product import Product, product_table, read_product
from duewell.gateways.cap_packs import caps_of_book
from duewell.store import books, products
from duewell.store.loans import Connection
from duewell.store.products import ProductRow

SCHEMA = products.SCHEMA


def define_product(conn: Connection, book_code: str, given: Mapping[str, Any]) -> tuple[ProductRow, bool]:
    """Define the product on the book's open date; the same table twice changes nothing.

    Refuses   what is no product, one that no loan could be lent by, a product in another currency than the
              book's, and one whose worst case breaks a cap in force that day.
    """
    product = read_product(given)
    book = books.read_book(conn, book_code)
    if product.currency != book.currency:
        raise InvalidInput("product-currency-foreign", given=product.currency, currency=book.currency)
    product.check_workable()
    check_product(product, caps_of_book(book.settings), book.open_on)
    with conn.transaction():
        return products.define(conn, book.book_id, product, on=book.open_on)


def as_document(row: ProductRow) -> dict[str, Any]:
    """A version for machines: what its file says, its number and the day it was defined."""
    product: Product = row.product
    return {
        "schema": SCHEMA,
        "version": product.version,
        "defined_on": row.valid_from.isoformat(),
        **product_table(product),
    }
