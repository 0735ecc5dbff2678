"""Webhooks: endpoints and their deliveries, found from what was recorded, sent once each, in order.

Needs    a connection; every instant as an argument; secrets sealed.
Gives    Endpoint, Delivery; add, end, find_events, take, settle, replay.
Never    adds anything to a posting: events are read from facts that are committed.
Source   docs/reference/webhooks.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from duewell.domain.errors import NotFound
from duewell.store.loans import Connection

_ENDPOINT = (
    "w.webhook_id, b.code, w.url, w.kinds, w.secrets_sealed, w.made_by, w.made_at, w.failing_since,"
    " w.ended_at"
)
_DELIVERY = "webhook_id, event_id, kind, body, made_at, next_at, tries, state, status, problem, done_at"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events of a book go, and of which kinds. The first secret is the newest."""

    webhook_id: str
    book: str
    url: str
    kinds: tuple[str, ...]
    secrets_sealed: tuple[bytes, ...]
    made_by: str
    made_at: datetime
    failing_since: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    webhook_id: str
    event_id: str
    kind: str
    body: dict[str, Any]
    made_at: datetime
    next_at: datetime | None
    tries: int
    state: str
    status: int | None
    problem: str | None
    done_at: datetime | None

    @property
    def place(self) -> str:
        """Where it stands in a log: many events are made at one instant."""
        return f"{self.made_at.isoformat()} {self.event_id}"


def add(
    conn: Connection,
    *,
    webhook_id: str,
    book_id: int,
    url: str,
    kinds: Iterable[str],
    secret_sealed: bytes,
    by: str,
    at: datetime,
) -> None:
    """Keep an endpoint. It is told what happens from now on."""
    conn.execute(
        "insert into duewell.webhook values (%s, %s, %s, %s, %s, %s, %s)",
        [webhook_id, book_id, url, list(kinds), [secret_sealed], by, at],
    )


def endpoints(conn: Connection, *, is_live: bool = False) -> list[Endpoint]:
    """All endpoints, or those that have not ended."""
    rows = conn.execute(
        f"select {_ENDPOINT} from duewell.webhook w join duewell.book b using (book_id)"
        " where not %s or w.ended_at is null order by w.made_at, w.webhook_id",
        [is_live],
    ).fetchall()
    return [_endpoint(row) for row in rows]


def read(conn: Connection, webhook_id: str) -> Endpoint:
    """An endpoint by its id."""
    row = conn.execute(
        f"select {_ENDPOINT} from duewell.webhook w join duewell.book b using (book_id)"
        " where w.webhook_id = %s",
        [webhook_id],
    ).fetchone()
    if row is None:
        raise NotFound("webhook-not-found")
    return _endpoint(row)


def _endpoint(row: tuple[Any, ...]) -> Endpoint:
    values: list[Any] = list(row)
    values[3], values[4] = tuple(row[3]), tuple(bytes(each) for each in row[4])
    return Endpoint(*values)


def end(conn: Connection, webhook_id: str, at: datetime) -> None:
    """Tell an endpoint nothing more."""
    conn.execute(
        "update duewell.webhook set ended_at = coalesce(ended_at, %s) where webhook_id = %s",
        [at, webhook_id],
    )
    conn.execute(
        "update duewell.webhook_delivery set state = 'given-up', done_at = %s"
        " where webhook_id = %s and state = 'waiting'",
        [at, webhook_id],
    )


def put_secrets(conn: Connection, webhook_id: str, sealed: list[bytes]) -> None:
    """Keep the secrets deliveries are signed with, the newest first."""
    conn.execute("update duewell.webhook set secrets_sealed = %s where webhook_id = %s", [sealed, webhook_id])


# -- events ----------------------------------------------------------------------------------------

_FACTS = """
insert into duewell.webhook_delivery
  (webhook_id, event_id, subject, nth, kind, body, made_at, next_at)
select w.webhook_id, 'f-' || f.person_id || '-' || f.loan_no || '-' || f.seq,
  f.person_id || '/' || f.loan_no, f.seq, 'fact.recorded',
  jsonb_build_object('book', b.code, 'person_id', f.person_id::text, 'loan_no', f.loan_no, 'seq', f.seq,
    'kind', f.kind, 'effective_on', f.effective_on, 'recorded_on', f.recorded_on, 'source', f.source,
    'ref', f.source_ref, 'amount_minor', f.payload->'amount_minor', 'currency', l.currency,
    'recorded_at', f.recorded_at),
  %(at)s, %(at)s
from duewell.webhook w join duewell.book b using (book_id)
join duewell.loan_fact f on f.recorded_at >= greatest(w.made_at, %(since)s)
join duewell.loan l on l.person_id = f.person_id and l.loan_no = f.loan_no and l.book_id = w.book_id
where w.ended_at is null and 'fact.recorded' = any(w.kinds)
  and not exists (select from duewell.webhook_delivery d where d.webhook_id = w.webhook_id
    and d.event_id = 'f-' || f.person_id || '-' || f.loan_no || '-' || f.seq)
on conflict do nothing
"""
_DAYS = """
insert into duewell.webhook_delivery
  (webhook_id, event_id, subject, nth, kind, body, made_at, next_at)
select w.webhook_id, 'd-' || r.day, 'days', r.day - date '1900-01-01', 'day.closed',
  jsonb_build_object('book', b.code, 'day', r.day, 'entries', c.entries, 'turned', c.turned,
    'wishes', c.wishes), %(at)s, %(at)s
from duewell.webhook w join duewell.book b using (book_id)
join duewell.day_run r on r.book_id = w.book_id and r.finished_at >= greatest(w.made_at, %(since)s)
cross join lateral (select coalesce(sum(entries), 0) as entries, coalesce(sum(turned), 0) as turned,
  coalesce(sum(wishes), 0) as wishes from duewell.day_chunk c
  where c.book_id = r.book_id and c.day = r.day) as c
where w.ended_at is null and 'day.closed' = any(w.kinds)
on conflict do nothing
"""
_OBSERVED = """
insert into duewell.webhook_delivery
  (webhook_id, event_id, subject, nth, kind, body, made_at, next_at)
select w.webhook_id, 'o-' || o.person_id || '-' || o.loan_no || '-' || o.day || '-' || o.kind,
  o.person_id || '/' || o.loan_no || '/observed', (o.day - date '1900-01-01') * 100 + o.kind, 'loan.observed',
  jsonb_build_object('book', b.code, 'person_id', o.person_id::text, 'loan_no', o.loan_no, 'day', o.day,
    'observed', o.kind), %(at)s, %(at)s
from duewell.webhook w join duewell.book b using (book_id)
join duewell.day_run r on r.book_id = w.book_id and r.finished_at >= greatest(w.made_at, %(since)s)
join duewell.observation o on o.day = r.day
join duewell.loan l on l.person_id = o.person_id and l.loan_no = o.loan_no and l.book_id = w.book_id
where w.ended_at is null and 'loan.observed' = any(w.kinds) and o.kind = any(%(observed)s)
on conflict do nothing
"""
_ASKED = """
insert into duewell.webhook_delivery
  (webhook_id, event_id, subject, nth, kind, body, made_at, next_at)
select w.webhook_id, 'r-' || a.approval_id || '-' || coalesce(d.decision, 'waiting'),
  'request/' || a.approval_id, case when d.decision is null then 0 else 1 end, 'request.changed',
  jsonb_build_object('book', b.code, 'request', a.approval_id::text, 'act', a.act, 'target', a.target,
    'status', coalesce(d.decision, 'waiting')), %(at)s, %(at)s
from duewell.webhook w join duewell.book b using (book_id)
join duewell.approval a on a.book_id = w.book_id
left join duewell.approval_decision d using (approval_id)
where w.ended_at is null and 'request.changed' = any(w.kinds)
  and coalesce(d.decided_at, a.asked_at) >= greatest(w.made_at, %(since)s)
on conflict do nothing
"""
KINDS = ("fact.recorded", "loan.observed", "day.closed", "request.changed")


def find_events(conn: Connection, *, since: datetime, at: datetime, observed: list[int]) -> int:
    """Write down what endpoints are to be told of what was recorded from `since` on; each event once."""
    given = {"since": since, "at": at, "observed": observed}
    return sum(conn.execute(query, given).rowcount for query in (_FACTS, _DAYS, _OBSERVED, _ASKED))


# -- deliveries ------------------------------------------------------------------------------------


def take(conn: Connection, *, at: datetime, lease: timedelta, limit: int) -> list[Delivery]:
    """Take deliveries that are due, none whose subject waits for an earlier one; others leave them alone.

    They are tried again after `lease`, should this process die before it settles them.
    """
    rows = conn.execute(
        "update duewell.webhook_delivery d set tries = tries + 1, next_at = %(at)s::timestamptz + %(lease)s"
        " from (select webhook_id, event_id from duewell.webhook_delivery d"
        "  where state = 'waiting' and next_at <= %(at)s and not exists ("
        "   select from duewell.webhook_delivery e where e.webhook_id = d.webhook_id"
        "   and e.subject = d.subject and e.nth < d.nth and e.state = 'waiting')"
        "  order by next_at, nth limit %(limit)s for update skip locked) as due"
        " where d.webhook_id = due.webhook_id and d.event_id = due.event_id"
        f" returning {', '.join('d.' + name for name in _DELIVERY.split(', '))}",
        {"at": at, "lease": lease, "limit": limit},
    ).fetchall()
    return [Delivery(*row) for row in rows]


def settle(
    conn: Connection,
    delivery: Delivery,
    *,
    state: str,
    status: int | None,
    problem: str | None,
    next_at: datetime | None,
    at: datetime,
) -> None:
    """Keep what came of a try; an endpoint that answers is failing no longer."""
    conn.execute(
        "update duewell.webhook_delivery set state = %s, status = %s, problem = %s, next_at = %s,"
        " done_at = %s where webhook_id = %s and event_id = %s and state = 'waiting'",
        [
            state,
            status,
            problem,
            next_at,
            at if state != "waiting" else None,
            delivery.webhook_id,
            delivery.event_id,
        ],
    )
    since = "null" if state == "delivered" else "coalesce(failing_since, %(at)s)"
    conn.execute(
        f"update duewell.webhook set failing_since = {since} where webhook_id = %(id)s"
        f" and failing_since is distinct from {since}",
        {"at": at, "id": delivery.webhook_id},
    )


def place_of(text: str) -> tuple[datetime, str]:
    """What `Delivery.place` wrote."""
    at, _, event_id = text.partition(" ")
    return datetime.fromisoformat(at), event_id


def deliveries(
    conn: Connection, webhook_id: str, *, before: tuple[datetime, str] | None, limit: int
) -> list[Delivery]:
    """The log of an endpoint, the newest first, after a place in it."""
    at, event_id = before or (None, None)
    rows = conn.execute(
        f"select {_DELIVERY} from duewell.webhook_delivery where webhook_id = %s"
        " and (%s::timestamptz is null or (made_at, event_id) < (%s, %s))"
        " order by made_at desc, event_id desc limit %s",
        [webhook_id, at, at, event_id, limit],
    ).fetchall()
    return [Delivery(*row) for row in rows]


def delivery(conn: Connection, webhook_id: str, event_id: str) -> Delivery:
    """One event of an endpoint's log. Refuses NotFound "webhook-event-not-found"."""
    row = conn.execute(
        f"select {_DELIVERY} from duewell.webhook_delivery where webhook_id = %s and event_id = %s",
        [webhook_id, event_id],
    ).fetchone()
    if row is None:
        raise NotFound("webhook-event-not-found")
    return Delivery(*row)


def replay(conn: Connection, webhook_id: str, event_id: str, at: datetime) -> None:
    """Send an event once more, now, under the same id."""
    found = conn.execute(
        "update duewell.webhook_delivery set state = 'waiting', next_at = %s, tries = 0, done_at = null"
        " where webhook_id = %s and event_id = %s",
        [at, webhook_id, event_id],
    )
    if found.rowcount != 1:
        raise NotFound("webhook-event-not-found")


def add_test(conn: Connection, webhook_id: str, event_id: str, body: dict[str, Any], at: datetime) -> None:
    """An event that only shows whether the endpoint takes one."""
    conn.execute(
        "insert into duewell.webhook_delivery"
        " (webhook_id, event_id, subject, nth, kind, body, made_at, next_at)"
        " values (%s, %s, %s, 0, 'test', %s, %s, %s)",
        [webhook_id, event_id, event_id, Jsonb(body), at, at],
    )
