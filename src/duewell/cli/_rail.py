"""Commands of rails: how they are set, the files that come in and go out, and the three sides of a day.

Needs    typer app to stand in; a Frame; the clock; files.
Gives    rail set, list, account, read-statement, read-status, collect, pay-out, deliver, poll, reconcile.
Never    decides whose money it is, or calls a rail while something is being written.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from duewell.cli import _rail_people, _tables
from duewell.cli._frame import REFUSED, Frame, amount, day, ending, make_frame, now
from duewell.cli._options import Book, Json, Lang, find_book, find_loan
from duewell.cli._usage import exclusive
from duewell.domain.tape import RowRefusal
from duewell.domain.texts import Message
from duewell.gateways.holidays import bank_days
from duewell.gateways.out_files import check_output, replacing
from duewell.gateways.rails import OneFileRail
from duewell.gateways.toml_files import TomlFile, read_toml
from duewell.services.assign_account import assign_account
from duewell.services.collect_due import collect_due
from duewell.services.pay_out import deliver, pay_out_file
from duewell.services.poll_orders import poll_orders
from duewell.services.read_statement import read_statement
from duewell.services.read_status import read_status
from duewell.services.reconcile_day import reconcile_day
from duewell.services.set_rail import list_rails, set_rail
from duewell.store import rails

rail_app = typer.Typer(no_args_is_help=True, help="Rails: how money comes and goes.")
RailName = Annotated[str, typer.Option("--rail", help="The rail's code.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read it all, write nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Take the place of a file that is there.")]
Out = Annotated[Path, typer.Option("-o", "--output", help="The file to write.")]


def add_to(app: typer.Typer) -> None:
    """Stand in the application."""
    app.add_typer(rail_app, name="rail")
    _rail_people.add_to(rail_app)


@rail_app.command("set")
def set_(
    path: Annotated[Path, typer.Argument(help="The rail: a TOML file.")],
    book: Book,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Set a rail from its file, in place of the one of the same code."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        given = read_toml(path, TomlFile.RAIL)
        _tell_rails(frame, set_rail(frame.conn, book, given))


@rail_app.command("list")
def list_(book: Book, lang: Lang = None, as_json: Json = False) -> None:
    """The rails of a book."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        _tell_rails(frame, list_rails(frame.conn, book))


def _tell_rails(frame: Frame, document: dict[str, Any]) -> None:
    if frame.is_json:
        frame.document(document)
        return
    rows = [
        [
            each["rail"],
            frame.say(f"cli-rail-{each['kind']}"),
            frame.say("cli-rail-real" if each["is_real"] else "cli-rail-simulated"),
            each["account"],
            ", ".join(each["slots"]),
        ]
        for each in document["rails"]
    ]
    heads = ("cli-rail", "cli-rail-kind", "cli-rail-reach", "cli-rail-account", "cli-rail-slots")
    _tables.table(frame, frame.say("cli-rails-title", book=document["book"]), heads, rows)


@rail_app.command("account")
def account(
    account_no: Annotated[str, typer.Argument(help="The account number the bank gave.")],
    book: Book,
    rail: RailName,
    loan: Annotated[str, typer.Option("--loan", help="The loan's id.")],
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Give a loan an account number of its own to be paid to."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, _ = find_loan(frame, loan)
        done = assign_account(frame.conn, book, rail, account_no, loan=where, at=now())
        frame.tell("cli-account-given", account=done["account"], loan=loan, reference=done["reference"])
        if as_json:
            frame.document(done)


# -- files that come in --------------------------------------------------------------------------------


@rail_app.command("read-statement")
def statement(
    path: Annotated[Path, typer.Argument(help="camt.053, camt.054, or CSV by the rail's columns.")],
    book: Book,
    rail: RailName,
    dry_run: DryRun = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Read a bank's statement: payments, returns, and what waits in suspense; twice changes nothing."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        money = find_book(frame, book).currency
        task = bar.add_task(path.name, total=None)
        done = read_statement(
            frame.conn,
            frame.keys,
            book,
            rail,
            path,
            actor="cli",
            at=now(),
            is_dry_run=dry_run,
            on_progress=lambda n, of: bar.update(task, completed=n, total=of),
        )
        _tell_refusals(frame, done)
        frame.tell(
            "cli-statement-read" if not dry_run else "cli-statement-dry",
            posted=done["posted"],
            amount=amount(done["posted_minor"], money),
            currency=money,
            returned=done["returned"],
            suspense=done["suspense"],
            paid_out=done["paid_out"],
            again=done["again"],
            refused=done["refused"],
        )
    if done["refused"]:
        raise typer.Exit(REFUSED)


@rail_app.command("read-status")
def status(
    path: Annotated[Path, typer.Argument(help="pain.002, or a result by the rail's layout.")],
    book: Book,
    rail: RailName,
    dry_run: DryRun = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Read what became of collections and pay-outs, and what is done next."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        find_book(frame, book)
        done = read_status(frame.conn, book, rail, path, actor="cli", at=now(), is_dry_run=dry_run)
        _tell_refusals(frame, done)
        facts = {
            name: done[name] for name in ("paid", "accepted", "rejected", "returned", "again", "refused")
        }
        frame.tell("cli-status-dry" if dry_run else "cli-status-read", **facts)
        for step, count in done["next"].items():
            frame.tell("cli-status-next", count=count, step=Message(f"cli-next-{step}"))
    if done["refused"]:
        raise typer.Exit(REFUSED)


def _tell_refusals(frame: Frame, done: dict[str, Any]) -> None:
    """Refused rows in the reader's language; the document with their sentences."""
    found = [
        RowRefusal(each["line"], each["column"], each["value"], Message(each["code"], each["params"]))
        for each in done["refusals"]
    ]
    if frame.is_json:
        frame.document(done | {"refusals": _tables.refusals(frame, found)})
        return
    _tables.tell_refusals(frame, found, done["refused"])


# -- files that go out ---------------------------------------------------------------------------------


@rail_app.command("collect")
def collect(
    book: Book,
    rail: RailName,
    output: Out,
    on: Annotated[str | None, typer.Option("--on", help="The day; the open date if left out.")] = None,
    force: Force = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Write the collection file of a day: every try that is planned then, for what is unpaid."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        row = find_book(frame, book)
        asked = day(on) or row.open_on
        check_output(output, is_forced=force)
        done = collect_due(
            frame.conn,
            frame.keys,
            book,
            rail,
            on=asked,
            write=lambda raw: _write(output, raw, is_forced=force),
            at=now(),
            is_business=bank_days(row.calendar, asked.year).is_business_day,
        )
        told = {"on": done["on"], "currency": row.currency, "path": str(output)}
        if done["collections"]:
            told |= {"count": done["collections"], "amount": amount(done["amount_minor"], row.currency)}
            frame.tell("cli-collected-again" if done["is_again"] else "cli-collected", **told)
        else:
            frame.tell("cli-collect-nothing", **told)
        if as_json:
            frame.document(done)


def _write(path: Path, raw: bytes, *, is_forced: bool) -> None:
    with replacing(path, is_forced=is_forced) as made:
        made.write_bytes(raw)


@rail_app.command("pay-out")
def pay_out(
    book: Book, rail: RailName, output: Out, force: Force = False, lang: Lang = None, as_json: Json = False
) -> None:
    """Write the pain.001 of all pay-outs that wait for a rail."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        row = find_book(frame, book)
        check_output(output, is_forced=force)
        port = OneFileRail(rails.rail_of(row, rail), lambda raw: _write(output, raw, is_forced=force))
        done = pay_out_file(frame.conn, frame.keys, book, rail, rail=port, at=now())
        told = {"count": done["pay_outs"], "amount": amount(done["amount_minor"], row.currency)}
        code = "cli-paid-out" if done["pay_outs"] else "cli-pay-out-nothing"
        frame.tell(code, currency=row.currency, path=str(output), **told)
        if as_json:
            frame.document(done)


@rail_app.command("deliver")
def deliver_(book: Book, lang: Lang = None, as_json: Json = False) -> None:
    """Send what waits for wallets and ask about orders nobody answered for: what the worker does."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        find_book(frame, book)
        sent = deliver(frame.conn, frame.keys, book, at=now())
        asked = poll_orders(frame.conn, book, at=now())
        for code, done in (("cli-delivered", sent), ("cli-polled", asked)):
            count = done.get("sent", done.get("asked", 0))
            frame.tell(code, count=count, ok=done["ok"], failed=done["failed"], unknown=done["unknown"])
        if as_json:
            frame.document({"schema": "duewell.delivered/1", "book": book, "pay_outs": sent, "orders": asked})


# -- three sides ---------------------------------------------------------------------------------------


@rail_app.command("reconcile")
def reconcile(
    book: Book,
    on: Annotated[str | None, typer.Option("--on", help="The day; the open date if left out.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="The differences as CSV, in minor units.")] = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Rail, receipt and ledger of a day side by side; ends with 1 if they differ."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        if as_csv and as_json:
            raise exclusive("--csv", "--json")
        find_book(frame, book)
        done = reconcile_day(frame.conn, book, on=day(on))
        if as_json:
            frame.document(done)
        elif as_csv:
            _differences_csv(done)
        else:
            _tell_reconciled(frame, done)
    if not done["is_clean"]:
        raise typer.Exit(REFUSED)


def _differences_csv(done: dict[str, Any]) -> None:
    writer = csv.writer(sys.stdout)
    heads = ["kind", "rail", "ref", "currency", "rail_minor", "receipt_minor", "ledger_minor"]
    writer.writerow(heads)
    for each in done["differences"]:
        cells = ["" if each[name] is None else each[name] for name in heads]
        # A cell that a sheet would take for a formula is made plain text.
        writer.writerow([f"'{c}" if isinstance(c, str) and c[:1] in tuple("=+-@\t\r") else c for c in cells])


def _tell_reconciled(frame: Frame, done: dict[str, Any]) -> None:
    def shown(minor: int | None, money: str) -> str:
        return amount(minor, money) if minor is not None else ""

    title = frame.say("cli-reconciled-title", book=done["book"], on=date.fromisoformat(done["on"]))
    sides = ("rail_minor", "receipt_minor", "ledger_minor")
    heads = ("cli-rail", "cli-side-rail", "cli-side-receipt", "cli-side-ledger", "cli-rail-currency")
    rows = [
        [each["rail"], *(shown(each[side], each["currency"]) for side in sides), each["currency"]]
        for each in done["totals"]
    ]
    _tables.table(frame, title, heads, rows)
    if done["differences"]:
        rows = [
            [
                frame.say(f"cli-difference-{each['kind']}"),
                each["rail"],
                each["ref"],
                *(shown(each[side], each["currency"]) for side in sides),
            ]
            for each in done["differences"][: _tables.SHOWN]
        ]
        told = ("cli-difference", "cli-rail", "cli-ref", *heads[1:4])
        _tables.table(frame, "", told, rows)
    code = "cli-reconciled" if done["is_clean"] else "cli-not-reconciled"
    frame.tell(code, on=done["on"], count=len(done["differences"]))
