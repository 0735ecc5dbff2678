"""Export a person's own data: all that is kept of somebody, as one document for machines and for them.

Needs    a connection; the keys; the person; the instant.
Gives    export_own, plain data.
Never    holds what is another's, a secret (a password, a token, a whole account), or what only guards others.
Source   PIPL article 45 (copy and transfer); docs/reference/contact.md, section your data.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from duewell.domain.facts import fact_document
from duewell.domain.party import loan_id, person_ref
from duewell.domain.product import LoanTerms, agreed_to_payload
from duewell.domain.receipts import LoanRef
from duewell.gateways.keys import KeyPort, Seals
from duewell.store import accounts, contact, loans, mandates, pay_orders, private, trail
from duewell.store.loans import Connection, LoanKey

SCHEMA = "duewell.own-data/1"
_MESSAGES_MAX = 1000
_STEPS_MAX = 1000


def export_own(conn: Connection, keys: KeyPort, person_id: int, *, at: datetime) -> dict[str, Any]:
    """Everything about a person at one instant."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read")
        return {
            "schema": SCHEMA,
            "person": person_ref(person_id),
            "made_at": at.isoformat(timespec="seconds"),
            "fields": private.fields_of(conn, Seals(keys), person_id),
            "preferences": _preferences(conn, keys, person_id),
            "consents": [
                {"purpose": each.purpose.value, "given": each.is_given, "at": each.recorded_at.isoformat()}
                for each in contact.consents_of(conn, person_id)
            ],
            "sessions": [
                {
                    "agent": each.agent,
                    "began_at": each.created_at.isoformat(),
                    "seen_at": each.seen_at.isoformat(),
                }
                for each in accounts.sessions_of(conn, login=None, person_id=person_id, at=at)
            ],
            "contracts": [
                _contract(conn, keys, key, book, product)
                for key, book, _, product, _ in loans.loans_of_person(conn, person_id)
            ],
            "messages": [
                {"content": content, "state": state, "at": when.isoformat()}
                for content, state, when in contact.notices_of(conn, person_id, _MESSAGES_MAX)
            ],
            "what_was_done": [
                {"act": each.act, "at": each.at.isoformat(), "by": each.actor.partition(":")[0]}
                for each in trail.read(
                    conn, before=None, limit=_STEPS_MAX, target=person_ref(person_id), actor=None
                )
            ],
        }


def _preferences(conn: Connection, keys: KeyPort, person_id: int) -> dict[str, Any]:
    chosen, sealed, since = contact.preferences_of(conn, person_id)
    place = contact.trusted_place(person_id)
    trusted = private.open_for(conn, Seals(keys), person_id, place, sealed) if sealed else None
    return {
        **asdict(chosen),
        "channels": sorted(chosen.channels),
        "quiet_from": f"{chosen.quiet_from:%H:%M}",
        "quiet_to": f"{chosen.quiet_to:%H:%M}",
        "trusted": dict(trusted) if trusted else None,
        "since": since.isoformat() if since else None,
    }


def _contract(conn: Connection, keys: KeyPort, key: LoanKey, book: str, product: str) -> dict[str, Any]:
    row = loans.read_loan(conn, key)
    return {
        "id": loan_id(key.person_id, key.loan_no),
        "kind": "loan" if isinstance(row.terms, LoanTerms) else "line",
        "book": book,
        "product": product,
        "terms": agreed_to_payload(row.terms),
        "facts": [fact_document(fact) for fact in loans.read_facts(conn, key)],
        "orders": [
            {"rail": each.rail.partition("/")[2], "amount_minor": each.amount, "state": each.state.value}
            for each in pay_orders.orders_of(conn, LoanRef(key.person_id, key.loan_no))
        ],
        "mandates": [
            {
                "rail": each.rail.partition("/")[2],
                "account_end": (mandates.account_of(conn, Seals(keys), each) or {}).get("account", "")[-4:],
                "history": [{"change": e.kind.value, "on": e.effective_on.isoformat()} for e in each.events],
            }
            for each in mandates.mandates_of(conn, key)
        ],
    }
