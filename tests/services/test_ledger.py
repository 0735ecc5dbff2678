"""The ledger as other people see it, on the real database.

Wants to prove: periods close and stay closed; what is learnt later is a difference in an open period; the
export is whole: beancount, which shares no code with us, adds it up to the same balances and finds a planted
error; every total opens to the exact sums it was rounded from. How: a book of loans paid, late, suspended and
written off, closed day by day over three months.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import psycopg
import pytest
from beancount import loader

from duewell.domain.errors import Refusal
from duewell.domain.facts import FactLines
from duewell.domain.ledger import CHART, PROVISION
from duewell.domain.money import currency
from duewell.domain.product import Convention, LoanTerms, PenaltyTerms, terms_to_payload
from duewell.services.close_day import close_day
from duewell.services.close_period import close_period
from duewell.services.generate_book import generate_book
from duewell.services.open_book import open_book
from duewell.services.record_fact import Request, record_fact
from duewell.services.report_ledger import ExportFormat, explain_total, export, trial_balance_of
from duewell.services.verify_book import verify_book
from duewell.store import books, days, loans
from duewell.store.loans import LoanKey

Conn = psycopg.Connection[Any]
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = date(2026, 1, 1)
PROVISIONS = ("1", "3", "25", "50", "75", "100", "100")
TERMS = LoanTerms(
    principal=120_000,
    start=START,
    instalments=12,
    rate=Fraction(12, 100),
    convention=Convention(suspends_from_dpd=31),
    penalty=PenaltyTerms(rate=Fraction(18, 100), grace_days=3),
)


@pytest.fixture
def book(conn: Conn) -> Conn:
    open_book(
        conn, code="demo", currency_code="CNY", open_on=START, is_sandbox=True, provision_pct=PROVISIONS
    )
    row = books.read_book(conn, "demo")
    books.add_product(conn, row, "plain", version=1, valid_from=START, terms=terms_to_payload(TERMS))
    for person_id in (1 << 59, 5 << 59, 9 << 59):
        conn.execute("insert into duewell.person (person_id, realm) values (%s, 1)", [person_id])
        key = loans.create_loan(
            conn,
            person_id=person_id,
            book_id=row.book_id,
            product_code="plain",
            product_version=1,
            terms=TERMS,
            opened_on=START,
        )
        tell(conn, key, "lend 1200.00")
    return conn


def tell(conn: Conn, key: LoanKey, line: str) -> None:
    row = loans.read_loan(conn, key)
    ref = f"{key.person_id >> 59}/{row.book_open_on}/{line}"
    fact = FactLines(currency("CNY"), loans.read_facts(conn, key)).read(
        line, source="t", source_ref=ref, recorded_on=row.book_open_on, on=row.book_open_on
    )
    record_fact(conn, key, fact, Request("t", ref, "tester", AT))


PAID, LATE, LOST = (LoanKey(slice_no << 59, 1) for slice_no in (1, 5, 9))


def live(conn: Conn) -> None:
    """Three months: one loan paid on time, one never, one paid in part and written off in March."""
    close(conn, "2026-01-31")
    tell(conn, PAID, "pay 106.62")
    tell(conn, LOST, "pay 50.00")
    close(conn, "2026-02-28")
    tell(conn, PAID, "pay 106.62")
    close(conn, "2026-03-19")
    tell(conn, LOST, "charge-off")
    close(conn, "2026-03-31")


def close(conn: Conn, until: str) -> None:
    close_day(conn, "demo", until=date.fromisoformat(until), at=AT)


def close_month(conn: Conn, end: str) -> bytes:
    return close_period(conn, "demo", ends_on=date.fromisoformat(end), at=AT, actor="tester").digest


def clean(conn: Conn) -> None:
    assert verify_book(conn, "demo").findings == []


def exported(conn: Conn, form: ExportFormat, *, is_detailed: bool, first: date | None = None) -> str:
    return "".join(export(conn, "demo", form=form, first=first, last=None, is_detailed=is_detailed))


def test_a_period_closes_once_and_sets_aside_what_its_loans_ask_for(book: Conn) -> None:
    live(book)
    first = close_month(book, "2026-01-31")
    assert close_month(book, "2026-01-31") == first, "twice is once"
    # Three loans of 1,200.00, none late: 1 % each.
    assert trial_balance_of(book, "demo", as_of=date(2026, 1, 31)).balances[PROVISION] == -3_600
    close_month(book, "2026-03-31")
    # Paid on time 1,200.00 - 94.62 - 95.57 = 1,009.81, at 1 %; the one 58 days late owes 1,200.00, at 25 %.
    assert trial_balance_of(book, "demo", as_of=date(2026, 3, 31)).balances[PROVISION] == -(1_010 + 30_000)
    clean(book)


def test_what_is_learnt_after_a_close_is_a_difference_in_the_open_period(book: Conn) -> None:
    live(book)
    close_month(book, "2026-01-31")
    close_month(book, "2026-02-28")
    ends = (date(2026, 1, 31), date(2026, 2, 28))
    before = {day: trial_balance_of(book, "demo", as_of=day).balances for day in ends}
    tell(book, LATE, "2026-01-20 pay 300.00")
    close(book, "2026-04-01")
    for day, balances in before.items():
        assert trial_balance_of(book, "demo", as_of=day).balances == balances, "closed is closed"
    clean(book)


def test_a_closed_period_refuses_entries_even_of_the_database_owner(book: Conn) -> None:
    live(book)
    close_month(book, "2026-02-28")
    with pytest.raises(psycopg.errors.RestrictViolation):
        book.execute(
            "insert into duewell.gl_journal (book_id, day, product_no, accounts, amounts)"
            " values (1, '2026-02-27', 7, '{1,2}'::smallint[], '{5,-5}'::bigint[])"
        )
    with pytest.raises(psycopg.errors.RestrictViolation):
        book.execute("update duewell.book set open_on = '2026-02-01'")


def test_an_entry_slipped_into_a_closed_period_is_found(book: Conn) -> None:
    live(book)
    close_month(book, "2026-02-28")
    seq = 1
    book.execute(
        "insert into duewell.journal select person_id, loan_no, seq, 99, '2026-02-10', accounts, amounts"
        " from duewell.journal where person_id = %s and seq = %s and part = 1",
        [LATE.person_id, seq],
    )
    codes = {code for code, _ in verify_book(book, "demo").findings}
    assert {"period-entries-differ", "period-balances-differ"} <= codes


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("2026-04-01", "period-days-open"),
        ("2026-01-15", "period-closed-before"),
        ("2025-12-31", "period-closed-before"),
    ],
)
def test_a_period_that_cannot_close_is_refused(book: Conn, end: str, code: str) -> None:
    live(book)
    close_month(book, "2026-01-31")
    with pytest.raises(Refusal) as refused:
        close_month(book, end)
    assert refused.value.code == code


@pytest.mark.parametrize("is_detailed", [False, True])
@pytest.mark.parametrize("first", [None, date(2026, 2, 10)])
def test_beancount_adds_the_export_up_to_the_same_balances(
    book: Conn, tmp_path: Path, is_detailed: bool, first: date | None
) -> None:
    live(book)
    close_month(book, "2026-02-28")
    path = tmp_path / "book.beancount"
    path.write_text(exported(book, ExportFormat.BEANCOUNT, is_detailed=is_detailed, first=first), "utf-8")
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    kinds = [type(each).__name__ for each in entries]
    assert kinds.count("Balance") == len(CHART) and kinds.count("Transaction") > 10
    lines = path.read_text("utf-8").splitlines()
    spoilt = next(n for n, line in enumerate(lines) if "LoansPrincipal" in line and line.startswith("  "))
    lines[spoilt] = lines[spoilt].replace(".", "9.", 1)
    path.write_text("\n".join(lines), "utf-8")
    assert loader.load_file(str(path))[1], "an error planted is found"


def test_the_csv_holds_every_line_and_adds_up_to_the_trial_balance(book: Conn) -> None:
    live(book)
    for is_detailed in (False, True):
        rows = list(csv.DictReader(io.StringIO(exported(book, ExportFormat.CSV, is_detailed=is_detailed))))
        sums: dict[str, int] = {}
        for row in rows:
            net = int(row["debit_minor"]) - int(row["credit_minor"])
            sums[row["account"]] = sums.get(row["account"], 0) + net
        balances = trial_balance_of(book, "demo").balances
        assert {code: net for code, net in sums.items() if net} == {a.code: m for a, m in balances.items()}
        assert all(row["currency"] == "CNY" and row["product"] == "plain" for row in rows)


def test_every_total_of_every_day_opens_to_the_sums_it_was_rounded_from(book: Conn) -> None:
    live(book)
    day, posted = START, {}
    while day <= date(2026, 3, 31):
        for account in CHART:
            for total in explain_total(book, "demo", day=day, account_code=account.code):
                for piece in total.after:
                    # Half-even of the exact amount, had again from the exact amount alone.
                    assert piece.whole == round(piece.exact)
                posted[account] = posted.get(account, 0) + total.posted
        day += timedelta(days=1)
    held = days.gl_balances(book, 1, date(2026, 3, 31))
    moved: dict[Any, int] = {}
    for key in (PAID, LATE, LOST):
        for journal in loans.read_journals(book, key):
            for line in journal.lines:
                moved[line.account] = moved.get(line.account, 0) + line.amount_minor
    for account in CHART:
        total = sum(each.get(account, 0) for each in held.values())
        assert posted.get(account, 0) + moved.get(account, 0) == total, account.code


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"as_of": date(2026, 4, 1)}, "ledger-day-open"), ({"as_of": date(2027, 1, 1)}, "ledger-day-open")],
)
def test_an_open_day_has_no_trial_balance(book: Conn, asked: dict[str, Any], code: str) -> None:
    live(book)
    with pytest.raises(Refusal) as refused:
        trial_balance_of(book, "demo", **asked)
    assert refused.value.code == code


def test_a_book_without_a_closed_day_has_no_ledger_to_show(book: Conn) -> None:
    with pytest.raises(Refusal) as refused:
        trial_balance_of(book, "demo")
    assert refused.value.code == "no-day-closed-yet"


@pytest.mark.parametrize("first", [None, date(2026, 6, 1), date(2026, 6, 3), date(2026, 6, 5)])
@pytest.mark.parametrize("is_detailed", [False, True])
def test_a_book_whose_loans_bring_a_history_exports_what_beancount_adds_up(
    conn: Conn, tmp_path: Path, first: date | None, is_detailed: bool
) -> None:
    generate_book(conn, "gen", count=60, seed=3, open_on=date(2026, 6, 1), at=AT)
    close_day(conn, "gen", until=date(2026, 6, 5), at=AT)
    path = tmp_path / "g.beancount"
    told = export(conn, "gen", form=ExportFormat.BEANCOUNT, first=first, last=None, is_detailed=is_detailed)
    path.write_text("".join(told), "utf-8")
    _, errors, _ = loader.load_file(str(path))
    assert errors == []
    assert "balances before" in path.read_text("utf-8")


def test_a_day_before_the_book_has_no_balances(conn: Conn) -> None:
    generate_book(conn, "gen", count=5, seed=3, open_on=date(2026, 6, 1), at=AT)
    close_day(conn, "gen", until=date(2026, 6, 2), at=AT)
    before = date(2026, 5, 31)
    for ask in (
        lambda: trial_balance_of(conn, "gen", as_of=before),
        lambda: explain_total(conn, "gen", day=before, account_code="interest_income"),
        lambda: list(export(conn, "gen", form=ExportFormat.CSV, first=before, last=None, is_detailed=False)),
    ):
        with pytest.raises(Refusal) as refused:
            ask()
        assert refused.value.code == "day-before-the-book"
