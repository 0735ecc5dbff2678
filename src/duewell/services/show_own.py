"""Show a person what is theirs: loans and lines as they stand, what is late, what is due next.

Needs    a connection; the person, or one of their loans as it is shown.
Gives    Holding, Due, Own with show_own, sums; Late with explain_late.
Never    shows another person's, or computes an amount that the fold does not hold.
Source   docs/reference/pages.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from duewell.domain.agenda import Ageing
from duewell.domain.contract import State, contract_of
from duewell.domain.delinquency import LATE_STEPS, NextAction
from duewell.domain.party import loan_id
from duewell.domain.product import LoanTerms, Part
from duewell.store import loans
from duewell.store.loans import Connection, LoanRow

_SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Due:
    """Something that falls due: of which loan, when, how much of it is unpaid, and the loan's open day."""

    loan: str
    on: date
    amount: int
    currency: str
    today: date


@dataclass(frozen=True, slots=True)
class Holding:
    """A loan or a line of a person as of the open date of its book."""

    row: LoanRow
    state: State
    age: Ageing

    @property
    def name(self) -> str:
        """Its id."""
        return loan_id(self.row.key.person_id, self.row.key.loan_no)

    @property
    def is_loan(self) -> bool:
        """Whether it is a loan; a line otherwise."""
        return isinstance(self.row.terms, LoanTerms)

    @property
    def currency(self) -> str:
        """Its currency."""
        return self.row.terms.currency

    @property
    def is_off(self) -> bool:
        """Whether it was charged off: what was planned counts no longer."""
        return self.state.charged_off_on is not None

    @property
    def claim(self) -> int:
        """What is still owed of one that was charged off; nothing of any other."""
        return sum(self.state.claim) if self.state.charged_off_on is not None else 0

    def coming(self) -> list[Due]:
        """What falls due from today on and is not paid: nothing of what was charged off."""
        if self.state.charged_off_on is not None:
            return []
        contract, today = contract_of(self.row.terms), self.row.book_open_on
        days = sorted({day for day in contract.dues(self.state) if day >= today})
        asked = ((day, contract.asked_on(self.state, day)) for day in days)
        return [Due(self.name, day, amount, self.currency, today) for day, amount in asked if amount]


@dataclass(frozen=True, slots=True)
class Own:
    """What a person holds; which of it is overdue, the longest first; what comes, the earliest first.

    `claimed` is what was charged off and is still owed, the largest first.
    """

    holdings: tuple[Holding, ...]
    late: tuple[Holding, ...]
    claimed: tuple[Holding, ...]
    coming: tuple[Due, ...]

    @property
    def as_of(self) -> date | None:
        """The day it stands for: the latest open date of the books it is in."""
        return max((each.row.book_open_on for each in self.holdings), default=None)

    @property
    def next(self) -> tuple[Due, ...]:
        """What falls due on the first day that comes: of several loans, all of them."""
        return tuple(due for due in self.coming if due.on == self.coming[0].on)

    @property
    def is_soon(self) -> bool:
        """Whether what comes next comes within a week."""
        return any(due.on <= due.today + timedelta(days=_SOON_DAYS) for due in self.next)


def sums(found: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Amounts added up by currency, in the order in which the currencies come."""
    added: dict[str, int] = {}
    for money, amount in found:
        added[money] = added.get(money, 0) + amount
    return tuple(added.items())


def show_own(conn: Connection, person_id: int) -> Own:
    """All of a person's loans and lines. One that has not begun as of its book's open date is left out."""
    keys = [key for key, *_ in loans.loans_of_person(conn, person_id)]
    rows = [loans.read_loan(conn, key) for key in keys]
    facts = loans.read_many(conn, keys)
    holdings = []
    for row in rows:
        if row.terms.start > row.book_open_on:
            continue
        contract = contract_of(row.terms)
        state = contract.fold(facts[row.key][1], as_of=row.book_open_on)
        holdings.append(Holding(row, state, contract.ageing(state, row.buckets)))
    late = sorted((each for each in holdings if each.age.overdue), key=lambda each: -each.age.dpd)
    claimed = sorted((each for each in holdings if each.claim), key=lambda each: -each.claim)
    coming = sorted((due for each in holdings for due in each.coming()), key=lambda due: (due.on, due.loan))
    return Own(tuple(holdings), tuple(late), tuple(claimed), tuple(coming))


@dataclass(frozen=True, slots=True)
class Late:
    """Why a contract is overdue: each part that is, what a day adds if nothing is paid, what comes when.

    `grows` is of what is overdue, by part; `runs_on` is what else a day adds to what would settle it: the
    interest of the rest. `falls_due` is what falls due unpaid today and is overdue tomorrow, apart from it.
    """

    age: Ageing
    parts: tuple[tuple[Part, int], ...]
    grows: tuple[tuple[Part, int], ...]
    runs_on: int
    falls_due: int
    steps: tuple[NextAction, ...]


def explain_late(conn: Connection, row: LoanRow) -> Late:
    """What is late of a contract as of the open date, tomorrow's state beside today's."""
    contract, today = contract_of(row.terms), row.book_open_on
    facts = loans.facts_by(conn, row, today)
    state = contract.fold(facts, as_of=today)
    tomorrow = today + timedelta(days=1)
    after = contract.fold(facts, as_of=tomorrow)
    before, then = contract.overdue_parts(state, today), contract.overdue_parts(after, today)
    age = contract.ageing(state, row.buckets)
    grows = tuple((part, then[part] - before[part]) for part in Part if then[part] > before[part])
    runs_on = 0
    if age.overdue and state.charged_off_on is None:
        runs_on = contract.payoff(facts, on=tomorrow) - contract.payoff(facts, on=today)
        runs_on = max(runs_on - sum(amount for _, amount in grows), 0)
    steps = (NextAction(kind, age.since + timedelta(days=n)) for n, kind in LATE_STEPS) if age.since else ()
    return Late(
        age,
        tuple((part, before[part]) for part in Part if before[part]),
        grows,
        runs_on,
        contract.asked_on(state, today),
        tuple(each for each in steps if each.on > today),
    )
