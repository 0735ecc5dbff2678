"""Seals: a closed day's hash over the one before and everything recorded on it, so that a change shows.

Needs    a connection; the book, the day; facts of a day past its cut-off, which no posting adds to.
Gives    content_of, seal, last, holds, findings.
Never    reads more than the day's own rows to seal it; changes a seal.
Source   docs/decisions/0013-sealed-days.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

from duewell.store.loans import Connection

START = bytes(32)
"""What the first seal of a book is chained to."""
# Each row is hashed before the rows are sorted: 32 bytes of it are carried, not its terms. The hashes of a
# day come in ranges of persons, in the order of all: joined they are longer than one value may be.
_FACTS = """
select day, part, count(*), string_agg(hash, ''::bytea order by person_id, loan_no, seq) from (
  select f.recorded_on as day, f.person_id >> 57 as part, f.person_id, f.loan_no, f.seq,
    sha256(convert_to(jsonb_build_array(
      f.person_id, f.loan_no, f.seq, f.kind, f.schema_version, f.effective_on, f.recorded_on,
      extract(epoch from f.recorded_at), f.source, f.source_ref, f.actor, f.payload, f.reverses_seq,
      case when f.seq = 1 then jsonb_build_array(l.terms, l.product_code, l.product_version, l.external_ref,
        l.currency, l.opened_on) end)::text, 'UTF8')) as hash
  from duewell.loan_fact f join duewell.loan l using (person_id, loan_no)
  where l.book_id = %(book)s and f.recorded_on between %(first)s and %(last)s offset 0) as rows
group by day, part order by day, part
"""
_JOURNALS = """
select day, part, count(*), string_agg(hash, ''::bytea order by person_id, loan_no, seq, nth) from (
  select j.posted_on as day, j.person_id >> 57 as part, j.person_id, j.loan_no, j.seq, j.part as nth,
    sha256(convert_to(jsonb_build_array(
      j.person_id, j.loan_no, j.seq, j.part, j.posted_on, j.accounts, j.amounts)::text, 'UTF8')) as hash
  from duewell.journal j join duewell.loan l using (person_id, loan_no)
  where l.book_id = %(book)s and j.posted_on between %(first)s and %(last)s offset 0) as rows
group by day, part order by day, part
"""
_AT_ONCE = 8
"""Ranges held in memory together."""


@dataclass(frozen=True, slots=True)
class Content:
    """What was recorded on a day, or on all days up to a first one: how many facts, and a hash over all."""

    facts: int
    hash: bytes


NOTHING = Content(0, hashlib.sha256().digest())
"""A day on which nothing was recorded."""


def content_of(conn: Connection, book_id: int, day: date) -> Content:
    """What the seal of a day covers: the day, or for a book's first seal all days up to it."""
    first = date.min if last(conn, book_id) is None else day
    return _whole(_by_day(conn, book_id, first, day), day if first == day else None)


def _by_day(conn: Connection, book_id: int, first: date, until: date) -> dict[date, Content]:
    facts, journals = (_hashed(conn, query, book_id, first, until) for query in (_FACTS, _JOURNALS))
    found: dict[date, Content] = {}
    for day in sorted(facts.keys() | journals.keys()):
        count, of_facts = facts.get(day, (0, b""))
        # Facts come first; of journals only the hash counts.
        found[day] = Content(count, of_facts + journals.get(day, (0, b""))[1])
    return found


def _hashed(
    conn: Connection, query: LiteralString, book_id: int, first: date, until: date
) -> dict[date, tuple[int, bytes]]:
    """Of each day: how many rows, and the hash over the hashes of all of them in their order."""
    given = {"book": book_id, "first": first, "last": until}
    counts: dict[date, int] = {}
    hashes: dict[date, Any] = {}
    with conn.transaction(), conn.cursor(name="sealing") as cursor:
        cursor.itersize = _AT_ONCE
        for day, _, count, joined in cursor.execute(query, given):
            counts[day] = counts.get(day, 0) + count
            hashes.setdefault(day, hashlib.sha256()).update(joined)
    return {day: (count, hashes[day].digest()) for day, count in counts.items()}


def _whole(by_day: dict[date, Content], only: date | None) -> Content:
    days = [only] if only is not None else sorted(by_day)
    parts = [by_day[day] for day in days if day in by_day]
    if not parts:
        return NOTHING
    hashed = hashlib.sha256(b"".join(part.hash for part in parts)).digest()
    return Content(sum(part.facts for part in parts), hashed)


def chained(before: bytes, day: date, content: Content) -> bytes:
    """The seal of a day after the one before it."""
    return hashlib.sha256(before + day.isoformat().encode() + content.hash).digest()


def last(conn: Connection, book_id: int) -> tuple[date, bytes] | None:
    """The last seal of a book: kept elsewhere, it shows whether a day was sealed anew."""
    row = conn.execute(
        "select day, hash from duewell.day_seal where book_id = %s order by day desc limit 1", [book_id]
    ).fetchone()
    return (row[0], bytes(row[1])) if row is not None else None


def holds(conn: Connection, book_id: int, day: str, hashed: str) -> bool:
    """Whether a seal that was kept elsewhere still stands."""
    row = conn.execute(
        "select encode(hash, 'hex') from duewell.day_seal where book_id = %s and day = %s", [book_id, day]
    ).fetchone()
    return row is not None and row[0] == hashed


def seal(conn: Connection, book_id: int, day: date, content: Content) -> None:
    """Seal a day, in the transaction that closes it; a day sealed before stays as it is."""
    before = last(conn, book_id)
    if before is not None and before[0] >= day:
        return
    hashed = chained(before[1] if before is not None else START, day, content)
    conn.execute(
        "insert into duewell.day_seal values (%s, %s, %s, %s)", [book_id, day, content.facts, hashed]
    )


def findings(conn: Connection, book_id: int) -> list[tuple[str, dict[str, Any]]]:
    """The first day whose seal does not fit what is recorded, and closed days without one."""
    kept = conn.execute(
        "select day, facts, hash from duewell.day_seal where book_id = %s order by day", [book_id]
    ).fetchall()
    if not kept:
        return []
    by_day = _by_day(conn, book_id, date.min, kept[-1][0])
    found: list[tuple[str, dict[str, Any]]] = []
    hashed = START
    for number, (day, facts, seal_) in enumerate(kept):
        covered = {on: each for on, each in by_day.items() if on <= day} if number == 0 else by_day
        content = _whole(covered, None if number == 0 else day)
        hashed = chained(hashed, day, content)
        if hashed != bytes(seal_) or content.facts != facts:
            found.append(("day-seal-broken", {"day": day.isoformat()}))
            break
    missing = conn.execute(
        "select min(r.day) from duewell.day_run r left join duewell.day_seal s using (book_id, day)"
        " where r.book_id = %s and r.finished_at is not null and r.day > %s and s.day is null",
        [book_id, kept[0][0]],
    ).fetchone()
    if missing is not None and missing[0] is not None:
        found.append(("day-seal-missing", {"day": missing[0].isoformat()}))
    return found
