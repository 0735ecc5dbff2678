"""Pictures: the overdue report of the demo's book as SVG, one a language.

Needs    the demo's book in the data directory: run script/demo --once first.
Gives    docs/images/demo-en.svg and docs/images/demo-zh.svg, the same bytes for the same book.
Never    draws a figure the command line does not print.
Source   README.md shows them. Rich's own SVG export counts characters, so it would squeeze Chinese ones,
         which are two cells wide; here every piece of text gets its width in cells.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from duewell.cli import _demo, _tables
from duewell.cli._frame import make_frame
from duewell.services.report_overdue import report_overdue
from duewell.store import books, days

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SHOWN = 8
CELL, LINE, SIZE, EDGE = 9, 22, 15, 18
GROUND, INK, QUIET = "#1e2127", "#e0e2e6", "#98c379"
# A picture may not fetch a font; any monospaced one lines up.
LATIN = "'DejaVu Sans Mono', Menlo, Consolas"
FONTS = f"{LATIN}, 'Noto Sans Mono CJK SC', 'PingFang SC', 'Microsoft YaHei', monospace"


def report(lang: str) -> list[Text]:
    """The lines of the report at the end of the demo's month, in a language."""
    frame = make_frame(lang=lang, is_json=False)
    book = books.read_book(frame.conn, _demo.BOOK)
    found = report_overdue(frame.conn, _demo.BOOK, as_of=days.last_closed(frame.conn, book.book_id))
    frame.console = Console(record=True, width=160, file=io.StringIO(), force_terminal=True)
    _tables.overdue(frame, found, shown=SHOWN)
    option = " --lang zh" if lang == "zh" else ""
    asked = Text(f"$ duewell report overdue --book {_demo.BOOK} --as-of {found.as_of}{option}")
    asked.stylize("dim")
    printed = frame.console.export_text(styles=True).rstrip("\n").split("\n")
    return [asked, Text(), *(Text.from_ansi(line) for line in printed)]


def pieces(line: Text, console: Console) -> Iterator[tuple[int, str, str]]:
    """Each piece of a line that is drawn at once: its first cell, its text, its attributes.

    A piece ends at a blank, so every word stands in its own cell, and where wide characters begin or end.
    """
    cell = 0
    for text, style, _ in line.render(console):
        look = ' font-weight="bold"' if style and style.bold else ""
        look += ' font-style="italic"' if style and style.italic else ""
        look += f' fill="{QUIET}"' if style and style.dim else ""
        for (is_blank, is_wide), run in groupby(text, key=lambda c: (c == " ", cell_len(c) == 2)):
            word = "".join(run)
            if not is_blank:
                yield cell, word, look + (f' font-size="{SIZE + 2}"' if is_wide else "")
            cell += cell_len(word)


def draw(lines: list[Text]) -> str:
    """The lines as an SVG that needs nothing else."""
    console = Console(file=io.StringIO())
    width = max(cell_len(line.plain.rstrip()) for line in lines) * CELL + 2 * EDGE
    height = len(lines) * LINE + 2 * EDGE
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" font-family="{FONTS}" font-size="{SIZE}" fill="{INK}">',
        f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>',
    ]
    for number, line in enumerate(lines):
        y = EDGE + number * LINE + SIZE
        for cell, word, look in pieces(line, console):
            length = cell_len(word) * CELL
            drawn.append(
                f'<text x="{EDGE + cell * CELL}" y="{y}" textLength="{length}"{look}>{escape(word)}</text>'
            )
    return "\n".join([*drawn, "</svg>", ""])


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    for each in ("en", "zh"):
        path = IMAGES / f"demo-{each}.svg"
        path.write_text(draw(report(each)), "utf-8")
        print(path.relative_to(IMAGES.parents[1]))
