"""One contract as a row of its book's tape: terms, and how it stands at a date, in typed columns.

Needs    a contract as agreed, valued at a date.
Gives    COLUMNS with their kinds, Agreed, tape_row.
Never    writes a file, or leaves a column out: what does not apply is empty.
Source   docs/reference/book.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from duewell.domain.agenda import class_amount, scaled
from duewell.domain.ledger import INTEREST_ACCRUED, PENALTY_ACCRUED, Account
from duewell.domain.loan import LoanState
from duewell.domain.money import Rounding, round_fraction
from duewell.domain.portfolio._value import Valued
from duewell.domain.postings import TERMS
from duewell.domain.product import LineTerms, Part, Terms


class ColumnKind(Enum):
    """What a column of the tape holds."""

    TEXT = "text"
    DATE = "date"
    WHOLE = "whole number"
    RATE = "yearly rate, six decimals"


@dataclass(frozen=True, slots=True)
class Agreed:
    """A contract as agreed, and the names it goes by."""

    loan_id: str
    reference: str | None
    product: str
    version: int
    opened_on: date
    terms: Terms


_TEXT, _DATE, _WHOLE, _RATE = ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.WHOLE, ColumnKind.RATE

COLUMNS: dict[str, ColumnKind] = {
    "loan_id": _TEXT,
    "reference": _TEXT,
    "contract": _TEXT,
    "product": _TEXT,
    "product_version": _WHOLE,
    "currency": _TEXT,
    "opened_on": _DATE,
    # as agreed
    "start_on": _DATE,
    "principal_minor": _WHOLE,
    "limit_minor": _WHOLE,
    "rate_per_year": _RATE,
    "cash_rate_per_year": _RATE,
    "instalments": _WHOLE,
    "every": _WHOLE,
    "frequency": _TEXT,
    "instalment_minor": _WHOLE,
    "balloon_minor": _WHOLE,
    "convention": _TEXT,
    "days_in_month": _TEXT,
    "days_in_year": _TEXT,
    "amortization": _TEXT,
    "interest_method": _TEXT,
    "penalty_rate_per_year": _RATE,
    "penalty_share": _TEXT,
    "penalty_grace_days": _WHOLE,
    "statement_day": _WHOLE,
    "due_days": _WHOLE,
    # as it stands
    "as_of": _DATE,
    "matures_on": _DATE,
    "principal_out_minor": _WHOLE,
    "interest_due_minor": _WHOLE,
    "fee_due_minor": _WHOLE,
    "penalty_due_minor": _WHOLE,
    "interest_accrued_minor": _WHOLE,
    "penalty_accrued_minor": _WHOLE,
    "overdue_minor": _WHOLE,
    "outstanding_minor": _WHOLE,
    "overpaid_minor": _WHOLE,
    "dpd": _WHOLE,
    "bucket": _TEXT,
    "since": _DATE,
    "next_due_on": _DATE,
    "next_due_minor": _WHOLE,
    "charged_off_on": _DATE,
    "claim_minor": _WHOLE,
}
"""Every column in its order, with what it holds."""


def tape_row(agreed: Agreed, valued: Valued) -> tuple[Any, ...]:
    """The row of one contract, in the order of COLUMNS; None where a column does not apply."""
    state, age = valued.state, valued.age
    found = {
        "loan_id": agreed.loan_id,
        "reference": agreed.reference,
        "product": agreed.product,
        "product_version": agreed.version,
        "currency": agreed.terms.currency,
        "opened_on": agreed.opened_on,
        "start_on": agreed.terms.start,
        **_agreed(agreed.terms),
        "as_of": state.as_of,
        "matures_on": state.matures_on if isinstance(state, LoanState) else None,
        "principal_out_minor": valued.receivable[Part.PRINCIPAL],
        "interest_due_minor": valued.receivable[Part.INTEREST],
        "fee_due_minor": valued.receivable[Part.FEE],
        "penalty_due_minor": valued.receivable[Part.PENALTY],
        "interest_accrued_minor": accrued(valued, INTEREST_ACCRUED),
        "penalty_accrued_minor": accrued(valued, PENALTY_ACCRUED),
        "overdue_minor": age.overdue,
        "outstanding_minor": age.outstanding,
        "overpaid_minor": state.overpaid,
        "dpd": age.dpd,
        "bucket": age.bucket,
        "since": age.since,
        "next_due_on": valued.next_due_on,
        "next_due_minor": valued.next_due if valued.next_due_on is not None else None,
        "charged_off_on": state.charged_off_on,
        "claim_minor": sum(state.claim) if valued.is_charged_off else None,
    }
    return tuple(_in_order(found))


def _in_order(found: dict[str, Any]) -> Iterable[Any]:
    assert found.keys() <= COLUMNS.keys(), "a row has no other columns"
    return (found.get(name) for name in COLUMNS)


def accrued(valued: Valued, account: Account) -> int:
    """What one contract has accrued and was not charged, rounded once: of a product the sum is rounded."""
    total = Fraction(0)
    signs = {measure: sign for sign, measure in TERMS[account]}
    for (measure, accrual), amount in valued.sums.items():
        sign = signs.get(measure)
        if sign is not None:
            total += sign * (Fraction(*class_amount(amount, accrual)) if accrual else amount)
    return round_fraction(total, Rounding.HALF_EVEN)


def _agreed(terms: Terms) -> dict[str, Any]:
    if isinstance(terms, LineTerms):
        return {
            "contract": "line",
            "limit_minor": terms.limit,
            "rate_per_year": _rate(terms.purchase_rate),
            "cash_rate_per_year": _rate(terms.cash_rate),
            "convention": f"{terms.name}@{terms.version}",
            "days_in_year": terms.days_in_year.value,
            "statement_day": terms.statement_day,
            "due_days": terms.due_days,
        }
    convention, penalty = terms.convention, terms.penalty
    return {
        "contract": "loan",
        "principal_minor": terms.principal,
        "rate_per_year": _rate(terms.rate),
        "instalments": terms.instalments,
        "every": terms.every,
        "frequency": terms.frequency.value,
        "instalment_minor": terms.instalment,
        "balloon_minor": terms.balloon or None,
        "convention": f"{convention.name}@{convention.version}",
        "days_in_month": convention.days_in_month.value,
        "days_in_year": convention.days_in_year.value,
        "amortization": convention.amortization.value,
        "interest_method": convention.interest_method.value,
        "penalty_rate_per_year": _rate(penalty.rate) if penalty and penalty.rate is not None else None,
        "penalty_share": str(penalty.pct) if penalty and penalty.pct is not None else None,
        "penalty_grace_days": penalty.grace_days if penalty else None,
    }


def _rate(rate: Fraction) -> Decimal:
    """A yearly rate with six decimals: the finest a book can hold, so nothing is lost."""
    return Decimal(scaled(1, rate)).scaleb(-6)
