"""Files written for others stand there whole or not at all, and never in place of another unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from duewell.domain.errors import Conflict, InvalidInput
from duewell.gateways.out_files import replacing


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with replacing(path, is_forced=False) as made:
        made.write_text("half")
        assert not path.exists()
        made.write_text("whole")
    assert path.read_text() == "whole" and path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path, is_forced=True) as made:
        made.write_bytes(bytes(1 // len(made.read_bytes())))
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_there_is_replaced_only_when_forced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with pytest.raises(Conflict, match="output-there-already"), replacing(path, is_forced=False):
        pass
    assert path.read_text() == "old"
    with replacing(path, is_forced=True) as made:
        made.write_text("new")
    assert path.read_text() == "new"


def test_a_file_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with pytest.raises(Conflict, match="output-there-already"), replacing(path, is_forced=False):
        path.write_text("another's")
    assert path.read_text() == "another's" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["no/such/out", "a\0b", "x" * 300])
def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="output-not-writable"), replacing(tmp_path / name, is_forced=True):
        pass


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="output-not-writable"), replacing(tmp_path, is_forced=True):
        pass
    assert list(tmp_path.iterdir()) == []
