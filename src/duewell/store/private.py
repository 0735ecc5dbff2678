"""Sealing: what rails tell of somebody, kept so that only the right key opens it.

Needs    a connection inside a transaction; a Sealer, which holds the master key or reaches who does.
Gives    Sealer; data_key, a person's own; fields_of, put_fields; seal_for, open_for.
Never    makes a key for a person who was erased, or keeps anything in the clear.
Source   docs/reference/privacy.md: what is a person's goes with the person's key, and is gone when that is
         destroyed; what is nobody's yet (a payer on a statement) is sealed by the master key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from duewell.domain.errors import Conflict
from duewell.store import vault
from duewell.store.loans import Connection

NOBODY = 0
"""The person of what is nobody's yet."""


class Sealer(Protocol):
    """What seals. `place` says where a value stands: moved elsewhere it does not open."""

    def wrap(self, plain: bytes, place: str) -> bytes:
        """Seal by the master key."""

    def unwrap(self, blob: bytes, place: str) -> bytes:
        """Open what the master key sealed."""

    def new_key(self) -> bytes:
        """A fresh key for one person."""

    def seal(self, key: bytes, plain: bytes, place: str) -> bytes:
        """Seal by a person's key."""

    def unseal(self, key: bytes, blob: bytes, place: str) -> bytes:
        """Open what a person's key sealed."""


def key_place(person_id: int) -> str:
    """Where a person's wrapped key stands."""
    return f"person_key/{person_id}"


def data_key(conn: Connection, sealer: Sealer, person_id: int) -> bytes:
    """A person's own key, made at the first use. Refuses Conflict "person-erased".

    The person's row is held against an erasure: no key is made behind it.
    """
    vault.hold_person(conn, person_id)
    wrapped = vault.wrapped_key(conn, person_id)
    if wrapped is None:
        if vault.is_erased(conn, person_id):
            raise Conflict("person-erased")
        wrapped = vault.add_key(conn, person_id, sealer.wrap(sealer.new_key(), key_place(person_id)))
    return sealer.unwrap(wrapped, key_place(person_id))


def _field_place(person_id: int, name: str) -> str:
    return f"person_private/{person_id}/{name}"


def fields_of(conn: Connection, sealer: Sealer, person_id: int) -> dict[str, str]:
    """What is known of a person, opened; nothing once they were erased. Refuses a person there is not."""
    vault.realm_of(conn, person_id)
    wrapped = vault.wrapped_key(conn, person_id)
    if wrapped is None:
        return {}
    key = sealer.unwrap(wrapped, key_place(person_id))
    return {
        name: sealer.unseal(key, blob, _field_place(person_id, name)).decode()
        for name, blob in vault.read_fields(conn, person_id).items()
    }


def put_fields(conn: Connection, sealer: Sealer, person_id: int, told: Mapping[str, str]) -> None:
    """Keep fields of a person, each sealed for its place."""
    key = data_key(conn, sealer, person_id)
    sealed = {
        name: sealer.seal(key, value.encode(), _field_place(person_id, name)) for name, value in told.items()
    }
    vault.put_fields(conn, person_id, sealed)


def seal_for(conn: Connection, sealer: Sealer, person_id: int, place: str, told: Mapping[str, Any]) -> bytes:
    """A document sealed with the person's key; with the master key where it is NOBODY's."""
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    if person_id == NOBODY:
        return sealer.wrap(plain, place)
    return sealer.seal(data_key(conn, sealer, person_id), plain, place)


def open_for(
    conn: Connection, sealer: Sealer, person_id: int, place: str, blob: bytes
) -> dict[str, Any] | None:
    """The document again; None once the person was erased."""
    if person_id == NOBODY:
        plain = sealer.unwrap(blob, place)
    else:
        wrapped = vault.wrapped_key(conn, person_id)
        if wrapped is None:
            return None
        plain = sealer.unseal(sealer.unwrap(wrapped, key_place(person_id)), blob, place)
    found: dict[str, Any] = json.loads(plain)
    return found
