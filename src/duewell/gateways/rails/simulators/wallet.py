"""A wallet provider: a real HTTP server that pays orders, signs its answers, and can be silent.

Needs    a signer that is the provider's side; which orders it fails, and whether it answers.
Gives    SimulatedWallet: start, pay, notification, close.
Never    pays an order twice, or listens beyond this machine.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from duewell.gateways.rails.signing import SIGN, Signer

_BODY_MAX = 64 * 1024


@dataclass(slots=True)
class Kept:
    """An order or pay-out as the provider keeps it."""

    amount: str
    currency: str
    state: str
    number: int
    paid_at: str = ""
    reason: str = ""


@dataclass
class SimulatedWallet:
    """One provider with one merchant. `silent` keeps it from answering; `fails` names pay-outs it refuses."""

    merchant: str
    signer: Signer
    silent: bool = False
    fails: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Kept] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    paid_at: str = "2026-06-01T04:00:00+00:00"
    _server: ThreadingHTTPServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> str:
        """Listen on a free port of this machine; the address."""
        wallet = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length") or 0), _BODY_MAX)
                fields = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
                wallet._serve(self, fields)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler, fields: dict[str, str]) -> None:
        self.calls.append((handler.path, fields.get("order", "")))
        told = {name: value for name, value in fields.items() if name != SIGN}
        if not self.signer.is_signed(told, fields.get(SIGN, "")):
            handler.send_error(403)
            return
        with self._lock:
            if handler.path.endswith("/pay-out"):
                self._pay_out(fields)
            answer = self.notification(fields["order"]) if fields["order"] in self.orders else None
        if self.silent:
            handler.close_connection = True
            return  # What was asked is done, and nobody is told.
        if answer is None:
            handler.send_error(404)
            return
        body = json.dumps(answer).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _pay_out(self, fields: Mapping[str, str]) -> None:
        ref = fields["order"]
        if ref not in self.orders:
            reason = self.fails.get(fields.get("payee", ""), "")
            state, number = "failed" if reason else "ok", len(self.orders) + 1
            self.orders[ref] = Kept(fields["amount"], fields["currency"], state, number, self.paid_at, reason)

    def open(self, url: str) -> str:
        """The borrower follows a redirect: the order is there, unpaid. Its id. Refuses a bad signature."""
        fields = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        told = {name: value for name, value in fields.items() if name != SIGN}
        if not self.signer.is_signed(told, fields.get(SIGN, "")):
            raise PermissionError("the redirect is not signed by the merchant")
        ref = fields["order"]
        self.orders.setdefault(
            ref, Kept(fields["amount"], fields["currency"], "pending", len(self.orders) + 1)
        )
        return ref

    def pay(self, ref: str, *, amount: str | None = None) -> dict[str, str]:
        """The borrower pays an order; the notification that the provider sends."""
        kept = self.orders[ref]
        kept.state, kept.paid_at = "ok", self.paid_at
        kept.amount = amount or kept.amount
        return self.notification(ref)

    def fail(self, ref: str, reason: str) -> dict[str, str]:
        """The borrower gives up; the notification."""
        self.orders[ref].state, self.orders[ref].reason = "failed", reason
        return self.notification(ref)

    def notification(self, ref: str) -> dict[str, str]:
        """What the provider says of an order now, signed."""
        kept = self.orders[ref]
        fields = {
            "merchant": self.merchant,
            "order": ref,
            "provider_ref": f"WP{kept.number:08d}",
            "amount": kept.amount,
            "currency": kept.currency,
            "state": kept.state,
            "paid_at": kept.paid_at,
            "reason": kept.reason,
        }
        fields[SIGN] = self.signer.sign(fields)
        return fields
