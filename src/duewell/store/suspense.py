"""Suspense: money whose owner is not known, step by step, and the work list of what is left.

Needs    a connection inside the transaction that posts; every date and instant as an argument.
Gives    add_move, read_item, open_items, moves_of, item_by_key, findings.
Never    changes a step: what leaves is a step of its own.
Source   docs/reference/rails.md, "Suspense".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from duewell.domain.errors import NotFound
from duewell.domain.ledger import SUSPENSE, Journal
from duewell.domain.receipts import Ref
from duewell.store.loans import ACCOUNT_NO, Connection

_SUSPENSE = ACCOUNT_NO[SUSPENSE.code]


@dataclass(frozen=True, slots=True)
class Move:
    """One step. `target` is what it went to: a loan's fact as person/loan/seq, or a pay-out's key."""

    ref: Ref
    step: int
    kind: str
    reason: str
    currency: str
    posted_on: date
    effective_on: date
    amount: int
    target: str
    key: str


@dataclass(frozen=True, slots=True)
class Item:
    """Money in suspense: what came and what is left. Below zero: a bank took what we never had."""

    ref: Ref
    reason: str
    currency: str
    posted_on: date
    effective_on: date
    amount: int
    left: int
    steps: int


def add_move(
    conn: Connection,
    ref: Ref,
    step: int,
    journal: Journal,
    *,
    book_id: int,
    kind: str,
    currency: str,
    posted_on: date,
    effective_on: date,
    actor: str,
    at: datetime,
    reason: str = "",
    target: str = "",
    key: str = "",
) -> None:
    """Post one step; the caller holds the reference."""
    conn.execute(
        "insert into duewell.suspense_move values"
        " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::smallint[], %s::bigint[], %s, %s, %s, %s)",
        [
            *ref,
            step,
            book_id,
            kind,
            reason,
            currency,
            posted_on,
            effective_on,
            [ACCOUNT_NO[line.account.code] for line in journal.lines],
            [line.amount_minor for line in journal.lines],
            target,
            key,
            actor,
            at,
        ],
    )


_AMOUNT = (
    "(select -sum(u.amount) from unnest(m.accounts, m.amounts) as u(account_no, amount)"
    f" where u.account_no = {_SUSPENSE})"
)
_MOVE = (
    "m.rail, m.provider_ref, m.step, m.kind, m.reason, m.currency, m.posted_on, m.effective_on,"
    f" {_AMOUNT}, m.target, m.key"
)


def _move(row: Any) -> Move:
    rail, ref, *what, amount, target, key = row
    step, kind, reason, money, posted_on, effective_on = what
    return Move((rail, ref), step, kind, reason, money, posted_on, effective_on, int(amount), target, key)


def moves_of(conn: Connection, ref: Ref) -> list[Move]:
    """The steps of an item in order; what came in is positive, what left negative."""
    rows = conn.execute(
        f"select {_MOVE} from duewell.suspense_move m where rail = %s and provider_ref = %s order by step",
        [*ref],
    ).fetchall()
    return [_move(row) for row in rows]


def item_of(moves: list[Move]) -> Item:
    """What an item's steps come to."""
    first = moves[0]
    return Item(
        first.ref,
        first.reason,
        first.currency,
        first.posted_on,
        first.effective_on,
        first.amount,
        sum(move.amount for move in moves),
        len(moves),
    )


def read_item(conn: Connection, book_id: int, ref: Ref) -> tuple[Item, list[Move]]:
    """An item of a book with its steps. Refuses NotFound "suspense-not-found"."""
    row = conn.execute(
        "select book_id from duewell.suspense_move where rail = %s and provider_ref = %s and step = 1", [*ref]
    ).fetchone()
    if row is None or row[0] != book_id:
        raise NotFound("suspense-not-found", ref=ref[1][:60])
    moves = moves_of(conn, ref)
    return item_of(moves), moves


def open_items(conn: Connection, book_id: int) -> list[Item]:
    """What waits in suspense, oldest first."""
    rows = conn.execute(
        "select s.rail, s.provider_ref, f.reason, s.currency, f.posted_on, f.effective_on,"
        " s.first, s.left, s.steps"
        " from (select m.rail, m.provider_ref, m.currency, sum(a.amount) as left, count(*)::int as steps,"
        "   sum(a.amount) filter (where m.step = 1) as first"
        f"  from duewell.suspense_move m cross join lateral (select {_AMOUNT} as amount) a"
        "  where m.book_id = %s group by 1, 2, 3 having sum(a.amount) <> 0) s"
        " join duewell.suspense_move f on f.rail = s.rail and f.provider_ref = s.provider_ref and f.step = 1"
        " order by f.posted_on, s.rail, s.provider_ref",
        [book_id],
    ).fetchall()
    return [
        Item((rail, ref), reason, money, posted_on, effective_on, int(first), int(left), steps)
        for rail, ref, reason, money, posted_on, effective_on, first, left, steps in rows
    ]


def balances(conn: Connection, book_id: int, currency: str, until: date) -> dict[int, int]:
    """What the steps of a book come to by account number, in its currency, to a day's end."""
    rows = conn.execute(
        "select u.account_no, sum(u.amount) from duewell.suspense_move m"
        " cross join lateral unnest(m.accounts, m.amounts) as u(account_no, amount)"
        " where m.book_id = %s and m.currency = %s and m.posted_on <= %s group by 1",
        [book_id, currency, until],
    ).fetchall()
    return {number: int(amount) for number, amount in rows}


def findings(conn: Connection, book_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Money in suspense without its receipt, and steps to facts that are not there."""
    found: list[tuple[str, dict[str, Any]]] = []
    for rail, ref in conn.execute(
        "select m.rail, m.provider_ref from duewell.suspense_move m"
        " left join duewell.receipt r on r.rail = m.rail and r.provider_ref = m.provider_ref"
        " where m.book_id = %s and m.step = 1 and (r.rail is null or r.result->>'amount_minor'"
        " is distinct from"
        f" {_AMOUNT}::text)",
        [book_id],
    ).fetchall():
        found.append(("suspense-without-receipt", {"rail": rail, "ref": ref}))
    for rail, ref, target in conn.execute(
        "select m.rail, m.provider_ref, m.target from duewell.suspense_move m"
        " where m.book_id = %s and m.kind = 'matched' and not exists (select 1 from duewell.loan_fact f"
        "  where f.person_id = split_part(m.target, '/', 1)::bigint"
        "  and f.loan_no = split_part(m.target, '/', 2)::smallint and f.seq ="
        " split_part(m.target, '/', 3)::int"
        f"  and f.kind = 'PaymentReceived' and (f.payload->>'amount_minor')::bigint = -{_AMOUNT})",
        [book_id],
    ).fetchall():
        found.append(("suspense-match-without-fact", {"rail": rail, "ref": ref, "target": target}))
    return found
