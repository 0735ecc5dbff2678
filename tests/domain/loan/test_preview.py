"""A preview is what would be booked.

Wants to prove: the loan shown for supposed facts is, row by row and line by line, the loan after those facts
are known; nothing supposed stays behind. How: random lives whose last facts are supposed first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.domain.errors import Refusal
from duewell.domain.facts import Fact, FactKind, FactLines, known
from duewell.domain.loan import LoanState, ageing, compare, fold, lifetime, preview
from duewell.domain.money import currency
from duewell.domain.product import FeeBasis, FeeTerms, FeeWhen, LoanTerms
from tests.domain.strategies import disbursed, lives

TERMS = LoanTerms(principal=1_200_00, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))
Life = tuple[LoanTerms, list[Fact], date]


def supposed(*lines: str) -> list[Fact]:
    reader = FactLines(currency("CNY"))
    return [
        reader.read(each, source="if", source_ref=f"{n}", recorded_on=date(2026, 1, 1))
        for n, each in enumerate(lines)
    ]


def figures(state: LoanState) -> object:
    rows = [(r.due_on, r.due, r.paid, r.balance) for r in state.rows]
    return rows, state.applied, state.principal_out, state.overpaid, state.claim


@given(lives())
def test_what_is_previewed_is_what_is_booked(life: Life) -> None:
    terms, facts, as_of = life
    now, then = preview(terms, facts[:2], facts[2:], until=as_of)
    assert figures(now.state) == figures(fold(terms, facts[:2], as_of=as_of))
    booked = fold(terms, facts, as_of=as_of)
    assert figures(then.state) == figures(booked)
    assert then.age == ageing(booked)


@given(lives())
def test_a_payoff_previewed_settles_the_loan(life: Life) -> None:
    terms, facts, as_of = life
    now, _ = preview(terms, facts, [], until=as_of)
    if now.payoff is None:
        return
    settle = Fact(FactKind.PAID_OFF, as_of, as_of, "zz", "settle")
    after = fold(terms, [*facts, settle], as_of=as_of)
    paid = sum(a.amount for a in after.applied if a.fact is settle)
    assert paid == max(now.payoff, 0)
    assert after.principal_out == 0
    assert after.overpaid == now.state.overpaid, "it is asked to the cent"


@given(lives(), st.integers(0, 400))
@settings(max_examples=200)
def test_a_loan_settled_on_any_day_asks_for_nothing_ever_after(life: Life, days: int) -> None:
    """Neither is anything too much: to the cent, whatever was paid, charged, paused or planned before."""
    terms, facts, _ = life
    on = terms.start + timedelta(days=days)
    before = [fact for fact in facts if fact.effective_on <= on]
    settle = Fact(FactKind.PAID_OFF, on, on, "zz", "settle")
    after = fold(terms, [*before, settle], as_of=on + timedelta(days=800))
    if after.charged_off_on is None and not any(fact is settle for fact, _ in after.void):
        assert (sum(row.unpaid for row in after.rows), after.principal_out) == (0, 0)
        assert after.overpaid == fold(terms, before, as_of=on).overpaid


@given(lives())
def test_a_loan_moved_along_its_life_stands_after_each_fact_as_if_folded_to_it(life: Life) -> None:
    terms, facts, _ = life
    ordered = known(facts)
    for count, (fact, state) in enumerate(lifetime(terms, facts), start=1):
        assert figures(state) == figures(fold(terms, ordered[:count], as_of=fact.effective_on))


STORY = """
as it is                                   cost   79.42   ends 2027-01-01
2026-01-31 pay 300.00                      cost   76.13   ends 2027-01-01
2026-02-01 settle                          cost   12.00   ends -
2026-02-01 move 2026-02-01 to 2026-02-15   cost   86.11   ends 2027-01-15
2026-02-01 extend by 6 from 2026-03-01     cost  114.11   ends 2027-07-01
2026-02-01 rate 6%                         cost   45.34   ends 2027-01-01
"""


@pytest.mark.parametrize("line", STORY.strip().splitlines())
def test_each_future_of_a_loan_costs_what_the_table_says(line: str) -> None:
    said, _, rest = line.partition("  cost")
    cost, _, ends = rest.split()
    facts = [] if said.startswith("as it is") else supposed(said.strip())
    _, then = preview(TERMS, [disbursed(TERMS)], facts, until=date(2026, 2, 1))
    assert (then.cost, str(then.ends_on or "-")) == (round(Fraction(cost) * 100), ends)


def test_the_cost_counts_fees_kept_and_not_what_was_forgiven() -> None:
    """79.42 of interest, 30.00 kept when the money went out; then 5.00 of the first interest is waived."""
    kept = FeeTerms("entry", "lender", FeeWhen.KEPT, FeeBasis.FLAT, amount=3_000, source="clause 6")
    terms = replace(TERMS, fees=(kept,))
    on = date(2026, 2, 1)
    now, then = preview(terms, [disbursed(terms)], supposed("2026-02-01 waive interest 5.00"), until=on)
    assert (now.cost, then.cost) == (79_42 + 30_00, 79_42 + 30_00 - 5_00)
    assert (now.to_pay, then.to_pay) == (1_279_42, 1_274_42)


def test_a_loan_charged_off_has_its_claim_to_pay_and_no_payoff() -> None:
    until = date(2026, 2, 20)
    _, then = preview(TERMS, [disbursed(TERMS)], supposed("2026-02-11 charge-off"), until=until)
    claim = sum(then.state.claim)
    assert (then.to_pay, then.payoff, then.ends_on) == (claim, None, None)
    assert (then.age.dpd, then.age.outstanding) == (10, claim)
    assert claim == 1_200_00 + 12_00 + 4_29, "the interest of January, and of ten days of February"


def test_futures_side_by_side_are_each_as_if_asked_alone() -> None:
    facts = [disbursed(TERMS)]
    futures = {"pay": supposed("2026-02-01 pay 106.62"), "settle": supposed("2026-02-01 settle")}
    until = date(2026, 3, 1)
    together = compare(TERMS, facts, futures, until=until)
    alone = {name: preview(TERMS, facts, each, until=until)[1] for name, each in futures.items()}
    assert {n: figures(f.state) for n, f in together.items()} == {
        n: figures(f.state) for n, f in alone.items()
    }


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("2026-02-01 waive interest 99.00", "waiver-above-what-is-due"),
        ("2026-02-01 recover 1.00", "recovery-before-charge-off"),
        ("2026-02-01 move 2026-02-02 to 2026-02-15", "due-date-not-in-plan"),
        ("2026-02-02 pay 1.00", "supposed-after-the-look"),
        ("2025-12-31 pay 1.00", "fact-before-the-loan"),
    ],
)
def test_a_supposed_fact_that_could_not_be_booked_is_refused_as_booking_it_would(
    line: str, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        preview(TERMS, [disbursed(TERMS)], supposed(line), until=date(2026, 2, 1))
    assert refused.value.code == code


def test_too_much_supposed_at_once_is_refused() -> None:
    day = date(2026, 2, 1)
    many = [Fact(FactKind.PAYMENT_RECEIVED, day, day, "if", f"{n}", amount=1) for n in range(1001)]
    with pytest.raises(Refusal) as refused:
        preview(TERMS, [disbursed(TERMS)], many, until=day)
    assert refused.value.code == "too-many-supposed-facts"
    with pytest.raises(Refusal) as refused:
        compare(TERMS, [disbursed(TERMS)], {f"{n}": [] for n in range(21)}, until=day + timedelta(1))
    assert refused.value.code == "too-many-futures"
