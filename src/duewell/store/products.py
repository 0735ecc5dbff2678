"""Products of a book: defined version by version, read by code.

Needs    a connection; the book; a product's table.
Gives    define, read, of_book, copy_of: ProductRow with the version's own number.
Never    changes a version: the table is append-only, a change is the next one.
Source   docs/reference/products.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.product import OWN_LINE_TERMS, OWN_TERMS, Product, product_table, read_product
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey

SCHEMA = "duewell.product/1"
_OWN = (OWN_TERMS, OWN_LINE_TERMS)
"""What stands for loans and lines whose terms were agreed one by one: no product to show or lend."""
_LOCK = 0x70726F64  # "prod": one advisory lock class of our own
_REF = re.compile(r"([a-z][a-z0-9-]{0,30})(?:@([1-9][0-9]{0,3}))?")
_COLUMNS = "product_code, version, valid_from, terms"


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A version of a product, and the day of the book on which it was defined."""

    product: Product
    valid_from: date


def define(conn: Connection, book_id: int, product: Product, *, on: date) -> tuple[ProductRow, bool]:
    """Define the product's next version, unless the latest says the same; whether it is new.

    Call inside a transaction: definitions of one book wait for each other.
    Refuses   a code that stands for loans whose terms were agreed one by one.
    """
    conn.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, book_id])
    terms = {"schema": SCHEMA, **product_table(product)}
    row = conn.execute(
        f"select {_COLUMNS} from duewell.product where book_id = %s and product_code = %s"
        " order by version desc limit 1",
        [book_id, product.code],
    ).fetchone()
    if row is not None and row[3] in _OWN:
        raise InvalidInput("product-code-taken", product=product.code)
    if row is not None and row[3] == terms:
        return _row(row), False
    version = row[1] + 1 if row is not None else 1
    conn.execute(
        "insert into duewell.product (book_id, product_code, version, valid_from, terms)"
        " values (%s, %s, %s, %s, %s)",
        [book_id, product.code, version, on, Jsonb(terms)],
    )
    return read(conn, book_id, f"{product.code}@{version}"), True


def read(conn: Connection, book_id: int, ref: str) -> ProductRow:
    """A product by "code" (its latest version) or "code@version"."""
    found = _REF.fullmatch(ref)
    row = None
    if found is not None:
        row = conn.execute(
            f"select {_COLUMNS} from duewell.product where book_id = %s and product_code = %s"
            " and (%s::smallint is null or version = %s) order by version desc limit 1",
            [book_id, found[1], found[2], found[2]],
        ).fetchone()
    if row is None or row[3] in _OWN:
        known = ", ".join(each.product.ref for each in of_book(conn, book_id))
        if not known:
            raise NotFound("product-none", product=ref[:60])
        raise NotFound("product-not-found", product=ref[:60], known=known)
    return _row(row)


def of_book(conn: Connection, book_id: int) -> list[ProductRow]:
    """Every version of a book's products; not what only names loans with terms of their own."""
    rows = conn.execute(
        f"select {_COLUMNS} from duewell.product where book_id = %s order by product_code, version", [book_id]
    ).fetchall()
    return [_row(row) for row in rows if row[3].get("schema") == SCHEMA and row[3] not in _OWN]


def copy_of(conn: Connection, key: LoanKey, book: BookRow) -> tuple[str, int]:
    """The code and version of a loan's product in another book, made there if need be."""
    row = conn.execute(
        "select l.product_code, l.product_version, p.terms from duewell.loan l join duewell.product p"
        " on p.book_id = l.book_id and p.product_code = l.product_code and p.version = l.product_version"
        " where l.person_id = %s and l.loan_no = %s",
        [key.person_id, key.loan_no],
    ).fetchone()
    assert row is not None
    code, _, terms = row
    conn.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, book.book_id])
    held = conn.execute(
        "select version, terms from duewell.product where book_id = %s and product_code = %s"
        " order by version",
        [book.book_id, code],
    ).fetchall()
    for version, other in held:
        if other == terms:
            return code, int(version)
    version = int(held[-1][0]) + 1 if held else 1
    conn.execute(
        "insert into duewell.product (book_id, product_code, version, valid_from, terms)"
        " values (%s, %s, %s, %s, %s)",
        [book.book_id, code, version, book.opened_on, Jsonb(terms)],
    )
    return code, version


def _row(row: tuple[Any, ...]) -> ProductRow:
    _, version, valid_from, terms = row
    given: Mapping[str, Any] = {name: value for name, value in terms.items() if name != "schema"}
    return ProductRow(read_product(given, version=version), valid_from)
