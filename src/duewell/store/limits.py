"""Limits: how often something was tried, counted in one statement that no rival can slip past.

Needs    a connection in autocommit: a try counts though what was tried is refused.
Gives    count_try, forget_tries.
Never    keeps what was tried, only a hash of whose it was.
Source   docs/reference/access.md, section limits.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from duewell.domain.access import LIMITS
from duewell.domain.errors import Conflict
from duewell.store.loans import Connection


class TooMany(Conflict):
    """Tried too often: one may try again at `again_at`."""


def count_try(conn: Connection, name: str, of: str, at: datetime) -> None:
    """Count one try. Refuses TooMany "too-many-tries" once the window's are used up."""
    limit = LIMITS[name]
    row = conn.execute(
        "insert into duewell.tried values (%s, %s, %s, 1)"
        " on conflict (limit_name, of, begins) do update set count = duewell.tried.count + 1 returning count",
        [name, _of(of), limit.begins(at)],
    ).fetchone()
    assert row is not None
    if row[0] > limit.tries:
        seconds = limit.seconds_left(at)
        raise TooMany("too-many-tries", minutes=-(-seconds // 60), seconds=seconds)


def forget_tries(conn: Connection, name: str, of: str, at: datetime) -> None:
    """A success ends the counting of an account; windows that are over go too."""
    conn.execute("delete from duewell.tried where limit_name = %s and of = %s", [name, _of(of)])
    conn.execute("delete from duewell.tried where begins < %s::timestamptz - interval '1 day'", [at])


def _of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
