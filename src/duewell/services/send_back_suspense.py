"""Send suspense back: money that is nobody's here leaves for whom it came from.

Needs    a connection; the keys; the book, the item, a rail to pay by, the payer if the rail named none.
Gives    the order to pay that was written, plain data.
Never    pays: the order leaves from the outbox after the commit.
Source   docs/reference/rails.md, "Suspense".
"""

from __future__ import annotations

from typing import Any

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.receipts import Payer, Ref, released
from duewell.gateways.keys import KeyPort, Seals
from duewell.store import books, posting, rails, receipts, suspense
from duewell.store.books import BookRow
from duewell.store.loans import Connection
from duewell.store.paying import check_same_payee, order_send_back
from duewell.store.posting import Request
from duewell.store.private import NOBODY

SCHEMA = "duewell.suspense-move/1"


def send_back_suspense(
    conn: Connection,
    keys: KeyPort,
    book_code: str,
    *,
    rail: str,
    ref: str,
    by_rail: str | None = None,
    payee: Payer | None = None,
    amount: int | None = None,
    request: Request,
) -> dict[str, Any]:
    """Take money out of suspense and order it paid back, in one transaction.

    Refuses   more than is left, a payer whose account nobody told.
    """
    posting.check_key(request.key)
    book = books.read_book(conn, book_code)
    where = (rails.key_of(book, rail), ref)
    out = rails.key_of(book, rails.rail_of(book, by_rail or rail).code)
    with conn.transaction():
        books.share_day(conn, book.book_id)
        book = books.read_book(conn, book_code)
        receipts.hold(conn, [where])
        item, moves = suspense.read_item(conn, book.book_id, where)
        done = next((move for move in moves if move.key == request.key), None)
        if done is not None:
            if done.kind != "sent-back" or amount not in (None, -done.amount):
                raise Conflict("key-reused-with-another-body", key=request.key)
            if payee is not None:
                check_same_payee(conn, Seals(keys), NOBODY, done.target, payee)
            left = sum(move.amount for move in moves if move.step <= done.step)
            return _document(book, where, done.step, done.target, done.currency, -done.amount, left)
        moved = item.left if amount is None else amount
        journal = released(moved, left=item.left)
        step = item.steps + 1
        key = order_send_back(
            conn,
            Seals(keys),
            book,
            out,
            where,
            step,
            amount=moved,
            currency=item.currency,
            payee=payee or _payer(conn, keys, where),
            at=request.at,
        )
        suspense.add_move(
            conn,
            where,
            step,
            journal,
            book_id=book.book_id,
            kind="sent-back",
            currency=item.currency,
            posted_on=book.open_on,
            effective_on=item.effective_on,
            actor=request.actor,
            at=request.at,
            target=key,
            key=request.key,
        )
        return _document(book, where, step, key, item.currency, moved, item.left - moved)


def _payer(conn: Connection, keys: KeyPort, where: Ref) -> Payer:
    row = rails.entries_named(conn, [where]).get(where)
    payer = Payer(**rails.told_of(conn, Seals(keys), row)["payer"]) if row is not None else Payer()
    if not payer.account:
        raise InvalidInput("suspense-payer-unknown", ref=where[1][:60])
    return payer


def _document(
    book: BookRow, where: Ref, step: int, key: str, money: str, moved: int, left: int
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "book": book.code,
        "rail": where[0].partition("/")[2],
        "ref": where[1],
        "step": step,
        "pay_out": key,
        "currency": money,
        "moved_minor": moved,
        "left_minor": left,
    }
