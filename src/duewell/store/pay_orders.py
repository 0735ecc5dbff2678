"""Orders to pay through a wallet, and what its provider answered.

Needs    a connection inside a transaction; every instant as an argument.
Gives    OrderRow, put_order, read_order, order_by_key, add_answer, silent_orders.
Never    changes an answer: the state is what all of them come to.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duewell.domain.receipts import Answer, LoanRef, order_state
from duewell.store.loans import Connection


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order and the answers so far."""

    loan: LoanRef
    number: int
    book_id: int
    rail: str
    amount: int
    key: str
    url: str
    expires_at: datetime
    answers: tuple[Answer, ...]

    @property
    def state(self) -> Answer:
        """What is known."""
        return order_state(self.answers)


_ORDERS = (
    "select o.person_id, o.loan_no, o.order_no, o.book_id, o.rail, o.amount_minor, o.key,"
    " o.url, o.expires_at,"
    " array(select e.kind from duewell.pay_order_event e where e.person_id = o.person_id"
    "  and e.loan_no = o.loan_no and e.order_no = o.order_no order by e.seq)"
    " from duewell.pay_order o"
)


def _order(row: Any) -> OrderRow:
    person_id, loan_no, number, book_id, rail, amount, key, url, expires_at, told = row
    answers = tuple(Answer(each) for each in told)
    loan = LoanRef(person_id, loan_no)
    return OrderRow(loan, number, book_id, rail, int(amount), key, url, expires_at, answers)


def put_order(
    conn: Connection,
    loan: LoanRef,
    number: int,
    *,
    book_id: int,
    rail: str,
    amount: int,
    key: str,
    url: str,
    expires_at: datetime,
    at: datetime,
) -> None:
    """A new order under the loan's lock."""
    conn.execute(
        "insert into duewell.pay_order values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [loan.person_id, loan.loan_no, number, book_id, rail, amount, key, url, expires_at, at],
    )


def read_order(conn: Connection, loan: LoanRef, number: int) -> OrderRow | None:
    """An order by its number."""
    row = conn.execute(
        f"{_ORDERS} where o.person_id = %s and o.loan_no = %s and o.order_no = %s",
        [loan.person_id, loan.loan_no, number],
    ).fetchone()
    return _order(row) if row else None


def orders_of(conn: Connection, loan: LoanRef) -> list[OrderRow]:
    """The orders of a loan in order."""
    rows = conn.execute(
        f"{_ORDERS} where o.person_id = %s and o.loan_no = %s order by o.order_no",
        [loan.person_id, loan.loan_no],
    ).fetchall()
    return [_order(row) for row in rows]


def add_answer(
    conn: Connection,
    row: OrderRow,
    answer: Answer,
    *,
    source: str,
    at: datetime,
    provider_ref: str = "",
    reason: str = "",
) -> None:
    """Add an answer, under the loan's lock."""
    conn.execute(
        "insert into duewell.pay_order_event values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            row.loan.person_id,
            row.loan.loan_no,
            row.number,
            len(row.answers) + 1,
            answer.value,
            source,
            provider_ref[:100],
            reason[:200],
            at,
        ],
    )


def silent_orders(
    conn: Connection, book_id: int, *, before: datetime, after: datetime, limit: int
) -> list[OrderRow]:
    """Orders made between two instants of which nothing final is known, oldest first."""
    rows = conn.execute(
        f"{_ORDERS} where o.book_id = %s and o.recorded_at <= %s and o.recorded_at > %s and not exists"
        " (select 1 from duewell.pay_order_event e where e.person_id = o.person_id and e.loan_no = o.loan_no"
        "  and e.order_no = o.order_no and e.kind in ('ok', 'failed'))"
        " order by o.recorded_at, o.person_id, o.loan_no, o.order_no limit %s",
        [book_id, before, after, limit],
    ).fetchall()
    return [_order(row) for row in rows]
