"""The day's own tables, and the step that closes one slice of one day.

Needs    a connection inside a transaction; the day as an argument.
Gives    begin_run, close_slice, undone_slices, finish_run, the portfolio sums of a day.
Never    computes an interest, a date or a penalty: SQL compares, adds and copies what the fold wrote.
Source   docs/decisions/0004-closing-a-day.md.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from duewell.domain.agenda import EntryKind, Sums
from duewell.domain.contract import contract_of
from duewell.domain.delinquency import DUE_STEPS, LATE_STEPS
from duewell.domain.ledger import Account, Journal
from duewell.store import agendas, loans
from duewell.store.agendas import Measures
from duewell.store.loans import ACCOUNT_NO, Connection, LoanKey

SLICES = 16
_SHIFT = 59  # a person_id has 63 bits; its top four are the slice
MISSED = 7
"""Observation: a row stayed unpaid at the end of its due date."""


def slice_of(person_id: int) -> int:
    """The slice a person belongs to."""
    return person_id >> _SHIFT


def begin_run(conn: Connection, book_id: int, day: date, at: datetime) -> None:
    """Start the run of a day."""
    conn.execute("insert into duewell.day_run values (%s, %s, %s)", [book_id, day, at])


def unfinished_run(conn: Connection, book_id: int) -> date | None:
    """The day whose run is not finished, if there is one: at most one, since days close in order."""
    row = conn.execute(
        "select day from duewell.day_run where book_id = %s and finished_at is null", [book_id]
    ).fetchone()
    return row[0] if row else None


def last_closed(conn: Connection, book_id: int) -> date | None:
    """The last day whose run is finished."""
    row = conn.execute(
        "select max(day) from duewell.day_run where book_id = %s and finished_at is not null", [book_id]
    ).fetchone()
    return row[0] if row else None


def is_slice_done(conn: Connection, book_id: int, day: date, slice_no: int) -> bool:
    """Whether a slice of a day is done."""
    row = conn.execute(
        "select 1 from duewell.day_chunk where book_id = %s and day = %s and slice_no = %s",
        [book_id, day, slice_no],
    ).fetchone()
    return row is not None


def close_slice(conn: Connection, book_id: int, day: date, slice_no: int, at: datetime) -> dict[str, int]:
    """Close one slice of a day in this transaction; a slice done before gives zeros and changes nothing."""
    lock = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
    conn.execute(lock, [f"duewell day {book_id} {day} {slice_no}"])
    counts = {"entries": 0, "turned": 0, "wishes": 0}
    if is_slice_done(conn, book_id, day, slice_no):
        return counts
    low, high = slice_no << _SHIFT, ((slice_no + 1) << _SHIFT) - 1
    given = {"book": book_id, "day": day, "slice": slice_no, "low": low, "high": high}
    counts["turned"] = _turn(conn, given)
    conn.execute(_SUMS, given)
    counts["entries"] = conn.execute(_OBSERVATIONS, given).rowcount
    conn.execute(_MISSED, given)
    counts["wishes"] = _wish(conn, given)
    conn.execute(
        "insert into duewell.day_chunk values (%s, %s, %s, %s, %s, %s, %s)",
        [book_id, day, slice_no, at, counts["entries"], counts["turned"], counts["wishes"]],
    )
    return counts


_UNPAID = f"""
select a.person_id, a.loan_no, a.product_no, a.is_turned
from duewell.agenda a join duewell.loan_state s using (person_id, loan_no)
where a.book_id = %(book)s and a.dates @> array[%(day)s::date]
  and a.person_id between %(low)s and %(high)s
  and (a.kinds[width_bucket(%(day)s::date, a.dates)] = {int(EntryKind.RENEW)}
       or not a.is_turned and a.cum[3 * width_bucket(%(day)s::date, a.dates)] > s.paid_minor)
order by 1, 2 for update of s
"""

_ENTRIES = """
(select a.*, width_bucket(%(day)s::date - 1, a.dates) as lo, width_bucket(%(day)s::date, a.dates) as hi
 from duewell.agenda a where a.book_id = %(book)s and a.dates @> array[%(day)s::date]
   and a.person_id between %(low)s and %(high)s) as e
"""

_SUMS = f"""
insert into duewell.day_sum
select %(book)s, %(day)s, %(slice)s, e.product_no, u.measure_no, sum(u.adds) from {_ENTRIES}
cross join lateral unnest(e.sum_measure[coalesce(e.sum_to[e.lo], 0) + 1 : e.sum_to[e.hi]],
                          e.sum_add[coalesce(e.sum_to[e.lo], 0) + 1 : e.sum_to[e.hi]]) as u(measure_no, adds)
group by e.product_no, u.measure_no having sum(u.adds) <> 0
"""

_OBSERVATIONS = f"""
insert into duewell.observation
select distinct e.person_id, e.loan_no, %(day)s::date, u.kind from {_ENTRIES}
cross join lateral unnest(e.kinds[e.lo + 1 : e.hi]) as u(kind)
"""

_MISSED = f"""
insert into duewell.observation
select distinct e.person_id, e.loan_no, %(day)s::date, {MISSED} from {_ENTRIES}
cross join lateral generate_series(e.lo + 1, e.hi) as u(n)
where e.is_turned and e.kinds[u.n] = {int(EntryKind.DUE)}
  and e.cum[3 * u.n] > case when u.n = 1 then 0 else e.cum[3 * (u.n - 1)] end
"""


def _turn(conn: Connection, given: dict[str, Any]) -> int:
    """Fold once every loan whose row stays unpaid today, and write the course it takes from here.

    A line whose agenda ends today is folded too; it counts as turned only if it was not behind before.
    """
    found = conn.execute(_UNPAID, given).fetchall()
    if not found:
        return 0
    keys = [LoanKey(person_id, loan_no) for person_id, loan_no, *_ in found]
    read = loans.read_many(conn, keys)
    measures = Measures(conn)
    buckets = loans.buckets_of_book(conn, given["book"])
    rows, turned = [], 0
    for key, (_, _, product_no, was_turned) in zip(keys, found, strict=True):
        terms, facts = read[key]
        # What was recorded after the cut-off belongs to the next day; its own posting writes it.
        facts = [f for f in facts if f.recorded_on <= given["day"]]
        plan, _ = contract_of(terms).agenda(facts, open_on=given["day"], is_closing=True, buckets=buckets)
        turned += plan.is_turned and not was_turned
        rows.append(agendas.agenda_row(key, given["book"], product_no, plan, measures))
    agendas.put_agendas(conn, rows)
    return turned


_WISH_DUE = """
insert into duewell.wish
select a.person_id, 'remind/' || a.loan_no || '/' || u.due || '/' || %(offset)s, a.book_id, 'remind', 1,
       jsonb_build_object('loan_no', a.loan_no, 'due_on', u.due, 'days', %(offset)s),
       %(day)s::date + 1, %(day)s::date + 2, null, 'wished'
from duewell.agenda a cross join lateral (select %(day)s::date + 1 - %(offset)s::int as due) u
where a.book_id = %(book)s and a.dates @> array[u.due] and not a.is_turned
  and a.person_id between %(low)s and %(high)s
  and a.cum[3 * width_bucket(u.due, a.dates)] > coalesce(a.cum[3 * width_bucket(u.due - 1, a.dates)], 0)
on conflict (person_id, wish_key) do nothing
"""

_WISH_LATE = """
insert into duewell.wish
select a.person_id, %(kind)s || '/' || a.loan_no || '/' || a.since || '/' || %(offset)s,
       a.book_id, %(kind)s, 1,
       jsonb_build_object('loan_no', a.loan_no, 'since', a.since, 'days', %(offset)s),
       %(day)s::date + 1, %(day)s::date + 8, null, 'wished'
from duewell.agenda a
where a.book_id = %(book)s and a.is_turned and a.since = %(day)s::date + 1 - %(offset)s::int
  and a.person_id between %(low)s and %(high)s
on conflict (person_id, wish_key) do nothing
"""


def _wish(conn: Connection, given: dict[str, Any]) -> int:
    """Write tomorrow's wishes. A wish is never a contact: the gate decides on it."""
    count = 0
    for offset, _ in DUE_STEPS:
        count += conn.execute(_WISH_DUE, given | {"offset": offset}).rowcount
    for offset, kind in LATE_STEPS:
        count += conn.execute(_WISH_LATE, given | {"offset": offset, "kind": kind}).rowcount
    return count


# -- after the last slice --------------------------------------------------------------------------


def read_sums(conn: Connection, book_id: int, day: date) -> dict[int, Sums]:
    """The portfolio sums of each product at the end of a day."""
    return _by_product(
        conn,
        "select product_no, name, accrual_class, value from duewell.portfolio_sum join duewell.measure"
        " using (measure_no) where book_id = %s and day = %s",
        [book_id, day],
    )


def read_moves(conn: Connection, book_id: int, day: date) -> dict[int, Sums]:
    """What facts recorded on the day changed in the sums of days closed before it."""
    return _by_product(
        conn,
        "select product_no, name, accrual_class, sum(u.adds) from duewell.portfolio_move"
        " cross join lateral unnest(measures, adds) as u(measure_no, adds) join duewell.measure"
        " using (measure_no) where book_id = %s and day = %s group by 1, 2, 3",
        [book_id, day],
    )


def read_day_sums(conn: Connection, book_id: int, day: date) -> dict[int, Sums]:
    """What the agenda entries of the day add, over all slices."""
    return _by_product(
        conn,
        "select product_no, name, accrual_class, sum(adds) from duewell.day_sum join duewell.measure"
        " using (measure_no) where book_id = %s and day = %s group by 1, 2, 3",
        [book_id, day],
    )


def _by_product(conn: Connection, query: str, given: list[Any]) -> dict[int, Sums]:
    found: dict[int, Sums] = defaultdict(dict)
    for product_no, name, accrual, value in conn.execute(query, given).fetchall():
        found[product_no][(name, accrual)] = int(value)
    return dict(found)


def put_sums(conn: Connection, book_id: int, day: date, sums: dict[int, Sums]) -> None:
    """Keep the portfolio sums at the end of a day."""
    measures = Measures(conn)
    rows = [
        (book_id, day, product_no, measures.number(key), value)
        for product_no, each in sums.items()
        for key, value in each.items()
    ]
    with conn.cursor() as cursor:
        cursor.executemany("insert into duewell.portfolio_sum values (%s, %s, %s, %s, %s)", rows)


def put_gl_journal(conn: Connection, book_id: int, day: date, product_no: int, journal: Journal) -> None:
    """Post what the day's totals of one product come to."""
    conn.execute(
        "insert into duewell.gl_journal values (%s, %s, %s, %s::smallint[], %s::bigint[])",
        [
            book_id,
            day,
            product_no,
            [ACCOUNT_NO[line.account.code] for line in journal.lines],
            [line.amount_minor for line in journal.lines],
        ],
    )


def finish_run(conn: Connection, book_id: int, day: date, at: datetime) -> None:
    """Mark the run of a day as finished."""
    conn.execute(
        "update duewell.day_run set finished_at = %s where book_id = %s and day = %s", [at, book_id, day]
    )


def chunk_totals(conn: Connection, book_id: int, day: date) -> dict[str, int]:
    """What the slices of a day did, added up."""
    row = conn.execute(
        "select coalesce(sum(entries), 0), coalesce(sum(turned), 0), coalesce(sum(wishes), 0)"
        " from duewell.day_chunk where book_id = %s and day = %s",
        [book_id, day],
    ).fetchone()
    assert row is not None
    return {"entries": int(row[0]), "turned": int(row[1]), "wishes": int(row[2])}


def gl_balances(conn: Connection, book_id: int, until: date) -> dict[int, dict[Account, int]]:
    """The general ledger's balances by product: totals of the days and journals of loans, to a day's end."""
    found: dict[int, dict[Account, int]] = defaultdict(lambda: defaultdict(int))
    for product_no, number, amount in conn.execute(_GL, {"book": book_id, "until": until}).fetchall():
        found[product_no][loans.ACCOUNT_BY_NO[number]] += int(amount)
    return {product_no: dict(each) for product_no, each in found.items()}


_GL = """
select product_no, u.account_no, sum(u.amount) from duewell.gl_journal
cross join lateral unnest(accounts, amounts) as u(account_no, amount)
where book_id = %(book)s and day <= %(until)s group by 1, 2
union all
select p.product_no, u.account_no, sum(u.amount) from duewell.journal j
join duewell.loan l using (person_id, loan_no)
join duewell.product p on p.book_id = l.book_id and p.product_code = l.product_code
  and p.version = l.product_version
cross join lateral unnest(j.accounts, j.amounts) as u(account_no, amount)
where l.book_id = %(book)s and j.posted_on <= %(until)s group by 1, 2
"""

ONE_DAY = timedelta(days=1)
