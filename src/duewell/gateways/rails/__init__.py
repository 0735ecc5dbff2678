"""Rails: files and messages of banks and wallets, each rail behind one port.

Needs    a Rail as its operator described it; a folder or an address.
Gives    read_statement_file, read_status_file, write_collections, the PaymentRail of a rail.
Never    posts anything, decides whose money it is, or lets a sandbox reach beyond this machine.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from duewell.domain.errors import InvalidInput
from duewell.domain.receipts import Rail, RailKind
from duewell.gateways.rails._reading import FileRead, Status, StatusRead, StatusRow
from duewell.gateways.rails.batch_lines import read_lines, write_lines
from duewell.gateways.rails.camt import read_camt
from duewell.gateways.rails.file_rail import FileRail, OneFileRail
from duewell.gateways.rails.layouts import ISO, layout_named, reasons_of
from duewell.gateways.rails.pain_out import Debit, Transfer, write_debits, write_transfers
from duewell.gateways.rails.pain_status import read_pain_002
from duewell.gateways.rails.port import PaymentRail, PayOut, RailAnswer, check_reach
from duewell.gateways.rails.signing import signer_from
from duewell.gateways.rails.statement_csv import read_statement_csv
from duewell.gateways.rails.wallet import WalletRail

__all__ = [
    "Debit",
    "FileRail",
    "FileRead",
    "OneFileRail",
    "PayOut",
    "PaymentRail",
    "RailAnswer",
    "Status",
    "StatusRead",
    "StatusRow",
    "Transfer",
    "WalletRail",
    "check_reach",
    "read_statement_file",
    "read_status_file",
    "reasons_of",
    "wallet_of",
    "write_collections",
    "write_transfers",
]

_PROBE = 512


def read_statement_file(path: Path, rail: Rail, *, currency_code: str) -> FileRead:
    """A statement in XML or CSV, by how it begins."""
    if _is_xml(path):
        return read_camt(path, account=rail.account)
    return read_statement_csv(path, rail, currency_code=currency_code)


def read_status_file(path: Path, rail: Rail, *, currency_code: str) -> StatusRead:
    """A status or result file: pain.002, or lines by the rail's layout."""
    if _is_xml(path) or not rail.layout or rail.layout == ISO:
        return read_pain_002(path)
    return read_lines(path, layout_named(rail.layout), currency_code=currency_code)


def _is_xml(path: Path) -> bool:
    """Whether a file begins as XML does, in any encoding; what cannot be read is told by its reader."""
    try:
        with path.open("rb") as source:
            start = source.read(_PROBE)
    except (OSError, ValueError):
        return False
    return start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def write_collections(
    rail: Rail, debits: Sequence[Debit], *, batch: str, currency_code: str, on: date, at: datetime
) -> bytes:
    """A collection file in the rail's format."""
    if rail.layout and rail.layout != ISO:
        layout = layout_named(rail.layout)
        return write_lines(layout, rail, debits, batch=batch, currency_code=currency_code, on=on)
    return write_debits(rail, debits, batch=batch, currency_code=currency_code, on=on, at=at)


def wallet_of(rail: Rail) -> WalletRail:
    """The provider behind a rail of kind wallet. Refuses another kind."""
    if rail.kind is not RailKind.WALLET:
        raise InvalidInput("rail-kind-wrong", rail=rail.code, kind=rail.kind.value, wanted="wallet")
    return WalletRail(rail, signer_from(rail))
