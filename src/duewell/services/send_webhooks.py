"""Webhooks: endpoints are told what happened, signed, tried over days, in the order of each loan.

Needs    a connection in autocommit; the keys; what posts to others; the instant.
Gives    add, end, rotate, test, replay; find and deliver, which a worker calls again and again.
Never    calls anybody inside a transaction, or tells an event under two ids.
Source   docs/reference/webhooks.md; Standard Webhooks 1.0.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from duewell.domain.agenda import OBSERVED
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.party import loan_id
from duewell.gateways.keys import KeyPort
from duewell.gateways.outgoing import Outgoing
from duewell.gateways.passwords import token
from duewell.store import books, request_keys, trail, webhooks
from duewell.store.loans import Connection
from duewell.store.webhooks import KINDS, Delivery, Endpoint

SCHEMA = "duewell.webhook/1"
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18_000, 36_000, 86_400, 86_400, 86_400)
)
"""After each failed try; then the event is given up. About four and a half days in all."""
FAILING_MAX = timedelta(days=5)
"""An endpoint that took nothing for so long is ended."""
_LEASE = timedelta(seconds=60)
_AT_ONCE = 20
_SECRETS_MAX = 2
_TOLD = [kind for kind, name in OBSERVED.items() if name in (
    "fell-due", "missed", "entered-bucket", "cured", "penalty-begins", "statement-closed",
)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint just made, with the secret its deliveries are signed by: shown once."""

    webhook_id: str
    secret: str


def add(
    conn: Connection,
    keys: KeyPort,
    outgoing: Outgoing,
    *,
    book: str,
    url: str,
    kinds: Sequence[str],
    by: str,
    at: datetime,
    request_key: str | None = None,
) -> NewEndpoint:
    """Make an endpoint of a book.

    Refuses   a URL that leads where calls may not go, and unknown kinds; Conflict "secret-shown-already"
              under a request key that made one.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown or not kinds:
        raise InvalidInput("webhook-kind-unknown", given=", ".join(unknown)[:80], known=", ".join(KINDS))
    outgoing.check(url)
    row = books.read_book(conn, book)
    webhook_id, secret = token("w_")[:18], _secret()
    with conn.transaction():
        if request_key is not None:
            asked = ["webhook", book, url, sorted(set(kinds))]
            request_keys.claim(conn, client_id=by, key=request_key, asked=asked, target=webhook_id, at=at)
        webhooks.add(
            conn,
            webhook_id=webhook_id,
            book_id=row.book_id,
            url=url,
            kinds=sorted(set(kinds)),
            secret_sealed=keys.wrap(secret.encode(), _place(webhook_id)),
            by=by,
            at=at,
        )
        trail.add(conn, at=at, actor=by, act="webhook-made", target=webhook_id, book=book)
    return NewEndpoint(webhook_id, secret)


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _place(webhook_id: str) -> str:
    return f"webhook/secret/{webhook_id}"


def rotate(
    conn: Connection,
    keys: KeyPort,
    webhook_id: str,
    *,
    by: str,
    at: datetime,
    request_key: str | None = None,
) -> NewEndpoint:
    """A new secret; until the next rotation deliveries are signed by the one before too.

    Refuses   Conflict "secret-shown-already" under a request key that rotated it.
    """
    found, secret = webhooks.read(conn, webhook_id), _secret()
    sealed = [keys.wrap(secret.encode(), _place(webhook_id)), *found.secrets_sealed][:_SECRETS_MAX]
    with conn.transaction():
        if request_key is not None:
            asked = ["rotation", webhook_id]
            request_keys.claim(conn, client_id=by, key=request_key, asked=asked, target=webhook_id, at=at)
        webhooks.put_secrets(conn, webhook_id, sealed)
        trail.add(conn, at=at, actor=by, act="webhook-rotated", target=webhook_id)
    return NewEndpoint(webhook_id, secret)


def end(conn: Connection, webhook_id: str, *, by: str, at: datetime) -> None:
    """End an endpoint; what waited for it is given up."""
    webhooks.read(conn, webhook_id)
    with conn.transaction():
        webhooks.end(conn, webhook_id, at)
        trail.add(conn, at=at, actor=by, act="webhook-ended", target=webhook_id)


def test(conn: Connection, webhook_id: str, at: datetime) -> str:
    """Send an event that only shows whether the endpoint takes one; returns its id."""
    found = webhooks.read(conn, webhook_id)
    if found.ended_at is not None:
        raise Conflict("webhook-ended")
    event_id = token("t-")[:18]
    webhooks.add_test(conn, webhook_id, event_id, {"book": found.book}, at)
    return event_id


def replay(conn: Connection, webhook_id: str, event_id: str, at: datetime) -> None:
    """Send an event once more, under the same id, so that a receiver can tell."""
    if webhooks.read(conn, webhook_id).ended_at is not None:
        raise Conflict("webhook-ended")
    webhooks.replay(conn, webhook_id, event_id, at)


# -- what a worker does ----------------------------------------------------------------------------


def find(conn: Connection, *, since: datetime, at: datetime) -> int:
    """Write down what endpoints are to be told of what was recorded since; finding twice tells once."""
    if not webhooks.endpoints(conn, is_live=True):
        return 0
    with conn.transaction():
        return webhooks.find_events(conn, since=since, at=at, observed=_TOLD)


def deliver(conn: Connection, keys: KeyPort, outgoing: Outgoing, now: Callable[[], datetime]) -> int:
    """Send what is due, one after another; returns how many were tried."""
    taken = webhooks.take(conn, at=now(), lease=_LEASE, limit=_AT_ONCE)
    ends = {each.webhook_id: each for each in webhooks.endpoints(conn, is_live=True)} if taken else {}
    for delivery in taken:
        endpoint = ends.get(delivery.webhook_id)
        if endpoint is not None:
            status, problem = outgoing.post(endpoint.url, *_signed(keys, endpoint, delivery, now()))
            _settle(conn, endpoint, delivery, status, problem, now())
    return len(taken)


def _signed(
    keys: KeyPort, endpoint: Endpoint, delivery: Delivery, at: datetime
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of Standard Webhooks: an id for all tries, the time of this one, signatures."""
    body = json.dumps(document(delivery), ensure_ascii=False, separators=(",", ":"))
    place = _place(endpoint.webhook_id)
    signatures = [
        Webhook(keys.unwrap(sealed, place).decode()).sign(delivery.event_id, at, body)
        for sealed in endpoint.secrets_sealed
    ]
    return body.encode(), {
        "content-type": "application/json",
        "user-agent": "Duewell",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def document(delivery: Delivery) -> dict[str, Any]:
    """An event for machines: its kind, when it was found, and what it is about."""
    data = dict(delivery.body)
    if "person_id" in data:
        data = {"loan_id": loan_id(int(data.pop("person_id")), data.pop("loan_no")), **data}
    if "observed" in data:
        data["observed"] = OBSERVED[data["observed"]]
    return {"type": delivery.kind, "timestamp": delivery.made_at.isoformat(), "data": data}


def _settle(
    conn: Connection,
    endpoint: Endpoint,
    delivery: Delivery,
    status: int | None,
    problem: str | None,
    at: datetime,
) -> None:
    is_taken = status is not None and 200 <= status < 300
    wait = WAITS[delivery.tries - 1] if delivery.tries <= len(WAITS) else None
    state = "delivered" if is_taken else "waiting" if wait is not None else "given-up"
    next_at = at + wait if wait is not None and not is_taken else None
    with conn.transaction():
        webhooks.settle(conn, delivery, state=state, status=status, problem=problem, next_at=next_at, at=at)
        since = endpoint.failing_since
        is_gone = status == 410 or (not is_taken and since is not None and at - since > FAILING_MAX)
        if is_gone:
            webhooks.end(conn, endpoint.webhook_id, at)
            trail.add(conn, at=at, actor="server:worker", act="webhook-ended", target=endpoint.webhook_id)
