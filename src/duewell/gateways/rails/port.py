"""The port: what every rail that pays out or answers looks like from inside.

Needs    nothing.
Gives    PaymentRail, the one Protocol; PayOut, RailAnswer; check_reach.
Never    says failed of what it did not hear: silence is unknown.
Source   docs/reference/rails.md, "What leaves".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from urllib.parse import urlsplit

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.receipts import Answer, Payer, Rail


@dataclass(frozen=True, slots=True)
class PayOut:
    """Money to go out, in minor units; `ref` is ours, and the same one is paid once."""

    ref: str
    amount: int
    currency: str
    payee: Payer
    text: str


@dataclass(frozen=True, slots=True)
class RailAnswer:
    """What a rail says of one of our references."""

    ref: str
    answer: Answer
    provider_ref: str = ""
    amount: int | None = None
    currency: str = ""
    paid_at: datetime | None = None
    reason: str = ""


class PaymentRail(Protocol):
    """A rail, real or simulated. Neither method may be called inside a transaction."""

    def send(self, payments: Sequence[PayOut], *, batch: str, on: date, at: datetime) -> list[RailAnswer]:
        """Hand payments over; sent again under the same references nothing is paid twice."""
        ...

    def ask(self, refs: Sequence[str], *, at: datetime) -> list[RailAnswer]:
        """What became of references of ours."""
        ...


def check_reach(rail: Rail) -> None:
    """A rail that is not real reaches this machine alone: what a sandbox sends stays here.

    Refuses   Conflict "rail-not-real-leaves", InvalidInput "rail-field-unreadable".
    """
    if not rail.url:
        return
    try:
        parts = urlsplit(rail.url)
    except ValueError:
        raise InvalidInput("rail-field-unreadable", field="url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise InvalidInput("rail-field-unreadable", field="url")
    if rail.is_real:
        if parts.scheme != "https":
            raise Conflict("rail-real-unencrypted", rail=rail.code)
        return
    if parts.hostname != "localhost" and not _is_loopback(parts.hostname):
        raise Conflict("rail-not-real-leaves", rail=rail.code, host=parts.hostname[:60])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
