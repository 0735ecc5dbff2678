"""Terms as plain data and back: what is stored, sent and hashed.

Needs    LoanTerms and its parts.
Gives    terms_to_payload, terms_from_payload: an exact round trip of strings and whole numbers;
         plain and make, which lines use too.
Never    loses a digit: a rate is written as an exact ratio.
Source   docs/decisions/0001.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any

from duewell.domain.calendar import BusinessDayRule, DaysInMonth, DaysInYear, Frequency
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rounding
from duewell.domain.product._fees import FeeBasis, FeeTerms, FeeWhen
from duewell.domain.product._terms import (
    Allocation,
    Amortization,
    ChargeOffInterest,
    Convention,
    Engine,
    ExcessRule,
    InterestMethod,
    LoanTerms,
    Part,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
    Prepayment,
    Processing,
    RateCap,
)

SCHEMA = "duewell.loan-terms/1"
OWN_TERMS: dict[str, Any] = {"schema": "duewell.product/1", "terms": "each loan's own"}
OWN_LINE_TERMS: dict[str, Any] = {"schema": "duewell.product/1", "terms": "each line's own"}
"""Products that only name loans, or lines, whose terms were agreed one by one."""

_LATER = frozenset({"caps", "due_day_rule", "charge_off_interest", "suspends_from_dpd", "fees", "balloon"})

_READ: dict[str, Any] = {
    "start": date.fromisoformat,
    "rate": Fraction,
    "pct": Fraction,
    "down_payment_share": Fraction,
    "frequency": Frequency,
    "engine": Engine,
    "rounding": Rounding,
    "instalment_rounding": Rounding,
    "days_in_month": DaysInMonth,
    "interest_method": InterestMethod,
    "amortization": Amortization,
    "prepayment": Prepayment,
    "processing": Processing,
    "base": PenaltyBase,
    "mode": PenaltyMode,
    "order": lambda names: tuple(Part[name] for name in names),
    "excess": lambda pairs: tuple((kind, ExcessRule(rule)) for kind, rule in pairs),
    "due_dates": lambda days: tuple(date.fromisoformat(day) for day in days),
    "due_day_rule": BusinessDayRule,
    "charge_off_interest": ChargeOffInterest,
    "from_on": date.fromisoformat,
    "when": FeeWhen,
    "basis": FeeBasis,
    "fees": lambda fees: tuple(make(FeeTerms, fee) for fee in fees),
    "caps": lambda caps: tuple(make(RateCap, cap) for cap in caps),
}


def terms_to_payload(terms: LoanTerms) -> dict[str, Any]:
    """The terms as JSON values: strings, whole numbers, lists and objects; no float."""
    return {"schema": SCHEMA, **plain(terms)}


def terms_from_payload(payload: dict[str, Any]) -> LoanTerms:
    """The terms of a payload. Refuses another schema, a missing key, or a value that is not of its kind."""
    if payload.get("schema") != SCHEMA:
        raise InvalidInput("terms-schema-unknown", found=str(payload.get("schema")), expected=SCHEMA)
    try:
        given = {k: v for k, v in payload.items() if k != "schema"}
        convention = make(Convention, given.pop("convention"), days_in_year=DaysInYear)
        allocation = make(Allocation, given.pop("allocation"))
        penalty = given.pop("penalty")
        terms: LoanTerms = make(
            LoanTerms,
            given,
            convention=lambda _: convention,
            allocation=lambda _: allocation,
            penalty=lambda _: make(PenaltyTerms, penalty) if penalty else None,
            also={"convention": None, "allocation": None, "penalty": penalty},
        )
        return terms
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise InvalidInput("terms-unreadable", problem=str(problem)) from problem


def plain(value: Any) -> Any:
    """A value of terms as JSON: names, exact ratios and dates as text."""
    if isinstance(value, Part):
        return value.name
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    return value


def make(kind: Any, given: dict[str, Any], also: dict[str, Any] | None = None, **readers: Any) -> Any:
    """A value of terms from its JSON object. Refuses a key that is missing or unknown."""
    values = {**given, **(also or {})}
    made = {}
    for each in fields(kind):
        if each.name not in values and each.name in _LATER:
            continue  # terms written before the field existed: its default is what they meant
        value = values.pop(each.name)
        if each.name in readers:
            made[each.name] = readers[each.name](value)
        else:
            read = _READ.get(each.name)
            made[each.name] = value if value is None or read is None else read(value)
    if values:
        raise ValueError(f"unknown keys: {', '.join(sorted(values))}")
    return kind(**made)
