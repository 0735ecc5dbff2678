"""Business days closed on the real database.

Wants to prove: the general ledger after any run of days is what the folds say (verify is clean);
closing twice changes nothing; missed days caught up are single days; a killed run goes on; facts that
come late, in the middle of a run, or are taken back leave no difference.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import psycopg
import pytest

from bench import database, kills
from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.facts import ChargeBase, DueDateMoved, Extended, Fact, FactKind, ReAged, ReAmortized
from duewell.domain.loan import fold
from duewell.domain.product import Convention, Engine, LoanTerms, PenaltyTerms, terms_to_payload
from duewell.services.close_day import Progress, close_day
from duewell.services.rebuild_agendas import rebuild_agendas
from duewell.services.record_fact import Request, record_fact
from duewell.services.report_overdue import report_overdue
from duewell.services.verify_book import verify_book
from duewell.store import books, days, loans
from duewell.store.loans import LoanKey
from duewell.store.server import EmbeddedServer, create_database

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = date(2026, 1, 1)
Conn = psycopg.Connection[Any]
PENALTY = PenaltyTerms(rate=Fraction(27, 100), grace_days=3)


def terms(**more: Any) -> LoanTerms:
    given: dict[str, Any] = {
        "principal": 1_200_000,
        "start": START,
        "instalments": 6,
        "rate": Fraction(18, 100),
        "penalty": PENALTY,
    }
    return LoanTerms(**given | more)


PRODUCTS = {
    "equal": terms(),
    "flat": terms(convention=Convention(engine=Engine.CUMULATIVE, is_recalculated_daily=False)),
}


@pytest.fixture
def book(conn: Conn) -> Conn:
    row = books.open_book(
        conn,
        code="demo",
        name="Demo",
        legal_entity="Demo Ltd",
        jurisdiction="CN",
        currency="CNY",
        zone="Asia/Shanghai",
        calendar="CN",
        cutoff="23:00",
        open_on=START,
        is_sandbox=True,
        settings={},
    )
    for code, each in PRODUCTS.items():
        books.add_product(conn, row, code, version=1, valid_from=START, terms=terms_to_payload(each))
    return conn


def lend(conn: Conn, person_id: int, product: str = "equal") -> LoanKey:
    open_on = books.read_book(conn, "demo").open_on
    conn.execute(
        "insert into duewell.person (person_id, realm) values (%s, 1) on conflict do nothing", [person_id]
    )
    agreed = PRODUCTS[product]
    key = loans.create_loan(
        conn,
        person_id=person_id,
        book_id=1,
        product_code=product,
        product_version=1,
        terms=agreed,
        opened_on=open_on,
    )
    send(conn, key, FactKind.DISBURSED, START, "d", agreed.principal)
    return key


def send(conn: Conn, key: LoanKey, kind: FactKind, on: date, ref: str, amount: int = 0, **more: Any) -> None:
    fact = Fact(kind, on, date(1970, 1, 1), "test", ref, amount=amount, **more)
    record_fact(conn, key, fact, Request("test", f"{key.person_id}/{key.loan_no}/{kind}/{ref}", "tester", AT))


def close(conn: Conn, until: str) -> list[date]:
    return [r.day for r in close_day(conn, "demo", until=date.fromisoformat(until), at=AT)]


def clean(conn: Conn) -> None:
    verdict = verify_book(conn, "demo")
    assert verdict.findings == []
    assert verdict.checked["journals-differ-from-facts"] > 0


def snapshot(conn: Conn) -> list[Any]:
    tables = ["portfolio_sum", "gl_journal", "observation", "wish", "agenda", "day_sum"]
    return [sorted(conn.execute(f"select * from duewell.{t}").fetchall(), key=repr) for t in tables]  # noqa: S608


def instalment(key: LoanKey, conn: Conn, nr: int) -> tuple[date, int]:
    loan = loans.read_loan(conn, key)
    row = fold(loan.terms, loans.read_facts(conn, key), as_of=START).rows[nr - 1]
    return row.due_on, row.due[2] + row.due[3]


def test_a_loan_nobody_pays_grows_old_without_another_fold(book: Conn) -> None:
    lend(book, 7)
    turned = [r.turned for r in close_day(book, "demo", until=date(2026, 8, 31), at=AT)]
    assert sum(turned) == 1
    clean(book)


def test_a_book_with_buckets_of_its_own_enters_them_on_its_own_days(book: Conn) -> None:
    book.execute("update duewell.book set settings = '{\"bucket_days\": [1, 8]}'")
    lend(book, 7)
    close(book, "2026-03-05")
    clean(book)
    edges = book.execute("select day from duewell.observation where kind = 4 order by day").fetchall()
    assert [str(day) for (day,) in edges] == ["2026-02-02", "2026-02-09"]
    report = report_overdue(book, "demo")
    assert [each.bucket for each in report.loans] == ["7+"]
    assert [name for name, _ in report.buckets] == ["current", "1-7", "7+"]


def test_a_loan_charged_off_stands_apart_and_is_chased_no_more(book: Conn) -> None:
    key = lend(book, 7)
    lend(book, 8)
    close(book, "2026-02-10")
    send(book, key, FactKind.CHARGED_OFF, date(2026, 2, 11), "off")
    wishes = "select count(*) from duewell.wish where person_id = 7"
    before = book.execute(wishes).fetchone()
    close(book, "2026-05-20")
    clean(book)
    assert book.execute(wishes).fetchone() == before
    report = report_overdue(book, "demo")
    assert [each.key.person_id for each in report.loans] == [8]
    ((off),) = report.charged_off
    assert (off.key, off.on) == (key, date(2026, 2, 11))
    send(book, key, FactKind.RECOVERED, date(2026, 5, 21), "agency", off.claim)
    assert report_overdue(book, "demo").charged_off == ()
    close(book, "2026-05-25")
    clean(book)


def test_a_loan_paid_on_its_days_is_never_turned(book: Conn) -> None:
    key = lend(book, 7)
    for nr in range(1, 7):
        due_on, amount = instalment(key, book, nr)
        close(book, str(due_on - timedelta(days=1)))
        send(book, key, FactKind.PAYMENT_RECEIVED, due_on, f"p{nr}", amount)
        reports = close_day(book, "demo", until=due_on, at=AT)
        assert [r.turned for r in reports] == [0]
    clean(book)
    assert fold(PRODUCTS["equal"], loans.read_facts(book, key), as_of=date(2026, 7, 1)).principal_out == 0


def test_closing_a_day_twice_changes_nothing(book: Conn) -> None:
    lend(book, 7)
    assert close(book, "2026-02-10")[-1] == date(2026, 2, 10)
    before = snapshot(book)
    assert close(book, "2026-02-10") == []
    assert snapshot(book) == before


def test_missed_days_caught_up_are_the_same_as_single_days(book: Conn, url: str) -> None:
    lend(book, 7)
    lend(book, 9 << 59, "flat")
    close(book, "2026-03-10")
    once = snapshot(book)
    book.execute("begin")
    for table in (
        "gl_journal",
        "portfolio_sum",
        "day_sum",
        "day_ahead",
        "day_chunk",
        "day_run",
        "observation",
        "wish",
    ):
        book.execute(f"alter table duewell.{table} disable trigger all")
        book.execute(f"delete from duewell.{table}")  # noqa: S608
        book.execute(f"alter table duewell.{table} enable trigger all")
    book.execute("alter table duewell.book disable trigger only_forward")
    book.execute("update duewell.book set open_on = '2026-01-01'")
    book.execute("alter table duewell.book enable trigger only_forward")
    for person_id in (7, 9 << 59):
        rewrite(book, LoanKey(person_id, 1))
    book.execute("commit")
    day = START
    while day <= date(2026, 3, 10):
        close(book, str(day))
        day += timedelta(days=1)
    assert snapshot(book) == once


def rewrite(conn: Conn, key: LoanKey) -> None:
    """Put back the agenda as it was on the first day."""
    from duewell.domain.loan import agenda
    from duewell.store import agendas

    loan = loans.read_loan(conn, key)
    plan, _ = agenda(loan.terms, loans.read_facts(conn, key), open_on=START)
    plans = [(key, loan.product_no, plan)]
    agendas.put_agendas(conn, plans, book_id=loan.book_id, open_on=START, measures=agendas.Measures(conn))


def test_a_run_that_stopped_after_some_slices_goes_on(book: Conn) -> None:
    lend(book, 7)
    lend(book, 9 << 59)
    close(book, "2026-01-31")

    def stop(progress: Progress) -> None:
        if progress.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        close_day(book, "demo", until=date(2026, 2, 1), at=AT, slices=16, on_progress=stop)
    assert books.read_book(book, "demo").open_on == date(2026, 2, 2)
    reports = close_day(book, "demo", until=date(2026, 2, 1), at=AT)
    assert [(r.day, r.turned, r.was_resumed) for r in reports] == [(date(2026, 2, 1), 2, True)]
    clean(book)


def test_a_payment_in_the_middle_of_a_run_counts_on_the_next_day(book: Conn) -> None:
    key = lend(book, 9 << 59)
    close(book, "2026-01-31")

    def pay(progress: Progress) -> None:
        if progress.done == 3:
            send(book, key, FactKind.PAYMENT_RECEIVED, date(2026, 2, 2), "p", 50_000)

    close_day(book, "demo", until=date(2026, 2, 1), at=AT, slices=16, on_progress=pay)
    assert book.execute("select turned, entries from duewell.day_ahead").fetchall() == [(1, 1)]
    clean(book)
    close(book, "2026-02-05")
    clean(book)


def test_a_payment_learnt_late_and_one_taken_back_leave_the_ledger_exact(book: Conn) -> None:
    key = lend(book, 7)
    close(book, "2026-03-20")
    send(book, key, FactKind.PAYMENT_RECEIVED, date(2026, 2, 1), "late", 210_000)
    clean(book)
    close(book, "2026-03-25")
    clean(book)
    back = ("PaymentReceived", "test", "late")
    send(book, key, FactKind.REVERSED, date(2026, 2, 1), "back", reverses=back)
    close(book, "2026-04-05")
    clean(book)


@pytest.mark.parametrize("seed", range(4))
def test_a_season_of_random_payments_leaves_every_identity_whole(book: Conn, seed: int) -> None:
    chance = random.Random(seed)
    keys = [lend(book, (n << 59) + n + 1, chance.choice(["equal", "flat"])) for n in range(0, 16, 2)]
    sent: list[tuple[LoanKey, str, date]] = []
    day = START
    for n in range(14):
        day += timedelta(days=chance.randint(1, 12))
        close(book, str(day - timedelta(days=1)))
        for key in chance.sample(keys, 3):
            on = day - timedelta(days=chance.choice([0, 0, 1, 9, 30]))
            if on < START:
                continue
            if sent and chance.random() < 0.2:
                gone, ref, when = sent.pop(chance.randrange(len(sent)))
                back = ("PaymentReceived", "test", ref)
                send(book, gone, FactKind.REVERSED, when, f"back-{ref}", reverses=back)
            else:
                amount = chance.choice([500, 105_000, 210_629, 300_000])
                send(book, key, FactKind.PAYMENT_RECEIVED, on, f"p{n}", amount)
                sent.append((key, f"p{n}", on))
        if n % 5 == 0:
            clean(book)
    close(book, str(day))
    clean(book)


@pytest.mark.parametrize("seed", range(4))
def test_a_season_of_new_plans_waivers_and_charge_offs_leaves_every_identity_whole(
    book: Conn, seed: int
) -> None:
    """Facts of every kind, on time and learnt late, between closed days; a refused one leaves nothing."""
    chance = random.Random(1000 + seed)
    keys = [lend(book, (n << 59) + n + 1, chance.choice(["equal", "flat"])) for n in range(0, 16, 2)]
    day, kinds = START, set()
    for n in range(16):
        day += timedelta(days=chance.randint(1, 12))
        close(book, str(day - timedelta(days=1)))
        for key in chance.sample(keys, 4):
            on = max(START, day - timedelta(days=chance.choice([0, 0, 0, 3, 20])))
            fact = any_fact(chance, book, key, on, f"f{n}")
            request = Request("test", f"{key.person_id}/{n}", "tester", AT)
            try:
                record_fact(book, key, fact, request)
            except Refusal:
                continue
            kinds.add(fact.kind)
        if n % 4 == 0:
            clean(book)
    close(book, str(day))
    clean(book)
    assert len(kinds) >= 3


def any_fact(chance: random.Random, conn: Conn, key: LoanKey, on: date, ref: str) -> Fact:
    loan = loans.read_loan(conn, key)
    facts = [f for f in loans.read_facts(conn, key) if f.effective_on <= on]
    rows = fold(loan.terms, facts, as_of=on).rows
    due = chance.choice(rows).due_on
    plan = chance.choice(
        [
            DueDateMoved(due, due + timedelta(days=chance.randint(-5, 20))),
            Extended(due, chance.randint(1, 3)),
            ReAged(on + timedelta(days=chance.randint(1, 31)), chance.randint(2, 8)),
            ReAmortized(),
        ]
    )
    owed = [sum(max(r.due[p] - r.paid[p], 0) for r in rows if r.due_on <= on) for p in range(4)]
    base = Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", ref, amount=chance.randint(1, 300_000))
    return chance.choice(
        [
            base,
            base,
            replace(base, kind=FactKind.RESCHEDULED, amount=0, reschedule=plan),
            replace(base, kind=FactKind.WAIVED, amount=0, parts=tuple(chance.randint(0, m) for m in owed)),
            replace(
                base, kind=FactKind.FEE_CHARGED, amount=0, pct=Fraction(1, 100), base=ChargeBase.INTEREST
            ),
            replace(base, kind=FactKind.PENALTY_CHARGED, amount=900),
            replace(base, kind=FactKind.PAUSE_SET, amount=0, until=on + timedelta(days=10)),
            replace(base, kind=FactKind.RATE_CHANGED, amount=0, rate=Fraction(chance.randint(0, 24), 100)),
            replace(base, kind=FactKind.CHARGED_OFF, amount=0),
        ]
    )


def test_a_day_before_the_book_is_refused(book: Conn) -> None:
    with pytest.raises(InvalidInput) as refused:
        close(book, "2025-12-31")
    assert refused.value.code == "day-before-the-book"


def test_verify_finds_a_cent_that_went_astray(book: Conn) -> None:
    key = lend(book, 7)
    close(book, "2026-02-05")
    book.execute("alter table duewell.journal disable trigger append_only")
    book.execute("update duewell.journal set amounts = array[amounts[1] + 1, amounts[2] - 1] where seq = 1")
    codes = {code for code, _ in verify_book(book, "demo").findings}
    assert {"append-only-trigger-missing", "journals-differ-from-facts", "ledger-differs-from-loans"} <= codes
    assert key.loan_no == 1


def test_verify_finds_an_agenda_that_says_something_else(book: Conn) -> None:
    lend(book, 7)
    book.execute("update duewell.agenda set level[cardinality(level)] = level[cardinality(level)] + 1")
    assert "agenda-differs-from-facts" in {code for code, _ in verify_book(book, "demo").findings}


def test_wishes_come_before_the_due_date_and_stop_pressing_after_it(book: Conn) -> None:
    lend(book, 7)
    close(book, "2026-02-20")
    kinds = book.execute("select kind, not_before from duewell.wish order by not_before").fetchall()
    assert [(k, str(d)) for k, d in kinds] == [
        ("remind", "2026-01-29"),
        ("remind", "2026-01-31"),
        ("remind", "2026-02-01"),
        ("remind-late", "2026-02-02"),
        ("offer-help", "2026-02-06"),
        ("call", "2026-02-11"),
        ("offer-help", "2026-02-21"),
    ]
    assert days.last_closed(book, 1) == date(2026, 2, 20)


# -- slices and workers ----------------------------------------------------------------------------


def copies(server: EmbeddedServer, url: str, count: int) -> list[Conn]:
    """Copies of a book nobody is connected to."""
    name = database.name_of(url)
    made = [create_database(server, f"{name}_copy_{n}", template=name) for n in range(count)]
    return [psycopg.connect(each, autocommit=True) for each in made]


def test_no_figure_depends_on_the_number_of_slices_or_of_workers(
    book: Conn, url: str, server: EmbeddedServer
) -> None:
    for number in range(1, 12):
        lend(book, number << 59, "flat" if number % 3 else "equal")
    book.close()
    told, books_of = [], copies(server, url, 3)
    for (slices, workers), conn in zip([(1, 1), (4, 2), (64, 1)], books_of, strict=True):
        connect = partial(psycopg.connect, conn.info.dsn, autocommit=True)
        reports = close_day(
            conn, "demo", until=date(2026, 2, 20), at=AT, slices=slices, workers=workers, connect=connect
        )
        clean(conn)
        chunks = conn.execute("select count(*) from duewell.day_chunk").fetchone()
        assert chunks == (len(reports) * slices,)
        told.append(reports)
    assert told[0] == told[1] == told[2]
    of_slices = {"day_sum", "day_chunk"}
    assert all(set(kills.differing(books_of[0], other)) <= of_slices for other in books_of[1:])
    for conn in books_of:
        conn.close()


def test_a_worker_that_dies_leaves_its_slices_to_the_others(book: Conn) -> None:
    lend(book, 7)
    lend(book, 9 << 59)
    reports = close_day(book, "demo", until=START, at=AT, slices=4, workers=2, connect=partial(os._exit, 3))
    assert [r.day for r in reports] == [START]
    clean(book)


@pytest.mark.parametrize(
    ("given", "code"), [({"slices": 3}, "slices-out-of-range"), ({"workers": 65}, "workers-out-of-range")]
)
def test_slices_and_workers_that_cannot_be_are_refused(book: Conn, given: dict[str, int], code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        close_day(book, "demo", until=START, at=AT, **given)


# -- what verify finds -----------------------------------------------------------------------------

PLANTED = {
    "a level of an agenda": (
        "update duewell.agenda set level = array(select l + 1 from unnest(level) as l) where person_id = 7",
        "agendas-differ-from-sums",
    ),
    "a sum of a day": (
        "update duewell.portfolio_sum set value = value + 1 where day = '2026-02-03'",
        "sums-do-not-follow",
    ),
    "what a slice added": ("update duewell.day_sum set adds = adds + 1", "sums-do-not-follow"),
    "a total posted": (
        "update duewell.gl_journal set amounts[1] = amounts[1] + 1, amounts[2] = amounts[2] - 1"
        " where day = '2026-02-01'",
        "totals-differ-from-sums",
    ),
    "what was paid by table": (
        "update duewell.loan_state set paid_minor = paid_minor + 1 where person_id = 7",
        "paid-differs-from-facts",
    ),
    "a loan's journal": (
        "update duewell.journal set amounts[1] = amounts[1] + 1, amounts[2] = amounts[2] - 1",
        "journals-differ-from-facts",
    ),
}
OF_LOANS = {"paid-differs-from-facts", "journals-differ-from-facts"}


@pytest.mark.parametrize("what", PLANTED)
def test_verify_finds_what_was_changed_behind_its_back(book: Conn, what: str) -> None:
    lend(book, 7)
    lend(book, 9 << 59, "flat")
    close(book, "2026-02-05")
    clean(book)
    statement, code = PLANTED[what]
    book.execute("set session_replication_role = replica")
    assert book.execute(statement).rowcount > 0
    assert code in {found for found, _ in verify_book(book, "demo").findings}
    assert code in {found for found, _ in verify_book(book, "demo", sample=2).findings}
    sums_only = {found for found, _ in verify_book(book, "demo", sample=0).findings}
    assert (code in sums_only) is (code not in OF_LOANS)


def test_a_sample_says_how_many_wrong_loans_it_could_have_missed(book: Conn) -> None:
    for person in range(1, 9):
        lend(book, person)
    close(book, "2026-01-03")
    found = verify_book(book, "demo", sample=3, seed=5)
    assert found.findings == []
    assert found.wrong_share_max is not None
    assert found.wrong_share_max == pytest.approx(0.632, abs=0.001)
    assert found.checked["journals-differ-from-facts"] == 3
    assert verify_book(book, "demo", sample=8).wrong_share_max is None
    with pytest.raises(InvalidInput, match="sample-negative"):
        verify_book(book, "demo", sample=-1)


def test_agendas_are_written_anew_from_facts(book: Conn) -> None:
    keys = [lend(book, 7), lend(book, 9 << 59, "flat")]
    close(book, "2026-02-05")
    send(book, keys[0], FactKind.PAYMENT_RECEIVED, date(2026, 2, 6), "p", 50_000)
    book.execute("update duewell.agenda set base_on = null, level = '{}', level_measure = '{}'")
    assert {code for code, _ in verify_book(book, "demo").findings} >= {"agendas-without-standing"}
    assert rebuild_agendas(book, "demo") == 2
    clean(book)
    close(book, "2026-03-05")
    clean(book)
