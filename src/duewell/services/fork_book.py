"""Fork a sandbox book and compare two futures of it.

Needs    a connection in autocommit; the book's code and the fork's.
Gives    fork_book, compare_books, as plain data.
Never    forks a live book, or compares books that do not come from one another.
Source   docs/reference/clocks.md.
"""

from __future__ import annotations

from typing import Any

from duewell.domain.contract import contract_of
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.party import loan_id
from duewell.store import books, days, forking, loans, posting, request_keys
from duewell.store.books import BookRow
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Request

FORK, COMPARE = "duewell.fork/1", "duewell.comparison/1"
LOANS_MAX = 10_000


def fork_book(conn: Connection, code: str, new_code: str, request: Request) -> dict[str, Any]:
    """Copy a sandbox book, so that each can go its own way; sent twice it is one fork."""
    posting.check_key(request.key)
    body_hash = request_keys.hash_of_body(["fork", code, new_code])
    with conn.transaction():
        book = books.read_sandbox(conn, code)
        books.hold_day(conn, book.book_id)
        kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
        if kept is not None:
            return kept
        book = books.read_sandbox(conn, code)
        if days.unfinished_run(conn, book.book_id) is not None:
            raise Conflict("clock-day-running", book=code)
        keys = loans.keys_of_book(conn, book.book_id)
        if len(keys) > LOANS_MAX:
            raise InvalidInput("clock-book-too-large", given=len(keys), loans_max=LOANS_MAX)
        people = forking.fork(conn, book, new_code)
        document = {
            "schema": FORK,
            "book": new_code,
            "fork_of": code,
            "open_on": book.open_on.isoformat(),
            "loans": [
                {
                    "from": loan_id(key.person_id, key.loan_no),
                    "loan_id": loan_id(people[key.person_id], key.loan_no),
                }
                for key in keys
            ],
        }
        request_keys.keep(
            conn,
            client_id=request.client_id,
            key=request.key,
            body_hash=body_hash,
            target=f"clock/{new_code}",
            result=document,
            recorded_at=request.at,
        )
    return document


def compare_books(conn: Connection, code: str, other: str) -> dict[str, Any]:
    """A book and its fork, loan by loan, each as of its own open date.

    Refuses   books of which the second was not forked from the first.
    """
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book, forked = books.read_sandbox(conn, code), books.read_sandbox(conn, other)
        if forked.settings.get("fork_of") != book.code:
            raise InvalidInput("clock-not-a-fork", book=other, fork_of=code)
        keys = loans.keys_of_book(conn, book.book_id)[:LOANS_MAX]
        pairs = {key: LoanKey(forking.forked_person(other, key.person_id), key.loan_no) for key in keys}
        mine, theirs = _figures(conn, book, list(pairs)), _figures(conn, forked, list(pairs.values()))
    items = [
        {
            "loan_id": loan_id(key.person_id, key.loan_no),
            "fork_loan_id": loan_id(pair.person_id, pair.loan_no),
            "here": mine[key],
            "there": theirs[pair],
        }
        for key, pair in pairs.items()
        if pair in theirs
    ]
    return {
        "schema": COMPARE,
        "currency": book.currency,
        "here": {"book": book.code, "open_on": book.open_on.isoformat(), **_sum(mine)},
        "there": {"book": forked.code, "open_on": forked.open_on.isoformat(), **_sum(theirs)},
        "loans": items,
    }


def _figures(conn: Connection, book: BookRow, keys: list[LoanKey]) -> dict[LoanKey, dict[str, Any]]:
    found: dict[LoanKey, dict[str, Any]] = {}
    for key, (terms, facts) in loans.read_many(conn, keys).items():
        contract = contract_of(terms)
        state = contract.fold(facts, as_of=book.open_on)
        age = contract.ageing(state, book.buckets)
        paid = sum(each.amount for each in state.applied if each.kind == "repayment")
        found[key] = {
            "dpd": age.dpd,
            "bucket": age.bucket,
            "overdue_minor": age.overdue,
            "outstanding_minor": age.outstanding,
            "principal_minor": state.principal_out,
            "paid_minor": paid,
        }
    return found


def _sum(figures: dict[LoanKey, dict[str, Any]]) -> dict[str, int]:
    names = ("overdue_minor", "outstanding_minor", "principal_minor", "paid_minor")
    return {name: sum(each[name] for each in figures.values()) for name in names}
