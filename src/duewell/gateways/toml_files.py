"""TOML files that people write: products, caps, column maps. Each is spoken of by what it is.

Needs    a path, or a text that somebody pasted.
Gives    read_toml, toml_of, toml_text, TomlFile.
Never    reads more than a small file, or says of a product what is true of a tape.
Source   docs/reference/commands.md.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.texts import Message

BYTES_MAX = 64 * 1024
_AT = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")


class TomlFile(StrEnum):
    """What a file is to hold."""

    PRODUCT = "product-file"
    CAPS = "caps-file"
    COLUMN_MAP = "column-map"
    RAIL = "rail-file"
    LAYOUT = "layout-file"


def read_toml(path: Path, kind: TomlFile) -> dict[str, Any]:
    """The table of a file.

    Refuses   what is no file, an empty one, more than 64 KB, what is not UTF-8 or not TOML.
    """
    return toml_of(_text(path, Message(f"what-{kind.value}")), kind, str(path)[:200])


def toml_of(text: str, kind: TomlFile, shown: str) -> dict[str, Any]:
    """The table of a text that was written; `shown` is what people call it."""
    what = Message(f"what-{kind.value}")
    if not text.strip():
        raise InvalidInput("file-empty", path=shown, what=what)
    if len(text.encode()) > BYTES_MAX:
        raise InvalidInput("file-too-large", path=shown, bytes_max=BYTES_MAX, what=what)
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(f"{kind.value}-unreadable", path=shown, problem=_problem(problem)) from problem


def toml_text(table: Mapping[str, Any]) -> str:
    """A table of texts, whole numbers and yes or no as a file says it: `toml_of` reads the same back."""
    return "\n".join(_lines(table, "")).strip() + "\n"


def _lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    inner: list[tuple[str, str, Mapping[str, Any]]] = []
    for name, value in table.items():
        place = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            inner.append((f"[{place}]", place, value))
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            inner += [(f"[[{place}]]", place, each) for each in value]
        else:
            yield f"{name} = {_value(value)}"
    for head, place, value in inner:
        yield ""
        yield head
        yield from _lines(value, place)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool | int):
        return str(value).lower()
    # A TOML text is written as a JSON one, but for DEL, which must be escaped too.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(path: Path, what: Message) -> str:
    shown = str(path)[:200]
    try:
        if not path.exists():
            raise NotFound("file-not-found", path=shown, what=what)
        if not path.is_file():
            raise InvalidInput("file-not-a-file", path=shown, what=what)
        with path.open("rb") as source:
            found = source.read(BYTES_MAX + 1)
    except (OSError, ValueError):
        raise NotFound("file-not-found", path=shown, what=what) from None
    if not found.strip():
        raise InvalidInput("file-empty", path=shown, what=what)
    if len(found) > BYTES_MAX:
        raise InvalidInput("file-too-large", path=shown, bytes_max=BYTES_MAX, what=what)
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("file-not-utf-8", path=shown, what=what) from None


def _problem(problem: Exception) -> Message:
    """What TOML's reader stumbled over, in words of ours."""
    at = _AT.search(str(problem))
    if at is not None:
        return Message("toml-at", {"line": int(at[1]), "column": int(at[2])})
    if isinstance(problem, RecursionError):
        return Message("toml-too-deep")
    is_toml = isinstance(problem, tomllib.TOMLDecodeError)
    # Python refuses to read a whole number of thousands of digits, and its words name its own settings.
    return Message("toml-at-end" if is_toml else "toml-number-too-long")
