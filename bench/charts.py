"""Charts of a day's cost, drawn from the bench's JSON lines: plain SVG, readable on light and dark.

Needs    a file of JSON lines as `script/bench sizes eod --json` prints them.
Gives    day-by-size.svg, day-seconds.svg and day-parts.svg in docs/images.
Never    draws a point without its spread, or an axis that does not begin at zero.
Source   docs/reference/day-cost.md.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from html import escape
from math import log
from pathlib import Path

from bench.figures import Figure
from bench.properties import ROOT

DATA = ROOT / "docs" / "reference" / "day-cost.jsonl"
IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 46, 48
PARTS = ("begin", "turn_read", "turn_fold", "turn_write", "turn_else", "observe", "remind", "finish", "rest")
NAMES = {
    "begin": "open date moves on",
    "turn_read": "turned loans: facts read",
    "turn_fold": "turned loans: folded",
    "turn_write": "turned loans: agendas written",
    "turn_else": "turned loans: found and locked",
    "observe": "observations and sums",
    "remind": "tomorrow's reminders",
    "finish": "portfolio and general ledger",
    "rest": "markers and commits",
}
_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .small { font-size: 11px; fill: #57606a }
.title { font-weight: 600; font-size: 14px } .axis { stroke: #8c959f; stroke-width: 1 }
.grid { stroke: #d0d7de; stroke-width: 1 } .bar, .dot { fill: #0969da } .line { stroke: #0969da; fill: none }
.line { stroke-width: 2 } .spread { stroke: #0969da; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 } .axis { stroke: #656c76 } .grid { stroke: #3d444d }
.bar, .dot { fill: #4493f8 } .line, .spread { stroke: #4493f8 } }
</style>"""


def main() -> int:
    """Draw what the file holds; returns 2 where it holds nothing to be drawn."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    found = read(path.read_text("utf-8"))
    charts = drawn(found)
    for name, text in charts.items():
        if text:
            (IMAGES / name).write_text(text, "utf-8")
            print(f"docs/images/{name}")
    return 0 if any(charts.values()) else 2


def drawn(found: dict[str, Figure]) -> dict[str, str]:
    """Every chart by the name of its file; empty where its figures are not there."""
    return {
        "day-by-size.svg": by_size(
            found, "event_us", "Cost of an entry, by loans in the book", "microseconds", is_log=True
        ),
        "day-seconds.svg": by_size(
            found, "eod_seconds", "Closing a day, by loans in the book", "seconds", is_log=False
        ),
        "day-parts.svg": by_part(found),
    }


def read(text: str) -> dict[str, Figure]:
    """The figures of JSON lines by name; a later one of the same name counts."""
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return {row["name"]: Figure(**row) for row in rows}


def by_size(found: dict[str, Figure], name: str, title: str, unit: str, *, is_log: bool) -> str:
    """A figure with its least and greatest sample over the number of loans."""
    points = sorted(
        (int(match[1]), each) for key, each in found.items() if (match := re.fullmatch(rf"{name}_(\d+)", key))
    )
    if not points:
        return ""
    top = nice(max(each.max for _, each in points))
    sizes = [size for size, _ in points]
    xs = _spread(sizes, is_log)
    parts = [*_frame(title, f"{unit}; median of {points[0][1].n} days, bars from least to greatest", top)]
    dots = []
    for (size, each), x in zip(points, xs, strict=True):
        low, high, at = (_y(value, top) for value in (each.min, each.max, each.value))
        dots.append(f"{x:.1f},{at:.1f}")
        parts.append(f'<line class="spread" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>')
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{at:.1f}" r="4"/>')
        parts.append(_text(x + 8, at - 6, short(each.value)))
        parts.append(_text(x, HEIGHT - BOTTOM + 18, f"{size:,}", anchor="middle", kind="small"))
    parts.insert(1, f'<polyline class="line" points="{" ".join(dots)}"/>')
    parts.append(
        _text(
            WIDTH / 2,
            HEIGHT - 10,
            "loans (each step threefold)" if is_log else "loans",
            anchor="middle",
            kind="small",
        )
    )
    return _svg(title, parts, HEIGHT)


def by_part(found: dict[str, Figure]) -> str:
    """The parts of a day as bars, with their share of the whole."""
    values = {name: found[f"part_{name}_ms"].value for name in PARTS if f"part_{name}_ms" in found}
    if not values:
        return ""
    turned = found["part_turn_ms"].value
    inner = sum(values[name] for name in ("turn_read", "turn_fold", "turn_write"))
    values["turn_else"] = max(turned - inner, 0.0)
    whole, most = sum(values.values()), max(values.values())
    note = found["part_turn_ms"].note.split("; ")[-1]
    title = "Where the milliseconds of a day go"
    parts = [_text(16, 22, title, kind="title"), _text(16, 39, f"{note}; medians of the parts", kind="small")]
    room, y = WIDTH - 215 - 110, 58.0
    for name in (each for each in PARTS if each in values):
        width = max(1.0, room * values[name] / most)
        parts.append(_text(205, y + 13, NAMES[name], anchor="end"))
        parts.append(f'<rect class="bar" x="215" y="{y:.0f}" width="{width:.1f}" height="18" rx="2"/>')
        said = f"{short(values[name])} ms, {values[name] / whole:.0%}"
        parts.append(_text(215 + width + 8, y + 13, said, kind="small"))
        y += 26
    return _svg(title, parts, int(y) + 12)


def nice(value: float) -> float:
    """The end of an axis: the next of 1, 2, 2.5, 4, 5, 8 or 10 times a power of ten.

    >>> nice(173.0), nice(0.93)
    (200.0, 1.0)
    """
    power = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return next(step * power for step in (1, 2, 2.5, 4, 5, 8, 10) if step * power >= value)


def short(value: float) -> str:
    """A number as it is read.

    >>> short(1234.5), short(0.0625), short(12.34)
    ('1,234', '0.062', '12')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _spread(sizes: Sequence[int], is_log: bool) -> list[float]:
    at = [log(size) if is_log else float(size) for size in sizes]
    low = at[0] if is_log else 0.0
    room, width = WIDTH - LEFT - RIGHT - 90, (at[-1] - low) or 1.0
    return [LEFT + 30 + room * (each - low) / width for each in at]


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _frame(title: str, said: str, top: float) -> Iterable[str]:
    yield _text(16, 20, title, kind="title")
    yield _text(16, 37, said, kind="small")
    for k in range(5):
        value = top * k / 4
        y = _y(value, top)
        kind = "axis" if k == 0 else "grid"
        yield f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(LEFT - 8, y + 4, f"{value:g}", anchor="end", kind="small")


def _text(x: float, y: float, said: str, *, anchor: str = "start", kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(said)}</text>'


def _svg(title: str, parts: Sequence[str], height: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img">'
    )
    return "\n".join([head, f"<title>{escape(title)}</title>", _STYLE, *parts, "</svg>", ""])


if __name__ == "__main__":
    sys.exit(main())
