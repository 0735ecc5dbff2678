"""Routes of requests that need a second person, and of the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Response

from duewell.api import _lists, _rail_acts
from duewell.api._door import Ask, Asked, Door, answer
from duewell.api._loans import Cursor, Limit, public
from duewell.api._models import DecisionGiven, RequestsTold, RequestTold, TrailTold
from duewell.domain.access import Act, Permission
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.facts import FactLines
from duewell.domain.money import currency
from duewell.domain.party import parse_loan_id, parse_person_ref
from duewell.gateways import erasure_log
from duewell.services import decide_request, keep_person, manage_accounts
from duewell.services.define_product import as_document, define_product
from duewell.services.import_tape import import_asked
from duewell.services.record_fact import Request, record_fact
from duewell.store import approvals, loans, trail
from duewell.store.approvals import Approval
from duewell.store.loans import LoanKey

door = Door(tags=["requests and the trail"])
_ID_MAX = 20


@door.get("/api/requests", may=Permission.APPROVAL_READ, model=RequestsTold)
def list_requests(
    ask: Asked, waiting: bool = False, cursor: Cursor = None, limit: Limit = _lists.LIMIT
) -> Response:
    """What waits for a second person, or was decided; the newest first."""
    last = _lists.after(ask, "requests", cursor)
    before = request_place(last) if last else None
    found = approvals.list_of(ask.conn, before=before, limit=limit + 1, is_open=waiting)
    seen = [each for each in found[:limit] if sees_request(ask, each)]
    more = None
    if len(found) > limit:
        more = _lists.cursor_of(ask, "requests", place_of_request(found[limit - 1]))
    items = [_rail_acts.shown(ask, decide_request.as_document(each)) for each in seen]
    return _lists.page(ask, {"schema": "duewell.requests/1", "items": items}, more)


def place_of_request(found: Approval) -> str:
    """Where a request stands in a list: two may have been made at one instant."""
    return f"{found.asked_at.isoformat()} {found.approval_id}"


def request_place(text: str) -> tuple[datetime, int]:
    """What `place_of_request` wrote."""
    at, _, number = text.partition(" ")
    return datetime.fromisoformat(at), int(number)


def sees_request(ask: Ask, found: Approval) -> bool:
    """Whether a request is about what this caller may see."""
    if found.book is None:
        return not ask.identity.is_sandbox_only
    return ask.identity.sees(found.book, is_sandbox=found.is_sandbox)


def request_of(ask: Ask, text: str) -> Approval:
    """A request by its number, of what this caller may see."""
    if not (text.isascii() and text.isdigit() and len(text) < _ID_MAX and int(text) < 2**63):
        raise NotFound("approval-not-found")
    found = approvals.read(ask.conn, int(text))
    if not sees_request(ask, found):
        raise NotFound("approval-not-found")
    return found


@door.get("/api/requests/{request}", may=Permission.APPROVAL_READ, model=RequestTold)
def show_request(ask: Asked, request: str) -> Response:
    """One request, and what was decided."""
    return answer(_rail_acts.shown(ask, decide_request.as_document(request_of(ask, request))))


@door.post("/api/requests/{request}/decision", may=Permission.APPROVAL_DECIDE, model=RequestTold)
def decide(ask: Asked, request: str, given: DecisionGiven) -> Response:
    """Approve a request, which does it, or reject it. Nobody decides their own."""
    told = decide_request.decide(
        ask.conn,
        request_of(ask, request).approval_id,
        is_approved=given.approve,
        reason=given.reason,
        by=ask.identity.actor,
        at=ask.at,
        acts=acts(ask),
    )
    return answer(_rail_acts.shown(ask, told))


@door.post("/api/requests/{request}/withdrawal", may=Permission.APPROVAL_READ, model=RequestTold)
def withdraw(ask: Asked, request: str) -> Response:
    """Take your own request back."""
    found = request_of(ask, request)
    told = decide_request.withdraw(ask.conn, found.approval_id, by=ask.identity.actor, at=ask.at)
    return answer(_rail_acts.shown(ask, told))


def acts(ask: Ask) -> dict[Act, decide_request.Do]:
    """What does each act once it is approved."""

    def fact(found: Approval, at: datetime) -> dict[str, Any]:
        key = LoanKey(*parse_loan_id(found.target))
        row = loans.read_loan(ask.conn, key)
        name = f"request-{found.approval_id}"
        read = FactLines(currency(row.terms.currency), loans.read_facts(ask.conn, key)).read(
            found.payload["line"], source="api", source_ref=name, recorded_on=row.book_open_on
        )
        asked = Request("requests", name, f"{found.asked_by}+{ask.identity.actor}", at)
        return public(record_fact(ask.conn, key, read, asked))

    def roles(found: Approval, at: datetime) -> dict[str, Any]:
        told = found.payload
        return manage_accounts.change_roles(
            ask.conn,
            told["login"],
            roles=told["roles"],
            book_codes=told["books"],
            by=f"{found.asked_by}+{ask.identity.actor}",
            at=at,
        )

    def product(found: Approval, at: datetime) -> dict[str, Any]:
        if found.book is None:
            raise InvalidInput("book-not-found", book="-", known="-")
        return as_document(define_product(ask.conn, found.book, found.payload)[0])

    def tape(found: Approval, at: datetime) -> dict[str, Any]:
        if found.book is None:
            raise InvalidInput("book-not-found", book="-", known="-")
        by = f"{found.asked_by}+{ask.identity.actor}"
        return import_asked(ask.conn, found.book, found.payload, actor=by, at=at)

    def erasure(found: Approval, at: datetime) -> dict[str, Any]:
        by = f"{found.asked_by}+{ask.identity.actor}"
        person = parse_person_ref(found.payload["person"])
        log = ask.state.settings.data / erasure_log.NAME
        reason = found.payload["reason"]
        return keep_person.erase(ask.conn, person, by=by, reason=reason, at=at, log=log)

    done = {Act.FACT: fact, Act.ROLES: roles, Act.PRODUCT: product, Act.TAPE: tape, Act.ERASURE: erasure}
    return done | _rail_acts.acts(ask)


@door.get("/api/trail", may=Permission.TRAIL_READ, model=TrailTold)
def show_trail(
    ask: Asked,
    target: str | None = None,
    actor: str | None = None,
    cursor: Cursor = None,
    limit: Limit = _lists.LIMIT,
) -> Response:
    """Who did what, the newest first. `head` is the end of the chain: kept apart, it shows a cut."""
    last = _lists.after(ask, "trail", cursor)
    before = int(last) if last else None
    found = trail.read(
        ask.conn,
        before=before,
        limit=limit + 1,
        target=target[:200] if target else None,
        actor=actor[:200] if actor else None,
    )
    items = [
        {
            "seq": each.seq,
            "at": each.at.isoformat(),
            "actor": each.actor,
            "act": each.act,
            "target": each.target,
            "facts": each.facts,
            "hash": each.hash,
        }
        for each in found[:limit]
    ]
    more = _lists.cursor_of(ask, "trail", str(found[limit - 1].seq)) if len(found) > limit else None
    seq, hashed = trail.head(ask.conn)
    return _lists.page(
        ask, {"schema": "duewell.trail/1", "items": items, "head": {"seq": seq, "hash": hashed}}, more
    )
