"""Closing by the clock: what is due is closed, what must wait waits, and a person hears of it in time.

How: a small book of Shanghai with a cut-off at 23:00, which is 15:00 UTC; instants are given, files are made,
a run is broken off, and the table of alarms is read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import Conflict, InvalidInput, NotFound
from duewell.services.clear_alarm import clear_alarm
from duewell.services.close_day import Progress, close_day
from duewell.services.close_due import Due, close_due
from duewell.services.generate_book import generate_book
from duewell.services.set_closing import set_closing
from duewell.services.verify_book import verify_book
from duewell.store import alarms, books, days
from duewell.store.alarms import Alarm

Conn = psycopg.Connection[Any]
FIRST = date(2026, 6, 1)
CUT_OFF = datetime(2026, 6, 1, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def book(conn: Conn) -> Conn:
    generate_book(conn, "b", count=40, seed=3, open_on=FIRST, at=CUT_OFF - timedelta(hours=9))
    return conn


def look(
    conn: Conn,
    at: datetime,
    *,
    close: Callable[[date], object] | None = None,
    check: Callable[[], list[tuple[str, dict[str, Any]]]] | None = None,
    heard: list[Alarm] | None = None,
) -> Due:
    return close_due(
        conn,
        "b",
        at=at,
        close=close or (lambda day: close_day(conn, "b", until=day, at=at)),
        check=check or (lambda: verify_book(conn, "b", sample=5).findings),
        on_alarm=(heard if heard is not None else []).append,
    )


def open_on(conn: Conn) -> date:
    return books.read_book(conn, "b").open_on


def standing(conn: Conn) -> list[tuple[date, str]]:
    return [(each.day, each.kind) for each in alarms.standing(conn)]


def waits_for_the_bank(conn: Conn, folder: Path) -> None:
    set_closing(conn, "b", folder=str(folder), names=["bank-{date}.csv"], alarm_minutes=30)


def test_a_day_is_closed_at_its_cut_off_and_not_a_second_before(book: Conn) -> None:
    early = look(book, CUT_OFF - timedelta(seconds=1))
    assert (early.status, early.closed, early.next_at) == ("nothing-due", [], CUT_OFF)
    assert open_on(book) == FIRST
    done = look(book, CUT_OFF)
    assert (done.status, done.closed, done.next_at) == ("closed", [FIRST], CUT_OFF + timedelta(days=1))
    assert look(book, CUT_OFF).status == "nothing-due", "twice is once"
    assert standing(book) == [] and verify_book(book, "b").findings == []


def test_days_that_were_missed_are_closed_one_by_one_and_the_lateness_is_kept(book: Conn) -> None:
    heard: list[Alarm] = []
    due = look(book, CUT_OFF + timedelta(days=2), heard=heard)
    assert due.closed == [FIRST + timedelta(days=n) for n in range(3)] and due.is_done
    told = [(each.day.day, each.kind, each.event) for each in heard]
    assert told == [(n, "close-late", event) for n in (1, 2) for event in ("raised", "cleared")]
    assert heard[0].facts == {"minutes": 2 * 24 * 60}


def test_a_day_waits_for_its_files_and_alarms_once_when_it_is_late(book: Conn, tmp_path: Path) -> None:
    waits_for_the_bank(book, tmp_path)
    heard: list[Alarm] = []
    waiting = look(book, CUT_OFF + 29 * MINUTE, heard=heard)
    assert (waiting.status, waiting.day, waiting.missing) == ("waiting", FIRST, ["bank-2026-06-01.csv"])
    assert not waiting.is_late and heard == [] and open_on(book) == FIRST
    for minutes in (30, 31, 90):
        assert look(book, CUT_OFF + minutes * MINUTE, heard=heard).is_late
    assert [(each.kind, each.event) for each in heard] == [("files-missing", "raised")], "told once"
    assert heard[0].facts == {"files": "bank-2026-06-01.csv", "folder": str(tmp_path), "minutes": 30}
    (tmp_path / "bank-2026-06-01.csv").write_text("1")
    assert look(book, CUT_OFF + 91 * MINUTE, heard=heard).closed == [FIRST]
    assert standing(book) == []
    kept = [(each.kind, each.event) for each in alarms.history(book, limit=9)]
    assert sorted(kept) == [(k, e) for k in ("close-late", "files-missing") for e in ("cleared", "raised")]


def test_a_file_in_time_raises_nothing(book: Conn, tmp_path: Path) -> None:
    waits_for_the_bank(book, tmp_path)
    (tmp_path / "bank-2026-06-01.csv").write_text("1")
    assert look(book, CUT_OFF).closed == [FIRST]
    assert look(book, CUT_OFF + timedelta(days=1)).missing == ["bank-2026-06-02.csv"]
    assert alarms.history(book, limit=9) == []


def test_a_folder_that_is_gone_is_told_at_once(book: Conn, tmp_path: Path) -> None:
    waits_for_the_bank(book, tmp_path / "gone")
    due = look(book, CUT_OFF)
    assert due.status == "failed" and due.problem is not None
    assert due.problem.code == "expected-folder-unreadable" and standing(book) == [(FIRST, "close-failed")]


def test_a_run_that_was_killed_goes_on_even_before_the_next_cut_off(book: Conn, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def die(progress: Progress) -> None:
        raise Killed

    with pytest.raises(Killed):
        close_day(book, "b", until=FIRST, at=CUT_OFF, slices=4, on_progress=die)
    waits_for_the_bank(book, tmp_path)  # Too late for this day: it is begun, its cut-off is behind it.
    assert days.unfinished_run(book, 1) is not None and open_on(book) == FIRST + timedelta(days=1)
    due = look(book, CUT_OFF + MINUTE)
    assert (due.status, due.closed) == ("closed", [FIRST])
    assert days.unfinished_run(book, 1) is None and verify_book(book, "b").findings == []


def test_a_close_that_fails_is_told_at_once_and_cleared_when_it_is_done(book: Conn) -> None:
    def fails(day: date) -> None:
        raise Conflict("day-being-closed", book="b")

    due = look(book, CUT_OFF, close=fails)
    assert (due.status, due.is_late, standing(book)) == ("failed", True, [(FIRST, "close-failed")])
    assert look(book, CUT_OFF + MINUTE).closed == [FIRST]
    assert standing(book) == []


def test_what_the_database_refuses_is_a_failed_close_and_a_lost_connection_is_passed_on(book: Conn) -> None:
    assert look(book, CUT_OFF, close=lambda day: book.execute("select 1 / 0")).status == "failed"
    with pytest.raises(psycopg.OperationalError):
        look(book, CUT_OFF, close=lambda day: book.execute("select pg_terminate_backend(pg_backend_pid())"))


def test_nothing_more_is_closed_while_what_verify_found_stands(book: Conn) -> None:
    found = [("portfolio-sums-differ", {"product": 1})] * 2
    due = look(book, CUT_OFF, check=lambda: found)
    assert (due.status, due.day, due.closed) == ("not-clean", FIRST, [FIRST])
    (alarm,) = alarms.standing(book)
    assert alarm.facts == {"findings": 2, "codes": "portfolio-sums-differ"}
    next_day = CUT_OFF + timedelta(days=1)
    blocked = look(book, next_day, check=lambda: found)
    assert (blocked.status, blocked.closed) == ("not-clean", []) and open_on(book) == date(2026, 6, 2)
    assert look(book, next_day).closed == [date(2026, 6, 2)], "clean again: it goes on by itself"
    assert standing(book) == []


def test_a_day_closed_by_hand_clears_its_alarms(book: Conn, tmp_path: Path) -> None:
    waits_for_the_bank(book, tmp_path)
    look(book, CUT_OFF + 60 * MINUTE)
    assert standing(book) == [(FIRST, "files-missing")]
    close_day(book, "b", until=FIRST, at=CUT_OFF)
    assert look(book, CUT_OFF + 61 * MINUTE).status == "nothing-due"
    assert standing(book) == []


def test_a_log_that_is_not_archived_is_told_until_it_is(book: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = {"wal": "00000001", "since": "2026-06-01T00:00:00+00:00", "tries": 3}
    monkeypatch.setattr(alarms, "archive_failure", lambda conn: failure)
    for minutes in (-2, -1):
        look(book, CUT_OFF + minutes * MINUTE)
    assert standing(book) == [(FIRST, "archive-failing")]
    monkeypatch.setattr(alarms, "archive_failure", lambda conn: None)
    look(book, CUT_OFF)
    assert standing(book) == []


def test_an_alarm_is_cleared_by_hand_with_a_reason_and_is_never_edited(book: Conn) -> None:
    alarms.raise_alarm(book, 1, FIRST, "verify-found", {}, CUT_OFF)
    named = {"day": FIRST, "kind": "verify-found", "actor": "ann", "at": CUT_OFF}
    with pytest.raises(InvalidInput):
        clear_alarm(book, "b", reason=" ", **named)  # type: ignore[arg-type]
    clear_alarm(book, "b", reason="explained in ticket 7", **named)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        clear_alarm(book, "b", reason="again", **named)  # type: ignore[arg-type]
    assert [each.event for each in alarms.history(book, limit=9)] == ["cleared", "raised"]
    for change in ("update duewell.alarm set facts = '{}'", "delete from duewell.alarm"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            book.execute(change)


def test_a_book_closes_by_the_clocks_of_its_zone_over_a_change_of_clocks(book: Conn) -> None:
    set_closing(book, "b", zone="America/New_York", cutoff="23:00")
    close_day(book, "b", until=date(2026, 10, 30), at=CUT_OFF)
    for day, instant in (
        (date(2026, 10, 31), datetime(2026, 11, 1, 3, tzinfo=UTC)),
        (date(2026, 11, 1), datetime(2026, 11, 2, 4, tzinfo=UTC)),
    ):
        assert look(book, instant - timedelta(seconds=1)).status == "nothing-due"
        assert look(book, instant).closed == [day]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"zone": "Asia/Shangai"}, "zone-unknown"),
        ({"zone": ""}, "zone-unknown"),
        ({"zone": "../../etc/passwd"}, "zone-unknown"),
        ({"cutoff": "24:00"}, "cutoff-unreadable"),
        ({"cutoff": "9:00"}, "cutoff-unreadable"),
        ({"names": ["{date}"]}, "expected-folder-not-absolute"),
        ({"names": ["{date}"], "folder": "in"}, "expected-folder-not-absolute"),
        ({"names": ["bank.csv"], "folder": "/in"}, "expected-file-without-date"),
        ({"alarm_minutes": -1}, "alarm-minutes-out-of-range"),
        ({"alarm_minutes": 1441}, "alarm-minutes-out-of-range"),
    ],
)
def test_a_setting_that_could_never_work_is_refused(book: Conn, given: dict[str, Any], code: str) -> None:
    before = books.read_book(book, "b")
    with pytest.raises(InvalidInput) as told:
        set_closing(book, "b", **given)
    assert told.value.code == code and books.read_book(book, "b") == before


def test_settings_change_one_by_one_and_files_can_be_waited_for_no_more(book: Conn) -> None:
    waits_for_the_bank(book, Path("/in"))
    row = set_closing(book, "b", cutoff="21:30")
    assert (f"{row.cutoff:%H:%M}", row.zone, row.closing.names) == (
        "21:30",
        "Asia/Shanghai",
        ("bank-{date}.csv",),
    )
    assert set_closing(book, "b", names=[]).closing.names == ()
