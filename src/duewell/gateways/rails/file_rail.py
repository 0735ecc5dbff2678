"""A rail of files: payments leave as pain.001 in a folder that a bank's program empties.

Needs    the rail, the folder.
Gives    FileRail and OneFileRail, each a PaymentRail.
Never    leaves half a file, or answers before the bank does: what it was handed is unknown until a status
         file or a statement says so.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from duewell.domain.receipts import Answer, Rail
from duewell.gateways.out_files import replacing
from duewell.gateways.rails.pain_out import Transfer, write_transfers
from duewell.gateways.rails.port import PayOut, RailAnswer


class FileRail:
    """Sends by writing a file named after its batch; written again it is the same file."""

    def __init__(self, rail: Rail, folder: Path) -> None:
        self._rail, self._folder = rail, folder

    def send(self, payments: Sequence[PayOut], *, batch: str, on: date, at: datetime) -> list[RailAnswer]:
        if not payments:
            return []
        made = _made(self._rail, payments, batch=batch, on=on, at=at)
        with replacing(self._folder / f"{batch}.pain.001.xml", is_forced=True) as path:
            path.write_bytes(made)
        return [RailAnswer(each.ref, Answer.UNKNOWN) for each in payments]

    def ask(self, refs: Sequence[str], *, at: datetime) -> list[RailAnswer]:
        return [RailAnswer(ref, Answer.UNKNOWN) for ref in refs]


class OneFileRail:
    """Sends by handing one file's bytes to whoever asked for it: a command that was told where to write."""

    def __init__(self, rail: Rail, write: Callable[[bytes], None]) -> None:
        self._rail, self._write = rail, write

    def send(self, payments: Sequence[PayOut], *, batch: str, on: date, at: datetime) -> list[RailAnswer]:
        if payments:
            self._write(_made(self._rail, payments, batch=batch, on=on, at=at))
        return [RailAnswer(each.ref, Answer.UNKNOWN) for each in payments]

    def ask(self, refs: Sequence[str], *, at: datetime) -> list[RailAnswer]:
        return [RailAnswer(ref, Answer.UNKNOWN) for ref in refs]


def _made(rail: Rail, payments: Sequence[PayOut], *, batch: str, on: date, at: datetime) -> bytes:
    transfers = [Transfer(each.ref, each.amount, each.payee, each.text) for each in payments]
    return write_transfers(rail, transfers, batch=batch, currency_code=payments[0].currency, on=on, at=at)
