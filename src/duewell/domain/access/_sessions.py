"""Sessions and keys: how long they last, and how a key says what it is for.

Needs    nothing.
Gives    VERSIONS, SESSION_LIFE, SESSION_IDLE, CODE_LIFE, CODE_TRIES, KEY_PREFIX.
Never    decides who somebody is.
Source   docs/reference/access.md; OWASP ASVS 5.0, chapter 7.
"""

from __future__ import annotations

from datetime import timedelta

SESSION_LIFE = {"staff": timedelta(hours=10), "borrower": timedelta(days=30)}
"""After this a session ends, in use or not."""
SESSION_IDLE = {"staff": timedelta(minutes=30), "borrower": timedelta(days=7)}
"""After this without a request it ends."""
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
KEY_PREFIX = {True: "dw_test_", False: "dw_live_"}
"""Of a key that works in sandbox books only, and of one that works everywhere."""

VERSIONS = ("2026-11-26",)
"""Dated versions of the API, the newest last: a key is pinned to the one of its day."""
