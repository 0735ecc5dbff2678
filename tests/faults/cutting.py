"""A connection that is cut before or after its k-th exchange with the server, whichever statement that is.

Every exchange counts: begin, savepoints, statements, copies, commit. What is cut is gone as if the machine
had been: nothing is sent any more, and what the server had not committed it rolls back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

Conn = psycopg.Connection[Any]


class CutOff(psycopg.OperationalError):
    """The connection was cut on purpose."""


class Cutting(psycopg.Connection[Any]):
    """Counts exchanges; cuts itself at the one it is told."""

    exchanges = 0
    cut_at: int | None = None
    is_after = False
    was_cut = False

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        if self.cut_at is None or self.pgconn.status != psycopg.pq.ConnStatus.OK:
            return super().wait(gen, *args, **kwargs)
        self.exchanges += 1
        if self.exchanges == self.cut_at and not self.is_after:
            self._cut()
        found = super().wait(gen, *args, **kwargs)
        if self.exchanges == self.cut_at and self.is_after:
            self._cut()
        return found

    def _cut(self) -> None:
        self.pgconn.finish()
        self.was_cut = True
        raise CutOff("cut")


def cut_everywhere(url: str, verb: Callable[[Conn, int], object]) -> tuple[int, int]:
    """Cut a verb at every point, one after another, each time doing it again in peace afterwards.

    `verb` is called with a number that is the same for the cut try and the one after it, and another for the
    next point: what it does must be new for each number. Ends when a try went through uncut.
    Returns the points at which it was cut, and the numbers used.
    """
    number, found, exchange = 0, 0, 1
    while True:
        for is_after in (False, True):
            number += 1
            was_cut = _try(url, verb, number, exchange, is_after=is_after)
            with psycopg.connect(url, autocommit=True) as conn:
                verb(conn, number)
            if not was_cut:
                return found, number
            found += 1
        exchange += 1


def _try(
    url: str, verb: Callable[[Conn, int], object], number: int, exchange: int, *, is_after: bool
) -> bool:
    conn = Cutting.connect(url, autocommit=True)
    conn.cut_at, conn.is_after = exchange, is_after
    try:
        verb(conn, number)
    except Exception:  # a cut inside a pipeline comes out as psycopg's own broken assertion
        if not conn.was_cut:
            raise
        return True
    finally:
        conn.cut_at = None
        conn.close()
    return False
