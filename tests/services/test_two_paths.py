"""Two posting paths, one result: by table and by the fold, beside each other on twin loans.

Wants to prove: whatever is paid, when and in whatever batches, both paths leave the same facts, journals,
answers and ledgers; a batch equals its payments one by one; keys, refusals and races come out the same.
How: random loans of every convention, each twice; one twin takes the general path throughout.
"""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from duewell.domain.calendar import DaysInMonth, DaysInYear
from duewell.domain.facts import Fact, FactKind
from duewell.domain.money import Rounding
from duewell.domain.product import (
    OWN_TERMS,
    Amortization,
    Convention,
    Engine,
    FeeBasis,
    FeeTerms,
    FeeWhen,
    InterestMethod,
    LoanTerms,
    PenaltyTerms,
)
from duewell.services.close_day import Progress, close_day
from duewell.services.verify_book import verify_book
from duewell.store import agendas, books, bulk, days, posting
from duewell.store.bulk import NewLoan
from duewell.store.loans import LoanKey
from duewell.store.posting import Posted, Request

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
START = date(2026, 1, 5)
Conn = psycopg.Connection[Any]


def terms(chance: random.Random) -> LoanTerms:
    month = chance.choice(list(DaysInMonth))
    years = [DaysInYear.D360, DaysInYear.D365] + [DaysInYear.ACTUAL] * (month is DaysInMonth.ACTUAL)
    fee = FeeTerms("fee", "lender", FeeWhen.EACH, FeeBasis.FLAT, amount=150, pct=None, source="clause 3")
    return LoanTerms(
        principal=chance.randint(50_000, 2_000_000),
        start=START - timedelta(days=chance.randint(0, 40)),
        instalments=chance.randint(2, 12),
        rate=Fraction(chance.randint(0, 3600), 10_000),
        convention=Convention(
            engine=chance.choice(list(Engine)),
            rounding=chance.choice(list(Rounding)),
            days_in_month=month,
            days_in_year=chance.choice(years),
            interest_method=chance.choice(list(InterestMethod)),
            amortization=chance.choice(list(Amortization)),
            is_recalculated_daily=chance.random() < 0.5,
        ),
        penalty=chance.choice([None, PenaltyTerms(rate=Fraction(27, 100), grace_days=3)]),
        grace_principal=chance.choice([0, 0, 1]),
        fees=chance.choice([(), (fee,)]),
    )


def lend(conn: Conn, *, pairs: int, seed: int) -> list[tuple[LoanKey, LoanKey]]:
    """A book of twin loans, the ones of even and the others of odd person ids."""
    book = books.open_book(
        conn,
        code="twins",
        name="Twins",
        legal_entity="Twins Ltd",
        jurisdiction="CN",
        currency="CNY",
        zone="Asia/Shanghai",
        calendar="CN",
        cutoff="23:00",
        open_on=START,
        is_sandbox=True,
        settings={},
    )
    numbers = {
        code: books.add_product(conn, book, code, version=1, valid_from=START, terms=OWN_TERMS)
        for code in ("table", "general")
    }
    chance = random.Random(seed)
    made, before, keys = [], {}, []
    for n in range(pairs):
        agreed = terms(chance)
        person = chance.randint(1, 2**62 - 1) * 2
        for k, code in enumerate(numbers):
            paid_out = Fact(FactKind.DISBURSED, agreed.start, START, "test", "d", amount=agreed.principal)
            new = NewLoan(person + k, f"{n}-{code}", code, numbers[code], agreed, (paid_out,))
            one = bulk.computed(new, book)
            made.append(one)
            sums = before.setdefault(numbers[code], {})
            for name, value in one.before.items():
                sums[name] = sums.get(name, 0) + value
        keys.append((LoanKey(person, 1), LoanKey(person + 1, 1)))
    with conn.transaction():
        bulk.write_loans(conn, book, made, actor="tester", at=AT)
        bulk.write_standing(conn, book, before, at=AT)
    return keys


def pay(loan: LoanKey, on: date, ref: str, amount: int, *, key: str = "") -> tuple[LoanKey, Fact, Request]:
    fact = Fact(FactKind.PAYMENT_RECEIVED, on, on, "bank", ref, amount=amount)
    return loan, fact, Request("tests", key or f"{loan.person_id}/{ref}", "tester", AT)


def told(posted: Posted) -> Any:
    """What a payment answered, but for whose it is."""
    if posted.refusal is not None:
        return posted.refusal.code
    assert posted.result is not None
    return {key: value for key, value in posted.result.items() if key != "person_id"}


FACTS = """
select seq, kind, schema_version, effective_on, recorded_on, recorded_at, source, source_ref, actor, payload
from duewell.loan_fact where person_id = %s and loan_no = %s order by seq
"""
JOURNALS = """
select seq, part, posted_on, accounts, amounts from duewell.journal
where person_id = %s and loan_no = %s order by seq, part
"""


def kept(conn: Conn, key: LoanKey) -> list[Any]:
    where = [key.person_id, key.loan_no]
    return [conn.execute(query, where).fetchall() for query in (FACTS, JOURNALS)]


def due_now(conn: Conn, on: date) -> dict[LoanKey, int]:
    return dict(agendas.due_on(conn, 1, on))


@pytest.mark.parametrize("seed", range(3))
def test_both_paths_leave_the_same_facts_journals_answers_and_ledgers(conn: Conn, seed: int) -> None:
    twins = lend(conn, pairs=40, seed=seed)
    chance = random.Random(f"pay {seed}")
    paths: Counter[str] = Counter()
    day = START
    for _ in range(70):
        asked = due_now(conn, day)
        first, second = [], []
        for n, (a, b) in enumerate(twins):
            for k, amount in enumerate(amounts(chance, asked.get(a, 0))):
                first.append(pay(a, day, f"{day}-{n}-{k}", amount))
                second.append(pay(b, day, f"{day}-{n}-{k}", amount))
        one = posting.record_payments(conn, first)
        other = posting.record_payments(conn, second, is_by_table=False)
        paths.update(each.path for each in one)
        assert [told(each) for each in one] == [told(each) for each in other]
        close_day(conn, "twins", until=day, at=AT, slices=chance.choice([1, 4]))
        day += timedelta(days=1)
    for a, b in twins:
        assert kept(conn, a) == kept(conn, b)
    verdict = verify_book(conn, "twins")
    assert verdict.findings == []
    assert sums_of(conn, 1) == sums_of(conn, 2)
    assert paths["posted"] > 40
    assert paths["general"] > 20


def sums_of(conn: Conn, product_no: int) -> list[Any]:
    return conn.execute(
        "select s.day, m.name, m.accrual_class, s.value from duewell.portfolio_sum s"
        " join duewell.measure m using (measure_no) where product_no = %s order by 1, 2, 3",
        [product_no],
    ).fetchall()


def amounts(chance: random.Random, due: int) -> list[int]:
    """What a borrower sends on a day: nothing, all that is due, parts of it, too much, or something ahead."""
    if not due:
        return [chance.randint(1, 50_000)] if chance.random() < 0.02 else []
    kind = chance.random()
    if kind < 0.6:
        return [due]
    if kind < 0.75 and due > 2:
        part = chance.randint(1, due - 1)
        return [part, due - part]
    if kind < 0.85:
        return [chance.randint(1, due)]
    return [due + chance.randint(1, 20_000)] if kind < 0.9 else []


def test_a_key_is_kept_with_its_answer_on_either_path(conn: Conn) -> None:
    twins = lend(conn, pairs=12, seed=7)
    loan, day, due = first_due(conn, twins)
    (done,) = posting.record_payments(conn, [pay(loan, day, "p", due, key="k")])
    assert done.path == "posted"
    (again,) = posting.record_payments(conn, [pay(loan, day, "p", due, key="k")])
    assert (again.path, again.result) == ("again", done.result)
    (general,) = posting.record_payments(conn, [pay(loan, day, "p", due, key="k")], is_by_table=False)
    assert general.result == done.result
    (other,) = posting.record_payments(conn, [pay(loan, day, "p", due - 1, key="k")])
    assert other.refusal is not None
    assert other.refusal.code == "key-reused-with-another-body"


def test_one_refused_payment_leaves_the_others_of_its_batch_alone(conn: Conn) -> None:
    twins = lend(conn, pairs=12, seed=7)
    loan, day, due = first_due(conn, twins)
    batch = [
        pay(loan, day, "a", due - 10),
        pay(LoanKey(5, 1), day, "b", 100),
        pay(loan, day, "a", 5, key="the same reference"),
        pay(loan, day, "c", 10),
        pay(loan, day, "d", 0),
        pay(loan, day, "e", 10, key="\n"),
        pay(loan, day + timedelta(days=1), "f", 10),
    ]
    found = posting.record_payments(conn, batch)
    codes = [each.refusal.code if each.refusal else each.path for each in found]
    assert codes == [
        "posted",
        "loan-not-found",
        "fact-already-recorded",
        "posted",
        "amount-not-positive",
        "request-key-unreadable",
        "fact-after-the-open-date",
    ]
    assert due_now(conn, day).get(loan, 0) == 0


def test_each_payment_is_told_of_once_it_is_committed_those_by_table_first(conn: Conn, url: str) -> None:
    twins = lend(conn, pairs=12, seed=7)
    loan, day, _ = first_due(conn, twins)
    folded = next(a for a, _ in twins if a != loan)
    batch = [pay(folded, day, "a", 100), pay(loan, day, "b", 1), pay(folded, day, "c", 100)]
    heard: list[tuple[int, str, int]] = []

    def hear(number: int, posted: Posted) -> None:
        row = others.execute("select count(*) from duewell.loan_fact where source = 'bank'").fetchone()
        assert row is not None
        heard.append((number, posted.path, row[0]))

    with psycopg.connect(url, autocommit=True) as others:
        found = posting.record_payments(conn, batch, on_posted=hear)
    assert heard == [(1, "posted", 1), (0, "general", 2), (2, "general", 3)]
    assert [each.path for each in found] == ["general", "posted", "general"]


def test_the_same_keys_from_many_sides_at_once_post_once(conn: Conn, url: str) -> None:
    twins = lend(conn, pairs=30, seed=3)
    _, day, _ = first_due(conn, twins)
    batch = [
        pay(key, day, "p", amount, key=f"k-{key.person_id}") for key, amount in due_now(conn, day).items()
    ]

    def send(n: int) -> list[Any]:
        mine = list(batch)
        random.Random(n).shuffle(mine)
        with psycopg.connect(url, autocommit=True) as own:
            found = posting.record_payments(own, mine)
        by_person = {m[0].person_id: told(each) for m, each in zip(mine, found, strict=True)}
        return [by_person[person] for person in sorted(by_person)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert all(each == answers[0] for each in answers)
    row = conn.execute("select count(*) from duewell.loan_fact where kind = 'PaymentReceived'").fetchone()
    assert row == (len(batch),)


def test_a_loan_whose_day_is_still_being_closed_takes_the_general_path(conn: Conn) -> None:
    twins = lend(conn, pairs=12, seed=7)
    loan, day, _ = first_due(conn, twins)
    paths = []

    def meanwhile(progress: Any) -> None:
        if progress.done == 1:
            for a, b in twins:
                (each,) = posting.record_payments(conn, [pay(a, day + timedelta(days=1), "x", 100)])
                paths.append(each.path)
                posting.record_payments(conn, [pay(b, day + timedelta(days=1), "x", 100)], is_by_table=False)

    close_day(conn, "twins", until=day, at=AT, slices=64, on_progress=meanwhile)
    assert set(paths) == {"general"}, "nothing is due on the next day, or its day is not closed"
    close_day(conn, "twins", until=day + timedelta(days=3), at=AT)
    assert verify_book(conn, "twins").findings == []
    for a, b in twins:
        assert kept(conn, a) == kept(conn, b)
    assert loan in {a for a, _ in twins}


def test_a_loan_whose_own_day_is_closed_goes_by_table_while_the_book_is_still_being_closed(
    conn: Conn, url: str
) -> None:
    twins = lend(conn, pairs=24, seed=11)
    paths: Counter[tuple[bool, str]] = Counter()
    others = psycopg.connect(url, autocommit=True)

    def meanwhile(progress: Progress) -> None:
        """After each slice every loan with something due next is paid one unit, its twin by the fold."""
        run = days.unfinished_run(others, 1)
        assert run is not None
        undone = set(days.undone_slices(others, run))
        due = due_now(others, progress.day + timedelta(days=1))
        for a, b in twins:
            if due.get(a, 0) <= progress.done:
                continue
            ref = f"{progress.day} {progress.done}"
            is_done = run.slice_of(a.person_id) not in undone or is_ahead(others, a, progress.day)
            on = progress.day + timedelta(days=1)
            (each,) = posting.record_payments(others, [pay(a, on, ref, 1)])
            assert each.refusal is None
            paths[is_done, each.path] += 1
            posting.record_payments(others, [pay(b, on, ref, 1)], is_by_table=False)

    with others:
        close_day(conn, "twins", until=START + timedelta(days=50), at=AT, slices=8, on_progress=meanwhile)
    assert paths[True, "posted"] > paths[True, "general"]
    assert paths[False, "general"] > 0
    assert not paths[False, "posted"], "its day is not closed: the fold must see it first"
    assert verify_book(conn, "twins").findings == []
    for a, b in twins:
        assert kept(conn, a) == kept(conn, b)


def is_ahead(conn: Conn, key: LoanKey, day: date) -> bool:
    row = conn.execute(
        "select from duewell.day_ahead where person_id = %s and loan_no = %s and day = %s",
        [key.person_id, key.loan_no, day],
    ).fetchone()
    return row is not None


def first_due(conn: Conn, twins: list[tuple[LoanKey, LoanKey]]) -> tuple[LoanKey, date, int]:
    """Close days until a loan that is posted by table has something due; the loan, the day, the amount."""
    day = START
    for _ in range(60):
        for key, amount in due_now(conn, day).items():
            if key in {a for a, _ in twins}:
                return key, day, amount
        close_day(conn, "twins", until=day, at=AT)
        day += timedelta(days=1)
    raise AssertionError("nothing fell due")
