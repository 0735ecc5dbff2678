"""Show mandates: a loan's, what was collected under them, and when the next dues will be.

Needs    a connection; the keys; the loan; which days banks work.
Gives    mandates, attempts with what follows from each, and every coming try with its time, plain data.
Never    shows more of an account than its end.
Source   docs/reference/rails.md, "When it is collected".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from duewell.domain.contract import contract_of
from duewell.domain.party import loan_id
from duewell.domain.receipts import is_active, plan_collection
from duewell.gateways.keys import KeyPort, Seals
from duewell.store import books, loans, mandates, rails
from duewell.store.loans import Connection, LoanKey

SCHEMA = "duewell.mandates/1"
DUES_SHOWN = 3


def show_mandate(
    conn: Connection,
    keys: KeyPort,
    book_code: str,
    loan: LoanKey,
    *,
    is_business: Callable[[date], bool] = lambda day: True,
) -> dict[str, Any]:
    """All of a loan's mandates and attempts; the plan of its next dues where a mandate is in force."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        rows = mandates.mandates_of(conn, loan)
        attempts = mandates.collections_of(conn, loan)
        found = loans.read_many(conn, [loan]).get(loan)
        accounts = {row.number: mandates.account_of(conn, Seals(keys), row) for row in rows}
    # Of a person who was erased nobody can collect: there is no account any more.
    active = next((row for row in rows if is_active(row.kinds) and accounts[row.number]), None)
    plan: list[dict[str, Any]] = []
    if active is not None and found is not None:
        rail = rails.rail_of(book, active.rail.partition("/")[2])
        contract = contract_of(found[0])
        state = contract.fold(found[1], as_of=book.open_on)
        dues = sorted({due for due in contract.dues(state) if due >= book.open_on})
        plan = [
            {
                "due_on": str(due),
                "amount_minor": contract.asked_on(state, due),
                "tries": [
                    {"on": str(each.on), "at": f"{each.at:%H:%M}"}
                    for each in plan_collection(due, rail.slots, is_business=is_business)
                ],
            }
            for due in dues[:DUES_SHOWN]
        ]
    return {
        "schema": SCHEMA,
        "book": book.code,
        "loan_id": loan_id(loan.person_id, loan.loan_no),
        "currency": book.currency,
        "mandates": [_document(row, accounts[row.number] or {}) for row in rows],
        "coming": plan,
        "attempts": [
            {
                "due_on": str(each.due_on),
                "attempt": each.attempt,
                "collect_on": str(each.collect_on),
                "amount_minor": each.amount,
                "state": each.state,
                "reason": each.reason or None,
                "next": each.step or None,
            }
            for each in attempts
        ],
    }


def _document(row: mandates.MandateRow, account: dict[str, str]) -> dict[str, Any]:
    return {
        "mandate": row.reference,
        "rail": row.rail.partition("/")[2],
        "account_end": account.get("account", "")[-4:],
        "state": row.events[-1].kind.value,
        "is_active": is_active(row.kinds),
        "history": [
            {"change": each.kind.value, "on": str(each.effective_on), "reason": each.reason or None}
            for each in row.events
        ],
    }
