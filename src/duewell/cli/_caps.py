"""Commands about caps: what limits a book keeps, and which packs there are.

Needs    typer app to stand in; a Frame.
Gives    caps show, caps set.
Never    judges a loan.
Source   docs/reference/caps.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from duewell.cli import _tables
from duewell.cli._frame import Frame, day, ending, make_frame
from duewell.cli._options import Book, Json, Lang
from duewell.domain.product import Cap, caps_in_force, caps_table
from duewell.gateways.cap_packs import caps_of_book
from duewell.gateways.toml_files import TomlFile, read_toml
from duewell.services.set_caps import set_caps
from duewell.store import books

caps_app = typer.Typer(no_args_is_help=True, help="Caps: the most a loan of a book may cost.")


def add_to(app: typer.Typer) -> None:
    """Stand in the application."""
    app.add_typer(caps_app, name="caps")


@caps_app.command("show")
def show(
    book: Book,
    on: Annotated[str | None, typer.Option("--on", help="The day; the open date if left out.")] = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """The caps of a book in force on a day, each with its source."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        row = books.read_book(frame.conn, book)
        _show(frame, book, caps_of_book(row.settings), day(on) or row.open_on)


@caps_app.command("set")
def set_(
    caps: Annotated[str, typer.Argument(help="A pack's name, or the path of a TOML file of your own.")],
    book: Book,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Name the caps a book keeps from now on."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        found = set_caps(
            frame.conn, book, read_toml(Path(caps), TomlFile.CAPS) if caps.endswith(".toml") else caps
        )
        _show(frame, book, found, books.read_book(frame.conn, book).open_on)


def _show(frame: Frame, book: str, caps: Iterable[Cap], on: date) -> None:
    lines = caps_table(caps_in_force(caps, on))
    if frame.is_json:
        frame.document({"schema": "duewell.caps/1", "book": book, "on": on.isoformat(), "caps": lines})
        return
    told = [
        [
            each["code"],
            each["from"],
            _limits(frame, each),
            _limit(frame, each),
            frame.say("cli-yes" if each["verified"] else "cli-no"),
            each["source"],
        ]
        for each in lines
    ]
    heads = ("cli-cap", "cli-from", "cli-cap-measure", "cli-limit", "cli-verified", "cli-source")
    title = frame.say("cli-caps-title", book=book, on=on)
    _tables.table(frame, title, heads, told, folded={2, len(heads) - 1})


def _limits(frame: Frame, line: Mapping[str, Any]) -> str:
    """What a line limits, in words."""
    kind = frame.say("cap-kind-" + line["kind"].replace(" ", "-"))
    measure = line.get("measure")
    if measure is None:
        return kind
    left, right = "（）" if frame.lang.startswith("zh") else (" (", ")")
    return kind + left + frame.say("cap-measure-" + measure) + right


def _limit(frame: Frame, line: Mapping[str, Any]) -> str:
    if "times" in line:
        return frame.say("cli-times", times=line["times"])
    return f"{line['currency']} {line['amount']}" if "amount" in line else f"{line['pct']}%"
