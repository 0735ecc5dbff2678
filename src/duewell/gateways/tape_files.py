"""Tape files: bytes on disk as rows of text, or a refusal that says where and why.

Needs    a path to a file of comma, semicolon or tab separated values with a header.
Gives    read_rows: the header, then one SourceRow a line, streamed.
Never    guesses a broken or mixed encoding, holds more than a line, or passes a control character on.
Source   docs/decisions/0005-taking-a-book-over.md. UTF-8 goes first: it decodes as GB18030 too, wrongly.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from duewell.domain.errors import InvalidInput, NotFound

BYTES_MAX = 512 * 1024 * 1024
FIELD_MAX = 1_000
COLUMNS_MAX = 200
LINE_MAX = COLUMNS_MAX * (FIELD_MAX + 3)
_LINE_BYTES_MAX = 4 * LINE_MAX
_PROBE = 64 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_HAN_BYTES = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a tape: the line it begins on, and the text of each column."""

    line: int
    values: dict[str, str]


def read_rows(path: Path) -> Iterator[SourceRow]:
    """The rows of a tape, streamed. The file and its header are looked at at once.

    Refuses   a missing or empty file, a folder, more than 512 MB, bytes that are no text in UTF-8,
              UTF-16 with its mark, GBK or GB18030, or in two of them, a NUL or another control
              character, a line or field that is too long, more than 200 columns, a column named twice
              or not at all, a row with other columns than the header.
    """
    _check_file(path, BYTES_MAX)
    encoding = _encoding(path)
    source = path.open(encoding=encoding, newline="")
    try:
        header, delimiter = _header(source)
    except BaseException:
        source.close()
        raise
    return _rows(source, header, delimiter)


def _check_file(path: Path, bytes_max: int) -> None:
    shown = str(path)[:200]
    try:
        if not path.exists():
            raise NotFound("tape-not-found", path=shown)
        if not path.is_file():
            raise InvalidInput("tape-not-a-file", path=shown)
        size = path.stat().st_size
    except (OSError, ValueError):
        raise NotFound("tape-not-found", path=shown) from None
    if size == 0:
        raise InvalidInput("tape-empty", path=shown)
    if size > bytes_max:
        raise InvalidInput("tape-too-large", bytes=size, bytes_max=bytes_max)


def _encoding(path: Path) -> str:
    with path.open("rb") as source:
        start = source.read(4)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    _check_lines(path)
    if _decodes(path, "utf-8"):
        return "utf-8"
    if _decodes(path, "gb18030"):
        _check_unmixed(path)
        return "gb18030"
    raise InvalidInput("tape-encoding-unknown", path=str(path))


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_PROBE):
        yield piece


def _check_lines(path: Path) -> None:
    """Refuse a NUL, and a line that never ends, before anything is decoded."""
    line, length = 1, 0
    with path.open("rb") as source:
        for piece in _pieces(source):
            if b"\0" in piece:
                raise InvalidInput("tape-not-text", path=str(path))
            ends = piece.count(b"\n") or piece.count(b"\r")
            last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
            length = len(piece) - last - 1 if ends else length + len(piece)
            line += ends
            if length > _LINE_BYTES_MAX:
                raise InvalidInput("tape-line-too-long", line=line, length_max=LINE_MAX)


def _decodes(path: Path, name: str) -> bool:
    """Whether the whole file is text in an encoding, read piece by piece."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    with path.open("rb") as source:
        try:
            for piece in _pieces(source):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _check_unmixed(path: Path) -> None:
    """A line of Chinese that is whole in UTF-8, in a file that is not, was put there by another program."""
    with path.open("rb") as source:
        for number, line in enumerate(iter(lambda: source.readline(_LINE_BYTES_MAX), b""), start=1):
            if len(_HAN_BYTES.findall(line)) < 2:
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                continue
            raise InvalidInput("tape-encoding-mixed", line=number)


def _lines(source: TextIO) -> Iterator[str]:
    """The lines after the header, each of a bounded length."""
    number = 1
    while line := source.readline(LINE_MAX + 1):
        number += 1
        if len(line) > LINE_MAX:
            raise InvalidInput("tape-line-too-long", line=number, length_max=LINE_MAX)
        yield line


def _header(source: TextIO) -> tuple[list[str], str]:
    csv.field_size_limit(FIELD_MAX)
    try:
        first = source.readline(LINE_MAX + 1)
        if len(first) > LINE_MAX:
            raise InvalidInput("tape-line-too-long", line=1, length_max=LINE_MAX)
        delimiter = max(",;\t", key=first.count)
        header = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    except csv.Error as problem:
        raise InvalidInput("tape-row-unreadable", line=1, problem=str(problem)) from problem
    except UnicodeError as problem:
        raise InvalidInput("tape-encoding-broken", line=1) from problem
    _check_header(header)
    return header, delimiter


def _rows(source: TextIO, header: list[str], delimiter: str) -> Iterator[SourceRow]:
    line = 2
    with source:
        try:
            reader = csv.reader(_lines(source), delimiter=delimiter, strict=True)
            for fields in reader:
                if fields:
                    yield _row(line, header, fields)
                line = reader.line_num + 2
        except csv.Error as problem:
            raise InvalidInput("tape-row-unreadable", line=line, problem=str(problem)) from problem
        except UnicodeError as problem:
            raise InvalidInput("tape-encoding-broken", line=line) from problem


def _row(line: int, header: list[str], fields: list[str]) -> SourceRow:
    if len(fields) != len(header):
        raise InvalidInput("tape-row-width", line=line, found=len(fields), expected=len(header))
    if _HIDDEN.search("\t".join(fields)):
        column = next(name for name, text in zip(header, fields, strict=True) if _HIDDEN.search(text))
        raise InvalidInput("tape-control-character", line=line, column=column[:60])
    return SourceRow(line, dict(zip(header, fields, strict=True)))


def _check_header(header: list[str]) -> None:
    if len(header) > COLUMNS_MAX:
        raise InvalidInput("tape-too-many-columns", found=len(header), columns_max=COLUMNS_MAX)
    if not header:
        raise InvalidInput("tape-header-missing")
    for number, name in enumerate(header, start=1):
        if not name.strip():
            raise InvalidInput("tape-column-unnamed", column=number)
        if _HIDDEN.search(name):
            raise InvalidInput("tape-control-character", line=1, column=str(number))
        if header.count(name) > 1:
            raise InvalidInput("tape-column-twice", column=name[:60])
