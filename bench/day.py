"""What closing one business day costs on a synthetic book, beside touching and beside folding every loan.

Needs    a server of its own; --loans.
Gives    seconds a day, and its share of touching every loan, of folding each, and of copying the book out.
Never    times a day nobody pays on: most rows due are paid before the close, as in a real book.
Source   docs/reference/benchmarks.md, section day; shared/performance.md, sections 3 and 9.

The rounds are interleaved: the day's payments (not timed), the day, touching every loan, the copy out.
Touch every loan is set-based and favoured: one UPDATE that adds a slope already known, HOT, a narrow row, no
fact, no journal, no reminder, in one transaction. Its slopes are compared with the portfolio sums first. The
other, "touch and post", also writes one journal a loan, as engines that accrue loan by loan do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg

from bench import database, replicas
from bench.figures import ROUNDS, Clock, Figure, figure, ratio
from duewell.domain.loan import fold
from duewell.services.close_day import DayReport, close_day
from duewell.services.generate_payments import generate_payments
from duewell.store import books, loans
from duewell.store.loans import Connection

BOOK = "bench"
SEED = 20260601
OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
WARM_DAYS = 2
"""Days closed before the first sample: the first day of any book posts what every loan brings with it."""
KEYS = 500
FOLDED_MAX = 20_000


def run(options: argparse.Namespace) -> Iterator[Figure]:
    """Every figure of the day."""
    with database.server() as server, psycopg.connect(database.fresh(server), autocommit=True) as conn:
        with Clock() as clock:
            replicas.make_book(conn, BOOK, count=options.loans, seed=SEED, open_on=OPEN_ON, at=AT)
        size = f"{options.loans:,} loans"
        rate = options.loans / clock.seconds
        yield figure("book_generated_per_second", [rate], "loans/s", note=f"{size}, once, one core")
        for _ in range(WARM_DAYS):
            _pay_and_close(conn)
        make_touched(conn, BOOK)
        conn.execute("vacuum analyze")
        check_touched(conn, BOOK)
        yield from _rounds(conn, options.loans, size)
        if options.plan:
            print(plan_of_touch(conn), file=sys.stderr)


def _rounds(conn: Connection, count: int, size: str) -> Iterator[Figure]:
    days: list[float] = []
    touches: list[float] = []
    posts: list[float] = []
    copies: list[float] = []
    turned: list[float] = []
    entries: list[float] = []
    payments: list[float] = []
    for _ in range(ROUNDS):
        seconds, made, report, spent = _pay_and_close(conn)
        days.append(seconds)
        turned.append(report.turned / count * 1e6)
        entries.append(report.entries / count * 1e6)
        if made:
            payments.append(made / spent)
        touches.append(touch_every(conn))
        posts.append(touch_every(conn, is_posting=True))
        copies.append(copy_out(conn))
    folds, moved = fold_every(conn)
    yield figure("day_seconds", days, "s", note=f"{size}, durable, reminders included")
    yield figure("touch_every_seconds", touches, "s", note="one UPDATE, HOT, durable")
    share = ratio(days, touches)
    yield figure("day_over_touch_every", share, "ratio", good=0.2, moonshot=0.1, note=size)
    share = ratio(days, posts)
    yield figure("day_over_touch_and_post", share, "ratio", good=0.2, moonshot=0.1, note="and a journal each")
    share = ratio(days, copies)
    yield figure(
        "day_over_copy_out", share, "ratio", good=2.0, moonshot=0.8, note="target stands at 1M loans"
    )
    yield figure(
        "day_over_fold_every", ratio(days, folds), "ratio", note="fold alone, one core, rows not moved"
    )
    yield figure(
        "fold_every_us", [s / count * 1e6 for s in folds], "us", note="a loan of the book, fold alone"
    )
    yield figure(
        "fold_proof_per_loan_us", moved, "us", good=80, moonshot=40, note="rows read and folded, one core"
    )
    yield figure(
        "turned_per_million", turned, "loans", note="folded by the day; 1.5 % of what falls due stays unpaid"
    )
    yield figure("entries_per_million", entries, "entries", note="agenda dates that came")
    if payments:
        yield figure(
            "payments_per_second", payments, "1/s", note="general path, one connection, one commit a day"
        )


def _pay_and_close(conn: Connection) -> tuple[float, int, DayReport, float]:
    """Let the day's payments come in, close it; the seconds of the close, the payments and their seconds."""
    day = books.read_book(conn, BOOK).open_on
    with Clock() as paying:
        made = generate_payments(conn, BOOK, seed=SEED, at=AT)
    with Clock() as closing:
        (report,) = close_day(conn, BOOK, until=day, at=AT)
    return closing.seconds, made, report, paying.seconds


# -- touch every loan ------------------------------------------------------------------------------

_MAKE = """
create table bench_touched (
  person_id bigint not null,
  loan_no smallint not null,
  product_no smallint not null,
  slope bigint not null,
  accrued bigint not null default 0,
  touched_on date,
  primary key (person_id, loan_no)
) with (fillfactor = 45)
"""

_FILL = """
insert into bench_touched (person_id, loan_no, product_no, slope)
select a.person_id, a.loan_no, a.product_no,
  coalesce(sum(a.level[width_bucket(%(day)s::date, a.dates) * cardinality(a.level_measure) + u.place])
    filter (where m.name = 'interest.slope'), 0)
from duewell.agenda a
left join lateral unnest(a.level_measure) with ordinality as u(measure_no, place) on true
left join duewell.measure m using (measure_no)
group by 1, 2, 3 order by 1, 2
"""

_TOUCH = "update bench_touched set accrued = accrued + slope, touched_on = %s"

# What an engine that keeps accruals loan by loan writes beside the state: one journal of two lines a loan.
_MAKE_POSTED = """
create table bench_posted (
  person_id bigint not null,
  loan_no smallint not null,
  day date not null,
  accounts smallint[] not null,
  amounts bigint[] not null,
  primary key (person_id, loan_no, day)
)
"""
_POST = """
insert into bench_posted
select person_id, loan_no, touched_on, array[1, 2]::smallint[], array[slope, -slope] from bench_touched
"""


def make_touched(conn: Connection, book: str) -> None:
    """The state rows of the comparator, with each loan's slope at the end of the day closed last."""
    conn.execute(_MAKE)
    conn.execute(_MAKE_POSTED)
    conn.execute(_FILL, {"day": _last_day(conn, book)})


def check_touched(conn: Connection, book: str) -> bool:
    """Whether the comparator adds what the book's own sums say a day adds, product by product."""
    theirs = dict(
        conn.execute("select product_no, sum(slope) from bench_touched group by 1 having sum(slope) <> 0")
        .fetchall()
    )  # fmt: skip
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


def touch_every(conn: Connection, *, is_posting: bool = False) -> float:
    """The seconds of one durable day that touches every loan; what it leaves is swept, not timed."""
    day = _last_day(conn, BOOK)
    with Clock() as clock, conn.transaction():
        conn.execute(_TOUCH, [day])
        if is_posting:
            conn.execute(_POST)
    conn.execute("vacuum bench_touched")
    conn.execute("truncate bench_posted")
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


def copy_out(conn: Connection) -> float:
    """The seconds of copying the book's projections out in binary, the bytes dropped."""
    with Clock() as clock:
        for table in ("duewell.loan_state", "duewell.agenda"):
            with conn.cursor() as cursor, cursor.copy(f"copy {table} to stdout (format binary)") as copy:
                for _ in copy:
                    pass
    return clock.seconds


def fold_every(conn: Connection) -> tuple[list[float], list[float]]:
    """Fold every loan in five passes: seconds a pass; and us a loan with its reading, by part of the book.

    Of a book of more than 20,000 loans, 20,000 are folded and the seconds of a pass scaled to the book.
    """
    book = books.read_book(conn, BOOK)
    as_of = book.open_on - timedelta(days=1)
    every = loans.keys_of_book(conn, book.book_id)
    keys = every[:FOLDED_MAX]  # a person_id is random, so the first are a fair sample
    passes = [0.0] * ROUNDS
    moved = []
    for start in range(0, len(keys), KEYS):
        part = keys[start : start + KEYS]
        with Clock() as reading:
            read = list(loans.read_many(conn, part).values())
        for k in range(ROUNDS):
            with Clock() as folding:
                for terms, facts in read:
                    fold(terms, facts, as_of=as_of)
            passes[k] += folding.seconds
        moved.append((reading.seconds + folding.seconds) / len(part) * 1e6)
    return [seconds * len(every) / len(keys) for seconds in passes], moved
