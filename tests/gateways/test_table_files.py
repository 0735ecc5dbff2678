"""A table as a file: what is shown is what is exported, and no cell runs.

Wants to prove: CSV, XLSX and Parquet hold the same rows, with what was asked and as of when; amounts are
whole minor units for machines and exact decimals for people; what looks like a formula stays a text.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pyarrow.parquet as pq
import pytest

from duewell.domain.errors import InvalidInput
from duewell.gateways.table_files import FORMATS, Column, Kind, Table, neutral, write_table

COLUMNS = (
    Column("loan", "借据"),
    Column("since", "逾期日", Kind.DAY),
    Column("overdue", "逾期金额", Kind.MONEY, "CNY"),
    Column("dpd", "天数", Kind.COUNT),
    Column("rate", "费率", Kind.PERCENT),
)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A1", "＝1+1", "－2"]


def table(*names: str) -> Table:
    rows = [
        (name, date(2026, 5, 2), 106619 + place, place, Decimal("19.56")) for place, name in enumerate(names)
    ]
    return Table(
        "overdue", "逾期", COLUMNS, rows, "2026-05-20", "2026-05-21", "/staff/books/main/overdue?bucket=1-30"
    )


def test_a_csv_opens_in_a_chinese_spreadsheet_and_holds_minor_units() -> None:
    made = write_table(table("L-1", "王伟"), "csv")
    assert made.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    assert lines[0] == [
        "loan",
        "since",
        "overdue_minor",
        "dpd",
        "rate",
        "currency",
        "as_of",
        "known",
        "query",
    ]
    assert lines[2] == [
        "王伟", "2026-05-02", "106620", "1", "19.56", "CNY", "2026-05-20", "2026-05-21",
        "/staff/books/main/overdue?bucket=1-30",
    ]  # fmt: skip


def test_a_sheet_shows_amounts_as_people_read_them_and_says_what_was_asked() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_table(table("L-1"), "xlsx")))
    heads, row = list(book.worksheets[0].iter_rows())
    assert [each.value for each in heads] == ["借据", "逾期日", "逾期金额", "天数", "费率"]
    assert row[2].value == 1066.19 and row[2].number_format == "#,##0.00"
    assert row[1].value.date() == date(2026, 5, 2)
    about = {line[0].value: line[1].value for line in book["about"].iter_rows()}
    assert about["as_of"] == "2026-05-20" and about["query"].endswith("bucket=1-30")


def test_parquet_holds_types_currency_and_the_question() -> None:
    found = pq.read_table(io.BytesIO(write_table(table("L-1", "L-2"), "parquet")))
    assert found.column("overdue_minor").to_pylist() == [106619, 106620]
    assert str(found.schema.field("since").type) == "date32[day]"
    assert found.schema.metadata[b"known"] == b"2026-05-21"


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_taken_for_a_formula(text: str) -> None:
    assert neutral(text) == "'" + text
    lines = list(csv.reader(io.StringIO(write_table(table(text), "csv").decode("utf-8-sig"), newline="")))
    assert lines[1][0] == "'" + text
    cell = openpyxl.load_workbook(io.BytesIO(write_table(table(text), "xlsx"))).worksheets[0]["A2"]
    assert cell.data_type == "s" and str(cell.value).startswith("'")


def test_an_empty_table_is_a_file_with_heads_alone() -> None:
    for kind in FORMATS:
        assert write_table(table(), kind)
    assert pq.read_table(io.BytesIO(write_table(table(), "parquet"))).num_rows == 0


def test_a_format_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        write_table(table("L-1"), "pdf")
    assert refused.value.code == "export-format-unknown" and "csv" in refused.value.facts["known"]
