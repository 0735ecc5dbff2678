"""Shared generators: loans of every convention, and payments that people really make."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from duewell.domain.calendar import DaysInMonth, DaysInYear, Frequency
from duewell.domain.facts import (
    ChargeBase,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    ReAged,
    ReAmortized,
    as_recorded,
    refusal_to_record,
)
from duewell.domain.loan import fold
from duewell.domain.money import Rounding
from duewell.domain.product import (
    Allocation,
    Amortization,
    Convention,
    Engine,
    ExcessRule,
    FeeBasis,
    FeeTerms,
    FeeWhen,
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
        payoff_to_row_end=draw(st.booleans()),
        suspends_from_dpd=draw(st.sampled_from([None, 1, 31, 91])),
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
def fees(draw: st.DrawFn) -> tuple[FeeTerms, ...]:
    """None for half of the loans; else up to three, each in another way."""
    if draw(st.booleans()):
        return ()
    found = []
    for when in draw(st.sets(st.sampled_from(FeeWhen), min_size=1)):
        bases = [b for b in FeeBasis if b is not FeeBasis.INSTALMENT or when is not FeeWhen.KEPT]
        basis = draw(st.sampled_from(bases))
        is_flat = basis is FeeBasis.FLAT
        found.append(
            FeeTerms(
                f"fee-{len(found)}",
                "lender",
                when,
                basis,
                amount=draw(st.integers(0, 2_000)) if is_flat else None,
                pct=None if is_flat else Fraction(draw(st.integers(0, 30)), 1000),
                source=f"clause {len(found)}",
            )
        )
    return tuple(found)


@st.composite
def loans(draw: st.DrawFn) -> LoanTerms:
    count = draw(st.integers(1, 14))
    principal = draw(st.integers(10_000, 5_000_000))
    return LoanTerms(
        principal=principal,
        balloon=draw(st.sampled_from([0, 0, 0, principal // 3])),
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
        grace_interest=draw(st.integers(0, min(2, count - 1))),
        down_payment_share=draw(st.sampled_from([Fraction(0), Fraction(1, 4)])),
        fees=draw(fees()),
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
    facts += draw(turns(terms, facts))
    return terms, facts, terms.start + timedelta(days=draw(st.integers(400, 900)))


@st.composite
def turns(draw: st.DrawFn, terms: LoanTerms, facts: list[Fact]) -> list[Fact]:
    """Up to four turns a loan's life takes, in the order they are learnt; none that recording refuses."""
    made: list[Fact] = []
    end = terms.start + timedelta(days=2000)
    for n in range(draw(st.integers(0, 4))):
        on = terms.start + timedelta(days=draw(st.integers(1, 300)))
        fact = draw(turn(terms, [*facts, *made], on, f"t{n}"))
        before = fold(terms, [*facts, *made], as_of=end)
        after = fold(terms, [*facts, *made, fact], as_of=end)
        if refusal_to_record(fact, before, after) is None and not after.void:
            made.append(as_recorded(fact, after.applied))
    return made


@st.composite
def lending_turn(draw: st.DrawFn, terms: LoanTerms, facts: list[Fact], base: Fact, kind: str) -> Fact:
    """More money lent, money paid out, money for a loan off the books, or a fact taken back."""
    if kind == "lend":
        return replace(base, kind=FactKind.DISBURSED, amount=draw(st.integers(1_000, terms.principal)))
    if kind == "refund":
        amount = draw(st.integers(1, terms.principal // 2))
        return replace(base, kind=FactKind.REFUNDED, amount=amount, payment_type="credit_balance_refund")
    # How a loan began is not taken back while others stand on it; nothing is taken back twice.
    gone = {f.reverses for f in facts}
    living = [f.key for f in facts[1:] if f.kind is not FactKind.REVERSED and f.key not in gone]
    if kind == "take back" and living:
        return replace(base, kind=FactKind.REVERSED, reverses=draw(st.sampled_from(living)))
    off = [f.effective_on for f in facts if f.kind is FactKind.CHARGED_OFF]
    if not off:
        return replace(base, kind=FactKind.CHARGED_OFF)
    later = max(base.effective_on, *off)
    amount = draw(st.integers(1, terms.principal))
    return replace(base, kind=FactKind.RECOVERED, effective_on=later, recorded_on=later, amount=amount)


@st.composite
def turn(draw: st.DrawFn, terms: LoanTerms, facts: list[Fact], on: date, ref: str) -> Fact:
    kind = draw(
        st.sampled_from(
            [
                *("move", "extend", "re-age", "re-amortize", "fee", "pct", "waive", "off", "rate", "pause"),
                *("settle", "lend", "refund", "recover", "take back"),
            ]
        )
    )
    base = Fact(FactKind.RESCHEDULED, on, on, "test", ref)
    if kind in ("lend", "refund", "recover", "take back"):
        return draw(lending_turn(terms, facts, base, kind))
    rows = fold(terms, [f for f in facts if f.effective_on <= on], as_of=on).rows
    due = draw(st.sampled_from([r.due_on for r in rows]))
    if kind == "move":
        to = due + timedelta(days=draw(st.integers(-10, 40)))
        return replace(base, reschedule=DueDateMoved(due, to))
    if kind == "extend":
        return replace(base, reschedule=Extended(due, draw(st.integers(1, 4))))
    if kind == "re-age":
        first = on + timedelta(days=draw(st.integers(1, 45)))
        every, frequency = draw(st.sampled_from([(1, Frequency.MONTHS), (2, Frequency.WEEKS)]))
        return replace(base, reschedule=ReAged(first, draw(st.integers(1, 6)), every, frequency))
    if kind == "re-amortize":
        return replace(base, reschedule=ReAmortized())
    if kind == "fee":
        made = draw(st.sampled_from([FactKind.FEE_CHARGED, FactKind.PENALTY_CHARGED]))
        return replace(base, kind=made, amount=draw(st.integers(1, 9_999)))
    if kind == "pct":
        return replace(
            base, kind=FactKind.FEE_CHARGED, pct=Fraction(2, 100), base=draw(st.sampled_from(ChargeBase))
        )
    if kind == "waive":
        owed = [sum(max(r.due[p] - r.paid[p], 0) for r in rows if r.due_on <= on) for p in range(4)]
        parts = tuple(draw(st.integers(0, most)) for most in owed)
        return replace(base, kind=FactKind.WAIVED, parts=(parts[0], parts[1], parts[2], parts[3]))
    if kind == "rate":
        return replace(base, kind=FactKind.RATE_CHANGED, rate=Fraction(draw(st.integers(0, 3600)), 10_000))
    if kind == "settle":
        return replace(base, kind=FactKind.PAID_OFF)
    if kind == "pause":
        return replace(base, kind=FactKind.PAUSE_SET, until=on + timedelta(days=draw(st.integers(0, 60))))
    return replace(base, kind=FactKind.CHARGED_OFF)
