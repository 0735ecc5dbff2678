"""What the console's pages stand on: previews of facts, the trend, a person's history, a balance opened.

Wants to prove: a preview says what recording then does, and refuses what recording refuses; the trend ends
where the overdue report is; a balance is the sum of its sources; a book that may not be seen is not shown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import psycopg
import pytest

from duewell.domain.errors import DuewellError
from duewell.domain.facts import FactLines
from duewell.domain.money import currency
from duewell.services.disburse_loan import disburse_loan
from duewell.services.move_clock import Coming, move_clock
from duewell.services.open_book import open_book
from duewell.services.open_line import open_line
from duewell.services.preview_fact import preview_fact, read_line
from duewell.services.record_fact import Request, record_fact
from duewell.services.report_ledger import balance_sources, trial_balance_of
from duewell.services.report_overdue import ageing_of, report_overdue, rolled, totals, vintages
from duewell.services.report_trend import report_trend
from duewell.services.show_history import show_history
from duewell.store import facts, loans
from duewell.store.loans import LoanKey
from tests.services.test_lines import TERMS

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
OPENED = date(2026, 3, 2)


def request(key: str) -> Request:
    return Request("test", key, "tester", AT)


def lend(
    conn: psycopg.Connection, key: str, principal: int = 1_200_000, person: int | None = None
) -> LoanKey:
    made = disburse_loan(
        conn,
        "demo",
        principal=principal,
        rate=Fraction(12, 100),
        instalments=12,
        on=None,
        request=request(key),
        person=person,
    )
    return LoanKey(int(made["person_id"]), made["loan_no"])


@pytest.fixture
def book(conn: psycopg.Connection) -> psycopg.Connection:
    open_book(conn, code="demo", currency_code="CNY", open_on=OPENED, is_sandbox=True)
    return conn


def to(conn: psycopg.Connection, day: str, *coming: tuple[LoanKey, str]) -> None:
    came = [Coming(key, line) for key, line in coming]
    move_clock(conn, "demo", to=date.fromisoformat(day), coming=came, request=request(f"clock-{day}"))


LINES = (
    "pay 500.00",
    "fee 12.50",
    "settle",
    "waive interest 3.00",
    "charge-off",
    "extend by 2 from 2026-07-02",
)


@pytest.mark.parametrize("line", LINES)
def test_a_preview_says_what_recording_then_does(book: psycopg.Connection, line: str) -> None:
    key = lend(book, "a")
    to(book, "2026-05-20", (key, "2026-04-02 pay 1066.19"))
    before = facts.posted_of(book, key)
    fact = read_line(book, key, line, ref="r-1")
    told = preview_fact(book, key, fact)
    assert facts.posted_of(book, key) == before and len(facts.kept_of(book, key)) == 2
    done = record_fact(book, key, fact, request("r-1"))
    assert done["overdue_minor"] == told.after.age.overdue
    assert done["outstanding_minor"] == told.after.age.outstanding
    assert done["principal_minor"] == told.after.state.principal_out
    posted = [each.lines for each in facts.posted_of(book, key)[len(before) :]]
    assert posted == [lines for _, lines in told.entries]
    assert all(sum(amount for _, amount in lines) == 0 for lines in posted)


REFUSED = (
    ("2026-09-01 pay 5.00", "fact-after-the-open-date"),
    ("waive penalty 900.00", "waiver-above-what-is-due"),
    ("recover 5.00", "recovery-before-charge-off"),
)


@pytest.mark.parametrize(("line", "code"), REFUSED)
def test_a_preview_refuses_what_recording_refuses(book: psycopg.Connection, line: str, code: str) -> None:
    key = lend(book, "a")
    for tried in (
        lambda fact: preview_fact(book, key, fact),
        lambda fact: record_fact(book, key, fact, request("r-1")),
    ):
        with pytest.raises(DuewellError) as found:
            tried(read_line(book, key, line, ref="r-1"))
        assert found.value.code == code


def test_a_preview_refuses_a_reference_that_is_taken(book: psycopg.Connection) -> None:
    key = lend(book, "a")
    fact = read_line(book, key, "pay 5.00", ref="r-1")
    record_fact(book, key, fact, request("r-1"))
    with pytest.raises(DuewellError) as found:
        preview_fact(book, key, read_line(book, key, "pay 6.00", ref="r-1"))
    assert found.value.code == "fact-already-recorded"


def test_a_preview_of_a_line_says_what_recording_then_does(book: psycopg.Connection) -> None:
    made = open_line(book, "demo", replace(TERMS, late_charge=None), request("line"))
    key = LoanKey(int(made["person_id"]), made["loan_no"])
    fact = read_line(book, key, "draw 100.00 as purchase", ref="d-1")
    told = preview_fact(book, key, fact)
    assert record_fact(book, key, fact, request("d-1"))["outstanding_minor"] == told.after.age.outstanding


# -- reports ---------------------------------------------------------------------------------------


def lived(book: psycopg.Connection) -> tuple[LoanKey, LoanKey, LoanKey]:
    """One loan on time, one late since May, one charged off in June."""
    good, late, lost = lend(book, "a"), lend(book, "b"), lend(book, "c")
    months = ("2026-04-02", "2026-05-02", "2026-06-02")
    to(
        book,
        "2026-06-20",
        *((good, f"{on} pay 1066.19") for on in months),
        (late, "2026-04-02 pay 1066.19"),
        (lost, "2026-06-10 charge-off"),
    )
    return good, late, lost


def test_the_trend_ends_where_the_report_of_that_day_is(book: psycopg.Connection) -> None:
    lived(book)
    trend = report_trend(book, "demo")
    assert trend.span == "month" and trend.until == date(2026, 6, 19)
    assert [each.on for each in trend.points] == [
        date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 19),
    ]  # fmt: skip
    for point in trend.points:
        whole, _ = totals(report_overdue(book, "demo", as_of=point.on, known=point.on))
        assert point.outstanding == whole["outstanding_minor"], point.on
    assert [each.missed for each in trend.points] == [0, 1, 2, 2]


def test_a_young_book_is_told_day_by_day(book: psycopg.Connection) -> None:
    assert report_trend(book, "demo").points == ()
    lend(book, "a")
    to(book, "2026-03-05")
    points = report_trend(book, "demo").points
    assert [each.on.day for each in points] == [2, 3, 4]
    assert {each.outstanding for each in points} == {1_200_000}
    assert report_trend(book, "demo", until=date(2026, 3, 3)).until == date(2026, 3, 3)


def test_loans_move_between_buckets_and_add_up(book: psycopg.Connection) -> None:
    _, late, _ = lived(book)
    then = report_overdue(book, "demo", as_of=date(2026, 5, 1))
    now = report_overdue(book, "demo")
    moves = {(m.then, m.now): m.loans for m in rolled(then, now) if m.loans}
    assert moves == {("current", "current"): 1, ("current", "31-60"): 1, ("1-30", "charged-off"): 1}
    (row,) = now.late
    assert (row.key, row.last_paid_on, row.last_paid) == (late, date(2026, 4, 2), 106_619)
    assert sum(each.outstanding for each in ageing_of(now)) == totals(now)[0]["outstanding_minor"]
    (march,) = vintages(now, months_max=24)
    assert (march.loans, march.late, march.lent) == (3, 2, 3_600_000)


def test_a_balance_is_the_sum_of_its_sources(book: psycopg.Connection) -> None:
    lived(book)
    found = trial_balance_of(book, "demo")
    for account, balance in found.balances.items():
        parts = balance_sources(book, "demo", day=found.as_of, account_code=account.code)
        assert sum(each.balance for each in parts) == balance, account
    day = date(2026, 5, 2)
    earlier = trial_balance_of(book, "demo", as_of=day - timedelta(days=1)).balances
    for account, balance in trial_balance_of(book, "demo", as_of=day).balances.items():
        parts = balance_sources(book, "demo", day=day, account_code=account.code)
        assert sum(each.debits - each.credits for each in parts) == balance - earlier.get(account, 0)


def test_what_is_learnt_late_changes_nothing_that_a_closing_has_said(book: psycopg.Connection) -> None:
    key = lend(book, "a")
    to(book, "2026-04-10")
    record_fact(
        book,
        key,
        FactLines(currency("CNY"), loans.read_facts(book, key)).read(
            "2026-04-01 pay 1066.19", source="test", source_ref="p", recorded_on=date(2026, 4, 10)
        ),
        request("p"),
    )
    to(book, "2026-04-12")
    held, seen = show_history(book, key.person_id, lambda row: True)
    assert [each.age.dpd for each in held] == [0]
    told = [(each.day, each.what, each.age.dpd, each.age.bucket) for each in reversed(seen)]
    assert told == [
        (date(2026, 4, 2), "missed", 0, "current"),
        (date(2026, 4, 3), "entered-bucket", 1, "1-30"),
    ]
    assert show_history(book, key.person_id, lambda row: False) == ([], [])


def test_history_tells_buckets_entered_and_left(book: psycopg.Connection) -> None:
    key = lend(book, "a")
    to(book, "2026-05-10", (key, "2026-05-06 pay 2132.38"))
    _, seen = show_history(book, key.person_id, lambda row: True)
    told = [(str(each.day)[5:], each.what, each.age.bucket, each.age.overdue) for each in reversed(seen)]
    assert told == [
        ("04-02", "missed", "current", 0),
        ("04-03", "entered-bucket", "1-30", 106_619),
        ("05-02", "missed", "1-30", 106_619),
        ("05-03", "entered-bucket", "31-60", 213_238),
        ("05-06", "cured", "current", 0),
    ]
