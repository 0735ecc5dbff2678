"""Test clocks: a sandbox book's date moved by any span, forked, compared, a person copied in.

Wants to prove: however far a clock is moved in one call, the book is what closing its days one by one makes
it, to the last row; what happened is told in order; a fork goes its own way and the book it came from stays.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from duewell.domain.party import parse_loan_id
from duewell.services.close_day import close_day
from duewell.services.move_clock import Coming, move_clock
from duewell.services.record_fact import Request
from duewell.services.verify_book import verify_book
from duewell.store import clocking
from duewell.store.loans import LoanKey
from tests.api.site import Site, key, problem_of
from tests.figures import Figure

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TABLES = (
    "agenda", "day_chunk", "day_sum", "portfolio_sum", "gl_journal", "observation", "wish", "loan_state",
    "loan_fact", "journal", "portfolio_move",
)  # fmt: skip
LEFT_OUT = ["recorded_at", "source_ref", "done_at", "person_id", "book_id", "product_no"]


def contents(conn: psycopg.Connection, book: str) -> dict[str, list[str]]:
    """Every row of a book in a fixed order, without the numbers that a fork draws anew."""
    row = conn.execute("select book_id from duewell.book where code = %s", [book]).fetchone()
    assert row is not None
    of_persons = "person_id in (select person_id from duewell.loan where book_id = %(b)s)"
    found = {}
    for table in TABLES:
        columns = conn.execute(
            "select array_agg(column_name) from information_schema.columns where table_name = %s", [table]
        ).fetchone()
        assert columns is not None
        which = "book_id = %(b)s" if "book_id" in columns[0] else of_persons
        rows = conn.execute(
            f"select (to_jsonb(t) - %(left)s::text[])::text from duewell.{table} t where {which}",
            {"b": row[0], "left": LEFT_OUT},
        ).fetchall()
        found[table] = sorted(text for (text,) in rows)
    return found


def lines_of(site: Site, loan: str, seed: int) -> list[str]:
    """What a borrower does over two years: mostly pays, now and then late, short, or not at all."""
    chance = random.Random(seed)
    rows = site.program().get(f"/api/loans/{loan}").json()["rows"]
    told = []
    for row in rows:
        due, amount = date.fromisoformat(row["due_on"]), sum(row["due_minor"])
        habit = chance.random()
        if habit < 0.15:
            continue
        if habit < 0.35:
            due += timedelta(days=chance.randint(1, 40))
        if habit > 0.9:
            amount //= 2
        told.append(f"{due} pay {amount / 100:.2f}")
    return sorted(told)


@pytest.mark.parametrize("seed", range(4))
def test_a_moved_clock_leaves_what_closing_day_by_day_leaves(
    site: Site, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same book and the same facts, moved in one call, and closed day by day in its twin."""
    loans = [site.loan(principal=100_000 + 7_000 * n) for n in range(3)]
    twin = site.program().post("/api/books/main/fork", json={"code": "twin"}, headers=key()).json()
    pairs = {each["from"]: each["loan_id"] for each in twin["loans"]}
    until = date(2027, 6, 1)
    facts = [(loan, line) for n, loan in enumerate(loans) for line in lines_of(site, loan, seed * 10 + n)]
    facts = [(loan, line) for loan, line in facts if line[:10] <= str(until)]

    def move(book: str, name: Any) -> None:
        coming = [Coming(LoanKey(*parse_loan_id(name(loan))), line) for loan, line in facts]
        move_clock(site.conn, book, to=until, coming=coming, request=Request("test", f"m{book}", "t", AT))

    move("main", lambda loan: loan)
    monkeypatch.setattr(clocking, "LOANS_MAX", -1)  # a book too large to hold is closed day by day
    move("twin", lambda loan: pairs[loan])
    here, there = contents(site.conn, "main"), contents(site.conn, "twin")
    for table in TABLES:
        assert here[table] == there[table], table
    assert len(here["observation"]) > 30 and len(here["wish"]) > 30
    for book in ("main", "twin"):
        assert verify_book(site.conn, book).findings == []


def test_a_day_closed_by_the_clock_and_a_day_closed_by_the_operator_follow_each_other(site: Site) -> None:
    site.loan()
    program = site.program()
    assert program.post("/api/books/main/clock", json={"days": 20}, headers=key()).status_code == 200
    close_day(site.conn, "main", until=date(2026, 4, 10), at=AT)
    moved = program.post("/api/books/main/clock", json={"to": "2026-06-01"}, headers=key())
    assert moved.json()["days_closed"] == 51
    assert verify_book(site.conn, "main").findings == []


def test_what_happened_is_told_in_order(site: Site) -> None:
    """One instalment paid, the next one missed: reminded before, late after, told day by day."""
    loan, program = site.loan(), site.program()
    body = {"to": "2026-05-20", "facts": [{"loan": loan, "line": "2026-04-02 pay 106.62"}]}
    told = program.post("/api/books/main/clock", json=body, headers=key("m")).json()
    assert (told["from"], told["open_on"], told["days_closed"]) == ("2026-03-02", "2026-05-20", 79)
    days = [(each["on"], each["what"], each.get("wish")) for each in told["events"]]
    assert days == sorted(days, key=lambda each: each[0])
    assert ("2026-03-29", "wished", "remind") in days
    assert ("2026-04-02", "recorded", None) in days and ("2026-04-02", "fell-due", None) in days
    assert ("2026-05-02", "missed", None) in days and ("2026-05-02", "wished", "remind-late") in days
    assert ("2026-05-06", "wished", "offer-help") in days
    assert ("2026-04-02", "missed", None) not in days
    assert told["posted_minor"]["interest_income"] < 0
    assert sum(told["posted_minor"].values()) == 0
    again = program.post("/api/books/main/clock", json=body, headers=key("m"))
    assert again.json() == told
    assert program.get("/api/books/main").json()["open_on"] == "2026-05-20"
    overdue = program.get("/api/books/main/overdue").json()["loans"][0]
    assert (overdue["loan_id"], overdue["dpd"]) == (loan, 18)


def test_a_fork_goes_its_own_way(site: Site) -> None:
    """Pay or not: two futures of one book, compared."""
    loan, program = site.loan(), site.program()
    program.post("/api/books/main/clock", json={"to": "2026-05-20"}, headers=key())
    forked = program.post("/api/books/main/fork", json={"code": "pays"}, headers=key("f"))
    assert forked.status_code == 201
    assert (
        program.post("/api/books/main/fork", json={"code": "pays"}, headers=key("f")).json() == forked.json()
    )
    twin = forked.json()["loans"][0]["loan_id"]
    assert forked.json()["loans"][0]["from"] == loan and twin != loan
    assert problem_of(program.post("/api/books/main/fork", json={"code": "pays"}, headers=key())) == (
        409,
        "book-already-open",
    )
    before = contents(site.conn, "main")
    pay = {"to": "2026-07-20", "facts": [{"loan": twin, "line": "2026-05-25 pay 213.24"}]}
    assert program.post("/api/books/pays/clock", json=pay, headers=key()).status_code == 200
    assert contents(site.conn, "main") == before
    program.post("/api/books/main/clock", json={"to": "2026-07-20"}, headers=key())
    found = program.get("/api/books/main/compare?fork=pays").json()
    (pair,) = found["loans"]
    assert (pair["loan_id"], pair["fork_loan_id"]) == (loan, twin)
    assert (pair["here"]["dpd"], pair["there"]["dpd"]) == (109, 48)
    assert pair["there"]["paid_minor"] == 21_324 and pair["here"]["paid_minor"] == 0
    assert verify_book(site.conn, "pays").findings == []
    wrong = program.get("/api/books/pays/compare?fork=main")
    assert problem_of(wrong) == (422, "clock-not-a-fork")


def test_a_person_can_be_copied_in_at_any_time(site: Site) -> None:
    person = site.person("+8613800138000")
    loan, program = site.loan(person=person), site.program()
    program.post(f"/api/loans/{loan}/payments", json={"amount_minor": 700, "currency": "CNY"}, headers=key())
    program.post(
        "/api/books", json={"code": "lab", "currency": "CNY", "open_on": "2026-04-15"}, headers=key()
    )
    made = program.post("/api/books/lab/attach", json={"person": person}, headers=key("a"))
    assert made.status_code == 201, made.text
    assert (
        program.post("/api/books/lab/attach", json={"person": person}, headers=key("a")).json() == made.json()
    )
    copy = made.json()["loans"][0]["loan_id"]
    there = program.get(f"/api/loans/{copy}").json()
    here = program.get(f"/api/loans/{loan}?as_of=2026-04-15").json()
    for name in ("principal_minor", "overdue_minor", "dpd", "rows"):
        assert there[name] == here[name], name
    assert program.get(f"/api/persons/{made.json()['person']}").json()["fields"] == {}
    program.post("/api/books/lab/clock", json={"days": 60}, headers=key())
    assert verify_book(site.conn, "lab").findings == []


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "clock-to-or-days"),
    ({"to": "2026-03-10", "days": 3}, "clock-to-or-days"),
    ({"to": "2026-03-01"}, "clock-span"),
    ({"to": "2099-01-01"}, "clock-span"),
    ({"days": 0}, "request-not-readable"),
    ({"days": 5, "facts": [{"loan": "LOAN", "line": "pay 1.00"}]}, "clock-fact-outside"),
    ({"days": 5, "facts": [{"loan": "LOAN", "line": "2026-03-20 pay 1.00"}]}, "clock-fact-outside"),
    ({"days": 5, "facts": [{"loan": "LOAN", "line": "2026-03-04 pay much"}]}, "amount-not-a-number"),
    ({"days": 5, "facts": [{"loan": "LOAN", "line": "2026-03-04 steal 1"}]}, "fact-line-unreadable"),
]


def test_a_clock_that_cannot_be_moved_so_stays(site: Site) -> None:
    loan, program = site.loan(), site.program()
    before = contents(site.conn, "main")
    for body, code in BAD:
        text = (
            {**body, "facts": [{**each, "loan": loan} for each in body["facts"]]} if "facts" in body else body
        )
        made = program.post("/api/books/main/clock", json=text, headers=key())
        assert problem_of(made)[1] == code, (body, made.text)
    assert contents(site.conn, "main") == before
    assert program.get("/api/books/main").json()["open_on"] == "2026-03-02"
    site.conn.execute("reset role")
    site.conn.execute("update duewell.book set is_sandbox = false")
    live = program.post("/api/books/main/clock", json={"days": 5}, headers=key())
    assert problem_of(live) == (409, "clock-is-live")


def test_thirty_six_months_of_a_loan_in_one_call(site: Site, figure: Figure) -> None:
    program = site.program()
    lend = {"principal_minor": 3_600_000, "currency": "CNY", "rate_pct": "12", "instalments": 36}
    assert program.post("/api/books/main/loans", json=lend, headers=key()).status_code == 201
    began = time.perf_counter()
    told = program.post("/api/books/main/clock", json={"to": "2029-03-03"}, headers=key()).json()
    seconds = time.perf_counter() - began
    assert told["days_closed"] == 1097
    figure(f"clock: 36 months of a loan that stays unpaid in {seconds * 1000:.0f} ms.")
    assert verify_book(site.conn, "main").findings == []


def test_a_number_of_days_asked_for_twice_under_one_key_moves_once(site: Site) -> None:
    program, again = site.program(), key()
    first = program.post("/api/books/main/clock", json={"days": 3}, headers=again)
    second = program.post("/api/books/main/clock", json={"days": 3}, headers=again)
    assert first.status_code == 200 and second.json() == first.json()
    assert program.get("/api/books/main").json()["open_on"] == "2026-03-05"
