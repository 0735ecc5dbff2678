"""Collections and their results in lines of fields, by a layout that is data.

Needs    a layout; what is to be collected, or a result file.
Gives    write_lines, read_lines.
Never    writes a field that would break its line, or takes a result whose totals are not its rows'.
Source   docs/reference/rails.md, "A layout of your own".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.money import Money, currency
from duewell.domain.receipts import Rail
from duewell.gateways.rails._reading import (
    Status,
    StatusRead,
    StatusRow,
    amount_in,
    check_sum,
    plain,
    refusing,
)
from duewell.gateways.rails._xml import check_file
from duewell.gateways.rails.layouts import Layout
from duewell.gateways.rails.pain_out import Debit

LINE_MAX = 4_000
ROWS_MAX = 500_000
_LINES_BYTES_MAX = 64 * 1024 * 1024


def write_lines(
    layout: Layout, rail: Rail, debits: Sequence[Debit], *, batch: str, currency_code: str, on: date
) -> bytes:
    """A collection file.

    Refuses   "layout-field-unsafe" for a text that holds the delimiter or a line's end.
    """
    total = sum(each.amount for each in debits)
    head = {
        "batch": batch,
        "merchant": rail.creditor_id or rail.merchant,
        "date": f"{on:%Y%m%d}",
        "count": str(len(debits)),
        "total": _amount(layout, total, currency_code),
    }
    lines = [_line(layout, layout.header, head)] if layout.header else []
    for number, each in enumerate(debits, start=1):
        row = {
            "nth": str(number),
            "account": each.payer.account,
            "name": each.payer.name,
            "amount": _amount(layout, each.amount, currency_code),
            "currency": currency_code,
            "ref": each.ref,
            "mandate": each.mandate,
            "text": each.text,
        }
        lines.append(_line(layout, layout.row, row))
    try:
        return "".join(line + layout.line_end for line in lines).encode(layout.encoding)
    except UnicodeEncodeError as problem:
        raise InvalidInput("layout-field-unsafe", field="-", given=str(problem.object)[:40]) from problem


def _line(layout: Layout, fields: Sequence[tuple[str, str]], values: dict[str, str]) -> str:
    told = []
    for name, fixed in fields:
        text = values.get(name, "") if name else fixed
        if layout.delimiter in text or not text.isprintable():
            raise InvalidInput("layout-field-unsafe", field=name, given=text[:40])
        told.append(text)
    return layout.delimiter.join(told)


def _amount(layout: Layout, minor: int, code: str) -> str:
    return str(minor) if layout.is_minor else Money(minor, currency(code)).text().replace(",", "")


def read_lines(path: Path, layout: Layout, *, currency_code: str) -> StatusRead:
    """A result file.

    Refuses   what is not text in the layout's encoding, a line or a header of another shape, totals that are
              not the rows'.
    """
    found = StatusRead("", "", [])
    lines = _lines(path, layout.encoding)
    head: dict[str, str] = {}
    if layout.result_header:
        if not lines:
            raise InvalidInput("rail-file-empty", path=str(path)[:200])
        head = _split(layout, layout.result_header, lines[0], 1)
        found.id, found.original = plain(head.get("id", ""), column="id"), head.get("batch", "")
    seen: set[str] = set()
    total = 0
    first = 2 if layout.result_header else 1
    for number, line in enumerate(lines[first - 1 :], start=first):
        values = _split(layout, layout.result_row, line, number)
        total += _take(layout, values, number, found, seen, currency_code)
    if "count" in head:
        check_sum("count", head["count"], found=str(len(lines) - 1))
    if "total" in head and not found.refusals:
        check_sum("total", head["total"].replace(",", ""), found=_amount(layout, total, currency_code))
    return found


def _lines(path: Path, encoding: str) -> list[str]:
    check_file(path)
    if path.stat().st_size > _LINES_BYTES_MAX:
        raise InvalidInput("rail-file-too-large", bytes=path.stat().st_size, bytes_max=_LINES_BYTES_MAX)
    raw = path.read_bytes()
    if b"\0" in raw:
        raise InvalidInput("rail-file-encoding", encoding=encoding)
    try:
        # A file of UTF-8 reads as GB18030 too, wrongly: what is whole in UTF-8 is taken for that first.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            raise InvalidInput("rail-file-encoding", encoding=encoding) from None
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    if len(lines) > ROWS_MAX:
        raise InvalidInput("rail-file-too-many", rows_max=ROWS_MAX)
    return lines


def _split(layout: Layout, fields: Sequence[tuple[str, str]], line: str, number: int) -> dict[str, str]:
    if len(line) > LINE_MAX:
        raise InvalidInput("rail-line-too-long", line=number, length_max=LINE_MAX)
    given = line.split(layout.delimiter)
    if len(given) != len(fields):
        raise InvalidInput("rail-line-width", line=number, found=len(given), expected=len(fields))
    values = {}
    for (name, fixed), text in zip(fields, given, strict=True):
        if not name and text != fixed:
            raise InvalidInput("rail-line-other", line=number, found=text[:20], expected=fixed)
        if name:
            values[name] = text.strip()
    return values


def _take(
    layout: Layout,
    values: dict[str, str],
    number: int,
    found: StatusRead,
    seen: set[str],
    currency_code: str,
) -> int:
    refuse = refusing(found.refusals, number)
    column = "ref"
    try:
        ref = plain(values["ref"], column=column)
        if not ref:
            raise InvalidInput("rail-entry-without-reference")
        if ref in seen:
            raise InvalidInput("rail-entry-twice", ref=ref[:60])
        minor = None
        column = "amount"
        if "amount" in values:
            minor = _read_amount(layout, values["amount"], currency_code)
        column = "status"
        status = _status(layout, values["status"])
        seen.add(ref)
        found.rows.append(StatusRow(number, ref, status, values.get("reason", "")[:35], minor))
        return minor or 0
    except Refusal as problem:
        refuse(column, values.get(column, ""), problem)
        return 0


def _read_amount(layout: Layout, text: str, code: str) -> int:
    if not layout.is_minor:
        return amount_in(text, code)
    if not text.isascii() or not text.isdigit() or not 0 < len(text) <= 17 or not int(text):
        raise InvalidInput("rail-amount-below-one", given=text[:40])
    return int(text)


def _status(layout: Layout, code: str) -> Status:
    for status, codes in (
        (Status.PAID, layout.paid),
        (Status.REJECTED, layout.rejected),
        (Status.PENDING, layout.pending),
    ):
        if code in codes:
            return status
    raise InvalidInput("rail-status-unknown", given=code[:20])
