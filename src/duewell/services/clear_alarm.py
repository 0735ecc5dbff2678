"""Clear an alarm by hand: a person says why it need not stand any longer.

Needs    a connection; the book, the day, the kind, the reason, who says so, the instant.
Gives    nothing: the event is written.
Never    takes an alarm away: that it was raised stays to be read.
Source   docs/runbook.md.
"""

from __future__ import annotations

from datetime import date, datetime

from duewell.domain.errors import InvalidInput, NotFound
from duewell.store import alarms, books
from duewell.store.loans import Connection

REASON_MAX = 500


def clear_alarm(
    conn: Connection, book_code: str, *, day: date, kind: str, reason: str, actor: str, at: datetime
) -> None:
    """Refuses   InvalidInput "alarm-reason-missing"; NotFound "alarm-not-standing"."""
    book = books.read_book(conn, book_code)
    if not reason.strip() or len(reason) > REASON_MAX:
        raise InvalidInput("alarm-reason-missing", length_max=REASON_MAX)
    facts = {"reason": reason, "actor": actor}
    if kind not in alarms.KINDS or not alarms.clear_alarm(conn, book.book_id, day, kind, facts, at):
        raise NotFound("alarm-not-standing", book=book_code, day=str(day), kind=kind[:40])
