"""R2: every verb that writes, cut before and after each of its exchanges with the server.

Wants to prove: whatever was cut, doing it again ends where one try in peace would have: nothing half-done,
nothing twice. How: a twin book in which nobody was cut is told the same, and both must be equal, row for row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from bench import database, kills, taking_over
from duewell.domain.facts import Extended, Fact, FactKind
from duewell.domain.loan import fold
from duewell.domain.tape import LENDING_CLUB
from duewell.services.close_day import close_day
from duewell.services.close_period import close_period
from duewell.services.disburse_loan import disburse_loan
from duewell.services.generate_book import generate_book
from duewell.services.import_tape import import_tape
from duewell.services.open_book import open_book
from duewell.services.post_payments import Payment, post_payments
from duewell.services.rebuild_agendas import rebuild_agendas
from duewell.services.record_fact import Request, record_fact
from duewell.services.verify_book import verify_book
from duewell.store import books, loans
from duewell.store.loans import LoanKey
from duewell.store.server import EmbeddedServer, create_database
from tests.faults.cutting import cut_everywhere
from tests.figures import Figure

Conn = psycopg.Connection[Any]
OPEN_ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LOANS = 120


@pytest.fixture
def book(conn: Conn) -> Conn:
    """A book some days old, on a day something falls due."""
    generate_book(conn, "b", count=LOANS, seed=11, open_on=OPEN_ON, at=AT)
    close_day(conn, "b", until=OPEN_ON, at=AT)
    return conn


def keys(conn: Conn) -> list[LoanKey]:
    return loans.keys_of_book(conn, 1)


def dues(conn: Conn) -> list[LoanKey]:
    """Loans that fall due on the open date, whatever of it is paid since."""
    rows = conn.execute(
        "select a.person_id, a.loan_no from duewell.agenda a"
        " join duewell.loan_state s using (person_id, loan_no) join duewell.book b using (book_id)"
        " where s.is_tabular and b.open_on = any(a.dates) order by 1, 2"
    ).fetchall()
    return [LoanKey(*row) for row in rows]


def record(conn: Conn, key: LoanKey, kind: FactKind, name: str, **more: Any) -> None:
    on = books.read_book(conn, "b").open_on
    fact = Fact(kind, on, on, "test", name, **more)
    record_fact(conn, key, fact, Request("tests", name, "tester", AT))


def pay_ahead(conn: Conn, n: int) -> None:
    record(conn, keys(conn)[n % LOANS], FactKind.PAYMENT_RECEIVED, f"ahead-{n}", amount=7)


def pay_due(conn: Conn, n: int) -> None:
    record(conn, dues(conn)[0], FactKind.PAYMENT_RECEIVED, f"due-{n}", amount=7)


def pay_many(conn: Conn, n: int) -> None:
    every, asked = dues(conn) + keys(conn)[:2], []
    for k, key in enumerate(every):
        asked.append(Payment(key, 3, f"many-{n}-{k}", f"many-{n}-{k}"))
    post_payments(conn, asked, client_id="tests", source="test", actor="tester", at=AT)


def charge(conn: Conn, n: int) -> None:
    record(conn, keys(conn)[n % LOANS], FactKind.FEE_CHARGED, f"fee-{n}", amount=500)


def extend(conn: Conn, n: int) -> None:
    live = conn.execute(
        "select person_id, loan_no from duewell.agenda join duewell.book b using (book_id)"
        " where dates[cardinality(dates)] > b.opened_on + 90 and not is_turned order by 1, 2"
    ).fetchall()
    key = LoanKey(*live[n])
    row = loans.read_loan(conn, key)
    on = books.read_book(conn, "b").open_on
    rows = fold(row.loan_terms, loans.read_facts(conn, key), as_of=on).rows
    due = next(r.due_on for r in rows if r.due_on > on)
    record(conn, key, FactKind.RESCHEDULED, f"plan-{n}", reschedule=Extended(due, 1))


def charge_off(conn: Conn, n: int) -> None:
    record(conn, keys(conn)[-n], FactKind.CHARGED_OFF, f"off-{n}")


def pay_and_reverse(conn: Conn, n: int) -> None:
    key = keys(conn)[n % LOANS]
    record(conn, key, FactKind.PAYMENT_RECEIVED, f"wrong-{n}", amount=900)
    record(conn, key, FactKind.REVERSED, f"back-{n}", reverses=("PaymentReceived", "test", f"wrong-{n}"))


def disburse(conn: Conn, n: int) -> None:
    disburse_loan(
        conn,
        "b",
        principal=100_000 + n,
        rate=Fraction(12, 100),
        instalments=6,
        on=None,
        request=Request("tests", f"new-{n}", "tester", AT),
    )


def close_a_day(conn: Conn, n: int) -> None:
    close_day(conn, "b", until=OPEN_ON + timedelta(days=n), at=AT, slices=2)


def close_a_period(conn: Conn, n: int) -> None:
    on = OPEN_ON + timedelta(days=n)
    close_day(conn, "b", until=on, at=AT)
    close_period(conn, "b", ends_on=on, at=AT, actor="tester")


def take_over(conn: Conn, n: int) -> None:
    code = f"t{n}"
    if code not in books.book_codes(conn):
        open_book(conn, code=code, currency_code="USD", open_on=date(2018, 6, 24), is_sandbox=True)
    rows = enumerate(taking_over.synthetic_tape(12), start=2)
    report = import_tape(conn, code, rows, LENDING_CLUB, actor="tester", at=AT)
    assert report.taken_over + report.already_there == 12
    assert {report.taken_over, report.already_there} == {0, 12}, "all rows or none"


def rebuild(conn: Conn, n: int) -> None:
    rebuild_agendas(conn, "b")


VERBS: dict[str, tuple[Callable[[Conn, int], object], int]] = {
    "a payment ahead": (pay_ahead, 4),
    "a payment of what is due": (pay_due, 4),
    "payments by both paths": (pay_many, 4),
    "a fee": (charge, 4),
    "a new plan": (extend, 4),
    "a charge-off": (charge_off, 4),
    "a payment taken back": (pay_and_reverse, 4),
    "a disbursement": (disburse, 4),
    "a day": (close_a_day, 4),
    "a period": (close_a_period, 4),
    "a book taken over": (take_over, 4),
    "agendas written anew": (rebuild, 4),
}


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_cut_anywhere_ends_where_one_in_peace_does(
    book: Conn, url: str, server: EmbeddedServer, name: str, figure: Figure
) -> None:
    verb, least = VERBS[name]
    assert dues(book)
    book.close()
    name_of = database.name_of(url)
    twin = create_database(server, f"{name_of}_twin", template=name_of)
    found, numbers = cut_everywhere(url, verb)
    with psycopg.connect(url, autocommit=True) as ours, psycopg.connect(twin, autocommit=True) as theirs:
        for number in range(1, numbers + 1):
            verb(theirs, number)
        assert kills.differing(ours, theirs) == []
        assert verify_book(ours, "b").findings == []
    assert found >= least, "fewer points than the verb has statements: is it still counted?"
    figure(f"{name}: cut at {found} points")
