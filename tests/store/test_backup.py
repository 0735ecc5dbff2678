"""R14: a book comes back as it was at an instant, to the last row, and a backup that cannot serve says so.

How: a durable server of its own with a filled book: a base backup, payments and a closed day after it, the
time noted, then all that a balance could be made of deleted behind the triggers' back; restored to that time
into a new directory, compared table by table, proven by verify in full. Then refusals, and damage on purpose.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from duewell.app import DATABASE, own_server
from duewell.domain.errors import Conflict, DuewellError, Fault, InvalidInput, NotFound
from duewell.services.back_up import Report, back_up
from duewell.services.close_day import close_day
from duewell.services.close_period import close_period
from duewell.services.generate_book import generate_book
from duewell.services.generate_payments import generate_payments
from duewell.services.restore_backup import Restored, compare, restore
from duewell.services.verify_book import trial_balance_rows, verify_book
from duewell.settings import Settings
from duewell.store import books
from duewell.store.backups import open_vault
from duewell.store.base_backup import NOWHERE, archive_command
from duewell.store.server import EmbeddedServer, start, stop

Conn = psycopg.Connection[Any]
FIRST = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 16, tzinfo=UTC)
BALANCES = ("journal", "gl_journal", "portfolio_sum", "portfolio_move", "agenda", "loan_state", "loan_fact")
KEPT = (
    *BALANCES, "book", "loan", "accounting_period", "observation", "wish", "day_run", "request_key",
    "product", "alarm",
)  # fmt: skip


@dataclass
class Story:
    """What happened, for every test to look at."""

    directory: Path
    conn: Conn
    server: EmbeddedServer
    first: Report
    noted: datetime
    tables: dict[str, str]


def tables(conn: Conn) -> dict[str, str]:
    """Every row of every table as one hash a table."""
    found = {}
    for name in KEPT:
        rows = conn.execute(f"select t::text from duewell.{name} t order by 1").fetchall()  # noqa: S608 - names of this module
        found[name] = hashlib.md5(repr(rows).encode()).hexdigest()
    return found


def clock(conn: Conn) -> datetime:
    row = conn.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return row[0]


def a_day(conn: Conn, n: int) -> None:
    generate_payments(conn, "b", seed=n, at=AT)
    close_day(conn, "b", until=FIRST + timedelta(days=n), at=AT)


def backup(story: Story, **more: Any) -> Report:
    return back_up(story.conn, story.server, story.directory / "kept", product_version="test", **more)


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    directory = Path(tempfile.mkdtemp(prefix="duewell-backup-"))
    conn, server = own_server(Settings(directory / "data", None, "en"))
    try:
        generate_book(conn, "b", count=150, seed=5, open_on=FIRST, at=AT)
        for n in range(3):
            a_day(conn, n)
        close_period(conn, "b", ends_on=FIRST + timedelta(days=1), at=AT, actor="tester")
        story = Story(directory, conn, server, None, AT, {})  # type: ignore[arg-type]  # filled below
        story.first = backup(story)
        a_day(conn, 3)
        generate_payments(conn, "b", seed=9, at=AT)
        close_period(conn, "b", ends_on=FIRST + timedelta(days=2), at=AT, actor="tester")
        story.tables, story.noted = tables(conn), clock(conn)
        with conn.transaction():
            conn.execute("set local session_replication_role = replica")
            for name in BALANCES:
                conn.execute(f"delete from duewell.{name}")  # noqa: S608 - names of this module
        backup(story, is_log_only=True)
        yield story
    finally:
        conn.close()
        stop(server)
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def copy(story: Story) -> Iterator[tuple[Restored, Conn]]:
    restored = restore(story.directory / "kept", story.directory / "copy", to=story.noted)
    server = start(restored.data / "postgresql")
    try:
        with psycopg.connect(server.database(DATABASE), autocommit=True) as conn:
            yield restored, conn
    finally:
        stop(server)
        shutil.rmtree(restored.data)


def refused(
    story: Story, code: str, kind: type[DuewellError], source: Path, to: datetime | None
) -> DuewellError:
    target = story.directory / "refused"
    with pytest.raises(kind) as told:
        restore(source, target, to=to)
    assert told.value.code == code
    shutil.rmtree(target, ignore_errors=True)
    return told.value


def test_a_destroyed_book_comes_back_as_it_was_at_the_instant(
    story: Story, copy: tuple[Restored, Conn]
) -> None:
    restored, conn = copy
    assert tables(conn) == story.tables, "every row, the chain of periods among them"
    assert verify_book(conn, "b").findings == []
    book = books.read_book(conn, "b")
    assert sum(line.amount_minor for line in trial_balance_rows(conn, book, book.open_on)) == 0
    assert compare(conn, restored) == {"b": []}
    # It is a server of its own now: nothing of it goes into the log it came from, and its days go on.
    assert conn.execute("show archive_command").fetchone() == (NOWHERE,)
    assert conn.execute("show restore_command").fetchone() == ("",)
    assert conn.execute("show recovery_target_time").fetchone() == ("",)
    a_day(conn, 4)
    assert verify_book(conn, "b").findings == []
    with pytest.raises(Conflict) as told:
        back_up(
            conn, replace(story.server, directory=restored.data), story.directory / "kept", product_version=""
        )
    assert told.value.code == "backup-of-another-server"


def test_a_book_that_lost_what_was_backed_up_is_told_apart(story: Story) -> None:
    restored = Restored(story.directory, open_vault(story.directory / "kept").bases()[0], story.noted)
    assert compare(story.conn, restored) == {"b": ["facts", "balances_minor", "entries"]}
    gone = replace(restored.base, books=[{"book": "gone", "last_closed": None}])
    assert compare(story.conn, replace(restored, base=gone)) == {"gone": ["book"]}


def test_the_manifest_says_what_was_taken(story: Story) -> None:
    base = story.first.base
    assert base is not None and base == open_vault(story.directory / "kept").bases()[0]
    (book,) = base.books
    assert (book["last_closed"], book["open_on"]) == ("2026-06-03", "2026-06-04")
    assert [ends_on for ends_on, _ in book["periods"]] == ["2026-06-02"]
    assert sum(book["balances_minor"].values()) == 0 and len(book["entries"]) == 64
    assert base.first_wal <= base.last_wal and base.started_at < base.finished_at
    # Whole by itself: what the base needs of the log is in the archive when it is counted.
    assert {base.first_wal, base.last_wal} <= {path.name for path in (story.directory / "kept/wal").iterdir()}


def test_an_instant_outside_the_backups_is_refused_with_the_range(story: Story) -> None:
    kept = story.directory / "kept"
    base = open_vault(kept).bases()[0]
    first, last = open_vault(kept).range_of(base)
    assert first == datetime.fromisoformat(base.finished_at) < story.noted < last
    for to in (first - timedelta(microseconds=1), last + timedelta(microseconds=1)):
        told = refused(story, "restore-time-outside", InvalidInput, kept, to)
        assert (told.facts["first"], told.facts["last"]) == (first.isoformat(), last.isoformat())
    refused(story, "backup-not-found", NotFound, story.directory / "data", None)
    with pytest.raises(Conflict):
        restore(kept, story.directory / "data", to=None)


def test_the_log_counts_up_to_a_gap_only(story: Story) -> None:
    vault = open_vault(story.directory / "kept")
    base = vault.bases()[0]
    _, last = vault.range_of(base)
    segments = sorted(
        path for path in vault.wal.iterdir() if len(path.name) == 24 and path.name > base.last_wal
    )
    aside = segments[0].with_suffix(".aside")
    segments[0].rename(aside)
    try:
        assert vault.range_of(base)[1] < story.noted < last
        refused(story, "restore-time-outside", InvalidInput, vault.directory, story.noted)
    finally:
        aside.rename(segments[0])
    assert vault.range_of(base)[1] == last


def test_a_damaged_base_is_found_before_it_is_started(story: Story) -> None:
    kept = story.directory / "kept"
    path = open_vault(kept).base_path(open_vault(kept).bases()[0].name) / "base" / "1" / "PG_VERSION"
    before = path.read_bytes()
    path.write_bytes(b"19\n")
    told = refused(story, "backup-damaged", Fault, kept, None)
    assert told.facts["path"] == str(path)
    path.unlink()
    refused(story, "backup-damaged", Fault, kept, None)
    path.write_bytes(before)


def test_old_bases_go_with_the_log_that_only_they_need(story: Story) -> None:
    vault = open_vault(story.directory / "kept")
    aside = story.directory / "aside"
    shutil.copytree(vault.directory, aside)
    (vault.directory / "base" / "20000101T000000000000Z").mkdir()  # as a backup that was killed leaves it
    report = backup(story, keep=1)
    assert report.base is not None and report.pruned == [story.first.base.name]  # type: ignore[union-attr]
    assert [base.name for base in vault.bases()] == [report.base.name]
    assert sorted(path.name for path in (vault.directory / "base").iterdir()) == sorted(
        [report.base.name, report.base.name + ".json"]
    )
    left = [path.name for path in vault.wal.iterdir() if len(path.name) == 24]
    assert min(left) == report.base.first_wal and report.pruned_files > 0
    with pytest.raises(InvalidInput):
        backup(story, keep=0)
    # For the other tests, whatever their order.
    for part in ("base", "wal"):
        for path in (aside / part).iterdir():
            if not (vault.directory / part / path.name).exists():
                shutil.move(path, vault.directory / part / path.name)


def test_another_directory_takes_the_log_over_and_one_that_is_used_is_refused(story: Story) -> None:
    other = story.directory / "with space 100%"
    report = back_up(story.conn, story.server, other, product_version="test")
    assert report.moved_from == str((story.directory / "kept").resolve())
    assert back_up(story.conn, story.server, other, is_log_only=True, product_version="").moved_from is None
    back = backup(story, is_log_only=True)
    assert back.moved_from is not None
    for bad, code in (
        (story.directory, "backup-directory-not-empty"),
        (story.server.directory / "kept", "backup-directory-unusable"),
        (story.directory / "it's", "backup-directory-unusable"),
    ):
        with pytest.raises(DuewellError) as told:
            back_up(story.conn, story.server, bad, product_version="")
        assert told.value.code == code


def test_an_archive_that_cannot_be_written_leaves_the_server_as_it_was(story: Story) -> None:
    """A segment's name that is taken by something else stops the archive, and the backup says so."""
    before = story.conn.execute("show archive_command").fetchone()
    other = story.directory / "blocked"
    (other / "wal").mkdir(parents=True)
    shutil.copy(story.directory / "kept" / "duewell-backup.json", other)
    for n in range(256):
        (other / "wal" / f"0000000100000000000000{n:02X}").write_text("not a segment")
    with pytest.raises(Fault) as told:
        back_up(story.conn, story.server, other, product_version="")
    assert told.value.code == "backup-archive-failed"
    story.conn.execute("select pg_reload_conf()")
    with psycopg.connect(story.server.url) as fresh:
        assert fresh.execute("show archive_command").fetchone() == before
    assert (other / "wal" / "000000010000000000000001").read_text() == "not a segment", "never overwritten"
    backup(story, is_log_only=True)


def test_a_segment_is_archived_whole_or_not_at_all_and_never_over_another(tmp_path: Path) -> None:
    wal, segment = tmp_path / "a b %p $HOME", tmp_path / "segment"
    wal.mkdir()

    def archive() -> int:
        given = {"%p": str(segment), "%f": "S1", "%%": "%"}
        words = re.sub("%.", lambda found: given[found[0]], archive_command(wal))
        return subprocess.run(["sh", "-c", words], check=False, capture_output=True).returncode

    segment.write_bytes(b"one")
    assert (archive(), archive()) == (0, 0), "the same again is done already"
    assert [path.name for path in wal.iterdir()] == ["S1"]
    segment.write_bytes(b"two")
    assert archive() != 0 and (wal / "S1").read_bytes() == b"one"
    segment.unlink()
    (wal / "S1").unlink()
    assert archive() != 0 and not (wal / "S1").exists()
