"""Calls of the API: books.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def list_books() -> Call[shapes.BooksTold]:
    """The books you may see."""
    return Call("GET", "/api/books")


def open_sandbox(
    *, code: str, currency: str, open_on: str, four_eyes: bool | None = None, key: str | None = None
) -> Call[shapes.BookTold]:
    """Open a sandbox book. Live books are opened on the server itself."""
    return Call(
        "POST",
        "/api/books",
        body={"code": code, "currency": currency, "open_on": open_on, "four_eyes": four_eyes},
        key=key,
        is_keyed=True,
    )


def show_book(book: str) -> Call[shapes.BookTold]:
    """A book and the day that is open."""
    return Call("GET", f"/api/books/{_at(book)}")


def list_products(book: str) -> Call[shapes.ProductsTold]:
    """Every version of the book's products."""
    return Call("GET", f"/api/books/{_at(book)}/products")


def define(
    book: str, *, body: dict[str, Any], key: str | None = None
) -> Call[shapes.ProductTold | shapes.RequestTold]:
    """Define a product version: what a product file says. With four eyes, a second person approves it."""
    return Call("POST", f"/api/books/{_at(book)}/products", body=body, key=key, is_keyed=True)


def show_product(book: str, product: str) -> Call[shapes.ProductTold]:
    """A product, its newest version or `code@version`."""
    return Call("GET", f"/api/books/{_at(book)}/products/{_at(product)}")


def quote_loan(
    book: str,
    product: str,
    *,
    principal_minor: int,
    rate_pct: str,
    instalments: int,
    start: str | None = None,
) -> Call[shapes.Document]:
    """What a loan of the product would cost, all in; nothing is written."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/products/{_at(product)}/quote",
        body={
            "principal_minor": principal_minor,
            "rate_pct": rate_pct,
            "instalments": instalments,
            "start": start,
        },
    )
