"""Rails: the ways money comes and goes in a book, as its operator describes them.

Needs    the table of a rail's file.
Gives    Rail, RailKind, rail_from.
Never    holds a secret: keys are named by the file they lie in. A sandbox book never has a real rail.
Source   docs/reference/rails.md, "A rail's file".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.receipts._reasons import NextStep, reason_table
from duewell.domain.receipts._schedule import USUAL, Slot, slots_from

_CODE = re.compile(r"[a-z][a-z0-9-]{0,30}")
_PLAIN = re.compile(r"[^\x00-\x1f\x7f]{1,300}")
_TEXTS = ("account", "name", "creditor_id", "bic", "layout", "url", "return_url", "merchant", "secret_file")
_MORE = ("code", "kind", "is_real", "slots", "reasons", "columns", "signature", "order_minutes")


class RailKind(StrEnum):
    """Account transfer, direct debit, or a wallet that the borrower is sent to."""

    TRANSFER = "transfer"
    DEBIT = "debit"
    WALLET = "wallet"


_NEEDED = {
    RailKind.TRANSFER: ("account",),
    RailKind.DEBIT: ("account", "name"),
    RailKind.WALLET: ("url", "merchant", "secret_file"),
}


@dataclass(frozen=True, slots=True)
class Rail:
    """One rail of a book. `name` is how we stand in files; `layout` names a format that is data.

    `columns` maps what we need of a statement in CSV to the file's own column names.
    """

    code: str
    kind: RailKind
    is_real: bool
    account: str = ""
    name: str = ""
    creditor_id: str = ""
    bic: str = ""
    layout: str = ""
    url: str = ""
    return_url: str = ""
    merchant: str = ""
    secret_file: str = ""
    signature: str = "hmac-sha256"
    order_minutes: int = 30
    slots: tuple[Slot, ...] = ()
    reasons: tuple[tuple[str, NextStep], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()


def rail_from(table: Mapping[str, Any], *, is_sandbox: bool) -> Rail:
    """The rail of a file.

    Refuses   InvalidInput for what is unknown, missing or unreadable; Conflict "rail-real-in-sandbox".
    """
    unknown = sorted(set(table) - {*_TEXTS, *_MORE})
    if unknown:
        raise InvalidInput("rail-field-unknown", field=unknown[0][:40])
    code, kind = table.get("code"), table.get("kind")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise InvalidInput("rail-code-unreadable", given=str(code)[:40])
    if not isinstance(kind, str) or kind not in set(RailKind):
        raise InvalidInput("rail-kind-unknown", given=str(kind)[:40], known=", ".join(RailKind))
    is_real = table.get("is_real", False)
    if not isinstance(is_real, bool):
        raise InvalidInput("rail-field-unreadable", field="is_real")
    if is_real and is_sandbox:
        raise Conflict("rail-real-in-sandbox", rail=code)
    texts = {name: _text(table, name) for name in _TEXTS}
    for name in _NEEDED[RailKind(kind)]:
        if not texts[name]:
            raise InvalidInput("rail-field-missing", field=name, kind=kind)
    columns = table.get("columns", {})
    if not isinstance(columns, Mapping) or not all(isinstance(v, str) for v in columns.values()):
        raise InvalidInput("rail-field-unreadable", field="columns")
    signature, minutes = table.get("signature", "hmac-sha256"), table.get("order_minutes", 30)
    if signature not in ("hmac-sha256", "rsa-sha256"):
        raise InvalidInput("rail-field-unreadable", field="signature")
    if type(minutes) is not int or not 1 <= minutes <= 1440:
        raise InvalidInput("rail-field-unreadable", field="order_minutes")
    return Rail(
        code,
        RailKind(kind),
        is_real,
        **texts,
        signature=signature,
        order_minutes=minutes,
        slots=slots_from(table.get("slots", USUAL)) if kind == RailKind.DEBIT else (),
        reasons=tuple(sorted(reason_table(table.get("reasons", {})).items())),
        columns=tuple(sorted((str(k), v) for k, v in columns.items())),
    )


def _text(table: Mapping[str, Any], name: str) -> str:
    given = table.get(name, "")
    if not isinstance(given, str) or (given and not _PLAIN.fullmatch(given)):
        raise InvalidInput("rail-field-unreadable", field=name)
    return given
