"""Rows of a tape as loans, or as refusals that name the row, the column, the reason and the remedy.

Needs    lines with their text by column, a ColumnMap, the book's currency and its first day.
Gives    TapeLoan and RowRefusal values, in the order of the file.
Never    raises for a bad row, and never reads past the map's columns.
Source   docs/decisions/0005-taking-a-book-over.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput
from duewell.domain.money import currency as currency_of
from duewell.domain.money import parse_amount, parse_rate_pct
from duewell.domain.product import check_rate
from duewell.domain.tape._columns import ColumnMap
from duewell.domain.texts import Message, message_of

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NAMED = re.compile(r"([A-Z][a-z]{2})-([0-9]{4})")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_COUNT = re.compile(r"[0-9]{1,4}(?:\.0+)?")
_REF = re.compile(r"[\x21-\x7e]{1,60}")
_TRAILING_ZEROS = re.compile(r"(\.[0-9]{2})0+")
INSTALMENTS_MAX = 1200
REFUSALS_A_ROW = 5


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """Why a row is not taken: its line, the column, what stands there (cut short), and the reason."""

    line: int
    column: str
    value: str
    message: Message


@dataclass(frozen=True, slots=True)
class TapeLoan:
    """One loan of a tape. Amounts are minor units of `currency`; the rate is yearly."""

    line: int
    ref: str
    principal: int
    rate: Fraction
    instalments: int
    issued_on: date
    has_day: bool
    principal_out: int
    instalment: int | None
    principal_paid: int
    interest_paid: int | None
    currency: str
    product: str


class _Row:
    """Reads the columns of one row, collecting every problem."""

    def __init__(self, line: int, values: Mapping[str, str]) -> None:
        self.line, self.values = line, values
        self.refusals: list[RowRefusal] = []

    def read(self, column: str, reader: Callable[[str], Any]) -> Any:
        """What `reader` makes of a column, None if it refused."""
        text = self.values[column]
        try:
            return reader(text)
        except InvalidInput as problem:
            self.refuse(column, problem)
            return None

    def refuse(self, column: str, problem: InvalidInput) -> None:
        """Keep a refusal."""
        value = self.values.get(column, "")[:60]
        facts = {k: v[:60] if isinstance(v, str) else v for k, v in problem.facts.items()}
        cut = message_of(InvalidInput(problem.code, **facts))
        self.refusals.append(RowRefusal(self.line, column, value, cut))


def read_tape(
    rows: Iterable[tuple[int, Mapping[str, str]]], columns: ColumnMap, *, currency: str, opened_on: date
) -> Iterator[TapeLoan | RowRefusal]:
    """Each row as a loan, or as up to five refusals; a reference met twice is refused the second time.

    Refuses   (raises) InvalidInput "tape-column-missing" when the tape lacks a column the map names,
              "tape-without-rows" when it has no row at all.
    """
    seen: dict[str, int] = {}
    number = 0
    for number, (line, values) in enumerate(rows, start=1):
        if number == 1:
            missing = next((c for c in columns.columns() if c not in values), None)
            if missing is not None:
                raise InvalidInput("tape-column-missing", column=missing, found=", ".join(list(values)[:12]))
        row = _Row(line, values)
        loan = _loan(row, columns, currency, opened_on)
        if loan is not None and loan.ref in seen:
            row.refuse(columns.ref, InvalidInput("tape-ref-twice", ref=loan.ref, line=seen[loan.ref]))
        if row.refusals or loan is None:
            yield from row.refusals[:REFUSALS_A_ROW]
        else:
            seen[loan.ref] = line
            yield loan
    if number == 0:
        raise InvalidInput("tape-without-rows")


def _loan(row: _Row, columns: ColumnMap, currency: str, opened_on: date) -> TapeLoan | None:
    money = currency_of(currency)

    def amount(text: str) -> int:
        # Binary figures of other systems print as 27015.860000000; zeros beyond the cent say nothing.
        return parse_amount(_TRAILING_ZEROS.sub(r"\1", text), money).minor

    if columns.currency_column:
        row.read(columns.currency_column, lambda text: _same_currency(text, currency))
    elif columns.currency != currency:
        raise InvalidInput("tape-currency-foreign", given=columns.currency, currency=currency)
    ref = row.read(columns.ref, _ref)
    principal = row.read(columns.principal, lambda text: _positive(amount(text)))
    rate = row.read(columns.rate_pct, lambda text: _rate(text))
    instalments = row.read(columns.instalments, _count)
    issued_on = row.read(columns.issued, lambda text: _issued(text, columns, opened_on))
    out = row.read(columns.principal_out, amount)
    instalment = None
    if columns.instalment and row.values[columns.instalment]:
        instalment = row.read(columns.instalment, lambda text: _positive(amount(text)))
    paid = row.read(columns.principal_paid, amount) if columns.principal_paid else None
    interest = row.read(columns.interest_paid, amount) if columns.interest_paid else None
    if row.refusals:
        return None
    if paid is None:
        paid = principal - out
    if out > principal or paid + out != principal:
        problem = InvalidInput(
            "tape-principal-does-not-add-up", principal_minor=principal, paid_minor=paid, out_minor=out
        )
        row.refuse(columns.principal_out, problem)
        return None
    return TapeLoan(
        row.line, ref, principal, rate, instalments, issued_on[0], issued_on[1], out,
        instalment, paid, interest, currency, columns.product,
    )  # fmt: skip


def _same_currency(text: str, currency: str) -> None:
    if text != currency:
        raise InvalidInput("tape-currency-foreign", given=text[:20], currency=currency)


def _ref(text: str) -> str:
    if not _REF.fullmatch(text):
        raise InvalidInput("tape-ref-unreadable", given=text[:60])
    return text


def _positive(minor: int) -> int:
    if minor <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=minor)
    return minor


def _rate(text: str) -> Fraction:
    return check_rate(parse_rate_pct(text).per_year)


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text) or not 1 <= int(text.partition(".")[0]) <= INSTALMENTS_MAX:
        raise InvalidInput("tape-instalments-unreadable", given=text[:60], instalments_max=INSTALMENTS_MAX)
    return int(text.partition(".")[0])


def _issued(text: str, columns: ColumnMap, opened_on: date) -> tuple[date, bool]:
    """The day a loan was issued, and whether it is known: of a bare month it is the first until inferred."""
    has_day = columns.due_day != "inferred"
    day = int(columns.due_day) if has_day else 1
    named, month = _MONTH_NAMED.fullmatch(text), _MONTH.fullmatch(text)
    if named and named[1] in _MONTHS:
        on = parse_date(f"{named[2]}-{_MONTHS.index(named[1]) + 1:02d}-{day:02d}")
    elif month:
        on = parse_date(f"{month[1]}-{month[2]}-{day:02d}")
    else:
        on, has_day = parse_date(text), True
    if on > opened_on:
        raise InvalidInput("tape-issued-after-opening", issued_on=on, opened_on=opened_on)
    return on, has_day
