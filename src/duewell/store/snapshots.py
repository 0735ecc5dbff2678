"""What a book comes to at the end of its last closed day, in figures that no later day changes.

Needs    a connection inside a transaction.
Gives    snapshot: what a backup writes down; differences: what a restored book has otherwise.
Never    counts what may still be added to a closed day, such as a provision set aside later.
Source   docs/runbook.md, backup and restore.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from duewell.store import books, days, ledger, sealing, trail
from duewell.store.books import BookRow
from duewell.store.ledger import DAY
from duewell.store.loans import ACCOUNT_BY_NO, Connection

_START = bytes(32)
_BALANCES = """
select account_no, sum(amount) from (
  select u.account_no, u.amount from duewell.gl_journal
  cross join lateral unnest(accounts, amounts) as u(account_no, amount)
  where book_id = %(book)s and day <= %(until)s and kind = 1
  union all
  select u.account_no, u.amount from duewell.journal j join duewell.loan l using (person_id, loan_no)
  cross join lateral unnest(j.accounts, j.amounts) as u(account_no, amount)
  where l.book_id = %(book)s and j.posted_on <= %(until)s
) as posted group by 1 having sum(amount) <> 0 order by 1
"""
_FACTS = (
    "select count(*) from duewell.loan_fact f join duewell.loan l using (person_id, loan_no)"
    " where l.book_id = %(book)s and f.recorded_on <= %(until)s"
)


def snapshot(conn: Connection, book: BookRow) -> dict[str, Any]:
    """A book's open date, and what its last closed day left: balances, periods, a hash of the entries."""
    last = days.last_closed(conn, book.book_id)
    found: dict[str, Any] = {"book": book.code, "currency": book.currency, "open_on": str(book.open_on)}
    found["last_closed"] = str(last) if last else None
    found["trail"] = list(trail.head(conn))
    sealed = sealing.last(conn, book.book_id)
    found["seal"] = [sealed[0].isoformat(), sealed[1].hex()] if sealed is not None else None
    if last is not None:
        periods = [(p.ends_on, p.digest) for p in ledger.periods(conn, book.book_id) if p.ends_on <= last]
        found |= _closed(conn, book, last, periods)
    return found


def differences(conn: Connection, kept: dict[str, Any]) -> list[str]:
    """The names of what a book has otherwise than a backup taken before wrote down; none means equal."""
    if kept["book"] not in books.book_codes(conn):
        return ["book"]
    book = books.read_book(conn, kept["book"])
    # A chain alone does not show that its end was cut off; a head kept elsewhere does.
    seq, hashed = kept.get("trail", (0, ""))
    cut = ["trail"] if trail.check(conn, (seq, hashed)) else []
    cut += ["seal"] if kept.get("seal") and not sealing.holds(conn, book.book_id, *kept["seal"]) else []
    if kept["last_closed"] is None:
        return cut
    last = days.last_closed(conn, book.book_id)
    until = date.fromisoformat(kept["last_closed"])
    if last is None or last < until:
        return [*cut, "last_closed"]
    count = len(kept["periods"])
    periods = [(p.ends_on, p.digest) for p in ledger.periods(conn, book.book_id)][:count]
    found = _closed(conn, book, until, periods)
    return [*cut, *(name for name, value in found.items() if value != kept[name])]


def _closed(
    conn: Connection, book: BookRow, until: date, periods: list[tuple[date, bytes]]
) -> dict[str, Any]:
    given = {"book": book.book_id, "until": until}
    facts = conn.execute(_FACTS, given).fetchone()
    assert facts is not None
    first = periods[-1][0] + timedelta(days=1) if periods else date.min
    chained = periods[-1][1] if periods else _START
    return {
        "facts": int(facts[0]),
        "balances_minor": {
            ACCOUNT_BY_NO[number].code: int(amount) for number, amount in conn.execute(_BALANCES, given)
        },
        "periods": [[str(ends_on), digest.hex()] for ends_on, digest in periods],
        "entries": ledger.digest_of(conn, book.book_id, first, until, chained, kinds=[DAY]).hex(),
    }
