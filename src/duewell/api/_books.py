"""Routes of books and their products."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from duewell.api._door import Asked, Door, answer
from duewell.api._models import (
    BookGiven,
    BooksTold,
    BookTold,
    Document,
    ProductsTold,
    ProductTold,
    QuoteGiven,
    RequestTold,
)
from duewell.domain.access import Act, Permission
from duewell.domain.calendar import parse_date
from duewell.domain.money import parse_rate_pct
from duewell.domain.product import read_product
from duewell.services.decide_request import ask as ask_second
from duewell.services.define_product import as_document, define_product
from duewell.services.open_book import open_sandbox as open_sandbox_book
from duewell.services.show_cost import quote, quote_document
from duewell.store import books, products
from duewell.store.books import BookRow

door = Door(tags=["books and products"])


def book_document(row: BookRow) -> dict[str, Any]:
    """A book for machines."""
    return {
        "schema": "duewell.book/1",
        "book": row.code,
        "name": row.name,
        "currency": row.currency,
        "zone": row.zone,
        "opened_on": row.opened_on.isoformat(),
        "open_on": row.open_on.isoformat(),
        "is_sandbox": row.is_sandbox,
        "four_eyes": row.four_eyes,
    }


@door.get("/api/books", may=Permission.BOOK_READ, model=BooksTold)
def list_books(ask: Asked) -> Response:
    """The books you may see."""
    seen = [
        row for row in books.all_books(ask.conn) if ask.identity.sees(row.code, is_sandbox=row.is_sandbox)
    ]
    return answer({"schema": "duewell.books/1", "items": [book_document(row) for row in seen]})


@door.post("/api/books", may=Permission.BOOK_OPEN, status=201, model=BookTold, is_keyed=True)
def open_sandbox(ask: Asked, given: BookGiven) -> Response:
    """Open a sandbox book. Live books are opened on the server itself."""
    open_sandbox_book(
        ask.conn,
        code=given.code,
        currency_code=given.currency,
        open_on=parse_date(given.open_on),
        has_four_eyes=given.four_eyes,
        asked=given.model_dump_json(),
        request=ask.keyed(),
    )
    return answer(book_document(ask.book(given.code)), 201)


@door.get("/api/books/{book}", may=Permission.BOOK_READ, model=BookTold)
def show_book(ask: Asked, book: str) -> Response:
    """A book and the day that is open."""
    return answer(book_document(ask.book(book)))


@door.get("/api/books/{book}/products", may=Permission.PRODUCT_READ, model=ProductsTold)
def list_products(ask: Asked, book: str) -> Response:
    """Every version of the book's products."""
    row = ask.book(book)
    items = [as_document(each) for each in products.of_book(ask.conn, row.book_id)]
    return answer({"schema": "duewell.products/1", "book": row.code, "items": items})


@door.post(
    "/api/books/{book}/products",
    may=Permission.PRODUCT_DEFINE,
    status=201,
    model=ProductTold,
    is_keyed=True,
    also={202: RequestTold},
)
def define(ask: Asked, book: str, given: dict[str, Any]) -> Response:
    """Define a product version: what a product file says. With four eyes, a second person approves it."""
    row = ask.book(book)
    request = ask.keyed()
    product = read_product(given)
    if row.four_eyes:
        told = ask_second(
            ask.conn,
            Act.PRODUCT,
            book=row.code,
            target=f"product/{product.code}",
            payload=given,
            loan=None,
            request=request,
        )
        return answer(told, 202)
    made, is_new = define_product(ask.conn, row.code, given)
    return answer(as_document(made), 201 if is_new else 200)


@door.get("/api/books/{book}/products/{product}", may=Permission.PRODUCT_READ, model=ProductTold)
def show_product(ask: Asked, book: str, product: str) -> Response:
    """A product, its newest version or `code@version`."""
    row = ask.book(book)
    return answer(as_document(products.read(ask.conn, row.book_id, product[:80])))


@door.post("/api/books/{book}/products/{product}/quote", may=Permission.PRODUCT_READ, model=Document)
def quote_loan(ask: Asked, book: str, product: str, given: QuoteGiven) -> Response:
    """What a loan of the product would cost, all in; nothing is written."""
    row = ask.book(book)
    found = quote(
        ask.conn,
        row.code,
        product[:80],
        principal=given.principal_minor,
        rate=parse_rate_pct(given.rate_pct).per_year,
        instalments=given.instalments,
        start=parse_date(given.start) if given.start else None,
    )
    return answer(quote_document(found))
