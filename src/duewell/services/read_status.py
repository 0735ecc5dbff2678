"""Read a status file: what became of our collections and pay-outs, and what is done next.

Needs    a connection in autocommit; the book, the rail, the path of a pain.002 or a result of lines.
Gives    what came of each row, plain data; refused rows with their line, column and reason.
Never    charges a borrower for a failed try; a row told twice changes nothing.
Source   docs/reference/rails.md, "Answers".
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from duewell.domain.errors import Conflict, NotFound, Refusal
from duewell.domain.party import loan_id
from duewell.domain.receipts import Entry, EntryKind, Rail, collection_ref, parse_collection_ref
from duewell.domain.tape import RowRefusal
from duewell.domain.texts import message_of
from duewell.gateways.rails import Status, StatusRead, StatusRow, read_status_file, reasons_of
from duewell.store import books, loans, mandates, outbox, rails, receipts
from duewell.store.books import BookRow
from duewell.store.collecting import attempt_of, fail_attempt
from duewell.store.loans import Connection, LoanKey
from duewell.store.mandates import CollectionRow
from duewell.store.paying import fail_pay_out, find_pay_out
from duewell.store.receiving import receive

SCHEMA = "duewell.status-read/1"
_SHOWN = 1_000


def read_status(
    conn: Connection,
    book_code: str,
    rail_code: str,
    path: Path,
    *,
    actor: str,
    at: datetime,
    is_dry_run: bool = False,
) -> dict[str, Any]:
    """Take the answers one by one, a transaction each; a file that is refused as a whole changes nothing."""
    book = books.read_book(conn, book_code)
    rail = rails.rail_of(book, rail_code)
    read = read_status_file(path, rail, currency_code=book.currency)
    work = _Work(conn, book, rail, actor, at)
    rows = work.whole(read)
    with conn.transaction(force_rollback=True) if is_dry_run else nullcontext():
        for row in rows:
            work.take(row)
    refusals = [*read.refusals, *work.refusals]
    return {
        "schema": SCHEMA,
        "book": book.code,
        "rail": rail.code,
        "answers": read.original,
        "currency": book.currency,
        "is_dry_run": is_dry_run,
        "rows_read": len(rows) + len(read.refusals),
        **{name: work.count[name] for name in ("paid", "accepted", "rejected", "returned", "again")},
        "next": dict(sorted(work.steps.items())),
        "fees_charged_minor": 0,
        "refused": len(refusals),
        "refusals": [
            {"line": each.line, "column": each.column, "value": each.value}
            | {"code": each.message.code, "params": dict(each.message.params)}
            for each in refusals[:_SHOWN]
        ],
        "rows": work.told[:_SHOWN],
    }


class _Work:
    def __init__(self, conn: Connection, book: BookRow, rail: Rail, actor: str, at: datetime) -> None:
        self.conn, self.book, self.rail, self.actor, self.at = conn, book, rail, actor, at
        self.key = rails.key_of(book, rail.code)
        self.reasons = reasons_of(rail)
        self.count: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()
        self.refusals: list[RowRefusal] = []
        self.told: list[dict[str, Any]] = []

    def whole(self, read: StatusRead) -> list[StatusRow]:
        """The rows; where a bank refuses or books a whole file of ours, one for each order in it."""
        ours = [
            collection_ref(row.loan, row.due_on, row.attempt)
            for row in mandates.batch_of(self.conn, self.key, read.original)
        ]
        ours += [row.key for row in outbox.batch_rows(self.conn, read.original)]
        if not ours:
            raise NotFound("status-of-unknown-file", batch=read.original[:40])
        named = {row.ref for row in read.rows}
        if read.group not in (Status.REJECTED, Status.PAID):
            return read.rows
        rest = [StatusRow(1, ref, read.group, read.group_reason) for ref in ours if ref not in named]
        return [*read.rows, *rest]

    def take(self, row: StatusRow) -> None:
        try:
            outcome = self._collection(row) if parse_collection_ref(row.ref) else self._pay_out(row)
        except Refusal as problem:
            self.refusals.append(RowRefusal(row.line, "ref", row.ref[:40], message_of(problem)))
            return
        self.count[outcome] += 1
        self.told.append(
            {"ref": row.ref, "status": row.status.value, "outcome": outcome, "reason": row.reason or None}
        )

    def _collection(self, row: StatusRow) -> str:
        ref = parse_collection_ref(row.ref)
        assert ref is not None
        with self.conn.transaction():
            books.share_day(self.conn, self.book.book_id)
            book = books.read_book(self.conn, self.book.code)
            receipts.hold(self.conn, [(self.key, row.ref), (self.key, f"{row.ref}/R")])
            loans.lock_many(self.conn, [LoanKey(*ref.loan)])
            found = attempt_of(self.conn, ref)
            if found is None or found.rail != self.key:
                raise NotFound("status-of-unknown-order", ref=row.ref[:40])
            if row.status in (Status.PAID, Status.RETURNED):
                return self._money(book, found, row)
            if row.status is Status.PENDING:
                return "pending"
            if row.status is Status.ACCEPTED:
                if found.state != "written":
                    return "again"
                mandates.add_collection_event(
                    self.conn, found, "accepted", effective_on=book.open_on, at=self.at
                )
                return "accepted"
            if found.state in ("rejected", "returned"):
                return "again"
            if found.state == "paid":
                raise Conflict("status-contradicts", ref=row.ref[:40], loan=loan_id(*ref.loan))
            step = fail_attempt(
                self.conn,
                book,
                found,
                "rejected",
                reason=row.reason,
                reasons=self.reasons,
                on=book.open_on,
                actor=self.actor,
                at=self.at,
            )
            self.steps[step.value] += 1
            return "rejected"

    def _money(self, book: BookRow, found: CollectionRow, row: StatusRow) -> str:
        """A try that was paid is a receipt; one taken back after that is a payment returned."""
        kind = EntryKind.CREDIT if row.status is Status.PAID else EntryKind.RETURN
        on = row.on or max(min(found.collect_on, book.open_on), book.opened_on)
        entry = Entry(
            1,
            row.ref if kind is EntryKind.CREDIT else f"{row.ref}/R",
            kind,
            row.amount or found.amount,
            book.currency,
            on,
            on,
            end_to_end=row.ref,
            reason=row.reason,
        )
        (done,) = receive(
            self.conn,
            book,
            self.key,
            [entry],
            statement="",
            actor=self.actor,
            at=self.at,
            reasons=self.reasons,
        )
        if done.refusal is not None:
            raise done.refusal
        return {"posted": "paid", "suspense": "paid"}.get(done.outcome, done.outcome)

    def _pay_out(self, row: StatusRow) -> str:
        with self.conn.transaction():
            books.share_day(self.conn, self.book.book_id)
            book = books.read_book(self.conn, self.book.code)
            receipts.hold(self.conn, [(self.key, row.ref)])
            found = find_pay_out(self.conn, row.ref)
            if found is None or found.payload["rail"] != self.key:
                raise NotFound("status-of-unknown-order", ref=row.ref[:40])
            if row.status is Status.REJECTED:
                is_new = fail_pay_out(self.conn, book, found, reason=row.reason, actor=self.actor, at=self.at)
                return "rejected" if is_new else "again"
            if row.status is not Status.PAID:
                return "accepted"
            amount, money = found.payload["amount_minor"], found.payload["currency"]
            entry = Entry(
                1, row.ref, EntryKind.DEBIT, amount, money, book.open_on, book.open_on, end_to_end=row.ref
            )
            (done,) = receive(
                self.conn, book, self.key, [replace(entry)], statement="", actor=self.actor, at=self.at
            )
            if done.refusal is not None:
                raise done.refusal
            return "again" if done.outcome == "again" else "paid"
