"""A bank's file: every good row is posted once, every bad one is told with its line and column.

How: a synthetic book on a day something falls due, files as text, sent once, twice, and with mistakes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import InvalidInput
from duewell.domain.party import loan_id
from duewell.services.close_day import close_day
from duewell.services.generate_book import generate_book
from duewell.services.post_file import FileReport, post_file
from duewell.services.verify_book import verify_book
from duewell.store import agendas, books, loans
from duewell.store.loans import LoanKey

OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
Conn = psycopg.Connection[Any]


@pytest.fixture
def dues(conn: Conn) -> dict[LoanKey, int]:
    generate_book(conn, "b", count=300, seed=5, open_on=OPEN_ON, at=AT)
    close_day(conn, "b", until=OPEN_ON, at=AT)
    book = books.read_book(conn, "b")
    found = dict(agendas.due_on(conn, book.book_id, book.open_on))
    assert len(found) > 5
    return found


def text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def rows(conn: Conn, dues: dict[LoanKey, int]) -> list[tuple[int, dict[str, str]]]:
    """One row a loan, named by our id and by the other system's number in turn."""
    refs = loans.refs_by_key(conn, 1)
    made = []
    for n, (key, due) in enumerate(dues.items(), start=2):
        name = loan_id(key.person_id, key.loan_no) if n % 2 else refs[key]
        made.append((n, {"loan": name, "amount": text(due), "reference": f"bank-{n}"}))
    return made


def send(conn: Conn, given: list[tuple[int, dict[str, str]]], **more: Any) -> FileReport:
    return post_file(conn, "b", given, actor="tester", at=AT, **more)


def test_a_file_is_posted_row_by_row_and_sent_again_changes_nothing(
    conn: Conn, dues: dict[LoanKey, int]
) -> None:
    given = rows(conn, dues)
    report = send(conn, given)
    assert (report.rows, report.refused) == (len(dues), 0)
    assert report.paths["posted"] + report.paths["general"] == len(dues)
    assert report.amount_minor == sum(dues.values())
    book = books.read_book(conn, "b")
    assert agendas.due_on(conn, book.book_id, book.open_on) == []
    again = send(conn, given)
    assert again.paths == {"again": len(dues)}
    close_day(conn, "b", until=book.open_on, at=AT)
    assert verify_book(conn, "b").findings == []


def test_a_bad_row_is_told_with_its_line_and_leaves_the_others_alone(
    conn: Conn, dues: dict[LoanKey, int]
) -> None:
    good = rows(conn, dues)
    bad = [
        (100, good[0][1] | {"amount": "12.345", "reference": "x1"}),
        (101, good[0][1] | {"loan": "no-such-loan", "reference": "x2"}),
        (102, good[0][1] | {"reference": ""}),
        (103, good[0][1] | {"value_date": "2026-02-30", "reference": "x4"}),
        (104, good[0][1] | {"value_date": "2099-01-01", "reference": "x5"}),
        (105, good[0][1] | {"amount": "0", "reference": "x6"}),
    ]
    report = send(conn, bad[:3] + good + bad[3:])
    assert report.paths.total() == len(good)
    told = {(each.line, each.column, each.message.code) for each in report.refusals}
    assert told == {
        (100, "amount", "amount-too-many-decimals"),
        (101, "loan", "file-loan-unknown"),
        (102, "reference", "request-key-unreadable"),
        (103, "value_date", "date-not-in-calendar"),
        (104, "reference", "fact-after-the-open-date"),
        (105, "reference", "amount-not-positive"),
    }
    assert report.refused == len(bad)


def test_a_reference_used_for_another_amount_is_refused(conn: Conn, dues: dict[LoanKey, int]) -> None:
    ((line, first), *_) = rows(conn, dues)
    send(conn, [(line, first)])
    report = send(conn, [(line, first | {"amount": "0.01"})])
    assert [each.message.code for each in report.refusals] == ["key-reused-with-another-body"]


def test_a_dry_run_reads_everything_and_writes_nothing(conn: Conn, dues: dict[LoanKey, int]) -> None:
    given = rows(conn, dues)
    before = conn.execute("select count(*) from duewell.loan_fact").fetchone()
    report = send(conn, [*given, (99, given[0][1] | {"amount": "-1"})], is_dry_run=True)
    assert (report.rows, report.refused) == (len(given) + 1, 1)
    assert conn.execute("select count(*) from duewell.loan_fact").fetchone() == before


def test_a_file_without_its_columns_is_refused_whole(conn: Conn, dues: dict[LoanKey, int]) -> None:
    with pytest.raises(InvalidInput, match="file-columns-missing"):
        send(conn, [(2, {"loan": "x", "sum": "1"})])
