"""Keep preferences: how a person wants to be reached, whom they trust, and what they agreed to.

Needs    a connection in autocommit; the keys; what was chosen; the instant.
Gives    Shown, show, choose, agree.
Never    changes what was chosen before: each choice is one more record, and the trail names it.
Source   docs/reference/contact.md.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from duewell.domain.contact import PURPOSES, Preferences, Purpose, TrustedPerson
from duewell.domain.errors import Conflict
from duewell.domain.party import person_ref
from duewell.gateways.keys import KeyPort, Seals
from duewell.store import contact, private, trail, vault
from duewell.store.contact import ConsentRow
from duewell.store.loans import Connection


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands: how to be reached, whom they trust, since when; each consent's last change, and all."""

    chosen: Preferences
    trusted: TrustedPerson | None
    since: datetime | None
    consents: dict[Purpose, ConsentRow | None]
    changes: tuple[ConsentRow, ...]


def show(conn: Connection, keys: KeyPort, person_id: int) -> Shown:
    """What a person chose; the defaults where they chose nothing."""
    with conn.transaction():
        chosen, sealed, since = contact.preferences_of(conn, person_id)
        trusted = None
        if sealed is not None:
            told = private.open_for(conn, Seals(keys), person_id, contact.trusted_place(person_id), sealed)
            trusted = TrustedPerson(**told) if told else None
        changes = contact.consents_of(conn, person_id)
    last: dict[Purpose, ConsentRow | None] = dict.fromkeys(PURPOSES)
    last |= {each.purpose: each for each in changes}
    return Shown(chosen, trusted, since, last, tuple(changes))


def choose(
    conn: Connection,
    keys: KeyPort,
    person_id: int,
    chosen: Preferences,
    trusted: TrustedPerson | None,
    *,
    by: str,
    at: datetime,
) -> None:
    """Keep a choice; the one that stands already is not kept twice. Refuses a person who was erased."""
    with conn.transaction():
        contact.lock(conn, person_id)
        _check(conn, person_id)
        now, sealed, _ = contact.preferences_of(conn, person_id)
        told = (
            private.open_for(conn, Seals(keys), person_id, contact.trusted_place(person_id), sealed)
            if sealed
            else None
        )
        if now == chosen and (asdict(trusted) if trusted else None) == (dict(told) if told else None):
            return
        blob = None
        if trusted is not None:
            blob = private.seal_for(
                conn, Seals(keys), person_id, contact.trusted_place(person_id), asdict(trusted)
            )
        contact.put_preferences(conn, person_id, chosen, trusted=blob, at=at, actor=by)
        trail.add(conn, at=at, actor=by, act="preferences-set", target=person_ref(person_id))


def agree(
    conn: Connection, person_id: int, purpose: Purpose, *, is_given: bool, by: str, at: datetime
) -> None:
    """Keep that a consent was given or taken back; what stands already is not kept twice."""
    with conn.transaction():
        contact.lock(conn, person_id)
        _check(conn, person_id)
        if _stands(contact.consents_of(conn, person_id), purpose) is is_given:
            return
        contact.put_consent(conn, person_id, purpose, is_given=is_given, at=at, actor=by)
        act = "consent-given" if is_given else "consent-withdrawn"
        trail.add(conn, at=at, actor=by, act=act, target=person_ref(person_id), purpose=purpose.value)


def _stands(changes: list[ConsentRow], purpose: Purpose) -> bool:
    """Whether a purpose is agreed to: silence is no agreement."""
    return next((each.is_given for each in reversed(changes) if each.purpose is purpose), False)


def _check(conn: Connection, person_id: int) -> None:
    if vault.is_erased(conn, person_id):
        raise Conflict("person-erased")
