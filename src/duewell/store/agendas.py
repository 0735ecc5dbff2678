"""Agendas: one compact row a loan, written by the fold, read by the day.

Needs    a connection inside the transaction that holds the loan's lock.
Gives    put_agenda, agenda_row, entries_of, Measures (the numbers of portfolio sums), put_move.
Never    is the truth: verify computes every row again from facts.
Source   docs/decisions/0003-the-agenda.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from duewell.domain.agenda import ONE_DAY, Agenda, Entry, EntryKind, Key, Sums
from duewell.domain.postings import PAYMENT_ACCOUNTS
from duewell.store.loans import ACCOUNT_NO, Connection, LoanKey

COLUMNS = (
    "person_id, loan_no, book_id, product_no, is_turned, since, dates, kinds, cum, pays,"
    " base_on, level_measure, level, flow_measure, flow"
)
FINE_SLICES = 64
"""The finest slices of persons, by the top six of a person_id's 63 bits: agendas are found by them."""
_EPOCH = date(1900, 1, 1)
_PAYS = [ACCOUNT_NO[account.code] for account in PAYMENT_ACCOUNTS]


class Measures:
    """The number of each (measure, class), made when first seen; a handful a product."""

    def __init__(self, conn: Connection) -> None:
        rows = conn.execute("select measure_no, name, accrual_class from duewell.measure").fetchall()
        self._conn = conn
        self._numbers: dict[Key, int] = {(name, accrual): number for number, name, accrual in rows}
        self._keys = {number: key for key, number in self._numbers.items()}

    def number(self, key: Key) -> int:
        """The number of a key."""
        found = self._numbers.get(key)
        if found is None:
            self._conn.execute(
                "insert into duewell.measure (name, accrual_class) values (%s, %s) on conflict do nothing",
                key,
            )
            row = self._conn.execute(
                "select measure_no from duewell.measure where name = %s and accrual_class = %s", key
            ).fetchone()
            assert row is not None
            found = self._numbers[key] = int(row[0])
            self._keys[found] = key
        return found

    def key(self, number: int) -> Key:
        """The key of a number; one made since by another process is looked up."""
        if number not in self._keys:
            row = self._conn.execute(
                "select name, accrual_class from duewell.measure where measure_no = %s", [number]
            ).fetchone()
            assert row is not None
            self._keys[number] = (row[0], row[1])
        return self._keys[number]


def is_level(key: Key) -> bool:
    """Whether a measure is kept by what it comes to: whole units and slopes are, exact accruals are not.

    An exact accrual grows with every day, and over a loan's life beyond what a bigint holds.
    """
    return not key[1] or key[0].endswith(".slope")


def agenda_row(
    key: LoanKey, book_id: int, product_no: int, plan: Agenda, measures: Measures, open_on: date
) -> tuple[Any, ...]:
    """The row of an agenda, in the order of COLUMNS."""
    adds = [entry.adds for entry in plan.entries]
    used = {name: measures.number(name) for each in (plan.before, *adds) for name in each}
    names = sorted(used)
    levels = [name for name in names if is_level(name)]
    flows = [name for name in names if not is_level(name) and any(name in each for each in adds)]
    cum: list[int] = []
    claimed = 0
    at = [plan.before.get(name, 0) for name in levels]
    level, flow = list(at), []
    for entry in plan.entries:
        for part in entry.claims:
            claimed += part
            cum.append(claimed)
        at = [value + entry.adds.get(name, 0) for name, value in zip(levels, at, strict=True)]
        level += at
        flow += [entry.adds.get(name, 0) for name in flows]
    return (
        key.person_id,
        key.loan_no,
        book_id,
        product_no,
        plan.is_turned,
        plan.since,
        [entry.on for entry in plan.entries],
        [int(entry.kind) for entry in plan.entries],
        cum,
        _PAYS if plan.is_tabular else None,
        open_on - ONE_DAY,
        [used[name] for name in levels],
        level,
        [used[name] for name in flows],
        flow,
    )


_CASTS = {"dates": "date[]", "kinds": "smallint[]", "cum": "bigint[]", "pays": "smallint[]"} | {
    "level_measure": "smallint[]",
    "level": "bigint[]",
    "flow_measure": "smallint[]",
    "flow": "bigint[]",
}
_NAMES = COLUMNS.split(", ")
_PUT = (
    f"insert into duewell.agenda ({COLUMNS}) values ("
    + ", ".join(f"%s::{_CASTS[name]}" if name in _CASTS else "%s" for name in _NAMES)
    + ") on conflict (person_id, loan_no) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in _NAMES[4:])
)


def put_agendas(
    conn: Connection,
    plans: Sequence[tuple[LoanKey, int, Agenda]],
    *,
    book_id: int,
    open_on: date,
    measures: Measures,
) -> None:
    """Write agendas of loans and their products, each in place of the last, and count what is paid anew.

    `open_on` is the day from which they were written.
    """
    if not plans:
        return
    rows = [agenda_row(key, book_id, number, plan, measures, open_on) for key, number, plan in plans]
    states = [(*state_of(plan), key.person_id, key.loan_no, *state_of(plan)) for key, _, plan in plans]
    with conn.cursor() as cursor:
        cursor.executemany(_PUT, rows)
        cursor.executemany(
            "update duewell.loan_state set paid_minor = %s, is_tabular = %s, principal_minor = %s"
            " where person_id = %s and loan_no = %s"
            " and (paid_minor, is_tabular, principal_minor) is distinct from (%s, %s, %s)",
            states,
        )


def state_of(plan: Agenda) -> tuple[int, bool, int | None]:
    """What a loan's state says when its agenda is written: paid since, posted by table, principal out."""
    return 0, plan.is_tabular, plan.principal if plan.is_tabular else None


def is_by_table(pays: list[int] | None) -> bool:
    """Whether a kept agenda says where payments by table go, and that as it should."""
    return pays == _PAYS


def entries_of(row: dict[str, Any], measures: Measures) -> list[Entry]:
    """The entries of a stored row."""
    levels = [measures.key(number) for number in row["level_measure"]]
    flows = [measures.key(number) for number in row["flow_measure"]]
    entries, claimed = [], 0
    for k, (on, kind) in enumerate(zip(row["dates"], row["kinds"], strict=True)):
        claims = []
        for bound in row["cum"][3 * k : 3 * k + 3]:
            claims.append(bound - claimed)
            claimed = bound
        was = row["level"][k * len(levels) : (k + 1) * len(levels)]
        now = row["level"][(k + 1) * len(levels) : (k + 2) * len(levels)]
        adds: Sums = {name: b - a for name, a, b in zip(levels, was, now, strict=True)}
        adds |= dict(zip(flows, row["flow"][k * len(flows) : (k + 1) * len(flows)], strict=True))
        adds = {name: value for name, value in adds.items() if value}
        entries.append(Entry(on, EntryKind(kind), (claims[0], claims[1], claims[2]), adds))
    return entries


def put_move(
    conn: Connection,
    key: LoanKey,
    seq: int,
    *,
    book_id: int,
    product_no: int,
    day: date,
    sums: Sums,
    measures: Measures,
) -> None:
    """Keep what a late-learnt fact changes in the sums of days already closed; it counts on `day`."""
    conn.execute(
        "insert into duewell.portfolio_move values (%s, %s, %s, %s, %s, %s, %s::smallint[], %s::bigint[])",
        [
            key.person_id,
            key.loan_no,
            seq,
            book_id,
            product_no,
            day,
            [measures.number(name) for name in sums],
            list(sums.values()),
        ],
    )


def date_keys(days: Iterable[date], fine: Iterable[int] = range(FINE_SLICES)) -> list[int]:
    """The numbers by which agendas with an entry on these days are found, of these finest slices."""
    slices = list(fine)
    return [(each << 20) + (day - _EPOCH).days for day in days for each in slices]


def due_on(conn: Connection, book_id: int, day: date) -> list[tuple[LoanKey, int]]:
    """Loans on time with rows due on a day, and what those rows still claim."""
    rows = conn.execute(
        "select a.person_id, a.loan_no, a.cum[3 * width_bucket(%(day)s::date, a.dates)] - s.paid_minor"
        " from duewell.agenda a join duewell.loan_state s using (person_id, loan_no)"
        " where a.book_id = %(book)s and duewell.agenda_keys(a.person_id, a.dates) && %(keys)s::int[]"
        " and not a.is_turned order by 1, 2",
        {"day": day, "book": book_id, "keys": date_keys([day])},
    ).fetchall()
    return [(LoanKey(person_id, loan_no), int(amount)) for person_id, loan_no, amount in rows if amount > 0]


def turned(conn: Connection, book_id: int) -> list[LoanKey]:
    """Loans that are behind, oldest first."""
    rows = conn.execute(
        "select person_id, loan_no from duewell.agenda where book_id = %s and is_turned order by since, 1, 2",
        [book_id],
    ).fetchall()
    return [LoanKey(person_id, loan_no) for person_id, loan_no in rows]
