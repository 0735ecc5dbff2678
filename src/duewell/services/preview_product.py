"""Preview a product: what a table would define, what a loan of it would cost, and every cap it would break.

Needs    a connection; the book; the table as an operator writes it; what a borrower might ask for.
Gives    Drafted: the product, its cost sheet, the caps broken, the version it would follow; sheet_of.
Never    writes; what it lets through is judged again when it is defined.
Source   docs/reference/products.md; docs/reference/caps.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from duewell.domain.disclosure import CostSheet, check_product, cost_sheet
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.product import Product, caps_in_force, product_table, read_product
from duewell.gateways.cap_packs import caps_of_book
from duewell.store import books, products
from duewell.store.loans import Connection
from duewell.store.products import ProductRow


@dataclass(frozen=True, slots=True)
class Asked:
    """What a borrower might ask of a product; None stands for the most it lends, at most, for longest."""

    principal: int | None = None
    rate: Fraction | None = None
    instalments: int | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """A product not defined yet. `broken` says of each cap that it breaks how, with its source."""

    product: Product
    sheet: CostSheet
    broken: tuple[InvalidInput, ...]
    before: ProductRow | None
    is_same: bool


def preview_product(
    conn: Connection, book_code: str, given: Mapping[str, Any], asked: Asked | None = None
) -> Drafted:
    """What defining the table would come to on the book's open date.

    Refuses   what is no product, one that no loan could be lent by, one in another currency than the
              book's, terms outside its ranges. A cap that is broken is told, not refused.
    """
    product = read_product(given)
    book = books.read_book(conn, book_code)
    if product.currency != book.currency:
        raise InvalidInput("product-currency-foreign", given=product.currency, currency=book.currency)
    product.check_workable()
    bare = replace(product, caps=())
    check_product(bare, (), book.open_on)
    broken = []
    for line in caps_in_force([*caps_of_book(book.settings), *product.caps], book.open_on):
        try:
            check_product(bare, [line], book.open_on)
        except InvalidInput as refusal:
            broken.append(refusal)
    try:
        before = products.read(conn, book.book_id, product.code)
    except NotFound:
        before = None
    is_same = before is not None and product_table(before.product) == product_table(product)
    sheet = sheet_of(product, asked or Asked(), book.open_on)
    return Drafted(product, sheet, tuple(broken), before, is_same)


def sheet_of(product: Product, asked: Asked, start: date) -> CostSheet:
    """The cost sheet of a loan of a product. Refuses what is outside its ranges."""
    terms = product.terms(
        principal=product.principal[1] if asked.principal is None else asked.principal,
        rate=product.rate[1] if asked.rate is None else asked.rate,
        instalments=product.instalments[1] if asked.instalments is None else asked.instalments,
        start=start,
    )
    return cost_sheet(terms)
