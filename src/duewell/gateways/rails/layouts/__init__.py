"""Layouts: formats of banks and their reason codes as data, one TOML file each.

Needs    the name of a packaged layout, or the path of one's own.
Gives    Layout, layout_named, reasons_of.
Never    runs what it reads: fields are names in braces.
Source   docs/reference/rails.md, "A layout of your own".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from duewell.domain.errors import InvalidInput
from duewell.domain.receipts import NextStep, Rail, reason_table
from duewell.gateways.toml_files import TomlFile, read_toml

__all__ = ["ISO", "Layout", "layout_named", "reasons_of"]

ISO = "iso20022"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_FIELD = re.compile(r"\{([a-z]+)\}|([^{}|\r\n]{1,20})")
_OUT = {"batch", "merchant", "date", "count", "total"}
_OUT_ROW = {"nth", "account", "name", "amount", "currency", "ref", "mandate", "text"}
_IN = {"id", "batch", "count", "total"}
_IN_ROW = {"nth", "ref", "amount", "status", "reason", "message", "account", "name"}
_ENCODINGS = ("utf-8", "gb18030", "gbk")


@dataclass(frozen=True, slots=True)
class Layout:
    """A format of lines and fields. Fields are names, or fixed text where there is no name."""

    encoding: str
    delimiter: str
    line_end: str
    is_minor: bool
    header: tuple[tuple[str, str], ...]
    row: tuple[tuple[str, str], ...]
    result_header: tuple[tuple[str, str], ...]
    result_row: tuple[tuple[str, str], ...]
    paid: frozenset[str]
    rejected: frozenset[str]
    pending: frozenset[str]


def layout_named(name: str) -> Layout:
    """The layout of lines that a rail names. Refuses one there is not, or that cannot be read."""
    table = _table(name)
    if "collect" not in table:
        raise InvalidInput("layout-unreadable", layout=name[:60], field="collect")
    return _layout(name, table)


def reasons_of(rail: Rail) -> dict[str, NextStep]:
    """What codes mean on a rail: its layout's table, ISO's where it has none, and the rail's own above."""
    table = _table(rail.layout or ISO)
    given = table.get("reasons", {})
    return {**reason_table(given if isinstance(given, dict) else {}), **dict(rail.reasons)}


def _table(name: str) -> Mapping[str, Any]:
    if _NAME.fullmatch(name):
        return _packaged(name)
    return read_toml(Path(name), TomlFile.LAYOUT)


@cache
def _packaged(name: str) -> dict[str, Any]:
    import tomllib

    path = files(__name__) / f"{name}.toml"
    if not path.is_file():
        known = sorted(each.name[:-5] for each in files(__name__).iterdir() if each.name.endswith(".toml"))
        raise InvalidInput("layout-unknown", given=name[:40], known=", ".join(known))
    return tomllib.loads(path.read_text("utf-8"))


def _layout(name: str, table: Mapping[str, Any]) -> Layout:
    def text(key: str, usual: str, allowed: tuple[str, ...]) -> str:
        found = table.get(key, usual)
        if found not in allowed:
            raise InvalidInput("layout-unreadable", layout=name[:60], field=key)
        return str(found)

    collect, result = table.get("collect"), table.get("result")
    if not isinstance(collect, dict) or not isinstance(result, dict):
        raise InvalidInput("layout-unreadable", layout=name[:60], field="collect / result")

    def codes(key: str) -> frozenset[str]:
        found = result.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise InvalidInput("layout-unreadable", layout=name[:60], field=key)
        return frozenset(found)

    return Layout(
        text("encoding", "utf-8", _ENCODINGS),
        text("delimiter", "|", ("|", ",", ";", "\t", "^")),
        text("line_end", "\n", ("\n", "\r\n")),
        text("amounts", "decimal", ("decimal", "minor")) == "minor",
        _fields(name, collect, "header", _OUT),
        _fields(name, collect, "row", _OUT_ROW, needed={"ref", "amount", "account"}),
        _fields(name, result, "header", _IN),
        _fields(name, result, "row", _IN_ROW, needed={"ref", "status"}),
        codes("paid"),
        codes("rejected"),
        codes("pending"),
    )


def _fields(
    name: str, table: Mapping[str, Any], key: str, known: set[str], *, needed: set[str] | None = None
) -> tuple[tuple[str, str], ...]:
    """Fields of a line as (name, fixed text), one of them empty."""
    given = table.get(key, [])
    found: list[tuple[str, str]] = []
    for each in given if isinstance(given, list) else [None]:
        read = _FIELD.fullmatch(each) if isinstance(each, str) else None
        if read is None or (read[1] and read[1] not in known):
            raise InvalidInput("layout-unreadable", layout=name[:60], field=f"{key}: {each}"[:60])
        found.append((read[1] or "", read[2] or ""))
    if not (needed or set()) <= {each for each, _ in found}:
        raise InvalidInput("layout-unreadable", layout=name[:60], field=key)
    return tuple(found)
