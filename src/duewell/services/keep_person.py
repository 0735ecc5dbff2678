"""Keep a person: what is known of somebody, sealed with a key of their own; shown masked, erased for good.

Needs    a connection; the keys; fields as typed; who asks, and when.
Gives    register, change, show, reveal, find, check_may_leave, erase, wrap_anew, erase_again.
Never    lets a value into a request key, the trail or a message; moves a balance when erasing.
Source   docs/reference/privacy.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from duewell.domain.contract import contract_of
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.party import FIELDS, loan_id, masked, person_of, person_ref, read_field
from duewell.gateways import erasure_log
from duewell.gateways.erasure_log import Erasure
from duewell.gateways.keys import KeyPort, Seals
from duewell.store import books, loans, posting, private, request_keys, trail, vault
from duewell.store.loans import Connection
from duewell.store.posting import Request

SCHEMA = "duewell.person/1"
_AT_ONCE = 500


def register(
    conn: Connection, keys: KeyPort, book_code: str, fields: Mapping[str, str], request: Request
) -> dict[str, Any]:
    """Add a person to the realm of a book; sent twice it happens once.

    Refuses   a field or value that is none; a phone, address or identity number that is somebody's already,
              named by that person's reference.
    """
    posting.check_key(request.key)
    told = {name: read_field(name, value) for name, value in fields.items()}
    if not any(FIELDS[name].is_name for name in told):
        raise InvalidInput("person-without-name", known=", ".join(n for n, f in FIELDS.items() if f.is_name))
    book = books.read_book(conn, book_code)
    realm = book.book_id if book.is_sandbox else 0
    # A plain hash of a phone number could be tried out; one by the index key cannot.
    body_hash = keys.blind("person", book_code, json.dumps(told, sort_keys=True))
    kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
    if kept is not None:
        return kept
    person_id = person_of(book_code, request.client_id, request.key)
    result = {"schema": SCHEMA, "person": person_ref(person_id)}
    with conn.transaction():
        loans.add_person(conn, person_id, realm)
        _put(conn, keys, realm, person_id, told)
        vault.add_login(conn, person_id, request.at)
        request_keys.keep(
            conn,
            client_id=request.client_id,
            key=request.key,
            body_hash=body_hash,
            target=f"person/{person_id}",
            result=result,
            recorded_at=request.at,
        )
        trail.add(
            conn,
            at=request.at,
            actor=request.actor,
            act="person-added",
            target=person_ref(person_id),
            fields=sorted(told),
        )
    return result


def change(
    conn: Connection, keys: KeyPort, person_id: int, fields: Mapping[str, str], *, by: str, at: datetime
) -> None:
    """Change fields of a person. Refuses one that was erased."""
    told = {name: read_field(name, value) for name, value in fields.items()}
    with conn.transaction():
        realm = vault.realm_of(conn, person_id)
        if vault.is_erased(conn, person_id):
            raise Conflict("person-erased")
        _put(conn, keys, realm, person_id, told)
        trail.add(
            conn, at=at, actor=by, act="person-changed", target=person_ref(person_id), fields=sorted(told)
        )


def _put(conn: Connection, keys: KeyPort, realm: int, person_id: int, told: Mapping[str, str]) -> None:
    private.put_fields(conn, Seals(keys), person_id, told)
    for name, value in told.items():
        if FIELDS[name].is_name:
            vault.drop_names(conn, person_id, name)
            vault.claim_name(conn, realm, name, keys.blind(name, value), person_id)


def show(conn: Connection, keys: KeyPort, person_id: int) -> dict[str, Any]:
    """A person as somebody sees them who has no need to see them whole."""
    found = {
        name: masked(name, value) for name, value in private.fields_of(conn, Seals(keys), person_id).items()
    }
    return _document(conn, person_id, found, is_masked=True)


def reveal(
    conn: Connection, keys: KeyPort, person_id: int, *, by: str, reason: str, at: datetime
) -> dict[str, Any]:
    """A person in the clear: for a reason, which the trail keeps."""
    if not reason.strip() or len(reason) > 200:
        raise InvalidInput("reason-missing")
    found = private.fields_of(conn, Seals(keys), person_id)
    with conn.transaction():
        trail.add(
            conn, at=at, actor=by, act="person-revealed", target=person_ref(person_id), fields=sorted(found)
        )
    return _document(conn, person_id, found, is_masked=False)


def own(conn: Connection, keys: KeyPort, person_id: int) -> dict[str, Any]:
    """What is kept of somebody, for that person."""
    return _document(conn, person_id, private.fields_of(conn, Seals(keys), person_id), is_masked=False)


def _document(
    conn: Connection, person_id: int, fields: Mapping[str, str], *, is_masked: bool
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "person": person_ref(person_id),
        "is_masked": is_masked,
        "is_erased": vault.is_erased(conn, person_id),
        "fields": {name: fields[name] for name in FIELDS if name in fields},
    }


def find(conn: Connection, keys: KeyPort, book_code: str, field: str, given: str) -> int | None:
    """The person of a phone, an address or an identity number in the realm of a book."""
    value = read_field(field, given)
    if not FIELDS[field].is_name:
        raise InvalidInput("person-field-unknown", given=field, known=", ".join(_names()))
    book = books.read_book(conn, book_code)
    return vault.find_person(conn, book.book_id if book.is_sandbox else 0, field, keys.blind(field, value))


def _names() -> list[str]:
    return [name for name, field in FIELDS.items() if field.is_name]


def check_may_leave(conn: Connection, person_id: int) -> None:
    """Whether somebody may close their account: nothing is owed on either side.

    Refuses   Conflict "account-owes" or "account-has-credit", naming the loan or line.
    """
    keys = [key for key, *_ in loans.loans_of_person(conn, person_id)]
    facts = loans.read_many(conn, keys)
    for key in keys:
        row = loans.read_loan(conn, key)
        contract = contract_of(row.terms)
        state = contract.fold(facts[key][1], as_of=max(row.book_open_on, row.terms.start))
        name = loan_id(key.person_id, key.loan_no)
        if contract.ageing(state, row.buckets).outstanding or state.principal_out:
            raise Conflict("account-owes", loan=name)
        if state.overpaid:
            raise Conflict("account-has-credit", loan=name)


def erase(
    conn: Connection, person_id: int, *, by: str, reason: str, at: datetime, log: Path
) -> dict[str, Any]:
    """Destroy what is known of a person; loans and ledger stay under the number. Twice is once.

    Refuses   whom anything is owed by or to: nobody could reach them any more.
    Noted in the `log` first: what is noted and not done is done by the next restore, never the other way.
    """
    vault.realm_of(conn, person_id)
    check_may_leave(conn, person_id)
    erasure_log.note(log, Erasure(person_id, by, at))
    with conn.transaction():
        if vault.erase(conn, person_id, by=by, reason=reason, at=at):
            trail.add(conn, at=at, actor=by, act="person-erased", target=person_ref(person_id))
    return {"schema": "duewell.erasure/1", "person": person_ref(person_id), "is_erased": True}


def erase_again(conn: Connection, log: Path) -> int:
    """After a restore: erase again whom the log names and the backup still knew. Returns how many."""
    count = 0
    for each in erasure_log.read(log):
        with conn.transaction():
            if vault.is_there(conn, each.person_id) and vault.erase(
                conn, each.person_id, by=each.by, reason="erased before the restore", at=each.at
            ):
                count += 1
                target = person_ref(each.person_id)
                trail.add(conn, at=each.at, actor=each.by, act="person-erased", target=target)
    return count


def wrap_anew(conn: Connection, keys: KeyPort) -> int:
    """After a new master key: wrap every person's key by it; the values themselves stay as they are."""
    count = 0
    while found := vault.wrapped_otherwise(conn, keys.current, _AT_ONCE):
        with conn.transaction():
            for person_id, blob in found:
                place = private.key_place(person_id)
                vault.put_key(conn, person_id, keys.wrap(keys.unwrap(blob, place), place))
        count += len(found)
    return count
