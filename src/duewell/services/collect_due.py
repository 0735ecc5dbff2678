"""Collect what falls due: one file for a rail and day, of every try that the plan has on that day.

Needs    a connection in autocommit; the keys; the book, a rail of debits, the day; what writes it; when.
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
from duewell.domain.errors import InvalidInput, NotFound
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
from duewell.gateways.keys import KeyPort, Seals
from duewell.gateways.rails import Debit, write_collections
from duewell.store import books, loans, mandates, posting, rails, receipts, request_keys
from duewell.store.books import BookRow
from duewell.store.collecting import notice
from duewell.store.loans import Connection, LoanKey
from duewell.store.mandates import CollectionRow
from duewell.store.posting import Request

SCHEMA = "duewell.collection-file/1"
AHEAD_MAX = 14
"""Days before the day of a try at which its file may be made: banks want some."""
_BACK = timedelta(days=92)
_AT_ONCE = 1_000
_ERASED = "person-erased"


def collect_due(
    conn: Connection,
    keys: KeyPort,
    book_code: str,
    rail_code: str,
    *,
    on: date,
    write: Callable[[bytes], None],
    at: datetime,
    is_business: Callable[[date], bool] = lambda day: True,
    request: Request | None = None,
) -> dict[str, Any]:
    """Make the file of a day, or the one that was begun and never written; nothing is written for nothing.

    Under a `request` the same key makes the same file. Who was erased cannot be collected from.
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
        asked = request_keys.hash_of_body([SCHEMA, key, str(on)])
        kept = _kept(conn, request, asked)
        if kept is not None:
            batch, is_again = kept, True
        else:
            batch, is_again = _begin(conn, book, rail, key, on=on, at=at, is_business=is_business)
            _keep(conn, request, asked, key, batch)
    rows, debits = _debits(conn, keys, key, batch) if batch else ([], [])
    if rows:
        write(_file(book, rail, debits, batch=batch, on=on, at=rows[0].recorded_at))
        _mark(conn, key, batch, {debit.ref for debit in debits}, on=on, at=at)
    return {
        "schema": SCHEMA,
        "book": book.code,
        "rail": rail.code,
        "on": str(on),
        "currency": book.currency,
        "batch": batch or None,
        "is_again": is_again,
        "collections": len(debits),
        "amount_minor": sum(debit.amount for debit in debits),
    }


def collection_file(conn: Connection, keys: KeyPort, book_code: str, rail_code: str, batch: str) -> bytes:
    """A file that was made, once more. Refuses NotFound "batch-not-found"."""
    book = books.read_book(conn, book_code)
    rail = rails.rail_of(book, rail_code)
    rows, debits = _debits(conn, keys, rails.key_of(book, rail.code), batch)
    if not rows:
        raise NotFound("batch-not-found", batch=batch[:40], rail=rail.code)
    return _file(book, rail, debits, batch=batch, on=rows[0].collect_on, at=rows[0].recorded_at)


def _kept(conn: Connection, request: Request | None, asked: bytes) -> str | None:
    """The batch that was made under the same key."""
    if request is None:
        return None
    posting.check_key(request.key)
    kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=asked)
    return str(kept["batch"]) if kept is not None else None


def _keep(conn: Connection, request: Request | None, asked: bytes, key: str, batch: str) -> None:
    if request is not None:
        request_keys.keep(
            conn,
            client_id=request.client_id,
            key=request.key,
            body_hash=asked,
            target=f"collect/{key}",
            result={"batch": batch},
            recorded_at=request.at,
        )


def _mark(conn: Connection, key: str, batch: str, sent: set[str], *, on: date, at: datetime) -> None:
    """The file was written: each try is, but those of persons erased since, which failed for our reason."""
    with conn.transaction():
        rows = mandates.batch_of(conn, key, batch)
        loans.lock_many(conn, sorted({LoanKey(*row.loan) for row in rows}, key=_in_order))
        for row in mandates.batch_of(conn, key, batch):
            if row.events:
                continue
            if collection_ref(row.loan, row.due_on, row.attempt) in sent:
                mandates.add_collection_event(conn, row, "written", effective_on=on, at=at)
            else:
                mandates.add_collection_event(
                    conn, row, "rejected", effective_on=on, at=at, reason=_ERASED, step=NextStep.OURS.value
                )


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
    gone = mandates.erased_of_rail(conn, key)
    active = {
        row.loan: row
        for row in mandates.mandates_of_rail(conn, key)
        if is_active(row.kinds) and row.loan.person_id not in gone
    }
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


def _debits(conn: Connection, keys: KeyPort, key: str, batch: str) -> tuple[list[CollectionRow], list[Debit]]:
    """The tries of a file, and what is asked of whom; of a person erased since nothing."""
    rows = mandates.batch_of(conn, key, batch)
    signed = {(each.loan, each.number): each for each in mandates.mandates_of_rail(conn, key)} if rows else {}
    debits = []
    for row in rows:
        mandate = signed[(row.loan, row.mandate_no)]
        account = mandates.account_of(conn, Seals(keys), mandate)
        if account is not None:
            debits.append(
                Debit(
                    collection_ref(row.loan, row.due_on, row.attempt),
                    row.amount,
                    Payer(**account),
                    mandate.reference,
                    mandate.events[0].effective_on,
                    f"{row.due_on}",
                )
            )
    return rows, debits


def _file(book: BookRow, rail: Rail, debits: Sequence[Debit], *, batch: str, on: date, at: datetime) -> bytes:
    return write_collections(rail, debits, batch=batch, currency_code=book.currency, on=on, at=at)


def _in_order(key: LoanKey) -> tuple[int, int]:
    return key.person_id, key.loan_no
