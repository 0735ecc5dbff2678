"""Write the agendas of a book anew from its facts: after an upgrade, or where verify found one that differs.

Needs    a connection in autocommit, the book's code.
Gives    how many agendas were written.
Never    touches a fact, a journal or a sum, or runs while a day is being closed.
Source   docs/decisions/0003-the-agenda.md: an agenda is a projection, its facts are the truth.
"""

from __future__ import annotations

from collections.abc import Callable

from duewell.domain.contract import contract_of
from duewell.domain.errors import Conflict
from duewell.store import agendas, books, days, loans
from duewell.store.agendas import Measures
from duewell.store.loans import Connection

AT_ONCE = 500


def rebuild_agendas(
    conn: Connection, book_code: str, *, on_progress: Callable[[int, int], None] = lambda done, of: None
) -> int:
    """Fold every loan and write its agenda as of the open date, some hundred loans a transaction.

    Refuses   Conflict "day-being-closed" while one is.
    """
    book = books.read_book(conn, book_code)
    keys = loans.keys_of_book(conn, book.book_id)
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        with conn.transaction():
            books.share_day(conn, book.book_id)
            if days.unfinished_run(conn, book.book_id) is not None:
                raise Conflict("day-being-closed", book=book_code)
            open_on = books.read_book(conn, book_code).open_on
            loans.lock_many(conn, part)
            products = loans.products_of(conn, part)
            plans = []
            for key, (terms, facts) in loans.read_many(conn, part).items():
                plan, _ = contract_of(terms).agenda(facts, open_on=open_on, buckets=book.buckets)
                plans.append((key, products[key], plan))
            agendas.put_agendas(conn, plans, book_id=book.book_id, open_on=open_on, measures=Measures(conn))
        on_progress(start + len(part), len(keys))
    return len(keys)
