"""The day's own tables: runs, the portfolio sums of a day, and the general ledger's totals.

Needs    a connection inside a transaction; the day as an argument.
Gives    begin_run, unfinished_run, sum_up, finish_run, the portfolio sums of a day, gl_balances.
Never    closes a slice: store.closing does.
Source   docs/decisions/0004-closing-a-day.md.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from duewell.domain.agenda import Sums, sums_after
from duewell.domain.errors import InvalidInput
from duewell.domain.ledger import Account, Journal
from duewell.domain.postings import day_journal
from duewell.store import loans, sealing
from duewell.store.agendas import Measures
from duewell.store.loans import ACCOUNT_NO, Connection
from duewell.store.sealing import Content

ONE_DAY = timedelta(days=1)
SLICES = (1, 2, 4, 8, 16, 32, 64)
"""Into how many slices of persons a run can be divided: by up to the top six of a person_id's 63 bits."""
_CHUNK_BYTES = 64 * 2**20
"""About how much of the agendas' table one chunk reads at most: some 60,000 loans."""


@dataclass(frozen=True, slots=True)
class Run:
    """The run of one day of a book, and into how many slices of persons its work is divided."""

    book_id: int
    day: date
    slices: int

    def persons(self, slice_no: int) -> tuple[int, int]:
        """The first and the last person_id of a slice."""
        width = 2**63 // self.slices
        return slice_no * width, (slice_no + 1) * width - 1

    def slice_of(self, person_id: int) -> int:
        """The slice a person belongs to."""
        return person_id // (2**63 // self.slices)


def begin_run(conn: Connection, book_id: int, day: date, at: datetime, slices: int | None = None) -> Run:
    """Start the run of a day, in so many slices, or as many as the size of the agendas' table asks for.

    No figure depends on the number of slices, only how much is done in one transaction.
    """
    if slices is None:
        row = conn.execute("select pg_relation_size('duewell.agenda')").fetchone()
        assert row is not None
        slices = next((n for n in SLICES if n * _CHUNK_BYTES >= row[0]), SLICES[-1])
    conn.execute(
        "insert into duewell.day_run (book_id, day, started_at, slices) values (%s, %s, %s, %s)",
        [book_id, day, at, slices],
    )
    return Run(book_id, day, slices)


def unfinished_run(conn: Connection, book_id: int) -> Run | None:
    """The run that is not finished, if there is one: at most one, since days close in order."""
    row = conn.execute(
        "select day, slices from duewell.day_run where book_id = %s and finished_at is null", [book_id]
    ).fetchone()
    return Run(book_id, *row) if row else None


def last_closed(conn: Connection, book_id: int) -> date | None:
    """The last day whose run is finished."""
    row = conn.execute(
        "select max(day) from duewell.day_run where book_id = %s and finished_at is not null", [book_id]
    ).fetchone()
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class RunRow:
    """How the run of a day stands."""

    day: date
    began_at: datetime
    ended_at: datetime | None
    slices: int
    done: int
    entries: int
    turned: int
    wishes: int


def runs(conn: Connection, book_id: int, limit: int) -> list[RunRow]:
    """The last runs of a book, the newest first."""
    rows = conn.execute(
        "select r.day, r.started_at, r.finished_at, r.slices, count(c.slice_no), coalesce(sum(c.entries), 0),"
        " coalesce(sum(c.turned), 0), coalesce(sum(c.wishes), 0) from duewell.day_run r"
        " left join duewell.day_chunk c using (book_id, day) where r.book_id = %s"
        " group by r.day, r.started_at, r.finished_at, r.slices order by r.day desc limit %s",
        [book_id, limit],
    ).fetchall()
    return [RunRow(*row[:4], *map(int, row[4:])) for row in rows]


def check_span(open_on: date, until: date, days_max: int) -> None:
    """Refuse to close more days at once than somebody waits for."""
    if (until - open_on).days >= days_max:
        raise InvalidInput("too-many-days", open_on=str(open_on), until=str(until), days_max=days_max)


def undone_slices(conn: Connection, run: Run) -> list[int]:
    """The slices of a run that are still to be closed."""
    rows = conn.execute(
        "select n from generate_series(0, %s - 1) as n where not exists (select from duewell.day_chunk c"
        " where c.book_id = %s and c.day = %s and c.slice_no = n) order by n",
        [run.slices, run.book_id, run.day],
    ).fetchall()
    return [n for (n,) in rows]


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


def read_levels(conn: Connection, book_id: int, day: date) -> dict[int, Sums]:
    """What agendas say their loans stand for at the end of a day, added up in one scan: whole units, slopes.

    An agenda written before the loan's standing was kept adds nothing: `stale_agendas` counts those.
    """
    found = _by_product(
        conn,
        "select t.product_no, m.name, m.accrual_class, t.level from ("
        "select a.product_no, u.measure_no, sum(u.level) as level from duewell.agenda a"
        " cross join lateral (select"
        " width_bucket(%(day)s::date, a.dates) * cardinality(a.level_measure) as n) as place"
        " cross join lateral unnest(a.level_measure,"
        " a.level[place.n + 1 : place.n + cardinality(a.level_measure)]) as u(measure_no, level)"
        " where a.book_id = %(book)s and a.base_on is not null group by 1, 2) as t"
        " join duewell.measure m using (measure_no)",
        {"book": book_id, "day": day},
    )
    return {no: {key: value for key, value in each.items() if value} for no, each in found.items()}


def stale_agendas(conn: Connection, book_id: int) -> int:
    """How many agendas do not say what their loans stood for when they were written."""
    row = conn.execute(
        "select count(*) from duewell.agenda where book_id = %s and base_on is null", [book_id]
    ).fetchone()
    assert row is not None
    return int(row[0])


def closed_days(conn: Connection, book_id: int) -> list[date]:
    """Every closed day of a book, in order."""
    rows = conn.execute(
        "select day from duewell.day_run where book_id = %s and finished_at is not null order by day",
        [book_id],
    ).fetchall()
    return [day for (day,) in rows]


def posted_totals(conn: Connection, book_id: int, until: date) -> dict[int, dict[Account, int]]:
    """What the totals of days posted to the general ledger, by product and account, to a day's end."""
    found: dict[int, dict[Account, int]] = defaultdict(dict)
    for product_no, number, amount in conn.execute(
        "select product_no, u.account_no, sum(u.amount) from duewell.gl_journal"
        " cross join lateral unnest(accounts, amounts) as u(account_no, amount)"
        " where book_id = %s and day <= %s and kind = 1 group by 1, 2",
        [book_id, until],
    ).fetchall():
        if amount:
            found[product_no][loans.ACCOUNT_BY_NO[number]] = int(amount)
    return dict(found)


def _by_product(conn: Connection, query: str, given: list[Any] | dict[str, Any]) -> dict[int, Sums]:
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


def sum_up(conn: Connection, book_id: int, day: date, at: datetime, content: Content) -> None:
    """After the last slice: the sums at the day's end, what they post; the day is closed and sealed.

    `content` is what sealing.content_of() says of the day, read when nothing could be added to it any more.
    """
    before = read_sums(conn, book_id, day - ONE_DAY)
    after = sums_after(before, read_moves(conn, book_id, day), read_day_sums(conn, book_id, day), day)
    put_sums(conn, book_id, day, after)
    for product_no in sorted(after):
        journal = day_journal(before.get(product_no, {}), after[product_no])
        if journal is not None:
            put_gl_journal(conn, book_id, day, product_no, journal)
    finish_run(conn, book_id, day, at)
    sealing.seal(conn, book_id, day, content)


def posted_between(conn: Connection, book_id: int, first: date, last: date) -> dict[str, int]:
    """What the closing of days posted to the general ledger, by the account's code."""
    rows = conn.execute(
        "select u.account_no, sum(u.amount) from duewell.gl_journal"
        " cross join lateral unnest(accounts, amounts) as u(account_no, amount)"
        " where book_id = %s and day between %s and %s and kind = 1 group by 1"
        " having sum(u.amount) <> 0 order by 1",
        [book_id, first, last],
    ).fetchall()
    return {loans.ACCOUNT_BY_NO[number].code: int(amount) for number, amount in rows}


def finish_run(conn: Connection, book_id: int, day: date, at: datetime) -> None:
    """Mark the run of a day as finished."""
    conn.execute(
        "update duewell.day_run set finished_at = %s where book_id = %s and day = %s", [at, book_id, day]
    )


def chunk_totals(conn: Connection, book_id: int, day: date) -> dict[str, int]:
    """What the slices of a day and the loans closed ahead of them did, added up."""
    row = conn.execute(
        "select coalesce(sum(entries), 0), coalesce(sum(turned), 0), coalesce(sum(wishes), 0) from ("
        "select entries, turned, wishes from duewell.day_chunk where book_id = %(book)s and day = %(day)s"
        " union all select entries, turned, wishes from duewell.day_ahead"
        " where book_id = %(book)s and day = %(day)s) as done",
        {"book": book_id, "day": day},
    ).fetchone()
    assert row is not None
    return {"entries": int(row[0]), "turned": int(row[1]), "wishes": int(row[2])}


def gl_balances(conn: Connection, book_id: int, until: date) -> dict[int, dict[Account, int]]:
    """The general ledger's balances by product: totals of the days and journals of loans, to a day's end.

    Money in suspense is of no product: it stands under 0, in the book's own currency.
    """
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
union all
select 0, u.account_no, sum(u.amount) from duewell.suspense_move m
join duewell.book b using (book_id)
cross join lateral unnest(m.accounts, m.amounts) as u(account_no, amount)
where m.book_id = %(book)s and m.currency = b.currency and m.posted_on <= %(until)s group by 1, 2
"""
