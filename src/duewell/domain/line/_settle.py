"""Settling: how money meets what a line owes.

Needs    the Work on the day of a payment.
Gives    settle: the parts met and what is left; reduce_principal and reduce_billed for other facts.
Never    leaves credit while anything is owed, or touches a limit.
Source   docs/reference/line.md, section order of application.
"""

from __future__ import annotations

from datetime import date

from duewell.domain.line._parts import Statement
from duewell.domain.line._work import CASH, KINDS, Work
from duewell.domain.product import BalanceKind, Part


def settle(work: Work, amount: int, on: date) -> tuple[list[int], int]:
    """Meet what is owed: statements oldest first, the rest billed, what is new, instalments to come.

    Interest that accrued and is not charged yet is charged, and met, once no principal is left. Returns
    the parts met, and what is left as the borrower's credit.
    """
    parts = [0, 0, 0, 0]
    left = amount
    for each in work.asking():
        left -= _meet_statement(work, each, left, parts)
    left -= _meet_billed(work, left, parts)
    left -= _meet_new(work, left, parts)
    for plan in work.plans:
        for k, part in enumerate(plan.parts):
            met = min(left, part)
            plan.parts[k] -= met
            parts[Part.PRINCIPAL] += met
            work.tell("to-come", Part.PRINCIPAL, met)
            left -= met
    work.plans = [plan for plan in work.plans if plan.out]
    if left and work.accrued:
        assert work.principal == 0, "interest is charged ahead of its statement only with the last principal"
        work.charge_interest(on)
        left -= _meet_new(work, left, parts)
    return parts, left


def _meet_statement(work: Work, each: Statement, left: int, parts: list[int]) -> int:
    """Meet a statement's own minimum in the order of the terms; its principal is of the balances billed."""
    spent = 0
    for part in work.terms.order:
        met = min(left - spent, each.owes(part))
        each.paid[part] += met
        work.tell("on-statement", part, met, each.nr)
        parts[part] += met
        spent += met
        if part is Part.PRINCIPAL:
            reduce_principal(work, work.billed, met)
    return spent


def _meet_new(work: Work, left: int, parts: list[int]) -> int:
    """Meet what no statement has asked for yet."""
    spent = 0
    for part in work.terms.order:
        if part is Part.PRINCIPAL:
            met = _meet_principal(work, work.new, left - spent, parts)
            work.tell("not-billed", part, met)
            spent += met
            continue
        name = ("penalty", "fee", "interest")[part]
        met = min(left - spent, getattr(work, name))
        setattr(work, name, getattr(work, name) - met)
        work.tell("not-billed", part, met)
        parts[part] += met
        spent += met
    return spent


def _meet_billed(work: Work, left: int, parts: list[int]) -> int:
    """Meet what is billed beyond the minimum."""
    met = _meet_principal(work, work.billed, left, parts)
    work.tell("of-balance", Part.PRINCIPAL, met, len(work.statements))
    return met


def _meet_principal(work: Work, balances: dict[BalanceKind, int], left: int, parts: list[int]) -> int:
    met = min(left, sum(balances.values()))
    reduce_principal(work, balances, met)
    parts[Part.PRINCIPAL] += met
    return met


def reduce_principal(work: Work, balances: dict[BalanceKind, int], amount: int) -> None:
    """Take an amount out of balances, in the order the terms name or with the highest rate first."""
    if not amount:
        return
    for kind in principal_order(work):
        taken = min(amount, balances[kind])
        balances[kind] -= taken
        amount -= taken
    assert amount == 0, "no more is taken than is there"


def principal_order(work: Work) -> tuple[BalanceKind, ...]:
    """The order of balances; of two that bear the same rate, cash comes first."""
    given = work.terms.principal_order
    return given or tuple(sorted(KINDS, key=lambda kind: (-work.capped(work.rates[kind]), kind is not CASH)))


def reduce_billed(work: Work, part: Part, amount: int) -> None:
    """What is billed became less by a waiver or a conversion: statements ask for less, oldest first."""
    for each in work.asking():
        met = min(amount, each.owes(part))
        each.paid[part] += met
        work.tell("on-statement", part, met, each.nr)
        amount -= met
