"""Loans, their facts and their journals, read and appended under the loan's lock.

Needs    a connection inside a transaction; every instant and date as an argument.
Gives    create_loan, lock_loan, read_facts, append_fact, append_journal, the accounts' numbers.
Never    changes a row of facts or journals; never takes a number from a sequence.
Source   docs/decisions/0002.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from duewell.domain.agenda import BUCKETS, Buckets, buckets_from
from duewell.domain.errors import Conflict, InvalidInput, NotFound
from duewell.domain.facts import Fact
from duewell.domain.facts import known as alive
from duewell.domain.ledger import CHART, Account, Journal, Line
from duewell.domain.product import (
    LineTerms,
    LoanTerms,
    Terms,
    agreed_from_payload,
    agreed_to_payload,
)
from duewell.store.fact_rows import (
    FACT_COLUMNS,
    KNOWN,
    REVERSED,
    fact_of_row,
    fact_payload,
    known_values,
)
from duewell.store.fact_rows import Known as Known

Connection = psycopg.Connection[Any]
ACCOUNT_NO = {each.code: number for number, each in enumerate(CHART, start=1)}
ACCOUNT_BY_NO = dict(enumerate(CHART, start=1))
_FACT_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class LoanKey:
    """Where a loan lives: the person it hangs on, and its number within the person."""

    person_id: int
    loan_no: int


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan or a line as agreed, with the open date of its book."""

    key: LoanKey
    book_id: int
    product_no: int
    book_open_on: date
    terms: Terms
    external_ref: str | None
    buckets: Buckets

    @property
    def loan_terms(self) -> LoanTerms:
        """The terms of a loan. Refuses a line."""
        if not isinstance(self.terms, LoanTerms):
            raise InvalidInput("contract-not-a-loan", loan_no=self.key.loan_no)
        return self.terms

    @property
    def line_terms(self) -> LineTerms:
        """The terms of a line. Refuses a loan."""
        if not isinstance(self.terms, LineTerms):
            raise InvalidInput("contract-not-a-line", loan_no=self.key.loan_no)
        return self.terms


def create_loan(
    conn: Connection,
    *,
    person_id: int,
    book_id: int,
    product_code: str,
    product_version: int,
    terms: Terms,
    opened_on: date,
    external_ref: str | None = None,
) -> LoanKey:
    """Give the person a new loan; its number comes from the locked person row."""
    row = conn.execute(
        "update duewell.person set next_loan_no = next_loan_no + 1 where person_id = %s"
        " returning next_loan_no - 1",
        [person_id],
    ).fetchone()
    if row is None:
        raise NotFound("person-not-found", person_id=person_id)
    key = LoanKey(person_id, row[0])
    conn.execute(
        "insert into duewell.loan (person_id, loan_no, book_id, product_code, product_version, currency,"
        " opened_on, terms, external_ref)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            key.person_id,
            key.loan_no,
            book_id,
            product_code,
            product_version,
            terms.currency,
            opened_on,
            Jsonb(agreed_to_payload(terms)),
            external_ref,
        ],
    )
    conn.execute(
        "insert into duewell.loan_state (person_id, loan_no) values (%s, %s)", [person_id, key.loan_no]
    )
    return key


def lock_loan(conn: Connection, key: LoanKey) -> LoanRow:
    """Lock the loan's state row and read its terms. Lock several loans in the order of their keys."""
    locked = conn.execute(
        "select 1 from duewell.loan_state where person_id = %s and loan_no = %s for update",
        [key.person_id, key.loan_no],
    ).fetchone()
    if locked is None:
        raise NotFound("loan-not-found", person_id=key.person_id, loan_no=key.loan_no)
    return read_loan(conn, key)


def lock_many(conn: Connection, keys: Sequence[LoanKey]) -> None:
    """Lock the states of loans, in the order of their keys."""
    conn.execute(
        "select 1 from unnest(%s::bigint[], %s::smallint[]) as k(p, n) join duewell.loan_state s"
        " on s.person_id = k.p and s.loan_no = k.n order by s.person_id, s.loan_no for update of s",
        [[k.person_id for k in keys], [k.loan_no for k in keys]],
    )


def book_of(conn: Connection, key: LoanKey) -> int:
    """The book a loan belongs to."""
    row = conn.execute(
        "select book_id from duewell.loan where person_id = %s and loan_no = %s", [key.person_id, key.loan_no]
    ).fetchone()
    if row is None:
        raise NotFound("loan-not-found", person_id=key.person_id, loan_no=key.loan_no)
    return int(row[0])


def read_loan(conn: Connection, key: LoanKey) -> LoanRow:
    """A loan without its lock."""
    row = conn.execute(
        "select l.book_id, p.product_no, b.open_on, l.terms, l.external_ref, b.settings"
        " from duewell.loan l join duewell.book b using (book_id)"
        " join duewell.product p on p.book_id = l.book_id and p.product_code = l.product_code"
        " and p.version = l.product_version where l.person_id = %s and l.loan_no = %s",
        [key.person_id, key.loan_no],
    ).fetchone()
    if row is None:
        raise NotFound("loan-not-found", person_id=key.person_id, loan_no=key.loan_no)
    return LoanRow(key, row[0], row[1], row[2], agreed_from_payload(row[3]), row[4], buckets_in(row[5]))


def buckets_in(settings: Mapping[str, Any]) -> Buckets:
    """The delinquency buckets a book's settings name, the usual ones where they name none."""
    given = settings.get("bucket_days")
    return buckets_from(given) if given else BUCKETS


def buckets_of_book(conn: Connection, book_id: int) -> Buckets:
    """The delinquency buckets of a book."""
    row = conn.execute("select settings from duewell.book where book_id = %s", [book_id]).fetchone()
    assert row is not None
    return buckets_in(row[0])


def read_facts(conn: Connection, key: LoanKey, known: Known = None) -> list[Fact]:
    """Every fact of a loan in order of entry: those known at the end of a date or at an instant."""
    rows = conn.execute(
        f"select {FACT_COLUMNS} from duewell.loan_fact f {REVERSED}"
        f" where f.person_id = %s and f.loan_no = %s and {KNOWN} order by f.seq",
        [key.person_id, key.loan_no, *known_values(known)],
    ).fetchall()
    return [fact_of_row(row) for row in rows]


def fact_at(conn: Connection, key: LoanKey, seq: int) -> Fact | None:
    """The fact of a number."""
    row = conn.execute(
        f"select {FACT_COLUMNS} from duewell.loan_fact f {REVERSED}"
        " where f.person_id = %s and f.loan_no = %s and f.seq = %s",
        [key.person_id, key.loan_no, seq],
    ).fetchone()
    return fact_of_row(row) if row else None


def facts_by(conn: Connection, row: LoanRow, day: date, known: Known = None) -> list[Fact]:
    """A contract's facts as known, for a look at a day.

    Refuses   NotFound "loan-not-there-yet" where nothing that counts had happened by then;
              "loan-not-known-on" or "loan-not-known-at" where nothing was recorded by that business day or
              instant.
    """
    facts = read_facts(conn, row.key, known)
    if not any(fact.effective_on <= day for fact in alive(facts)):
        raise _not_there(conn, row, day, known)
    return facts


def _not_there(conn: Connection, row: LoanRow, day: date, known: Known) -> NotFound:
    """Why a contract cannot be looked at: not begun, not known by the clock that was asked, or taken back."""
    ever = alive(read_facts(conn, row.key))
    if not ever:
        return NotFound("loan-taken-back")
    first = min(fact.effective_on for fact in ever)
    if first > day:
        return NotFound("loan-not-there-yet", as_of=day, first=first)
    learnt = conn.execute(
        "select min(recorded_on), min(recorded_at) from duewell.loan_fact"
        " where person_id = %s and loan_no = %s and effective_on <= %s",
        [row.key.person_id, row.key.loan_no, day],
    ).fetchone()
    assert learnt is not None
    if isinstance(known, datetime):
        return NotFound("loan-not-known-at", known=known, recorded_at=learnt[1].astimezone(known.tzinfo))
    return NotFound("loan-not-known-on", known=known, recorded_on=learnt[0])


def read_many(
    conn: Connection, keys: Sequence[LoanKey], known: Known = None
) -> dict[LoanKey, tuple[Terms, list[Fact]]]:
    """Terms and facts of many loans at once, by key; facts known at the end of a date or at an instant."""
    people, numbers = [k.person_id for k in keys], [k.loan_no for k in keys]
    found: dict[LoanKey, tuple[Terms, list[Fact]]] = {}
    for person_id, loan_no, terms in conn.execute(
        "select l.person_id, l.loan_no, l.terms from unnest(%s::bigint[], %s::smallint[]) as k(p, n)"
        " join duewell.loan l on l.person_id = k.p and l.loan_no = k.n",
        [people, numbers],
    ).fetchall():
        found[LoanKey(person_id, loan_no)] = (agreed_from_payload(terms), [])
    for person_id, loan_no, *row in conn.execute(
        f"select f.person_id, f.loan_no, {FACT_COLUMNS}"
        " from unnest(%s::bigint[], %s::smallint[]) as k(p, n)"
        f" join duewell.loan_fact f on f.person_id = k.p and f.loan_no = k.n {REVERSED}"
        f" where {KNOWN} order by f.person_id, f.loan_no, f.seq",
        [people, numbers, *known_values(known)],
    ).fetchall():
        found[LoanKey(person_id, loan_no)][1].append(fact_of_row(tuple(row)))
    return found


def keys_of_book(conn: Connection, book_id: int, *, low: int = 0, high: int = 2**63 - 1) -> list[LoanKey]:
    """The loans of a book, of the persons from `low` to `high`, in the order of their keys."""
    rows = conn.execute(
        "select person_id, loan_no from duewell.loan where book_id = %s and person_id between %s and %s"
        " order by 1, 2",
        [book_id, low, high],
    ).fetchall()
    return [LoanKey(person_id, loan_no) for person_id, loan_no in rows]


def products_of(conn: Connection, keys: Sequence[LoanKey]) -> dict[LoanKey, int]:
    """The number of the product version each loan belongs to."""
    rows = conn.execute(
        "select l.person_id, l.loan_no, p.product_no from unnest(%s::bigint[], %s::smallint[]) as k(p, n)"
        " join duewell.loan l on l.person_id = k.p and l.loan_no = k.n"
        " join duewell.product p on p.book_id = l.book_id and p.product_code = l.product_code"
        " and p.version = l.product_version",
        [[k.person_id for k in keys], [k.loan_no for k in keys]],
    ).fetchall()
    return {LoanKey(person_id, loan_no): int(product_no) for person_id, loan_no, product_no in rows}


def add_person(conn: Connection, person_id: int, realm: int) -> bool:
    """Add a person; False if the person is there already."""
    added = conn.execute(
        "insert into duewell.person (person_id, realm) values (%s, %s) on conflict do nothing",
        [person_id, realm],
    )
    return added.rowcount == 1


def lock_person(conn: Connection, person_id: int, realm: int) -> None:
    """Lock a person. Refuses one who is not there, or belongs to another realm than the book's."""
    row = conn.execute(
        "select realm from duewell.person where person_id = %s for update", [person_id]
    ).fetchone()
    if row is None or row[0] != realm:
        raise NotFound("person-not-found", person_id=str(person_id))


def loans_of_person(conn: Connection, person_id: int) -> list[tuple[LoanKey, str, str, str, date]]:
    """The loans and lines of a person, each with its book, currency and product, and when it began."""
    rows = conn.execute(
        "select l.person_id, l.loan_no, b.code, l.currency, l.product_code, l.opened_on"
        " from duewell.loan l join duewell.book b using (book_id) where l.person_id = %s order by l.loan_no",
        [person_id],
    ).fetchall()
    return [(LoanKey(person, number), *rest) for person, number, *rest in rows]


def page_of_book(
    conn: Connection, book_id: int, *, after: LoanKey | None, limit: int
) -> list[tuple[LoanKey, str, int, str, date, str | None]]:
    """Loans of a book in the order of their keys, `after` one of them: product, version, currency, begin."""
    start = after or LoanKey(0, 0)
    rows = conn.execute(
        "select person_id, loan_no, product_code, product_version, currency, opened_on, external_ref"
        " from duewell.loan where book_id = %s and (person_id, loan_no) > (%s, %s) order by 1, 2 limit %s",
        [book_id, start.person_id, start.loan_no, limit],
    ).fetchall()
    return [(LoanKey(person, number), *rest) for person, number, *rest in rows]


def book_code_of(conn: Connection, key: LoanKey) -> tuple[str, bool]:
    """The code of a loan's book, and whether it is a sandbox."""
    row = conn.execute(
        "select b.code, b.is_sandbox from duewell.loan l join duewell.book b using (book_id)"
        " where l.person_id = %s and l.loan_no = %s",
        [key.person_id, key.loan_no],
    ).fetchone()
    if row is None:
        raise NotFound("loan-not-found", person_id=key.person_id, loan_no=key.loan_no)
    return row[0], row[1]


def book_name_of(conn: Connection, key: LoanKey) -> str:
    """The name of the book a loan stands in; its code where it has none."""
    row = conn.execute(
        "select coalesce(nullif(b.name, ''), b.code) from duewell.loan l join duewell.book b using (book_id)"
        " where l.person_id = %s and l.loan_no = %s",
        [key.person_id, key.loan_no],
    ).fetchone()
    if row is None:
        raise NotFound("loan-not-found", person_id=key.person_id, loan_no=key.loan_no)
    return str(row[0])


def refs_of_book(conn: Connection, book_id: int) -> dict[str, LoanKey]:
    """The references under which loans came into a book."""
    return {ref: key for key, ref in refs_by_key(conn, book_id).items()}


def has_loans(conn: Connection, book_id: int) -> bool:
    """Whether a book holds any loan."""
    return (
        conn.execute("select 1 from duewell.loan where book_id = %s limit 1", [book_id]).fetchone()
        is not None
    )


def refs_by_key(conn: Connection, book_id: int) -> dict[LoanKey, str]:
    """The reference each loan came into a book under."""
    rows = conn.execute(
        "select person_id, loan_no, external_ref from duewell.loan"
        " where book_id = %s and external_ref is not null",
        [book_id],
    )
    return {LoanKey(person_id, loan_no): ref for person_id, loan_no, ref in rows.fetchall()}


def persons_held(conn: Connection, person_ids: Sequence[int]) -> list[int]:
    """Which of these persons are there already."""
    rows = conn.execute(
        "select person_id from duewell.person where person_id = any(%s::bigint[])", [list(person_ids)]
    )
    return [person_id for (person_id,) in rows.fetchall()]


def find_by_ref(conn: Connection, book_id: int, ref: str) -> LoanKey | None:
    """The loan that came into the book under another system's number."""
    row = conn.execute(
        "select person_id, loan_no from duewell.loan where book_id = %s and external_ref = %s", [book_id, ref]
    ).fetchone()
    return LoanKey(*row) if row else None


def find_by_refs(conn: Connection, book_id: int, refs: Sequence[str]) -> dict[str, LoanKey]:
    """The loans that came into the book under other systems' numbers."""
    rows = conn.execute(
        "select external_ref, person_id, loan_no from duewell.loan"
        " where book_id = %s and external_ref = any(%s::text[])",
        [book_id, list(refs)],
    ).fetchall()
    return {ref: LoanKey(person_id, loan_no) for ref, person_id, loan_no in rows}


def keys_held(conn: Connection, book_id: int, keys: Sequence[LoanKey]) -> set[LoanKey]:
    """Which of these loans the book holds."""
    rows = conn.execute(
        "select l.person_id, l.loan_no from unnest(%s::bigint[], %s::smallint[]) as k(p, n)"
        " join duewell.loan l on l.person_id = k.p and l.loan_no = k.n and l.book_id = %s",
        [[k.person_id for k in keys], [k.loan_no for k in keys], book_id],
    ).fetchall()
    return {LoanKey(person_id, loan_no) for person_id, loan_no in rows}


def append_fact(conn: Connection, key: LoanKey, fact: Fact, *, recorded_at: datetime, actor: str) -> int:
    """Append one fact under the loan's lock; returns its seq. The same fact twice is a Conflict."""
    reverses_seq = None
    if fact.reverses is not None:
        reverses_seq = seq_of(conn, key, fact.reverses)
    row = conn.execute(
        "update duewell.loan_state set next_seq = next_seq + 1 where person_id = %s and loan_no = %s"
        " returning next_seq - 1",
        [key.person_id, key.loan_no],
    ).fetchone()
    assert row is not None, "the caller holds the loan's lock"
    added = conn.execute(
        "insert into duewell.loan_fact values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (person_id, loan_no, kind, source, source_ref) do nothing",
        [
            key.person_id,
            key.loan_no,
            row[0],
            fact.kind.value,
            _FACT_SCHEMA,
            fact.effective_on,
            fact.recorded_on,
            recorded_at,
            fact.source,
            fact.source_ref,
            actor,
            Jsonb(fact_payload(fact)),
            reverses_seq,
        ],
    )
    if added.rowcount != 1:
        raise Conflict("fact-already-recorded", kind=fact.kind.value, source_ref=fact.source_ref)
    return int(row[0])


def seq_of(conn: Connection, key: LoanKey, name: tuple[str, str, str]) -> int:
    """The entry number of a fact by its name within the loan."""
    row = conn.execute(
        "select seq from duewell.loan_fact where person_id = %s and loan_no = %s and kind = %s"
        " and source = %s and source_ref = %s",
        [key.person_id, key.loan_no, *name],
    ).fetchone()
    if row is None:
        raise NotFound("fact-not-found", kind=name[0], source=name[1], source_ref=name[2])
    return int(row[0])


def append_journal(
    conn: Connection, key: LoanKey, seq: int, part: int, journal: Journal, *, posted_on: date
) -> None:
    """Append one journal of the fact `seq`; `part` tells apart the journals one fact causes."""
    conn.execute(
        "insert into duewell.journal values (%s, %s, %s, %s, %s, %s::smallint[], %s::bigint[])",
        [
            key.person_id,
            key.loan_no,
            seq,
            part,
            posted_on,
            [ACCOUNT_NO[line.account.code] for line in journal.lines],
            [line.amount_minor for line in journal.lines],
        ],
    )


def read_journals(conn: Connection, key: LoanKey) -> list[Journal]:
    """Every journal of a loan in the order posted."""
    rows = conn.execute(
        "select accounts, amounts from duewell.journal"
        " where person_id = %s and loan_no = %s order by seq, part",
        [key.person_id, key.loan_no],
    ).fetchall()
    return [
        Journal(tuple(Line(ACCOUNT_BY_NO[a], m) for a, m in zip(accounts, amounts, strict=True)))
        for accounts, amounts in rows
    ]


def journals_of_fact(conn: Connection, key: LoanKey, seq: int) -> list[dict[Account, int]]:
    """The journals that recording a fact posted, each as balances by account, in their order."""
    rows = conn.execute(
        "select accounts, amounts from duewell.journal"
        " where person_id = %s and loan_no = %s and seq = %s order by part",
        [key.person_id, key.loan_no, seq],
    ).fetchall()
    return [
        {ACCOUNT_BY_NO[a]: int(m) for a, m in zip(accounts, amounts, strict=True)}
        for accounts, amounts in rows
    ]
