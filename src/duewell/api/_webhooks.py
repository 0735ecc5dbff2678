"""Routes of webhooks: endpoints made, tried, rotated, ended; their log, and an event sent again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response
from pydantic import Field

from duewell.api import _lists
from duewell.api._door import Ask, Asked, Door, answer
from duewell.api._loans import Cursor, Limit
from duewell.api._models import Code, Document, Done, Given
from duewell.domain.access import Permission
from duewell.domain.errors import NotFound
from duewell.services import send_webhooks
from duewell.store import books, webhooks
from duewell.store.webhooks import Endpoint

door = Door(tags=["webhooks"])
_DONE = {"schema": "duewell.done/1", "done": True}


class EndpointGiven(Given):
    """Where events of a book shall go, and of which kinds."""

    book: Code
    url: Annotated[str, Field(min_length=1, max_length=500, examples=["https://example.com/hooks"])]
    kinds: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=10)]


def _told(found: Endpoint) -> dict[str, Any]:
    return {
        "schema": send_webhooks.SCHEMA,
        "webhook": found.webhook_id,
        "book": found.book,
        "url": found.url,
        "kinds": list(found.kinds),
        "made_by": found.made_by,
        "made_at": found.made_at.isoformat(),
        "failing_since": found.failing_since.isoformat() if found.failing_since else None,
        "ended_at": found.ended_at.isoformat() if found.ended_at else None,
    }


def endpoint_of(ask: Ask, webhook: str) -> Endpoint:
    """An endpoint of a book this caller may see."""
    found = webhooks.read(ask.conn, webhook[:40])
    row = books.read_book(ask.conn, found.book)
    if not ask.identity.sees(row.code, is_sandbox=row.is_sandbox):
        raise NotFound("webhook-not-found")
    return found


@door.get("/api/webhooks", may=Permission.WEBHOOK_MANAGE, model=Document)
def list_webhooks(ask: Asked) -> Response:
    """Your endpoints."""
    seen = {
        row.code
        for row in books.all_books(ask.conn)
        if ask.identity.sees(row.code, is_sandbox=row.is_sandbox)
    }
    items = [_told(each) for each in webhooks.endpoints(ask.conn) if each.book in seen]
    return answer({"schema": "duewell.webhooks/1", "items": items})


@door.post("/api/webhooks", may=Permission.WEBHOOK_MANAGE, status=201, model=Document)
def add_webhook(ask: Asked, given: EndpointGiven) -> Response:
    """Make an endpoint. Its secret is shown once."""
    row = ask.book(given.book)
    made = send_webhooks.add(
        ask.conn,
        ask.state.keys,
        ask.state.outgoing,
        book=row.code,
        url=given.url,
        kinds=given.kinds,
        by=ask.identity.actor,
        at=ask.at,
    )
    told = {**_told(webhooks.read(ask.conn, made.webhook_id)), "secret": made.secret}
    return answer(told, 201, {"Cache-Control": "no-store"})


@door.post("/api/webhooks/{webhook}/rotation", may=Permission.WEBHOOK_MANAGE, model=Document)
def rotate_webhook(ask: Asked, webhook: str) -> Response:
    """A new secret; the one before signs beside it until the next rotation."""
    found = endpoint_of(ask, webhook)
    made = send_webhooks.rotate(ask.conn, ask.state.keys, found.webhook_id, by=ask.identity.actor, at=ask.at)
    return answer({**_told(found), "secret": made.secret}, headers={"Cache-Control": "no-store"})


@door.delete("/api/webhooks/{webhook}", may=Permission.WEBHOOK_MANAGE, model=Done)
def end_webhook(ask: Asked, webhook: str) -> Response:
    """End an endpoint; what waited for it is given up."""
    found = endpoint_of(ask, webhook)
    send_webhooks.end(ask.conn, found.webhook_id, by=ask.identity.actor, at=ask.at)
    return answer(_DONE)


@door.post("/api/webhooks/{webhook}/test", may=Permission.WEBHOOK_MANAGE, status=202, model=Document)
def test_webhook(ask: Asked, webhook: str) -> Response:
    """Send an event that only shows whether the endpoint takes one."""
    found = endpoint_of(ask, webhook)
    event = send_webhooks.test(ask.conn, found.webhook_id, ask.at)
    return answer({"schema": "duewell.webhook-test/1", "event": event}, 202)


@door.get("/api/webhooks/{webhook}/deliveries", may=Permission.WEBHOOK_MANAGE, model=Document)
def list_deliveries(ask: Asked, webhook: str, cursor: Cursor = None, limit: Limit = _lists.LIMIT) -> Response:
    """The log of an endpoint, the newest first: what was sent, how often, what came back."""
    found = endpoint_of(ask, webhook)
    name = f"deliveries of {found.webhook_id}"
    last = _lists.after(ask, name, cursor)
    rows = webhooks.deliveries(
        ask.conn, found.webhook_id, before=webhooks.place_of(last) if last else None, limit=limit + 1
    )
    items = [
        {
            "event": each.event_id,
            **send_webhooks.document(each),
            "state": each.state,
            "tries": each.tries,
            "status": each.status,
            "problem": each.problem,
            "next_at": each.next_at.isoformat() if each.next_at and each.state == "waiting" else None,
            "done_at": each.done_at.isoformat() if each.done_at else None,
        }
        for each in rows[:limit]
    ]
    more = _lists.cursor_of(ask, name, rows[limit - 1].place) if len(rows) > limit else None
    return _lists.page(ask, {"schema": "duewell.deliveries/1", "items": items}, more)


@door.post(
    "/api/webhooks/{webhook}/deliveries/{event}/replay",
    may=Permission.WEBHOOK_MANAGE,
    status=202,
    model=Done,
)
def replay_delivery(ask: Asked, webhook: str, event: str) -> Response:
    """Send an event once more, under the same id."""
    found = endpoint_of(ask, webhook)
    send_webhooks.replay(ask.conn, found.webhook_id, event[:200], ask.at)
    return answer(_DONE, 202)
