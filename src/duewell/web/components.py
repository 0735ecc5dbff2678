"""The components: every token and part of the pages on one page, so that a newcomer sees the whole at once.

Needs    the style sheet, whose tokens it reads; an Ask of anybody.
Gives    door; tokens, contrast.
Never    shows anything of a book or a person.
Source   docs/reference/design.md; WCAG 2.2, contrast ratio.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files

from fastapi import Response

from duewell.api import Asked, Door
from duewell.domain.access import Permission
from duewell.gateways.table_files import Column, Kind, Table
from duewell.web._charts import chart
from duewell.web._pages import lang_of, say_in, show
from duewell.web._tables import Export, Which, as_file, asked, told_of

door = Door(tags=["pages"], include_in_schema=False)
_STYLE = (files(__package__) / "static" / "duewell.css").read_text("utf-8")
_DAY = date(2026, 3, 2)

PAIRS = (
    ("ink", "paper"),
    ("ink", "ground"),
    ("soft", "paper"),
    ("soft", "ground"),
    ("go", "paper"),
    ("go", "ground"),
    ("go-ink", "go"),
    ("go", "go-tint"),
    ("late", "paper"),
    ("late", "late-tint"),
    ("ink", "late-tint"),
    ("soon", "soon-tint"),
)
"""What is written in what: each pair has 4.5 at least, in light and in dark."""
SERIES = ("c1", "c2", "c3", "c4", "c5", "c6")
"""The colours of charts, each 3 at least on paper: lines and areas, with their table beside them."""
SPACES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")
SIZES = ("small", "text", "lead", "title", "figure")


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """The tokens in light and in dark, by name."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): ([^;]+);", block))
        for block in re.findall(r":root \{(.*?)\}", _STYLE, re.S)
    )
    return light, {**light, **dark}


def contrast(one: str, other: str) -> float:
    """How far two colours stand apart, from 1 to 21.

    >>> contrast("#000000", "#ffffff"), round(contrast("#0a6b4d", "#ffffff"), 2)
    (21.0, 6.5)
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour on its ground, and how far they stand apart in light and in dark."""

    name: str
    ground: str
    light: str
    dark: str


def _swatches() -> list[Swatch]:
    light, dark = tokens()
    pairs = (*PAIRS, *((name, "paper") for name in SERIES))
    return [
        Swatch(
            name,
            ground,
            f"{contrast(light[name], light[ground]):.1f}",
            f"{contrast(dark[name], dark[ground]):.1f}",
        )
        for name, ground in pairs
    ]


@door.get("/components", may=Permission.PUBLIC, media="text/html")
def components(ask: Asked, export: Export = None, table: Which = None) -> Response:
    """Every token and component in each of its states."""
    say = say_in(lang_of(ask.request))
    shown = Table(
        "sample",
        say("design-table"),
        (
            Column("product", say("design-product")),
            Column("since", say("design-since"), Kind.DAY),
            Column("loans", say("design-loans"), Kind.COUNT),
            Column("overdue", say("web-late"), Kind.MONEY, "CNY"),
            Column("share", say("design-share"), Kind.PERCENT),
        ),
        (
            ("term-12", _DAY, 1204, 1_234_567, Decimal("4.20")),
            ("term-24", _DAY, 87, 98_765, Decimal("0.35")),
            ("term-36", None, 0, 0, Decimal("0.00")),
        ),
        as_of=_DAY.isoformat(),
        query=asked(ask),
        totals=(say("web-together"), None, 1291, 1_333_332, None),
    )
    made = as_file(export, table, shown)
    if made is not None:
        return made
    light, _ = tokens()
    drawn = chart(
        "sample-chart",
        say("design-chart"),
        [{"product": row[0], "loans": row[2]} for row in shown.rows],
        {
            "mark": "bar",
            "encoding": {
                "x": {"field": "loans", "type": "quantitative", "title": say("design-loans")},
                "y": {"field": "product", "type": "nominal", "title": None},
                "color": {"field": "product", "type": "nominal", "legend": None},
            },
            "height": 120,
        },
        width=320,
    )
    return show(
        ask,
        "components.html",
        "design-title",
        swatches=_swatches(),
        spaces=[(name, light[name]) for name in SPACES],
        sizes=[(name, light[name]) for name in SIZES],
        day=_DAY,
        sample=told_of(shown),
        drawn=drawn,
    )
