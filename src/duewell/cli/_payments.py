"""The command line of payments that come in files.

Needs    the frame; a file.
Gives    `pay-file`.
Never    stops at a bad row: it is told, and the others are posted.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from duewell.cli import _tables
from duewell.cli._frame import REFUSED, Frame, amount, ending, make_frame, now
from duewell.cli._options import Book, Json, Lang, find_book
from duewell.gateways.tape_files import read_rows
from duewell.services.post_file import FileReport, post_file


def pay_file(
    path: Annotated[Path, typer.Argument(help="CSV: loan, amount, reference and perhaps value_date.")],
    book: Book,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read it all, write nothing.")] = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Post a bank's file, row by row: each reference once, a refused row leaves the others alone."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame), frame.progress() as bar:
        task = bar.add_task(path.name, total=None)
        rows = read_rows(path)
        money = find_book(frame, book).currency
        began = time.monotonic()
        report = post_file(
            frame.conn,
            book,
            ((row.line, row.values) for row in rows),
            actor="cli",
            at=now(),
            is_dry_run=dry_run,
            on_progress=lambda done: bar.update(task, completed=done),
        )
        _tell(frame, book, money, report, time.monotonic() - began, is_dry_run=dry_run)
    if report.refused:
        raise typer.Exit(REFUSED)


def _tell(
    frame: Frame, book: str, money: str, report: FileReport, seconds: float, *, is_dry_run: bool
) -> None:
    by_table, general, again = (report.paths[path] for path in ("posted", "general", "again"))
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.payment-file/1",
                "book": book,
                "currency": money,
                "is_dry_run": is_dry_run,
                "rows": report.rows,
                "amount_minor": report.amount_minor,
                "posted_by_table": by_table,
                "posted_by_fold": general,
                "already_there": again,
                "refused": report.refused,
                "refusals": _tables.refusals(frame, report.refusals),
            }
        )
        return
    _tables.tell_refusals(frame, report.refusals, report.refused)
    if is_dry_run:
        frame.tell("cli-file-read", rows=report.rows, refused=report.refused)
        return
    share = f"{100 * by_table / max(1, by_table + general):.1f}"
    frame.tell(
        "cli-file-posted",
        posted=by_table + general,
        amount=amount(report.amount_minor, money),
        currency=money,
        share=share,
        again=again,
        refused=report.refused,
        rate=f"{report.rows / max(seconds, 1e-3):,.0f}",
    )
