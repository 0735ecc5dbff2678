"""Sign or revoke a mandate: the borrower's leave to collect; each change is recorded and told.

Needs    a connection; the keys; the book and loan, the rail, the account, a request key.
Gives    the mandate with its history and the coming attempts, plain data.
Never    collects, or takes an ended mandate back to life.
Source   docs/reference/rails.md, "Mandates".
"""

from __future__ import annotations

from datetime import date
from typing import Any

from duewell.domain.errors import Conflict, InvalidInput, NotFound
from duewell.domain.party import loan_id
from duewell.domain.receipts import LoanRef, MandateEvent, Payer, RailKind, is_active
from duewell.gateways.keys import KeyPort, Seals
from duewell.store import books, loans, mandates, posting, rails
from duewell.store.collecting import change_mandate
from duewell.store.loans import Connection, LoanKey
from duewell.store.mandates import MandateRow
from duewell.store.posting import Request
from duewell.store.private import seal_for

SCHEMA = "duewell.mandate/1"


def sign_mandate(
    conn: Connection,
    keys: KeyPort,
    book_code: str,
    rail_code: str,
    loan: LoanKey,
    *,
    payer: Payer,
    on: date | None,
    request: Request,
) -> dict[str, Any]:
    """A new mandate for a loan. Refuses one beside another that is in force, or without an account."""
    posting.check_key(request.key)
    book = books.read_book(conn, book_code)
    rail = rails.rail_of(book, rail_code)
    if rail.kind is not RailKind.DEBIT:
        raise InvalidInput("rail-kind-wrong", rail=rail.code, kind=rail.kind.value, wanted="debit")
    told = payer.name + payer.account + payer.bank
    if not payer.account or not payer.name or not told.isprintable() or len(told) > 250:
        raise InvalidInput("mandate-account-unreadable")
    seals = Seals(keys)
    account = {"name": payer.name, "account": payer.account, "bank": payer.bank}
    with conn.transaction():
        _check_held(conn, book.book_id, loan, book.code)
        loans.lock_many(conn, [loan])
        there = mandates.mandates_of(conn, loan)
        for each in there:
            if each.events[0].key == request.key:
                if mandates.account_of(conn, seals, each) != account:
                    raise Conflict("key-reused-with-another-body", key=request.key)
                return _told(conn, keys, each, book.code)
            if is_active(each.kinds):
                raise Conflict("mandate-in-force", mandate=each.reference)
        number = len(there) + 1
        place = mandates.mandate_place(loan, number)
        sealed = seal_for(conn, seals, loan.person_id, place, account)
        reference = f"M{loan_id(loan.person_id, loan.loan_no)}{number:02d}"
        mandates.put_mandate(
            conn,
            loan,
            book_id=book.book_id,
            rail=rails.key_of(book, rail.code),
            reference=reference,
            account=sealed,
            number=number,
        )
        ref = LoanRef(loan.person_id, loan.loan_no)
        row = MandateRow(ref, number, rails.key_of(book, rail.code), reference, sealed, ())
        row = change_mandate(
            conn,
            book,
            row,
            MandateEvent.SIGNED,
            on=on or book.open_on,
            reason="",
            actor=request.actor,
            at=request.at,
            key=request.key,
        )
        return _told(conn, keys, row, book.code)


def revoke_mandate(
    conn: Connection,
    keys: KeyPort,
    book_code: str,
    loan: LoanKey,
    *,
    on: date | None,
    reason: str,
    request: Request,
) -> dict[str, Any]:
    """End the mandate of a loan that is in force. Refuses where there is none."""
    posting.check_key(request.key)
    book = books.read_book(conn, book_code)
    with conn.transaction():
        _check_held(conn, book.book_id, loan, book.code)
        loans.lock_many(conn, [loan])
        there = mandates.mandates_of(conn, loan)
        for each in there:
            if any(event.key == request.key for event in each.events[1:]):
                return _told(conn, keys, each, book.code)
        row = next((each for each in there if is_active(each.kinds)), None)
        if row is None:
            raise NotFound("mandate-not-found", loan=loan_id(loan.person_id, loan.loan_no))
        row = change_mandate(
            conn,
            book,
            row,
            MandateEvent.REVOKED,
            on=on or book.open_on,
            reason=reason,
            actor=request.actor,
            at=request.at,
            key=request.key,
        )
        return _told(conn, keys, row, book.code)


def _check_held(conn: Connection, book_id: int, loan: LoanKey, book: str) -> None:
    if not loans.keys_held(conn, book_id, [loan]):
        raise NotFound("file-loan-unknown", loan=loan_id(loan.person_id, loan.loan_no), book=book)


def _told(conn: Connection, keys: KeyPort, row: MandateRow, book: str) -> dict[str, Any]:
    """A mandate as plain data; of the account only its end."""
    account = mandates.account_of(conn, Seals(keys), row) or {}
    return {
        "schema": SCHEMA,
        "book": book,
        "mandate": row.reference,
        "loan_id": loan_id(*row.loan),
        "rail": row.rail.partition("/")[2],
        "account_end": account.get("account", "")[-4:],
        "state": row.events[-1].kind.value,
        "is_active": is_active(row.kinds),
        "history": [
            {"change": each.kind.value, "on": str(each.effective_on), "reason": each.reason or None}
            | {"at": each.recorded_at.isoformat(), "actor": each.actor}
            for each in row.events
        ],
    }
