"""Generated payments of one day, for a demo or a trial book; each carries the source "generated".

Needs    a connection; a sandbox book on the day; a seed.
Gives    how many payments were made.
Never    touches a live book, or draws another lot on the same day: the seed, loan and day decide.
Source   the shares below are chosen for a demo, not measured.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from duewell.domain.contract import contract_of
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.store import agendas, books, loans, posting
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Request

SOURCE = "generated"
ON_TIME_PER_10000 = 9850
"""Of rows due on a day, how many are paid on it."""
BATCH = 1_000
CATCH_UP_PER_10000 = 400
"""Of loans behind, how many pay all that is overdue on a day."""


def generate_payments(conn: Connection, book_code: str, *, seed: int, at: datetime) -> int:
    """Pay what falls due on the book's open date for most loans, and let a few of those behind catch up."""
    book = books.read_book(conn, book_code)
    if not book.is_sandbox:
        raise InvalidInput("generated-payments-need-a-sandbox", book=book_code)
    with conn.transaction():
        asked = [
            (key, amount)
            for key, amount in agendas.due_on(conn, book.book_id, book.open_on)
            if _draw(seed, key, book.open_on.isoformat()) < ON_TIME_PER_10000
        ]
        late = [
            k
            for k in agendas.turned(conn, book.book_id)
            if _draw(seed, k, f"late {book.open_on}") < CATCH_UP_PER_10000
        ]
        for key, (terms, facts) in loans.read_many(conn, late).items():
            contract = contract_of(terms)
            age = contract.ageing(contract.fold(facts, as_of=book.open_on))
            asked.append((key, age.overdue))
        payments = [_payment(key, book, amount, at) for key, amount in asked if amount > 0]
        for start in range(0, len(payments), BATCH):
            for posted in posting.record_payments(conn, payments[start : start + BATCH]):
                if posted.refusal is not None:
                    raise posted.refusal
    return len(payments)


def _draw(seed: int, key: LoanKey, what: str) -> int:
    digest = hashlib.sha256(f"{seed} {key.person_id} {key.loan_no} {what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10_000


def _payment(key: LoanKey, book: books.BookRow, amount: int, at: datetime) -> tuple[LoanKey, Fact, Request]:
    ref = f"generated-{book.open_on}"
    fact = Fact(FactKind.PAYMENT_RECEIVED, book.open_on, book.open_on, SOURCE, ref, amount=amount)
    return key, fact, Request(SOURCE, f"{key.person_id}/{key.loan_no}/{book.open_on}", SOURCE, at)
