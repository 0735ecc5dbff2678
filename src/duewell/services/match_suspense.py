"""Match suspense: money that waited is given to its loan, as of the day it came.

Needs    a connection; the book, the item, the loan, an amount or all that is left, a request key.
Gives    what was moved and the loan after it, plain data.
Never    moves money twice for one key, or across currencies.
Source   docs/reference/rails.md, "Suspense".
"""

from __future__ import annotations

from typing import Any

from duewell.domain.errors import Conflict, CurrencyMismatch, NotFound
from duewell.domain.facts import Fact, FactKind
from duewell.domain.party import loan_id
from duewell.domain.receipts import Ref, released
from duewell.store import books, loans, posting, rails, receipts, suspense
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Request

SCHEMA = "duewell.suspense-move/1"
SOURCE = "suspense"


def match_suspense(
    conn: Connection,
    book_code: str,
    *,
    rail: str,
    ref: str,
    loan: LoanKey,
    amount: int | None = None,
    request: Request,
) -> dict[str, Any]:
    """Move money from suspense to a loan: a payment with the effective date of the receipt.

    Refuses   more than is left, a foreign currency, a loan of another book, what the loan's fold refuses.
    """
    posting.check_key(request.key)
    book = books.read_book(conn, book_code)
    where = (rails.key_of(book, rail), ref)
    with conn.transaction():
        books.share_day(conn, book.book_id)
        book = books.read_book(conn, book_code)
        receipts.hold(conn, [where])
        item, moves = suspense.read_item(conn, book.book_id, where)
        done = next((move for move in moves if move.key == request.key), None)
        if done is not None:
            return _again(book, done, moves, loan, amount)
        if item.currency != book.currency:
            raise CurrencyMismatch("suspense-foreign-currency", given=item.currency, currency=book.currency)
        if not loans.keys_held(conn, book.book_id, [loan]):
            raise NotFound("file-loan-unknown", loan=loan_id(loan.person_id, loan.loan_no), book=book.code)
        moved = item.left if amount is None else amount
        journal = released(moved, left=item.left)
        step = item.steps + 1
        fact = Fact(
            FactKind.PAYMENT_RECEIVED,
            item.effective_on,
            book.open_on,
            SOURCE,
            f"{where[0]}/{ref}/{step}",
            amount=moved,
        )
        posted = posting.record(conn, loan, fact, request)
        suspense.add_move(
            conn,
            where,
            step,
            journal,
            book_id=book.book_id,
            kind="matched",
            currency=item.currency,
            posted_on=book.open_on,
            effective_on=item.effective_on,
            actor=request.actor,
            at=request.at,
            target=f"{loan.person_id}/{loan.loan_no}/{posted['seq']}",
            key=request.key,
        )
        return _document(book, where, loan, moved, item.left - moved, step)


def _again(
    book: BookRow, done: suspense.Move, moves: list[suspense.Move], loan: LoanKey, amount: int | None
) -> dict[str, Any]:
    """The same request once more; another loan or amount under its key is a Conflict."""
    asked = f"{loan.person_id}/{loan.loan_no}/"
    if not done.target.startswith(asked) or amount not in (None, -done.amount):
        raise Conflict("key-reused-with-another-body", key=done.key)
    left = sum(move.amount for move in moves if move.step <= done.step)
    return _document(book, done.ref, loan, -done.amount, left, done.step)


def _document(book: BookRow, where: Ref, loan: LoanKey, moved: int, left: int, step: int) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "book": book.code,
        "rail": where[0].partition("/")[2],
        "ref": where[1],
        "step": step,
        "loan_id": loan_id(loan.person_id, loan.loan_no),
        "currency": book.currency,
        "moved_minor": moved,
        "left_minor": left,
    }
