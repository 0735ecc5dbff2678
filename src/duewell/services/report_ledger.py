"""Report the ledger: its trial balance, its entries for other systems, and what a total is made of.

Needs    a connection; the book's code; days that are closed.
Gives    trial_balance_of, export (CSV and beancount lines), explain_total, balance_sources.
Never    shows a day that is still open: its totals are not posted yet.
Source   docs/reference/ledger.md.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.ledger import CHART, Account, AccountKind, account
from duewell.domain.money import Money, currency
from duewell.domain.postings import Piece, pieces
from duewell.store import books, days, ledger
from duewell.store.books import BookRow
from duewell.store.ledger import LedgerEntry, PeriodRow
from duewell.store.loans import Connection

TRIAL_BALANCE, EXPLAINED, PERIODS = "duewell.trial-balance/1", "duewell.ledger-total/1", "duewell.periods/1"


class ExportFormat(StrEnum):
    """What other systems read."""

    CSV = "csv"
    BEANCOUNT = "beancount"


@dataclass(frozen=True, slots=True)
class BookBalance:
    """The balance of every account touched at the end of a day: debit positive, all products together."""

    book: BookRow
    as_of: date
    balances: dict[Account, int]
    is_period_closed: bool


def trial_balance_of(conn: Connection, book_code: str, *, as_of: date | None = None) -> BookBalance:
    """The trial balance at the end of a closed day, the last one if none is named."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        day = _closed_day(conn, book, as_of)
        closed = ledger.periods(conn, book.book_id)
        is_closed = bool(closed) and closed[-1].ends_on >= day
        return BookBalance(book, day, _balances(conn, book, day), is_closed)


def _closed_day(conn: Connection, book: BookRow, asked: date | None) -> date:
    last = days.last_closed(conn, book.book_id)
    if last is None:
        raise Conflict("no-day-closed-yet", book=book.code, open_on=str(book.open_on))
    day = asked or last
    if day > last:
        raise Conflict("ledger-day-open", day=str(day), closed_to=str(last))
    _check_within(book, day)
    return day


def _check_within(book: BookRow, day: date) -> None:
    """Refuse a day before the book's first: what loans brought with them is no balance of that day."""
    if day < book.opened_on:
        raise InvalidInput("day-before-the-book", day=str(day), opened_on=str(book.opened_on))


def _balances(conn: Connection, book: BookRow, day: date) -> dict[Account, int]:
    found: dict[Account, int] = defaultdict(int)
    for each in days.gl_balances(conn, book.book_id, day).values():
        for touched, amount in each.items():
            found[touched] += amount
    ordered = {each: found[each] for each in CHART if found.get(each)}
    assert sum(ordered.values()) == 0, "a ledger balances"
    return ordered


def trial_balance_document(balance: BookBalance) -> dict[str, Any]:
    """The trial balance for machines."""
    return {
        "schema": TRIAL_BALANCE,
        "book": balance.book.code,
        "as_of": str(balance.as_of),
        "currency": balance.book.currency,
        "is_period_closed": balance.is_period_closed,
        "accounts": [
            {
                "account": each.code,
                "kind": each.kind.value,
                "debit_minor": max(amount, 0),
                "credit_minor": max(-amount, 0),
            }
            for each, amount in balance.balances.items()
        ],
        "debits_minor": sum(max(amount, 0) for amount in balance.balances.values()),
        "credits_minor": sum(max(-amount, 0) for amount in balance.balances.values()),
    }


# -- export ----------------------------------------------------------------------------------------


def export(
    conn: Connection,
    book_code: str,
    *,
    form: ExportFormat,
    first: date | None,
    last: date | None,
    is_detailed: bool,
) -> Iterator[str]:
    """The entries of closed days as text, piece by piece, from one snapshot of the database.

    Without `is_detailed` the loans' journals of a day stand together, one entry a product.
    """
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        end = _closed_day(conn, book, last)
        start = first or book.opened_on
        _check_within(book, start)
        if start > end:
            raise InvalidInput("export-ends-before-it-begins", first=str(start), last=str(end))
        names = {0: "-"} | books.product_names(conn, book.book_id)
        found = ledger.entries(conn, book.book_id, start, end, is_detailed=is_detailed)
        if form is ExportFormat.CSV:
            yield from _csv(book, names, found)
            return
        # Loans may bring a history with them, so there are balances before the book's first day too.
        opening = _balances(conn, book, start - timedelta(days=1))
        yield from _beancount(book, names, found, opening, _balances(conn, book, end), start, end)


def _csv(book: BookRow, names: dict[int, str], found: Iterable[LedgerEntry]) -> Iterator[str]:
    head = ["day", "kind", "ref", "book", "product", "account", "account_kind"]
    yield _csv_line([*head, "debit_minor", "credit_minor", "currency"])
    for entry in found:
        for each, amount in entry.lines:
            product = names.get(entry.product_no, str(entry.product_no))
            yield _csv_line(
                [
                    *(entry.day, entry.kind, entry.ref, book.code, product, each.code, each.kind.value),
                    *(max(amount, 0), max(-amount, 0), book.currency),
                ]
            )


def _csv_line(cells: list[object]) -> str:
    text = io.StringIO()
    # A cell that a sheet would take for a formula is made plain text.
    safe = [f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell for cell in cells]
    csv.writer(text, lineterminator="\n").writerow(safe)
    return text.getvalue()


_ROOTS = {
    AccountKind.ASSET: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.EQUITY: "Equity",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
}


def _named(each: Account) -> str:
    return f"{_ROOTS[each.kind]}:" + each.code.title().replace("_", "")


def _beancount(
    book: BookRow,
    names: dict[int, str],
    found: Iterable[LedgerEntry],
    opening: dict[Account, int],
    closing: dict[Account, int],
    start: date,
    end: date,
) -> Iterator[str]:
    """A beancount file that proves itself: it opens with the balances before, and asserts those after."""
    money = currency(book.currency)

    def posting(each: Account, amount: int) -> str:
        return f"  {_named(each)}  {Money(amount, money).text().replace(',', '')} {book.currency}\n"

    yield f'option "title" "{book.code}"\noption "operating_currency" "{book.currency}"\n\n'
    for each in CHART:
        yield f"{start} open {_named(each)} {book.currency}\n"
    if opening:
        yield f'\n{start} * "balances before {start}"\n'
        yield from (posting(each, amount) for each, amount in opening.items())
    for entry in found:
        product = names.get(entry.product_no, str(entry.product_no))
        yield f'\n{entry.day} * "{entry.kind}" "{_quoted(product)}"\n  ref: "{entry.ref}"\n'
        yield from (posting(each, amount) for each, amount in entry.lines)
    yield "\n"
    for each in CHART:
        told = Money(closing.get(each, 0), money).text().replace(",", "")
        yield f"{end + timedelta(days=1)} balance {_named(each)}  {told} {book.currency}\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "").replace('"', "").replace("\n", " ")


# -- one total -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Total:
    """What a day posted to one account of one product, and the sums before and after that make it."""

    product_no: int
    product: str
    account: Account
    before: list[Piece]
    after: list[Piece]

    @property
    def posted(self) -> int:
        """Cumulative after less cumulative before: debit positive."""
        return sum(p.sign * p.whole for p in self.after) - sum(p.sign * p.whole for p in self.before)


def explain_total(conn: Connection, book_code: str, *, day: date, account_code: str) -> list[Total]:
    """What the totals of a closed day posted to an account, product by product."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        _closed_day(conn, book, day)
        asked = account(account_code)
        names = {0: "-"} | books.product_names(conn, book.book_id)
        before = days.read_sums(conn, book.book_id, day - timedelta(days=1))
        after = days.read_sums(conn, book.book_id, day)
    return [
        Total(
            number,
            names.get(number, str(number)),
            asked,
            pieces(before.get(number, {}), asked),
            pieces(after.get(number, {}), asked),
        )
        for number in sorted({*before, *after})
    ]


@dataclass(frozen=True, slots=True)
class Source:
    """What one kind of entry of one product did to an account: on the day, and in all to its end."""

    kind: str
    product: str
    debits: int
    credits: int
    balance: int


def balance_sources(conn: Connection, book_code: str, *, day: date, account_code: str) -> list[Source]:
    """Where the balance of an account at the end of a closed day comes from; the parts add up to it."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        _closed_day(conn, book, day)
        asked = account(account_code)
        names = {0: "-"} | books.product_names(conn, book.book_id)
        # Loans taken over brought entries of days before the book's first.
        whole = ledger.sources_of(conn, book.book_id, asked, date.min, day)
        today = {
            (kind, number): (debits, credits)
            for kind, number, debits, credits in ledger.sources_of(conn, book.book_id, asked, day, day)
        }
    return [
        Source(
            kind, names.get(number, str(number)), *today.get((kind, number), (0, 0)), balance=debits - credits
        )
        for kind, number, debits, credits in whole
    ]


def explained_document(book_code: str, money: str, day: date, totals: list[Total]) -> dict[str, Any]:
    """An explained total for machines; exact amounts are ratios of minor units."""
    return {
        "schema": EXPLAINED,
        "book": book_code,
        "day": str(day),
        "currency": money,
        "totals": [
            {
                "product": each.product,
                "account": each.account.code,
                "posted_minor": each.posted,
                "before": [_piece(piece) for piece in each.before],
                "after": [_piece(piece) for piece in each.after],
            }
            for each in totals
        ],
    }


def _piece(piece: Piece) -> dict[str, Any]:
    return {
        "sign": piece.sign,
        "measure": piece.measure,
        "accrual_class": piece.accrual,
        "exact_minor": str(piece.exact),
        "rounded_minor": piece.whole,
        "rounding": "half-even" if piece.accrual else "",
    }


def periods_document(book: BookRow, closed: Iterable[PeriodRow]) -> dict[str, Any]:
    """Closed periods for machines."""
    return {
        "schema": PERIODS,
        "book": book.code,
        "currency": book.currency,
        "periods": [
            {
                "starts_on": str(each.starts_on),
                "ends_on": str(each.ends_on),
                "closed_at": each.closed_at.isoformat(),
                "actor": each.actor,
                "digest": each.digest.hex(),
            }
            for each in closed
        ],
    }


def periods_of(conn: Connection, book_code: str) -> tuple[BookRow, list[PeriodRow]]:
    """The closed periods of a book, oldest first."""
    book = books.read_book(conn, book_code)
    return book, ledger.periods(conn, book.book_id)
