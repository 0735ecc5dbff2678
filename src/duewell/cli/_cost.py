"""Commands about cost: of a loan, and of an offer before it is signed.

Needs    typer apps to stand in; a Frame.
Gives    loan cost, loan cost-sheet, product quote.
Never    computes a rate.
Source   docs/reference/cost.md.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

import typer

from duewell.cli import _products, _sheet, _tables
from duewell.cli._frame import Frame, amount, day, day_or_instant, ending, make_frame
from duewell.cli._options import (
    AsOf,
    Book,
    Instalments,
    Json,
    Known,
    Lang,
    Loan,
    On,
    RatePct,
    find_book,
    find_loan,
)
from duewell.cli._usage import missing
from duewell.domain.disclosure import TrueCost
from duewell.domain.money import Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.party import loan_id
from duewell.services.show_cost import (
    Costed,
    Quote,
    cost_document,
    quote,
    quote_document,
    show_cost,
)


def add_to(loan_app: typer.Typer, product_app: typer.Typer) -> None:
    """Stand in the applications."""
    loan_app.command("cost")(loan_cost)
    loan_app.command("cost-sheet")(_sheet.cost_sheet)
    product_app.command("quote")(product_quote)


def loan_cost(
    loan: Loan, as_of: AsOf = None, known: Known = None, lang: Lang = None, as_json: Json = False
) -> None:
    """What a loan costs a year by each rule, as of a day and after each fact."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        key, _ = find_loan(frame, loan)
        found = show_cost(frame.conn, key, as_of=day(as_of), known=day_or_instant(known))
        if as_json:
            frame.document(cost_document(found))
        else:
            _show(frame, found)


def product_quote(
    product: Annotated[str, typer.Option("--product", help="The product: CODE or CODE@VERSION.")],
    principal: Annotated[str, typer.Option("--principal", help="What would be lent, such as 1,200.00.")],
    book: Book,
    rate: RatePct = None,
    instalments: Instalments = None,
    on: On = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """What a loan of a product would cost, before it is signed. Nothing is written."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        found = asked_quote(frame, book, product, principal, rate, instalments, on)
        if as_json:
            frame.document(quote_document(found))
            return
        title = frame.say(
            "cli-quote-title",
            product=found.product.ref,
            principal=amount(found.terms.principal, found.terms.currency),
            currency=found.terms.currency,
            instalments=found.terms.instalments,
        )
        _figures(frame, title, found.cost, found.terms.currency)
        frame.console.print()
        _sheet.show_sheet(frame, found.sheet)


def asked_quote(
    frame: Frame,
    book: str,
    product: str,
    principal: str,
    rate: str | None,
    instalments: int | None,
    on: str | None,
) -> Quote:
    """The quote that options ask for; what a product leaves no choice in need not be said."""
    row = find_book(frame, book)
    rate, instalments = _products.fill(frame, row.book_id, product, rate, instalments)
    if rate is None or instalments is None:
        raise missing(_products.lacking(rate, instalments))
    return quote(
        frame.conn,
        book,
        product,
        principal=parse_amount(principal, currency(row.currency)).minor,
        rate=parse_rate_pct(rate).per_year,
        instalments=instalments,
        start=day(on),
    )


def _show(frame: Frame, found: Costed) -> None:
    money = found.terms.currency
    name = loan_id(found.key.person_id, found.key.loan_no)
    title = frame.say("cli-cost-title", loan=name, as_of=found.cost.as_of, currency=money)
    _figures(frame, title, found.cost, money)
    frame.console.print()
    heads = (
        "cli-date",
        "cli-kind",
        "cli-cost-nominal",
        "cli-cost-effective",
        "cli-cost-reg-z",
        "cli-cost-aprc",
    )
    lines = [
        [
            fact.effective_on,
            frame.say("fact-" + fact.kind.value.lower()),
            *(
                _pct(each)
                for each in (cost.rates.nominal, cost.rates.effective, cost.rates.reg_z, cost.rates.aprc)
            ),
        ]
        for fact, cost in found.steps
    ]
    _tables.table(frame, frame.say("cli-cost-steps-title"), heads, lines)


def _figures(frame: Frame, title: str, cost: TrueCost, money: str) -> None:
    amounts = (
        ("cli-cost-lent", cost.lent),
        ("cli-cost-paid", cost.paid),
        ("cli-to-pay", cost.to_pay),
        ("cli-interest", cost.interest),
        ("cli-fees", cost.fees),
        ("cli-penalty", cost.penalties),
    )
    lines = [[frame.say(code), amount(minor, money)] for code, minor in amounts]
    named = (
        ("cli-cost-period", cost.rates.period),
        ("cli-cost-nominal", cost.rates.nominal),
        ("cli-cost-effective", cost.rates.effective),
        ("cli-cost-reg-z", cost.rates.reg_z),
        ("cli-cost-aprc", cost.rates.aprc),
    )
    lines += [[frame.say(code), _pct(rate)] for code, rate in named]
    _tables.table(frame, title, ("cli-figure", "cli-value"), lines)


def _pct(rate: Fraction | None) -> str:
    return "-" if rate is None else f"{Rate(rate).text(4)}%"
