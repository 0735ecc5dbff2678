"""Rails of a book, the accounts borrowers pay to, and what each rail said, entry by entry.

Needs    a connection; every instant as an argument.
Gives    put_rail, rail_of, rails_of, key_of; put_account, accounts_named; put_entries, told_of,
         entries_of_day, original_of.
Never    changes what a rail said, or holds a rail's secret.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from duewell.domain.errors import Conflict, NotFound
from duewell.domain.receipts import Entry, EntryKind, LoanRef, Rail, Ref, rail_from
from duewell.store.books import BookRow
from duewell.store.loans import Connection
from duewell.store.private import NOBODY, Sealer, open_for, seal_for

SETTING = "rails"


def key_of(book: BookRow, rail: str) -> str:
    """The name of a rail over all books: it leads the keys of receipts."""
    return f"{book.code}/{rail}"


def put_rail(conn: Connection, book_id: int, code: str, table: Mapping[str, Any]) -> None:
    """Keep the table of a rail's file, in place of the one before."""
    conn.execute(
        "update duewell.book set settings = settings || jsonb_build_object("
        f"'{SETTING}', coalesce(settings->'{SETTING}', '{{}}'::jsonb) || %s) where book_id = %s",
        [Jsonb({code: dict(table)}), book_id],
    )


def rails_of(book: BookRow) -> list[Rail]:
    """The rails of a book by their codes."""
    kept = book.settings.get(SETTING, {})
    return [rail_from(kept[code], is_sandbox=book.is_sandbox) for code in sorted(kept)]


def rail_of(book: BookRow, code: str) -> Rail:
    """A rail of a book. Refuses NotFound "rail-not-found"."""
    kept = book.settings.get(SETTING, {})
    if code not in kept:
        raise NotFound("rail-not-found", rail=code[:40], book=book.code, known=", ".join(sorted(kept)) or "-")
    return rail_from(kept[code], is_sandbox=book.is_sandbox)


def put_account(
    conn: Connection, rail: str, account_no: str, *, book_id: int, loan: LoanRef, at: datetime
) -> None:
    """Give a loan an account to be paid to. Refuses one that another loan has."""
    conn.execute(
        "insert into duewell.virtual_account values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        [rail, account_no, book_id, loan.person_id, loan.loan_no, at],
    )
    if accounts_named(conn, rail, [account_no])[account_no] != loan:
        raise Conflict("virtual-account-taken", account=account_no[:40])


def accounts_named(conn: Connection, rail: str, account_nos: Sequence[str]) -> dict[str, LoanRef]:
    """The loans that virtual accounts of a rail belong to."""
    rows = conn.execute(
        "select account_no, person_id, loan_no from duewell.virtual_account"
        " where rail = %s and account_no = any(%s::text[])",
        [rail, list(account_nos)],
    ).fetchall()
    return {account_no: LoanRef(person_id, loan_no) for account_no, person_id, loan_no in rows}


@dataclass(frozen=True, slots=True)
class EntryRow:
    """What a rail said of one reference. `told` is sealed: the payer and what was written."""

    rail: str
    ref: str
    kind: EntryKind
    amount: int
    currency: str
    booked_on: date
    value_on: date
    told: bytes

    @property
    def place(self) -> str:
        """Where what was told stands, for whoever opens it."""
        return entry_place(self.rail, self.ref)


def entry_place(rail: str, ref: str) -> str:
    """Where what a rail told of a reference stands."""
    return f"rail_entry/{rail}/{ref}"


_ENTRY = "rail, provider_ref, kind, amount_minor, currency, booked_on, value_on, told"


def _entry_row(row: tuple[Any, ...]) -> EntryRow:
    rail, ref, kind, amount, money, booked_on, value_on, told = row
    return EntryRow(rail, ref, EntryKind(kind), int(amount), money, booked_on, value_on, bytes(told))


def put_entries(
    conn: Connection,
    book_id: int,
    entries: Sequence[tuple[str, str, Entry]],
    *,
    sealer: Sealer,
    statement: str,
    at: datetime,
) -> dict[Ref, EntryRow]:
    """Keep what a rail said, each under its rail and reference, once; returns what is kept of each.

    One told before stays as it was told first: the caller compares.
    """
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into duewell.rail_entry values"
            " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                [
                    rail,
                    ref,
                    book_id,
                    each.kind.value,
                    each.amount,
                    each.currency,
                    each.booked_on,
                    each.value_on,
                    each.end_to_end or None,
                    each.returns_ref or None,
                    each.reason,
                    statement,
                    each.nth,
                    seal_for(conn, sealer, NOBODY, entry_place(rail, ref), _told(each)),
                    at,
                ]
                for rail, ref, each in entries
            ],
        )
    return entries_named(conn, [(rail, ref) for rail, ref, _ in entries])


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "references": list(entry.references),
        "text": entry.text,
        "virtual_account": entry.virtual_account,
        "payer": asdict(entry.payer),
    }


def told_of(conn: Connection, sealer: Sealer, row: EntryRow) -> dict[str, Any]:
    """Who paid and what was written, opened."""
    found = open_for(conn, sealer, NOBODY, row.place, row.told)
    assert found is not None, "only a person is erased"
    return found


def entries_named(conn: Connection, refs: Sequence[Ref]) -> dict[Ref, EntryRow]:
    """What rails said of references."""
    rows = conn.execute(
        f"select {_ENTRY} from duewell.rail_entry join unnest(%s::text[], %s::text[]) as k(r, p)"
        " on rail = k.r and provider_ref = k.p",
        [[rail for rail, _ in refs], [ref for _, ref in refs]],
    ).fetchall()
    return {(row[0], row[1]): _entry_row(row) for row in rows}


def read_entry(conn: Connection, rail: str, ref: str) -> EntryRow | None:
    """What a rail said of a reference."""
    row = conn.execute(
        f"select {_ENTRY} from duewell.rail_entry where rail = %s and provider_ref = %s", [rail, ref]
    ).fetchone()
    return _entry_row(row) if row else None


def entries_of_day(conn: Connection, book_id: int, day: date) -> list[EntryRow]:
    """What rails said of a day, by reference."""
    rows = conn.execute(
        f"select {_ENTRY} from duewell.rail_entry where book_id = %s and booked_on = %s order by 1, 2",
        [book_id, day],
    ).fetchall()
    return [_entry_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A file that a rail told of, by what it held that was new."""

    rail: str
    statement: str
    entries: int
    first_on: date
    last_on: date
    read_at: datetime


def statements_of(conn: Connection, book_id: int, limit: int) -> list[StatementRow]:
    """The files that brought something new to a book, the last read first."""
    rows = conn.execute(
        "select rail, statement, count(*), min(booked_on), max(booked_on), max(recorded_at)"
        " from duewell.rail_entry where book_id = %s and statement <> '' group by 1, 2"
        " order by 6 desc, 1, 2 limit %s",
        [book_id, limit],
    ).fetchall()
    return [StatementRow(rail, name, int(count), *rest) for rail, name, count, *rest in rows]


def original_of(conn: Connection, book_id: int, rail: str, entry: Entry) -> tuple[str, str] | None:
    """The credit that a return takes back: by the rail's reference, else by an end-to-end id only one has.

    None where the rail names none that we know, or several that it may mean.
    """
    if entry.returns_ref:
        found = read_entry(conn, rail, entry.returns_ref)
        if found is not None and found.kind is EntryKind.CREDIT:
            return rail, entry.returns_ref
    if not entry.end_to_end:
        return None
    rows = conn.execute(
        "select rail, provider_ref from duewell.rail_entry"
        " where end_to_end = %s and book_id = %s and kind = 'credit' limit 2",
        [entry.end_to_end, book_id],
    ).fetchall()
    return (rows[0][0], rows[0][1]) if len(rows) == 1 else None
