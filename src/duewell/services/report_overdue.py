"""The overdue report: who is behind, by how much, since when, and what happens next, at two dates.

Needs    a connection; the book, the as-of date, the date of knowledge.
Gives    OverdueReport of one book and its currency, as plain data too, for machines; of it the ageing, the
         moves between the buckets of two reports, and the vintages.
Never    reads an observation or a projection: the fold answers at both dates.
Source   docs/glossary.md: dpd, since, overdue, outstanding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from duewell.domain.agenda import Buckets
from duewell.domain.contract import Contract, State, contract_of
from duewell.domain.delinquency import NextAction, next_action
from duewell.domain.facts import MONEY, Applied
from duewell.domain.party import loan_id
from duewell.domain.portfolio import (
    BucketShare,
    Move,
    Stood,
    Vintage,
    moves_between,
    shares_of,
    vintages_of,
)
from duewell.domain.product import LoanTerms, Terms
from duewell.store import books, loans
from duewell.store.books import BookRow
from duewell.store.loans import Connection, Known, LoanKey

SCHEMA = "duewell.overdue-report/1"
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class OverdueLoan:
    """One loan of the report. Amounts are minor units."""

    key: LoanKey
    dpd: int
    bucket: str
    overdue: int
    outstanding: int
    since: date | None
    next_action: NextAction | None
    began_on: date
    lent: int
    last_paid_on: date | None = None
    last_paid: int = 0

    @property
    def stood(self) -> Stood:
        """The loan as what a portfolio adds up."""
        return Stood(self.bucket, self.dpd, self.overdue, self.outstanding, self.began_on, self.lent)


@dataclass(frozen=True, slots=True)
class ChargedOffLoan:
    """A loan off the books: since when, and what the borrower still owes."""

    key: LoanKey
    on: date
    claim: int
    began_on: date
    lent: int


@dataclass(frozen=True, slots=True)
class OverdueReport:
    """The report of one book: every loan that owes anything, oldest lateness first.

    Loans charged off stand apart: they are in no bucket and in no total. `settled` says when each loan that
    owes nothing began, and what was lent; of loans charged off those whose claim was met are among them.
    """

    book: BookRow
    as_of: date
    known: date | datetime
    buckets: Buckets
    loans: tuple[OverdueLoan, ...]
    charged_off: tuple[ChargedOffLoan, ...]
    settled: tuple[tuple[date, int], ...] = ()

    @property
    def late(self) -> tuple[OverdueLoan, ...]:
        """The loans with anything past due."""
        return tuple(each for each in self.loans if each.dpd)


def report_overdue(
    conn: Connection,
    book_code: str,
    *,
    as_of: date | None = None,
    known: Known = None,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> OverdueReport:
    """Fold every loan of a book as of a date, as known at the end of another; else the open date."""
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read, read only")
        book = books.read_book(conn, book_code)
        as_of, known = as_of or book.open_on, known or book.open_on
        keys = loans.keys_of_book(conn, book.book_id)
        found: list[OverdueLoan] = []
        apart: list[ChargedOffLoan] = []
        settled: list[tuple[date, int]] = []
        for start in range(0, len(keys), _AT_ONCE):
            for key, (terms, facts) in loans.read_many(conn, keys[start : start + _AT_ONCE], known).items():
                if not any(fact.effective_on <= as_of for fact in facts):
                    continue
                line = _told(key, terms, contract_of(terms).fold(facts, as_of=as_of), book.buckets)
                if isinstance(line, ChargedOffLoan) and line.claim:
                    apart.append(line)
                elif isinstance(line, OverdueLoan) and line.outstanding:
                    found.append(line)
                else:
                    settled.append((line.began_on, line.lent))
            on_progress(min(start + _AT_ONCE, len(keys)), len(keys))
    found.sort(key=lambda each: (-each.dpd, -each.overdue, each.key.person_id, each.key.loan_no))
    apart.sort(key=lambda each: (each.on, each.key.person_id, each.key.loan_no))
    return OverdueReport(book, as_of, known, book.buckets, tuple(found), tuple(apart), tuple(settled))


def _told(key: LoanKey, terms: Terms, state: State, buckets: Buckets) -> OverdueLoan | ChargedOffLoan:
    lent = terms.principal if isinstance(terms, LoanTerms) else terms.limit
    if state.charged_off_on is not None:
        return ChargedOffLoan(key, state.charged_off_on, sum(state.claim), terms.start, lent)
    return _line(key, contract_of(terms), state, buckets, terms.start, lent)


def _line(
    key: LoanKey, contract: Contract, state: State, buckets: Buckets, began_on: date, lent: int
) -> OverdueLoan:
    age = contract.ageing(state, buckets)
    coming = contract.next_due(state)
    step = next_action(as_of=state.as_of, since=age.since, next_due=coming)
    paid: Applied | None = next((a for a in reversed(state.applied) if a.fact.kind in MONEY), None)
    return OverdueLoan(
        key,
        age.dpd,
        age.bucket,
        age.overdue,
        age.outstanding,
        age.since,
        step,
        began_on,
        lent,
        paid.fact.effective_on if paid is not None else None,
        paid.amount if paid is not None else 0,
    )


def totals(report: OverdueReport) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """The report's totals, and the same by bucket."""
    rows = [
        {
            "bucket": each.bucket,
            "loans": each.loans,
            "overdue_minor": each.overdue,
            "outstanding_minor": each.outstanding,
        }
        for each in ageing_of(report)
    ]
    whole = {
        "loans": len(report.loans),
        "overdue_minor": sum(each.overdue for each in report.loans),
        "outstanding_minor": sum(each.outstanding for each in report.loans),
    }
    return whole, rows


# -- what a portfolio comes to ---------------------------------------------------------------------


def ageing_of(report: OverdueReport) -> list[BucketShare]:
    """The report by bucket, each with its share of all that is outstanding."""
    return shares_of((each.stood for each in report.loans), report.buckets)


def rolled(then: OverdueReport, now: OverdueReport) -> list[Move]:
    """How the loans of one report moved to another: from each bucket to each place, zeros too."""
    return moves_between(
        {each.key: each.stood for each in then.loans},
        {each.key: each.stood for each in now.loans},
        frozenset(each.key for each in now.charged_off),
        now.buckets,
    )


def vintages(report: OverdueReport, *, months_max: int) -> list[Vintage]:
    """The loans of a book by the month they began in, and how many of them are late."""
    name = report.buckets[0][0]
    return vintages_of(
        (each.stood for each in report.loans),
        (Stood(name, 0, 0, 0, began_on, lent) for began_on, lent in report.settled),
        (Stood(name, 0, 0, each.claim, each.began_on, each.lent) for each in report.charged_off),
        months_max=months_max,
    )


def as_document(report: OverdueReport) -> dict[str, Any]:
    """The report for machines; loans charged off stand in a list of their own where there are any."""
    whole, buckets = totals(report)
    apart = [
        {
            "loan_id": loan_id(each.key.person_id, each.key.loan_no),
            "charged_off_on": each.on.isoformat(),
            "claim_minor": each.claim,
        }
        for each in report.charged_off
    ]
    return {
        "schema": SCHEMA,
        "book": report.book.code,
        "as_of": report.as_of.isoformat(),
        "known_at": report.known.isoformat(),
        "currency": report.book.currency,
        "totals": whole,
        "buckets": buckets,
        "loans": [
            {
                "loan_id": loan_id(each.key.person_id, each.key.loan_no),
                "dpd": each.dpd,
                "bucket": each.bucket,
                "overdue_minor": each.overdue,
                "outstanding_minor": each.outstanding,
                "since": each.since.isoformat() if each.since else None,
                "next_action": {"kind": each.next_action.kind, "on": each.next_action.on.isoformat()}
                if each.next_action
                else None,
            }
            for each in report.loans
        ],
        **({"charged_off": apart} if apart else {}),
    }
