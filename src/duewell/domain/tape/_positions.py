"""Positions: what a tape's loan still owes on the opening day, inferred from the money paid.

Needs    a TapeLoan and the terms it gives.
Gives    terms_of, position_of.
Never    reads a status: which rows are past due follows from principal paid and the agreed plan alone.
Source   docs/decisions/0005-taking-a-book-over.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from duewell.domain.calendar import step_date
from duewell.domain.facts import Arrear, Fact, FactKind, Position
from duewell.domain.loan import fold
from duewell.domain.product import LoanTerms, Part
from duewell.domain.tape._rows import TapeLoan

TOLERANCE_MINOR = 2
"""Other systems round some rows by a cent otherwise; two cents short is not a missed instalment."""


def terms_of(loan: TapeLoan, opened_on: date) -> LoanTerms:
    """The terms: monthly equal instalments at the tape's own instalment, 30/360, as their lender agreed them.

    Of a tape that gives only months, the due day is chosen by the money: a loan whose instalment of
    the opening month is paid is due on a day up to the opening day, any other after it, since far more
    people are not due yet than are late. Within its band the day follows from the row's line.
    """
    terms = LoanTerms(
        principal=loan.principal,
        start=loan.issued_on,
        instalments=loan.instalments,
        rate=loan.rate,
        currency=loan.currency,
        instalment=loan.instalment,
    )
    if loan.has_day:
        return terms
    months = (opened_on.year - loan.issued_on.year) * 12 + opened_on.month - loan.issued_on.month
    paid, _ = _rows_paid(loan, _agreed(terms))
    last = min(opened_on.day, 28)
    is_after = paid < months and last < 28
    day = last + 1 + loan.line % (28 - last) if is_after else 1 + loan.line % last
    return replace(terms, start=loan.issued_on.replace(day=day))


def position_of(loan: TapeLoan, terms: LoanTerms, opened_on: date) -> Position:
    """The position on the opening day.

    Rows count as paid in order while the principal paid covers what the agreed plan gives them. What
    is left over is a part payment of the next row, whose interest then was paid, since interest goes
    first. Every row due before the opening day beyond that is past due.
    """
    if loan.principal_out == 0:
        return Position(0)
    plan = _agreed(terms)
    paid, part = _rows_paid(loan, plan)
    arrears = []
    room = loan.principal_out
    for nr, (principal, interest) in enumerate(plan[paid:], start=paid + 1):
        due_on = step_date(terms.start, nr, terms.every, terms.frequency)
        if due_on >= opened_on:
            break
        unpaid = min(principal - part, room)
        arrears.append(Arrear(due_on, interest=0 if part else interest, principal=unpaid))
        room, part = room - unpaid, 0
    return Position(loan.principal_out, tuple(arrears))


def _agreed(terms: LoanTerms) -> tuple[tuple[int, int], ...]:
    """Principal and interest of each row as agreed; with months of 30 days the first day does not matter."""
    return _plan(replace(terms, start=date(2000, 1, 1)))


@lru_cache(maxsize=256)
def _plan(terms: LoanTerms) -> tuple[tuple[int, int], ...]:
    disbursed = Fact(FactKind.DISBURSED, terms.start, terms.start, "plan", "plan", amount=terms.principal)
    rows = fold(terms, [disbursed], as_of=terms.start).rows
    return tuple((row.due[Part.PRINCIPAL], row.due[Part.INTEREST]) for row in rows)


def _rows_paid(loan: TapeLoan, plan: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """How many rows of the plan the principal paid covers, and what is left for the next one."""
    left, count = loan.principal_paid, 0
    for principal, _ in plan:
        if left + TOLERANCE_MINOR < principal:
            break
        left -= principal
        count += 1
    return count, max(left, 0) if count < len(plan) else 0
