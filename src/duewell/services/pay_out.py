"""Pay out: what waits in the outbox leaves by its rails, and what rails say of it is kept.

Needs    a connection in autocommit; the keys; the book, the rails behind their port, the instant.
Gives    pay_out_file, one file of all that waits for a rail; deliver, for rails that answer at once.
Never    calls a rail inside a transaction, or sends a sandbox's money by a real one; killed between, the next
         run sends the same references again, which the rail pays once.
Source   docs/reference/rails.md, "What leaves".
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from duewell.domain.receipts import Answer, Entry, EntryKind, Rail, RailKind
from duewell.gateways.keys import KeyPort, Seals
from duewell.gateways.rails import PaymentRail, PayOut, RailAnswer, wallet_of
from duewell.store import books, outbox, rails, receipts
from duewell.store.books import BookRow
from duewell.store.loans import Connection
from duewell.store.outbox import OutboxRow
from duewell.store.paying import fail_pay_out, payee_of
from duewell.store.receiving import receive

SCHEMA = "duewell.pay-out/1"
FILE_MAX = 5_000
_ERASED = "person-erased"


def pay_out_file(
    conn: Connection, keys: KeyPort, book_code: str, rail_code: str, *, rail: PaymentRail, at: datetime
) -> dict[str, Any]:
    """One file of all pay-outs that wait for a rail, or the one that was begun and never written."""
    book = books.read_book(conn, book_code)
    known = rails.rail_of(book, rail_code)
    key = rails.key_of(book, known.code)
    with conn.transaction():
        receipts.hold(conn, [(key, "pay-out")])
        batch = outbox.unwritten_batch(conn, key)
        is_again = batch is not None
        if batch is None:
            digest = hashlib.sha256(key.encode()).hexdigest()[:8].upper()
            batch = f"DW{digest}P{outbox.batches_begun(conn, key) + 1:06d}"
            outbox.claim_batch(conn, rail=key, batch=batch, at=at, limit=FILE_MAX)
    begun = outbox.batch_rows(conn, batch)
    sendable = {row.key: each for row in begun if (each := _pay_out(conn, keys, row)) is not None}
    for row in begun:
        if row.key not in sendable:
            _drop(conn, book, key, row, is_sent_perhaps=is_again, at=at)
    rows = [row for row in begun if row.key in sendable]
    if rows:
        made_at = rows[0].changed_at
        day = made_at.astimezone(book.clock).date()
        rail.send([sendable[row.key] for row in rows], batch=batch, on=day, at=made_at)
        outbox.set_batch_sent(conn, batch, at=at)
    return {
        "schema": SCHEMA,
        "book": book.code,
        "rail": known.code,
        "currency": book.currency,
        "batch": batch if rows else None,
        "is_again": is_again,
        "pay_outs": len(rows),
        "amount_minor": sum(row.payload["amount_minor"] for row in rows),
    }


def deliver(
    conn: Connection,
    keys: KeyPort,
    book_code: str,
    *,
    at: datetime,
    limit: int = 20,
    rail_named: Callable[[Rail], PaymentRail] = wallet_of,
) -> dict[str, Any]:
    """Send what waits for wallets, and ask again about what was left unknown."""
    book = books.read_book(conn, book_code)
    wallets = {rails.key_of(book, each.code): each for each in rails.rails_of(book)}
    wallets = {key: each for key, each in wallets.items() if each.kind is RailKind.WALLET}
    rows = outbox.claim(conn, rails=sorted(wallets), at=at, limit=limit) if wallets else []
    count: Counter[str] = Counter()
    for key, known in wallets.items():
        mine = [row for row in rows if row.payload["rail"] == key]
        if mine:
            told = _send(conn, keys, rail_named(known), mine, book, at)
            for row in mine:
                answer = told.get(row.key) or RailAnswer(row.key, Answer.UNKNOWN)
                count[_keep(conn, book, key, row, answer, at).value] += 1
    return {
        "schema": SCHEMA,
        "book": book.code,
        "currency": book.currency,
        "sent": len(rows),
        **{name: count[name] for name in ("ok", "failed", "unknown")},
    }


def _send(
    conn: Connection,
    keys: KeyPort,
    rail: PaymentRail,
    rows: Sequence[OutboxRow],
    book: BookRow,
    at: datetime,
) -> dict[str, RailAnswer]:
    """One that was sent before is asked about first; the same reference sent again is paid once.

    Whoever was erased cannot be paid any more: what was never sent failed, what may have been stays unknown.
    """
    asked = rail.ask([row.key for row in rows if row.tries > 1], at=at)
    told = {each.ref: each for each in asked if each.answer is not Answer.UNKNOWN}
    day = at.astimezone(book.clock).date()
    rest = []
    for row in rows:
        payment = _pay_out(conn, keys, row) if row.key not in told else None
        if payment is not None:
            rest.append(payment)
        elif row.key not in told and row.tries == 1:
            told[row.key] = RailAnswer(row.key, Answer.FAILED, reason=_ERASED)
    return told | {each.ref: each for each in rail.send(rest, batch="", on=day, at=at)}


def _pay_out(conn: Connection, keys: KeyPort, row: OutboxRow) -> PayOut | None:
    """What is to be paid to whom; None where that person was erased."""
    told, payee = row.payload, payee_of(conn, Seals(keys), row)
    if payee is None:
        return None
    return PayOut(row.key, told["amount_minor"], told["currency"], payee, told["text"])


def _drop(
    conn: Connection, book: BookRow, key: str, row: OutboxRow, *, is_sent_perhaps: bool, at: datetime
) -> None:
    """Leave out of a file whoever was erased: not paid, or unknown where an earlier run may have sent it."""
    if is_sent_perhaps:
        outbox.set_state(conn, row.person_id, row.key, "unknown", at=at, was=("sending",))
        return
    _keep(conn, book, key, row, RailAnswer(row.key, Answer.FAILED, reason=_ERASED), at)


def _keep(
    conn: Connection, book: BookRow, key: str, row: OutboxRow, told: RailAnswer, at: datetime
) -> Answer:
    """What a rail said of one pay-out, in a transaction of its own."""
    if told.answer is Answer.UNKNOWN:
        outbox.set_state(conn, row.person_id, row.key, "unknown", at=at, was=("sending",))
        return told.answer
    with conn.transaction():
        books.share_day(conn, book.book_id)
        book = books.read_book(conn, book.code)
        receipts.hold(conn, [(key, row.key)])
        if told.answer is Answer.FAILED:
            fail_pay_out(conn, book, row, reason=told.reason, actor="rail", at=at)
            return told.answer
        amount, money = row.payload["amount_minor"], row.payload["currency"]
        on = min(told.paid_at.astimezone(book.clock).date(), book.open_on) if told.paid_at else book.open_on
        entry = Entry(1, row.key, EntryKind.DEBIT, amount, money, on, on, end_to_end=row.key)
        receive(conn, book, key, [entry], statement="", actor="rail", at=at)
    return told.answer
