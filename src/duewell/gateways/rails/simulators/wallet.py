"""A wallet provider: a real HTTP server that pays orders, signs its answers, and can be silent.

Needs    a signer that is the provider's side; which orders it fails, and whether it answers; where
         notifications go, for a person with a browser.
Gives    SimulatedWallet: start, pay, notification, close; a page on which somebody pays or gives up.
Never    pays an order twice, or listens beyond this machine.
Source   docs/reference/rails.md, "Wallets".
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from duewell.domain.texts import plain_amount
from duewell.gateways.rails.signing import SIGN, Signer

_BODY_MAX = 64 * 1024
_NOTIFY_S = 5


def _answer(handler: BaseHTTPRequestHandler, body: bytes, media: str) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", media)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


_PAGE = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>模拟钱包 · Simulated wallet</title>
<style>body{{font:1rem/1.6 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}}
button{{width:100%;min-height:3rem;margin-top:1rem;font:inherit;border-radius:.5rem;border:1px solid #1f5fae}}
.go{{background:#1f5fae;color:#fff;font-weight:650}}</style>
<h1>模拟钱包 <span lang="en">Simulated wallet</span></h1>
<p>订单 Order {order}</p><p style="font-size:2rem">{amount}</p>
<form method="post" action="/confirm"><input type="hidden" name="order" value="{order}">
<input type="hidden" name="back" value="{back}"><button class="go" name="do" value="pay">支付 Pay</button>
<button name="do" value="stop">取消 Cancel</button></form></html>"""


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
    """One provider with one merchant. `silent` keeps it from answering; `fails` names pay-outs it refuses.

    `clock` says when an order is paid, `paid_at` where there is none.
    """

    merchant: str
    signer: Signer
    silent: bool = False
    fails: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Kept] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    paid_at: str = "2026-06-01T04:00:00+00:00"
    notify_url: str = ""
    clock: Callable[[], str] | None = None
    _server: ThreadingHTTPServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> str:
        """Listen on a free port of this machine; the address."""
        wallet = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wallet._show(self)

            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length") or 0), _BODY_MAX)
                fields = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
                if urlsplit(self.path).path == "/confirm":
                    wallet._confirm(self, fields)
                else:
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
        _answer(handler, json.dumps(answer).encode(), "application/json")

    # -- a person with a browser -------------------------------------------------------------------

    def _show(self, handler: BaseHTTPRequestHandler) -> None:
        """The page a borrower is sent to: what is asked, and two buttons."""
        if urlsplit(handler.path).path != "/pay":
            handler.send_error(404)
            return
        try:
            with self._lock:
                ref = self.open(handler.path)
        except (PermissionError, KeyError):
            handler.send_error(403)
            return
        fields = dict(parse_qsl(urlsplit(handler.path).query, keep_blank_values=True))
        kept = self.orders[ref]
        amount = f"{kept.currency} {plain_amount(int(kept.amount), kept.currency)}"
        page = _PAGE.format(
            order=escape(ref, quote=True),
            amount=escape(amount),
            back=escape(fields.get("return_url", ""), quote=True),
        )
        _answer(handler, page.encode(), "text/html; charset=utf-8")

    def _confirm(self, handler: BaseHTTPRequestHandler, fields: dict[str, str]) -> None:
        """Somebody paid or gave up: the merchant is notified, then the borrower sent back."""
        ref = fields.get("order", "")
        with self._lock:
            if ref not in self.orders:
                handler.send_error(404)
                return
            if self.orders[ref].state == "pending":
                is_paid = fields.get("do") == "pay"
                told = self.pay(ref) if is_paid else self.fail(ref, "given up by the payer")
            else:
                told = self.notification(ref)
        if self.notify_url and not self.silent:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._notify(told)
        back = fields.get("back", "")
        handler.send_response(303)
        handler.send_header("Location", f"{back}?{urlencode({'order': ref})}" if back else "/paid")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _notify(self, told: Mapping[str, str]) -> None:
        where = urlsplit(self.notify_url)
        line = http.client.HTTPConnection(str(where.hostname), where.port, timeout=_NOTIFY_S)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        with contextlib.closing(line):
            line.request("POST", where.path, urlencode(told), kind)
            line.getresponse().read()

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
        kept.state, kept.paid_at = "ok", self.clock() if self.clock else self.paid_at
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
