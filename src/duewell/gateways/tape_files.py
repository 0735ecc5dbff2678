"""Tape files: bytes on disk as rows of text, or a refusal that says where and why.

Needs    a path to a file of comma, semicolon or tab separated values with a header.
Gives    read_rows: the header, then one SourceRow a line, streamed.
Never    guesses a broken encoding, keeps the file in memory, or passes a control character on.
Source   docs/decisions/0005-taking-a-book-over.md. UTF-8 goes first: it decodes as GB18030 too, wrongly.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from duewell.domain.errors import InvalidInput, NotFound

BYTES_MAX = 512 * 1024 * 1024
FIELD_MAX = 1_000
COLUMNS_MAX = 200
_PROBE = 64 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a tape: its line in the file, and the text of each column."""

    line: int
    values: dict[str, str]


def read_rows(path: Path) -> Iterator[SourceRow]:
    """The rows of a tape, streamed.

    Refuses   a missing or empty file, a folder, more than 512 MB, bytes that are no text in UTF-8,
              UTF-16 with its mark, GBK or GB18030, a NUL, a field above 1,000 characters, more than
              200 columns, a column named twice or not at all, a row with other columns than the header.
    """
    if not path.exists():
        raise NotFound("tape-not-found", path=str(path))
    if not path.is_file():
        raise InvalidInput("tape-not-a-file", path=str(path))
    size = path.stat().st_size
    if size == 0:
        raise InvalidInput("tape-empty", path=str(path))
    if size > BYTES_MAX:
        raise InvalidInput("tape-too-large", bytes=size, bytes_max=BYTES_MAX)
    csv.field_size_limit(FIELD_MAX)
    with path.open(encoding=_encoding(path), newline="") as source:
        yield from _rows(source)


def _encoding(path: Path) -> str:
    with path.open("rb") as source:
        start = source.read(4)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        if _decodes(path, name):
            return name
    raise InvalidInput("tape-encoding-unknown", path=str(path))


def _decodes(path: Path, name: str) -> bool:
    """Whether the whole file is text in an encoding, read piece by piece; a NUL is no text."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    with path.open("rb") as source:
        while piece := source.read(_PROBE):
            if b"\0" in piece:
                raise InvalidInput("tape-not-text", path=str(path))
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _rows(source: TextIO) -> Iterator[SourceRow]:
    line = 1
    try:
        first = source.readline(COLUMNS_MAX * FIELD_MAX)
        if "\0" in first:
            raise InvalidInput("tape-not-text", path=source.name)
        delimiter = max(",;\t", key=first.count)
        header = next(csv.reader([first], delimiter=delimiter, strict=True), [])
        _check_header(header)
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        for fields in reader:
            line = reader.line_num + 1
            if not fields:
                continue
            if len(fields) != len(header):
                raise InvalidInput("tape-row-width", line=line, found=len(fields), expected=len(header))
            yield SourceRow(line, dict(zip(header, fields, strict=True)))
    except csv.Error as problem:
        raise InvalidInput("tape-row-unreadable", line=line + 1, problem=str(problem)) from problem
    except UnicodeError as problem:
        raise InvalidInput("tape-encoding-broken", line=line + 1) from problem


def _check_header(header: list[str]) -> None:
    if len(header) > COLUMNS_MAX:
        raise InvalidInput("tape-too-many-columns", found=len(header), columns_max=COLUMNS_MAX)
    for number, name in enumerate(header, start=1):
        if not name.strip():
            raise InvalidInput("tape-column-unnamed", column=number)
        if header.count(name) > 1:
            raise InvalidInput("tape-column-twice", column=name[:60])
