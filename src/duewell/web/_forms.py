"""Forms with a file: multipart bodies read whole, within bounds, their token checked as of any other form.

Needs    python-multipart, which Starlette reads such bodies with; a body that is bounded already.
Gives    Files: the fields and the files of a form; Upload, its name only ever shown; as_path.
Never    takes a file's name for a path, keeps a file, or reads a form without the door checking its token.
Source   RFC 7578; docs/reference/console.md, section files that come in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import Depends, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from duewell.api import BODY_MAX, BadRequest
from duewell.domain.errors import InvalidInput
from duewell.web._pages import keep_fields

PARTS_MAX, FIELD_MAX, NAME_MAX = 20, 8192, 100


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, and what its owner calls it."""

    name: str
    raw: bytes

    @property
    def mark(self) -> str:
        """What tells this file from any other."""
        return hashlib.sha256(self.raw).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form sent: its fields and its files, the first of each name."""

    fields: dict[str, str]
    files: dict[str, Upload]

    def file(self, name: str) -> Upload:
        """A file that must be there. Refuses a form that was sent without it."""
        found = self.files.get(name)
        if found is None or not found.raw:
            raise InvalidInput("console-file-not-chosen")
        return found


@dataclass
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class _Reader:
    """Collects the parts that the parser finds."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.is_whole = False
        self._name, self._value = bytearray(), bytearray()

    def on_part_begin(self) -> None:
        if len(self.parts) >= PARTS_MAX:
            raise ValueError("too many parts")
        self.parts.append(_Part())

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].body += data[start:end]

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self.parts[-1].headers[bytes(self._name).lower()] = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def on_end(self) -> None:
        self.is_whole = True


def _read(kind: str, body: bytes) -> list[_Part]:
    """The parts of a body. Refuses one that is not whole, or no form at all."""
    named, options = parse_options_header(kind)
    boundary = options.get(b"boundary", b"")
    if named != b"multipart/form-data" or not 1 <= len(boundary) <= 200:
        raise ValueError("not multipart/form-data")
    reader = _Reader()
    calls = {
        name: getattr(reader, name)
        for name in (
            "on_part_begin",
            "on_part_data",
            "on_header_field",
            "on_header_value",
            "on_header_end",
            "on_end",
        )
    }
    parser = MultipartParser(boundary, calls, max_size=BODY_MAX)  # type: ignore[arg-type]
    parser.write(body)
    parser.finalize()
    if not reader.is_whole:
        raise ValueError("the body ends before its form does")
    return reader.parts


async def sent_of(request: Request) -> Sent:
    """The fields and files of a form; its token and its key are kept for the door."""
    body = await request.body()
    fields: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    try:
        for part in _read(request.headers.get("content-type", ""), body):
            _, told = parse_options_header(part.headers.get(b"content-disposition", b""))
            name = told.get(b"name", b"").decode("utf-8")
            if b"filename" in told:
                files.setdefault(name, Upload(_shown(told[b"filename"]), bytes(part.body)))
            elif len(part.body) > FIELD_MAX:
                raise ValueError("a field is too long")
            else:
                fields.append((name, part.body.decode("utf-8")))
    except (ValueError, FormParserError):
        raise BadRequest("request-not-readable") from None
    return Sent(keep_fields(request, fields), files)


def _shown(name: bytes) -> str:
    """A file's name without the way to it: for people alone."""
    text = name.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    return "".join(mark for mark in text if mark.isprintable())[:NAME_MAX]


@contextmanager
def as_path(upload: Upload) -> Iterator[Path]:
    """A file for those who read files; gone when it was read."""
    with TemporaryDirectory(prefix="duewell-") as folder:
        path = Path(folder) / upload.mark
        path.write_bytes(upload.raw)
        yield path


Files = Annotated[Sent, Depends(sent_of)]
