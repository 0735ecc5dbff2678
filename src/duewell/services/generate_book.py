"""Generate a synthetic book of any size, streamed in batches by COPY.

Needs    a connection; count, seed, the first business date; the instant.
Gives    the number of loans made.
Never    adds to a book that holds loans already.
Source   src/duewell/analytics/synthetic.py says what the behaviour is calibrated to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime

from duewell.analytics.synthetic import synthetic_loans
from duewell.domain.agenda import Sums
from duewell.domain.errors import Conflict
from duewell.domain.product import OWN_TERMS
from duewell.store import books, bulk, loans
from duewell.store.bulk import NewLoan
from duewell.store.loans import Connection

BATCH = 2_000


def generate_book(
    conn: Connection,
    code: str,
    *,
    count: int,
    seed: int,
    open_on: date,
    at: datetime,
    on_progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Make the book and fill it in one transaction; the same seed gives the same loans and facts."""
    with conn.transaction():
        book = books.open_book(
            conn,
            code=code,
            name=code,
            legal_entity=code,
            jurisdiction="CN",
            currency="CNY",
            zone="Asia/Shanghai",
            calendar="CN",
            cutoff="23:00",
            open_on=open_on,
            is_sandbox=True,
            settings={"synthetic_seed": seed},
        )
        if loans.keys_of_book(conn, book.book_id):
            raise Conflict("book-already-open", book=code)
        numbers: dict[str, int] = {}
        sums: dict[int, Sums] = defaultdict(lambda: defaultdict(int))
        for start in range(0, count, BATCH):
            made = []
            for each in synthetic_loans(
                count=min(BATCH, count - start), seed=seed, opened_on=open_on, first=start, book=code
            ):
                if each.product_code not in numbers:
                    numbers[each.product_code] = books.add_product(
                        conn, book, each.product_code, version=1, valid_from=open_on, terms=OWN_TERMS
                    )
                number = numbers[each.product_code]
                new = NewLoan(
                    each.person_id, each.external_ref, each.product_code, number, each.terms, each.facts
                )
                made.append(bulk.computed(new, book))
            bulk.write_loans(conn, book, made, actor="generator", at=at)
            for one in made:
                for name, value in one.before.items():
                    sums[one.loan.product_no][name] += value
            on_progress(start + len(made))
        kept = {number: {k: v for k, v in each.items() if v} for number, each in sums.items()}
        bulk.write_standing(conn, book, kept, at=at)
    return count
