"""Collect what falls due: one file for a rail and day, of every try that the plan has on that day.

Needs    a connection in autocommit; the book, a rail of debits, the day; what writes the file; the instant.
Gives    how many and how much, plain data.
Never    tries while a try has no answer, tries more often than planned, or asks for more than is unpaid of a
         due date; killed before the file was written, the next run writes the same file.
Source   docs/reference/rails.md, "When it is collected".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from duewell.domain.contract import contract_of
from duewell.domain.errors import InvalidInput
from duewell.domain.receipts import (
    LoanRef,
    NextStep,
    Payer,
    Rail,
    RailKind,
    collection_ref,
    is_active,
    next_attempt,
    plan_collection,
)
from duewell.gateways.rails import Debit, write_collections
from duewell.store import books, loans, mandates, rails, receipts
from duewell.store.books import BookRow
from duewell.store.collecting import notice
from duewell.store.loans import Connection, LoanKey
from duewell.store.mandates import CollectionRow, MandateRow

SCHEMA = "duewell.collection-file/1"
AHEAD_MAX = 14
"""Days before the day of a try at which its file may be made: banks want some."""
_BACK = timedelta(days=92)
_AT_ONCE = 1_000


def collect_due(
    conn: Connection,
    book_code: str,
    rail_code: str,
    *,
    on: date,
    write: Callable[[bytes], None],
    at: datetime,
    is_business: Callable[[date], bool] = lambda day: True,
) -> dict[str, Any]:
    """Make the file of a day, or the one that was begun and never written; nothing is written for nothing.

    Refuses   a rail of another kind, a day that is past or too far ahead.
    """
    book = books.read_book(conn, book_code)
    rail = rails.rail_of(book, rail_code)
    if rail.kind is not RailKind.DEBIT:
        raise InvalidInput("rail-kind-wrong", rail=rail.code, kind=rail.kind.value, wanted="debit")
    if not book.open_on <= on <= book.open_on + timedelta(days=AHEAD_MAX):
        raise InvalidInput(
            "collect-day-out-of-range", on=str(on), open_on=str(book.open_on), days_max=AHEAD_MAX
        )
    key = rails.key_of(book, rail.code)
    with conn.transaction():
        receipts.hold(conn, [(key, "collect")])
        batch, is_again = _begin(conn, book, rail, key, on=on, at=at, is_business=is_business)
    rows = mandates.batch_of(conn, key, batch) if batch else []
    if rows:
        write(_file(conn, book, rail, rows, batch=batch, on=on))
        with conn.transaction():
            loans.lock_many(conn, sorted({LoanKey(*row.loan) for row in rows}, key=_in_order))
            for row in mandates.batch_of(conn, key, batch):
                if not row.events:
                    mandates.add_collection_event(conn, row, "written", effective_on=on, at=at)
    return {
        "schema": SCHEMA,
        "book": book.code,
        "rail": rail.code,
        "on": str(on),
        "currency": book.currency,
        "batch": batch or None,
        "is_again": is_again,
        "collections": len(rows),
        "amount_minor": sum(row.amount for row in rows),
    }


def _begin(
    conn: Connection,
    book: BookRow,
    rail: Rail,
    key: str,
    *,
    on: date,
    at: datetime,
    is_business: Callable[[date], bool],
) -> tuple[str, bool]:
    """The batch of the day that waits for its file, or a new one; empty where nothing is to be collected."""
    there = mandates.batches_on(conn, key, on)
    for batch, is_written in there:
        if not is_written:
            return batch, True
    digest = hashlib.sha256(key.encode()).hexdigest()[:8].upper()
    batch = f"DW{digest}C{on:%y%m%d}{len(there) + 1:02d}"
    active = {row.loan: row for row in mandates.mandates_of_rail(conn, key) if is_active(row.kinds)}
    keys = [LoanKey(*loan) for loan in sorted(active)]
    count = 0
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        loans.lock_many(conn, some)
        for loan, due_on, attempt, amount in _tries(conn, rail, key, some, on, is_business):
            mandates.put_collection(
                conn,
                loan,
                due_on=due_on,
                attempt=attempt,
                mandate_no=active[loan].number,
                book_id=book.book_id,
                rail=key,
                batch=batch,
                collect_on=on,
                amount=amount,
                at=at,
            )
            count += 1
            ref = collection_ref(loan, due_on, attempt)
            told = {"notice": "collection-coming", "on": str(on), "due_on": str(due_on)}
            notice(conn, book, loan, f"collection-coming/{ref}", told | {"amount_minor": amount}, at)
    return (batch, False) if count else ("", False)


def _tries(
    conn: Connection,
    rail: Rail,
    key: str,
    some: Sequence[LoanKey],
    on: date,
    is_business: Callable[[date], bool],
) -> Iterable[tuple[LoanRef, date, int, int]]:
    """What is to be tried today: loan, due date, number of the try, and what is unpaid of that due date."""
    for where, (terms, facts) in loans.read_many(conn, some).items():
        loan = LoanRef(where.person_id, where.loan_no)
        contract = contract_of(terms)
        state = contract.fold(facts, as_of=on)
        if state.charged_off_on is not None:
            continue
        made: dict[date, list[CollectionRow]] = {}
        for row in mandates.collections_of(conn, loan):
            made.setdefault(row.due_on, []).append(row)
        for due_on in sorted({due for due in contract.dues(state) if on - _BACK <= due <= on}):
            before = made.get(due_on, [])
            if before and not _may_try_again(before[-1]):
                continue
            plan = plan_collection(due_on, rail.slots, is_business=is_business)
            coming = next_attempt(plan, made=before[-1].attempt if before else 0, on=on)
            amount = contract.asked_on(state, due_on)
            if coming is not None and amount > 0:
                yield loan, due_on, coming.number, amount


def _may_try_again(last: CollectionRow) -> bool:
    """A try that failed for a reason that passes; one without an answer, or paid, is left alone."""
    return last.state in ("rejected", "returned") and last.step == NextStep.RETRY.value


def _file(
    conn: Connection, book: BookRow, rail: Rail, rows: Sequence[CollectionRow], *, batch: str, on: date
) -> bytes:
    signed: dict[tuple[LoanRef, int], MandateRow] = {
        (each.loan, each.number): each for each in mandates.mandates_of_rail(conn, rows[0].rail)
    }
    debits = []
    for row in rows:
        mandate = signed[(row.loan, row.mandate_no)]
        debits.append(
            Debit(
                collection_ref(row.loan, row.due_on, row.attempt),
                row.amount,
                Payer(**mandate.account),
                mandate.reference,
                mandate.events[0].effective_on,
                f"{row.due_on}",
            )
        )
    return write_collections(
        rail, debits, batch=batch, currency_code=book.currency, on=on, at=rows[0].recorded_at
    )


def _in_order(key: LoanKey) -> tuple[int, int]:
    return key.person_id, key.loan_no
