"""Routes of persons: added, found, shown masked, revealed for a reason, erased."""

from __future__ import annotations

from fastapi import Response

from duewell.api._door import Asked, Door, answer
from duewell.api._models import (
    Done,
    FindGiven,
    LoansTold,
    PersonGiven,
    PersonRef,
    PersonTold,
    Reason,
    RequestTold,
)
from duewell.domain.access import Act, Permission
from duewell.domain.errors import NotFound
from duewell.domain.party import loan_id, person_ref
from duewell.services import keep_person
from duewell.services.decide_request import ask as ask_second
from duewell.store import books, loans

door = Door(tags=["persons"])


@door.post(
    "/api/books/{book}/persons", may=Permission.PERSON_WRITE, status=201, model=PersonRef, is_keyed=True
)
def add_person(ask: Asked, book: str, given: PersonGiven) -> Response:
    """Add a person to the realm of a book."""
    row = ask.book(book)
    made = keep_person.register(ask.conn, ask.state.keys, row.code, given.told(), ask.keyed())
    return answer(made, 201)


@door.post("/api/books/{book}/persons/find", may=Permission.PERSON_READ, model=PersonRef)
def find_person(ask: Asked, book: str, given: FindGiven) -> Response:
    """Find a person by a phone, an address or an identity number. Nothing typed here is kept."""
    row = ask.book(book)
    found = keep_person.find(ask.conn, ask.state.keys, row.code, given.field, given.value)
    if found is None:
        raise NotFound("person-not-found")
    return answer({"schema": keep_person.SCHEMA, "person": person_ref(found)})


@door.get("/api/persons/{person}", may=Permission.PERSON_READ, model=PersonTold)
def show_person(ask: Asked, person: str) -> Response:
    """A person, masked."""
    return answer(keep_person.show(ask.conn, ask.state.keys, ask.person(person)))


@door.put("/api/persons/{person}", may=Permission.PERSON_WRITE, model=Done)
def change_person(ask: Asked, person: str, given: PersonGiven) -> Response:
    """Change what is known of a person; fields left out stay."""
    who = ask.person(person)
    keep_person.change(ask.conn, ask.state.keys, who, given.told(), by=ask.identity.actor, at=ask.at)
    return answer({"schema": "duewell.done/1", "done": True})


@door.post("/api/persons/{person}/reveal", may=Permission.PERSON_REVEAL, model=PersonTold)
def reveal_person(ask: Asked, person: str, given: Reason) -> Response:
    """A person in the clear, for a reason that the trail keeps."""
    who = ask.person(person)
    told = keep_person.reveal(
        ask.conn, ask.state.keys, who, by=ask.identity.actor, reason=given.reason, at=ask.at
    )
    return answer(told, headers={"Cache-Control": "no-store"})


@door.post(
    "/api/persons/{person}/erase", may=Permission.PERSON_ERASE, status=202, model=RequestTold, is_keyed=True
)
def erase_person(ask: Asked, person: str, given: Reason) -> Response:
    """Ask for a person's data to be destroyed; a second person decides. Loans and ledger stay."""
    who = ask.person(person)
    keep_person.check_may_leave(ask.conn, who)
    told = ask_second(
        ask.conn,
        Act.ERASURE,
        book=None,
        target=person_ref(who),
        payload={"person": person_ref(who), "reason": given.reason},
        loan=None,
        request=ask.keyed(),
    )
    return answer(told, 202)


@door.get("/api/persons/{person}/loans", may=Permission.LOAN_READ, model=LoansTold)
def loans_of_person(ask: Asked, person: str) -> Response:
    """The loans and lines of a person."""
    who = ask.person(person)
    sees = {
        row.code
        for row in books.all_books(ask.conn)
        if ask.identity.sees(row.code, is_sandbox=row.is_sandbox)
    }
    items = [
        {
            "loan_id": loan_id(key.person_id, key.loan_no),
            "book": code,
            "product": product,
            "currency": money,
            "opened_on": opened_on.isoformat(),
        }
        for key, code, money, product, opened_on in loans.loans_of_person(ask.conn, who)
        if code in sees
    ]
    return answer({"schema": "duewell.loans/1", "items": items, "next": None})
