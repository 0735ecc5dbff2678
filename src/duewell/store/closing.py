"""Closing a slice of a day, or one loan of it ahead of its slice: one transaction, one done-marker.

Needs    a connection inside a transaction; the run of the day.
Gives    close_slice; close_ahead, for a posting on a loan whose slice is still to come.
Never    computes an interest, a date or a penalty: SQL compares, adds and copies what the fold wrote;
         waits for more than a loan's row, or makes anybody wait for more.
Source   docs/decisions/0004-closing-a-day.md.

A slice and a posting never do the same loan twice: the observation of what came on the day is the mark, and
its key lets only one of them write it. Whoever was second sees fewer rows written than it found, takes that
step back, and looks again: the other is done by then, and left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from duewell.domain.agenda import MISSED, EntryKind
from duewell.domain.contract import contract_of
from duewell.domain.delinquency import DUE_STEPS, LATE_STEPS
from duewell.domain.errors import Fault
from duewell.store import agendas, days, loans
from duewell.store.agendas import Measures
from duewell.store.days import Run
from duewell.store.loans import Connection, LoanKey

_TRIES = 50


@dataclass(frozen=True, slots=True)
class Done:
    """What closing a part of a day did."""

    entries: int = 0
    turned: int = 0
    wishes: int = 0


def close_slice(conn: Connection, run: Run, slice_no: int, at: datetime) -> Done:
    """Close one slice of a day in this transaction; a slice done before gives zeros and changes nothing."""
    lock = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
    conn.execute(lock, [f"duewell day {run.book_id} {run.day} {slice_no}"])
    if slice_no not in days.undone_slices(conn, run):
        return Done()
    low, high = run.persons(slice_no)
    part = _Part(_SLICE, {"slice": slice_no, "low": low, "high": high, "keys": _keys(run, slice_no, [0])})
    given = part.given | {"book": run.book_id, "day": run.day}
    turned = _turn(conn, part, given)
    entries = _observe(conn, _SLICE_DAY, given)
    wishes = _wish(conn, part, given, _keys(run, slice_no, [1 - offset for offset, _ in DUE_STEPS]))
    done = Done(entries, turned, wishes)
    conn.execute(
        "insert into duewell.day_chunk values (%s, %s, %s, %s, %s, %s, %s)",
        [run.book_id, run.day, slice_no, at, done.entries, done.turned, done.wishes],
    )
    return done


def close_ahead(conn: Connection, run: Run, key: LoanKey, product_no: int) -> None:
    """Close the day for one loan whose slice is not done, under the loan's lock; its slice leaves it out.

    Nothing happens where the slice was closed meanwhile, or the loan before.
    """
    for _ in range(_TRIES):
        if run.slice_of(key.person_id) not in days.undone_slices(conn, run) or _is_ahead(conn, run, key):
            return
        given = {"person": key.person_id, "loan": key.loan_no, "book": run.book_id, "day": run.day}
        part = _Part(_LOAN, given)
        try:
            with conn.transaction():
                turned = _turn(conn, part, given)
                measures, adds = _adds(conn, given)
                entries = _observed(conn, _LOAN_DAY, given)
                wishes = _wish(conn, part, given, [])
                conn.execute(
                    "insert into duewell.day_ahead values"
                    " (%s, %s, %s, %s, %s, %s, %s, %s, %s::smallint[], %s::bigint[])",
                    [
                        *(key.person_id, key.loan_no, run.day, run.book_id, product_no),
                        *(entries, turned, wishes, measures, adds),
                    ],
                )
            return
        except _Met:
            continue  # The slice wrote it first and has committed since: its marker says so now.
    raise Fault("day-not-settled", day=run.day.isoformat())


# -- the rows of a part ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """Which agendas: the condition, and what it needs."""

    where: str
    given: dict[str, Any]


_OTHERS = (
    "not exists (select from duewell.day_ahead d where d.person_id = a.person_id"
    " and d.loan_no = a.loan_no and d.day = %(day)s)"
)
_BOOK = f"a.book_id = %(book)s and {_OTHERS}"
_SLICE = f"{_BOOK} and a.person_id between %(low)s and %(high)s"
_LOAN = "a.person_id = %(person)s and a.loan_no = %(loan)s"
_BY_DATE = f"{_BOOK} and duewell.agenda_keys(a.person_id, a.dates) && %(keys)s::int[]"
"""The numbers name the slice as well as the date: its persons need not be compared."""


def _keys(run: Run, slice_no: int, offsets: list[int]) -> list[int]:
    """The numbers of agenda_keys() that stand for a slice and the days so far from the run's own."""
    per = agendas.FINE_SLICES // run.slices
    on = [run.day + timedelta(days=offset) for offset in offsets]
    return agendas.date_keys(on, range(slice_no * per, (slice_no + 1) * per))


def _is_ahead(conn: Connection, run: Run, key: LoanKey) -> bool:
    row = conn.execute(
        "select 1 from duewell.day_ahead where person_id = %s and loan_no = %s and day = %s",
        [key.person_id, key.loan_no, run.day],
    ).fetchone()
    return row is not None


# -- loans that stay unpaid ------------------------------------------------------------------------

_UNPAID = f"""
select a.person_id, a.loan_no, a.product_no, a.is_turned
from duewell.agenda a join duewell.loan_state s using (person_id, loan_no)
where {{where}} and a.dates @> array[%(day)s::date]
  and (a.kinds[width_bucket(%(day)s::date, a.dates)] = {int(EntryKind.RENEW)}
       or not a.is_turned and a.cum[3 * width_bucket(%(day)s::date, a.dates)] > s.paid_minor)
order by 1, 2 for update of s
"""


def _turn(conn: Connection, part: _Part, given: dict[str, Any]) -> int:
    """Fold once every loan whose row stays unpaid today, and write the course it takes from here.

    A line whose agenda ends today is folded too; it counts as turned only if it was not behind before.
    """
    is_slice = "keys" in part.given
    where = _BY_DATE if is_slice else part.where
    found = conn.execute(_UNPAID.format(where=where), given).fetchall()
    if not found:
        return 0
    if is_slice:
        # A posting that held one of these rows closed the day for it ahead: it is out of our hands.
        ahead = {(p, n) for p, n in conn.execute(_AHEAD, given).fetchall()}
        found = [row for row in found if (row[0], row[1]) not in ahead]
    keys = [LoanKey(person_id, loan_no) for person_id, loan_no, *_ in found]
    read = loans.read_many(conn, keys)
    measures = Measures(conn)
    buckets = loans.buckets_of_book(conn, given["book"])
    plans, turned = [], 0
    for key, (_, _, product_no, was_turned) in zip(keys, found, strict=True):
        terms, facts = read[key]
        # What was recorded after the cut-off belongs to the next day; its own posting writes it.
        facts = [f for f in facts if f.recorded_on <= given["day"]]
        plan, _ = contract_of(terms).agenda(facts, open_on=given["day"], is_closing=True, buckets=buckets)
        turned += plan.is_turned and not was_turned
        plans.append((key, product_no, plan))
    agendas.put_agendas(conn, plans, book_id=given["book"], open_on=given["day"], measures=measures)
    return turned


_AHEAD = """
select person_id, loan_no from duewell.day_ahead
where book_id = %(book)s and day = %(day)s and person_id between %(low)s and %(high)s
"""

# -- what came on the day --------------------------------------------------------------------------

_CAME = f"""
with came as materialized (
  select a.person_id, a.loan_no, a.product_no, a.kinds[x.lo + 1 : x.hi] as kinds,
    x.hi - x.lo as count, a.level_measure, a.flow_measure,
    a.level[x.lo * cardinality(a.level_measure) + 1 : (x.lo + 1) * cardinality(a.level_measure)] as was,
    a.level[x.hi * cardinality(a.level_measure) + 1 : (x.hi + 1) * cardinality(a.level_measure)] as now,
    a.flow[x.lo * cardinality(a.flow_measure) + 1 : x.hi * cardinality(a.flow_measure)] as flow,
    case when a.is_turned then exists (
      select from generate_series(x.lo + 1, x.hi) as n where a.kinds[n] = {int(EntryKind.DUE)}
        and a.cum[3 * n] > case when n = 1 then 0 else a.cum[3 * (n - 1)] end) end as is_missed
  from duewell.agenda a cross join lateral (select
    width_bucket(%(day)s::date - 1, a.dates) as lo, width_bucket(%(day)s::date, a.dates) as hi) as x
  where {{where}} and a.dates @> array[%(day)s::date]
)"""
_ADDED = """
  select product_no, u.measure_no, u.now - u.was as adds from came
  cross join lateral unnest(level_measure, was, now) as u(measure_no, was, now) where u.now <> u.was
  union all
  select product_no, u.measure_no, u.adds from came, generate_series(0, count - 1) as k
  cross join lateral unnest(flow_measure, flow[k * cardinality(flow_measure) + 1 :
    (k + 1) * cardinality(flow_measure)]) as u(measure_no, adds) where u.adds <> 0
"""
_KEPT = f"""
seen as (
  select distinct person_id, loan_no, kind from came cross join lateral unnest(kinds) as kind
  union all select person_id, loan_no, {MISSED} from came where is_missed
),
kept as (
  insert into duewell.observation select person_id, loan_no, %(day)s, kind from seen
  on conflict do nothing returning kind
)
"""
_COUNTS = f"""
select (select count(*) from seen), count(*), count(*) filter (where kind <> {MISSED}) from kept
"""
_LOAN_CAME = _CAME.format(where=_LOAN)
_LOAN_DAY = f"{_LOAN_CAME}, {_KEPT} {_COUNTS}"
_LOAN_ADDS = f"""
{_LOAN_CAME} select measure_no, sum(adds) from ({_ADDED}) as u group by 1 having sum(adds) <> 0 order by 1
"""
_SLICE_DAY = f"""
{_CAME.format(where=_BY_DATE)}, {_KEPT},
added as (
  {_ADDED}
  union all
  select product_no, u.measure_no, u.adds from duewell.day_ahead d
  cross join lateral unnest(d.measures, d.adds) as u(measure_no, adds)
  where d.book_id = %(book)s and d.day = %(day)s and d.person_id between %(low)s and %(high)s
),
summed as (
  insert into duewell.day_sum
  select %(book)s, %(day)s, %(slice)s, product_no, measure_no, sum(adds) from added
  group by product_no, measure_no having sum(adds) <> 0
)
{_COUNTS}
"""


class _Met(Exception):
    """Somebody else wrote one of these observations at the same time."""


def _observed(conn: Connection, statement: str, given: dict[str, Any]) -> int:
    row = conn.execute(statement, given).fetchone()
    assert row is not None
    if row[0] != row[1]:
        raise _Met
    return int(row[2])


def _observe(conn: Connection, statement: str, given: dict[str, Any]) -> int:
    """Keep what came on the day for a slice, and what it adds; returns how many entries came."""
    for _ in range(_TRIES):
        try:
            with conn.transaction():
                return _observed(conn, statement, given)
        except _Met:
            continue
    raise Fault("day-not-settled", day=given["day"].isoformat())


def _adds(conn: Connection, given: dict[str, Any]) -> tuple[list[int], list[int]]:
    """What the day adds to the sums for one loan."""
    rows = conn.execute(_LOAN_ADDS, given).fetchall()
    return [measure for measure, _ in rows], [int(add) for _, add in rows]


# -- tomorrow's wishes -----------------------------------------------------------------------------

_WISHES = """
insert into duewell.wish
select a.person_id, 'remind/' || a.loan_no || '/' || u.due || '/' || u.days, a.book_id, 'remind', 1,
       jsonb_build_object('loan_no', a.loan_no, 'due_on', u.due, 'days', u.days),
       %(day)s::date + 1, %(day)s::date + 2, null, 'wished'
from duewell.agenda a cross join lateral (
  select s.days, %(day)s::date + 1 - s.days as due from unnest(%(due_days)s::int[]) as s(days)) as u
where {where_due} and not a.is_turned
  and a.cum[3 * width_bucket(u.due, a.dates)] > coalesce(a.cum[3 * width_bucket(u.due - 1, a.dates)], 0)
union all
select a.person_id, u.kind || '/' || a.loan_no || '/' || a.since || '/' || u.days, a.book_id, u.kind, 1,
       jsonb_build_object('loan_no', a.loan_no, 'since', a.since, 'days', u.days),
       %(day)s::date + 1, %(day)s::date + 8, null, 'wished'
from unnest(%(late_days)s::int[], %(late_kinds)s::text[]) as u(days, kind)
join duewell.agenda a on a.since = %(day)s::date + 1 - u.days
where {where} and a.is_turned
on conflict (person_id, wish_key) do nothing
"""


def _wish(conn: Connection, part: _Part, given: dict[str, Any], due_keys: list[int]) -> int:
    """Write tomorrow's wishes. A wish is never a contact: the gate decides on it."""
    where_due = _BY_DATE.replace("(keys)", "(due_keys)") if due_keys else part.where
    steps = {
        "due_days": [days for days, _ in DUE_STEPS],
        "late_days": [days for days, _ in LATE_STEPS],
        "late_kinds": [kind for _, kind in LATE_STEPS],
    }
    query = _WISHES.format(where=part.where, where_due=where_due)
    return conn.execute(query, given | steps | {"due_keys": due_keys}).rowcount
