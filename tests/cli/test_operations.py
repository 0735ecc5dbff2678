"""Operations from the command line: close, alarms, upgrade, and backup and restore of the embedded server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from duewell.store import migrate
from duewell.store.server import start, stop


def duewell(where: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("DUEWELL_")}
    command = [str(Path(sys.executable).with_name("duewell")), *words]
    named = env | {"DUEWELL_LANG": "en"} | where
    return subprocess.run(command, env=named, capture_output=True, text=True, timeout=120, check=False)


def document(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def at(url: str) -> dict[str, str]:
    where = {"DUEWELL_DATABASE_URL": url}
    words = ("book", "generate", "--loans", "20", "--book", "b", "--open-on", "2026-11-01")
    assert duewell(where, *words).returncode == 0
    return where


def test_a_day_that_waits_ends_with_1_alarms_once_and_closes_when_the_file_is_there(
    at: dict[str, str], tmp_path: Path
) -> None:
    words = ("--book", "b", "--folder", str(tmp_path), "--expect", "bank-{date}.csv", "--alarm-minutes", "0")
    assert document(duewell(at, "book", "closing", *words, "--json"))["expected_files"] == ["bank-{date}.csv"]
    waiting = duewell(at, "close", "--book", "b")
    assert waiting.returncode == 1
    assert "ALARM files-missing, book b, 2026-11-01" in waiting.stderr
    assert "bank-2026-11-01.csv" in waiting.stderr.splitlines()[-1]
    again = duewell(at, "close", "--book", "b", "--json")
    assert "ALARM" not in again.stderr and document(again)["books"][0]["code"] == "close-waits-for-files"
    standing = duewell(at, "alarms", "--json")
    assert standing.returncode == 1 and document(standing)["alarms"][0]["kind"] == "files-missing"
    (tmp_path / "bank-2026-11-01.csv").write_text("1")
    closed = document(duewell(at, "close", "--book", "b", "--json"))["books"][0]
    assert closed["closed"] == ["2026-11-01"] and closed["missing"] == ["bank-2026-11-02.csv"]
    named = ("alarms", "--book", "b", "--clear", "files-missing", "--day", "2026-11-02")
    assert "Say why" in duewell(at, *named).stderr
    assert duewell(at, *named, "--reason", "bank holiday").stdout == "No alarm stands.\n"
    assert duewell(at, "alarms", "--history").stdout.count("\n") >= 4


def test_only_live_books_are_all_and_one_of_book_and_all_is_named(at: dict[str, str]) -> None:
    assert document(duewell(at, "close", "--all", "--json"))["books"] == []
    assert duewell(at, "close").returncode == 2
    assert duewell(at, "close", "--all", "--book", "b").returncode == 2


def test_an_upgrade_says_from_where_to_where_and_twice_changes_nothing(at: dict[str, str]) -> None:
    migrate.downgrade(at["DUEWELL_DATABASE_URL"], "0006")
    planned = document(duewell(at, "upgrade", "--dry-run", "--json"))
    assert (planned["from"], planned["steps"][0], planned["stale"]) == ("0006", "0007", {"b": 20})
    done = duewell(at, "upgrade")
    assert done.returncode == 0 and "from 0006 to" in done.stdout and "0 findings" in done.stdout
    again = document(duewell(at, "upgrade", "--json"))
    assert (again["steps"], again["rebuilt"], again["findings"]) == ([], {}, {"b": []})


def test_another_server_is_not_ours_to_back_up(at: dict[str, str], tmp_path: Path) -> None:
    refused = duewell(at, "backup", "--to", str(tmp_path / "kept"))
    assert refused.returncode == 1 and "pg_basebackup" in refused.stderr
    assert not (tmp_path / "kept").exists()


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("own")
    yield directory
    for data in ("data", "copy"):
        if (directory / data / "postgresql" / "postmaster.pid").exists():
            stop(start(directory / data / "postgresql"))


def test_a_backup_is_restored_by_the_commands_of_the_runbook(own: Path) -> None:
    where = {"DUEWELL_DATA": str(own / "data")}
    words = ("book", "generate", "--loans", "20", "--book", "b", "--open-on", "2026-11-01")
    assert duewell(where, *words).returncode == 0
    taken = document(duewell(where, "backup", "--to", str(own / "kept"), "--keep", "2", "--json"))
    assert taken["base"]["books"][0]["last_closed"] == "2026-10-31"
    assert duewell(where, "day", "--book", "b").returncode == 0
    assert duewell(where, "backup", "--to", str(own / "kept"), "--log-only").returncode == 0
    # The server has stopped with each command that ended, and its log is whole all the same.
    given = ("restore", "--from", str(own / "kept"), "--data", str(own / "copy"))
    assert duewell(where, *given, "--to", "2020-01-01T00:00:00+00:00").returncode == 1
    assert duewell(where, *given, "--to", "2020-01-01").returncode == 1
    restored = document(duewell(where, *given, "--to", "latest", "--full", "--json"))
    (book,) = restored["books"]
    assert (book["last_closed"], book["is_clean"], book["differs_from_backup"]) == ("2026-11-01", True, [])
    assert duewell(where, *given).returncode == 1, "never over what is there"
