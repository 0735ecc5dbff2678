"""The ledger as a whole: its entries in order, and the periods that were closed.

Needs    a connection; a book and days.
Gives    entries, sources_of, digest_of, periods, put_period, put_provision.
Never    changes an entry, or writes one into a closed period: the database refuses it too.
Source   docs/reference/ledger.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from duewell.domain.ledger import Account, Journal
from duewell.domain.party import loan_id
from duewell.store.loans import ACCOUNT_BY_NO, ACCOUNT_NO, Connection

DAY, PROVISION_KIND = 1, 2
_PERIOD_LOCK = 0x7065726F  # "pero": one advisory lock class of our own
_FETCHED = 2_000


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One balanced entry: a product's totals of a day, a provision, or a journal of a loan.

    `ref` names it for ever; `kind` is day, provision, suspense (of no product: 0), loan, or loans where
    a day's journals stand together.
    """

    day: date
    kind: str
    ref: str
    product_no: int
    lines: tuple[tuple[Account, int], ...]


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A closed accounting period; `totals` are its closing balances by product and account."""

    starts_on: date
    ends_on: date
    closed_at: datetime
    actor: str
    totals: dict[str, dict[str, int]]
    digest: bytes


_GL = """
select g.day, g.kind, g.product_no, g.accounts, g.amounts from duewell.gl_journal g
where g.book_id = %(book)s and g.day between %(first)s and %(last)s and g.kind = any(%(kinds)s)
order by g.day, g.product_no, g.kind
"""
_PRODUCT = (
    "join duewell.loan l using (person_id, loan_no)"
    " join duewell.product p on p.book_id = l.book_id and p.product_code = l.product_code"
    " and p.version = l.product_version"
)
_JOURNALS = f"""
select j.posted_on, j.person_id, j.loan_no, j.seq, j.part, p.product_no, j.accounts, j.amounts
from duewell.journal j {_PRODUCT}
where l.book_id = %(book)s and j.posted_on between %(first)s and %(last)s
order by j.posted_on, j.person_id, j.loan_no, j.seq, j.part
"""
_TOGETHER = f"""
select s.posted_on, s.product_no, array_agg(s.account_no order by s.account_no),
       array_agg(s.amount order by s.account_no)
from (select j.posted_on, p.product_no, u.account_no, sum(u.amount) as amount
      from duewell.journal j {_PRODUCT}
      cross join lateral unnest(j.accounts, j.amounts) as u(account_no, amount)
      where l.book_id = %(book)s and j.posted_on between %(first)s and %(last)s
      group by 1, 2, 3 having sum(u.amount) <> 0) as s
group by 1, 2 order by 1, 2
"""
_SUSPENSE = """
select m.posted_on, m.rail, m.provider_ref, m.step, m.accounts, m.amounts from duewell.suspense_move m
join duewell.book b using (book_id)
where m.book_id = %(book)s and m.currency = b.currency and m.posted_on between %(first)s and %(last)s
order by m.posted_on, m.rail, m.provider_ref, m.step
"""
_KINDS = {DAY: "day", PROVISION_KIND: "provision"}


def entries(
    conn: Connection, book_id: int, first: date, last: date, *, is_detailed: bool
) -> Iterator[LedgerEntry]:
    """The entries of some days: totals, suspense, then loans' journals, one by one or a day at once."""
    given = {"book": book_id, "first": first, "last": last, "kinds": list(_KINDS)}
    for day, kind, product_no, accounts, amounts in conn.execute(_GL, given).fetchall():
        name = _KINDS[kind]
        yield LedgerEntry(day, name, f"{name}-{day}-{product_no}", product_no, _lines(accounts, amounts))
    for day, rail, ref, step, accounts, amounts in conn.execute(_SUSPENSE, given).fetchall():
        yield LedgerEntry(day, "suspense", f"suspense-{rail}-{ref}-{step}", 0, _lines(accounts, amounts))
    if not is_detailed:
        for day, product_no, accounts, amounts in conn.execute(_TOGETHER, given).fetchall():
            ref = f"loans-{day}-{product_no}"
            yield LedgerEntry(day, "loans", ref, product_no, _lines(accounts, amounts))
        return
    for row in _stream(conn, _JOURNALS, given):
        day, person_id, loan_no, seq, part, product_no, accounts, amounts = row
        ref = f"{loan_id(person_id, loan_no)}-{seq}-{part}"
        yield LedgerEntry(day, "loan", ref, product_no, _lines(accounts, amounts))


_SOURCES = """
select source, product_no, sum(greatest(amount, 0)), sum(greatest(-amount, 0)) from (
  select case g.kind when 1 then 'day' else 'provision' end as source, g.product_no, u.account_no, u.amount
  from duewell.gl_journal g cross join lateral unnest(g.accounts, g.amounts) as u(account_no, amount)
  where g.book_id = %(book)s and g.day between %(first)s and %(last)s
  union all
  select 'loans', p.product_no, u.account_no, u.amount from duewell.journal j
  join duewell.loan l using (person_id, loan_no)
  join duewell.product p on p.book_id = l.book_id and p.product_code = l.product_code
    and p.version = l.product_version
  cross join lateral unnest(j.accounts, j.amounts) as u(account_no, amount)
  where l.book_id = %(book)s and j.posted_on between %(first)s and %(last)s
  union all
  select 'suspense', 0, u.account_no, u.amount from duewell.suspense_move m
  join duewell.book b using (book_id)
  cross join lateral unnest(m.accounts, m.amounts) as u(account_no, amount)
  where m.book_id = %(book)s and m.currency = b.currency and m.posted_on between %(first)s and %(last)s
) as t where account_no = %(account)s group by 1, 2 order by 1, 2
"""


def sources_of(
    conn: Connection, book_id: int, account: Account, first: date, last: date
) -> list[tuple[str, int, int, int]]:
    """What entries of some days did to an account: their kind, the product's number, debits, credits.

    The kind is that of `entries`: day, provision, loans, suspense (of no product: 0).
    """
    given = {"book": book_id, "first": first, "last": last, "account": ACCOUNT_NO[account.code]}
    rows = conn.execute(_SOURCES, given).fetchall()
    return [(source, product_no, int(debits), int(credits)) for source, product_no, debits, credits in rows]


def _lines(accounts: list[int], amounts: list[int]) -> tuple[tuple[Account, int], ...]:
    return tuple((ACCOUNT_BY_NO[a], int(m)) for a, m in zip(accounts, amounts, strict=True))


def _stream(conn: Connection, query: str, given: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Rows of a query that may be longer than memory; inside a transaction."""
    with conn.cursor(name="duewell_stream") as cursor:
        cursor.itersize = _FETCHED
        cursor.execute(query, given)
        yield from cursor


def digest_of(
    conn: Connection,
    book_id: int,
    first: date,
    last: date,
    before: bytes,
    *,
    kinds: Sequence[int] = (DAY, PROVISION_KIND),
) -> bytes:
    """What every entry of some days comes to as one hash, chained to the period before; in a transaction.

    Without the kind of provisions it stays what it is for ever once the days are closed.
    """
    given = {"book": book_id, "first": first, "last": last, "kinds": list(kinds)}
    chained = hashlib.sha256(before)
    for query in (_GL, _JOURNALS, _SUSPENSE):
        for row in _stream(conn, query, given):
            chained.update((" ".join(map(str, row)) + "\n").encode())
    return chained.digest()


def hold_periods(conn: Connection, book_id: int) -> None:
    """One closing of a period at a time."""
    conn.execute("select pg_advisory_xact_lock(%s, %s)", [_PERIOD_LOCK, book_id])


def periods(conn: Connection, book_id: int) -> list[PeriodRow]:
    """The closed periods of a book, oldest first."""
    rows = conn.execute(
        "select starts_on, ends_on, closed_at, actor, totals, digest from duewell.accounting_period"
        " where book_id = %s order by ends_on",
        [book_id],
    ).fetchall()
    return [
        PeriodRow(starts_on, ends_on, at, actor, totals, bytes(digest))
        for starts_on, ends_on, at, actor, totals, digest in rows
    ]


def put_period(conn: Connection, book_id: int, period: PeriodRow) -> None:
    """Close a period."""
    conn.execute(
        "insert into duewell.accounting_period values (%s, %s, %s, %s, %s, %s, %s)",
        [
            book_id,
            period.ends_on,
            period.starts_on,
            period.closed_at,
            period.actor,
            Jsonb(period.totals),
            period.digest,
        ],
    )


def put_provision(conn: Connection, book_id: int, day: date, product_no: int, journal: Journal) -> None:
    """Post what a product's provision changes by, on the last day of a period not yet closed."""
    conn.execute(
        "insert into duewell.gl_journal (book_id, day, product_no, accounts, amounts, kind)"
        " values (%s, %s, %s, %s::smallint[], %s::bigint[], %s)",
        [
            book_id,
            day,
            product_no,
            [ACCOUNT_NO[line.account.code] for line in journal.lines],
            [line.amount_minor for line in journal.lines],
            PROVISION_KIND,
        ],
    )
