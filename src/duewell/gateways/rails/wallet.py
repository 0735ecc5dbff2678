"""Wallets: the borrower is sent to a provider by a signed address; answers come signed, or are asked for.

Needs    a rail of kind wallet, its signer; what an order is.
Gives    WalletRail, a PaymentRail that also makes redirects and reads notifications.
Never    follows a redirect, trusts an unsigned field, or takes silence for a failure.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from duewell.domain.errors import InvalidInput
from duewell.domain.receipts import Answer, Rail
from duewell.gateways.rails.port import PayOut, RailAnswer, check_reach
from duewell.gateways.rails.signing import SIGN, Signer

TIMEOUT = 5.0
"""Seconds until a provider that says nothing is left unknown."""
ANSWER_MAX = 64 * 1024
FIELDS_MAX = 50
_AMOUNT = re.compile(r"[0-9]{1,17}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_STATES = {"ok": Answer.OK, "failed": Answer.FAILED, "closed": Answer.FAILED, "pending": Answer.UNKNOWN}


class WalletRail:
    """One provider, spoken to in signed fields."""

    def __init__(self, rail: Rail, signer: Signer, *, timeout: float = TIMEOUT) -> None:
        check_reach(rail)
        self._rail, self._signer, self._timeout = rail, signer, timeout

    def redirect(
        self, ref: str, *, amount: int, currency: str, expires_at: datetime, at: datetime, text: str
    ) -> str:
        """The address the borrower is sent to: all of the order, signed."""
        fields = {
            "merchant": self._rail.merchant,
            "order": ref,
            "amount": str(amount),
            "currency": currency,
            "expires_at": expires_at.isoformat(timespec="seconds"),
            "at": at.isoformat(timespec="seconds"),
            "text": text,
        }
        if self._rail.return_url:
            fields["return_url"] = self._rail.return_url
        fields[SIGN] = self._signer.sign(fields)
        return f"{self._rail.url.rstrip('/')}/pay?{urlencode(fields)}"

    def read_notification(self, fields: Mapping[str, str]) -> RailAnswer:
        """What a provider's message says.

        Refuses   InvalidInput "notification-unsigned" for one that is not the provider's or not for us, and
                  "notification-unreadable" for a signed one we do not understand.
        """
        found = self._checked(fields)
        if found is None:
            raise InvalidInput("notification-unsigned", rail=self._rail.code)
        return _answer(found)

    def _checked(self, fields: Mapping[str, Any]) -> dict[str, str] | None:
        """The fields, if the provider signed them for this merchant."""
        if len(fields) > FIELDS_MAX or not all(
            isinstance(name, str) and isinstance(value, str) for name, value in fields.items()
        ):
            return None
        if fields.get("merchant") != self._rail.merchant:
            return None
        told = {name: value for name, value in fields.items() if name != SIGN}
        return told if self._signer.is_signed(told, str(fields.get(SIGN, ""))) else None

    def ask(self, refs: Sequence[str], *, at: datetime) -> list[RailAnswer]:
        """What became of orders; one the provider does not answer for is unknown."""
        found = []
        for ref in refs:
            told = self._call("/query", {"order": ref, "at": at.isoformat(timespec="seconds")})
            found.append(_of(ref, told))
        return found

    def send(self, payments: Sequence[PayOut], *, batch: str, on: date, at: datetime) -> list[RailAnswer]:
        """Pay out one by one; a payment that was not answered is unknown and asked about later."""
        found = []
        for each in payments:
            fields = {
                "order": each.ref,
                "amount": str(each.amount),
                "currency": each.currency,
                "payee": each.payee.account,
                "payee_name": each.payee.name,
                "text": each.text,
                "at": at.isoformat(timespec="seconds"),
            }
            found.append(_of(each.ref, self._call("/pay-out", fields)))
        return found

    def _call(self, path: str, fields: dict[str, str]) -> RailAnswer | None:
        """One signed call; None where nothing came that can be trusted."""
        fields = {"merchant": self._rail.merchant, **fields}
        fields[SIGN] = self._signer.sign(fields)
        parts = urlsplit(self._rail.url)
        target = parts.path.rstrip("/") + path
        assert parts.hostname is not None, "check_reach saw it"
        try:
            with closing(_connection(parts.scheme, parts.hostname, parts.port, self._timeout)) as conn:
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                conn.request("POST", target, urlencode(fields).encode(), headers)
                answer = conn.getresponse()
                raw = answer.read(ANSWER_MAX + 1)
                if answer.status != 200 or len(raw) > ANSWER_MAX:
                    return None
            told = json.loads(raw)
        except (OSError, http.client.HTTPException, ValueError, RecursionError):
            return None
        checked = self._checked(told) if isinstance(told, dict) else None
        try:
            return _answer(checked) if checked is not None else None
        except InvalidInput:
            return None


def _connection(
    scheme: str, host: str, port: int | None, timeout: float
) -> http.client.HTTPConnection | http.client.HTTPSConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout)


def _of(ref: str, told: RailAnswer | None) -> RailAnswer:
    """An answer about this reference; about another one it says nothing of this."""
    return told if told is not None and told.ref == ref else RailAnswer(ref, Answer.UNKNOWN)


def _answer(fields: Mapping[str, str]) -> RailAnswer:
    state, amount, paid = fields.get("state", ""), fields.get("amount", ""), fields.get("paid_at", "")
    try:
        paid_at = datetime.fromisoformat(paid) if paid else None
    except ValueError:
        raise InvalidInput("notification-unreadable", field="paid_at") from None
    if state not in _STATES or not fields.get("order"):
        raise InvalidInput("notification-unreadable", field="state")
    if not _AMOUNT.fullmatch(amount) or not int(amount):
        raise InvalidInput("notification-unreadable", field="amount")
    if not _CURRENCY.fullmatch(fields.get("currency", "")):
        raise InvalidInput("notification-unreadable", field="currency")
    if _STATES[state] is Answer.OK and (paid_at is None or paid_at.tzinfo is None):
        raise InvalidInput("notification-unreadable", field="paid_at")
    return RailAnswer(
        fields["order"],
        _STATES[state],
        fields.get("provider_ref", "")[:100],
        int(amount),
        fields.get("currency", ""),
        paid_at,
        fields.get("reason", "")[:100],
    )
