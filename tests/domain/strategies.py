"""Shared generators: loans of every convention, and payments that people really make."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from duewell.domain.calendar import DaysInMonth, DaysInYear, Frequency
from duewell.domain.loan import Fact, FactKind
from duewell.domain.money import Rounding
from duewell.domain.product import (
    Allocation,
    Amortization,
    Convention,
    Engine,
    ExcessRule,
    InterestMethod,
    LoanTerms,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
    Prepayment,
    Processing,
    RateCap,
)

START = date(2023, 11, 30)


@st.composite
def conventions(draw: st.DrawFn) -> Convention:
    month = draw(st.sampled_from(DaysInMonth))
    years = [DaysInYear.D360, DaysInYear.D365]
    if month is DaysInMonth.ACTUAL:
        years.append(DaysInYear.ACTUAL)
    return Convention(
        engine=draw(st.sampled_from(Engine)),
        rounding=draw(st.sampled_from(Rounding)),
        instalment_rounding=draw(st.sampled_from(Rounding)),
        instalment_multiple=draw(st.sampled_from([1, 1, 10, 100])),
        days_in_month=month,
        days_in_year=draw(st.sampled_from(years)),
        interest_method=draw(st.sampled_from(InterestMethod)),
        amortization=draw(st.sampled_from(Amortization)),
        is_recalculated_daily=draw(st.booleans()),
        prepayment=draw(st.sampled_from(Prepayment)),
    )


@st.composite
def penalties(draw: st.DrawFn) -> PenaltyTerms | None:
    kind = draw(st.sampled_from(["none", "once", "by the day"]))
    if kind == "none":
        return None
    base = draw(st.sampled_from(PenaltyBase))
    grace = draw(st.sampled_from([0, 3]))
    if kind == "once":
        return PenaltyTerms(base, grace, pct=Fraction(draw(st.integers(0, 20)), 100))
    cap = RateCap(START + timedelta(days=draw(st.integers(0, 300))), Fraction(4, 100), "a cap")
    return PenaltyTerms(
        base,
        grace,
        rate=Fraction(draw(st.integers(0, 3600)), 10_000),
        days_in_year=draw(st.sampled_from([360, 365])),
        mode=draw(st.sampled_from(PenaltyMode)),
        caps=draw(st.sampled_from([(), (cap,)])),
    )


@st.composite
def loans(draw: st.DrawFn) -> LoanTerms:
    count = draw(st.integers(1, 14))
    return LoanTerms(
        principal=draw(st.integers(10_000, 5_000_000)),
        start=START + timedelta(days=draw(st.integers(0, 60))),
        instalments=count,
        rate=Fraction(draw(st.integers(0, 3600)), 10_000),
        every=draw(st.integers(1, 3)),
        frequency=draw(st.sampled_from(Frequency)),
        convention=draw(conventions()),
        allocation=Allocation(
            processing=draw(st.sampled_from(Processing)),
            excess=(("repayment", draw(st.sampled_from(ExcessRule))),),
        ),
        penalty=draw(penalties()),
        grace_principal=draw(st.integers(0, min(2, count - 1))),
        down_payment_share=draw(st.sampled_from([Fraction(0), Fraction(1, 4)])),
    )


def disbursed(terms: LoanTerms) -> Fact:
    return Fact(FactKind.DISBURSED, terms.start, terms.start, "test", "0000", amount=terms.principal)


@st.composite
def lives(draw: st.DrawFn) -> tuple[LoanTerms, list[Fact], date]:
    """A loan, its disbursement and up to eight payments, and a day to look at it."""
    terms = draw(loans())
    facts = [disbursed(terms)]
    for n in range(draw(st.integers(0, 8))):
        on = terms.start + timedelta(days=draw(st.integers(0, 400)))
        amount = draw(st.integers(1, terms.principal * 3 // 2))
        facts.append(Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", f"{n + 1:04d}", amount=amount))
    return terms, facts, terms.start + timedelta(days=draw(st.integers(400, 900)))
