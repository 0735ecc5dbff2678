"""What closing one business day costs, beside copying the book out and beside touching every loan.

Needs    a server of its own; --loans.
Gives    ratios of interleaved rounds: to the copy, the touch, a doubled book, the log written; sums, proof.
Never    times a day nobody pays on: most rows due are paid before the close, as in a real book.
Source   docs/reference/benchmarks.md, section eod.

The rounds are interleaved: the day's payments (not timed), the day, touching every loan, the copy out.
Touch every loan is what an engine does that keeps accruals loan by loan, at its best: one set-based UPDATE of
a state row of the usual columns, HOT, with a slope already known, and its two posting lines a loan, in one
transaction; no fact, no reminder, no bucket. Its slopes are compared with the portfolio sums first. "Bare" is
the UPDATE alone on a row that has nothing but the slope.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context

import psycopg

from bench import database, parts, replicas
from bench.figures import ROUNDS, Clock, Figure, figure, ratio
from duewell.domain.contract import contract_of
from duewell.services.close_day import DayReport, close_day
from duewell.services.generate_payments import generate_payments
from duewell.store import books, days, loans
from duewell.store.loans import Connection, LoanKey
from duewell.store.server import EmbeddedServer

BOOK = "bench"
SEED = 20260601
OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
WARM_DAYS = 2
"""Days closed before the first sample: the first day of any book posts what every loan brings with it."""
GROWTH_DAYS = 60
KEYS = 500
FOLDED_MAX = 20_000
OBJECTS = 1_000
Samples = dict[str, list[float]]


def run(options: argparse.Namespace) -> Iterator[Figure]:
    """Every figure of the day."""
    with database.server() as server:
        url = database.fresh(server)
        with psycopg.connect(url, autocommit=True) as conn:
            with Clock() as clock:
                made = replicas.make_book(conn, BOOK, count=options.loans, seed=SEED, open_on=OPEN_ON, at=AT)
            yield figure("book_made_seconds", [clock.seconds], "s", note=f"{made:,} loans, once")
            for _ in range(WARM_DAYS):
                pay_and_close(conn)
            make_touched(conn, BOOK)
            conn.execute("vacuum analyze")
            check_touched(conn, BOOK)
            yield from _rounds(conn, made)
            yield from profile(conn, f"{made:,} loans")
            yield from _objects(conn)
            if options.plan:
                print(plan_of_touch(conn), file=sys.stderr)
        database.drop(server, url)
        yield from _doubled(server, options.loans)
        yield from _growth(server, min(options.loans, 100_000))


@dataclass(slots=True)
class Closed:
    """One day of a bench: its payments, the close, and what the close wrote."""

    report: DayReport
    seconds: float
    wal: int
    paid: int
    paying_seconds: float


def pay(conn: Connection) -> int:
    """Let the day's payments come in."""
    return generate_payments(conn, BOOK, seed=SEED, at=AT)


def close(conn: Connection) -> DayReport:
    """Close the day that is open."""
    (report,) = close_day(conn, BOOK, until=books.read_book(conn, BOOK).open_on, at=AT)
    return report


def profile(conn: Connection, size: str) -> Iterator[Figure]:
    """Where the milliseconds of a day go."""
    yield from parts.figures(lambda: pay(conn), lambda: close(conn), size)


def pay_and_close(conn: Connection) -> Closed:
    """Let the day's payments come in, close it."""
    with Clock() as paying:
        paid = pay(conn)
    wal = _wal(conn)
    with Clock() as closing:
        report = close(conn)
    return Closed(report, closing.seconds, _wal(conn) - wal, paid, paying.seconds)


def _wal(conn: Connection) -> int:
    row = conn.execute("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    assert row is not None
    return int(row[0])


def _rounds(conn: Connection, count: int) -> Iterator[Figure]:
    found: Samples = defaultdict(list)
    for _ in range(ROUNDS):
        closed = pay_and_close(conn)
        found["day"].append(closed.seconds)
        found["wal"].append(closed.wal / 1e6)
        found["turned"].append(closed.report.turned / count * 1e6)
        found["entries"].append(closed.report.entries / count * 1e6)
        found["wishes"].append(closed.report.wishes / count * 1e6)
        if closed.paid:
            found["paid"].append(closed.paid / closed.paying_seconds)
        wal = _wal(conn)
        found["touch"].append(touch_every(conn))
        found["touch_wal"].append((_wal(conn) - wal) / 1e6)
        found["bare"].append(touch_every(conn, is_bare=True))
        found["copy"].append(copy_out(conn, "duewell.loan_state", "duewell.agenda"))
        found["copy_state"].append(copy_out(conn, "bench_touched"))
        found["scan"].append(scan(conn))
        found["sums"].append(sums(conn))
    yield from _figures(found, f"{count:,} loans")
    moved = fold_proof(conn)
    yield figure(
        "fold_proof_per_loan_us", moved, "us", good=80, moonshot=40, note="read and folded, all cores"
    )


def _figures(found: Samples, size: str) -> Iterator[Figure]:
    day = found["day"]
    yield figure("eod_seconds", day, "s", note=f"{size}, durable, reminders included, one worker")
    yield figure("touch_every_seconds", found["touch"], "s", note="state row and two posting lines a loan")
    yield figure("copy_out_seconds", found["copy"], "s", note="loan_state and agenda, binary, dropped")
    share = ratio(day, found["copy"])
    yield figure("eod_over_copy_out", share, "ratio", good=2.0, moonshot=0.8, note=size)
    share = ratio(day, found["copy_state"])
    yield figure("eod_over_copy_out_of_state", share, "ratio", note="a state row of the usual columns alone")
    yield figure("turned_per_million", found["turned"], "loans", note="1.5 % of what falls due stays unpaid")
    yield figure("entries_per_million", found["entries"], "entries")
    yield figure("wishes_per_million", found["wishes"], "wishes")
    share = ratio(found["touch"], day)
    yield figure("touch_every_over_eod", share, "ratio", good=5, moonshot=10, note=size)
    yield figure(
        "touch_bare_over_eod", ratio(found["bare"], day), "ratio", note="the UPDATE alone, narrow row"
    )
    share = ratio(found["touch_wal"], found["wal"])
    yield figure("eod_wal_saving", share, "ratio", good=6, moonshot=12, note="log written, touch / day")
    share = ratio(found["sums"], found["scan"])
    yield figure("sums_over_scan", share, "ratio", good=3, moonshot=2, note="levels of every agenda / count")
    if found["paid"]:
        yield figure("payments_per_second", found["paid"], "1/s", note="both paths, one connection")


# -- the book doubled, and after sixty days --------------------------------------------------------


def _doubled(server: EmbeddedServer, count: int) -> Iterator[Figure]:
    """The same events on twice the loans: the added half has nothing to do for ten years."""
    urls = [database.fresh(server), database.fresh(server)]
    conns = [psycopg.connect(url, autocommit=True) for url in urls]
    for conn, is_doubled in zip(conns, (False, True), strict=True):
        replicas.make_book(conn, BOOK, count=count, seed=SEED, open_on=OPEN_ON, at=AT, is_doubled=is_doubled)
        for _ in range(WARM_DAYS):
            pay_and_close(conn)
        conn.execute("vacuum analyze")
    both: list[list[Closed]] = [[], []]
    for _ in range(ROUNDS):
        for conn, closed in zip(conns, both, strict=True):
            closed.append(pay_and_close(conn))
    for one, two in zip(*both, strict=True):
        assert one.report.entries == two.report.entries, "the same events"
    share = ratio([c.seconds for c in both[1]], [c.seconds for c in both[0]])
    yield figure(
        "eod_double_book", share, "ratio", good=1.1, moonshot=1.0, note=f"{2 * count:,} loans / {count:,}"
    )
    for conn, url in zip(conns, urls, strict=True):
        conn.close()
        database.drop(server, url)


def _growth(server: EmbeddedServer, count: int) -> Iterator[Figure]:
    """What an entry costs at the end of sixty days beside the beginning; vacuum runs as it does by itself."""
    with psycopg.connect(database.fresh(server), autocommit=True) as conn:
        replicas.make_book(conn, BOOK, count=count, seed=SEED, open_on=OPEN_ON, at=AT)
        pay_and_close(conn)
        costs = [
            (c.seconds / max(c.report.entries, 1)) for c in (pay_and_close(conn) for _ in range(GROWTH_DAYS))
        ]
    share = ratio(costs[-10:], costs[:10])
    yield figure(
        "eod_60_days_growth", share, "ratio", good=1.1, moonshot=1.0, note=f"{count:,} loans, an entry"
    )


# -- touch every loan ------------------------------------------------------------------------------

_MAKE = """
create table bench_touched (
  person_id bigint not null, loan_no smallint not null, product_no smallint not null,
  status smallint not null,
  slope bigint not null, accrued bigint not null default 0, penalty bigint not null default 0,
  principal bigint not null, interest_due bigint not null default 0, fee_due bigint not null default 0,
  dpd smallint not null default 0, bucket smallint not null default 0, next_due date, oldest_due date,
  installments_left smallint not null default 0, paid bigint not null default 0, touched_on date,
  primary key (person_id, loan_no)
) with (fillfactor = 45);
create table bench_bare (
  person_id bigint not null, loan_no smallint not null, product_no smallint not null, slope bigint not null,
  accrued bigint not null default 0, touched_on date, primary key (person_id, loan_no)
) with (fillfactor = 45);
create table bench_lines (
  person_id bigint not null, loan_no smallint not null, day date not null, account smallint not null,
  amount bigint not null, primary key (person_id, loan_no, day, account)
)
"""
_FILL = """
insert into bench_touched (person_id, loan_no, product_no, status, slope, principal)
select a.person_id, a.loan_no, a.product_no, 1,
  coalesce(sum(a.level[width_bucket(%(day)s::date, a.dates) * cardinality(a.level_measure) + u.place])
    filter (where m.name = 'interest.slope'), 0), 0
from duewell.agenda a
left join lateral unnest(a.level_measure) with ordinality as u(measure_no, place) on true
left join duewell.measure m using (measure_no)
group by 1, 2, 3 order by 1, 2
"""
_TOUCH = "update bench_touched set accrued = accrued + slope, dpd = dpd, touched_on = %s"
_BARE = "update bench_bare set accrued = accrued + slope, touched_on = %s"
_POST = """
insert into bench_lines
select person_id, loan_no, touched_on, side.account, side.sign * slope from bench_touched
cross join (values (1::smallint, 1), (2::smallint, -1)) as side(account, sign)
"""


def make_touched(conn: Connection, book: str) -> None:
    """The state rows of the comparators, with each loan's slope at the end of the day closed last."""
    conn.execute(_MAKE)
    conn.execute(_FILL, {"day": _last_day(conn, book)})
    conn.execute("insert into bench_bare select person_id, loan_no, product_no, slope from bench_touched")


def check_touched(conn: Connection, book: str) -> bool:
    """Whether the comparator adds what the book's own sums say a day adds, product by product."""
    theirs = dict(
        conn.execute(
            "select product_no, sum(slope) from bench_touched group by 1 having sum(slope) <> 0"
        ).fetchall()
    )
    ours = dict(
        conn.execute(
            "select product_no, sum(value) from duewell.portfolio_sum join duewell.measure using (measure_no)"
            " where day = %s and name = 'interest.slope' group by 1",
            [_last_day(conn, book)],
        ).fetchall()
    )
    if theirs != ours:
        total = f"{sum(ours.values())} beside {sum(theirs.values())}"
        print(f"WRONG: the portfolio sums are not those of the loans: slopes {total}", file=sys.stderr)
    return theirs == ours


def touch_every(conn: Connection, *, is_bare: bool = False) -> float:
    """The seconds of one durable day that touches every loan; what it leaves is swept, not timed."""
    day = _last_day(conn, BOOK)
    with Clock() as clock, conn.transaction():
        conn.execute(_BARE if is_bare else _TOUCH, [day])
        if not is_bare:
            conn.execute(_POST)
    conn.execute("vacuum bench_bare" if is_bare else "vacuum bench_touched")
    conn.execute("truncate bench_lines")
    return clock.seconds


def plan_of_touch(conn: Connection) -> str:
    """The plan of the update, and how much of it is HOT."""
    with conn.transaction(force_rollback=True):
        rows = conn.execute("explain (analyze, buffers, wal) " + _TOUCH, [_last_day(conn, BOOK)]).fetchall()
    hot = conn.execute(
        "select n_tup_hot_upd, n_tup_upd from pg_stat_user_tables where relname = 'bench_touched'"
    ).fetchone()
    return "\n".join(str(line) for (line,) in rows) + f"\nHOT updates and all updates: {hot}"


def _last_day(conn: Connection, book: str) -> date:
    return books.read_book(conn, book).open_on - timedelta(days=1)


# -- the other denominators ------------------------------------------------------------------------


def copy_out(conn: Connection, *tables: str) -> float:
    """The seconds of copying tables out in binary, the bytes dropped."""
    with Clock() as clock:
        for table in tables:
            with conn.cursor() as cursor, cursor.copy(f"copy {table} to stdout (format binary)") as copy:
                for _ in copy:
                    pass
    return clock.seconds


def scan(conn: Connection) -> float:
    """The seconds of reading every agenda's row in the server, with a sum of one of its plain columns."""
    with Clock() as clock:
        conn.execute("select count(*), sum(product_no), max(since) from duewell.agenda").fetchone()
    return clock.seconds


def sums(conn: Connection) -> float:
    """The seconds of adding every portfolio sum up again in the server, which must find what is kept."""
    book = books.read_book(conn, BOOK)
    with Clock() as clock:
        found = days.read_levels(conn, book.book_id, book.open_on - timedelta(days=1))
    assert any(found.values())
    return clock.seconds


def fold_proof(conn: Connection) -> list[float]:
    """Microseconds a loan of reading and folding it, on all cores, by round; of 20,000 loans at most."""
    book = books.read_book(conn, BOOK)
    as_of = book.open_on - timedelta(days=1)
    keys = loans.keys_of_book(conn, book.book_id)[:FOLDED_MAX]  # a person_id is random: a fair sample
    cores = os.cpu_count() or 1
    size = max(1, min(KEYS, len(keys) // (ROUNDS * cores)))
    parts_of = [keys[start : start + size] for start in range(0, len(keys), size)]
    moved = []
    with ProcessPoolExecutor(
        cores, mp_context=get_context("spawn"), initializer=_begin, initargs=(conn.info.dsn,)
    ) as pool:
        list(pool.map(_prove, parts_of[:cores], [as_of] * cores))  # all are up before the clock starts
        for n in range(ROUNDS):
            mine = parts_of[n::ROUNDS]
            with Clock() as clock:
                count = sum(pool.map(_prove, mine, [as_of] * len(mine)))
            moved.append(clock.seconds / count * 1e6)
    return moved


_OPEN: list[Connection] = []


def _begin(url: str) -> None:
    _OPEN.append(psycopg.connect(url, autocommit=True))


def _prove(keys: Sequence[LoanKey], as_of: date) -> int:
    for terms, facts in loans.read_many(_OPEN[0], keys).values():
        contract_of(terms).fold(facts, as_of=as_of)
    return len(keys)


def _objects(conn: Connection) -> Iterator[Figure]:
    """A day object by object: each loan read, accrued, written and posted by statements of its own."""
    day = _last_day(conn, BOOK)
    rows = conn.execute("select person_id, loan_no from bench_touched limit %s", [OBJECTS]).fetchall()
    costs = []
    for _ in range(ROUNDS):
        with Clock() as clock:
            for person_id, loan_no in rows:
                with conn.transaction():
                    _one_object(conn, person_id, loan_no, day)
        conn.execute("truncate bench_lines")
        costs.append(clock.seconds / len(rows) * 1e6)
    yield figure("object_by_object_us", costs, "us", note=f"a loan, {OBJECTS:,} loans, six statements each")


def _one_object(conn: Connection, person_id: int, loan_no: int, day: date) -> None:
    key = [person_id, loan_no]
    row = conn.execute(
        "select slope, accrued from bench_touched where person_id = %s and loan_no = %s for update", key
    ).fetchone()
    assert row is not None
    conn.execute("select terms from duewell.loan where person_id = %s and loan_no = %s", key).fetchone()
    conn.execute(
        "select dates, cum from duewell.agenda where person_id = %s and loan_no = %s", key
    ).fetchone()
    conn.execute(
        "update bench_touched set accrued = %s, touched_on = %s where person_id = %s and loan_no = %s",
        [row[0] + row[1], day, *key],
    )
    for account, sign in ((1, 1), (2, -1)):
        conn.execute(
            "insert into bench_lines values (%s, %s, %s, %s, %s)", [*key, day, account, sign * row[0]]
        )
