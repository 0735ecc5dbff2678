"""Files that are no tape are refused with what is wrong and where; files that are one read the same.

Wants to prove: every bad encoding and shape gets its own refusal, and good encodings give the same rows.
"""

from __future__ import annotations

import contextlib
import random
import tracemalloc
from pathlib import Path

import pytest

from duewell.domain.errors import InvalidInput, NotFound
from duewell.gateways.tape_files import FIELD_MAX, read_rows

TEXT = "ref,姓名\n1,李雷\n2,韩梅梅\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
def test_good_encodings_give_the_same_rows(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "tape.csv"
    path.write_bytes(TEXT.encode(encoding))
    rows = list(read_rows(path))
    assert [row.values for row in rows] == [{"ref": "1", "姓名": "李雷"}, {"ref": "2", "姓名": "韩梅梅"}]
    assert [row.line for row in rows] == [2, 3]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "tape-empty"),
        (b"a,b\n1,\0\n", "tape-not-text"),
        (b"PK\x03\x04\x14\0\0\0", "tape-not-text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "tape-not-text"),
        (b"a,b\n\xff\xff\xff\n", "tape-encoding-unknown"),
        (b"a,,b\n1,2,3\n", "tape-column-unnamed"),
        (b"a,b,a\n1,2,3\n", "tape-column-twice"),
        (b"a,b\n1,2,3\n", "tape-row-width"),
        (b"a,b\n1\n", "tape-row-width"),
        (b'a,b\n1,"2\n', "tape-row-unreadable"),
        (b"a,b\n1," + b"x" * (FIELD_MAX + 1) + b"\n", "tape-row-unreadable"),
        (b"a,b\n1," + b"x" * 199_000 + b"\n", "tape-row-unreadable"),
        (b"a,b\n1," + b"x" * 1_000_000 + b"\n", "tape-line-too-long"),
        (b"a," + b"x" * 1_000_000, "tape-line-too-long"),
        (b"a,b\n1,\x1b[2J\n", "tape-control-character"),
        ("a,b\n1,\u202e1000\n".encode(), "tape-control-character"),
        ("a,b\n1,\0\n".encode("utf-16"), "tape-control-character"),
        ("a,姓名\n1,李雷\n".encode() + "2,韩梅梅\n".encode("gbk"), "tape-encoding-mixed"),
        (b"\na,b\n1,2\n", "tape-header-missing"),
        (",".join(f"c{n}" for n in range(201)).encode() + b"\n", "tape-too-many-columns"),
    ],
)
def test_what_is_no_tape_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "tape.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        list(read_rows(path))
    assert refused.value.code == code


def test_a_row_is_named_by_the_line_it_begins_on(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv"
    path.write_text('a,b\n1,"x\ny"\n\n2,z\n', "utf-8")
    assert [row.line for row in read_rows(path)] == [2, 5]
    path.write_text('"a,b\n1,2\n', "utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_rows(path)
    assert refused.value.facts["line"] == 1


def test_a_line_that_never_ends_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
    tracemalloc.start()
    with pytest.raises(InvalidInput, match="tape-line-too-long"):
        read_rows(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_name_no_file_can_have_is_a_file_not_found(tmp_path: Path) -> None:
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(NotFound):
            read_rows(tmp_path / name)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        list(read_rows(tmp_path / "none.csv"))
    with pytest.raises(InvalidInput):
        list(read_rows(tmp_path))


@pytest.mark.parametrize("seed", range(30))
def test_random_bytes_never_escape_as_another_error(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "tape.csv"
    path.write_bytes(b"a,b\n" + random.Random(seed).randbytes(400))
    with contextlib.suppress(InvalidInput):
        list(read_rows(path))
