"""The commands.

Needs    a Frame, services.
Gives    the typer application.
Never    does more than parse, call one verb, and render.
Source   docs/reference/commands.md.
"""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from duewell import __version__
from duewell.analytics.spreading import Engine
from duewell.app import connect
from duewell.cli import (
    _backup,
    _book,
    _caps,
    _closing,
    _cost,
    _demo,
    _demo_site,
    _ledger,
    _line,
    _loan,
    _payments,
    _products,
    _rail,
    _tables,
    _up,
    _whatif,
)
from duewell.cli._frame import REFUSED, day, day_or_instant, ending, make_frame, now, run
from duewell.cli._options import (
    AsOf,
    Book,
    Instalments,
    Json,
    Key,
    Known,
    Lang,
    Loan,
    On,
    RatePct,
    find_loan,
    request_key,
)
from duewell.cli._trees import DEPTH
from duewell.cli._usage import exclusive, filled, without
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind, fact_named
from duewell.domain.money import currency, parse_amount
from duewell.domain.tape import LENDING_CLUB, ColumnMap, column_map
from duewell.gateways.tape_files import read_rows
from duewell.gateways.toml_files import TomlFile, read_toml
from duewell.services.close_day import close_day
from duewell.services.generate_book import generate_book
from duewell.services.import_tape import import_tape
from duewell.services.open_book import open_book
from duewell.services.rebuild_agendas import rebuild_agendas
from duewell.services.record_fact import Request, record_fact
from duewell.services.report_overdue import as_document, report_overdue
from duewell.services.verify_book import verify_book
from duewell.store import books, loans

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Duewell: a loan book that runs its day.",
)
report_app = typer.Typer(no_args_is_help=True, help="Reports.")
loan_app = typer.Typer(no_args_is_help=True, help="One loan: what it is, and why.")
book_app = typer.Typer(no_args_is_help=True, help="Books.")
app.add_typer(report_app, name="report")
app.add_typer(loan_app, name="loan")
app.add_typer(book_app, name="book")


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Duewell: a loan book that runs its day."""
    if version:
        typer.echo(f"duewell {__version__}")


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Show it and leave.")] = False,
    port: Annotated[
        int, typer.Option("--port", help="Where the pages are served; 0 takes a free one.")
    ] = 8100,
    lang: Lang = None,
) -> None:
    """Import the real tape, close a month, show who is overdue and why, then serve the pages on it."""
    frame = make_frame(lang=lang, is_json=False)
    with ending(frame):
        if not 0 <= port < 65536:
            raise InvalidInput("port-out-of-range", given=port)
        shown = _demo.run(frame)
        if not once:
            _demo_site.serve_demo(frame, shown, port)


@book_app.command("open")
def book_open(
    book: Book,
    money: Annotated[str, typer.Option("--currency", help="Its currency, such as CNY or USD.")],
    open_on: Annotated[str, typer.Option("--open-on", help="Its first business date.")],
    is_live: Annotated[bool, typer.Option("--live", help="A live book; otherwise a sandbox.")] = False,
    buckets: Annotated[
        str | None,
        typer.Option("--buckets", help="First days of its buckets, such as 1,31,61,91; the usual ones else."),
    ] = None,
    provisions: Annotated[
        str | None,
        typer.Option("--provisions", help="Per cent set aside, one a bucket, such as 1,3,25,50,75,100,100."),
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Open a book."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        first, rates = day(open_on), filled("--provisions", provisions)
        bucket_days = _days(filled("--buckets", buckets))
        assert first is not None
        row = open_book(
            frame.conn,
            code=book,
            currency_code=money,
            open_on=first,
            is_sandbox=not is_live,
            bucket_days=bucket_days,
            provision_pct=[each.strip() for each in rates.split(",")] if rates else (),
        )
        frame.tell("cli-book-opened", book=row.code, currency=row.currency, open_on=row.open_on)
        if as_json:
            frame.document(
                {
                    "schema": "duewell.book/1",
                    "book": row.code,
                    "currency": row.currency,
                    "open_on": str(row.open_on),
                }
            )


def _days(text: str | None) -> list[int]:
    """The bucket days of an option, none where it was left out."""
    if text is None:
        return []
    if not re.fullmatch(r"[0-9]{1,5}(,[0-9]{1,5}){0,30}", text):
        raise InvalidInput("buckets-out-of-order", given=text[:60])
    return [int(each) for each in text.split(",")]


@book_app.command("generate")
def book_generate(
    count: Annotated[int, typer.Option("--loans", min=1, max=10_000_000, help="How many loans to make.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same loans.")] = 1,
    book: Book = "synthetic",
    open_on: Annotated[str, typer.Option("--open-on", help="Its first business date.")] = "2026-06-01",
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Make a synthetic book of any size; the same seed gives the same book."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        task = bar.add_task(book, total=count)
        first = day(open_on)
        assert first is not None
        made = generate_book(
            frame.conn,
            book,
            count=count,
            seed=seed,
            open_on=first,
            at=now(),
            on_progress=lambda done: bar.update(task, completed=done),
        )
        frame.tell("cli-book-generated", book=book, loans=made, seed=seed)
        if as_json:
            frame.document({"schema": "duewell.generated-book/1", "book": book, "loans": made, "seed": seed})


@book_app.command("rebuild")
def book_rebuild(book: Book, lang: Lang = None, as_json: Json = False) -> None:
    """Write every loan's agenda anew from its facts, after an upgrade or a finding of verify."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        task = bar.add_task(book, total=None)
        count = rebuild_agendas(
            frame.conn, book, on_progress=lambda done, of: bar.update(task, completed=done, total=of)
        )
        frame.tell("cli-book-rebuilt", book=book, loans=count)
        if as_json:
            frame.document({"schema": "duewell.rebuilt-book/1", "book": book, "loans": count})


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="The tape: CSV with a header.")],
    book: Book,
    columns: Annotated[
        Path | None, typer.Option("--columns", help="A TOML file: which column holds what.")
    ] = None,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="Take the rows that are fine.")
    ] = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Take a book over from another system's tape, all rows or none."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        task = bar.add_task(path.name, total=None)
        # The files are looked at before the database is reached: what is no tape is refused at once.
        named, rows = _columns(columns), read_rows(path)
        frame.currency = named.currency
        report = import_tape(
            frame.conn,
            book,
            ((row.line, row.values) for row in rows),
            named,
            actor="cli",
            at=now(),
            skip_refused=skip_refused,
            on_progress=lambda done: bar.update(task, completed=done),
        )
        if frame.is_json and not report.is_written:
            raise _tables.refused_tape(frame, report)
        _tables.import_report(frame, book, report)
    if report.refusals and not report.is_written:
        raise typer.Exit(REFUSED)


def _columns(path: Path | None) -> ColumnMap:
    if path is None:
        return LENDING_CLUB
    return column_map(read_toml(path, TomlFile.COLUMN_MAP))


@app.command("day")
def day_(
    book: Book,
    until: Annotated[str | None, typer.Option("--until", help="Close every day up to this one.")] = None,
    workers: Annotated[int, typer.Option("--workers", help="Processes that close slices at once.")] = 1,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Close the open business day, or every day up to a date. Closing twice changes nothing."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        watch = _tables.DayWatch(frame, bar)
        last = day(until) or books.read_book(frame.conn, book).open_on
        reports = close_day(
            frame.conn,
            book,
            until=last,
            at=now(),
            workers=workers,
            connect=partial(connect, frame.settings),
            on_progress=watch.progress,
            on_closed=lambda report: _tables.day_report(frame, report),
        )
    _tables.day_reports(frame, book, last, reports)


@app.command()
def disburse(
    book: Book,
    principal: Annotated[str, typer.Option("--principal", help="What is lent, such as 1,200.00.")],
    rate: RatePct = None,
    instalments: Instalments = None,
    product: Annotated[
        str | None, typer.Option("--product", help="A product's CODE or CODE@VERSION; plain terms else.")
    ] = None,
    rail: Annotated[str | None, typer.Option("--rail", help="The rail to pay it out by.")] = None,
    payee_name: Annotated[str | None, typer.Option("--payee-name", help="Whose account it is.")] = None,
    payee_account: Annotated[
        str | None, typer.Option("--payee-account", help="The account number or IBAN.")
    ] = None,
    payee_bank: Annotated[str | None, typer.Option("--payee-bank", help="The bank's BIC or code.")] = None,
    on: On = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Lend: a new loan of a new person, paid out on a date; by a rail with its order to pay."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        result = _loan.disburse(
            frame,
            book,
            principal,
            rate,
            instalments,
            on=day(on),
            key=request_key(key),
            at=now(),
            product=product,
            paid_by=_loan.pays(rail, payee_name, payee_account, payee_bank),
        )
        _tables.recorded(frame, result)


@app.command()
def pay(
    loan: Annotated[str, typer.Option("--loan", help="The loan's id.")],
    amount: Annotated[str, typer.Option("--amount", help="What was received, such as 100.00.")],
    on: On = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Record a payment received."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, row = find_loan(frame, loan)
        request = request_key(key)
        minor = parse_amount(amount, currency(row.terms.currency)).minor
        given = day(on)
        value_on = given or row.book_open_on
        fact = Fact(FactKind.PAYMENT_RECEIVED, value_on, row.book_open_on, "cli", request, amount=minor)
        asked = Request("cli", request, "cli", now(), is_dated=given is not None)
        _tables.recorded(frame, record_fact(frame.conn, where, fact, asked), row.terms)


@app.command()
def reverse(
    loan: Annotated[str, typer.Option("--loan", help="The loan's id.")],
    ref: Annotated[str, typer.Option("--ref", help="The fact's reference, as `loan show` lists it.")],
    kind: Annotated[
        str, typer.Option("--kind", help="Its kind, such as PaymentReceived, where two share a reference.")
    ] = "",
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Take a recorded fact back: the ledger receives the difference, nothing is edited."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, row = find_loan(frame, loan)
        request = request_key(key)
        gone = fact_named(loans.read_facts(frame.conn, where), ref, kind, request)
        fact = Fact(FactKind.REVERSED, gone.effective_on, row.book_open_on, "cli", request, reverses=gone.key)
        asked = Request("cli", request, "cli", now())
        _tables.recorded(frame, record_fact(frame.conn, where, fact, asked), row.terms)


app.command("pay-file")(_payments.pay_file)


@report_app.command("overdue")
def overdue(
    book: Book,
    as_of: AsOf = None,
    known: Known = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Its loans as CSV, amounts in minor units.")] = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Who is overdue, by how much, since when, and what happens next."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        if as_csv and as_json:
            raise exclusive("--csv", "--json")
        task = bar.add_task(book, total=None)
        report = report_overdue(
            frame.conn,
            book,
            as_of=day(as_of),
            known=day_or_instant(known),
            on_progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    if as_json:
        frame.document(as_document(report))
    elif as_csv:
        _tables.overdue_csv(report)
    else:
        _tables.overdue(frame, report)


@app.command()
def verify(
    book: Book,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", min=0, help="Fold so many loans, drawn at random, not all; 0 for sums only."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Which loans are drawn.")] = 0,
    workers: _book.Workers = 1,
    engine: _book.By = Engine.LOCAL,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Check that everything kept is what the facts say: ledgers, sums, agendas, append-only."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        task = bar.add_task(book, total=None)
        verdict = verify_book(
            frame.conn,
            book,
            sample=sample,
            seed=seed,
            workers=workers,
            engine=engine,
            connect=partial(connect, frame.settings),
            on_progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    _tables.verdict(frame, verdict)
    if verdict.findings:
        raise typer.Exit(REFUSED)


@loan_app.command("show")
def show(
    loan: Loan, as_of: AsOf = None, known: Known = None, lang: Lang = None, as_json: Json = False
) -> None:
    """A loan: its rows, facts and what is owed."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        _loan.show(frame, *find_loan(frame, loan), as_of=day(as_of), known=day_or_instant(known))


@loan_app.command("statement")
def statement(
    loan: Loan, as_of: AsOf = None, known: Known = None, lang: Lang = None, as_json: Json = False
) -> None:
    """Every movement of a loan, and how each was split."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        _loan.statement(frame, *find_loan(frame, loan), as_of=day(as_of), known=day_or_instant(known))


@loan_app.command("explain")
def explain(
    loan: Loan,
    row: Annotated[int | None, typer.Option("--row", help="One row's number.")] = None,
    part: Annotated[
        str | None, typer.Option("--part", help="interest, principal, fee or penalty; interest else.")
    ] = None,
    total: Annotated[
        str | None, typer.Option("--total", help="outstanding, overdue, principal-out or payoff.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", min=1, max=20, help="Levels of the tree; 4 else.")
    ] = None,
    as_of: AsOf = None,
    known: Known = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Where every amount of interest comes from; with --row or --total, one amount down to its facts."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        if row is not None and total is not None:
            raise exclusive("--row", "--total")
        if row is None and part is not None:
            raise without("--part", "--row")
        if row is None and total is None:
            if depth is not None:
                raise without("--depth", "--row / --total")
            _loan.explain(frame, *find_loan(frame, loan), as_of=day(as_of), known=day_or_instant(known))
            return
        _loan.open_amount(
            frame,
            *find_loan(frame, loan),
            as_of=day(as_of),
            known=day_or_instant(known),
            chosen=(row, "interest" if part is None else part, total),
            depth=DEPTH if depth is None else depth,
        )


@loan_app.command("replay")
def replay(loan: Loan, lang: Lang = None, as_json: Json = False) -> None:
    """The loan after each fact, in the order the facts count."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        _loan.replay(frame, *find_loan(frame, loan))


_book.add_to(book_app)
_whatif.add_to(app, loan_app)
_line.add_to(app)
_up.add_to(app)
_ledger.add_to(app)
_products.add_to(app)
_caps.add_to(app)
_backup.add_to(app)
_closing.add_to(app, book_app)
_rail.add_to(app)
_cost.add_to(loan_app, _products.product_app)


def main() -> None:
    """Run the command line."""
    run(app, sys.argv[1:])
