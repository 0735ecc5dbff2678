"""Show receipts: of each payment what came, when, and what it paid; with a code that proves it.

Needs    a connection; the keys; a person, a loan, or a receipt's number and code.
Gives    Receipt; receipts_of, read_receipt, verify.
Never    shows another split than the one when the payment was recorded, or hides that it was taken back.
Source   docs/reference/pages.md, section receipts.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime

from duewell.domain.contract import contract_of
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.facts import TAKING_BACK, FactKind
from duewell.domain.party import loan_id, parse_loan_id
from duewell.gateways.keys import KeyPort
from duewell.gateways.passwords import is_same
from duewell.store import loans
from duewell.store.facts import Kept, kept_of
from duewell.store.loans import Connection, LoanKey, LoanRow

_CODE_BYTES = 5
_SEQ_DIGITS = 8
_MONEY = (FactKind.PAYMENT_RECEIVED, FactKind.RECOVERED)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One payment. `parts` is by part, `left` the principal still out after it; `taken_back_on` if it was."""

    number: str
    code: str
    loan: str
    currency: str
    on: date
    recorded_at: datetime
    amount: int
    source: str
    ref: str
    parts: tuple[int, int, int, int]
    overpaid: int
    left: int
    taken_back_on: date | None


@dataclass(frozen=True, slots=True)
class _Loan:
    """A contract with its facts as they were entered, read once."""

    row: LoanRow
    entered: list[Kept]

    @property
    def name(self) -> str:
        return loan_id(self.row.key.person_id, self.row.key.loan_no)

    def payments(self) -> list[Kept]:
        return [each for each in self.entered if each.fact.kind in _MONEY]

    def named(self, seq: int) -> Kept:
        for each in self.payments():
            if each.seq == seq:
                return each
        raise NotFound("receipt-not-found")

    def receipt(self, keys: KeyPort, paid: Kept) -> Receipt | None:
        """None for a payment that had no effect when it was recorded."""
        fact = paid.fact
        then = [each.fact for each in self.entered if each.seq <= paid.seq]
        state = contract_of(self.row.terms).fold(then, as_of=max(fact.recorded_on, fact.effective_on))
        done = next((each for each in state.applied if each.fact.key == fact.key), None)
        if done is None:
            return None
        backs = (each.fact for each in self.entered if each.fact.reverses == fact.key)
        return Receipt(
            f"{self.name}-{paid.seq}",
            self.code(keys, paid),
            self.name,
            self.row.terms.currency,
            fact.effective_on,
            paid.recorded_at,
            fact.amount,
            fact.source,
            fact.source_ref,
            done.parts,
            done.overpaid,
            done.balance,
            next((each.recorded_on for each in backs if each.kind in TAKING_BACK), None),
        )

    def code(self, keys: KeyPort, paid: Kept) -> str:
        """What only this installation can make of a payment: its number, amount and dates."""
        on = paid.fact.effective_on.isoformat()
        told = (self.name, str(paid.seq), str(paid.fact.amount), on, paid.recorded_at.isoformat())
        return base64.b32encode(keys.blind("receipt", *told)[:_CODE_BYTES]).decode()


def _read(conn: Connection, key: LoanKey) -> _Loan:
    return _Loan(loans.read_loan(conn, key), kept_of(conn, key))


def receipts_of(conn: Connection, keys: KeyPort, key: LoanKey) -> list[Receipt]:
    """The receipts of a loan, the newest first."""
    loan = _read(conn, key)
    made = [loan.receipt(keys, each) for each in reversed(loan.payments())]
    return [each for each in made if each is not None]


def read_receipt(conn: Connection, keys: KeyPort, number: str) -> Receipt:
    """The receipt of a number. Refuses NotFound "receipt-not-found"."""
    key, seq = receipt_key(number)
    loan = _read(conn, key)
    found = loan.receipt(keys, loan.named(seq))
    if found is None:
        raise NotFound("receipt-not-found")
    return found


def verify(conn: Connection, keys: KeyPort, number: str, code: str) -> Receipt:
    """The receipt, for whoever holds its number and its code. Refuses NotFound "receipt-not-found" else."""
    key, seq = receipt_key(number)
    loan = _read(conn, key)
    given = code.strip().upper().replace("-", "").replace(" ", "")[:20]
    if not is_same(loan.code(keys, loan.named(seq)).encode(), given.encode()):
        raise NotFound("receipt-not-found")
    return read_receipt(conn, keys, number)


def receipt_key(number: str) -> tuple[LoanKey, int]:
    """The loan of a receipt's number, and the entry's. Refuses NotFound "receipt-not-found"."""
    loan, _, seq = number.strip().upper().rpartition("-")
    if not (seq.isascii() and seq.isdigit() and len(seq) < _SEQ_DIGITS):
        raise NotFound("receipt-not-found")
    try:
        return LoanKey(*parse_loan_id(loan)), int(seq)
    except InvalidInput:
        raise NotFound("receipt-not-found") from None
