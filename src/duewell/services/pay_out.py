"""Pay out: what waits in the outbox leaves by its rails, and what rails say of it is kept.

Needs    a connection in autocommit; the book, the rails behind their port, the instant.
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

from duewell.domain.receipts import Answer, Entry, EntryKind, Payer, Rail, RailKind
from duewell.gateways.rails import PaymentRail, PayOut, RailAnswer, wallet_of
from duewell.store import books, outbox, rails, receipts
from duewell.store.books import BookRow
from duewell.store.loans import Connection
from duewell.store.outbox import OutboxRow
from duewell.store.paying import fail_pay_out
from duewell.store.receiving import receive

SCHEMA = "duewell.pay-out/1"
FILE_MAX = 5_000


def pay_out_file(
    conn: Connection, book_code: str, rail_code: str, *, rail: PaymentRail, at: datetime
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
    rows = outbox.batch_rows(conn, batch)
    if rows:
        made_at = rows[0].changed_at
        day = made_at.astimezone(book.clock).date()
        rail.send([_pay_out(row) for row in rows], batch=batch, on=day, at=made_at)
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
            told = _send(rail_named(known), mine, book, at)
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


def _send(rail: PaymentRail, rows: Sequence[OutboxRow], book: BookRow, at: datetime) -> dict[str, RailAnswer]:
    """One that was sent before is asked about first; the same reference sent again is paid once."""
    asked = rail.ask([row.key for row in rows if row.tries > 1], at=at)
    told = {each.ref: each for each in asked if each.answer is not Answer.UNKNOWN}
    day = at.astimezone(book.clock).date()
    rest = [_pay_out(row) for row in rows if row.key not in told]
    return told | {each.ref: each for each in rail.send(rest, batch="", on=day, at=at)}


def _pay_out(row: OutboxRow) -> PayOut:
    told = row.payload
    return PayOut(row.key, told["amount_minor"], told["currency"], Payer(**told["payee"]), told["text"])


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
