"""PDF: receipts, plans and statements as pages to keep or print, Chinese and English.

Needs    a Sheet: a title, pairs, tables, small print; all of it text that is ready to be read.
Gives    Sheet, Grid, pdf_page: the file, the same bytes for the same sheet.
Never    needs a font file of this machine: Chinese is set in the reader's own font pack (STSong-Light).
Source   docs/reference/pages.md, section receipts.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_CHINESE, _LATIN, _LATIN_BOLD = "STSong-Light", "Helvetica", "Helvetica-Bold"
_MARGIN, _SMALL, _TEXT, _TITLE = 48, 8.5, 10.5, 18
_LINE = "#c9d2ce"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: heads, rows, and a last row that sums them up, or none. Columns but the first stand right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a PDF says, from top to bottom. `lang` is zh or en; `name` stands in the file's own title."""

    name: str
    title: str
    lang: str
    pairs: Sequence[tuple[str, str]]
    grids: Sequence[Grid] = ()
    notes: Sequence[str] = ()
    issuer: str = ""


def pdf_page(sheet: Sheet) -> bytes:
    """The sheet on A4 pages, each numbered."""
    # Imported here: it takes a while, and no other page needs it.
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import SimpleDocTemplate

    if _CHINESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    made = io.BytesIO()
    page = SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=sheet.name,
        author=sheet.issuer,
        creator="Duewell",
        lang="zh-CN" if sheet.lang == "zh" else "en",
        invariant=1,
    )
    page.build(_parts(sheet), onFirstPage=_numbered, onLaterPages=_numbered)
    return made.getvalue()


def _numbered(canvas: Any, page: Any) -> None:
    canvas.setFont(_LATIN, _SMALL)
    canvas.drawRightString(page.pagesize[0] - _MARGIN, _MARGIN / 2, str(canvas.getPageNumber()))


def _face(text: str, font: str) -> str:
    """The font of a text: a name in Chinese stands in its own, whatever the page's language."""
    return _CHINESE if any(mark > "\u2e7f" for mark in text) else font


def _parts(sheet: Sheet) -> list[Any]:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Spacer

    plain, bold = (_CHINESE, _CHINESE) if sheet.lang == "zh" else (_LATIN, _LATIN_BOLD)

    def small(text: str) -> Any:
        face, leading = _face(text, plain), _SMALL * 1.6
        style = ParagraphStyle("small", fontName=face, fontSize=_SMALL, leading=leading, wordWrap="CJK")
        return Paragraph(escape(text), style)

    title = ParagraphStyle("title", fontName=bold, fontSize=_TITLE, leading=_TITLE * 1.4)
    parts: list[Any] = [small(sheet.issuer), Paragraph(escape(sheet.title), title)]
    parts += [Spacer(1, 12), _pairs(sheet.pairs, plain, bold)]
    for grid in sheet.grids:
        parts += [Spacer(1, 14), _grid(grid, plain, bold)]
    parts += [Spacer(1, 14), *map(small, sheet.notes)]
    return parts


def _pairs(pairs: Sequence[tuple[str, str]], plain: str, bold: str) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Table

    name = ParagraphStyle("name", fontName=plain, fontSize=_TEXT, textColor=HexColor("#566573"), leading=15)

    def value(text: str) -> Any:
        face = _face(text, bold)
        style = ParagraphStyle("value", fontName=face, fontSize=_TEXT, leading=15, wordWrap="CJK")
        return Paragraph(escape(text), style)

    rows = [[Paragraph(escape(each), name), value(told)] for each, told in pairs]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)]
    return Table(rows, colWidths=(150, None), style=style, hAlign="LEFT")


def _grid(grid: Grid, plain: str, bold: str) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table

    rows = [list(grid.heads), *map(list, grid.rows), *([list(grid.total)] if grid.total else [])]
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), plain, 9),
        ("FONT", (0, 0), (-1, 0), bold, 9),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(_LINE)),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
    ]
    if grid.total:
        style += [
            ("FONT", (0, -1), (-1, -1), bold, 9),
            ("LINEABOVE", (0, -1), (-1, -1), 1, HexColor("#17212b")),
        ]
    return Table(rows, style=style, repeatRows=1, hAlign="LEFT", colWidths=[None] * len(grid.heads))
