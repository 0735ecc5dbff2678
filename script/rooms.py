"""Rooms: the page that says what every room of the code is, needs, gives and never does.

Needs    the source tree and pyproject.toml, read as text: nothing is imported, so nothing runs.
Gives    docs/rooms.md; with --check only whether it is fresh, as the exit code.
Never    says anything the code does not say itself: to change the page, change a docstring.
Source   a storey is a folder of src/duewell, a room a module or a package in it; storeys stand in the order
         of the import contract "An arrow only points down", and rooms by name.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = "An arrow only points down"
FIELDS = ("Needs", "Gives", "Never")
HEAD = """# Rooms

Written by `script/rooms` from the first lines of the code: change a docstring, not this page. Each room says
what it is, what it needs, what it gives and what it never does; what it imports is read from the code.
"""

_FIELD = re.compile(r"([A-Z][a-z]+) {2,}(\S.*)")
_SENTENCE_END = re.compile(r"(?<=\.)\s")


@dataclass(frozen=True, slots=True)
class Room:
    """A room or a storey: its dotted name below the package, its first file, and what stands there."""

    name: str
    path: Path
    sentence: str
    fields: dict[str, str]
    imports: tuple[str, ...]


def page(root: Path) -> str:
    """The whole page for the source tree below `root`."""
    package = root / "src" / "duewell"
    parts = [HEAD]
    for storey in storeys(root):
        folder = package / storey
        inside = [child for child in sorted(folder.iterdir()) if is_room(child)]
        parts.append(render(read(package, folder), root, level=2, has_rooms=bool(inside)))
        parts.extend(render(read(package, child), root, level=3) for child in inside)
    return "\n".join(parts)


def storeys(root: Path) -> list[str]:
    """The folders of the package, from the doors down; one the contract does not name comes last."""
    package = root / "src" / "duewell"
    found = sorted(p.name for p in package.iterdir() if p.is_dir() and any(p.rglob("*.py")))
    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c["layers"] for c in contracts if c["name"] == CONTRACT)
    named = [name for layer in layers for name in re.findall(r"duewell\.(\w+)", layer)]
    return [s for s in named if s in found] + [s for s in found if s not in named]


def is_room(path: Path) -> bool:
    """A module or a package that others may use: its name does not begin with an underscore."""
    if path.name.startswith(("_", ".")):
        return False
    return path.suffix == ".py" or (path.is_dir() and any(path.rglob("*.py")))


def read(package: Path, path: Path) -> Room:
    """Read a room, or a storey, from its first file and the imports of all its files."""
    first = path / "__init__.py" if path.is_dir() else path
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    name = ".".join(path.relative_to(package).with_suffix("").parts)
    docstring = ast.get_docstring(ast.parse(first.read_text("utf-8"))) if first.exists() else None
    sentence, fields = parse(docstring or "")
    used = {room for file in files for room in rooms_imported(package, file)}
    return Room(name, first, sentence, fields, tuple(sorted(used - {name})))


def parse(docstring: str) -> tuple[str, dict[str, str]]:
    """The first sentence of a docstring and its fields; a line set in goes on with the one before it."""
    paragraph = docstring.split("\n\n", 1)[0]
    sentence = _SENTENCE_END.split(" ".join(paragraph.split()), maxsplit=1)[0]
    fields: dict[str, str] = {}
    last = ""
    for line in docstring.splitlines():
        found = _FIELD.fullmatch(line.rstrip())
        if found:
            last = found[1]
            fields[last] = found[2]
        elif last and line.startswith(" ") and line.strip():
            fields[last] += " " + line.strip()
        else:
            last = ""
    return sentence, fields


def rooms_imported(package: Path, file: Path) -> Iterator[str]:
    """The rooms a file imports, from any depth of it: an import inside a function counts."""
    home = [package.name, *file.relative_to(package).with_suffix("").parts]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*home[: len(home) - node.level]] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            targets = [f"{stem}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            room = room_of(package, target.split("."))
            if room:
                yield room


def room_of(package: Path, target: list[str]) -> str | None:
    """The room a dotted name lies in; the storey itself where it holds the name; None outside the package."""
    if target[0] != package.name or len(target) < 2:
        return None
    if len(target) > 2:
        inside = package / target[1] / target[2]
        if is_room(inside.with_suffix(".py")) and inside.with_suffix(".py").exists():
            return f"{target[1]}.{target[2]}"
        if inside.is_dir() and is_room(inside):
            return f"{target[1]}.{target[2]}"
    return target[1] if (package / target[1]).is_dir() else None


def render(room: Room, root: Path, *, level: int, has_rooms: bool = False) -> str:
    """The lines of a room. A storey with rooms leaves its imports to them."""
    lines = [f"{'#' * level} {room.name}", ""]
    lines.append(room.sentence or "It does not say what it is yet.")
    lines.append("")
    lines += [f"- {name}: {room.fields[name]}" for name in FIELDS if name in room.fields]
    if not has_rooms:
        lines.append(f"- Imports: {', '.join(room.imports) if room.imports else 'no other room'}")
    if room.path.exists():
        lines.append(f"- File: [{room.path.relative_to(root)}](../{room.path.relative_to(root)})")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check compare it; 1 when it is stale, 2 when the arguments make no sense."""
    if arguments not in ([], ["--check"]):
        print("Use: script/rooms [--check]", file=sys.stderr)
        return 2
    target = ROOT / "docs" / "rooms.md"
    wanted = page(ROOT)
    if not arguments:
        target.write_text(wanted, "utf-8")
        return 0
    if target.exists() and target.read_text("utf-8") == wanted:
        return 0
    print("docs/rooms.md is stale. Run: script/rooms", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
