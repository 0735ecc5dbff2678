"""The loop that tells endpoints what happened, beside a server or on its own.

Needs    what opens a connection; the keys; the clock.
Gives    WebhookLoop: begin, stop.
Never    dies of a database that is away: it waits and goes on.
Source   docs/reference/webhooks.md.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg

from duewell.gateways.keys import KeyPort
from duewell.gateways.outgoing import Outgoing
from duewell.services import send_webhooks
from duewell.store.loans import Connection

PAUSE_S = 1.0
_RECENT, _HOUR, _LONG = timedelta(minutes=2), timedelta(hours=1), timedelta(hours=26)
_HOURLY, _DAILY = 300, 7200
"""In rounds: a transaction that took long to commit is found by a wider look back, now and then."""


class WebhookLoop:
    """Finds events and delivers them until it is stopped."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        keys: KeyPort,
        outgoing: Outgoing,
        now: Callable[[], datetime],
    ) -> None:
        self._connect, self._keys, self._outgoing, self._now = connect, keys, outgoing, now
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def begin(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery at hand."""
        self._stop.set()
        self._thread.join(15)

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(psycopg.Error), self._connect() as conn:
                self._rounds(conn)
            self._stop.wait(PAUSE_S)

    def _rounds(self, conn: Connection) -> None:
        number = 0
        while not self._stop.is_set():
            back = _LONG if number % _DAILY == 0 else _HOUR if number % _HOURLY == 0 else _RECENT
            at = self._now()
            send_webhooks.find(conn, since=at - back, at=at)
            while send_webhooks.deliver(conn, self._keys, self._outgoing, self._now):
                if self._stop.is_set():
                    return
            number += 1
            self._stop.wait(PAUSE_S)
