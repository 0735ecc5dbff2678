"""A year of a small mixed book, day by day: the totals are those of the folds at the end of every single day.

Wants to prove: whatever comes in, on time, in part, late, learnt late, taken back, restructured, waived or
charged off, the portfolio sums the day carries forward, the general ledger and the trial balance equal what
comes out of folding every loan anew, each day, by product, account and measure.
How: loans of every convention and a few lines, lent over the year to borrowers of different manners. The
comparison is written here from the folds and shares no code with `verify`, which looks too, once a month.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from duewell.domain.contract import contract_of
from duewell.domain.errors import Refusal
from duewell.domain.facts import Fact, FactKind
from duewell.domain.ledger import FEE_RECEIVABLE, INTEREST_RECEIVABLE, LOANS_PRINCIPAL, PENALTY_RECEIVABLE
from duewell.domain.ledger import balances as balances_of
from duewell.domain.postings import general_ledger, journals_of
from duewell.domain.product import OWN_TERMS, BalanceKind, LineTerms
from duewell.services.close_day import close_day
from duewell.services.open_line import open_line
from duewell.services.record_fact import Request, record_fact
from duewell.services.verify_book import verify_book
from duewell.store import agendas, books, days, loans
from duewell.store.loans import LoanKey
from tests.figures import Figure
from tests.services.test_close_day import any_fact
from tests.services.test_lines import TERMS as LINE
from tests.services.test_two_paths import terms

Conn = psycopg.Connection[Any]
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
START = date(2026, 1, 5)
DAYS = 365
LOANS, LINES, PRODUCTS = 24, 3, 4
MANNERS = ("punctual", "punctual", "late", "in part", "ahead", "silent")
RECEIVABLES = (PENALTY_RECEIVABLE, FEE_RECEIVABLE, INTEREST_RECEIVABLE, LOANS_PRINCIPAL)


def test_every_day_of_a_year_the_totals_are_those_of_the_folds(conn: Conn, figure: Figure) -> None:
    life = Life(conn, random.Random(20260105))
    for n in range(DAYS):
        day = START + timedelta(days=n)
        life.live(day, n)
        (report,) = close_day(conn, "year", until=day, at=AT, slices=2)
        life.seen["turned"] += report.turned
        life.compare(day)
        if n % 30 == 29 or n == DAYS - 1:
            assert verify_book(conn, "year").findings == [], day
    kinds = {name for name in life.seen if life.seen[name]}
    assert {"Reversed", "Rescheduled", "Waived", "ChargedOff", "learnt late", "Drawn", "turned"} <= kinds
    figure(f"a year of {len(life.manners)} contracts: {dict(life.seen)}")


class Life:
    """A book, its borrowers and what they do."""

    def __init__(self, conn: Conn, chance: random.Random) -> None:
        self.conn, self.chance = conn, chance
        self.manners: dict[LoanKey, str] = {}
        self.sent: list[tuple[LoanKey, str, date]] = []
        self.seen: Counter[str] = Counter()
        self.book = books.open_book(
            conn,
            code="year",
            name="Year",
            legal_entity="Year Ltd",
            jurisdiction="CN",
            currency="CNY",
            zone="Asia/Shanghai",
            calendar="CN",
            cutoff="23:00",
            open_on=START,
            is_sandbox=True,
            settings={},
        )
        for n in range(PRODUCTS):
            books.add_product(conn, self.book, f"p{n}", version=1, valid_from=START, terms=OWN_TERMS)

    def live(self, day: date, n: int) -> None:
        """What happens on a day before it is closed."""
        made = len(self.manners)
        if made < LOANS + LINES and n % 5 == 0:
            self._lend(day, made) if made % 10 != 9 else self._open_line(day, made)
        falls_due = {key for key, _ in agendas.due_on(self.conn, self.book.book_id, day)}
        for key, manner in self.manners.items():
            if manner not in ("punctual", "silent") or key in falls_due:
                self._pay(key, manner, day)
        if self.manners and self.chance.random() < 0.4:
            self._something_else(day, n)

    def _lend(self, day: date, number: int) -> None:
        person = self.chance.getrandbits(63)
        self.conn.execute("insert into duewell.person (person_id, realm) values (%s, 1)", [person])
        agreed = replace(terms(self.chance), start=day)
        key = loans.create_loan(
            self.conn,
            person_id=person,
            book_id=self.book.book_id,
            product_code=f"p{number % PRODUCTS}",
            product_version=1,
            terms=agreed,
            opened_on=day,
        )
        self.manners[key] = MANNERS[number % len(MANNERS)]
        assert self._send(key, Fact(FactKind.DISBURSED, day, day, "test", "d", amount=agreed.principal))

    def _open_line(self, day: date, number: int) -> None:
        agreed: LineTerms = replace(LINE, start=day)
        told = open_line(self.conn, "year", agreed, Request("test", f"line-{number}", "tester", AT))
        key = LoanKey(int(told["person_id"]), told["loan_no"])
        self.manners[key] = "line"
        self._draw(key, day)

    def _draw(self, key: LoanKey, day: date) -> None:
        kind = self.chance.choice([BalanceKind.PURCHASE, BalanceKind.CASH])
        amount = self.chance.randint(1_000, 90_000)
        self._send(key, Fact(FactKind.DRAWN, day, day, "test", f"w{day}", amount=amount, balance=kind))

    def _pay(self, key: LoanKey, manner: str, day: date) -> None:
        if manner == "silent" and (day - START).days > 60:
            return
        shares = {"late": 0.08, "in part": 0.15, "ahead": 0.04, "line": 0.06}
        if manner in shares and self.chance.random() > shares[manner]:
            return
        loan = loans.read_loan(self.conn, key)
        contract = contract_of(loan.terms)
        age = contract.ageing(contract.fold(loans.read_facts(self.conn, key), as_of=day))
        owed = age.overdue if manner != "ahead" else age.outstanding // 7
        amount = owed if manner != "in part" else owed * self.chance.randint(1, 99) // 100
        if amount <= 0:
            return
        # Now and then the bank tells of it days later.
        on = day - timedelta(days=self.chance.choice([0] * 8 + [1, 6]))
        self.seen["learnt late"] += on < day
        ref = f"p{day}"
        if self._send(key, Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", ref, amount=amount)):
            self.sent.append((key, ref, on))

    def _something_else(self, day: date, n: int) -> None:
        if self.sent and self.chance.random() < 0.3:
            key, ref, on = self.sent.pop(self.chance.randrange(len(self.sent)))
            back = ("PaymentReceived", "test", ref)
            self._send(key, Fact(FactKind.REVERSED, on, on, "test", f"back {ref}", reverses=back))
            return
        key = self.chance.choice(list(self.manners))
        if self.manners[key] == "line":
            self._draw(key, day)
            return
        began = contract_of(loans.read_loan(self.conn, key).terms).terms.start
        on = max(began, day - timedelta(days=self.chance.choice([0, 0, 0, 4])))
        self._send(key, any_fact(self.chance, self.conn, key, on, f"x{n}"))

    def _send(self, key: LoanKey, fact: Fact) -> bool:
        name = f"{key.person_id}/{fact.kind}/{fact.source_ref}"
        try:
            record_fact(self.conn, key, fact, Request("test", name, "tester", AT))
        except Refusal:
            self.seen["refused"] += 1
            return False
        self.seen[fact.kind.value] += 1
        return True

    def compare(self, day: date) -> None:
        """The sums kept, and the ledger, beside the folds of all that was known by the end of the day."""
        book_id = self.book.book_id
        sums: dict[int, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        accounts: dict[int, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        owed: dict[int, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        numbers = self.conn.execute("select person_id, loan_no, product_no from duewell.agenda").fetchall()
        number_of = {LoanKey(person_id, loan_no): number for person_id, loan_no, number in numbers}
        for key, (agreed, facts) in loans.read_many(self.conn, list(self.manners)).items():
            number = number_of[key]
            contract = contract_of(agreed)
            state, of_loan = contract.look([f for f in facts if f.recorded_on <= day], day)
            for name, value in of_loan.items():
                sums[number][name] += value
            for account, amount in balances_of(journals_of(state.applied).values()).items():
                accounts[number][account] += amount
            for account, amount in zip(RECEIVABLES, contract.receivable(state), strict=True):
                owed[number][account] += amount
        for number, each in sums.items():
            for account, amount in general_ledger(_nonzero(each)).items():
                accounts[number][account] += amount
        ledger = days.gl_balances(self.conn, book_id, day)
        kept = days.read_sums(self.conn, book_id, day)
        assert {no: each for no, each in kept.items() if each} == _nonzero_each(sums), day
        assert _nonzero_each(ledger) == _nonzero_each(accounts), day
        for number, receivable in owed.items():
            assert _nonzero(receivable) == {
                account: amount
                for account, amount in ledger.get(number, {}).items()
                if account in RECEIVABLES and amount
            }, day
        assert all(sum(each.values()) == 0 for each in ledger.values()), day


def _nonzero(found: dict[Any, int]) -> dict[Any, int]:
    return {name: value for name, value in found.items() if value}


def _nonzero_each(found: Any) -> dict[int, dict[Any, int]]:
    cleaned = {number: _nonzero(each) for number, each in found.items()}
    return {number: each for number, each in cleaned.items() if each}
