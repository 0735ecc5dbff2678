"""Commands of the clock: close what is due, the worker that does it, how a book is closed, alarms.

Needs    typer apps to stand in; a Frame; the clock.
Gives    close, worker, alarms, book closing.
Never    decides whether a day may be closed.
Source   docs/reference/closing.md.
"""

from __future__ import annotations

import signal
import sys
import threading
from functools import partial
from typing import Annotated, Any

import typer

from duewell.app import connect
from duewell.catalogues import render
from duewell.cli import _tables
from duewell.cli._frame import REFUSED, USAGE, Frame, day, ending, make_frame, now, visible
from duewell.cli._options import Book, Json, Lang
from duewell.domain.errors import DuewellError, Fault, InvalidInput
from duewell.domain.texts import Message, message_of
from duewell.services.clear_alarm import clear_alarm
from duewell.services.close_day import DayReport
from duewell.services.close_due import FAILED, NOT_CLEAN, WAITING, Due
from duewell.services.set_closing import set_closing
from duewell.store import alarms, books
from duewell.store.alarms import Alarm
from duewell.store.books import BookRow
from duewell.worker.closing import SAMPLE, Closer, Stop, close_book
from duewell.worker.courier import Courier

EVENTS_SHOWN = 50
_OPEN = {WAITING: "close-waits-for-files", FAILED: "close-not-done", NOT_CLEAN: "close-not-clean"}
MaybeBook = Annotated[str | None, typer.Option("--book", help="The book's code.")]


def add_to(app: typer.Typer, book_app: typer.Typer) -> None:
    """Stand in the applications."""
    app.command("close")(close)
    app.command("worker")(worker)
    app.command("alarms")(alarms_)
    book_app.command("closing")(closing)


def close(
    book: MaybeBook = None,
    is_all: Annotated[bool, typer.Option("--all", help="Every live book.")] = False,
    workers: Annotated[int, typer.Option("--workers", help="Processes that close slices at once.")] = 1,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="Loans folded by the verify that follows.")
    ] = SAMPLE,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Close every day whose cut-off has passed and whose files are there. For a timer; safe to repeat."""
    frame = make_frame(lang=lang, is_json=as_json)
    if (book is None) is not is_all:
        print(frame.say("cli-close-book-or-all"), file=sys.stderr)
        raise typer.Exit(USAGE)
    found: list[Due] = []
    with ending(frame), frame.progress() as bar:
        for code in books.live_codes(frame.conn) if book is None else [book]:
            watch = _tables.DayWatch(frame, bar)
            due = close_book(
                frame.conn,
                code,
                at=now(),
                workers=workers,
                sample=sample,
                connect=partial(connect, frame.settings),
                on_alarm=partial(say_alarm, frame),
                on_progress=watch.progress,
                on_closed=partial(_tell_closed, frame, code),
            )
            found.append(due)
            _tell_due(frame, due)
        if frame.is_json:
            frame.document({"schema": "duewell.close/1", "books": [_as_document(due) for due in found]})
    if not all(due.is_done for due in found):
        raise typer.Exit(REFUSED)


def _tell_closed(frame: Frame, code: str, report: DayReport) -> None:
    frame.tell("cli-close-day", book=code, day=report.day, entries=report.entries, turned=report.turned)


def _tell_due(frame: Frame, due: Due) -> None:
    """The next cut-off on standard output; on standard error why a day that is due stays open."""
    if due.is_done:
        if not due.closed:
            frame.tell("cli-close-nothing-due", book=due.book, at=due.next_at.isoformat())
        return
    facts = {"book": due.book, "day": due.day, "files": ", ".join(due.missing)}
    told = [Message(_OPEN[due.status], facts)]
    if due.problem is not None:
        told.append(message_of(due.problem))
    for each in told:
        print(visible(render(each, frame.lang)), file=sys.stderr)


def _as_document(due: Due) -> dict[str, Any]:
    return {
        "book": due.book,
        "status": due.status,
        "code": _OPEN.get(due.status),
        "closed": [str(each) for each in due.closed],
        "day": str(due.day) if due.day else None,
        "is_late": due.is_late,
        "missing": due.missing,
        "next_at": due.next_at.isoformat(),
    }


def say_alarm(frame: Frame, alarm: Alarm) -> None:
    """One line on standard error, as the alarm is raised or cleared."""
    print(visible(_sentence(frame, alarm)), file=sys.stderr, flush=True)


def _sentence(frame: Frame, alarm: Alarm) -> str:
    why: Message | str = Message(f"alarm-{alarm.kind}", alarm.facts)
    if alarm.event == "cleared":
        why = str(alarm.facts.get("reason", "-"))
        if f"cleared-{why}" in _REASONS:
            why = Message(f"cleared-{why}", {})
    code = "cli-alarm-raised" if alarm.event == "raised" else "cli-alarm-cleared"
    at = alarm.at.isoformat(timespec="seconds")
    return frame.say(code, book=alarm.book, day=alarm.day, kind=alarm.kind, at=at, why=why)


_REASONS = ("cleared-closed", "cleared-clean", "cleared-archived")


def worker(lang: Lang = None) -> None:
    """Close days of live books by their cut-offs and send what waits, until SIGTERM or Ctrl-C."""
    frame = make_frame(lang=lang, is_json=False)
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.ask)
    told: dict[str, tuple[object, ...]] = {}

    def on_due(due: Due) -> None:
        stands = (due.status, due.day, due.next_at, *due.missing)
        if told.get(due.book) != stands:
            told[due.book] = stands
            _tell_due(frame, due)

    def on_lost(fault: Fault) -> None:
        print(visible(render(message_of(fault), frame.lang)), file=sys.stderr, flush=True)

    def on_problem(problem: DuewellError) -> None:
        if problem.code != "database-not-reached":  # the closer says so
            print(visible(render(message_of(problem), frame.lang)), file=sys.stderr, flush=True)

    with ending(frame):
        frame.tell("cli-worker-begins")
        opens = partial(connect, frame.settings)
        post = Courier(opens, lambda: frame.keys, now=now, stop=stop, on_problem=on_problem)
        courier = threading.Thread(target=post.run)
        courier.start()
        try:
            Closer(
                opens,
                now=now,
                stop=stop,
                on_due=on_due,
                on_alarm=partial(say_alarm, frame),
                on_lost=on_lost,
                on_closed=partial(_tell_closed, frame),
            ).run()
        finally:
            stop.ask()
            courier.join()
        frame.tell("cli-worker-ends")


def alarms_(
    book: MaybeBook = None,
    is_history: Annotated[
        bool, typer.Option("--history", help="What was raised and cleared, newest first.")
    ] = False,
    clear: Annotated[
        str | None, typer.Option("--clear", help="Clear the alarm of this kind by hand.")
    ] = None,
    on: Annotated[str | None, typer.Option("--day", help="The day of the alarm to be cleared.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it need not stand.")] = "",
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """The alarms that stand; ends with 1 if there are any."""
    frame = make_frame(lang=lang, is_json=as_json)
    standing: list[Alarm] = []
    with ending(frame):
        if clear is not None:
            of = day(on)
            if book is None or of is None:
                raise InvalidInput("alarm-not-named")
            clear_alarm(frame.conn, book, day=of, kind=clear, reason=reason, actor="cli", at=now())
        number = books.read_book(frame.conn, book).book_id if book is not None else None
        standing = alarms.standing(frame.conn, number)
        shown = alarms.history(frame.conn, number, limit=EVENTS_SHOWN) if is_history else standing
        for alarm in shown:
            if not as_json:
                print(visible(_sentence(frame, alarm)))
        if not shown:
            frame.tell("cli-alarms-none")
        if as_json:
            told = [
                {"book": a.book, "day": str(a.day), "kind": a.kind, "event": a.event, "facts": a.facts}
                | {"at": a.at.isoformat(), "detail": _sentence(frame, a)}
                for a in shown
            ]
            frame.document({"schema": "duewell.alarms/1", "alarms": told, "standing": len(standing)})
    if standing:
        raise typer.Exit(REFUSED)


def closing(
    book: Book,
    cutoff: Annotated[
        str | None, typer.Option("--cutoff", help="From when on a day is closed, such as 23:00.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Whose clocks, such as Asia/Shanghai.")] = None,
    folder: Annotated[str | None, typer.Option("--folder", help="Where expected files come in.")] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", help="A file a day waits for, such as bank-{date}.csv; may be repeated."),
    ] = None,
    expects_nothing: Annotated[bool, typer.Option("--expect-nothing", help="Wait for no file.")] = False,
    alarm_minutes: Annotated[
        int | None, typer.Option("--alarm-minutes", help="How long after its cut-off an open day is late.")
    ] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """How the days of a book are closed by the clock; with options, change it."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        row = set_closing(
            frame.conn,
            book,
            cutoff=cutoff,
            zone=zone,
            folder=folder,
            names=[] if expects_nothing else expect or None,
            alarm_minutes=alarm_minutes,
        )
        _tell_closing(frame, row)


def _tell_closing(frame: Frame, row: BookRow) -> None:
    kept, next_at = row.closing, row.cut_off_at(row.open_on)
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.closing/1",
                "book": row.code,
                "cutoff": f"{row.cutoff:%H:%M}",
                "zone": row.zone,
                "folder": kept.folder or None,
                "expected_files": list(kept.names),
                "close_alarm_minutes": kept.alarm_minutes,
                "open_on": str(row.open_on),
                "next_at": next_at.isoformat(),
            }
        )
        return
    frame.tell(
        "cli-closing", book=row.code, cutoff=f"{row.cutoff:%H:%M}", zone=row.zone, open_on=row.open_on,
        at=next_at.isoformat(), minutes=kept.alarm_minutes,
    )  # fmt: skip
    if kept.names:
        frame.tell("cli-closing-files", names=", ".join(kept.names), folder=kept.folder)
