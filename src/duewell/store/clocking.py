"""Many days of a small book closed in one transaction: what a test clock does when it is moved.

Needs    a connection inside a transaction; the book, the day to close to, the instant.
Gives    close_many; what came, read back; fork, a copy of a book.
Never    closes a day otherwise than store.closing would: the same rows, to the last one, come out.
Source   docs/decisions/0012-test-clocks.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from duewell.domain.agenda import MISSED, Entry, EntryKind, Sums, add, sums_after
from duewell.domain.contract import Contract, contract_of
from duewell.domain.delinquency import DUE_STEPS, LATE_STEPS
from duewell.domain.facts import Fact
from duewell.domain.ledger import Account
from duewell.domain.postings import general_ledger, ledger_journal
from duewell.store import agendas, books, days, loans, sealing
from duewell.store.agendas import Measures
from duewell.store.books import BookRow
from duewell.store.days import ONE_DAY
from duewell.store.loans import ACCOUNT_NO, Connection, LoanKey

LOANS_MAX = 500
"""So many loans are held at once; a larger book is closed day by day."""


@dataclass(slots=True)
class _Loan:
    """A loan on the clock: its agenda as it is now, and when that was written."""

    key: LoanKey
    product_no: int
    paid: int
    is_turned: bool
    since: date | None
    entries: Sequence[Entry]
    by_day: dict[date, list[Entry]] = field(default_factory=dict)
    contract: Contract | None = None
    facts: list[Fact] = field(default_factory=list)
    written: Any = None

    def index(self) -> None:
        self.by_day = {}
        for entry in self.entries:
            self.by_day.setdefault(entry.on, []).append(entry)

    def stays_unpaid(self, day: date) -> bool:
        """Whether closing the day folds the loan anew: its agenda ends, or a row was not paid."""
        came = self.by_day[day]
        if came[-1].kind is EntryKind.RENEW:
            return True
        claimed = sum(sum(entry.claims) for entry in self.entries if entry.on <= day)
        return not self.is_turned and claimed > self.paid

    def claims_on(self, day: date) -> bool:
        return any(any(entry.claims) for entry in self.by_day.get(day, ()))


class _Days:
    """The days being closed: what each of them writes, held until all are written at once."""

    def __init__(self, conn: Connection, book: BookRow, until: date, at: datetime) -> None:
        self.conn, self.book, self.until, self.at = conn, book, until, at
        self.measures = Measures(conn)
        self.coming: dict[date, set[int]] = defaultdict(set)
        self.rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self.ledgers: dict[int, dict[Account, int]] = {}
        self.content = sealing.content_of(conn, book.book_id, book.open_on)
        sealed = sealing.last(conn, book.book_id)
        self.seal = sealed[1] if sealed is not None else sealing.START
        self.loans = self._load()
        for number, loan in enumerate(self.loans):
            self._schedule(number, loan, book.open_on)

    def _load(self) -> list[_Loan]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                f"select {agendas.COLUMNS}, paid_minor from duewell.agenda join duewell.loan_state"
                " using (person_id, loan_no) where book_id = %s order by 1, 2 for update of loan_state",
                [self.book.book_id],
            ).fetchall()
        found = [
            _Loan(
                LoanKey(row["person_id"], row["loan_no"]),
                row["product_no"],
                row["paid_minor"],
                row["is_turned"],
                row["since"],
                agendas.entries_of(row, self.measures),
            )
            for row in rows
        ]
        read = loans.read_many(self.conn, [loan.key for loan in found])
        for loan in found:
            terms, loan.facts = read[loan.key]
            loan.contract = contract_of(terms)
        return found

    def _schedule(self, number: int, loan: _Loan, first: date) -> None:
        """On which days something is to be done for a loan: its dates, and the eves of its wishes."""
        loan.index()
        for day in loan.by_day:
            self._come(number, day, first)
            if not loan.is_turned:
                for offset, _ in DUE_STEPS:
                    self._come(number, days_on(day, offset - 1), first)
        if loan.is_turned and loan.since is not None:
            for offset, _ in LATE_STEPS:
                self._come(number, days_on(loan.since, offset - 1), first)

    def _come(self, number: int, day: date, first: date) -> None:
        if first <= day <= self.until:
            self.coming[day].add(number)

    # -- one day -----------------------------------------------------------------------------------

    def close(self, day: date, before: dict[int, Sums], moves: dict[int, Sums]) -> dict[int, Sums]:
        """Close one day; returns the sums at its end."""
        adds: dict[int, Sums] = {}
        turned = seen = wishes = 0
        for number in sorted(self.coming.pop(day, ())):
            loan = self.loans[number]
            if day in loan.by_day:
                if loan.stays_unpaid(day):
                    was_turned = loan.is_turned
                    self._fold(number, loan, day)
                    turned += loan.is_turned and not was_turned
                seen += self._observe(loan, day, adds)
            wishes += self._wish(loan, day)
        after = sums_after(before, moves, adds, day)
        self._keep(day, before, after, adds, (seen, turned, wishes))
        return after

    def _fold(self, number: int, loan: _Loan, day: date) -> None:
        assert loan.contract is not None
        plan, _ = loan.contract.agenda(loan.facts, open_on=day, is_closing=True, buckets=self.book.buckets)
        loan.paid, loan.is_turned, loan.since = 0, plan.is_turned, plan.since
        loan.entries, loan.written = plan.entries, (day, plan)
        self._schedule(number, loan, day)

    def _observe(self, loan: _Loan, day: date, adds: dict[int, Sums]) -> int:
        kinds = set()
        for entry in loan.by_day.get(day, ()):
            kinds.add(int(entry.kind))
            for key, value in entry.adds.items():
                add(adds.setdefault(loan.product_no, {}), key, value)
        due = [entry for entry in loan.by_day.get(day, ()) if entry.kind is EntryKind.DUE]
        is_missed = loan.is_turned and any(any(entry.claims) for entry in due)
        told = [*kinds, MISSED] if is_missed else kinds
        self.rows["observation"] += [(loan.key.person_id, loan.key.loan_no, day, kind) for kind in told]
        return len(kinds)

    def _wish(self, loan: _Loan, day: date) -> int:
        """Tomorrow's wishes of a loan, as store.closing writes them."""
        number, tomorrow = loan.key.loan_no, day + ONE_DAY
        made = []
        if not loan.is_turned:
            for offset, kind in DUE_STEPS:
                due = days_on(tomorrow, -offset)
                if loan.claims_on(due):
                    told = {"loan_no": number, "due_on": due.isoformat(), "days": offset}
                    made.append((f"remind/{number}/{due}/{offset}", kind, told, days_on(day, 2)))
        elif loan.since is not None:
            for offset, kind in LATE_STEPS:
                if days_on(tomorrow, -offset) == loan.since:
                    told = {"loan_no": number, "since": loan.since.isoformat(), "days": offset}
                    made.append((f"{kind}/{number}/{loan.since}/{offset}", kind, told, days_on(day, 8)))
        person_id, book_id = loan.key.person_id, self.book.book_id
        self.rows["wish"] += [
            (person_id, key, book_id, kind, 1, Jsonb(told), tomorrow, until, None, "wished")
            for key, kind, told, until in made
        ]
        return len(made)

    def _keep(
        self,
        day: date,
        before: dict[int, Sums],
        after: dict[int, Sums],
        adds: dict[int, Sums],
        counts: tuple[int, int, int],
    ) -> None:
        book_id, number = self.book.book_id, self.measures.number
        self.rows["day_run"].append((book_id, day, self.at, self.at, 1))
        self.seal = sealing.chained(self.seal, day, self.content)
        self.rows["day_seal"].append((book_id, day, self.content.facts, self.seal))
        self.content = sealing.NOTHING  # all that was recorded was recorded on the first of these days
        self.rows["day_chunk"].append((book_id, day, 0, self.at, *counts))
        self.rows["day_sum"] += [
            (book_id, day, 0, product_no, number(key), value)
            for product_no, each in adds.items()
            for key, value in each.items()
            if value
        ]
        for product_no in sorted(after):
            self.rows["portfolio_sum"] += [
                (book_id, day, product_no, number(key), value) for key, value in after[product_no].items()
            ]
            had = self.ledgers.get(product_no)
            if had is None:
                had = general_ledger(before.get(product_no, {}))
            has = self.ledgers[product_no] = general_ledger(after[product_no])
            journal = ledger_journal(had, has)
            if journal is not None:
                accounts = [ACCOUNT_NO[line.account.code] for line in journal.lines]
                amounts = [line.amount_minor for line in journal.lines]
                self.rows["gl_journal"].append((book_id, day, product_no, accounts, amounts))

    # -- all of them -------------------------------------------------------------------------------

    def write(self) -> None:
        """Write what the days came to, and the agendas that were folded anew."""
        for table, columns in _TABLES.items():
            if not self.rows[table]:
                continue
            statement = f"copy duewell.{table} ({columns}) from stdin"
            with self.conn.cursor() as cursor, cursor.copy(statement) as copy:
                for row in self.rows[table]:
                    copy.write_row(row)
        self._write_wishes()
        by_day: dict[date, list[Any]] = defaultdict(list)
        for loan in self.loans:
            if loan.written is not None:
                day, plan = loan.written
                by_day[day].append((loan.key, loan.product_no, plan))
        for day, plans in by_day.items():
            agendas.put_agendas(
                self.conn, plans, book_id=self.book.book_id, open_on=day, measures=self.measures
            )

    def _write_wishes(self) -> None:
        with self.conn.cursor() as cursor:
            cursor.executemany(
                "insert into duewell.wish values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " on conflict (person_id, wish_key) do nothing",
                self.rows["wish"],
            )


_TABLES = {
    "day_run": "book_id, day, started_at, finished_at, slices",
    "day_seal": "book_id, day, facts, hash",
    "day_chunk": "book_id, day, slice_no, done_at, entries, turned, wishes",
    "day_sum": "book_id, day, slice_no, product_no, measure_no, adds",
    "portfolio_sum": "book_id, day, product_no, measure_no, value",
    "gl_journal": "book_id, day, product_no, accounts, amounts",
    "observation": "person_id, loan_no, day, kind",
}


def days_on(day: date, count: int) -> date:
    """A day so many days on."""
    return day + count * ONE_DAY


def is_small(conn: Connection, book_id: int) -> bool:
    """Whether a book's loans can all be held at once."""
    row = conn.execute(
        "select count(*) from (select from duewell.agenda where book_id = %s limit %s) as a",
        [book_id, LOANS_MAX + 1],
    ).fetchone()
    return row is not None and row[0] <= LOANS_MAX


def close_many(conn: Connection, book: BookRow, until: date, at: datetime) -> None:
    """Close every open day of a book up to `until`, in this transaction."""
    books.hold_day(conn, book.book_id)
    work = _Days(conn, book, until, at)
    sums = days.read_sums(conn, book.book_id, book.open_on - ONE_DAY)
    moves = days.read_moves(conn, book.book_id, book.open_on)
    day = book.open_on
    while day <= until:
        sums = work.close(day, sums, moves)
        moves, day = {}, day + ONE_DAY
    work.write()
    books.move_open_on(conn, book.book_id, until + ONE_DAY)


# -- what came -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Came:
    """Something that happened on a day of the clock: an observation or a wish, by its kind."""

    on: date
    what: str
    kind: str | int
    key: LoanKey
    told: dict[str, Any]


def what_came(conn: Connection, book_id: int, first: date, last: date, limit: int) -> list[Came]:
    """Observations and wishes of a book's days, in their order."""
    rows = conn.execute(
        "select o.day, 'observed', o.kind::text, o.person_id, o.loan_no, '{}'::jsonb"
        " from duewell.observation o join duewell.loan l using (person_id, loan_no)"
        " where l.book_id = %(book)s and o.day between %(first)s and %(last)s"
        " union all"
        " select w.not_before - 1, 'wished', w.kind, w.person_id, (w.payload->>'loan_no')::smallint,"
        " w.payload from duewell.wish w"
        " where w.book_id = %(book)s and w.not_before - 1 between %(first)s and %(last)s"
        " order by 1, 2, 4, 5, 3 limit %(limit)s",
        {"book": book_id, "first": first, "last": last, "limit": limit},
    ).fetchall()
    return [
        Came(on, what, int(kind) if what == "observed" else kind, LoanKey(person, number), told)
        for on, what, kind, person, number, told in rows
    ]
