"""Reconcile a day: what rails said, what we made of it, and what the ledger holds, side by side.

Needs    a connection; the book and the day.
Gives    totals of the three sides by rail, and every difference by kind, plain data.
Never    corrects: a difference is for a person.
Source   docs/reference/rails.md, "Three sides".
"""

from __future__ import annotations

from datetime import date
from typing import Any

from duewell.domain.receipts import Difference, DifferenceKind, EntryKind, Held, Ref, reconcile
from duewell.store import books, rails, receipts
from duewell.store.books import BookRow
from duewell.store.loans import Connection

SCHEMA = "duewell.reconciliation/1"


def reconcile_day(conn: Connection, book_code: str, *, on: date | None = None) -> dict[str, Any]:
    """Everything that a rail booked on a day, or that we took for booked on it, on one snapshot.

    A reference that only one side has on the day is looked for on the others whichever day they have it on:
    a statement that comes a day later closes the difference.
    """
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        day = on or book.open_on
        told = {(row.rail, row.ref): row for row in rails.entries_of_day(conn, book.book_id, day)}
        made = receipts.of_day(conn, book.code, day)
        refs = sorted({*told, *made})
        entries = rails.entries_named(conn, refs)
        found = receipts.find_many(conn, refs)
        ledger = receipts.ledger_of(conn, refs)
        keys = [rails.key_of(book, each.code) for each in rails.rails_of(book)]
        ledger |= receipts.posted_without(conn, book.book_id, keys, day)
    sides = {
        "rail": {
            ref: Held(row.amount if row.kind is EntryKind.CREDIT else -row.amount, row.currency)
            for ref, row in entries.items()
        },
        "receipt": {ref: Held(result["amount_minor"], result["currency"]) for ref, result in found.items()},
        "ledger": ledger,
    }
    differences = reconcile(rail=sides["rail"], receipts=sides["receipt"], ledger=sides["ledger"])
    return _document(book, day, sides, differences)


def _document(
    book: BookRow, day: date, sides: dict[str, dict[Ref, Held]], differences: list[Difference]
) -> dict[str, Any]:
    totals: dict[tuple[str, str], dict[str, Any]] = {}
    for side, held in sides.items():
        for (rail, _), each in held.items():
            row = totals.setdefault((rail, each.currency), {})
            row[f"{side}_count"] = row.get(f"{side}_count", 0) + 1
            row[f"{side}_minor"] = row.get(f"{side}_minor", 0) + each.amount
    return {
        "schema": SCHEMA,
        "book": book.code,
        "on": str(day),
        "currency": book.currency,
        "is_clean": not differences,
        "totals": [
            {"rail": rail.partition("/")[2], "currency": money}
            | {
                f"{side}_{what}": row.get(f"{side}_{what}", 0)
                for side in sides
                for what in ("count", "minor")
            }
            for (rail, money), row in sorted(totals.items())
        ],
        "counts": {kind.value: sum(each.kind is kind for each in differences) for kind in DifferenceKind},
        "differences": [
            {
                "kind": each.kind.value,
                "rail": each.ref[0].partition("/")[2],
                "ref": each.ref[1],
                "rail_minor": each.rail.amount if each.rail else None,
                "receipt_minor": each.receipt.amount if each.receipt else None,
                "ledger_minor": each.ledger.amount if each.ledger else None,
                "currency": next(
                    side.currency for side in (each.rail, each.receipt, each.ledger) if side is not None
                ),
            }
            for each in differences
        ],
    }
