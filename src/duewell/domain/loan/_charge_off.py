"""Charge-off: a loan leaves the books, its claim stays, and what comes back later is a recovery.

Needs    the Fold on the day of the charge-off, and facts after it.
Gives    what was charged off by part, and what of the claim recoveries have met since.
Never    lets interest or penalty run on after the day, or touches a row again.
Source   docs/reference/conventions.md, section charge-off.
"""

from __future__ import annotations

from datetime import timedelta

from duewell.domain.calendar import DATE_MAX
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan._fold import Fold
from duewell.domain.loan._schedule import rate_lines
from duewell.domain.product import ChargeOffInterest, Part


def charge_off(work: Fold, fact: Fact) -> None:
    """Take the loan off the books. Interest is what accrued to the day, or all that is scheduled.

    Refuses   a loan that owes nothing.
    """
    on = fact.effective_on
    work.refresh(on)
    if work.out <= 0 and all(row.unpaid <= 0 for row in work.rows):
        raise InvalidInput("charge-off-of-nothing", effective_on=on.isoformat())
    if work.fees is not None:
        work.fees.end = on
    if takes_accrued(work):
        # From the day after on no interest runs, as in a pause that never ends.
        work.pauses.append((on + timedelta(days=1), DATE_MAX))
        work.lines = rate_lines(work.rates, work.pauses)
        work.thaw()
    work.refresh(on)
    parts = [sum(r.due[part] - r.paid[part] for r in work.rows) for part in Part]
    parts[Part.PRINCIPAL] = work.out
    work.final_on = on
    work.written_off = parts
    work.note(fact, sum(parts), parts, "charge_off")


def takes_accrued(work: Fold) -> bool:
    """Whether interest stops with the day; a row whose interest is one amount is charged off whole."""
    return work.is_daily and work.convention.charge_off_interest is ChargeOffInterest.ACCRUED


def recover(work: Fold, fact: Fact) -> None:
    """Money for a loan that is off the books meets the claim in the product's order; nothing else may come.

    Refuses   Conflict "loan-charged-off" for a fact that changes what is owed.
    """
    if fact.kind not in (FactKind.RECOVERED, FactKind.PAYMENT_RECEIVED):
        raise Conflict("loan-charged-off", charged_off_on=str(work.final_on), kind=fact.kind.value)
    if fact.amount <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=fact.amount)
    assert work.written_off is not None
    left, parts = fact.amount, [0, 0, 0, 0]
    for part in work.terms.allocation.order:
        parts[part] = min(left, work.written_off[part])
        work.written_off[part] -= parts[part]
        left -= parts[part]
    work.overpaid += left
    work.note(fact, fact.amount, parts, "recovery", left)
