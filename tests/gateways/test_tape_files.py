"""Files that are no tape are refused with what is wrong and where; files that are one read the same.

Wants to prove: every bad encoding and shape gets its own refusal, and good encodings give the same rows.
"""

from __future__ import annotations

import contextlib
import random
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
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "tape-row-unreadable"),
        (",".join(f"c{n}" for n in range(201)).encode() + b"\n", "tape-too-many-columns"),
    ],
)
def test_what_is_no_tape_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "tape.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        list(read_rows(path))
    assert refused.value.code == code


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
