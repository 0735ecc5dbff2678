"""Commands about the database as a whole: backup, restore, upgrade.

Needs    typer app to stand in; a Frame.
Gives    backup, restore, upgrade.
Never    decides what may be restored, or what is equal.
Source   docs/reference/commands.md; docs/runbook.md.
"""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from duewell import __version__
from duewell.app import connect, own_server, reach
from duewell.cli._frame import REFUSED, Frame, day_or_instant, ending, make_frame
from duewell.cli._options import Json, Lang
from duewell.domain.errors import InvalidInput
from duewell.gateways import erasure_log
from duewell.services import keep_person
from duewell.services.back_up import Report, back_up
from duewell.services.rebuild_agendas import rebuild_agendas
from duewell.services.restore_backup import Restored, compare, restore
from duewell.services.upgrade_schema import Upgrade, upgrade_schema
from duewell.services.verify_book import Verdict, verify_book
from duewell.store import books
from duewell.store.books import BookRow

SAMPLE = 200
"""Loans folded by a quick verify; every sum is added up again in the server besides."""


def add_to(app: typer.Typer) -> None:
    """Stand in the application."""
    for command in (backup_, restore_, upgrade_):
        app.command(command.__name__.rstrip("_"))(command)


def backup_(
    to: Annotated[Path, typer.Option("--to", help="The directory of backups; made on first use.")],
    keep: Annotated[
        int | None, typer.Option("--keep", help="Keep so many base backups, and remove what is older.")
    ] = None,
    is_log_only: Annotated[
        bool, typer.Option("--log-only", help="Only archive the log up to now; no new base backup.")
    ] = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Back up the embedded database while it works; from then on its log is kept there too."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        began = time.monotonic()
        conn, server = own_server(frame.settings)
        report = back_up(conn, server, to, keep=keep, is_log_only=is_log_only, product_version=__version__)
        _tell_backup(frame, report, time.monotonic() - began)


def _tell_backup(frame: Frame, report: Report, seconds: float) -> None:
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.backup-report/1",
                "directory": str(report.directory),
                "base": asdict(report.base) if report.base else None,
                "log_to": report.log_to,
                "moved_from": report.moved_from,
                "pruned": report.pruned,
                "pruned_files": report.pruned_files,
                "seconds": round(seconds, 3),
            }
        )
        return
    where = {"directory": report.directory, "seconds": f"{seconds:.1f}"}
    if report.base is None:
        frame.tell("cli-backup-log", **where, wal=report.log_to)
    else:
        size = f"{report.base.bytes / 2**20:,.0f}"
        frame.tell("cli-backup-taken", **where, name=report.base.name, megabytes=size)
        for book in report.base.books:
            frame.tell("cli-backup-book", book=book["book"], last=book["last_closed"] or "-")
    if report.moved_from is not None:
        frame.tell("cli-backup-moved", directory=report.directory, before=report.moved_from)
    if report.pruned:
        frame.tell("cli-backup-pruned", bases=len(report.pruned), files=report.pruned_files)


def restore_(
    from_: Annotated[Path, typer.Option("--from", help="The directory of backups.")],
    data: Annotated[Path, typer.Option("--data", help="A new directory; the copy's DUEWELL_DATA.")],
    to: Annotated[
        str | None,
        typer.Option("--to", help="The instant, such as 2026-03-01T18:30:00+08:00; the latest if left out."),
    ] = None,
    is_full: Annotated[bool, typer.Option("--full", help="Fold every loan, not a sample.")] = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Restore a backup into a new directory, as it was at an instant, and prove it."""
    frame = make_frame(lang=lang, is_json=as_json)
    failed = False
    with ending(frame):
        began = time.monotonic()
        with frame.progress() as bar:
            task = bar.add_task(str(data), total=None)
            restored = restore(
                from_,
                data,
                to=_instant(to),
                on_progress=lambda done, of: bar.update(task, completed=done, total=of),
            )
        conn = connect(replace(frame.settings, data=data, database_url=None))
        erased = keep_person.erase_again(conn, frame.settings.data / erasure_log.NAME)
        if erased:
            frame.tell("cli-erased-again", count=erased)
        kept = compare(conn, restored)
        checked = []
        for code in books.book_codes(conn):
            verdict = verify_book(conn, code, sample=None if is_full else SAMPLE)
            checked.append((books.read_book(conn, code), verdict, kept.get(code)))
        lost = [code for code, names in kept.items() if names == ["book"]]
        failed = bool(lost) or any(verdict.findings or names for _, verdict, names in checked)
        _tell_restore(frame, restored, checked, lost, time.monotonic() - began)
    if failed:
        raise typer.Exit(REFUSED)


def _instant(text: str | None) -> datetime | None:
    found = day_or_instant(text) if text not in (None, "latest") else None
    if found is not None and not isinstance(found, datetime):
        raise InvalidInput("instant-not-readable", given=str(text)[:40], example="2026-03-01T18:30:00+08:00")
    return found


def _tell_restore(
    frame: Frame,
    restored: Restored,
    checked: list[tuple[BookRow, Verdict, list[str] | None]],
    lost: list[str],
    seconds: float,
) -> None:
    if frame.is_json:
        told: list[dict[str, Any]] = [
            {
                "book": book.code,
                "open_on": str(book.open_on),
                "last_closed": str(verdict.as_of) if verdict.as_of else None,
                "is_clean": not verdict.findings,
                "findings": [{"code": code, **facts} for code, facts in verdict.findings],
                "differs_from_backup": differs,
            }
            for book, verdict, differs in checked
        ]
        frame.document(
            {
                "schema": "duewell.restore/1",
                "data": str(restored.data),
                "base": restored.base.name,
                "at": restored.at.isoformat(),
                "books": told,
                "lost": lost,
                "seconds": round(seconds, 3),
            }
        )
        return
    facts = {"directory": restored.data, "base": restored.base.name, "at": restored.at.isoformat()}
    frame.tell("cli-restored", **facts, seconds=f"{seconds:.1f}")
    for book, verdict, differs in checked:
        frame.tell(
            "cli-restored-book", book=book.code, open_on=book.open_on, last=verdict.as_of or "-",
            checks=sum(verdict.checked.values()), findings=len(verdict.findings),
        )  # fmt: skip
        if differs is not None:
            code = "cli-restored-differs" if differs else "cli-restored-equal"
            frame.tell(code, book=book.code, name=restored.base.name, what=", ".join(differs))
    for gone in lost:
        frame.tell("cli-restored-differs", book=gone, name=restored.base.name, what="book")


def upgrade_(
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Bring the database to this version: its schema, its agendas; then verify every book."""
    frame = make_frame(lang=lang, is_json=as_json)
    failed = False
    with ending(frame):
        conn, url = reach(frame.settings)
        done = upgrade_schema(
            conn,
            url,
            rebuild=rebuild_agendas,
            check=lambda conn, code: verify_book(conn, code, sample=SAMPLE).findings,
            is_dry_run=is_dry_run,
        )
        failed = any(done.findings.values())
        _tell_upgrade(frame, done, is_dry_run=is_dry_run)
    if failed:
        raise typer.Exit(REFUSED)


def _tell_upgrade(frame: Frame, done: Upgrade, *, is_dry_run: bool) -> None:
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.upgrade/1",
                "from": done.found,
                "to": done.to,
                "steps": done.steps,
                "is_dry_run": is_dry_run,
                "stale": done.stale,
                "rebuilt": done.rebuilt,
                "findings": {
                    book: [{"code": code, **facts} for code, facts in found]
                    for book, found in done.findings.items()
                },
            }
        )
        return
    if not done.steps:
        frame.tell("cli-upgrade-current", to=done.to)
    else:
        code = "cli-upgrade-planned" if is_dry_run else "cli-upgraded"
        frame.tell(code, found=done.found or "-", to=done.to, steps=", ".join(done.steps))
    if is_dry_run:
        for book, count in done.stale.items():
            frame.tell("cli-upgrade-stale", book=book, loans=count)
        return
    for book, count in done.rebuilt.items():
        frame.tell("cli-book-rebuilt", book=book, loans=count)
    for book, found in done.findings.items():
        for code, facts in found[:3]:
            frame.tell("cli-finding", finding=code, facts=", ".join(f"{k} {v}" for k, v in facts.items()))
        frame.tell("cli-upgrade-verified", book=book, findings=len(found))
