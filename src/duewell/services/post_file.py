"""Post a bank's file: one payment a row, each once, whatever becomes of its neighbours.

Needs    a connection in autocommit; rows of text with loan, amount, reference and perhaps value_date.
Gives    FileReport: how many were posted by which path, were there already, and what was refused and why.
Never    refuses good money for a bad row beside it, or posts a reference twice: a file sent again changes
         nothing.
Source   docs/recipes.md, "Post a bank's file".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.domain.facts import Fact, FactKind
from duewell.domain.money import currency, parse_amount
from duewell.domain.party import parse_loan_id
from duewell.domain.tape import RowRefusal
from duewell.domain.texts import message_of
from duewell.store import books, loans, posting
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Request

CLIENT = "bank-file"
SOURCE = "bank"
COLUMNS = ("loan", "amount", "reference")
VALUE_DATE = "value_date"
BATCH = 1_000
REFUSALS_MAX = 1_000
Row = tuple[int, Mapping[str, str]]


@dataclass(slots=True)
class FileReport:
    """What became of a file: rows by path ("posted" by table, "general", "again"), and refusals.

    At most 1,000 refusals are kept; `refused` counts all.
    """

    rows: int = 0
    refused: int = 0
    amount_minor: int = 0
    paths: Counter[str] = field(default_factory=Counter)
    refusals: list[RowRefusal] = field(default_factory=list)

    def refuse(self, line: int, column: str, value: str, problem: Refusal) -> None:
        """Count a refused row, and keep why."""
        self.refused += 1
        if len(self.refusals) < REFUSALS_MAX:
            self.refusals.append(RowRefusal(line, column, value[:40], message_of(problem)))


@dataclass(frozen=True, slots=True)
class _Read:
    line: int
    loan: str
    amount: int
    reference: str
    on: date | None


def post_file(
    conn: Connection,
    book_code: str,
    rows: Iterable[Row],
    *,
    actor: str,
    at: datetime,
    is_dry_run: bool = False,
    on_progress: Callable[[int], None] = lambda done: None,
) -> FileReport:
    """Post every row that can be; a row without a value date counts from the open date.

    A dry run reads the rows and finds their loans, and writes nothing. Refuses a file without the columns
    loan, amount and reference.
    """
    book = books.read_book(conn, book_code)
    report = FileReport()
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        if not report.rows:
            _check_columns(batch[0][1])
        report.rows += len(batch)
        read = list(_read(batch, book, report))
        keys = _keys(conn, book, read)
        found = [(each, keys[each.loan]) for each in read if each.loan in keys]
        for each in read:
            if each.loan not in keys:
                report.refuse(
                    each.line,
                    "loan",
                    each.loan,
                    NotFound("file-loan-unknown", loan=each.loan, book=book.code),
                )
        if is_dry_run:
            report.amount_minor += sum(each.amount for each, _ in found)
        else:
            _post(conn, found, report, actor=actor, at=at)
        on_progress(report.rows)
    return report


def _check_columns(header: Mapping[str, str]) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InvalidInput("file-columns-missing", missing=", ".join(missing), found=", ".join(header)[:200])


def _read(batch: Iterable[Row], book: BookRow, report: FileReport) -> Iterator[_Read]:
    """The rows that can be read; each of the others is refused with its column."""
    money = currency(book.currency)
    for line, values in batch:
        column = "amount"
        try:
            amount = parse_amount(values["amount"].strip(), money).minor
            column = "reference"
            reference = values["reference"].strip()
            posting.check_key(_name(reference))
            column = VALUE_DATE
            told = values.get(VALUE_DATE, "").strip()
            yield _Read(line, values["loan"].strip(), amount, reference, parse_date(told) if told else None)
        except Refusal as problem:
            report.refuse(line, column, values.get(column, ""), problem)


def _name(reference: str) -> str:
    """The request key of a row: a bank's reference happens once, in whichever file it comes."""
    return f"{SOURCE}/{reference}" if reference else ""


def _keys(conn: Connection, book: BookRow, read: Iterable[_Read]) -> dict[str, LoanKey]:
    """The loans that rows name, by our own id or by the reference under which they came into the book."""
    named: dict[str, LoanKey] = {}
    refs = []
    for each in read:
        try:
            named[each.loan] = LoanKey(*parse_loan_id(each.loan))
        except InvalidInput:
            refs.append(each.loan)
    held = loans.keys_held(conn, book.book_id, list(named.values()))
    by_id = {text: key for text, key in named.items() if key in held}
    return by_id | loans.find_by_refs(conn, book.book_id, refs)


def _post(
    conn: Connection, found: list[tuple[_Read, LoanKey]], report: FileReport, *, actor: str, at: datetime
) -> None:
    payments = []
    for each, key in found:
        on = each.on or at.date()
        fact = Fact(FactKind.PAYMENT_RECEIVED, on, on, SOURCE, each.reference, amount=each.amount)
        request = Request(CLIENT, _name(each.reference), actor, at, is_dated=each.on is not None)
        payments.append((key, fact, request))
    for (each, _), posted in zip(found, posting.record_payments(conn, payments), strict=True):
        if posted.refusal is not None:
            report.refuse(each.line, "reference", each.reference, posted.refusal)
            continue
        report.paths[posted.path] += 1
        report.amount_minor += each.amount
