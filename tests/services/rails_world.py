"""A lender with rails and a bank, for stories: loans of 1,200.00 over 12 months, due on the 1st.

Gives    World: opens a sandbox book with a bank account, direct debits and a Chinese batch; writes the bank's
         files; checks after each step that the ledger balances and verify finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import psycopg

from duewell.domain.contract import contract_of
from duewell.domain.facts import Fact, FactKind
from duewell.domain.ledger import CASH_CLEARING, SUSPENSE
from duewell.domain.party import loan_id
from duewell.domain.receipts import LoanRef, Payer, payment_reference
from duewell.gateways.keys import FileKeys
from duewell.gateways.rails.simulators.bank import Booked, SimulatedBank, statement_file
from duewell.services.close_day import close_day
from duewell.services.disburse_loan import disburse_loan
from duewell.services.open_book import open_book
from duewell.services.read_statement import read_statement
from duewell.services.set_rail import set_rail
from duewell.services.verify_book import verify_book
from duewell.store import books, days, loans, suspense
from duewell.store.loans import LoanKey
from duewell.store.posting import Request

Conn = psycopg.Connection[Any]
FIRST = date(2026, 3, 1)
AT = datetime(2026, 3, 1, 4, tzinfo=UTC)
ACCOUNT = "622202020011"
_WE = {"account": ACCOUNT, "name": "Duewell"}
RAILS: list[dict[str, Any]] = [
    {"code": "bank", "kind": "transfer", **_WE},
    {"code": "debit", "kind": "debit", "creditor_id": "DE98ZZZ09999999999", **_WE},
    {"code": "batch", "kind": "debit", "creditor_id": "M1", "layout": "cn-batch", **_WE},
]


@dataclass
class World:
    conn: Conn
    folder: Path
    bank: SimulatedBank = field(default_factory=lambda: SimulatedBank(ACCOUNT))
    files: int = 0

    def open(self, loans_made: int = 2) -> list[LoanKey]:
        open_book(self.conn, code="b", currency_code="CNY", open_on=FIRST, is_sandbox=True)
        for table in RAILS:
            set_rail(self.conn, "b", table)
        return [self.lend(f"loan-{n}") for n in range(loans_made)]

    def lend(self, key: str, **more: Any) -> LoanKey:
        done = disburse_loan(
            self.conn, "b", principal=120_000, rate=Fraction(12, 100), instalments=12, on=FIRST,
            request=Request("cli", key, "tester", AT), keys=KEYS, **more,
        )  # fmt: skip
        return LoanKey(int(done["person_id"]), done["loan_no"])

    @property
    def book(self) -> books.BookRow:
        return books.read_book(self.conn, "b")

    @property
    def at(self) -> datetime:
        return datetime.combine(self.book.open_on, AT.time(), UTC)

    def go_to(self, day: date) -> None:
        if day > self.book.open_on:
            close_day(self.conn, "b", until=day - timedelta(days=1), at=self.at)

    def ref(self, loan: LoanKey) -> str:
        return payment_reference(LoanRef(loan.person_id, loan.loan_no))

    def id(self, loan: LoanKey) -> str:
        return loan_id(loan.person_id, loan.loan_no)

    def path(self, text: str | bytes, name: str = "file.xml") -> Path:
        self.files += 1
        path = self.folder / f"{self.files}-{name}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def statement(self, *rows: Booked, number: str = "", **more: Any) -> Path:
        on = self.book.open_on
        return self.path(statement_file(number or f"S{self.files}", ACCOUNT, list(rows), on=on, **more))

    def read(self, path: Path, rail: str = "bank", **more: Any) -> dict[str, Any]:
        done = read_statement(self.conn, KEYS, "b", rail, path, actor="tester", at=self.at, **more)
        self.check()
        return done

    def state(self, loan: LoanKey, as_of: date | None = None) -> Any:
        terms, facts = loans.read_many(self.conn, [loan])[loan]
        return contract_of(terms).fold(facts, as_of=as_of or self.book.open_on)

    def unpaid(self, loan: LoanKey) -> int:
        """Of the first instalment."""
        return int(self.state(loan).rows[0].unpaid)

    def overdue(self, loan: LoanKey) -> int:
        terms, facts = loans.read_many(self.conn, [loan])[loan]
        contract = contract_of(terms)
        return contract.ageing(contract.fold(facts, as_of=self.book.open_on)).overdue

    def facts(self, loan: LoanKey, kind: FactKind) -> list[Fact]:
        return [fact for fact in loans.read_facts(self.conn, loan) if fact.kind is kind]

    def balance(self, account: Any) -> int:
        """Of the whole book, days still open included."""
        found = days.gl_balances(self.conn, self.book.book_id, date(2200, 1, 1))
        return sum(each.get(account, 0) for each in found.values())

    @property
    def cash(self) -> int:
        return self.balance(CASH_CLEARING)

    @property
    def in_suspense(self) -> int:
        return -self.balance(SUSPENSE)

    def check(self) -> None:
        """The ledger balances; what verify looks at is clean; suspense is what its list says."""
        found = days.gl_balances(self.conn, self.book.book_id, date(2200, 1, 1))
        assert sum(sum(each.values()) for each in found.values()) == 0
        assert verify_book(self.conn, "b").findings == []
        left = suspense.open_items(self.conn, self.book.book_id)
        assert sum(item.left for item in left if item.currency == "CNY") == self.in_suspense


KEYS = FileKeys({"k001": b"k" * 32}, "k001", b"i" * 32)
PAYER = Payer("张三", "6217000012345678", "")
