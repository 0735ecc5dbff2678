"""Statements of a bank in CSV, whose columns the rail's file names.

Needs    a path; the rail with its columns; the book's currency where the file has none.
Gives    read_statement_csv: a FileRead.
Never    acts on a column it was not told of, or guesses which way money went.
Source   docs/reference/rails.md, "A statement in CSV".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.receipts import Entry, EntryKind, Payer, Rail, Statement
from duewell.gateways.rails._reading import FileRead, amount_in, day_in, plain, refusing
from duewell.gateways.tape_files import SourceRow, read_rows

NEEDED = ("reference", "amount", "booked_on")
KNOWN = (
    *NEEDED,
    *("value_on", "currency", "direction", "account", "virtual_account", "payment_reference", "text"),
    *("end_to_end", "returns", "reason", "payer_name", "payer_account"),
)
_WAYS = {
    **dict.fromkeys(("", "C", "CR", "CRDT", "贷", "收入"), EntryKind.CREDIT),
    **dict.fromkeys(("D", "DR", "DBIT", "借", "支出"), EntryKind.DEBIT),
    **dict.fromkeys(("R", "RTN", "RETURN", "退", "退票"), EntryKind.RETURN),
}
ENTRIES_MAX = 500_000


def read_statement_csv(path: Path, rail: Rail, *, currency_code: str) -> FileRead:
    """The entries of a file; the same reference twice, and rows that cannot be read, are refused by line.

    Refuses   a file that cannot be read, lacks a column it needs, or is of another account.
    """
    columns = {name: name for name in KNOWN} | dict(rail.columns)
    unknown = sorted(set(columns) - set(KNOWN))
    if unknown:
        raise InvalidInput("rail-column-unknown", column=unknown[0][:40])
    found = FileRead(Statement(_id(path), rail.account, ()))
    entries: list[Entry] = []
    seen: set[str] = set()
    for row in read_rows(path):
        if not entries and not found.refusals:
            _check_columns(row.values, columns, dict(rail.columns))
        if len(entries) + len(found.refusals) >= ENTRIES_MAX:
            raise InvalidInput("rail-file-too-many", rows_max=ENTRIES_MAX)
        read = _Row(row, columns, rail, currency_code)
        try:
            entry = read.entry(len(entries) + 1)
            if entry.ref in seen:
                read.column = "reference"
                raise InvalidInput("rail-entry-twice", ref=entry.ref[:60])
            seen.add(entry.ref)
            entries.append(entry)
        except Refusal as problem:
            name = columns[read.column]
            refusing(found.refusals, row.line)(name, row.values.get(name, ""), problem)
    found.statement = Statement(found.statement.id, rail.account, tuple(entries))
    return found


def _id(path: Path) -> str:
    """A file of rows has no id of its own: what it holds names it."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return "csv"  # The reader of rows says what is wrong with it.
    return f"csv-{digest.hexdigest()[:24]}"


def _check_columns(header: Mapping[str, str], columns: Mapping[str, str], given: Mapping[str, str]) -> None:
    missing = [columns[name] for name in NEEDED if columns[name] not in header]
    missing += [told for told in given.values() if told not in header and told not in missing]
    if missing:
        raise InvalidInput("rail-columns-missing", missing=", ".join(missing)[:200])


class _Row:
    """One row; `column` is what was looked at last."""

    def __init__(self, row: SourceRow, columns: Mapping[str, str], rail: Rail, currency_code: str) -> None:
        self._row, self._columns, self._rail, self._money = row, columns, rail, currency_code
        self.column = "reference"

    def _text(self, column: str) -> str:
        self.column = column
        return self._row.values.get(self._columns[column], "").strip()

    def entry(self, nth: int) -> Entry:
        account = self._text("account")
        if account and self._rail.account and "".join(account.split()) != "".join(self._rail.account.split()):
            raise InvalidInput("rail-file-other-account", line=self._row.line, given=account[-8:])
        ref = plain(self._text("reference"), column="reference")
        if not ref:
            raise InvalidInput("rail-entry-without-reference")
        way = self._text("direction").upper()
        if way not in _WAYS:
            raise InvalidInput("rail-direction-unknown", given=way[:20])
        money = self._text("currency") or self._money
        amount = amount_in(self._text("amount"), money)
        booked = day_in(self._text("booked_on"))
        value = self._text("value_on")
        payment_reference = self._text("payment_reference")
        return Entry(
            nth,
            ref,
            _WAYS[way],
            amount,
            money,
            booked,
            day_in(value) if value else booked,
            virtual_account=plain(self._text("virtual_account"), column="virtual_account"),
            references=(payment_reference[:200],) if payment_reference else (),
            text=self._text("text"),
            end_to_end=plain(self._text("end_to_end"), column="end_to_end"),
            returns_ref=plain(self._text("returns"), column="returns"),
            reason=self._text("reason")[:35],
            payer=Payer(self._text("payer_name")[:140], self._text("payer_account")[:40]),
            line=self._row.line,
        )
