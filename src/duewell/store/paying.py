"""Paying out: orders to pay, written with what owes them, and what becomes of money that did not go.

Needs    a connection inside a transaction; every instant as an argument.
Gives    order_pay_out for what a loan's fact owes, order_send_back for suspense, payee_of,
         check_same_payee, fail_pay_out.
Never    calls a rail.
Source   docs/reference/rails.md, "What leaves".
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime
from typing import Any

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.ledger import CASH_CLEARING
from duewell.domain.party import loan_id
from duewell.domain.receipts import LoanRef, Payer, Ref, parse_numbered_ref, pay_out_ref, received
from duewell.store import loans, outbox, posting, private, suspense
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Request
from duewell.store.private import Sealer

_OPEN = ("waiting", "sending", "sent", "unknown")


def check_payee(payee: Payer) -> None:
    """Refuses   InvalidInput "payee-unreadable" for one without an account, or with what nobody can see."""
    told = payee.name + payee.account + payee.bank
    if not payee.account or not told.isprintable() or len(told) > 250:
        raise InvalidInput("payee-unreadable")


def order_pay_out(
    conn: Connection,
    sealer: Sealer,
    book: BookRow,
    rail: str,
    loan: LoanKey,
    seq: int,
    *,
    payee: Payer,
    at: datetime,
) -> str:
    """Order what a fact of a loan owes to be paid out: as much as its journal took from cash."""
    check_payee(payee)
    cash = -sum(each.get(CASH_CLEARING, 0) for each in loans.journals_of_fact(conn, loan, seq))
    if cash < 1:
        raise InvalidInput("pay-out-nothing")
    ref = LoanRef(loan.person_id, loan.loan_no)
    key = pay_out_ref(ref, seq)
    ledger = {"person_id": str(loan.person_id), "loan_no": loan.loan_no, "seq": seq}
    _put(conn, sealer, book, rail, loan.person_id, key, cash, book.currency, payee, ledger, at, loan_id(*ref))
    return key


def order_send_back(
    conn: Connection,
    sealer: Sealer,
    book: BookRow,
    rail: str,
    item: Ref,
    step: int,
    *,
    amount: int,
    currency: str,
    payee: Payer,
    at: datetime,
) -> str:
    """Order money in suspense to be paid back to whom it came from."""
    check_payee(payee)
    key = "S" + hashlib.sha256("\0".join((*item, str(step))).encode()).hexdigest()[:30].upper()
    ledger = {"suspense_rail": item[0], "suspense_ref": item[1], "step": step}
    _put(conn, sealer, book, rail, outbox.NOBODY, key, amount, currency, payee, ledger, at, item[1])
    return key


def _put(
    conn: Connection,
    sealer: Sealer,
    book: BookRow,
    rail: str,
    person_id: int,
    key: str,
    amount: int,
    currency: str,
    payee: Payer,
    ledger: dict[str, Any],
    at: datetime,
    text: str,
) -> None:
    payload = {
        "rail": rail,
        "amount_minor": amount,
        "currency": currency,
        "text": text[:100],
        "ledger": ledger,
    }
    outbox.put(
        conn,
        person_id=person_id,
        key=key,
        book_id=book.book_id,
        kind=outbox.PAY_OUT,
        payload=payload,
        sealed=private.seal_for(conn, sealer, person_id, _place(person_id, key), asdict(payee)),
        not_before=at,
    )


def _place(person_id: int, key: str) -> str:
    return f"outbox/{person_id}/{key}"


def payee_of(conn: Connection, sealer: Sealer, row: outbox.OutboxRow) -> Payer | None:
    """Who is to be paid, opened; None once the person was erased: nobody can be paid any more."""
    assert row.sealed is not None, "a pay-out has a payee"
    told = private.open_for(conn, sealer, row.person_id, _place(row.person_id, row.key), row.sealed)
    return Payer(**told) if told is not None else None


def check_same_payee(conn: Connection, sealer: Sealer, person_id: int, key: str, payee: Payer) -> None:
    """Refuse an order asked for again with another payee, under the same request key."""
    row = outbox.read(conn, person_id, key)
    if row is not None and payee_of(conn, sealer, row) != payee:
        raise Conflict("key-reused-with-another-body", key=key)


def find_pay_out(conn: Connection, key: str) -> outbox.OutboxRow | None:
    """The pay-out an end-to-end id names."""
    numbered = parse_numbered_ref(key)
    person_id = numbered[1].person_id if numbered is not None and numbered[0] == "P" else outbox.NOBODY
    row = outbox.read(conn, person_id, key)
    return row if row is not None and row.kind == outbox.PAY_OUT else None


def fail_pay_out(
    conn: Connection, book: BookRow, row: outbox.OutboxRow, *, reason: str, actor: str, at: datetime
) -> bool:
    """A rail says that it did not pay; False where that was known, or it paid.

    A refund is taken back, money for a payer is in suspense again; a loan that was not paid out stays as it
    is with its failed order: a person pays again or takes the loan back.
    """
    if not outbox.set_state(conn, row.person_id, row.key, "failed", at=at, was=_OPEN, reason=reason):
        return False
    ledger = row.payload["ledger"]
    if "suspense_ref" in ledger:
        item, moves = suspense.read_item(
            conn, book.book_id, (ledger["suspense_rail"], ledger["suspense_ref"])
        )
        suspense.add_move(
            conn,
            item.ref,
            len(moves) + 1,
            received(row.payload["amount_minor"]),
            book_id=book.book_id,
            kind="came-back",
            currency=item.currency,
            posted_on=book.open_on,
            effective_on=item.effective_on,
            actor=actor,
            at=at,
            reason=reason[:60],
            target=row.key,
        )
        return True
    loan = LoanKey(int(ledger["person_id"]), ledger["loan_no"])
    fact = loans.fact_at(conn, loan, ledger["seq"])
    if fact is not None and fact.kind is FactKind.REFUNDED:
        back = Fact(FactKind.REVERSED, fact.effective_on, book.open_on, "pay-out", row.key, reverses=fact.key)
        posting.record(conn, loan, back, Request("rail", f"failed/{row.key}", actor, at))
    return True
