"""Read a statement: every entry of a bank's file becomes a payment, a return, or money in suspense, once.

Needs    a connection in autocommit; the keys; the book, one of its rails, the path of a file, who and when.
Gives    what came of each entry, plain data; refused rows with their line, column and reason.
Never    acts on a file whose totals differ, or refuses good money for a bad row beside it; read again after
         it was killed, it does what is left and nothing twice.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from duewell.domain.party import loan_id
from duewell.domain.tape import RowRefusal
from duewell.domain.texts import message_of
from duewell.gateways.keys import KeyPort, Seals
from duewell.gateways.rails import FileRead, read_statement_file, reasons_of
from duewell.store import books, rails
from duewell.store.books import BookRow
from duewell.store.loans import Connection
from duewell.store.receiving import BATCH, Received, receive

SCHEMA = "duewell.statement-read/1"
ROWS_SHOWN = 1_000
_AT_ONCE = 5 * BATCH


def read_statement(
    conn: Connection,
    keys: KeyPort,
    book_code: str,
    rail_code: str,
    path: Path,
    *,
    actor: str,
    at: datetime,
    is_dry_run: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Any]:
    """Read it all, then act in batches of a transaction each. A dry run does the same and takes it back.

    Refuses   a file that cannot be read as a whole; rows that cannot are in `refusals`.
    """
    book = books.read_book(conn, book_code)
    rail = rails.rail_of(book, rail_code)
    read = read_statement_file(path, rail, currency_code=book.currency)
    entries = read.statement.entries
    found: list[Received] = []
    with conn.transaction(force_rollback=True) if is_dry_run else nullcontext():
        for start in range(0, len(entries), _AT_ONCE):
            found += receive(
                conn,
                book,
                rails.key_of(book, rail.code),
                entries[start : start + _AT_ONCE],
                statement=read.statement.id or f"file-{path.name[:80]}",
                actor=actor,
                at=at,
                reasons=reasons_of(rail),
                sealer=Seals(keys),
            )
            on_progress(len(found), len(entries))
    return _document(book, rail.code, read, found, is_dry_run=is_dry_run)


def _document(
    book: BookRow, rail: str, read: FileRead, found: list[Received], *, is_dry_run: bool
) -> dict[str, Any]:
    count = Counter(each.outcome for each in found)
    sums: Counter[str] = Counter()
    for each in found:
        if each.entry.currency == book.currency:
            sums[each.outcome] += each.entry.amount
    refusals = [*read.refusals]
    for each in found:
        if each.refusal is not None:
            line = each.entry.line or each.entry.nth
            refusals.append(RowRefusal(line, "reference", each.entry.ref[:40], message_of(each.refusal)))
    return {
        "schema": SCHEMA,
        "book": book.code,
        "rail": rail,
        "statement": read.statement.id,
        "currency": book.currency,
        "is_dry_run": is_dry_run,
        "entries": len(read.statement.entries) + len(read.refusals),
        "waiting": read.waiting,
        **{name.replace("-", "_"): count[name] for name in _OUTCOMES},
        **{f"{name.replace('-', '_')}_minor": sums[name] for name in _OUTCOMES if name != "again"},
        "refused": len(refusals),
        "refusals": [refusal_document(each) for each in refusals[:ROWS_SHOWN]],
        "rows": [_row(each) for each in found[:ROWS_SHOWN]],
    }


_OUTCOMES = ("posted", "returned", "suspense", "paid-out", "again")


def _row(each: Received) -> dict[str, Any]:
    told = each.result or {}
    named = "person_id" in told
    return {
        "nth": each.entry.nth,
        "ref": each.entry.ref,
        "kind": each.entry.kind.value,
        "amount_minor": each.entry.amount,
        "currency": each.entry.currency,
        "value_on": str(each.entry.value_on),
        "outcome": each.outcome,
        "reason": each.reason or None,
        "loan_id": loan_id(int(told["person_id"]), told["loan_no"]) if named else None,
    }


def refusal_document(each: RowRefusal) -> dict[str, Any]:
    """A refused row as plain data; the door says it in the reader's language."""
    return {
        "line": each.line,
        "column": each.column,
        "value": each.value,
        "code": each.message.code,
        "params": dict(each.message.params),
    }
