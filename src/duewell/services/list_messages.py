"""List messages: what a person was told or will be told, as sentences' codes with their facts.

Needs    a connection; the person.
Gives    MessageRow, list_messages.
Never    shows what was written for others.
Source   docs/reference/contact.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duewell.store import contact
from duewell.store.loans import Connection

_MOST = 200


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message: its sentence's code and facts, the loan it is about, its state, and since when."""

    code: str
    facts: dict[str, Any]
    loan: str | None
    state: str
    at: datetime


def list_messages(conn: Connection, person_id: int) -> list[MessageRow]:
    """The newest first, at most two hundred."""
    rows = []
    for content, state, at in contact.notices_of(conn, person_id, _MOST):
        facts = {name: value for name, value in content.items() if name not in ("notice", "loan_id")}
        rows.append(MessageRow(f"notice-{content['notice']}", facts, content.get("loan_id"), state, at))
    return rows
