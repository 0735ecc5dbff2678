"""Open a book: one lender's ledger, its currency, and its first business date.

Needs    a connection; code, currency, date.
Gives    the book.
Never    opens one twice.
Source   docs/glossary.md, book.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from duewell.domain.agenda import buckets_from
from duewell.domain.money import currency
from duewell.store import books
from duewell.store.books import BookRow
from duewell.store.loans import Connection

_PACKS = {"CNY": ("CN", "Asia/Shanghai"), "USD": ("US", "America/New_York")}


def open_book(
    conn: Connection,
    *,
    code: str,
    currency_code: str,
    open_on: date,
    is_sandbox: bool,
    bucket_days: Sequence[int] = (),
) -> BookRow:
    """Open a book with the usual settings of its currency; `bucket_days` begin its delinquency buckets.

    Refuses   a strange code, an unknown currency, bucket days that do not rise from 1.
    """
    settings = {"bucket_days": [first for _, first in buckets_from(bucket_days)[1:]]} if bucket_days else {}
    money = currency(currency_code)
    jurisdiction, zone = _PACKS.get(money.code, ("XX", "UTC"))
    with conn.transaction():
        return books.open_book(
            conn,
            code=code,
            name=code,
            legal_entity=code,
            jurisdiction=jurisdiction,
            currency=money.code,
            zone=zone,
            calendar=jurisdiction,
            cutoff="23:00",
            open_on=open_on,
            is_sandbox=is_sandbox,
            settings=settings,
        )
