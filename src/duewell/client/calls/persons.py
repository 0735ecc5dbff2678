"""Calls of the API: persons.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def add_person(
    book: str,
    *,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    id_number: str | None = None,
    born_on: str | None = None,
    address: str | None = None,
    lang: Literal["zh", "en"] | None = None,
    key: str | None = None,
) -> Call[shapes.PersonRef]:
    """Add a person to the realm of a book."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/persons",
        body={
            "name": name,
            "phone": phone,
            "email": email,
            "id_number": id_number,
            "born_on": born_on,
            "address": address,
            "lang": lang,
        },
        key=key,
        is_keyed=True,
    )


def find_person(
    book: str, *, field: Literal["phone", "email", "id_number"], value: str
) -> Call[shapes.PersonRef]:
    """Find a person by a phone, an address or an identity number. Nothing typed here is kept."""
    return Call("POST", f"/api/books/{_at(book)}/persons/find", body={"field": field, "value": value})


def show_person(person: str) -> Call[shapes.PersonTold]:
    """A person, masked."""
    return Call("GET", f"/api/persons/{_at(person)}")


def change_person(
    person: str,
    *,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    id_number: str | None = None,
    born_on: str | None = None,
    address: str | None = None,
    lang: Literal["zh", "en"] | None = None,
) -> Call[shapes.Done]:
    """Change what is known of a person; fields left out stay."""
    return Call(
        "PUT",
        f"/api/persons/{_at(person)}",
        body={
            "name": name,
            "phone": phone,
            "email": email,
            "id_number": id_number,
            "born_on": born_on,
            "address": address,
            "lang": lang,
        },
    )


def reveal_person(person: str, *, reason: str) -> Call[shapes.PersonTold]:
    """A person in the clear, for a reason that the trail keeps."""
    return Call("POST", f"/api/persons/{_at(person)}/reveal", body={"reason": reason})


def erase_person(person: str, *, reason: str, key: str | None = None) -> Call[shapes.RequestTold]:
    """Ask for a person's data to be destroyed; a second person decides. Loans and ledger stay."""
    return Call("POST", f"/api/persons/{_at(person)}/erase", body={"reason": reason}, key=key, is_keyed=True)


def loans_of_person(person: str) -> Call[shapes.LoansTold]:
    """The loans and lines of a person."""
    return Call("GET", f"/api/persons/{_at(person)}/loans")
