"""Mandates and collections: who let us collect from where, and what became of each attempt.

Needs    a connection inside a transaction; every date and instant as an argument.
Gives    put_mandate, account_of, add_event, mandates_of, mandates_of_rail, erased_of_rail;
         put_collection, add_collection_event, collections_of, batch_of, batches_on.
Never    changes a record: a state is the last event.
Source   docs/reference/rails.md, "Mandates".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from duewell.domain.receipts import LoanRef, MandateEvent
from duewell.store.loans import Connection, LoanKey
from duewell.store.private import Sealer, open_for


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of a mandate."""

    kind: MandateEvent
    reason: str
    effective_on: date
    recorded_at: datetime
    actor: str
    key: str


@dataclass(frozen=True, slots=True)
class MandateRow:
    """A mandate with its events, oldest first. `account` is sealed with the person's key."""

    loan: LoanRef
    number: int
    rail: str
    reference: str
    account: bytes
    events: tuple[EventRow, ...]

    @property
    def place(self) -> str:
        """Where the account stands, for whoever opens it."""
        return mandate_place(self.loan, self.number)

    @property
    def kinds(self) -> list[MandateEvent]:
        """The kinds of its events."""
        return [event.kind for event in self.events]


def mandate_place(loan: LoanKey | LoanRef, number: int) -> str:
    """Where the account of a mandate stands."""
    return f"mandate/{loan.person_id}/{loan.loan_no}/{number}"


def account_of(conn: Connection, sealer: Sealer, row: MandateRow) -> dict[str, str] | None:
    """Whose account it is and where, opened; None once the person was erased."""
    return open_for(conn, sealer, row.loan.person_id, row.place, row.account)


def put_mandate(
    conn: Connection,
    loan: LoanKey,
    *,
    book_id: int,
    rail: str,
    reference: str,
    account: bytes,
    number: int,
) -> None:
    """A new mandate under the loan's lock; it is nothing before its first event."""
    conn.execute(
        "insert into duewell.mandate values (%s, %s, %s, %s, %s, %s, %s)",
        [loan.person_id, loan.loan_no, number, book_id, rail, reference, account],
    )


def add_event(
    conn: Connection,
    loan: LoanKey | LoanRef,
    number: int,
    seq: int,
    kind: MandateEvent,
    *,
    effective_on: date,
    recorded_on: date,
    at: datetime,
    actor: str,
    key: str,
    reason: str = "",
) -> None:
    """Add an event under the loan's lock."""
    conn.execute(
        "insert into duewell.mandate_event values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            loan.person_id,
            loan.loan_no,
            number,
            seq,
            kind.value,
            reason[:200],
            effective_on,
            recorded_on,
            at,
            actor,
            key,
        ],
    )


_MANDATES = (
    "select m.person_id, m.loan_no, m.mandate_no, m.rail, m.reference, m.account,"
    " array_agg(array[e.kind, e.reason, e.effective_on::text, e.recorded_at::text, e.actor,"
    " e.key] order by e.seq)"
    " from duewell.mandate m join duewell.mandate_event e using (person_id, loan_no, mandate_no)"
)


def _mandate(row: tuple[Any, ...]) -> MandateRow:
    events = tuple(
        EventRow(
            MandateEvent(kind), reason, date.fromisoformat(on), datetime.fromisoformat(_iso(at)), actor, key
        )
        for kind, reason, on, at, actor, key in row[6]
    )
    return MandateRow(LoanRef(row[0], row[1]), row[2], row[3], row[4], bytes(row[5]), events)


def _iso(text: str) -> str:
    """PostgreSQL writes an offset of whole hours with two digits."""
    return text if text[-3:-2] != "+" and text[-3:-2] != "-" else text + ":00"


def mandates_of(conn: Connection, loan: LoanKey | LoanRef) -> list[MandateRow]:
    """The mandates of a loan in the order they were given."""
    rows = conn.execute(
        f"{_MANDATES} where m.person_id = %s and m.loan_no = %s group by 1, 2, 3 order by 3",
        [loan.person_id, loan.loan_no],
    ).fetchall()
    return [_mandate(row) for row in rows]


def mandates_of_rail(conn: Connection, rail: str) -> list[MandateRow]:
    """The mandates of a rail, ended ones too, by loan."""
    rows = conn.execute(f"{_MANDATES} where m.rail = %s group by 1, 2, 3 order by 1, 2, 3", [rail]).fetchall()
    return [_mandate(row) for row in rows]


def erased_of_rail(conn: Connection, rail: str) -> set[int]:
    """The persons with a mandate of a rail who were erased: their accounts are gone."""
    rows = conn.execute(
        "select distinct e.person_id from duewell.erasure e join duewell.mandate m using (person_id)"
        " where m.rail = %s",
        [rail],
    ).fetchall()
    return {int(person_id) for (person_id,) in rows}


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """One attempt to collect, with the kind and step of its last event."""

    loan: LoanRef
    due_on: date
    attempt: int
    mandate_no: int
    rail: str
    batch: str
    collect_on: date
    amount: int
    recorded_at: datetime
    state: str
    step: str
    reason: str
    events: int


def put_collection(
    conn: Connection,
    loan: LoanRef,
    *,
    due_on: date,
    attempt: int,
    mandate_no: int,
    book_id: int,
    rail: str,
    batch: str,
    collect_on: date,
    amount: int,
    at: datetime,
) -> None:
    """An attempt that is to go into a file; its first event says that it was written."""
    key = [loan.person_id, loan.loan_no, due_on, attempt]
    conn.execute(
        "insert into duewell.collection values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [*key, mandate_no, book_id, rail, batch, collect_on, amount, at],
    )


def add_collection_event(
    conn: Connection,
    row: CollectionRow,
    kind: str,
    *,
    effective_on: date,
    at: datetime,
    reason: str = "",
    step: str = "",
) -> None:
    """Add an event of an attempt, under the loan's lock."""
    conn.execute(
        "insert into duewell.collection_event values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            row.loan.person_id,
            row.loan.loan_no,
            row.due_on,
            row.attempt,
            row.events + 1,
            kind,
            reason[:100],
            step,
            effective_on,
            at,
        ],
    )


_COLLECTIONS = (
    "select c.person_id, c.loan_no, c.due_on, c.attempt, c.mandate_no, c.rail, c.batch, c.collect_on,"
    " c.amount_minor, c.recorded_at, coalesce(e.kind, 'begun'), coalesce(e.step, ''), coalesce(e.reason, ''),"
    " coalesce(e.seq, 0)"
    " from duewell.collection c left join lateral (select kind, step, reason, seq from"
    " duewell.collection_event e"
    "  where e.person_id = c.person_id and e.loan_no = c.loan_no and e.due_on = c.due_on and"
    " e.attempt = c.attempt"
    "  order by seq desc limit 1) e on true"
)


def _collection(row: Any) -> CollectionRow:
    person_id, loan_no, due_on, attempt, mandate_no, rail, batch, collect_on, amount, *last = row
    recorded_at, state, step, reason, events = last
    return CollectionRow(
        LoanRef(person_id, loan_no),
        due_on,
        attempt,
        mandate_no,
        rail,
        batch,
        collect_on,
        int(amount),
        recorded_at,
        state,
        step,
        reason,
        events,
    )


def collections_of(conn: Connection, loan: LoanKey | LoanRef) -> list[CollectionRow]:
    """Every attempt at a loan, by due date."""
    rows = conn.execute(
        f"{_COLLECTIONS} where c.person_id = %s and c.loan_no = %s order by 3, 4",
        [loan.person_id, loan.loan_no],
    ).fetchall()
    return [_collection(row) for row in rows]


def collections_of_rail(
    conn: Connection, rail: str, due_dates: Sequence[date]
) -> dict[tuple[LoanRef, date], list[CollectionRow]]:
    """The attempts of a rail at some due dates, by loan and due date, in order."""
    found: dict[tuple[LoanRef, date], list[CollectionRow]] = {}
    for row in conn.execute(
        f"{_COLLECTIONS} where c.rail = %s and c.due_on = any(%s::date[]) order by 1, 2, 3, 4",
        [rail, list(due_dates)],
    ).fetchall():
        each = _collection(row)
        found.setdefault((each.loan, each.due_on), []).append(each)
    return found


def batch_of(conn: Connection, rail: str, batch: str) -> list[CollectionRow]:
    """The attempts of one file in its order."""
    rows = conn.execute(
        f"{_COLLECTIONS} where c.rail = %s and c.batch = %s order by 1, 2, 3, 4", [rail, batch]
    ).fetchall()
    return [_collection(row) for row in rows]


def batches_on(conn: Connection, rail: str, day: date) -> list[tuple[str, bool]]:
    """The files of a day in their order, and whether each was written."""
    rows = conn.execute(
        "select c.batch, bool_and(exists (select 1 from duewell.collection_event e"
        "  where e.person_id = c.person_id and e.loan_no = c.loan_no and e.due_on = c.due_on"
        "  and e.attempt = c.attempt))"
        " from duewell.collection c where c.rail = %s and c.collect_on = %s group by 1 order by"
        " min(c.recorded_at), 1",
        [rail, day],
    ).fetchall()
    return [(batch, bool(is_written)) for batch, is_written in rows]


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One collection file: its day, how many tries and how much, when begun, whether it was written."""

    batch: str
    collect_on: date
    tries: int
    amount: int
    begun_at: datetime
    is_written: bool


def batches_of(conn: Connection, rail: str, limit: int) -> list[BatchRow]:
    """The last files of a rail, the newest first."""
    rows = conn.execute(
        "select c.batch, c.collect_on, count(*), sum(c.amount_minor), min(c.recorded_at),"
        " bool_and(exists (select 1 from duewell.collection_event e"
        "  where e.person_id = c.person_id and e.loan_no = c.loan_no and e.due_on = c.due_on"
        "  and e.attempt = c.attempt))"
        " from duewell.collection c where c.rail = %s group by 1, 2 order by 2 desc, 5 desc, 1 limit %s",
        [rail, limit],
    ).fetchall()
    return [BatchRow(batch, on, int(n), int(sum_), at, bool(done)) for batch, on, n, sum_, at, done in rows]
