"""Upgrade: the schema brought to the product's version, agendas written anew where needed, books verified.

Needs    a connection as the login itself and its URL; the verbs that rebuild a book's agendas and verify it.
Gives    Upgrade: from where to where, which steps, what was rebuilt, what verify found.
Never    does half: the steps are one transaction, and asking again goes on with what is left.
Source   docs/runbook.md, upgrade.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from duewell.domain.errors import Fault
from duewell.store import books, days, loans, migrate
from duewell.store.loans import Connection

_STANDING = "0007"
"""The step from which on agendas say what loans stand for."""


@dataclass(slots=True)
class Upgrade:
    """What an upgrade did, or would do. `stale` are agendas to be written anew, by book."""

    found: str | None
    to: str
    steps: list[str]
    stale: dict[str, int] = field(default_factory=dict)
    rebuilt: dict[str, int] = field(default_factory=dict)
    findings: dict[str, Sequence[tuple[str, dict[str, Any]]]] = field(default_factory=dict)


def upgrade_schema(
    conn: Connection,
    url: str,
    *,
    rebuild: Callable[[Connection, str], int],
    check: Callable[[Connection, str], Sequence[tuple[str, dict[str, Any]]]],
    is_dry_run: bool = False,
) -> Upgrade:
    """Do the steps that are missing, or only say them; then rebuild the books that need it, and verify all.

    Refuses   Faults "schema-locked" and "schema-newer"; Conflict "day-being-closed" where a book with
              agendas to rebuild has one: close it, and ask again.
    """
    found = migrate.version(conn)
    if found is not None and found > migrate.head():
        raise Fault("schema-newer", found=found, known=migrate.head())
    done = Upgrade(found, migrate.head(), migrate.steps_after(found))
    if is_dry_run:
        if found is not None:
            done.stale = _stale(conn, has_standing=found >= _STANDING)
        return done
    if done.steps:
        migrate.upgrade(url)
    conn.execute("set role duewell_app")
    done.stale = _stale(conn, has_standing=True)
    for code in done.stale:
        done.rebuilt[code] = rebuild(conn, code)
    for code in books.book_codes(conn):
        done.findings[code] = check(conn, code)
    return done


def _stale(conn: Connection, *, has_standing: bool) -> dict[str, int]:
    """The books with agendas to be written anew, and how many; before the step that asks for it, all."""
    found = {}
    for code in books.book_codes(conn):
        book = books.read_book(conn, code)
        count = (
            days.stale_agendas(conn, book.book_id)
            if has_standing
            else len(loans.keys_of_book(conn, book.book_id))
        )
        if count:
            found[code] = count
    return found
