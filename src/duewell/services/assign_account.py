"""Assign an account: the number under which payments are a loan's, and its payment reference.

Needs    a connection; the book, a rail, the number a bank gave, the loan.
Gives    the loan's ways to be paid to, plain data.
Never    gives one number to two loans.
Source   docs/reference/rails.md, "Whose money is it".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.party import loan_id
from duewell.domain.receipts import LoanRef, payment_reference
from duewell.store import books, loans, rails
from duewell.store.loans import Connection, LoanKey

SCHEMA = "duewell.pay-to/1"
_LENGTH_MAX = 40


def assign_account(
    conn: Connection, book_code: str, rail_code: str, account_no: str, *, loan: LoanKey, at: datetime
) -> dict[str, Any]:
    """Give a loan an account number of a rail; twice the same changes nothing.

    Refuses   a loan of another book, a number that cannot be read or that is another loan's.
    """
    book = books.read_book(conn, book_code)
    rail = rails.rail_of(book, rail_code)
    if not loans.keys_held(conn, book.book_id, [loan]):
        raise NotFound("file-loan-unknown", loan=loan_id(loan.person_id, loan.loan_no), book=book.code)
    squeezed = "".join(account_no.split())
    if not squeezed or len(squeezed) > _LENGTH_MAX or not squeezed.isprintable():
        raise InvalidInput("virtual-account-unreadable", length_max=_LENGTH_MAX)
    ref = LoanRef(loan.person_id, loan.loan_no)
    with conn.transaction():
        rails.put_account(
            conn, rails.key_of(book, rail.code), squeezed, book_id=book.book_id, loan=ref, at=at
        )
    return {
        "schema": SCHEMA,
        "book": book.code,
        "rail": rail.code,
        "loan_id": loan_id(*ref),
        "account": squeezed,
        "reference": payment_reference(ref),
    }
