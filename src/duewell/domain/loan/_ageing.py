"""Ageing: how late a loan and each of its rows are on a given day.

Needs    the rows of a folded loan and the as-of date.
Gives    dpd, since, overdue and outstanding amounts, buckets and ranges: values, no side effect.
Never    changes a loan, posts an entry, or asks for today.
Source   the oldest-unpaid-instalment rule; docs/glossary.md, days past due.
"""

from __future__ import annotations

from datetime import date, timedelta

from duewell.domain.agenda import BUCKETS, Ageing, Buckets, bucket_of
from duewell.domain.loan._schedule import Row
from duewell.domain.loan._state import LoanState
from duewell.domain.product import Part

_OTHERS = (Part.PENALTY, Part.FEE, Part.INTEREST)
RANGES: tuple[int, ...] = (1, 3, 30, 60, 90, 120, 150, 180, 210, 240)


def ageing(state: LoanState, buckets: Buckets = BUCKETS) -> Ageing:
    """Days past due from the oldest unpaid row, and what is overdue and outstanding.

    Overdue is the unpaid parts of rows past due with their penalty. Outstanding is the principal
    out, all due or past due interest and fees, and penalty; not interest accrued but not yet due. What a
    new plan spread over rows to come was due before and counts. Of a loan charged off it is the claim,
    nothing is overdue, and the days past due stand still.
    """
    if state.charged_off_on is not None:
        return _age_of_claim(state, state.charged_off_on, buckets)
    late = [r for r in state.rows if r.due_on < state.as_of and r.unpaid > 0]
    dpd = (state.as_of - late[0].due_on).days if late else 0

    charged = sum(_charged(r, p, state.as_of) for r in state.rows for p in _OTHERS)
    return Ageing(
        dpd,
        bucket_of(dpd, buckets),
        late[0].due_on if late else None,
        sum(r.unpaid for r in late),
        state.principal_out + charged,
    )


def overdue_parts(state: LoanState, before: date) -> dict[Part, int]:
    """The unpaid parts of the rows that fell due before a day: what is overdue then, part by part."""
    late = [row for row in state.rows if row.due_on < before and row.unpaid > 0]
    return {part: sum(row.due[part] - row.paid[part] for row in late) for part in Part}


def _age_of_claim(state: LoanState, charged_off_on: date, buckets: Buckets) -> Ageing:
    """A claim is as late as its loan was when it left the books, until it is met; nothing is overdue."""
    claim = sum(state.claim)
    late = [r.due_on for r in state.rows if r.due_on < charged_off_on and r.unpaid > 0]
    if not claim or not late:
        return Ageing(0, bucket_of(0, buckets), None, 0, claim)
    dpd = (charged_off_on - late[0]).days
    return Ageing(dpd, bucket_of(dpd, buckets), late[0], 0, claim)


def range_of(days: int) -> str | None:
    """The delinquency range of a row: the largest lower bound not above its days past due."""
    lower = [r for r in RANGES if r <= days]
    return f"RANGE_{lower[-1]}" if lower else None


def principal_by_range(state: LoanState) -> dict[str, int]:
    """Unpaid principal of rows past due, summed by delinquency range."""
    sums: dict[str, int] = {}
    for row in state.rows:
        name = range_of((state.as_of - row.due_on).days)
        if name is not None and row.unpaid > 0:
            sums[name] = sums.get(name, 0) + _unpaid_principal(row)
    return sums


def delinquent_since(state: LoanState) -> date | None:
    """The oldest unpaid due date plus the grace the convention gives to ageing."""
    grace = timedelta(days=state.terms.convention.ageing_grace_days)
    late = [r.due_on + grace for r in state.rows if r.unpaid > 0]
    return min(late) if late and min(late) < state.as_of else None


def _charged(row: Row, part: Part, as_of: date) -> int:
    """What a row asks of a part that has been charged: all that is due, or was due before it moved here."""
    asked = row.due[part] if row.due_on <= as_of else max(row.moved[part], 0)
    return max(asked - row.paid[part], 0)


def _unpaid_principal(row: Row) -> int:
    return row.due[Part.PRINCIPAL] - row.paid[Part.PRINCIPAL]
