"""Penalty for lateness: once per instalment, or by the day.

Needs    the rows with what they ask and got, the product's penalty terms, the as-of date.
Gives    each row's penalty part.
Never    charges a penalty on a penalty or a fee, or contract interest and penalty on the same money.
Source   docs/reference/conventions.md, section penalty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from duewell.domain.loan._schedule import Row
from duewell.domain.money import round_fraction, round_ratio
from duewell.domain.product import LoanTerms, Part, PenaltyBase, PenaltyTerms


def charge_penalties(terms: LoanTerms, rows: Sequence[Row], as_of: date) -> None:
    """Bring the penalty of every row to `as_of`. Calling it twice for one date changes nothing."""
    penalty = terms.penalty
    if penalty is None:
        return
    for row in rows:
        if row.due_on >= as_of:
            break
        before = row.penalty_charged
        if penalty.pct is not None:
            _charge_once(terms, penalty, row, as_of)
        else:
            _accrue(terms, penalty, row, as_of)
        row.due[Part.PENALTY] += row.penalty_charged - before


def penalty_base(penalty: PenaltyTerms, row: Row) -> int:
    """The unpaid amount of a row that the penalty is charged on."""
    base = row.due[Part.PRINCIPAL] - row.paid[Part.PRINCIPAL]
    if penalty.base is PenaltyBase.PRINCIPAL_AND_INTEREST:
        base += row.due[Part.INTEREST] - row.paid[Part.INTEREST]
    return max(base, 0)


def _charge_once(terms: LoanTerms, penalty: PenaltyTerms, row: Row, as_of: date) -> None:
    if row.penalty_to is not None or as_of <= row.due_on + timedelta(days=penalty.grace_days):
        return
    assert penalty.pct is not None
    row.penalty_to = row.due_on
    row.penalty_charged = round_fraction(penalty.pct * penalty_base(penalty, row), terms.convention.rounding)


def _accrue(terms: LoanTerms, penalty: PenaltyTerms, row: Row, as_of: date) -> None:
    """Add base x days since the last look; the base only changes where a fact is folded."""
    assert penalty.rate is not None
    if row.penalty_to is None:
        if as_of <= row.due_on + timedelta(days=penalty.grace_days):
            return
        # A row still unpaid after its grace is charged from its due date: grace delays, it does not forgive.
        row.penalty_to = row.due_on
    row.penalty_num += penalty_base(penalty, row) * (as_of - row.penalty_to).days
    row.penalty_to = as_of
    row.penalty_charged = round_ratio(
        row.penalty_num * penalty.rate.numerator,
        penalty.rate.denominator * penalty.days_in_year,
        terms.convention.rounding,
    )
