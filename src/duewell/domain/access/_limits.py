"""Limits: how often something may be tried within a window, each by its name.

Needs    a count and the instants of a window.
Gives    LIMITS, Limit.
Never    counts: the store does, in one statement.
Source   docs/reference/access.md, section limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `window`; windows begin at fixed instants, so that one row counts for all."""

    name: str
    tries: int
    window: timedelta

    def begins(self, at: datetime) -> datetime:
        """The beginning of the window an instant falls into."""
        seconds = int(self.window.total_seconds())
        return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)

    def seconds_left(self, at: datetime) -> int:
        """How long until that window ends, in whole seconds and at least one."""
        return int((self.begins(at) + self.window - at).total_seconds()) or 1


_QUARTER = timedelta(minutes=15)

LIMITS = {
    each.name: each
    for each in (
        Limit("sign-in", 10, _QUARTER),
        Limit("sign-in-from", 100, _QUARTER),
        Limit("code-asked", 5, _QUARTER),
        Limit("code-asked-daily", 20, timedelta(days=1)),
        Limit("code-asked-from", 30, _QUARTER),
        Limit("code-tried", 10, _QUARTER),
        Limit("requests", 6000, timedelta(minutes=1)),
    )
}
"""Of one account, or, where the name says "from", of one address. "requests" is of one session or client."""
