"""Fork a sandbox book: a copy of all it holds, under another code, with persons of its own.

Needs    a connection inside a transaction; the book and the new code.
Gives    fork: which person became which.
Never    copies what is known of a person, or changes the book it copies.
Source   docs/decisions/0012-test-clocks.md.
"""

from __future__ import annotations

from duewell.domain.party import person_of
from duewell.store import books
from duewell.store.books import BookRow
from duewell.store.loans import Connection

_OF_PERSONS = (
    "person", "loan", "loan_state", "loan_fact", "journal", "agenda", "portfolio_move", "observation", "wish",
    "day_ahead",
)  # fmt: skip
"""In the order in which their foreign keys allow."""
_OF_THE_BOOK = ("day_run", "day_chunk", "day_sum", "portfolio_sum", "gl_journal", "accounting_period")


def forked_person(code: str, person_id: int) -> int:
    """Who a person becomes in a fork: it follows from the fork's code."""
    return person_of(code, "fork", str(person_id))


def fork(conn: Connection, book: BookRow, code: str) -> dict[int, int]:
    """Copy a book. Refuses a code taken. Returns the new number of each person."""
    legal_entity, jurisdiction = _of_book(conn, book)
    made = books.open_book(
        conn,
        code=code,
        name=code,
        legal_entity=legal_entity,
        jurisdiction=jurisdiction,
        currency=book.currency,
        zone=book.zone,
        calendar=book.calendar,
        cutoff=book.cutoff.isoformat(),
        open_on=book.opened_on,
        is_sandbox=True,
        settings={**book.settings, "fork_of": book.code},
    )
    conn.execute(
        "insert into duewell.product (book_id, product_code, version, valid_from, terms)"
        " select %s, product_code, version, valid_from, terms from duewell.product where book_id = %s"
        " order by product_no",
        [made.book_id, book.book_id],
    )
    people = [
        person
        for (person,) in conn.execute(
            "select person_id from duewell.person where realm = %s order by 1", [book.book_id]
        ).fetchall()
    ]
    became = [forked_person(code, person) for person in people]
    given: dict[str, object] = {
        "old": people,
        "new": became,
        "book": made.book_id,
        "of": book.book_id,
    }
    for table in _OF_PERSONS:
        _copy(conn, table, given, "join p on p.old = t.person_id")
    books.move_open_on(conn, made.book_id, book.open_on)
    for table in _OF_THE_BOOK:
        _copy(conn, table, given, "where t.book_id = %(of)s")
    return dict(zip(people, became, strict=True))


def _of_book(conn: Connection, book: BookRow) -> tuple[str, str]:
    row = conn.execute(
        "select legal_entity, jurisdiction from duewell.book where book_id = %s", [book.book_id]
    ).fetchone()
    assert row is not None
    return row[0], row[1]


_TAKEN = {"person_id": "p.new", "book_id": "%(book)s", "realm": "%(book)s", "product_no": "n.new"}


def _copy(conn: Connection, table: str, given: dict[str, object], which: str) -> None:
    """Copy the rows of a table; who, which book and which product they name become the fork's."""
    columns = [
        name
        for (name,) in conn.execute(
            "select column_name from information_schema.columns where table_schema = 'duewell'"
            " and table_name = %s order by ordinal_position",
            [table],
        ).fetchall()
    ]
    taken = [_TAKEN.get(name, f"t.{name}") for name in columns]
    product = "join n on n.old = t.product_no" if "product_no" in columns else ""
    tail = f"{product} {which}" if which.startswith("where") else f"{which} {product}"
    conn.execute(
        "with p as (select * from unnest(%(old)s::bigint[], %(new)s::bigint[]) as p(old, new)),"
        " n as (select a.product_no as old, b.product_no as new from duewell.product a"
        "  join duewell.product b using (product_code, version)"
        "  where a.book_id = %(of)s and b.book_id = %(book)s)"
        f" insert into duewell.{table} ({', '.join(columns)}) select {', '.join(taken)}"
        f" from duewell.{table} t {tail}",
        given,
    )
