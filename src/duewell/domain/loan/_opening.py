"""Taking a loan over from another system: what is out and past due on a day, without its history.

Needs    the Fold of the agreed terms and an Opened fact with its position.
Gives    a fold that goes on from the position: rows past due as stated, the rest by the agreed plan.
Never    invents a payment that nobody reported, or accepts a position that does not fit the terms.
Source   docs/reference/conventions.md, section opening positions.
"""

from __future__ import annotations

from datetime import timedelta

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Applied, Arrear, Fact, Position
from duewell.domain.loan._fold import Fold
from duewell.domain.loan._schedule import Row
from duewell.domain.money import round_fraction
from duewell.domain.product import Amortization, Part


def take_over(work: Fold, fact: Fact) -> None:
    """Begin the loan at its opening position.

    Refuses   a second opening or one after other facts; amounts below zero; a past due row that the
              plan does not have or that is not due yet; more principal past due than out.
    """
    position = fact.position
    if position is None:
        raise InvalidInput("opening-without-position", source_ref=fact.source_ref)
    if work.applied or work.lent:
        raise InvalidInput("fact-before-the-opening", opened_on=fact.effective_on.isoformat())
    _check(position)
    rows = _planned_rows(work)
    arrears = {each.due_on: each for each in position.arrears}
    past = [r for r in rows if r.due_on in arrears and r.due_on <= fact.effective_on]
    if len(past) != len(position.arrears):
        unknown = sorted(set(arrears) - {r.due_on for r in past})
        raise InvalidInput("opening-row-not-in-plan", due_on=unknown[0].isoformat() if unknown else "")
    kept = past + [r for r in rows if r.due_on > fact.effective_on]
    if len(kept) == len(past) and position.principal != sum(a.principal for a in position.arrears):
        raise InvalidInput("opening-past-maturity", principal_minor=position.principal)
    for row in past:
        _set_arrear(work, row, arrears[row.due_on], fact)
    work.take_over(fact.effective_on, kept or rows[-1:], len(past))
    if position.principal:
        work.lend(work.rows[0].start, position.principal)
    if work.fees is not None and work.fees.needs_instalments:
        work.refresh(fact.effective_on)
        work.fees.keep_instalments(work.rows)
        work.is_told = False
    if work.is_replacing:
        for row in past:
            if row.due_on < fact.effective_on:
                work.set_apart(row)
    parts = (
        sum(a.penalty for a in position.arrears),
        sum(a.fee for a in position.arrears),
        sum(a.interest for a in position.arrears),
        position.principal,
    )
    work.applied.append(Applied(fact, "opening", sum(parts), parts, 0, work.out))


def _check(position: Position) -> None:
    amounts = [position.principal]
    for each in position.arrears:
        amounts += [each.penalty, each.fee, each.interest, each.principal]
    if min(amounts) < 0:
        raise InvalidInput("opening-amount-negative", amount_minor=min(amounts))
    past_due = sum(each.principal for each in position.arrears)
    if past_due > position.principal:
        raise InvalidInput(
            "opening-past-due-above-principal", past_due_minor=past_due, principal_minor=position.principal
        )


def _planned_rows(work: Fold) -> list[Row]:
    """The rows with the instalments of the plan as it was agreed on the first day."""
    terms = work.terms
    if (
        terms.instalment
        and not work.is_flat
        and terms.convention.amortization is Amortization.EQUAL_INSTALMENTS
    ):
        # The agreed instalment is a term of its own, so there is nothing to compute it from.
        work.set_instalments(0, terms.principal, terms.start)
        return work.rows
    plan = Fold(terms, work.tracer)
    plan.lend(terms.start, terms.principal)
    down = round_fraction(terms.principal * terms.down_payment_share, work.convention.rounding)
    if terms.down_payment_share:
        plan.rows[0].due[Part.PRINCIPAL] = down
    base = terms.approved if terms.approved is not None else terms.principal
    plan.set_instalments(0, base - down, terms.start)
    for row, planned in zip(work.rows, plan.rows, strict=True):
        row.instalment = planned.instalment
    return work.rows


def _set_arrear(work: Fold, row: Row, arrear: Arrear, fact: Fact) -> None:
    row.due = [arrear.penalty, arrear.fee, arrear.interest, arrear.principal]
    if work.tracer is not None:
        for part, amount in enumerate(row.due):
            work.tracer.share("taken-over", fact, row.nr, part, amount)
    row.is_taken_over = True
    penalty = work.terms.penalty
    if penalty and fact.effective_on > row.due_on + timedelta(days=penalty.grace_days):
        # The penalty up to the opening is part of the position; ours goes on from there.
        row.penalty_to = fact.effective_on
