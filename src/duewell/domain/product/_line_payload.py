"""Terms of a line as plain data and back; and the one place that tells a loan's terms from a line's.

Needs    LineTerms, LoanTerms and the readers loans use.
Gives    Terms, agreed_to_payload, agreed_from_payload: an exact round trip by the payload's schema.
Never    loses a digit: a rate is written as an exact ratio.
Source   docs/reference/line.md.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from duewell.domain.calendar import DaysInYear
from duewell.domain.errors import InvalidInput
from duewell.domain.product._line_terms import BalanceKind, CashFee, LateCharge, LineTerms, MinimumPayment
from duewell.domain.product._payload import make, plain, terms_from_payload, terms_to_payload
from duewell.domain.product._terms import LoanTerms

LINE_SCHEMA = "duewell.line-terms/1"
Terms = LoanTerms | LineTerms
"""What was agreed, of either kind of contract."""


def agreed_to_payload(terms: Terms) -> dict[str, Any]:
    """The terms of either kind as JSON values, each under its own schema."""
    if isinstance(terms, LineTerms):
        return {"schema": LINE_SCHEMA, **plain(terms)}
    return terms_to_payload(terms)


def agreed_from_payload(payload: dict[str, Any]) -> Terms:
    """The terms of a payload of either schema. Refuses what is neither, or cannot be read."""
    if payload.get("schema") != LINE_SCHEMA:
        return terms_from_payload(payload)
    try:
        given = {k: v for k, v in payload.items() if k != "schema"}
        terms: LineTerms = make(
            LineTerms,
            given,
            days_in_year=DaysInYear,
            purchase_rate=Fraction,
            cash_rate=Fraction,
            minimum=lambda each: make(MinimumPayment, each),
            cash_fee=lambda each: make(CashFee, each) if each else None,
            late_charge=lambda each: make(LateCharge, each) if each else None,
            principal_order=lambda names: tuple(BalanceKind(name) for name in names),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise InvalidInput("terms-unreadable", problem=str(problem)) from problem
    return terms
