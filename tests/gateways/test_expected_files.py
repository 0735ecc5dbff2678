"""Which of the files a day waits for are there: by their final names, of that day, and not empty."""

from datetime import date
from pathlib import Path

import pytest

from duewell.domain.errors import Fault, InvalidInput
from duewell.gateways.expected_files import check_names, missing

DAY = date(2026, 6, 1)


def test_a_day_waits_for_its_own_files_only(tmp_path: Path) -> None:
    (tmp_path / "bank-2026-05-31.csv").write_text("x")
    assert missing(str(tmp_path), ["bank-{date}.csv"], DAY) == ["bank-2026-06-01.csv"]
    (tmp_path / "bank-2026-06-01.csv").write_text("x")
    assert missing(str(tmp_path), ["bank-{date}.csv"], DAY) == []


def test_a_pattern_is_met_by_any_file_that_fits_and_case_counts(tmp_path: Path) -> None:
    (tmp_path / "PSP-7-20260601.xml").write_text("x")
    assert missing(str(tmp_path), ["PSP-*-{ymd}.xml"], DAY) == []
    assert missing(str(tmp_path), ["psp-*-{ymd}.xml"], DAY) == ["psp-*-20260601.xml"]


@pytest.mark.parametrize("kind", ["empty", "folder", "part"])
def test_an_empty_file_a_folder_and_a_file_on_its_way_do_not_count(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bank-2026-06-01.csv"
    {
        "empty": path.touch,
        "folder": path.mkdir,
        "part": lambda: path.with_suffix(".csv.part").write_text("x"),
    }[kind]()
    assert missing(str(tmp_path), ["bank-{date}.csv"], DAY) == [path.name]


def test_a_folder_that_cannot_be_read_is_a_fault_and_no_names_ask_for_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Fault) as told:
        missing(str(tmp_path / "gone"), ["{date}"], DAY)
    assert told.value.code == "expected-folder-unreadable"
    assert missing("", [], DAY) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("bank.csv", "expected-file-without-date"),
        ("", "expected-file-without-date"),
        ("../{date}", "expected-file-unreadable"),
        ("a/{date}.csv", "expected-file-unreadable"),
        (".{date}", "expected-file-unreadable"),
        ("{date}-{time}", "expected-file-unreadable"),
        ("{date}\n", "expected-file-unreadable"),
        ("x" * 200 + "{date}", "expected-file-unreadable"),
    ],
)
def test_a_name_must_be_one_file_of_one_day(name: str, code: str) -> None:
    with pytest.raises(InvalidInput) as told:
        check_names([name])
    assert told.value.code == code


def test_so_many_names_and_no_more() -> None:
    check_names(["{date}"] * 50)
    with pytest.raises(InvalidInput):
        check_names(["{date}"] * 51)
