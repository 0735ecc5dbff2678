"""A book over time: what its ledger holds of the borrowers, and what its closings observed.

Needs    a connection; a book; the last day; days or months.
Gives    receivable_changes, observed.
Never    folds a loan: days that are closed have said what they say.
Source   docs/reference/console.md, section portfolio.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from duewell.domain.ledger import Account
from duewell.store.loans import ACCOUNT_NO, Connection

Span = Literal["day", "month"]

_CHANGES = """
select date_trunc(%(span)s, t.on_day)::date, t.account_no, sum(t.amount) from (
  select g.day as on_day, u.account_no, u.amount from duewell.gl_journal g
  cross join lateral unnest(g.accounts, g.amounts) as u(account_no, amount)
  where g.book_id = %(book)s and g.day <= %(until)s and u.account_no = any(%(accounts)s::smallint[])
  union all
  select j.posted_on, u.account_no, u.amount from duewell.journal j
  join duewell.loan l using (person_id, loan_no)
  cross join lateral unnest(j.accounts, j.amounts) as u(account_no, amount)
  where l.book_id = %(book)s and j.posted_on <= %(until)s
    and u.account_no = any(%(accounts)s::smallint[])
) as t group by 1, 2 order by 1
"""


def receivable_changes(
    conn: Connection, book_id: int, accounts: Sequence[Account], *, until: date, span: Span
) -> list[tuple[date, str, int]]:
    """What each day or month changed in some accounts: its first day, the account's code, debit positive."""
    numbers = {ACCOUNT_NO[each.code]: each.code for each in accounts}
    given = {"span": span, "book": book_id, "until": until, "accounts": list(numbers)}
    rows = conn.execute(_CHANGES, given).fetchall()
    return [(on, numbers[number], int(amount)) for on, number, amount in rows]


def observed(
    conn: Connection, book_id: int, *, first: date, until: date, kinds: Sequence[int], span: Span
) -> list[tuple[date, int, int]]:
    """How often the closings of a day or month observed something: its first day, the kind, the count."""
    rows = conn.execute(
        "select date_trunc(%s, o.day)::date, o.kind, count(*) from duewell.observation o"
        " join duewell.loan l using (person_id, loan_no)"
        " where l.book_id = %s and o.day between %s and %s and o.kind = any(%s::smallint[])"
        " group by 1, 2 order by 1, 2",
        [span, book_id, first, until, list(kinds)],
    ).fetchall()
    return [(on, kind, int(count)) for on, kind, count in rows]
