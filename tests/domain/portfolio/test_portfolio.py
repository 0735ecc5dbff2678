"""A book's totals are its contracts added up, however they are grouped.

Wants to prove: one fold gives the same state and standing as two; totals do not depend on order or grouping;
a row of the tape says what the fold says. How: random loans and lines of every convention.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.domain.agenda import BUCKETS
from duewell.domain.contract import State, contract_of
from duewell.domain.facts import Fact
from duewell.domain.ledger import INTEREST_RECEIVABLE, LOANS_PRINCIPAL
from duewell.domain.loan import LoanState
from duewell.domain.portfolio import COLUMNS, Agreed, Totals, Valued, tape_row, value
from duewell.domain.product import LineTerms, LoanTerms, PenaltyTerms, Terms
from tests.domain.line.lines import line_lives
from tests.domain.strategies import disbursed, lives

DAYS = st.integers(0, 500)


def valued(terms: Terms, facts: list[Fact], on: date) -> Valued | None:
    return value(contract_of(terms), facts, as_of=on, buckets=BUCKETS)


def seen(state: State) -> dict[str, Any]:
    """All a state says: without what a fold remembers for its own speed; a refusal equals itself alone."""
    told = {each.name: getattr(state, each.name) for each in fields(state)}
    for name in ("void", "beyond"):
        told[name] = [fact for fact, _ in told.get(name, ())]
    if isinstance(state, LoanState):
        told["rows"] = [replace(row, earned=None, day_rate=(0, 0), penalty_to=None) for row in state.rows]
    return told


def check(terms: Terms, facts: list[Fact], on: date) -> None:
    contract = contract_of(terms)
    if not any(fact.effective_on <= on for fact in facts):
        assert valued(terms, facts, on) is None
        return
    state, sums = contract.look(facts, on)
    again = contract.fold(facts, as_of=on)
    assert seen(state) == seen(again)
    assert sums == contract.standing(facts, on)


@given(lives(), DAYS)
@settings(max_examples=200)
def test_one_fold_of_a_loan_gives_its_state_and_its_standing(
    life: tuple[LoanTerms, list[Fact], date], days: int
) -> None:
    terms, facts, _ = life
    check(terms, facts, terms.start + timedelta(days=days))


@given(line_lives(), DAYS)
@settings(max_examples=100)
def test_one_fold_of_a_line_gives_its_state_and_its_standing(
    life: tuple[LineTerms, list[Fact]], days: int
) -> None:
    terms, facts = life
    check(terms, facts, terms.start + timedelta(days=days))


@given(st.lists(lives(), min_size=1, max_size=4), DAYS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_totals_do_not_depend_on_order_or_grouping(
    found: list[tuple[LoanTerms, list[Fact], date]], days: int, chance: object
) -> None:
    each = [valued(t, f, t.start + timedelta(days=days)) for t, f, _ in found]
    there = [one for one in each if one is not None]
    whole = Totals()
    for one in there:
        whole.add(one)
    chance.shuffle(there)  # type: ignore[attr-defined]
    grouped = Totals()
    for one in there:
        alone = Totals()
        alone.add(one)
        grouped.join(alone)
    assert grouped == whole
    assert sum(whole.ledger().values()) == 0
    assert whole.ledger().get(LOANS_PRINCIPAL, 0) == whole.receivable[3]
    assert whole.ledger().get(INTEREST_RECEIVABLE, 0) == whole.receivable[2]


def test_a_row_of_the_tape_says_what_was_agreed_and_how_it_stands() -> None:
    terms = LoanTerms(
        principal=120_000,
        start=date(2026, 7, 1),
        instalments=12,
        rate=Fraction(12, 100),
        penalty=PenaltyTerms(rate=Fraction(18, 100), grace_days=3),
    )
    one = valued(terms, [disbursed(terms)], date(2026, 8, 11))
    assert one is not None
    row = dict(zip(COLUMNS, tape_row(Agreed("X", None, "cash", 2, terms.start, terms), one), strict=True))
    told = {name: str(value) for name, value in row.items() if value is not None}
    expected = {
        "loan_id": "X", "contract": "loan", "product": "cash", "product_version": "2", "currency": "CNY",
        "principal_minor": "120000", "rate_per_year": "0.120000", "instalments": "12", "frequency": "MONTHS",
        "penalty_rate_per_year": "0.180000", "penalty_grace_days": "3", "as_of": "2026-08-11",
        "matures_on": "2027-07-01", "principal_out_minor": "120000", "interest_due_minor": "1200",
        "dpd": "10", "bucket": "1-30", "since": "2026-08-01", "next_due_on": "2026-09-01",
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    # Ten of August's 31 days of a month's 12.00, and of the yearly penalty on 94.62 of principal past due.
    assert row["interest_accrued_minor"] == 387
    assert row["penalty_accrued_minor"] == 47
    assert row["overdue_minor"] == 10_662 + 47
    assert row["charged_off_on"] is None and row["claim_minor"] is None
