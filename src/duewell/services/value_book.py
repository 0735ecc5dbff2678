"""Value a book: every loan folded as of a date, as known at another, added up by product and in all.

Needs    a connection; the book, the two dates; for helpers, what opens a connection in another process.
Gives    BookValue; as plain data too, for machines.
Never    reads a projection or a journal: the facts answer at both dates, in one snapshot of the database.
Source   docs/reference/book.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from duewell.analytics.spreading import Engine, check_spreading, spread
from duewell.domain.agenda import Buckets
from duewell.domain.contract import contract_of
from duewell.domain.ledger import INTEREST_ACCRUED, PENALTY_ACCRUED, Account
from duewell.domain.portfolio import BucketTotals, Totals, value
from duewell.domain.postings import pieces
from duewell.domain.product import Part
from duewell.store import books, slices
from duewell.store.books import BookRow
from duewell.store.loans import Connection, Known
from duewell.store.slices import Slice

SCHEMA = "duewell.book-value/1"
Product = tuple[str, int, int]
"""A product version: its code, its version, and its number in the ledger."""


@dataclass(slots=True)
class Figures:
    """What one product, or all of them, comes to. Amounts are minor units; `balances` are debit positive."""

    loans: int = 0
    owing: BucketTotals = field(default_factory=BucketTotals)
    buckets: dict[str, BucketTotals] = field(default_factory=dict)
    receivable: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    overpaid: int = 0
    charged_off: int = 0
    claim: int = 0
    balances: dict[Account, int] = field(default_factory=dict)

    @property
    def interest_accrued(self) -> int:
        """Interest that accrued and was not charged."""
        return self.balances.get(INTEREST_ACCRUED, 0)

    @property
    def penalty_accrued(self) -> int:
        """Penalty that accrued and was not collected."""
        return self.balances.get(PENALTY_ACCRUED, 0)

    def add(self, totals: Totals) -> None:
        """Add a product, its exact sums rounded by themselves."""
        self.loans += totals.loans
        self.owing.join(totals.owing())
        for name, bucket in totals.buckets.items():
            self.buckets.setdefault(name, BucketTotals()).join(bucket)
        self.receivable = [a + b for a, b in zip(self.receivable, totals.receivable, strict=True)]
        self.overpaid += totals.overpaid
        self.charged_off += totals.charged_off
        self.claim += totals.claim
        for account, amount in totals.ledger().items():
            self.balances[account] = self.balances.get(account, 0) + amount


@dataclass(frozen=True, slots=True)
class BookValue:
    """A book at the end of `as_of`, as known at `known`: the totals of each product."""

    book: BookRow
    as_of: date
    known: date | datetime
    buckets: Buckets
    products: dict[Product, Totals]

    def figures(self, totals: Iterable[Totals]) -> Figures:
        """Some of the products together."""
        whole = Figures()
        for each in totals:
            whole.add(each)
        return whole


def value_book(
    conn: Connection,
    book_code: str,
    *,
    as_of: date | None = None,
    known: Known = None,
    workers: int = 1,
    engine: Engine = Engine.LOCAL,
    connect: Callable[[], Connection] | None = None,
    slice_count: int | None = None,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> BookValue:
    """Fold every loan of a book at two dates, the open date where none is given.

    Neither the engine, nor the number of workers or of slices changes a figure. More than one worker need
    `connect`, which opens a connection in another process.
    Refuses   workers and slices out of range, an engine that is not installed.
    """
    check_spreading(workers, engine)
    if connect is None:
        workers, engine = 1, Engine.LOCAL
    found: dict[Product, Totals] = {}
    with slices.one_snapshot(conn) as snapshot:
        book = books.read_book(conn, book_code)
        as_of, known = as_of or book.open_on, known or book.open_on
        count, done = slices.count_loans(conn, book.book_id), 0
        parts = slices.slices_of(book.book_id, count, slice_count)
        work = partial(_value_slice, as_of=as_of, known=known, buckets=book.buckets)
        begin = partial(slices.join_snapshot, connect, snapshot)
        for seen, part in spread(work, parts, here=conn, begin=begin, workers=workers, engine=engine):
            for product, totals in part.items():
                found.setdefault(product, Totals()).join(totals)
            done += seen
            on_progress(done, count)
    return BookValue(book, as_of, known, book.buckets, {each: found[each] for each in sorted(found)})


def _value_slice(
    conn: Connection, part: Slice, *, as_of: date, known: Known, buckets: Buckets
) -> tuple[int, dict[Product, Totals]]:
    """How many loans a slice holds, and what each product of it comes to."""
    found: dict[Product, Totals] = {}
    seen = 0
    for loan in slices.loans_of(conn, part, known):
        seen += 1
        valued = value(contract_of(loan.terms), loan.facts, as_of=as_of, buckets=buckets)
        if valued is not None:
            product = (loan.product, loan.version, loan.product_no)
            found.setdefault(product, Totals()).add(valued)
    return seen, found


# -- for machines ----------------------------------------------------------------------------------


def book_value_document(found: BookValue) -> dict[str, Any]:
    """The value of a book for machines; exact amounts are ratios of minor units."""
    return {
        "schema": SCHEMA,
        "book": found.book.code,
        "as_of": str(found.as_of),
        "known": found.known.isoformat(),
        "currency": found.book.currency,
        "totals": _figures(found, found.products.values()),
        "products": [
            {
                "product": code,
                "version": version,
                **_figures(found, [totals]),
                "accruals": _accruals(totals),
            }
            for (code, version, _), totals in found.products.items()
        ],
    }


def _figures(found: BookValue, totals: Iterable[Totals]) -> dict[str, Any]:
    whole = found.figures(totals)
    return {
        "loans": whole.loans,
        "loans_owing": whole.owing.loans,
        "principal_out_minor": whole.receivable[Part.PRINCIPAL],
        "interest_due_minor": whole.receivable[Part.INTEREST],
        "fee_due_minor": whole.receivable[Part.FEE],
        "penalty_due_minor": whole.receivable[Part.PENALTY],
        "interest_accrued_minor": whole.interest_accrued,
        "penalty_accrued_minor": whole.penalty_accrued,
        "overdue_minor": whole.owing.overdue,
        "outstanding_minor": whole.owing.outstanding,
        "overpaid_minor": whole.overpaid,
        "buckets": [_bucket(name, whole.buckets.get(name, BucketTotals())) for name, _ in found.buckets],
        "charged_off": {"loans": whole.charged_off, "claim_minor": whole.claim},
        "ledger": [
            {"account": account.code, "balance_minor": amount}
            for account, amount in whole.balances.items()
            if amount
        ],
    }


def _bucket(name: str, bucket: BucketTotals) -> dict[str, Any]:
    return {
        "bucket": name,
        "loans": bucket.loans,
        "principal_out_minor": bucket.principal_out,
        "overdue_minor": bucket.overdue,
        "outstanding_minor": bucket.outstanding,
    }


def _accruals(totals: Totals) -> list[dict[str, Any]]:
    """Of what the accrued interest and penalty of a product are made: each class rounded once."""
    return [
        {
            "account": account.code,
            "sign": piece.sign,
            "measure": piece.measure,
            "accrual_class": piece.accrual,
            "exact_minor": str(piece.exact),
            "rounded_minor": piece.whole,
        }
        for account in (INTEREST_ACCRUED, PENALTY_ACCRUED)
        for piece in pieces(totals.sums, account)
    ]
