"""Tables of the console: shown on the page, and the same rows as a file one click away.

Needs    an Ask; gateways.table_files.Table.
Gives    Export, Which (the query of a page with tables), told_of, as_file.
Never    computes a row anew for the file: what is shown is what is exported.
Source   docs/reference/exports.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Response

from duewell.api import Ask
from duewell.domain.errors import NotFound
from duewell.gateways.table_files import FORMATS, Kind, Table, write_table

Export = Annotated[str | None, Query(max_length=20, description="csv, xlsx or parquet")]
Which = Annotated[str | None, Query(max_length=40, description="which table of the page")]
NUMBERS = (Kind.COUNT, Kind.MONEY, Kind.PERCENT)


def asked(ask: Ask) -> str:
    """The address a page was asked by, without what only chooses a file."""
    given = [
        (name, value)
        for name, value in ask.request.query_params.multi_items()
        if name not in ("export", "table")
    ]
    return ask.request.url.path + ("?" + urlencode(given) if given else "")


def as_file(export: str | None, which: str | None, *tables: Table) -> Response | None:
    """The chosen table as a file; None where a page was asked for. Refuses what there is not."""
    if export is None:
        return None
    table = tables[0] if which is None else next((each for each in tables if each.name == which), None)
    if table is None:
        raise NotFound("export-table-unknown", given=which, known=", ".join(each.name for each in tables))
    body = write_table(table, export)
    stamp = f"-{table.as_of[:10]}" if table.as_of else ""
    named = {"Content-Disposition": f'attachment; filename="{table.name}{stamp}.{export}"'}
    return Response(body, headers=named, media_type=FORMATS[export])


Opens = Callable[[int, str], str | None]
"""Where a cell leads, by its row and the name of its column."""


def told_of(table: Table, *, count: int | None = None, opens: Opens | None = None) -> dict[str, Any]:
    """A table as its template shows it: `count` is all its rows where it is cut, `opens` where cells lead."""
    query = table.query + ("&" if "?" in table.query else "?")
    return {
        "name": table.name,
        "title": table.title,
        "columns": [
            {"title": each.title, "kind": each.kind.value, "is_number": each.kind in NUMBERS}
            for each in table.columns
        ],
        "rows": list(_rows(table, opens)),
        "totals": _cells(table, table.totals) if table.totals else None,
        "files": [(kind.upper(), f"{query}table={table.name}&export={kind}") for kind in FORMATS],
        "count": len(table.rows) if count is None else count,
    }


def _rows(table: Table, opens: Opens | None) -> Iterator[tuple[str | None, list[dict[str, Any]]]]:
    for place, row in enumerate(table.rows):
        told = tuple(each.told(value) for value, each in zip(row, table.columns, strict=True))
        yield (table.links[place] if table.links else None, _cells(table, told, place, opens))


def _cells(
    table: Table, row: tuple[Any, ...], place: int = 0, opens: Opens | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "value": value,
            "kind": column.kind.value,
            "currency": column.currency,
            "is_number": column.kind in NUMBERS,
            "opens": opens(place, column.name) if opens is not None and value else None,
        }
        for value, column in zip(row, table.columns, strict=True)
    ]
