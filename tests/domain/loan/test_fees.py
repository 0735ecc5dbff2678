"""Scheduled fees stand in the rows they are charged with, and no fee is owed for a period not begun.

Wants to prove: each basis and each time by worked figures; paying off, charging off, a new plan and a waiver
treat fees as agreed; the ledger's fees are the fold's for random lives with every kind of fact.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Extended, Fact, FactKind, ReAged, ReAmortized
from duewell.domain.ledger import CASH_CLEARING, FEE_INCOME, FEE_RECEIVABLE, balances
from duewell.domain.loan import Folding, LoanState, ageing, fold, look, prove, receivables, standing
from duewell.domain.postings import general_ledger, journals_of
from duewell.domain.product import (
    FeeBasis,
    FeeTerms,
    FeeWhen,
    LoanTerms,
    Part,
    convention_named,
    terms_from_payload,
    terms_to_payload,
)
from tests.domain.strategies import disbursed, lives

MONTHLY = FeeTerms(
    "service", "lender", FeeWhen.EACH, FeeBasis.PRINCIPAL, pct=Fraction(6, 1000), source="clause 5"
)
TERMS = LoanTerms(
    principal=1_200_000,
    start=date(2026, 1, 15),
    instalments=12,
    rate=Fraction(0),
    convention=convention_named("cn-monthly/1"),
    fees=(MONTHLY,),
)
BEARING = replace(TERMS, rate=Fraction(144, 1000), principal=600_000)


def fact(kind: FactKind, on: str, ref: str = "f", amount: int = 0, **more: Any) -> Fact:
    return Fact(kind, date.fromisoformat(on), date.fromisoformat(on), "test", ref, amount=amount, **more)


def state(terms: LoanTerms, *facts: Fact, on: str = "2026-01-15") -> LoanState:
    return fold(terms, [disbursed(terms), *facts], as_of=date.fromisoformat(on))


def fees(told: LoanState) -> list[int]:
    return [row.due[Part.FEE] for row in told.rows]


def payoff(terms: LoanTerms, on: str) -> int:
    folding = Folding(terms)
    folding.apply(disbursed(terms))
    return folding.payoff(date.fromisoformat(on))


def test_a_monthly_fee_on_the_first_principal_stands_in_every_row() -> None:
    rows = state(TERMS).rows
    assert fees(state(TERMS)) == [7_200] * 12
    assert {sum(row.due) for row in rows} == {107_200}


def test_each_basis_and_each_time() -> None:
    terms = replace(
        BEARING,
        fees=(
            FeeTerms("file", "lender", FeeWhen.FIRST, FeeBasis.FLAT, amount=5_000),
            FeeTerms("service", "lender", FeeWhen.EACH, FeeBasis.INSTALMENT, pct=Fraction(1, 100)),
            FeeTerms("guarantee", "guarantor", FeeWhen.KEPT, FeeBasis.PRINCIPAL, pct=Fraction(2, 100)),
        ),
    )
    told = state(terms)
    assert fees(told) == [5_000 + 540, *[540] * 11], "1 % of 539.85 is 5.40; the last row asks 539.89"
    assert told.applied[0].parts == (0, 12_000, 0, 0)
    booked = balances(journals_of(told.applied).values())
    assert (booked[CASH_CLEARING], booked[FEE_INCOME]) == (-588_000, -12_000)


@pytest.mark.parametrize(
    ("on", "paid", "receivable", "income"),
    [("2026-02-14", 0, 0, 0), ("2026-02-15", 0, 3_600, 3_600), ("2026-01-20", 5_000, 0, 3_600)],
    ids=["the day before it is due", "the day it is due", "paid before its day"],
)
def test_a_fee_is_earned_when_it_falls_due_or_is_paid_before(
    on: str, paid: int, receivable: int, income: int
) -> None:
    """36.00 a month, the first on 15 February."""
    facts = [fact(FactKind.PAYMENT_RECEIVED, on, amount=paid)] if paid else []
    view = look(BEARING, [disbursed(BEARING), *facts], as_of=date.fromisoformat(on), is_closing=True)
    held = general_ledger(standing(view, view.state.as_of))
    assert receivables(view.state)[Part.FEE] == receivable
    assert -held.get(FEE_INCOME, 0) == income


def test_a_fee_is_overdue_like_any_other_part() -> None:
    paid = fact(FactKind.PAYMENT_RECEIVED, "2026-02-15", amount=100_000)
    age = ageing(state(TERMS, paid, on="2026-02-20"))
    assert (age.dpd, age.overdue) == (5, 7_200)


@pytest.mark.parametrize(
    ("on", "rows"),
    [("2026-01-15", 0), ("2026-01-16", 1), ("2026-02-15", 1), ("2026-02-16", 2), ("2027-01-15", 12)],
)
def test_a_payoff_asks_the_fees_of_the_periods_begun(on: str, rows: int) -> None:
    assert payoff(TERMS, on) == 1_200_000 + 7_200 * rows
    told = state(TERMS, fact(FactKind.PAID_OFF, on), on="2027-06-01")
    assert fees(told) == [7_200] * rows + [0] * (12 - rows)
    assert (sum(row.unpaid for row in told.rows), told.overpaid) == (0, 0)


@pytest.mark.parametrize("name", ["cumulative-act-365/1", "cumulative-30-360/1", "flat-30-360/1"])
@pytest.mark.parametrize("on", ["2026-02-15", "2026-03-01"])
def test_a_payoff_settles_fees_under_every_convention(name: str, on: str) -> None:
    terms = replace(BEARING, convention=convention_named(name))
    told = state(terms, fact(FactKind.PAID_OFF, on), on="2027-06-01")
    assert (sum(row.unpaid for row in told.rows), told.overpaid, told.principal_out) == (0, 0, 0)
    assert sum(fees(told)) == 3_600 * (1 if on == "2026-02-15" else 2)


def test_money_in_advance_pays_no_fee_of_a_period_not_begun() -> None:
    early = fact(FactKind.PAYMENT_RECEIVED, "2026-01-20", amount=300_000)
    told = state(BEARING, early, on="2026-01-20")
    assert [row.paid[Part.FEE] for row in told.rows] == [3_600, *[0] * 11]
    assert fees(told) == [3_600] * 12, "the loan is still out, so every month still bears its fee"


def test_a_share_of_an_instalment_is_asked_of_the_first_money_that_comes() -> None:
    share = FeeTerms("s", "lender", FeeWhen.FIRST, FeeBasis.INSTALMENT, pct=Fraction(1, 1000))
    terms = replace(BEARING, fees=(share,))
    early = fact(FactKind.PAYMENT_RECEIVED, "2026-01-16", amount=100)
    assert state(terms, early, on="2026-01-16").rows[0].paid[Part.FEE] == 54


def test_money_lent_again_after_a_payoff_to_the_rows_end_bears_the_fee_of_the_next_period() -> None:
    convention = replace(BEARING.convention, payoff_to_row_end=True)
    facts = [
        fact(FactKind.PAID_OFF, "2026-02-20"),
        fact(FactKind.DISBURSED, "2026-02-25", "again", amount=100_000),
    ]
    terms = replace(BEARING, convention=convention)
    assert fees(state(terms, *facts, on="2026-03-20"))[:3] == [3_600] * 3, "unpaid, so the third month begins"


def test_a_charge_off_takes_the_fees_of_the_periods_begun() -> None:
    told = state(BEARING, fact(FactKind.CHARGED_OFF, "2026-03-20"), on="2026-03-20")
    assert told.claim[Part.FEE] == 3 * 3_600


def test_a_new_plan_carries_the_fees_charged_and_asks_no_more() -> None:
    plan = ReAged(date(2026, 4, 1), 6)
    told = state(BEARING, fact(FactKind.RESCHEDULED, "2026-03-10", reschedule=plan), on="2026-03-10")
    assert sum(fees(told)) == 2 * 3_600
    assert sum(r.moved[Part.FEE] for r in told.rows if r.moved[Part.FEE] > 0) == 2 * 3_600


def test_instalments_added_to_a_plan_bear_no_fee_of_the_product() -> None:
    more = fact(FactKind.RESCHEDULED, "2026-02-15", reschedule=Extended(date(2026, 3, 15), 3))
    assert fees(state(BEARING, more, on="2026-02-15")) == [*[3_600] * 12, 0, 0, 0]


def test_a_fee_left_open_in_a_row_settled_early_takes_no_interest_with_it() -> None:
    terms = replace(BEARING, convention=convention_named("cn-monthly-equal-principal/1"), fees=())
    early = fact(FactKind.PAYMENT_RECEIVED, "2026-01-15", "p", amount=50_000)
    charge = fact(FactKind.FEE_CHARGED, "2026-02-01", "c", amount=1)
    plan = fact(FactKind.RESCHEDULED, "2026-06-20", "r", reschedule=ReAmortized())
    with_fee, without = (state(terms, early, *more, plan, on="2026-06-20") for more in ((charge,), ()))
    asked = [sum(row.due[Part.INTEREST] for row in each.rows) for each in (with_fee, without)]
    assert asked[0] == asked[1]


def test_a_waived_fee_is_not_asked_again() -> None:
    waived = fact(FactKind.WAIVED, "2026-02-20", parts=(0, 3_600, 0, 0))
    told = state(BEARING, waived, on="2026-02-20")
    assert told.rows[0].due[Part.FEE] == told.rows[0].paid[Part.FEE] == 3_600


def test_the_proof_of_a_fee_names_its_clause() -> None:
    proof = prove(TERMS, [disbursed(TERMS)], as_of=TERMS.start).rows[0].due[Part.FEE]
    assert [(sign, each.clause, each.share) for sign, each in proof.terms] == [
        (1, "service: clause 5", (1_200_000, Fraction(6, 1000)))
    ]


def test_terms_written_before_there_were_fees_still_read() -> None:
    payload = terms_to_payload(replace(TERMS, fees=()))
    del payload["fees"]
    assert terms_from_payload(payload).fees == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 1}, "fee-needs-one-amount"),
        ({"pct": None}, "fee-needs-one-amount"),
        ({"pct": Fraction(-1)}, "fee-negative"),
        ({"basis": FeeBasis.INSTALMENT, "when": FeeWhen.KEPT}, "fee-without-instalment"),
    ],
)
def test_what_is_no_fee_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        replace(MONTHLY, **changes)


def test_two_fees_of_one_code_and_more_kept_than_lent_are_refused() -> None:
    with pytest.raises(InvalidInput, match="fee-code-twice"):
        replace(TERMS, fees=(MONTHLY, MONTHLY))
    kept = FeeTerms("all", "lender", FeeWhen.KEPT, FeeBasis.PRINCIPAL, pct=Fraction(1))
    void = state(replace(TERMS, fees=(kept,))).void
    assert [reason.code for _, reason in void] == ["fees-above-principal"]


@given(lives())
@settings(max_examples=150, deadline=None)
def test_the_ledger_of_fees_is_the_fold(life: tuple[LoanTerms, list[Fact], date]) -> None:
    terms, facts, end = life
    for on in (terms.start + timedelta(days=45), terms.start + timedelta(days=130), end):
        known = [f for f in facts if f.effective_on <= on or f.kind.value in ("RateChanged", "PauseSet")]
        view = look(terms, known, as_of=on, is_closing=True)
        told = view.state
        booked = balances(journals_of(told.applied).values()).get(FEE_RECEIVABLE, 0)
        owed = receivables(told)[Part.FEE]
        assert general_ledger(standing(view, on)).get(FEE_RECEIVABLE, 0) + booked == owed
        assert all(row.fee >= 0 and row.paid[Part.FEE] <= row.due[Part.FEE] for row in told.rows)


@given(lives())
@settings(max_examples=150, deadline=None)
def test_a_payoff_leaves_no_fee_open_and_asks_none_of_a_period_not_begun(
    life: tuple[LoanTerms, list[Fact], date],
) -> None:
    terms, facts, _ = life
    on = max(f.effective_on for f in facts) + timedelta(days=1)
    before = fold(terms, facts, as_of=on)
    if before.charged_off_on is not None or before.principal_out == 0:
        return
    done = fold(terms, [*facts, Fact(FactKind.PAID_OFF, on, on, "test", "zz")], as_of=on)
    assert done.principal_out == 0
    paid = {row.nr: row.paid[Part.FEE] for row in before.rows}
    for row in done.rows:
        assert row.due[Part.FEE] == row.paid[Part.FEE]
        assert not row.fee or row.start < on or row.paid[Part.FEE] == paid[row.nr]
