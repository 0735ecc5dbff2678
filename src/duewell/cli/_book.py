"""Commands of a whole book: its value at any date, and its tape.

Needs    the typer app of books to stand in; a Frame.
Gives    book value, book tape; the options of work that is spread over helpers.
Never    computes an amount.
Source   docs/reference/book.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from duewell.analytics.spreading import Engine
from duewell.app import connect
from duewell.cli import _tables
from duewell.cli._frame import Frame, amount, day, day_or_instant, ending, make_frame
from duewell.cli._options import AsOf, Book, Json, Known, Lang
from duewell.domain.portfolio import BucketTotals
from duewell.domain.product import Part
from duewell.gateways.out_files import check_output
from duewell.services.value_book import BookValue, Figures, book_value_document, value_book
from duewell.services.write_tape import SCHEMA, write_tape

Workers = Annotated[int, typer.Option("--workers", help="Processes that work at once.")]
By = Annotated[
    Engine, typer.Option("--engine", help="local: processes of this machine; ray: an optional extra.")
]


def add_to(book_app: typer.Typer) -> None:
    """Stand in the application."""
    book_app.command("value")(book_value)
    book_app.command("tape")(book_tape)


def book_value(
    book: Book,
    as_of: AsOf = None,
    known: Known = None,
    workers: Workers = 1,
    engine: By = Engine.LOCAL,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """What a whole book is worth at a date: every loan folded, by product, by days past due, and in all."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        task = bar.add_task(book, total=None)
        found = value_book(
            frame.conn,
            book,
            as_of=day(as_of),
            known=day_or_instant(known),
            workers=workers,
            engine=engine,
            connect=partial(connect, frame.settings),
            on_progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    if as_json:
        frame.document(book_value_document(found))
    else:
        _show(frame, found)


_COLUMNS: tuple[tuple[str, Callable[[Figures], int]], ...] = (
    ("cli-loans", lambda each: each.loans),
    ("cli-out", lambda each: each.receivable[Part.PRINCIPAL]),
    ("cli-interest-due", lambda each: each.receivable[Part.INTEREST]),
    ("cli-fees", lambda each: each.receivable[Part.FEE]),
    ("cli-penalty", lambda each: each.receivable[Part.PENALTY]),
    ("cli-interest-accrued", lambda each: each.interest_accrued),
    ("cli-penalty-accrued", lambda each: each.penalty_accrued),
    ("cli-overdue", lambda each: each.owing.overdue),
    ("cli-outstanding", lambda each: each.owing.outstanding),
)


def _show(frame: Frame, found: BookValue) -> None:
    money = found.book.currency
    each = [
        (f"{code}@{version}", found.figures([totals]))
        for (code, version, _), totals in found.products.items()
    ]
    whole = found.figures(found.products.values())
    rows = [_row(name, figures, money) for name, figures in [*each, (frame.say("cli-total"), whole)]]
    title = frame.say(
        "cli-book-value-title", book=found.book.code, as_of=found.as_of, known=found.known, currency=money
    )
    _tables.table(frame, title, ("cli-product", *(head for head, _ in _COLUMNS)), rows)
    if whole.charged_off:
        frame.tell("cli-charged-off-apart", loans=whole.charged_off, claim=amount(whole.claim, money))
    frame.console.print()
    buckets = [(name, whole.buckets.get(name, BucketTotals())) for name, _ in found.buckets]
    lines: list[list[object]] = [
        [
            _tables.bucket(frame, name),
            one.loans,
            *(amount(minor, money) for minor in (one.principal_out, one.overdue, one.outstanding)),
        ]
        for name, one in buckets
    ]
    heads = ("cli-bucket", "cli-loans", "cli-out", "cli-overdue", "cli-outstanding")
    _tables.table(frame, frame.say("cli-book-buckets-title"), heads, lines)


def _row(name: str, figures: Figures, money: str) -> list[object]:
    loans, *amounts = (of(figures) for _, of in _COLUMNS)
    return [name, loans, *(amount(minor, money) for minor in amounts)]


def book_tape(
    book: Book,
    output: Annotated[Path, typer.Option("-o", "--output", help="The Parquet file to write.")],
    as_of: AsOf = None,
    known: Known = None,
    force: Annotated[bool, typer.Option("--force", help="Take the place of a file that is there.")] = False,
    workers: Workers = 1,
    engine: By = Engine.LOCAL,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Write one row a loan as a Parquet file: its terms, and how it stands at a date."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        # The file is looked at before the database is reached.
        check_output(output, is_forced=force)
        task = bar.add_task(book, total=None)
        report = write_tape(
            frame.conn,
            book,
            output,
            as_of=day(as_of),
            known=day_or_instant(known),
            is_forced=force,
            workers=workers,
            engine=engine,
            connect=partial(connect, frame.settings),
            on_progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
        frame.tell("cli-book-tape", book=book, loans=report.loans, as_of=report.as_of, path=output)
        if as_json:
            frame.document(
                {
                    "schema": SCHEMA,
                    "book": book,
                    "currency": report.book.currency,
                    "as_of": str(report.as_of),
                    "known": report.known.isoformat(),
                    "loans": report.loans,
                    "path": str(output),
                }
            )
