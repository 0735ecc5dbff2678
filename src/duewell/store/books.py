"""Books and their products: opened once, read by code, locked for the cut-off.

Needs    a connection; every date and instant as an argument.
Gives    BookRow with its Closing, open_book, add_product, read_book, share_day, hold_day, move_open_on.
Never    asks which day it is: a book's open date says so.
Source   docs/decisions/0004-closing-a-day.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg.types.json import Jsonb

from duewell.domain.agenda import Buckets
from duewell.domain.calendar import cut_off_at
from duewell.domain.errors import Conflict, InvalidInput, NotFound
from duewell.domain.provisioning import provision_rates
from duewell.store.loans import Connection, buckets_in

_DAY_LOCK = 0x64617900  # "day": one advisory lock class of our own
_CODE = re.compile(r"[a-z][a-z0-9-]{0,30}")
_COLUMNS = "book_id, code, name, currency, zone, calendar, opened_on, open_on, is_sandbox, settings, cutoff"


ALARM_MINUTES = 60
"""How long after its cut-off an open day is late where the book does not say."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The files a day waits for, by name or pattern in one folder, and the minutes after which it is late."""

    folder: str
    names: tuple[str, ...]
    alarm_minutes: int


@dataclass(frozen=True, slots=True)
class BookRow:
    """One lender's ledger: its currency, zone, holiday calendar, and the day that is open."""

    book_id: int
    code: str
    name: str
    currency: str
    zone: str
    calendar: str
    opened_on: date
    open_on: date
    is_sandbox: bool
    settings: dict[str, Any]
    cutoff: time

    @property
    def clock(self) -> ZoneInfo:
        """The zone whose clocks the cut-off is read on."""
        return zone_named(self.zone)

    def cut_off_at(self, day: date) -> datetime:
        """The instant from which on a day of the book can be closed by its cut-off."""
        return cut_off_at(day, self.cutoff, self.clock)

    @property
    def closing(self) -> Closing:
        """What closing by the cut-off waits for, and when it is late."""
        kept = self.settings.get("closing", {})
        return Closing(
            kept.get("folder", ""), tuple(kept.get("names", ())), kept.get("alarm_minutes", ALARM_MINUTES)
        )

    @property
    def four_eyes(self) -> bool:
        """Whether acts that need a second person wait for one here: always, but in a sandbox that says no."""
        return not self.is_sandbox or bool(self.settings.get("four_eyes", True))

    @property
    def buckets(self) -> Buckets:
        """The book's delinquency buckets."""
        return buckets_in(self.settings)

    @property
    def provision_rates(self) -> dict[str, Fraction] | None:
        """What the book sets aside of the principal, by bucket; None where it sets nothing aside."""
        given = self.settings.get("provision_pct")
        return provision_rates(given, self.buckets) if given else None


def open_book(
    conn: Connection,
    *,
    code: str,
    name: str,
    legal_entity: str,
    jurisdiction: str,
    currency: str,
    zone: str,
    calendar: str,
    cutoff: str,
    open_on: date,
    is_sandbox: bool,
    settings: dict[str, Any],
) -> BookRow:
    """Open a book on its first business date. The same code twice is a Conflict.

    Refuses   a code that is not lower-case letters, digits and hyphens, a letter first, at most 31.
    """
    if not _CODE.fullmatch(code):
        raise InvalidInput("book-code-unreadable", given=code[:40])
    added = conn.execute(
        "insert into duewell.book (book_id, code, name, legal_entity, jurisdiction, currency, zone, calendar,"
        " cutoff, opened_on, open_on, is_sandbox, settings)"
        " select coalesce(max(book_id), 0) + 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s"
        " from duewell.book on conflict (code) do nothing",
        [
            code,
            name,
            legal_entity,
            jurisdiction,
            currency,
            zone,
            calendar,
            cutoff,
            open_on,
            open_on,
            is_sandbox,
            Jsonb(settings),
        ],
    )
    if added.rowcount != 1:
        raise Conflict("book-already-open", book=code)
    return read_book(conn, code)


def read_book(conn: Connection, code: str) -> BookRow:
    """A book by its code."""
    row = conn.execute(f"select {_COLUMNS} from duewell.book where code = %s", [code]).fetchone()
    if row is None:
        known = [name for (name,) in conn.execute("select code from duewell.book order by code").fetchall()]
        if not known:
            raise NotFound("book-none", book=code[:40])
        raise NotFound("book-not-found", book=code[:40], known=", ".join(known))
    return BookRow(*row)


def read_sandbox(conn: Connection, code: str) -> BookRow:
    """A book whose clock may be moved. Refuses a live one."""
    book = read_book(conn, code)
    if not book.is_sandbox:
        raise Conflict("clock-is-live", book=code)
    return book


def zone_named(name: str) -> ZoneInfo:
    """The zone of a name such as Asia/Shanghai. Refuses one that the tables of zones do not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("zone-unknown", given=name[:60], example="Asia/Shanghai") from None


def realm_of_person(conn: Connection, person_id: int) -> tuple[str, bool]:
    """The sandbox book a person belongs to and True, or, of all live books, an empty code and False."""
    row = conn.execute(
        "select coalesce(b.code, ''), p.realm <> 0 from duewell.person p"
        " left join duewell.book b on b.book_id = p.realm where p.person_id = %s",
        [person_id],
    ).fetchone()
    if row is None:
        raise NotFound("person-not-found", person_id=str(person_id))
    return row[0], row[1]


def all_books(conn: Connection) -> list[BookRow]:
    """Every book, by code."""
    return [BookRow(*row) for row in conn.execute(f"select {_COLUMNS} from duewell.book order by code")]


def live_codes(conn: Connection) -> list[str]:
    """The codes of the books that are no sandbox: those whose days the clock closes."""
    rows = conn.execute("select code from duewell.book where not is_sandbox order by code").fetchall()
    return [code for (code,) in rows]


def book_codes(conn: Connection) -> list[str]:
    """The codes of all books."""
    return [code for (code,) in conn.execute("select code from duewell.book order by code").fetchall()]


def add_product(
    conn: Connection, book: BookRow, code: str, *, version: int, valid_from: date, terms: dict[str, Any]
) -> int:
    """Define a product version if it is not there; returns its number. Another content is a Conflict."""
    conn.execute(
        "insert into duewell.product (book_id, product_code, version, valid_from, terms)"
        " values (%s, %s, %s, %s, %s) on conflict (book_id, product_code, version) do nothing",
        [book.book_id, code, version, valid_from, Jsonb(terms)],
    )
    row = conn.execute(
        "select product_no, terms from duewell.product"
        " where book_id = %s and product_code = %s and version = %s",
        [book.book_id, code, version],
    ).fetchone()
    assert row is not None
    if row[1] != terms:
        raise Conflict("product-version-differs", product=code, version=version)
    return int(row[0])


def product_names(conn: Connection, book_id: int) -> dict[int, str]:
    """Product numbers of a book with their codes."""
    rows = conn.execute("select product_no, product_code from duewell.product where book_id = %s", [book_id])
    return dict(rows.fetchall())


def share_day(conn: Connection, book_id: int) -> None:
    """Hold the open date in place until this transaction ends; many may hold it at once."""
    conn.execute("select pg_advisory_xact_lock_shared(%s, %s)", [_DAY_LOCK, book_id])


def hold_day(conn: Connection, book_id: int) -> None:
    """Wait for running postings and hold the open date alone."""
    conn.execute("select pg_advisory_xact_lock(%s, %s)", [_DAY_LOCK, book_id])


def set_caps(conn: Connection, book_id: int, caps: str | list[dict[str, Any]]) -> None:
    """Name the caps a book keeps: a pack, or lines of its own."""
    conn.execute(
        "update duewell.book set settings = settings || %s where book_id = %s",
        [Jsonb({"caps": caps}), book_id],
    )


def set_closing(conn: Connection, book_id: int, closing: Closing, *, cutoff: time, zone: str) -> None:
    """Say when a book's days are closed, what they wait for, and when they are late."""
    kept = {"folder": closing.folder, "names": list(closing.names), "alarm_minutes": closing.alarm_minutes}
    conn.execute(
        "update duewell.book set settings = settings || %s, cutoff = %s, zone = %s where book_id = %s",
        [Jsonb({"closing": kept}), cutoff, zone, book_id],
    )


def move_open_on(conn: Connection, book_id: int, to: date) -> None:
    """Move the open date, under `hold_day`."""
    conn.execute("update duewell.book set open_on = %s where book_id = %s", [to, book_id])


def facts_mark(conn: Connection, book_id: int) -> tuple[int, int]:
    """How many loans a book holds, and facts of them: as long as it is the same, no fact has come."""
    row = conn.execute(
        "select count(*), coalesce(sum(s.next_seq), 0) from duewell.loan_state s"
        " join duewell.loan l using (person_id, loan_no) where l.book_id = %s",
        [book_id],
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
