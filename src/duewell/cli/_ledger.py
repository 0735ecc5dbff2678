"""Commands of the ledger: trial balance, export, one total explained, periods.

Needs    typer app to stand in; a Frame.
Gives    ledger balance, export, explain, close-period, periods.
Never    computes an amount.
Source   docs/reference/ledger.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from duewell.cli import _tables
from duewell.cli._frame import Frame, amount, day, ending, make_frame, now
from duewell.cli._options import AsOf, Book, Json, Lang, find_loan
from duewell.cli._trees import DEPTH, proof_tree
from duewell.cli._usage import exclusive, without
from duewell.domain.errors import InvalidInput
from duewell.gateways.out_files import replacing
from duewell.services.close_period import close_period
from duewell.services.explain_entry import explain_entry
from duewell.services.report_ledger import (
    ExportFormat,
    explain_total,
    explained_document,
    export,
    periods_document,
    periods_of,
    trial_balance_document,
    trial_balance_of,
)
from duewell.services.show_loan import proof_document
from duewell.services.tell_proof import exact_amount
from duewell.store import books

ledger_app = typer.Typer(no_args_is_help=True, help="The ledger: balances, entries, periods.")


def add_to(app: typer.Typer) -> None:
    """Stand in the application."""
    app.add_typer(ledger_app, name="ledger")


@ledger_app.command("balance")
def balance(book: Book, as_of: AsOf = None, lang: Lang = None, as_json: Json = False) -> None:
    """The trial balance at the end of a closed day."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        found = trial_balance_of(frame.conn, book, as_of=day(as_of))
        if as_json:
            frame.document(trial_balance_document(found))
            return
        money = found.book.currency
        rows: list[list[object]] = [
            [
                frame.say(each.name_code),
                amount(minor, money) if minor > 0 else "",
                amount(-minor, money) if minor < 0 else "",
            ]
            for each, minor in found.balances.items()
        ]
        total = amount(sum(max(minor, 0) for minor in found.balances.values()), money)
        rows.append([frame.say("cli-total"), total, total])
        title = frame.say("cli-trial-balance-title", book=book, as_of=found.as_of, currency=money)
        _tables.table(frame, title, ("cli-account", "cli-debit", "cli-credit-side"), rows)


@ledger_app.command("export")
def export_(
    book: Book,
    form: Annotated[ExportFormat, typer.Option("--format", help="csv or beancount.")] = ExportFormat.CSV,
    first: Annotated[str | None, typer.Option("--from", help="First day; the book's first else.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; the last closed one else.")] = None,
    detail: Annotated[bool, typer.Option("--detail", help="Every loan's journal by itself.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; standard output else.")
    ] = None,
    lang: Lang = None,
    as_json: Annotated[bool, typer.Option("--json", help="Refusals as one JSON document.")] = False,
) -> None:
    """The entries of closed days for another system: CSV, or a beancount file that proves itself."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        text = export(frame.conn, book, form=form, first=day(first), last=day(last), is_detailed=detail)
        if output is None:
            sys.stdout.writelines(text)
        else:
            _write(output, text)


def _write(path: Path, text: Iterable[str]) -> None:
    """Write a file whole or not at all, in place of one that is there."""
    with replacing(path, is_forced=True) as made, made.open("w", encoding="utf-8") as file:
        file.writelines(text)


@ledger_app.command("explain")
def explain(
    book: Book,
    account: Annotated[
        str | None, typer.Option("--account", help="Its code, such as interest_income.")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", help="A closed day.")] = None,
    entry: Annotated[
        str | None, typer.Option("--entry", help="An entry of a loan or line as the export names it.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", min=1, max=20, help="Levels of an entry's tree; 4 else.")
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """What a day's totals posted to an account, or one entry of a contract, down to what made each amount."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        if entry is not None:
            for option, given in (("--account", account), ("--on", on)):
                if given is not None:
                    raise exclusive("--entry", option)
            _explain_entry(frame, entry, DEPTH if depth is None else depth)
            return
        if depth is not None:
            raise without("--depth", "--entry")
        asked = day(on)
        if asked is None or account is None:
            raise InvalidInput("explain-what")
        totals = explain_total(frame.conn, book, day=asked, account_code=account)
        money = books.read_book(frame.conn, book).currency
        if as_json:
            frame.document(explained_document(book, money, asked, totals))
            return
        for total in totals:
            title = frame.say(
                "cli-ledger-total-title",
                account=frame.say(total.account.name_code),
                product=total.product,
                day=asked,
                currency=money,
                posted=amount(total.posted, money),
            )
            before = {(p.sign, p.measure, p.accrual): p.whole for p in total.before}
            rows = [
                [
                    frame.say("measure-" + p.measure.replace(".", "-")),
                    p.accrual or "-",
                    "+" if p.sign > 0 else "-",
                    exact_amount(p.exact.numerator, p.exact.denominator, money),
                    amount(p.whole, money),
                    amount(before.get((p.sign, p.measure, p.accrual), 0), money),
                ]
                for p in total.after
            ]
            heads = ("cli-measure", "cli-class", "cli-sign", "cli-exact-sum", "cli-rounded", "cli-before")
            _tables.table(frame, title, heads, rows)


_ENTRY = re.compile(r"([0-9A-Z]{17})-([1-9][0-9]{0,8})(-[0-9]{1,5})?")


def _explain_entry(frame: Frame, ref: str, depth: int) -> None:
    """The journals that recording one fact posted, line by line."""
    found = _ENTRY.fullmatch(ref)
    if found is None:
        raise InvalidInput("entry-unreadable", given=ref[:60])
    where, _ = find_loan(frame, found[1])
    fact, posted_on, money, journals = explain_entry(frame.conn, where, int(found[2]))
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.ledger-entry/1",
                "loan_id": found[1],
                "currency": money,
                "posted_on": str(posted_on),
                "fact": {"kind": fact.kind.value, "ref": fact.source_ref, "on": str(fact.effective_on)},
                "journals": [
                    {
                        "part": each.part,
                        "of": {"kind": each.fact.kind.value, "ref": each.fact.source_ref},
                        "lines": [
                            {"account": a.code, "amount_minor": p.amount, "proof": proof_document(p)}
                            for a, p in each.lines.items()
                        ],
                    }
                    for each in journals
                ],
            }
        )
        return
    for each in journals:
        frame.tell(
            "cli-entry-title",
            part=each.part,
            kind=frame.say("fact-" + each.fact.kind.value.lower()),
            ref=each.fact.source_ref,
            on=each.fact.effective_on,
            posted_on=posted_on,
            currency=money,
        )
        for account, proof in each.lines.items():
            frame.console.print(frame.say(account.name_code), markup=False, highlight=False)
            frame.console.print(proof_tree(frame, proof, money, depth))


@ledger_app.command("close-period")
def close_period_(
    book: Book,
    end: Annotated[str, typer.Option("--end", help="The period's last day.")],
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Close an accounting period for ever: provisions are posted, and nothing after it."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        task = bar.add_task(book, total=None)
        last = day(end)
        assert last is not None
        period = close_period(
            frame.conn,
            book,
            ends_on=last,
            at=now(),
            actor="cli",
            on_progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
        frame.tell(
            "cli-period-closed",
            book=book,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            digest=period.digest.hex()[:16],
        )
        if as_json:
            frame.document(periods_document(books.read_book(frame.conn, book), [period]))


@ledger_app.command("periods")
def periods(book: Book, lang: Lang = None, as_json: Json = False) -> None:
    """The closed periods of a book."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        found, closed = periods_of(frame.conn, book)
        if as_json:
            frame.document(periods_document(found, closed))
            return
        rows = [
            [p.starts_on, p.ends_on, p.closed_at.isoformat(timespec="seconds"), p.digest.hex()[:16]]
            for p in closed
        ]
        heads = ("cli-from", "cli-to", "cli-closed-at", "cli-digest")
        _tables.table(frame, frame.say("cli-periods-title", book=book), heads, rows)
