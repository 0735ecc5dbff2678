"""Commands that take facts as lines: record one, preview some, compare futures.

Needs    typer apps to stand in; a Frame.
Gives    record, loan preview, loan compare.
Never    writes in a preview.
Source   docs/reference/fact-lines.md and docs/reference/preview.md.
"""

from __future__ import annotations

import re
from typing import Annotated

import typer
from rich.text import Text

from duewell.cli import _tables
from duewell.cli._frame import Frame, amount, day, day_or_instant, ending, make_frame, now
from duewell.cli._options import Json, Key, Known, Lang, Loan, find_loan, request_key
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import FactLines
from duewell.domain.loan import Future
from duewell.domain.money import currency
from duewell.domain.party import loan_id
from duewell.domain.product import Part
from duewell.services.preview_loan import AS_IT_IS, Previewed, as_document, preview_loan
from duewell.services.record_fact import Request, record_fact
from duewell.store import loans

Until = Annotated[str | None, typer.Option("--until", help="The day it is looked at; else the last line's.")]
_NAME = re.compile(r"\s*([^:;]{1,40}?)\s*:\s*(.*)")


def add_to(app: typer.Typer, loan_app: typer.Typer) -> None:
    """Stand in the applications."""
    app.command("record")(record)
    loan_app.command("preview")(preview)
    loan_app.command("compare")(compare)


def record(
    loan: Loan,
    line: Annotated[str, typer.Argument(help='A fact as a line, such as "2026-05-01 waive penalty 3.00".')],
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Record any fact of a loan: fees, waivers, new plans, pauses, rates, charge-off, recovery."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, row = find_loan(frame, loan)
        request = request_key(key)
        lines = FactLines(currency(row.terms.currency), loans.read_facts(frame.conn, where))
        fact = lines.read(
            line, source="cli", source_ref=request, recorded_on=row.book_open_on, on=row.book_open_on
        )
        is_dated = re.match(r"\s*[0-9]", line) is not None
        asked = Request("cli", request, "cli", now(), is_dated=is_dated)
        _tables.recorded(frame, record_fact(frame.conn, where, fact, asked), row.terms)


def preview(
    loan: Loan,
    lines: Annotated[
        list[str], typer.Option("--if", help='A fact supposed, such as "2026-05-01 pay 100.00".')
    ],
    until: Until = None,
    known: Known = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """What if: the loan as it is beside the loan with facts supposed. Nothing is written."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, _ = find_loan(frame, loan)
        found = preview_loan(
            frame.conn, where, {"as-supposed": lines}, until=day(until), known=day_or_instant(known)
        )
        _show(frame, found, is_with_rows=True)


def compare(
    loan: Loan,
    futures: Annotated[
        list[str],
        typer.Option("--future", help='A name and its facts, such as "settle: 2026-05-01 settle".'),
    ],
    until: Until = None,
    known: Known = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Several futures of a loan side by side, each a name, a colon, and facts separated by semicolons."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, _ = find_loan(frame, loan)
        named = _named(futures)
        found = preview_loan(frame.conn, where, named, until=day(until), known=day_or_instant(known))
        _show(frame, found, is_with_rows=False)


def _named(futures: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in futures:
        split = _NAME.fullmatch(text)
        if split is None or not split[1].isprintable():
            raise InvalidInput("future-unreadable", given=text[:60])
        if split[1] in found:
            raise InvalidInput("future-named-twice", name=split[1])
        found[split[1]] = [each for each in split[2].split(";") if each.strip()]
    return found


def _show(frame: Frame, found: Previewed, *, is_with_rows: bool) -> None:
    if frame.is_json:
        frame.document(as_document(found))
        return
    names = [frame.say("cli-" + n) if n in (AS_IT_IS, "as-supposed") else n for n in found.futures]
    each = list(found.futures.values())
    money = found.currency

    def line(code: str, figures: list[str]) -> list[str]:
        return [frame.say(code), *figures]

    rows = [
        line("cli-overdue", [amount(f.age.overdue, money) for f in each]),
        line("cli-dpd", [str(f.age.dpd) for f in each]),
        line("cli-outstanding", [amount(f.age.outstanding, money) for f in each]),
        line("cli-payoff", [_amount(f.payoff, money) for f in each]),
        line("cli-to-pay", [amount(f.to_pay, money) for f in each]),
        line("cli-cost", [amount(f.cost, money) for f in each]),
        line("cli-ends-on", [str(f.ends_on or "-") for f in each]),
    ]
    title = frame.say(
        "cli-preview-title",
        loan=loan_id(found.key.person_id, found.key.loan_no),
        until=found.until,
        currency=money,
    )
    _tables.table(frame, title, ("cli-figure", *names), rows)
    if is_with_rows:
        frame.console.print()
        _rows(frame, each[-1], money)
    frame.console.print(Text(frame.say("cli-preview-nothing-written"), style="dim"))


def _amount(minor: int | None, money: str) -> str:
    return "-" if minor is None else amount(minor, money)


def _rows(frame: Frame, future: Future, money: str) -> None:
    columns = (
        "cli-row",
        "cli-due-on",
        "cli-principal",
        "cli-interest",
        "cli-fees",
        "cli-penalty",
        "cli-unpaid",
    )
    shown = (Part.PRINCIPAL, Part.INTEREST, Part.FEE, Part.PENALTY)
    lines = [
        [r.nr, r.due_on, *(amount(r.due[p], money) for p in shown), amount(r.unpaid, money)]
        for r in future.state.rows
        if r.unpaid > 0
    ]
    _tables.table(frame, frame.say("cli-preview-rows-title"), columns, lines)
