"""Parquet: typed rows as a file whose bytes depend on nothing but the rows.

Needs    pyarrow, an optional extra; columns with their kinds; rows in order.
Gives    check_parquet, packed (rows as one batch, made where the rows are made), write_parquet.
Never    writes a time, the name of a machine, or row groups that depend on who made which rows.
Source   docs/reference/book.md, section tape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from duewell.domain.errors import InvalidInput
from duewell.domain.portfolio import ColumnKind

ROW_GROUP = 65_536
"""Rows a row group; the last one may have fewer."""
Batch = Any
"""A pyarrow record batch: it travels between processes as it lies in memory."""


def check_parquet() -> None:
    """Refuses InvalidInput "extra-missing" where pyarrow is not installed."""
    _arrow()


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InvalidInput(
            "extra-missing", what="pyarrow", install="pip install 'duewell[analytics]'"
        ) from None
    return pyarrow


def _schema(columns: Mapping[str, ColumnKind]) -> Any:
    pa = _arrow()
    types = {
        ColumnKind.TEXT: pa.string(),
        ColumnKind.DATE: pa.date32(),
        ColumnKind.WHOLE: pa.int64(),
        ColumnKind.RATE: pa.decimal128(12, 6),
    }
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


def packed(columns: Mapping[str, ColumnKind], rows: Sequence[tuple[Any, ...]]) -> Batch:
    """Rows as one batch, column by column."""
    pa = _arrow()
    schema = _schema(columns)
    by_column: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(columns)
    arrays = [pa.array(values, field.type) for values, field in zip(by_column, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def write_parquet(
    path: Path,
    columns: Mapping[str, ColumnKind],
    batches: Iterable[Batch],
    *,
    about: Mapping[str, str],
    row_group: int = ROW_GROUP,
) -> int:
    """Write batches in order as one file; returns the number of rows. `about` stands in its metadata."""
    pa = _arrow()
    schema = _schema(columns)
    count = 0
    # The Arrow schema is left out: it says nothing that Parquet's own types do not.
    with pa.parquet.ParquetWriter(
        path, schema, version="2.6", compression="zstd", compression_level=3, store_schema=False
    ) as writer:
        held = schema.empty_table()
        for batch in batches:
            count += batch.num_rows
            held = pa.concat_tables([held, pa.Table.from_batches([batch])])
            while held.num_rows >= row_group:
                writer.write_table(held.slice(0, row_group).combine_chunks(), row_group_size=row_group)
                held = held.slice(row_group)
        writer.add_key_value_metadata(dict(about))
        if held.num_rows:
            writer.write_table(held.combine_chunks(), row_group_size=row_group)
    return count
