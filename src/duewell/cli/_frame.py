"""The frame of every command: where it runs, how it speaks, how it ends.

Needs    settings and options given before the command.
Gives    Frame, the console, amounts as text, and `ending`, which turns refusals into exit codes.
Never    shows a traceback to a user.
Source   docs/reference/commands.md.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, NoReturn

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from typer.exceptions import TyperException

from duewell.app import connect
from duewell.catalogues import LANGUAGES, render
from duewell.cli._usage import UsageRefusal, usage_refusal
from duewell.domain.calendar import parse_date
from duewell.domain.errors import (
    Conflict,
    DuewellError,
    Fault,
    InvalidInput,
    NotFound,
    PeriodClosed,
    Refusal,
)
from duewell.domain.money import Money, currency
from duewell.domain.texts import Message, message_of
from duewell.gateways.keys import KeyPort, read_keys
from duewell.settings import Settings, read_settings
from duewell.store.loans import Connection

OK, REFUSED, USAGE, FAULT = 0, 1, 2, 3


class RefusedRows(InvalidInput):
    """A file refused for its rows: what is wrong with each is told beside the problem."""

    refusals: list[dict[str, Any]]


@dataclass(slots=True)
class Frame:
    """One run of the command line. `currency` is that of the book or contract it is about, once known."""

    settings: Settings
    lang: str
    is_json: bool
    console: Console
    currency: str = ""
    _conn: Connection | None = None

    @property
    def conn(self) -> Connection:
        """The database, reached when first needed."""
        if self._conn is None:
            self._conn = connect(self.settings)
        return self._conn

    @property
    def keys(self) -> KeyPort:
        """The keys that personal data is sealed with; made at the first use beside the embedded server."""
        return read_keys(self.settings.key_file, may_make=self.settings.database_url is None)

    def say(self, code: str, **facts: object) -> str:
        """A sentence of the catalogue."""
        return self.render(Message(code, facts))

    def render(self, message: Message) -> str:
        """A message in the reader's language, amounts in the currency at hand."""
        return render(message, self.lang, currency=self.currency)

    def tell(self, code: str, **facts: object) -> None:
        """Print a sentence, unless the output is for machines."""
        if not self.is_json:
            self.console.print(visible(self.say(code, **facts)), highlight=False, markup=False)

    def document(self, value: dict[str, Any]) -> None:
        """Print one JSON document."""
        print(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def progress(self) -> Progress:
        """A progress bar on standard error; silent for machines and where nobody watches."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=self.is_json or not sys.stderr.isatty(),
        )


def make_frame(*, lang: str | None, is_json: bool) -> Frame:
    """The frame from the surroundings and the options."""
    settings = read_settings()
    if lang is not None and not _is_spoken(lang):
        unknown = UsageRefusal("language-unknown", given=lang[:20], known=", ".join(LANGUAGES))
        _end(Frame(settings, settings.lang, is_json, _console()), unknown, USAGE, 400)
    return Frame(settings, lang or settings.lang, is_json, _console())


def _is_spoken(lang: str) -> bool:
    return lang.replace("_", "-").partition("-")[0].lower() in LANGUAGES


_WIDTH = 160


def _console() -> Console:
    """Wide enough for a report where the output goes to a file or a pipe."""
    return Console(soft_wrap=True) if sys.stdout.isatty() else Console(soft_wrap=True, width=_WIDTH)


def now() -> datetime:
    """The instant; only doors ask for it."""
    return datetime.now(UTC)


def day(text: str | None) -> date | None:
    """A date option, None where it was left out. Refused like any other date."""
    return parse_date(text) if text is not None else None


def day_or_instant(text: str | None) -> date | datetime | None:
    """What was known: at the end of a date, or at an instant with its offset from UTC."""
    if text is None or "T" not in text:
        return day(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or len(text) > _INSTANT_MAX:
        raise InvalidInput("instant-not-readable", given=text[:40], example="2026-03-01T18:30:00+08:00")
    return at


_INSTANT_MAX = 40
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Text that cannot steer a terminal: what nobody can see becomes a mark."""
    return _HIDDEN.sub("\ufffd", text)


def run(app: Callable[..., object], words: Sequence[str]) -> None:
    """Run the commands. Nothing that goes wrong reaches a user as a traceback."""
    frame = _frame_of(words)
    for word in words:
        if _HIDDEN.search(word) or any(0xD800 <= ord(mark) < 0xE000 for mark in word):
            with suppress(OSError, ValueError):
                _tell(frame, UsageRefusal("argument-unreadable", given=visible(ascii(word))[:60]), 400)
            raise SystemExit(USAGE)
    try:
        _run_and_flush(app, frame)
    except BrokenPipeError:
        _drop_output()
        raise SystemExit(OK) from None
    except Exception as problem:
        _drop_output()
        if os.environ.get("DUEWELL_TRACE"):
            raise
        told = f"{type(problem).__name__}: {visible(str(problem))[:200]}"
        with suppress(Exception):  # what broke may be what says so; the exit code still tells
            _tell(frame, Fault("internal-fault", problem=told), 500)
        raise SystemExit(FAULT) from problem


def _frame_of(words: Sequence[str]) -> Frame:
    """How to speak to somebody whose words may make no command: as they ask, where that can be read."""
    settings = read_settings()
    asked = [word.partition("=")[2] for word in words if word.startswith("--lang=")]
    asked += [after for word, after in pairwise(words) if word == "--lang"]
    lang = next(filter(_is_spoken, asked), settings.lang)
    return Frame(settings, lang, "--json" in words, _console())


def _run_and_flush(app: Callable[..., object], frame: Frame) -> None:
    """Run, and write out what is still held before the end is declared: a full disk is found out here."""
    try:
        ended = app(standalone_mode=False)
    except TyperException as problem:
        sys.stdout.flush()
        refusal = usage_refusal(problem)
        if refusal is None:
            problem.show()  # type: ignore[attr-defined] # a group named without a command shows its help
        else:
            _tell(frame, refusal, 400)
        raise SystemExit(USAGE) from problem
    sys.stdout.flush()
    if isinstance(ended, int) and ended:
        raise SystemExit(ended)


def _drop_output() -> None:
    """What could not be written is not tried again when Python ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def amount(minor: int, code: str) -> str:
    """An amount with its thousands parted."""
    return Money(minor, currency(code)).text()


@contextmanager
def ending(frame: Frame) -> Iterator[None]:
    """Turn what was raised into a sentence and an exit code."""
    try:
        yield
    except UsageRefusal as refusal:
        _end(frame, refusal, USAGE, 400)
    except Refusal as refusal:
        _end(frame, refusal, REFUSED, _status(refusal))
    except Fault as fault:
        _end(frame, fault, FAULT, 500)
    except psycopg.Error as problem:
        _end(frame, Fault("database-failed", problem=str(problem).split("\n")[0][:200]), FAULT, 500)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(OK) from None


def _status(refusal: Refusal) -> int:
    if isinstance(refusal, NotFound):
        return 404
    return 409 if isinstance(refusal, Conflict | PeriodClosed) else 422


def _end(frame: Frame, error: DuewellError, code: int, status: int) -> NoReturn:
    _tell(frame, error, status)
    raise typer.Exit(code)


def _tell(frame: Frame, error: DuewellError, status: int) -> None:
    """Say on standard error what is wrong: a sentence, or an object for machines."""
    sentence = frame.render(message_of(error))
    if frame.is_json:
        problem = {
            "type": f"urn:duewell:problem:{error.code}",
            "title": error.code,
            "status": status,
            "detail": sentence,
            "facts": {
                name: value.code if isinstance(value, Message) else str(value)
                for name, value in error.facts.items()
            },
            **({"refusals": error.refusals} if isinstance(error, RefusedRows) else {}),
        }
        print(json.dumps(problem, ensure_ascii=False), file=sys.stderr)
    else:
        print(visible(sentence), file=sys.stderr)
