"""Developers: API clients, webhook endpoints with their log, every event to be read and sent again.

Needs    an Ask; services that manage clients and webhooks.
Gives    door.
Never    shows a key or a secret twice, or an endpoint of a book its reader may not see.
Source   docs/reference/console.md, section developers; docs/reference/webhooks.md.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import Response

from duewell.api import Ask, Asked, Door, after, cursor_of, endpoint_of
from duewell.domain.access import VERSIONS, Permission
from duewell.domain.errors import Conflict, NotFound, Refusal
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services import manage_accounts, send_webhooks
from duewell.store import accounts, webhooks
from duewell.store.webhooks import KINDS, Delivery, Endpoint
from duewell.web._pages import STAFF, Form, goes_to
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._desk import PAGE, Cursor, Done, at_of, done_of, page_link, refused, say, who_of
from duewell.web.staff.frame import seen_books, show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
HERE = "console-developers"
_BASE = f"{STAFF}/developers"
_CLIENTS = f"{_BASE}/clients"
_HOOKS = f"{_BASE}/webhooks"
_HOOK = _HOOKS + "/{webhook}"
_EVENT = _HOOK + "/deliveries/{event}"


def developers_page(
    ask: Ask, template: str, title: str, status: int = 200, *, part: str, **told: Any
) -> Response:
    """A page of this section with its tabs: those that its reader may open."""
    t = say(ask)
    parts = (
        ("webhooks", _BASE, P.WEBHOOK_MANAGE),
        ("clients", _CLIENTS, P.CLIENT_MANAGE),
        ("sandboxes", f"{_BASE}/sandboxes", P.CLOCK_MOVE),
    )
    tabs = [
        (t(f"console-dev-{name}"), address, name == part)
        for name, address, needed in parts
        if ask.identity.may(needed)
    ]
    tabs.append((t("console-dev-reference"), "/api", False))
    return show_staff(ask, template, title, status, here=HERE, tabs=tabs, **told)


# -- webhooks --------------------------------------------------------------------------------------


@door.get(_BASE, may=P.WEBHOOK_MANAGE, media="text/html")
def list_hooks(ask: Asked, done: Done = None, export: Export = None, table: Which = None) -> Response:
    """The endpoints of the books you see."""
    made = _hooks(ask)
    return as_file(export, table, made) or _listed(ask, made, done=done_of(ask, done))


def _hooks(ask: Ask) -> Table:
    t, seen = say(ask), {row.code for row in seen_books(ask)}
    found = [each for each in webhooks.endpoints(ask.conn) if each.book in seen]
    columns = [
        Column("url", t("console-hook-url")),
        Column("book", t("console-book")),
        Column("kinds", t("console-hook-kinds")),
        Column("state", t("console-hook-state")),
        Column("made_by", t("console-hook-made-by")),
        Column("made_at", t("console-made-at")),
        Column("webhook", t("console-hook-id")),
    ]
    rows = [
        (
            each.url,
            each.book,
            ", ".join(each.kinds),
            _state(ask, each),
            who_of(ask, each.made_by),
            at_of(ask, each.made_at),
            each.webhook_id,
        )
        for each in found
    ]
    return Table(
        "webhooks",
        t("console-dev-webhooks"),
        columns,
        rows,
        known=ask.at.isoformat(),
        query=asked(ask),
        links=[_HOOK.format(webhook=each.webhook_id) for each in found],
    )


def _state(ask: Ask, found: Endpoint) -> str:
    if found.ended_at is not None:
        return say(ask)("console-hook-ended")
    if found.failing_since is not None:
        return say(ask)("console-hook-failing", since=at_of(ask, found.failing_since))
    return say(ask)("console-hook-live")


def _listed(ask: Ask, made: Table, status: int = 200, **more: Any) -> Response:
    typed = more.pop("typed", {})
    chosen = {name.removeprefix("kind-") for name in typed if name.startswith("kind-")} or set(KINDS)
    told = {"done": None, "wrong": None}
    return developers_page(
        ask,
        "webhooks.html",
        HERE,
        status,
        part="webhooks",
        hooks=told_of(made),
        url=typed.get("url", "")[:500],
        of=typed.get("book", ""),
        codes=[(row.code, row.code) for row in seen_books(ask)],
        kinds=[
            (each, f"{each} – {say(ask)('console-kind-' + each.replace('.', '-'))}", each in chosen)
            for each in KINDS
        ],
        **{**told, **more},
    )


@door.post(_HOOKS, may=P.WEBHOOK_MANAGE, media="text/html")
def add_hook(ask: Asked, form: Form) -> Response:
    """Make an endpoint; its secret is shown once, here."""
    try:
        made = send_webhooks.add(
            ask.conn,
            ask.state.keys,
            ask.state.outgoing,
            book=ask.book(form.get("book", "")).code,
            url=form.get("url", "").strip()[:500],
            kinds=[each for each in KINDS if f"kind-{each}" in form],
            by=ask.identity.actor,
            at=ask.at,
            request_key=ask.keyed().key,
        )
    except Refusal as refusal:
        return _listed(ask, _hooks(ask), 422, wrong=refused(ask, refusal), typed=form)
    return _secret(ask, made)


def _secret(ask: Ask, made: send_webhooks.NewEndpoint) -> Response:
    return developers_page(
        ask,
        "shown_once.html",
        "console-hook-secret",
        part="webhooks",
        secret=made.secret,
        told="console-hook-secret-told",
        onward=_HOOK.format(webhook=made.webhook_id),
    )


@door.get(_HOOK, may=P.WEBHOOK_MANAGE, media="text/html")
def one_hook(
    ask: Asked,
    webhook: str,
    cursor: Cursor = None,
    done: Done = None,
    export: Export = None,
    table: Which = None,
) -> Response:
    """An endpoint and its log, the newest first."""
    found = endpoint_of(ask, webhook)
    name = f"console deliveries of {found.webhook_id}"
    last = after(ask, name, cursor)
    rows = webhooks.deliveries(
        ask.conn,
        found.webhook_id,
        before=webhooks.place_of(last) if last else None,
        limit=PAGE + 1,
    )
    made = _log(ask, found, rows[:PAGE])
    file = as_file(export, table, made)
    if file is not None:
        return file
    more = cursor_of(ask, name, rows[PAGE - 1].place) if rows[PAGE:] else None
    return _shown(ask, found, made, done=done_of(ask, done), next=page_link(ask, more))


def _shown(ask: Ask, found: Endpoint, made: Table, status: int = 200, **more: Any) -> Response:
    t = say(ask)
    facts = [
        (t("console-book"), found.book),
        (t("console-hook-kinds"), ", ".join(found.kinds)),
        (t("console-hook-state"), _state(ask, found)),
        (t("console-hook-id"), found.webhook_id),
        (t("console-hook-made-by"), who_of(ask, found.made_by)),
        (t("console-made-at"), at_of(ask, found.made_at)),
    ]
    told = {"done": None, "wrong": None, "next": None}
    return developers_page(
        ask,
        "webhook.html",
        "console-hook",
        status,
        part="webhooks",
        url=found.url,
        webhook=found.webhook_id,
        is_live=found.ended_at is None,
        facts=facts,
        log=told_of(made),
        **{**told, **more},
    )


def _log(ask: Ask, found: Endpoint, rows: list[Delivery]) -> Table:
    t = say(ask)
    columns = [
        Column("event", t("console-event")),
        Column("kind", t("console-event-kind")),
        Column("made_at", t("console-event-made")),
        Column("state", t("console-hook-state")),
        Column("tries", t("console-event-tries"), Kind.COUNT),
        Column("status", t("console-event-status")),
        Column("problem", t("console-event-problem")),
        Column("next_at", t("console-event-next")),
    ]
    told = [
        (
            each.event_id,
            each.kind,
            at_of(ask, each.made_at),
            t(f"console-event-{each.state}"),
            each.tries,
            str(each.status) if each.status is not None else None,
            each.problem,
            at_of(ask, each.next_at) if each.state == "waiting" else None,
        )
        for each in rows
    ]
    links = [_EVENT.format(webhook=found.webhook_id, event=each.event_id) for each in rows]
    return Table(
        "events", t("console-events"), columns, told, known=ask.at.isoformat(), query=asked(ask), links=links
    )


@door.get(_EVENT, may=P.WEBHOOK_MANAGE, media="text/html")
def one_event(ask: Asked, webhook: str, event: str) -> Response:
    """One event as its receiver reads it."""
    found, t = endpoint_of(ask, webhook), say(ask)
    each = webhooks.delivery(ask.conn, found.webhook_id, event[:200])
    return developers_page(
        ask,
        "event.html",
        "console-event",
        part="webhooks",
        webhook=found.webhook_id,
        event=each.event_id,
        url=found.url,
        is_live=found.ended_at is None,
        facts=[
            (t("console-event-kind"), each.kind),
            (t("console-hook-state"), t(f"console-event-{each.state}")),
            (t("console-event-made"), at_of(ask, each.made_at)),
            (t("console-event-tries"), str(each.tries)),
            (t("console-event-status"), each.status),
            (t("console-event-problem"), each.problem),
            (t("console-event-next"), at_of(ask, each.next_at) if each.state == "waiting" else None),
            (t("console-event-done"), at_of(ask, each.done_at)),
        ],
        body=json.dumps(send_webhooks.document(each), ensure_ascii=False, indent=2, default=str),
    )


@door.post(_HOOK + "/test", may=P.WEBHOOK_MANAGE, media="text/html")
def try_hook(ask: Asked, webhook: str, form: Form) -> Response:
    """Send an event that only shows whether the endpoint takes one."""
    return _done(ask, webhook, "tried", lambda found: send_webhooks.test(ask.conn, found, ask.at))


@door.post(_HOOK + "/end", may=P.WEBHOOK_MANAGE, media="text/html")
def stop_hook(ask: Asked, webhook: str, form: Form) -> Response:
    """End an endpoint; what waited for it is given up."""
    by, at = ask.identity.actor, ask.at
    return _done(ask, webhook, "hook-ended", lambda found: send_webhooks.end(ask.conn, found, by=by, at=at))


@door.post(_HOOK + "/rotation", may=P.WEBHOOK_MANAGE, media="text/html")
def rotate_hook(ask: Asked, webhook: str, form: Form) -> Response:
    """A new secret, shown once; the one before signs beside it until the next rotation."""
    found = endpoint_of(ask, webhook)
    if found.ended_at is not None:
        return _refused(ask, found, Conflict("webhook-ended"))
    try:
        made = send_webhooks.rotate(
            ask.conn,
            ask.state.keys,
            found.webhook_id,
            by=ask.identity.actor,
            at=ask.at,
            request_key=ask.keyed().key,
        )
    except Refusal as refusal:
        return _refused(ask, found, refusal)
    return _secret(ask, made)


@door.post(_EVENT + "/replay", may=P.WEBHOOK_MANAGE, media="text/html")
def replay(ask: Asked, webhook: str, event: str, form: Form) -> Response:
    """Send an event once more, under the same id."""
    return _done(
        ask, webhook, "replayed", lambda found: send_webhooks.replay(ask.conn, found, event[:200], ask.at)
    )


def _done(ask: Ask, webhook: str, word: str, act: Any) -> Response:
    found = endpoint_of(ask, webhook)
    try:
        act(found.webhook_id)
    except NotFound:
        raise
    except Refusal as refusal:
        return _refused(ask, found, refusal)
    return goes_to(f"{_HOOK.format(webhook=found.webhook_id)}?done={word}")


def _refused(ask: Ask, found: Endpoint, refusal: Refusal) -> Response:
    rows = webhooks.deliveries(ask.conn, found.webhook_id, before=None, limit=PAGE)
    return _shown(ask, found, _log(ask, found, rows), 422, wrong=refused(ask, refusal))


# -- clients ---------------------------------------------------------------------------------------


@door.get(_CLIENTS, may=P.CLIENT_MANAGE, media="text/html")
def list_clients(ask: Asked, done: Done = None, export: Export = None, table: Which = None) -> Response:
    """All API clients."""
    made = _clients(ask)
    return as_file(export, table, made) or _clients_page(ask, made, done=done_of(ask, done))


def _clients(ask: Ask) -> Table:
    t = say(ask)
    columns = [
        Column("name", t("console-client-name")),
        Column("client", t("console-client-id")),
        Column("reach", t("console-client-reach")),
        Column("books", t("console-books")),
        Column("version", t("console-client-version")),
        Column("made_at", t("console-made-at")),
        Column("revoked_at", t("console-client-revoked")),
    ]
    rows = [
        (
            each.name,
            each.client_id,
            t("console-client-test" if each.is_sandbox_only else "console-client-live"),
            t("console-all-books") if each.books is None else ", ".join(each.books) or "–",
            each.version,
            at_of(ask, each.created_at),
            at_of(ask, each.revoked_at),
        )
        for each in accounts.clients_of(ask.conn)
    ]
    title = t("console-dev-clients")
    return Table("clients", title, columns, rows, known=ask.at.isoformat(), query=asked(ask))


def _clients_page(ask: Ask, made: Table, status: int = 200, **more: Any) -> Response:
    live = [(each.client_id, each.name) for each in accounts.clients_of(ask.conn) if each.revoked_at is None]
    typed = more.pop("typed", {})
    told = {"done": None, "wrong": None}
    return developers_page(
        ask,
        "clients.html",
        "console-dev-clients",
        status,
        part="clients",
        clients=told_of(made),
        live=live,
        name=typed.get("name", "")[:80],
        codes=[(row.code, row.code, f"book-{row.code}" in typed) for row in seen_books(ask)],
        all_books="all-books" in typed or not typed,
        is_test=typed.get("reach", "test") == "test",
        **{**told, **more},
    )


@door.post(_CLIENTS, may=P.CLIENT_MANAGE, media="text/html")
def add_client(ask: Asked, form: Form) -> Response:
    """Make an API client; its key is shown once, here."""
    codes = None
    if "all-books" not in form:
        codes = sorted(row.code for row in seen_books(ask) if f"book-{row.code}" in form)
    try:
        made = manage_accounts.add_client(
            ask.conn,
            name=form.get("name", "").strip()[:100],
            book_codes=codes,
            is_sandbox_only=form.get("reach") != "live",
            version=VERSIONS[-1],
            by=ask.identity.actor,
            at=ask.at,
            request_key=ask.keyed().key,
        )
    except Refusal as refusal:
        return _clients_page(ask, _clients(ask), 422, wrong=refused(ask, refusal), typed=form)
    return developers_page(
        ask,
        "shown_once.html",
        "console-client-key",
        part="clients",
        secret=made.key,
        told="console-client-key-told",
        onward=_CLIENTS,
    )


@door.post(_CLIENTS + "/{client}/revocation", may=P.CLIENT_MANAGE, media="text/html")
def revoke_client(ask: Asked, client: str, form: Form) -> Response:
    """End a client's key at once."""
    manage_accounts.revoke_client(ask.conn, client[:40], by=ask.identity.actor, at=ask.at)
    return goes_to(f"{_CLIENTS}?done=revoked")
