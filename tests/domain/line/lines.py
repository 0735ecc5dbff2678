"""Shared generators: lines of every convention, and lives that people really lead with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from duewell.domain.calendar import DaysInYear
from duewell.domain.facts import Conversion, Fact, FactKind
from duewell.domain.line import fold_line
from duewell.domain.money import Rounding
from duewell.domain.product import (
    ORDER,
    BalanceKind,
    CashFee,
    LateCharge,
    LineTerms,
    MinimumPayment,
    RateCap,
)

START = date(2023, 11, 20)
RATES = st.integers(0, 3600).map(lambda n: Fraction(n, 10_000))


@st.composite
def lines(draw: st.DrawFn) -> LineTerms:
    caps = (
        RateCap(START + timedelta(days=40), Fraction(16, 100), "a cap"),
        RateCap(START + timedelta(days=100), Fraction(12, 100), "a lower cap"),
    )
    return LineTerms(
        limit=draw(st.integers(100_000, 3_000_000)),
        start=START + timedelta(days=draw(st.integers(0, 45))),
        statement_day=draw(st.integers(1, 31)),
        purchase_rate=draw(RATES),
        cash_rate=draw(RATES),
        due_days=draw(st.sampled_from([1, 10, 20, 25, 27])),
        days_in_year=draw(st.sampled_from([DaysInYear.D360, DaysInYear.D365, DaysInYear.ACTUAL])),
        has_free_period=draw(st.sampled_from([True, True, False])),
        minimum=MinimumPayment(Fraction(draw(st.integers(0, 20)), 100), draw(st.sampled_from([0, 5_000]))),
        cash_fee=draw(st.sampled_from([None, CashFee(Fraction(1, 100), 200)])),
        late_charge=draw(
            st.sampled_from([None, LateCharge(Fraction(5, 100)), LateCharge(Fraction(3, 100), 1_000, 3)])
        ),
        order=draw(st.sampled_from([ORDER, tuple(reversed(ORDER))])),
        principal_order=draw(st.sampled_from([(), (BalanceKind.PURCHASE, BalanceKind.CASH)])),
        caps=draw(st.sampled_from([(), caps])),
        rounding=draw(st.sampled_from(Rounding)),
    )


KINDS = (
    "purchase",
    "purchase",
    "cash",
    "pay",
    "pay",
    "pay",
    "fee",
    "convert",
    "waive",
    "rate",
    "limit",
    "pause",
    "odd",
)


@st.composite
def happening(draw: st.DrawFn, terms: LineTerms, facts: list[Fact], on: date, ref: str) -> Fact:
    """One fact of a line, of amounts that fit what is owed that day."""
    state = fold_line(terms, [f for f in facts if f.effective_on <= on], as_of=on)
    total = sum(state.owed)
    purchases = state.billed[BalanceKind.PURCHASE] + state.new[BalanceKind.PURCHASE]
    kinds = KINDS if total else ("purchase", "purchase", "cash", "limit")
    kind = draw(st.sampled_from(("convert", *kinds) if purchases > 6 else kinds))
    base = Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", ref)
    if kind in ("purchase", "cash"):
        amount = draw(st.integers(1, max(1, min(state.available, 400_000))) | st.just(50_000))
        return replace(base, kind=FactKind.DRAWN, amount=amount, balance=BalanceKind(kind))
    if kind == "pay":
        least = sum(each.unpaid for each in state.statements)
        billed = sum(state.billed.values()) + sum(state.owed[:3])
        most = max(1, total)
        amount = draw(
            st.sampled_from([max(1, least), max(1, billed), most, most + 700]) | st.integers(1, most)
        )
        return replace(base, amount=amount)
    if kind == "fee":
        charged = draw(st.sampled_from([FactKind.FEE_CHARGED, FactKind.PENALTY_CHARGED]))
        return replace(base, kind=charged, amount=draw(st.integers(1, 5_000)))
    if kind == "convert":
        agreed = draw(
            st.sampled_from([Conversion(3, pct=Fraction(6, 1000)), Conversion(6, rate=Fraction(12, 100))])
        )
        amount = draw(st.integers(min(6, purchases), max(6, purchases)))
        return replace(base, kind=FactKind.CONVERTED, amount=amount, conversion=agreed)
    if kind == "waive":
        parts = [draw(st.integers(0, most)) for most in state.owed]
        return replace(base, kind=FactKind.WAIVED, parts=(parts[0], parts[1], parts[2], parts[3]))
    if kind == "rate":
        given = draw(st.sampled_from([None, *BalanceKind]))
        return replace(base, kind=FactKind.RATE_CHANGED, rate=draw(RATES), balance=given)
    if kind == "limit":
        return replace(base, kind=FactKind.LIMIT_CHANGED, amount=draw(st.integers(0, 3_000_000)))
    if kind == "pause":
        return replace(base, kind=FactKind.PAUSE_SET, until=on + timedelta(days=draw(st.integers(0, 70))))
    odd = draw(st.sampled_from([FactKind.CHARGED_OFF, FactKind.REFUNDED, FactKind.RECOVERED]))
    return replace(base, kind=odd, amount=draw(st.integers(1, 5_000)))


@st.composite
def line_lives(draw: st.DrawFn, most: int = 14, days: int = 300) -> tuple[LineTerms, list[Fact]]:
    """A line and the facts of its life; some facts may be void where they came to nothing."""
    terms = draw(lines())
    facts: list[Fact] = []
    steps = draw(st.lists(st.integers(0, days), min_size=1, max_size=most))
    for n, step in enumerate(sorted(steps)):
        on = terms.start + timedelta(days=step)
        facts.append(draw(happening(terms, facts, on, f"{n:03d}")))
    return terms, facts
