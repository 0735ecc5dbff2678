"""Show ways to pay: what a borrower can pay a loan by, with all that each way needs.

Needs    a connection; the loan.
Gives    Ways, show_ways.
Never    offers a way that the book does not have.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from duewell.domain.receipts import LoanRef, Rail, RailKind, payment_reference
from duewell.store import books, loans, rails
from duewell.store.loans import Connection, LoanKey


@dataclass(frozen=True, slots=True)
class Ways:
    """Wallets that can be paid by at once, accounts to transfer to, and the reference to pay under."""

    book: str
    wallets: tuple[Rail, ...]
    accounts: tuple[Rail, ...]
    reference: str


def show_ways(conn: Connection, loan: LoanKey) -> Ways:
    """The ways of a loan's book. An account whose holder nobody named is none to pay to."""
    code, _ = loans.book_code_of(conn, loan)
    book = books.read_book(conn, code)
    found = rails.rails_of(book)
    return Ways(
        book.code,
        tuple(each for each in found if each.kind is RailKind.WALLET),
        tuple(each for each in found if each.kind is RailKind.TRANSFER and each.account),
        payment_reference(LoanRef(loan.person_id, loan.loan_no)),
    )
