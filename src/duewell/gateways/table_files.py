"""Table files: a table that a screen shows, as CSV, XLSX or Parquet, safe to open anywhere.

Needs    a Table: columns with their kinds, rows of plain values, what was asked and as of when.
Gives    Table, Column, Kind, FORMATS, write_table.
Never    lets a text be taken for a formula, writes a float for an amount into CSV or Parquet, or leaves out
         what was asked and when.
Source   docs/reference/exports.md; OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from duewell.domain.errors import InvalidInput
from duewell.domain.money import currency

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
XLSX_ROWS_MAX = 100_000
"""Beyond this a sheet takes too long to make and to open: CSV and Parquet have no such limit."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TEXT_MAX = 32_767


class Kind(StrEnum):
    """What a column holds: texts, dates, ints, minor units of the column's currency, Decimals in per cent."""

    TEXT = "text"
    DAY = "day"
    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name for machines, its title for people. An amount says of which currency.

    `words` writes a code for people, on a page and in a sheet; files for machines hold the code.
    """

    name: str
    title: str
    kind: Kind = Kind.TEXT
    currency: str = ""
    words: Callable[[str], str] | None = None

    def told(self, value: Any) -> Any:
        """A value as people read it."""
        return self.words(value) if self.words is not None and value is not None else value


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is shown. `links` leads each row on; `totals` is one more row, not exported.

    `as_of` and `known` are dates or instants as text, `query` is the address it was asked by.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[tuple[Any, ...]]
    as_of: str = ""
    known: str = ""
    query: str = ""
    links: Sequence[str | None] = ()
    totals: tuple[Any, ...] = ()


def write_table(table: Table, kind: str) -> bytes:
    """The table as a file.

    Refuses   InvalidInput "export-format-unknown", "export-too-long", "extra-missing".
    """
    if kind not in FORMATS:
        raise InvalidInput("export-format-unknown", given=kind[:20], known=", ".join(FORMATS))
    return {"csv": _csv, "xlsx": _xlsx, "parquet": _parquet}[kind](table)


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


_ABOUT = ("as_of", "known", "query")


def _names(table: Table) -> list[str]:
    """Amounts are minor units in files for machines, and their columns say so."""
    return [f"{each.name}_minor" if each.kind is Kind.MONEY else each.name for each in table.columns]


def _csv(table: Table) -> bytes:
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    currencies = sorted({each.currency for each in table.columns if each.currency})
    writer.writerow([*_names(table), "currency", *_ABOUT])
    about = (" ".join(currencies), table.as_of, table.known, neutral(table.query))
    for row in table.rows:
        writer.writerow([*map(_cell, row), *about])
    # The mark at the beginning tells a spreadsheet on a Chinese desktop that this is UTF-8.
    return b"\xef\xbb\xbf" + made.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return neutral(value) if isinstance(value, str) else str(value)


def _xlsx(table: Table) -> bytes:
    # Imported here: no other format needs it.
    import xlsxwriter

    if len(table.rows) > XLSX_ROWS_MAX:
        raise InvalidInput("export-too-long", rows=len(table.rows), rows_max=XLSX_ROWS_MAX)
    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    formats = [book.add_format({"num_format": each}) for each in map(_number_format, table.columns)]
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.title, bold)
        sheet.set_column(place, place, max(12, min(40, 2 * len(column.title))))
    for line, row in enumerate(table.rows, start=1):
        for place, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            _write_cell(sheet, line, place, column.told(value), column, formats[place])
    sheet.freeze_panes(1, 0)
    about = book.add_worksheet("about")
    for line, (name, value) in enumerate(_about(table)):
        about.write_string(line, 0, name, bold)
        about.write_string(line, 1, neutral(value))
    book.close()
    return made.getvalue()


def _number_format(column: Column) -> str:
    if column.kind is Kind.DAY:
        return "yyyy-mm-dd"
    if column.kind is Kind.PERCENT:
        return "0.00"
    if column.kind is Kind.MONEY:
        digits = currency(column.currency).exponent
        return "#,##0" + ("." + "0" * digits if digits else "")
    return "General"


def _write_cell(sheet: Any, line: int, place: int, value: Any, column: Column, shape: Any) -> None:
    if value is None:
        return
    if column.kind is Kind.MONEY:
        sheet.write_number(line, place, Decimal(value).scaleb(-currency(column.currency).exponent), shape)
    elif column.kind is Kind.DAY:
        sheet.write_datetime(
            line, place, value if isinstance(value, date) else date.fromisoformat(value), shape
        )
    elif column.kind in (Kind.COUNT, Kind.PERCENT):
        sheet.write_number(line, place, value, shape)
    else:
        sheet.write_string(line, place, neutral(str(value))[:_TEXT_MAX])


def _about(table: Table) -> Iterator[tuple[str, str]]:
    yield "table", table.name
    yield from zip(_ABOUT, (table.as_of, table.known, table.query), strict=True)


def _parquet(table: Table) -> bytes:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InvalidInput(
            "extra-missing", what="pyarrow", install="pip install 'duewell[analytics]'"
        ) from None
    kinds = {
        Kind.TEXT: pa.string(),
        Kind.DAY: pa.date32(),
        Kind.COUNT: pa.int64(),
        Kind.MONEY: pa.int64(),
        Kind.PERCENT: pa.decimal128(18, 8),
    }
    fields, arrays = [], []
    for place, (name, column) in enumerate(zip(_names(table), table.columns, strict=True)):
        values = [row[place] for row in table.rows]
        if column.kind is Kind.DAY:
            values = [date.fromisoformat(each) if isinstance(each, str) else each for each in values]
        about = {"currency": column.currency} if column.currency else None
        fields.append(pa.field(name, kinds[column.kind], metadata=about))
        arrays.append(pa.array(values, kinds[column.kind]))
    made = io.BytesIO()
    schema = pa.schema(fields, metadata=dict(_about(table)))
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), made, compression="zstd")
    return made.getvalue()
