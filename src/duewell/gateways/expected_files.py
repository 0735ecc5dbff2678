"""Files a business day waits for: names or patterns in one folder, with the day in them.

Needs    a folder, names such as bank-{date}.csv, the day.
Gives    check_names; missing: which names have no file yet.
Never    opens or moves a file: whether it is there under its final name, and not empty, is all it asks.
Source   docs/reference/closing.md.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from duewell.domain.errors import Fault, InvalidInput

NAMES_MAX = 50
_PLAIN = re.compile(r"[^/\\\x00-\x1f\x7f{}]{1,200}")


def check_names(names: Sequence[str]) -> None:
    """Refuses   a name without the day in it (yesterday's file would do), with a folder, or unreadable."""
    if len(names) > NAMES_MAX:
        raise InvalidInput("expected-files-too-many", given=len(names), names_max=NAMES_MAX)
    for name in names:
        told = _on(name, date(2000, 1, 1))
        if told == name:
            raise InvalidInput("expected-file-without-date", given=name[:80], example="bank-{date}.csv")
        if not _PLAIN.fullmatch(told) or told.startswith("."):
            raise InvalidInput("expected-file-unreadable", given=name[:80], example="bank-{date}.csv")


def missing(folder: str, names: Iterable[str], day: date) -> list[str]:
    """The names of a day that no file answers to, as they would be called."""
    wanted = [_on(name, day) for name in names]
    if not wanted:
        return []
    try:
        there = [each.name for each in Path(folder).iterdir() if each.is_file() and each.stat().st_size]
    except OSError as problem:
        raise Fault("expected-folder-unreadable", folder=folder, problem=str(problem)[:120]) from problem
    return [name for name in wanted if not any(fnmatch.fnmatchcase(each, name) for each in there)]


def _on(name: str, day: date) -> str:
    """{date} is 2026-06-01, {ymd} is 20260601; nothing else in braces is known."""
    return name.replace("{date}", day.isoformat()).replace("{ymd}", f"{day:%Y%m%d}")
