"""Commands about products: define one from a file, list them, show one.

Needs    typer apps to stand in; a Frame.
Gives    product define, product list, product show.
Never    judges a product: the domain does.
Source   docs/reference/products.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from duewell.cli import _tables
from duewell.cli._frame import Frame, ending, make_frame
from duewell.cli._options import Book, Json, Lang, find_book
from duewell.domain.money import Rate
from duewell.gateways.toml_files import TomlFile, read_toml
from duewell.services.define_product import as_document, define_product
from duewell.store import books, products

product_app = typer.Typer(no_args_is_help=True, help="Products: the terms loans are made from.")


def add_to(app: typer.Typer) -> None:
    """Stand in the application."""
    app.add_typer(product_app, name="product")


@product_app.command("define")
def define(
    path: Annotated[Path, typer.Argument(help="The product: a TOML file.")],
    book: Book,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Define a product's next version from a file. The same file twice changes nothing."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        given = read_toml(path, TomlFile.PRODUCT)
        find_book(frame, book)
        row, is_new = define_product(frame.conn, book, given)
        code = "cli-product-defined" if is_new else "cli-product-unchanged"
        frame.tell(code, product=row.product.ref, book=book)
        if as_json:
            frame.document(as_document(row) | {"is_new": is_new})


@product_app.command("list")
def list_(book: Book, lang: Lang = None, as_json: Json = False) -> None:
    """The products of a book, every version."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        rows = products.of_book(frame.conn, books.read_book(frame.conn, book).book_id)
        if as_json:
            told = [as_document(row) for row in rows]
            frame.document({"schema": "duewell.products/1", "book": book, "products": told})
            return
        heads = (
            "cli-product",
            "cli-defined-on",
            "cli-convention",
            "cli-principal",
            "cli-rate",
            "cli-instalments",
        )
        lines = [
            [
                row.product.ref,
                row.valid_from,
                row.product.convention,
                _span(as_document(row)["principal"]),
                _span([f"{Rate(each).text()}%" for each in row.product.rate]),
                _span(row.product.instalments),
            ]
            for row in rows
        ]
        _tables.table(frame, frame.say("cli-products-title", book=book), heads, lines)


@product_app.command("show")
def show(
    product: Annotated[str, typer.Argument(help="The product: CODE, or CODE@VERSION.")],
    book: Book,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """One version of a product, with all it says."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        row = products.read(frame.conn, books.read_book(frame.conn, book).book_id, product)
        document = as_document(row)
        if as_json:
            frame.document(document)
            return
        title = frame.say("cli-product-title", product=row.product.ref, book=book, on=row.valid_from)
        lines = [[name, told] for name, told in _flat(document) if name not in ("schema", "version")]
        _tables.table(frame, title, ("cli-field", "cli-value"), lines)


def fill(
    frame: Frame, book_id: int, product: str, rate: str | None, instalments: int | None
) -> tuple[str | None, int | None]:
    """The rate and the instalments asked for; where a product leaves no choice, its own."""
    made = products.read(frame.conn, book_id, product).product
    if rate is None and made.rate[0] == made.rate[1]:
        rate = Rate(made.rate[0]).text()
    if instalments is None and made.instalments[0] == made.instalments[1]:
        instalments = made.instalments[0]
    return rate, instalments


def lacking(rate: str | None, instalments: int | None) -> list[str]:
    """The options that are still to be given, by name."""
    return [name for name, value in (("--rate", rate), ("--instalments", instalments)) if value is None]


def _span(ends: Any) -> str:
    low, high = ends
    return str(low) if low == high else f"{low} - {high}"


def _flat(given: Any, path: str = "") -> list[tuple[str, str]]:
    """A document as lines, each key with the way to it."""
    if isinstance(given, dict):
        return [
            each
            for name, value in given.items()
            for each in _flat(value, f"{path}.{name}" if path else str(name))
        ]
    if isinstance(given, list | tuple):
        if given and isinstance(given[0], dict):
            return [each for k, value in enumerate(given, start=1) for each in _flat(value, f"{path}[{k}]")]
        return [(path, ", ".join(map(str, given)))]
    return [(path, str(given))]
