"""The cost sheet on the command line: of a loan as it was signed, and in a quote.

Needs    a Frame, a CostSheet.
Gives    cost_sheet, the command; show_sheet.
Never    computes an amount, or leaves an item out.
Source   docs/reference/cost.md, section cost sheet.
"""

from __future__ import annotations

from collections.abc import Sequence

from duewell.cli import _tables
from duewell.cli._frame import Frame, amount, ending, make_frame
from duewell.cli._options import Json, Lang, Loan, find_loan
from duewell.domain.disclosure import CostSheet, Item, sheet_document
from duewell.domain.disclosure import cost_sheet as sheet_of
from duewell.domain.money import Rate
from duewell.domain.party import loan_id


def cost_sheet(loan: Loan, lang: Lang = None, as_json: Json = False) -> None:
    """The cost sheet of a loan as it was signed: every cost, normal and in default."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        key, row = find_loan(frame, loan)
        sheet = sheet_of(row.loan_terms)
        if as_json:
            frame.document(sheet_document(sheet) | {"loan_id": loan_id(key.person_id, key.loan_no)})
        else:
            show_sheet(frame, sheet)


def show_sheet(frame: Frame, sheet: CostSheet) -> None:
    """The sheet as text: normal costs, the yearly total, costs of default, and that there is no other."""
    terms, cost = sheet.terms, sheet.cost
    money = terms.currency
    title = frame.say(
        "sheet-title",
        principal=amount(terms.principal, money),
        currency=money,
        instalments=terms.instalments,
        start=terms.start,
        paid_out=amount(cost.lent, money),
    )
    _table(frame, title, sheet.normal, money)
    rates = {
        name: f"{Rate(rate).text(2)}%" if rate is not None else "-"
        for name, rate in (("nominal", cost.rates.nominal), ("effective", cost.rates.effective))
    }
    frame.tell(
        "sheet-total", currency=money, cost=amount(cost.interest + cost.fees, money),
        to_pay=amount(cost.to_pay, money), **rates,
    )  # fmt: skip
    frame.console.print()
    if sheet.default:
        _table(frame, frame.say("sheet-default-title"), sheet.default, money)
    else:
        frame.tell("sheet-no-default")
    frame.tell("sheet-nothing-else")


def _table(frame: Frame, title: str, items: Sequence[Item], money: str) -> None:
    heads = ("cli-sheet-item", "cli-sheet-by", "cli-sheet-basis", "cli-sheet-how-much", "cli-sheet-when",
             "cli-total", "cli-source")  # fmt: skip
    lines = [
        [
            " ".join(filter(None, (frame.say(f"sheet-item-{item.code}"), item.name))),
            frame.say("sheet-lender") if item.charged_by == "lender" else item.charged_by,
            frame.say(f"sheet-basis-{item.basis}"),
            _how_much(frame, item, money),
            _when(frame, item),
            "-" if item.total is None else amount(item.total, money),
            item.source,
        ]
        for item in items
    ]
    _tables.table(frame, title, heads, lines)


def _how_much(frame: Frame, item: Item, money: str) -> str:
    if item.rate is None:
        return amount(item.amount or 0, money)
    code = "sheet-rate-yearly" if item.is_yearly else "sheet-rate-each"
    return frame.say(code, rate=Rate(item.rate).text())


def _when(frame: Frame, item: Item) -> str:
    told = frame.say(f"sheet-when-{item.when}")
    return told + frame.say("sheet-grace", days=item.grace_days) if item.grace_days else told
