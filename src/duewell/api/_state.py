"""What the API stands on: connections, keys, the hasher, and the clock, which only a door may read.

Needs    settings.
Gives    State, Pace, open_state.
Never    holds what belongs to one request.
Source   docs/reference/api.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from duewell.api._log import log
from duewell.app import pool_of
from duewell.catalogues import render
from duewell.domain.access import CODE_LIFE, LIMITS
from duewell.domain.errors import Fault
from duewell.domain.texts import Message
from duewell.gateways.codes import CodeSender, Inbox, MailCodes
from duewell.gateways.keys import KeyPort, read_keys
from duewell.gateways.outgoing import Outgoing
from duewell.gateways.passwords import Passwords
from duewell.services.sign_in import Challenge
from duewell.settings import Settings
from duewell.store.limits import TooMany
from duewell.store.loans import Connection

POOL_WAIT_S = 0.5
"""How long a request waits for a connection before it is told to come back."""


class NoRoom(Fault):
    """All connections are in use: come back in a moment."""


class NotReady(NoRoom):
    """The server cannot serve for now: send callers to another, and look."""


class Pace:
    """Requests a minute of one caller, counted in this process: a brake, not a lock."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._begins: datetime | None = None

    def count(self, of: str, at: datetime) -> None:
        """Count one. Refuses TooMany "too-many-requests"."""
        limit = LIMITS["requests"]
        begins = limit.begins(at)
        if begins != self._begins:
            self._counts, self._begins = {}, begins
        count = self._counts[of] = self._counts.get(of, 0) + 1
        if count > limit.tries:
            raise TooMany("too-many-requests", seconds=limit.seconds_left(at))


@dataclass(frozen=True, slots=True)
class State:
    """One server's means. `now` is its clock; tests hand in another."""

    settings: Settings
    pool: ConnectionPool[psycopg.Connection]
    keys: KeyPort
    hasher: Passwords
    now: Callable[[], datetime]
    mail: CodeSender | None
    inbox: Inbox
    outgoing: Outgoing
    pace: Pace = field(default_factory=Pace)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in autocommit, given back at the end. Refuses NoRoom when none comes free in time."""
        try:
            conn = self.pool.getconn(timeout=POOL_WAIT_S)
        except PoolTimeout as problem:
            # A pool that holds none at all is not full: the database is away.
            is_away = not self.pool.get_stats().get("pool_size", 0)
            raise NoRoom("database-away" if is_away else "too-busy") from problem
        try:
            yield conn
        finally:
            self.pool.putconn(conn)

    def send_code(self, made: Challenge) -> None:
        """Send a one-time code: into the inbox of a sandbox, or by mail. What fails is logged, never told."""
        minutes = int(CODE_LIFE.total_seconds()) // 60
        text = render(Message("code-message", {"code": made.code, "minutes": minutes}), made.lang)
        if made.realm:
            self.inbox.put(made.realm, made.to, text)
            return
        try:
            if self.mail is None:
                raise Fault("channel-missing", field=made.field)
            self.mail.send(made.field, made.to, render(Message("cli-code-subject"), made.lang), text)
        except Fault as fault:
            log.error("code-not-sent", code=fault.code, field=made.field)


def open_state(
    settings: Settings,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    hasher: Passwords | None = None,
) -> State:
    """Reach the database and the keys. The pool fills as it is used."""
    pool = pool_of(settings)
    keys = read_keys(settings.key_file, may_make=settings.database_url is None)
    mail = MailCodes(settings.mail_url) if settings.mail_url else None
    return State(
        settings,
        pool,
        keys,
        hasher or Passwords(),
        now,
        mail,
        Inbox(),
        Outgoing(is_local_allowed=settings.may_call_home),
    )
