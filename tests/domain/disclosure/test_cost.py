"""The true cost of a loan is the rate of its real flows, before it is signed and after every fact.

Wants to prove: the published figure of a monthly fee comes out through a product file; without fees the
rate is the contract's; each rule counts time in its own way; every fact moves the cost as it should.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from duewell.domain.calendar import Frequency
from duewell.domain.disclosure import TrueCost, course, offer, true_cost
from duewell.domain.facts import Fact, FactKind
from duewell.domain.money import Rate
from duewell.domain.product import FeeBasis, FeeTerms, FeeWhen, LoanTerms, convention_named, read_product
from tests.domain.strategies import disbursed, lives

POSTER = """
code = "poster"
jurisdiction = "CN"
currency = "CNY"
convention = "cn-monthly/1"
principal = "12,000.00"
rate_pct = "0"
instalments = 12

[[fees]]
code = "service"
charged_by = "lender"
when = "with each instalment"
basis = "original principal"
pct = "0.6"
source = "contract, clause 5"
"""
START = date(2026, 1, 15)
PLAIN = LoanTerms(
    principal=1_200_000,
    start=START,
    instalments=12,
    rate=Fraction(12, 100),
    convention=convention_named("cn-monthly/1"),
)


def pct(rate: Fraction | None) -> str:
    assert rate is not None
    return Rate(rate).text(2)


def fact(kind: FactKind, on: str, ref: str = "f", amount: int = 0, **more: Any) -> Fact:
    return Fact(kind, date.fromisoformat(on), date.fromisoformat(on), "test", ref, amount=amount, **more)


def cost(terms: LoanTerms, *facts: Fact, on: str) -> TrueCost:
    return true_cost(terms, [disbursed(terms), *facts], as_of=date.fromisoformat(on))


def test_a_fee_of_six_in_a_thousand_a_month_costs_thirteen_per_cent() -> None:
    product = read_product(tomllib.loads(POSTER))
    told = offer(product.terms(principal=1_200_000, rate=Fraction(0), instalments=12, start=START))
    assert (pct(told.rates.nominal), pct(told.rates.effective)) == ("13.03", "13.84")
    assert (told.interest, told.fees, told.to_pay) == (0, 86_400, 1_286_400)
    assert (pct(told.rates.reg_z), pct(told.rates.aprc)) == ("13.03", "13.84")


def test_without_fees_the_nominal_rate_is_the_contract_rate() -> None:
    told = offer(PLAIN)
    assert told.rates.nominal is not None
    assert abs(told.rates.nominal - PLAIN.rate) < Fraction(1, 10**5), "but for the rounding of cents"
    assert pct(told.rates.reg_z) == "12"
    assert pct(told.rates.effective) == "12.68"


def test_what_is_kept_makes_what_was_lent_dearer() -> None:
    kept = FeeTerms("file", "lender", FeeWhen.KEPT, FeeBasis.PRINCIPAL, pct=Fraction(2, 100))
    told = offer(replace(PLAIN, fees=(kept,)))
    assert (told.lent, told.kept, told.fees) == (1_176_000, 24_000, 24_000)
    assert told.rates.nominal is not None and told.rates.nominal > Fraction(15, 100)


def test_each_fact_moves_the_cost() -> None:
    fees = (FeeTerms("file", "lender", FeeWhen.FIRST, FeeBasis.FLAT, amount=12_000),)
    terms = replace(PLAIN, fees=fees)
    facts = [
        disbursed(terms),
        fact(FactKind.PAYMENT_RECEIVED, "2026-02-15", "p1", amount=118_619),
        fact(FactKind.PAID_OFF, "2026-03-01", "p2"),
    ]
    told = [each for _, each in course(terms, facts)]
    assert told[0].rates.nominal == told[1].rates.nominal, "paid as agreed"
    assert told[2].rates.nominal is not None and told[1].rates.nominal is not None
    assert told[2].rates.nominal > told[1].rates.nominal * Fraction(14, 10), "a fee spread over six weeks"
    assert (told[2].to_pay, told[2].paid) == (0, -sum(a for _, a in told[2].flows if a < 0) + 12_000
        + told[2].interest)  # fmt: skip


def test_paying_late_without_a_penalty_is_cheaper_a_year() -> None:
    late = cost(replace(PLAIN, rate=Fraction(0)), on="2026-03-20")
    assert late.rates.nominal == 0
    flat = replace(PLAIN, fees=(FeeTerms("f", "l", FeeWhen.EACH, FeeBasis.FLAT, amount=5_000),))
    on_time, behind = cost(flat, on="2026-02-15"), cost(flat, on="2026-03-14")
    assert on_time.rates.nominal is not None and behind.rates.nominal is not None
    assert behind.rates.nominal < on_time.rates.nominal


def test_a_waiver_that_is_paid_by_nobody_lowers_the_cost() -> None:
    waived = fact(FactKind.WAIVED, "2026-02-20", parts=(0, 0, 5_000, 0))
    before, after = cost(PLAIN, on="2026-02-20"), cost(PLAIN, waived, on="2026-02-20")
    assert after.forgiven == 5_000
    assert (
        before.rates.nominal is not None
        and after.rates.nominal is not None
        and after.rates.nominal < before.rates.nominal
    )


@pytest.mark.parametrize(
    ("every", "frequency", "periods"),
    [(1, Frequency.WEEKS, 52), (2, Frequency.WEEKS, 26), (3, Frequency.MONTHS, 4), (7, Frequency.DAYS, 52)],
)
def test_periods_are_the_steps_of_the_plan(every: int, frequency: Frequency, periods: int) -> None:
    told = offer(replace(PLAIN, every=every, frequency=frequency))
    assert int(told.rates.periods) == periods
    assert told.rates.period is not None and told.rates.effective is not None
    assert told.rates.effective > told.rates.period * told.rates.periods > 0


def test_a_loan_charged_off_has_cost_what_was_paid() -> None:
    told = cost(PLAIN, fact(FactKind.CHARGED_OFF, "2026-03-01"), on="2026-03-01")
    assert (told.to_pay, told.paid, told.rates.nominal) == (0, 0, None)


@given(lives())
@settings(max_examples=60, deadline=None)
def test_the_flows_are_the_loans_money(life: tuple[LoanTerms, list[Fact], date]) -> None:
    terms, facts, as_of = life
    told = true_cost(terms, facts, as_of=as_of)
    assert sum(amount for _, amount in told.flows) == told.paid + told.to_pay - told.lent
    assert [on for on, _ in told.flows] == sorted({on for on, _ in told.flows})
