"""The vault: what is known of a person, sealed field by field, and the names a person is found by.

Needs    a connection; values sealed and names hashed by the caller.
Gives    put_fields, read_fields, the wrapped keys, names, logins, erasure.
Never    sees a value in the clear.
Source   docs/reference/privacy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from duewell.domain.errors import Conflict, NotFound
from duewell.store.loans import Connection


def put_key(conn: Connection, person_id: int, wrapped: bytes) -> None:
    """Keep a person's wrapped key; a key wrapped anew takes the place of the one before."""
    conn.execute(
        "insert into duewell.person_key values (%s, %s)"
        " on conflict (person_id) do update set wrapped_key = excluded.wrapped_key",
        [person_id, wrapped],
    )


def wrapped_key(conn: Connection, person_id: int) -> bytes | None:
    """A person's wrapped key; None once the person was erased, or nothing was ever kept."""
    row = conn.execute(
        "select wrapped_key from duewell.person_key where person_id = %s", [person_id]
    ).fetchone()
    return bytes(row[0]) if row is not None else None


def add_key(conn: Connection, person_id: int, wrapped: bytes) -> bytes:
    """Keep a person's first wrapped key; of two who make one at once the first one's holds for both."""
    conn.execute(
        "insert into duewell.person_key values (%s, %s) on conflict do nothing", [person_id, wrapped]
    )
    kept = wrapped_key(conn, person_id)
    assert kept is not None, "the person is held"
    return kept


def hold_person(conn: Connection, person_id: int) -> None:
    """Keep a person from being erased until the transaction ends; others may hold the person as well."""
    conn.execute("select 1 from duewell.person where person_id = %s for share", [person_id])


def wrapped_otherwise(conn: Connection, current: str, limit: int) -> list[tuple[int, bytes]]:
    """Persons whose key is wrapped by another master key than the current one."""
    rows = conn.execute(
        "select person_id, wrapped_key from duewell.person_key"
        " where substring(wrapped_key from 1 for 4) <> %s order by person_id limit %s",
        [current.encode(), limit],
    ).fetchall()
    return [(person_id, bytes(blob)) for person_id, blob in rows]


def put_fields(conn: Connection, person_id: int, sealed: Mapping[str, bytes]) -> None:
    """Keep fields of a person, in place of what was kept of them."""
    for field, blob in sealed.items():
        conn.execute(
            "insert into duewell.person_private values (%s, %s, %s)"
            " on conflict (person_id, field) do update set ciphertext = excluded.ciphertext",
            [person_id, field, blob],
        )


def read_fields(conn: Connection, person_id: int) -> dict[str, bytes]:
    """All sealed fields of a person."""
    rows = conn.execute(
        "select field, ciphertext from duewell.person_private where person_id = %s order by field",
        [person_id],
    ).fetchall()
    return {field: bytes(blob) for field, blob in rows}


def realm_of(conn: Connection, person_id: int) -> int:
    """The realm a person belongs to: 0 is live, else the number of a sandbox book."""
    row = conn.execute("select realm from duewell.person where person_id = %s", [person_id]).fetchone()
    if row is None:
        raise NotFound("person-not-found", person_id=str(person_id))
    return int(row[0])


def is_there(conn: Connection, person_id: int) -> bool:
    """Whether there is such a person."""
    row = conn.execute("select 1 from duewell.person where person_id = %s", [person_id]).fetchone()
    return row is not None


def claim_name(conn: Connection, realm: int, field: str, blind: bytes, person_id: int) -> None:
    """Let a person be found by a phone, an address or an identity number. Another person's is a Conflict."""
    row = conn.execute(
        "insert into duewell.person_name values (%s, %s, %s, %s)"
        " on conflict (realm, field, blind) do nothing returning person_id",
        [realm, field, blind, person_id],
    ).fetchone()
    if row is None and find_person(conn, realm, field, blind) != person_id:
        raise Conflict("person-known-already", field=field)


def drop_names(conn: Connection, person_id: int, field: str | None = None) -> None:
    """No longer find a person by a field, or by any."""
    conn.execute(
        "delete from duewell.person_name where person_id = %s and (%s::text is null or field = %s)",
        [person_id, field, field],
    )


def find_person(conn: Connection, realm: int, field: str, blind: bytes) -> int | None:
    """The person of a phone, an address or an identity number."""
    row = conn.execute(
        "select person_id from duewell.person_name where realm = %s and field = %s and blind = %s",
        [realm, field, blind],
    ).fetchone()
    return int(row[0]) if row is not None else None


# -- sign-in of borrowers --------------------------------------------------------------------------


def add_login(conn: Connection, person_id: int, at: datetime) -> None:
    """Let a person sign in; once is enough."""
    conn.execute(
        "insert into duewell.borrower_login (person_id, created_at) values (%s, %s) on conflict do nothing",
        [person_id, at],
    )


def persons_with_login(conn: Connection, limit: int) -> list[int]:
    """Persons of whom something is known and who can sign in, those who were let in first."""
    rows = conn.execute(
        "select l.person_id from duewell.borrower_login l join duewell.person_key k using (person_id)"
        " order by l.created_at, l.person_id limit %s",
        [limit],
    ).fetchall()
    return [row[0] for row in rows]


def login_password(conn: Connection, person_id: int) -> str | None:
    """The hash of a borrower's optional password."""
    row = conn.execute(
        "select password_hash from duewell.borrower_login where person_id = %s", [person_id]
    ).fetchone()
    return row[0] if row is not None else None


def set_login_password(conn: Connection, person_id: int, password_hash: str | None) -> None:
    """Keep the hash of a borrower's password, or none."""
    conn.execute(
        "update duewell.borrower_login set password_hash = %s where person_id = %s",
        [password_hash, person_id],
    )


def put_code(
    conn: Connection,
    *,
    challenge: bytes,
    person_id: int | None,
    code_hash: bytes,
    at: datetime,
    expires_at: datetime,
) -> None:
    """Keep a one-time code by its hash; one that was sent to nobody is kept all the same."""
    conn.execute(
        "insert into duewell.one_time_code (challenge, person_id, code_hash, sent_at, expires_at)"
        " values (%s, %s, %s, %s, %s)",
        [challenge, person_id, code_hash, at, expires_at],
    )
    conn.execute(
        "delete from duewell.one_time_code where expires_at < %s::timestamptz - interval '1 day'", [at]
    )


def use_code(
    conn: Connection, challenge: bytes, code_hash: bytes, *, tries_max: int, at: datetime
) -> int | None:
    """Use a code up; the person it was sent to, None if it is wrong, old, used, or tried too often.

    Counted and compared in one statement: of two who try the right code at once one gets in.
    """
    row = conn.execute(
        "update duewell.one_time_code set tries = tries + 1,"
        " used_at = case when code_hash = %s then %s::timestamptz end"
        " where challenge = %s and used_at is null and expires_at > %s and tries < %s"
        " returning case when used_at is not null then person_id end",
        [code_hash, at, challenge, at, tries_max],
    ).fetchone()
    return int(row[0]) if row is not None and row[0] is not None else None


# -- erasure ---------------------------------------------------------------------------------------


def erase(conn: Connection, person_id: int, *, by: str, reason: str, at: datetime) -> bool:
    """Destroy a person's key, names and sign-in; loans and ledger stay. False if done before."""
    conn.execute("select 1 from duewell.person where person_id = %s for update", [person_id])
    added = conn.execute(
        "insert into duewell.erasure values (%s, %s, %s, %s) on conflict do nothing",
        [person_id, by, reason, at],
    )
    conn.execute("delete from duewell.person_key where person_id = %s", [person_id])
    conn.execute("delete from duewell.person_private where person_id = %s", [person_id])
    conn.execute("delete from duewell.borrower_login where person_id = %s", [person_id])
    conn.execute("delete from duewell.session where person_id = %s", [person_id])
    conn.execute("delete from duewell.one_time_code where person_id = %s", [person_id])
    drop_names(conn, person_id)
    return added.rowcount == 1


def is_erased(conn: Connection, person_id: int) -> bool:
    """Whether a person's data was destroyed."""
    return (
        conn.execute("select 1 from duewell.erasure where person_id = %s", [person_id]).fetchone() is not None
    )
