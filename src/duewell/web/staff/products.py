"""Products: every version with its day, one opened to its terms and its cost sheet, and the next one defined.

Needs    an Ask; services that preview, quote and define.
Gives    door.
Never    judges a product, or defines one alone in a book of four eyes.
Source   docs/reference/console.md, section products; docs/reference/products.md.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Act, Permission
from duewell.domain.disclosure import check_terms
from duewell.domain.errors import Conflict, InvalidInput, Refusal
from duewell.domain.money import Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.product import Product, product_table
from duewell.domain.texts import message_of, plain_amount
from duewell.gateways.cap_packs import caps_of_book
from duewell.gateways.table_files import Column, Kind, Table
from duewell.gateways.toml_files import TomlFile, toml_of, toml_text
from duewell.services.define_product import define_product
from duewell.services.preview_product import Asked as Wanted
from duewell.services.preview_product import Drafted, preview_product, sheet_of
from duewell.store import products
from duewell.store.books import BookRow
from duewell.store.products import ProductRow
from duewell.web._pages import STAFF, LongForm, goes_to
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._cost_told import convention_told, sheet_tables, sheet_told, span, terms_told
from duewell.web.staff._desk import Done, ask_second, done_of, refused, say
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_HERE = "console-products"
_LIST = f"{STAFF}/books/{{book}}/products"
_DRAFT = f"{STAFF}/books/{{book}}/product-draft"
_DIGITS_MAX = 5
Typed = Annotated[str | None, Query(max_length=40)]
_START = """code = "monthly"
jurisdiction = "CN"
currency = "CNY"
convention = "cn-monthly/1"
principal = ["1,000.00", "50,000.00"]
rate_pct = ["6", "18"]
instalments = [3, 36]

[penalty]
times_contract = "1.5"
"""


@door.get(_LIST, may=P.PRODUCT_READ, media="text/html")
def list_(ask: Asked, book: str, done: Done = None, export: Export = None, table: Which = None) -> Response:
    """Every version, and the day it was defined on."""
    row = ask.book(book)
    found = sorted(
        products.of_book(ask.conn, row.book_id), key=lambda each: (each.product.code, -each.product.version)
    )
    versions = _versions(ask, row, found)
    return as_file(export, table, versions) or show_staff(
        ask,
        "products.html",
        _HERE,
        book=row,
        here=_HERE,
        done=done_of(ask, done),
        versions=told_of(versions),
        may_define=ask.identity.may(P.PRODUCT_DEFINE),
    )


def _versions(ask: Ask, row: BookRow, found: list[ProductRow]) -> Table:
    t = say(ask)
    newest = {each.product.code: each.product.version for each in reversed(found)}
    columns = [
        Column("product", t("console-one-product")),
        Column("state", t("console-product-state")),
        Column("valid_from", t("console-valid-from"), Kind.DAY),
        Column("convention", t("console-conv-name")),
        Column("principal_from", t("console-principal-from"), Kind.MONEY, row.currency),
        Column("principal_to", t("console-principal-to"), Kind.MONEY, row.currency),
        Column("rate", t("console-rates")),
        Column("instalments", t("console-term-instalments")),
    ]
    rows = [
        (
            each.product.ref,
            t(
                "console-newest"
                if newest[each.product.code] == each.product.version
                else "console-older-version"
            ),
            each.valid_from,
            each.product.convention,
            *each.product.principal,
            span(*(f"{Rate(rate).text()}%" for rate in each.product.rate)),
            span(*map(str, each.product.instalments)),
        )
        for each in found
    ]
    address = _LIST.format(book=row.code)
    return Table(
        "products",
        t("console-products"),
        columns,
        rows,
        as_of=row.open_on.isoformat(),
        known=ask.at.isoformat(),
        query=asked(ask),
        links=[f"{address}/{each.product.ref}" for each in found],
    )


@door.get(_LIST + "/{product}", may=P.PRODUCT_READ, media="text/html")
def one(
    ask: Asked,
    book: str,
    product: str,
    amount: Typed = None,
    rate: Typed = None,
    instalments: Typed = None,
    done: Done = None,
    export: Export = None,
    table: Which = None,
) -> Response:
    """One version: its terms in words, and what a loan of it costs, as its borrower will see it."""
    row = ask.book(book)
    found = products.read(ask.conn, row.book_id, product[:80])
    made = found.product
    typed = _typed(made, amount, rate, instalments)
    sheet, wrong = None, None
    try:
        sheet = sheet_of(made, _wanted(made, typed), row.open_on)
        check_terms(sheet.terms, (*caps_of_book(row.settings), *made.caps), row.open_on)
    except Refusal as refusal:
        wrong = refused(ask, refusal)
    tables = sheet_tables(ask, sheet) if sheet is not None else ()
    if export is not None and tables:
        return as_file(export, table, *tables) or goes_to(_LIST.format(book=row.code))
    return show_staff(
        ask,
        "product.html",
        "console-one-product",
        200 if wrong is None else 422,
        book=row,
        here=_HERE,
        done=done_of(ask, done),
        wrong=wrong,
        name=made.ref,
        valid_from=found.valid_from,
        terms=terms_told(ask, made),
        convention=convention_told(ask, made),
        typed=typed,
        sheet=sheet_told(ask, sheet) if sheet is not None else None,
        tables=[told_of(each) for each in tables],
        may_define=ask.identity.may(P.PRODUCT_DEFINE),
        versions=[
            (each.product.ref, each.valid_from)
            for each in products.of_book(ask.conn, row.book_id)
            if each.product.code == made.code
        ],
    )


def _typed(made: Product, amount: str | None, rate: str | None, instalments: str | None) -> dict[str, str]:
    """What is in the fields: what was typed, else the most a borrower may ask for."""
    return {
        "amount": amount if amount is not None else plain_amount(made.principal[1], made.currency),
        "rate": rate if rate is not None else Rate(made.rate[1]).text(),
        "instalments": instalments if instalments is not None else str(made.instalments[1]),
    }


def _wanted(made: Product, typed: dict[str, str]) -> Wanted:
    number = typed["instalments"].strip()
    if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS_MAX):
        raise InvalidInput("console-instalments-unreadable", given=number[:20])
    return Wanted(
        parse_amount(typed["amount"].strip(), currency(made.currency)).minor,
        parse_rate_pct(typed["rate"].strip().removesuffix("%").strip()).per_year,
        int(number),
    )


# -- the next version ------------------------------------------------------------------------------


@door.get(_DRAFT, may=P.PRODUCT_DEFINE, media="text/html")
def draft(ask: Asked, book: str, like: Annotated[str | None, Query(max_length=80)] = None) -> Response:
    """Where the next version is written, beginning with one there is."""
    row = ask.book(book)
    text = _START.replace('"CNY"', f'"{row.currency}"')
    if like is not None:
        text = toml_text(product_table(products.read(ask.conn, row.book_id, like).product))
    return _draft_page(ask, row, text)


@door.post(_DRAFT, may=P.PRODUCT_DEFINE, media="text/html")
def draft_form(ask: Asked, book: str, form: LongForm) -> Response:
    """Preview what was written, or define it; with four eyes somebody else approves it first."""
    row, text = ask.book(book), form.get("toml", "")
    typed = {name: form.get(name, "").strip()[:40] for name in ("amount", "rate", "instalments")}
    drafted: Drafted | None = None
    try:
        given = toml_of(text, TomlFile.PRODUCT, say(ask)("console-what-you-wrote"))
        drafted = preview_product(ask.conn, row.code, given)
        if all(typed.values()):
            wanted = _wanted(drafted.product, typed)
            drafted = preview_product(ask.conn, row.code, given, wanted)
        if form.get("step") != "define":
            return _draft_page(ask, row, text, drafted=drafted, typed=typed)
        return _define(ask, row, given, drafted)
    except Refusal as refusal:
        return _draft_page(ask, row, text, 422, drafted=drafted, typed=typed, wrong=refused(ask, refusal))


def _define(ask: Ask, row: BookRow, given: dict[str, Any], drafted: Drafted) -> Response:
    made = drafted.product
    if drafted.is_same:
        raise Conflict("console-product-same", product=drafted.before.product.ref if drafted.before else "-")
    if drafted.broken:
        raise drafted.broken[0]
    if row.four_eyes:
        return ask_second(ask, Act.PRODUCT, book=row.code, target=f"product/{made.code}", payload=given)
    done, _ = define_product(ask.conn, row.code, given)
    return goes_to(f"{_LIST.format(book=row.code)}/{done.product.ref}?done=defined")


def _draft_page(
    ask: Ask,
    row: BookRow,
    text: str,
    status: int = 200,
    *,
    drafted: Drafted | None = None,
    typed: dict[str, str] | None = None,
    wrong: str | None = None,
) -> Response:
    t = say(ask)
    preview = None
    if drafted is not None:
        made = drafted.product
        version = drafted.before.product.version + 1 if drafted.before is not None else 1
        preview = {
            "name": f"{made.code}@{version}",
            "is_same": drafted.is_same,
            "before": drafted.before.product.ref if drafted.before is not None else None,
            "broken": [t(message_of(each).code, **each.facts) for each in drafted.broken],
            "terms": terms_told(ask, made),
            "convention": convention_told(ask, made),
            "sheet": sheet_told(ask, drafted.sheet),
            "tables": [told_of(each) | {"files": []} for each in sheet_tables(ask, drafted.sheet)],
        }
        terms = drafted.sheet.terms
        if not typed or not all(typed.values()):
            typed = {
                "amount": plain_amount(terms.principal, terms.currency),
                "rate": Rate(terms.rate).text(),
                "instalments": str(terms.instalments),
            }
    return show_staff(
        ask,
        "product_draft.html",
        "console-product-draft",
        status,
        book=row,
        here=_HERE,
        wrong=wrong,
        text=text,
        typed=typed,
        preview=preview,
        four_eyes=row.four_eyes,
    )
