"""XML of banks, read piece by piece and without trust.

Needs    a path.
Gives    pieces: the elements of chosen names, each whole, in the order they end; Piece to look into them.
Never    reads a document type, an entity of its own, or more than a bounded depth, text or element; never
         asks a network. Expat of the standard library does it with the handlers that refuse: a parser that
         builds a tree of the whole file, or one more dependency, would bring nothing here.
Source   docs/reference/rails.md, "Hostile files".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from duewell.domain.errors import InvalidInput, NotFound

BYTES_MAX = 256 * 1024 * 1024
DEPTH_MAX = 64
TEXT_MAX = 4_000
CHILDREN_MAX = 20_000
_PROBE = 64 * 1024


@dataclass(slots=True)
class Piece:
    """One element: its name without namespace, its text, its children, and the line it begins on."""

    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[Piece] = field(default_factory=list)

    def first(self, *path: str) -> Piece | None:
        """The first element along a path of names."""
        here: Piece | None = self
        for name in path:
            here = next((each for each in here.children if each.name == name), None) if here else None
        return here

    def all(self, *path: str) -> list[Piece]:
        """Every element along a path of names."""
        found = [self]
        for name in path:
            found = [each for one in found for each in one.children if each.name == name]
        return found

    def told(self, *path: str) -> str:
        """The text at the end of a path; empty where there is none."""
        found = self.first(*path)
        return found.text.strip() if found is not None else ""


def check_file(path: Path) -> None:
    """Refuses   what is no file, an empty one, more than 256 MB."""
    shown = str(path)[:200]
    try:
        is_there, is_file = path.exists(), path.is_file()
        size = path.stat().st_size if is_file else 0
    except (OSError, ValueError):
        is_there, is_file, size = False, False, 0
    if not is_there:
        raise NotFound("rail-file-not-found", path=shown)
    if not is_file or not size:
        raise InvalidInput("rail-file-empty", path=shown)
    if size > BYTES_MAX:
        raise InvalidInput("rail-file-too-large", bytes=size, bytes_max=BYTES_MAX)


def pieces(path: Path, names: Collection[str]) -> Iterator[Piece]:
    """The elements of these names as they end; what was given is no longer part of what holds it.

    Refuses   InvalidInput "xml-unreadable", "xml-with-doctype", "xml-too-deep", "xml-field-too-long",
              "xml-encoding", each with the line.
    """
    check_file(path)
    reader = _Reader(names)
    with path.open("rb") as source:
        while chunk := source.read(_PROBE):
            yield from reader.feed(chunk, is_last=False)
        yield from reader.feed(b"", is_last=True)


class _Reader:
    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._open: list[Piece] = []
        self._length = 0
        self._done: list[Piece] = []
        self._parser = expat.ParserCreate(namespace_separator="|")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.EntityDeclHandler = self._refuse_doctype
        self._parser.ExternalEntityRefHandler = self._refuse_doctype
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def feed(self, chunk: bytes, *, is_last: bool) -> list[Piece]:
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as problem:
            told = expat.ErrorString(problem.code) or "-"
            raise InvalidInput("xml-unreadable", line=problem.lineno, problem=told) from problem
        except (ValueError, LookupError) as problem:
            raise InvalidInput("xml-encoding", line=self._line) from problem
        found, self._done = self._done, []
        return found

    def _refuse_doctype(self, *_: object) -> int:
        raise InvalidInput("xml-with-doctype", line=self._line)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEPTH_MAX:
            raise InvalidInput("xml-too-deep", line=self._line, depth_max=DEPTH_MAX)
        if any(len(value) > TEXT_MAX for value in attributes.values()):
            raise InvalidInput("xml-field-too-long", line=self._line, name=name[-60:], length_max=TEXT_MAX)
        made = Piece(name.rpartition("|")[2], self._line, attributes)
        if self._open:
            mine = self._open[-1].children
            if len(mine) >= CHILDREN_MAX:
                raise InvalidInput("xml-too-deep", line=self._line, depth_max=CHILDREN_MAX)
            mine.append(made)
        self._open.append(made)
        self._length = 0

    def _text(self, text: str) -> None:
        here = self._open[-1]
        self._length += len(text)
        if len(here.text) + len(text) > TEXT_MAX:
            # Blanks between elements are no field, however many a file is padded with.
            if not text.strip() and not here.text.strip():
                return
            raise InvalidInput(
                "xml-field-too-long", line=self._line, name=here.name[-60:], length_max=TEXT_MAX
            )
        here.text += text

    def _end(self, _: str) -> None:
        ended = self._open.pop()
        if ended.name in self._names:
            if self._open:
                self._open[-1].children.pop()
            self._done.append(ended)
