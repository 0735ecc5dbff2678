"""What a closed period stands for: its balances, its hash, and what was set aside for losses.

Needs    a connection; the book; a day whose run is finished.
Gives    period_of, provisions: the same whenever they are asked again.
Never    writes.
Source   docs/reference/ledger.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from duewell.domain.contract import contract_of
from duewell.domain.provisioning import provision_for
from duewell.store import days, ledger, loans
from duewell.store.books import BookRow
from duewell.store.ledger import PeriodRow
from duewell.store.loans import Connection

_AT_ONCE = 2_000
_START = bytes(32)


def period_of(
    conn: Connection, book: BookRow, ends_on: date, before: Sequence[PeriodRow], *, at: datetime, actor: str
) -> PeriodRow:
    """What the entries say of the period after those `before`; in a transaction."""
    starts_on = before[-1].ends_on + timedelta(days=1) if before else book.opened_on
    chained = before[-1].digest if before else _START
    digest = ledger.digest_of(conn, book.book_id, starts_on, ends_on, chained)
    balances = days.gl_balances(conn, book.book_id, ends_on)
    totals = {
        str(product_no): {account.code: amount for account, amount in each.items() if amount}
        for product_no, each in sorted(balances.items())
    }
    return PeriodRow(starts_on, ends_on, at, actor, totals, digest)


def provisions(
    conn: Connection,
    book: BookRow,
    as_of: date,
    *,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[int, int]:
    """What each product sets aside for losses on a day, by the loans as then known."""
    rates = book.provision_rates
    if rates is None:
        return {}
    principal: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    keys = loans.keys_of_book(conn, book.book_id)
    for start in range(0, len(keys), _AT_ONCE):
        chunk = keys[start : start + _AT_ONCE]
        numbers = loans.products_of(conn, chunk)
        for key, (terms, facts) in loans.read_many(conn, chunk, as_of).items():
            if any(fact.effective_on <= as_of for fact in facts):
                contract = contract_of(terms)
                state = contract.fold(facts, as_of=as_of)
                bucket = contract.ageing(state, book.buckets).bucket
                principal[numbers[key]][bucket] += state.principal_out
        on_progress(min(start + _AT_ONCE, len(keys)), len(keys))
    return {product_no: provision_for(each, rates) for product_no, each in principal.items()}
