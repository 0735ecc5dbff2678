"""The worker closes live books by the clock, outlives its database, and stops where it is asked to.

How: a clock that is told what to show; a database whose connection is cut, or that is stopped and started
again by somebody else; and the command itself, sent SIGTERM.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from duewell.app import connect
from duewell.domain.errors import Fault
from duewell.services.close_day import DayReport
from duewell.services.close_due import Due
from duewell.services.generate_book import generate_book
from duewell.services.open_book import open_book
from duewell.services.set_closing import set_closing
from duewell.services.verify_book import verify_book
from duewell.settings import Settings
from duewell.store import alarms, books, days
from duewell.store.server import start, stop
from duewell.worker.closing import IDLE_MAX, RETRY, Closer, Stop

Conn = psycopg.Connection[Any]
FIRST = date(2026, 6, 1)
CUT_OFF = datetime(2026, 6, 1, 15, tzinfo=UTC)


def make_live(conn: Conn, code: str = "b", count: int = 30) -> None:
    generate_book(conn, code, count=count, seed=3, open_on=FIRST, at=CUT_OFF)
    conn.execute("update duewell.book set is_sandbox = false where code = %s", [code])


class Watched:
    """A closer whose clock, and everything it tells, is at hand."""

    def __init__(self, connect: Callable[[], Conn]) -> None:
        self.at, self.stop = CUT_OFF, Stop()
        self.dues: list[Due] = []
        self.lost: list[Fault] = []
        self.closed: list[tuple[str, date]] = []
        self.closer = Closer(
            connect,
            now=lambda: self.at,
            stop=self.stop,
            on_due=self.dues.append,
            on_lost=self.lost.append,
            on_closed=self.on_closed,
        )

    def on_closed(self, book: str, report: DayReport) -> None:
        self.closed.append((book, report.day))


@pytest.fixture
def reach(url: str) -> Callable[[], Conn]:
    return partial(psycopg.connect, url, autocommit=True)


def test_it_closes_live_books_only_and_sleeps_until_the_next_cut_off(
    conn: Conn, reach: Callable[[], Conn]
) -> None:
    make_live(conn)
    open_book(conn, code="trial", currency_code="CNY", open_on=FIRST, is_sandbox=True)
    watched = Watched(reach)
    watched.at = CUT_OFF - timedelta(seconds=20)
    assert watched.closer.turn() == 20
    watched.at = CUT_OFF
    assert watched.closer.turn() == IDLE_MAX, "a new book is seen before the next cut-off"
    assert watched.closed == [("b", FIRST)]
    assert books.read_book(conn, "trial").open_on == FIRST


def test_a_day_that_waits_is_looked_at_again_soon_and_other_books_do_not_wait(
    conn: Conn, reach: Callable[[], Conn], tmp_path: Path
) -> None:
    make_live(conn, "a")
    make_live(conn, "b")
    set_closing(conn, "a", folder=str(tmp_path), names=["{date}.csv"])
    watched = Watched(reach)
    assert watched.closer.turn() == RETRY
    assert watched.closed == [("b", FIRST)]
    (tmp_path / "2026-06-01.csv").write_text("1")
    watched.closer.turn()
    assert watched.closed == [("b", FIRST), ("a", FIRST)]


def test_a_cut_connection_is_told_and_opened_anew_and_the_pauses_grow(
    conn: Conn, reach: Callable[[], Conn]
) -> None:
    make_live(conn)
    watched = Watched(reach)
    watched.at = CUT_OFF - timedelta(hours=1)
    watched.closer.turn()
    conn.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    watched.at = CUT_OFF
    assert watched.closer.turn() == 0.5 and [each.code for each in watched.lost] == ["database-not-reached"]
    watched.closer.turn()
    assert watched.closed == [("b", FIRST)]

    def unreachable() -> Conn:
        raise Fault("database-not-reached", problem="gone")

    gone = Watched(unreachable)
    assert [gone.closer.turn() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_asked_to_stop_it_ends_after_the_slice_at_hand_and_the_day_goes_on_next_time(
    conn: Conn, reach: Callable[[], Conn]
) -> None:
    make_live(conn)
    days.begin_run(conn, 1, FIRST, CUT_OFF, 4)
    books.move_open_on(conn, 1, FIRST + timedelta(days=1))
    watched = Watched(reach)
    progressed = watched.closer._progressed

    def ask(progress: Any) -> None:
        watched.stop.ask()
        progressed(progress)

    watched.closer._progressed = ask  # type: ignore[method-assign]  # the signal, in the middle of a day
    watched.closer.run()
    run = days.unfinished_run(conn, 1)
    assert run is not None and len(days.undone_slices(conn, run)) == 3 and watched.closed == []
    again = Watched(reach)
    again.closer.turn()
    assert again.closed == [("b", FIRST)] and verify_book(conn, "b").findings == []
    assert alarms.history(conn, limit=9) == []


def test_a_stop_asked_while_it_sleeps_is_heard_at_once() -> None:
    stopping = Stop()
    threading.Timer(0.05, stopping.ask).start()
    assert stopping.wait(60)
    for _ in range(100_000):
        stopping.ask()  # However often it is asked, nothing blocks.
    assert stopping.wait(60)
    stopping.close()


def test_it_outlives_a_server_that_is_stopped_and_started_again_by_another_command() -> None:
    directory = Path(tempfile.mkdtemp(prefix="duewell-worker-"))
    settings = Settings(directory, None, "en")
    try:
        conn = connect(settings)
        conn.execute("reset role")
        make_live(conn, count=5)
        conn.close()
        watched = Watched(partial(connect, settings))
        watched.at = CUT_OFF - timedelta(hours=1)
        watched.closer.turn()
        stop(start(directory / "postgresql"))
        env = os.environ | {"DUEWELL_DATA": str(directory), "DUEWELL_LANG": "en"}
        env.pop("DUEWELL_DATABASE_URL", None)
        command = [str(Path(sys.executable).with_name("duewell")), "alarms"]
        assert subprocess.run(command, env=env, capture_output=True, timeout=60, check=False).returncode == 0
        watched.at = CUT_OFF
        watched.closer.turn()
        watched.closer.turn()
        assert watched.closed == [("b", FIRST)]
        watched.closer._drop()
        stop(start(directory / "postgresql"))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def test_the_command_closes_what_is_due_and_ends_in_peace_on_sigterm(conn: Conn, url: str) -> None:
    now = datetime.now(UTC)
    yesterday = now.astimezone(books.zone_named("Asia/Shanghai")).date() - timedelta(days=1)
    generate_book(conn, "b", count=5, seed=3, open_on=yesterday, at=now)
    conn.execute("update duewell.book set is_sandbox = false, cutoff = '00:00'")
    env = os.environ | {"DUEWELL_DATABASE_URL": url, "DUEWELL_LANG": "en", "PYTHONUNBUFFERED": "1"}
    command = [str(Path(sys.executable).with_name("duewell")), "worker"]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        deadline = time.monotonic() + 60
        while (days.last_closed(conn, 1) or yesterday) <= yesterday and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        said, alarmed = running.communicate(timeout=30)
    assert running.returncode == 0, alarmed
    assert f"{yesterday} closed" in said and said.endswith("The worker has stopped.\n")
    assert "ALARM close-late" in alarmed and "Cleared close-late" in alarmed
