"""Packs of caps: the dated limits of a jurisdiction, packaged as files with the source of each line.

Needs    the files of the package; a book's settings.
Gives    PACKS, pack, caps_of_book, own_caps.
Never    looks anything up over a network, or leaves a line out for want of a day.
Source   docs/reference/caps.md; each line names its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from duewell.domain.errors import NotFound
from duewell.domain.product import Cap, caps_table, read_caps

__all__ = ["PACKS", "caps_of_book", "own_caps", "pack", "pack_of_jurisdiction"]

_FOLDER = files("duewell.gateways") / "caps"
PACKS = tuple(
    sorted(each.name.removesuffix(".toml") for each in _FOLDER.iterdir() if each.name[-5:] == ".toml")
)


@cache
def pack(name: str) -> tuple[Cap, ...]:
    """A pack's caps with those of the packs it includes. Refuses NotFound "cap-pack-unknown"."""
    if name not in PACKS:
        raise NotFound("cap-pack-unknown", given=name[:40], known=", ".join(PACKS))
    given: dict[str, Any] = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    given.pop("jurisdiction")
    included = [cap for each in given.pop("includes", ()) for cap in pack(each)]
    return (*included, *read_caps(given))


def pack_of_jurisdiction(jurisdiction: str) -> str | None:
    """The pack that every lender of a jurisdiction has; None where there is none."""
    name = jurisdiction.lower()
    return name if name in PACKS else None


def own_caps(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """An operator's own file as it is kept in a book's settings."""
    return caps_table(read_caps(given))


def caps_of_book(settings: Mapping[str, Any]) -> tuple[Cap, ...]:
    """The caps a book names: a pack's, its own, or none."""
    named = settings.get("caps")
    if named is None:
        return ()
    return pack(named) if isinstance(named, str) else read_caps({"caps": named})
