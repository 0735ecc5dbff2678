"""A penalty by the day: on what, at which rate, from which day, and beside or instead of interest.

Wants to prove: the worked figures of a penalty agreement come out, a cap lowers the rate from its day
on, and with `replaces` the same money never bears both contract interest and a penalty. How: a loan of
one instalment, so that every figure can be checked by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import fold, prove
from duewell.domain.product import (
    Convention,
    LoanTerms,
    Part,
    PenaltyBase,
    PenaltyMode,
    PenaltyTerms,
    RateCap,
)
from tests.domain.strategies import disbursed

DUE = date(2026, 4, 1)
PENALTY = PenaltyTerms(rate=Fraction(918, 10_000), days_in_year=360, mode=PenaltyMode.REPLACES)
ONE = LoanTerms(1_000_000, date(2026, 3, 1), 1, Fraction(612, 10_000), penalty=PENALTY)
"""10,000.00 at 6.12 %, one instalment; the penalty is the contract rate and a half, 9.18 %."""

STORY = """
2026-03-01  principal 1000000  interest   5100  penalty     0   one month at 6.12 %: 51.00
2026-04-01  principal 1000000  interest   5100  penalty     0   due today, not late
2026-04-02  principal 1000000  interest   5100  penalty   255   10,000.00 x 9.18 % / 360
2026-05-01  principal 1000000  interest   5100  penalty  7650   30 days: 76.50, and no interest beside it
"""


def owed(terms: LoanTerms, facts: list[Fact], on: date) -> tuple[int, int, int]:
    rows = fold(terms, facts, as_of=on).rows
    parts = [sum(r.due[p] - r.paid[p] for r in rows) for p in (Part.PRINCIPAL, Part.INTEREST, Part.PENALTY)]
    return parts[0], parts[1], parts[2]


@pytest.mark.parametrize("line", STORY.strip().splitlines())
def test_a_penalty_that_replaces_interest_comes_to_the_worked_figure(line: str) -> None:
    on, _, principal, _, interest, _, penalty, *_ = line.split()
    assert owed(ONE, [disbursed(ONE)], date.fromisoformat(on)) == (
        int(principal),
        int(interest),
        int(penalty),
    )


def test_a_penalty_on_top_runs_beside_the_contract_interest_of_the_rows_to_come() -> None:
    """What stays unpaid of the first row bears interest in the second only while nothing replaces it."""
    first = replace(ONE, instalments=2, convention=Convention(name="plain"))
    beside = replace(first, penalty=replace(PENALTY, mode=PenaltyMode.EXCESS))
    on = date(2026, 5, 1)
    interest = {t.penalty.mode: owed(t, [disbursed(t)], on)[1] for t in (first, beside) if t.penalty}
    unpaid = fold(beside, [disbursed(beside)], as_of=on).rows[0].due[Part.PRINCIPAL]
    extra = interest[PenaltyMode.EXCESS] - interest[PenaltyMode.REPLACES]
    assert extra == round(Fraction(unpaid) * Fraction(612, 10_000) / 12)


def test_what_is_paid_late_stops_the_penalty_and_leaves_no_interest_behind() -> None:
    paid = Fact(
        FactKind.PAYMENT_RECEIVED, date(2026, 4, 11), date(2026, 4, 11), "bank", "1", amount=1_007_650
    )
    state = fold(ONE, [disbursed(ONE), paid], as_of=date(2026, 9, 1))
    assert state.rows[0].due[Part.PENALTY] == 2_550, "10 days at 2.55"
    assert (state.principal_out, state.rows[0].unpaid, state.overpaid) == (0, 0, 0)


def test_grace_delays_the_penalty_and_does_not_forgive_it() -> None:
    terms = replace(ONE, penalty=replace(PENALTY, grace_days=3))
    facts = [disbursed(terms)]
    assert owed(terms, facts, DUE + timedelta(days=3))[2] == 0
    assert owed(terms, facts, DUE + timedelta(days=4))[2] == 4 * 255


def test_a_cap_lowers_the_rate_from_its_day_on_and_not_before() -> None:
    cap = RateCap(date(2026, 4, 11), Fraction(612, 10_000), "a rule from 11 April")
    terms = replace(ONE, penalty=replace(PENALTY, caps=(cap,)))
    facts = [disbursed(terms)]
    assert owed(terms, facts, date(2026, 4, 10))[2] == 9 * 255
    assert owed(terms, facts, date(2026, 4, 11))[2] == 9 * 255 + 170, (
        "the day of the rule is charged by the rule"
    )
    assert owed(terms, facts, date(2026, 4, 21))[2] == 9 * 255 + 11 * 170


def test_a_cap_above_the_agreed_rate_changes_nothing() -> None:
    cap = RateCap(date(2026, 4, 11), Fraction(24, 100), "a generous rule")
    terms = replace(ONE, penalty=replace(PENALTY, caps=(cap,)))
    on = date(2026, 6, 1)
    assert owed(terms, [disbursed(terms)], on) == owed(ONE, [disbursed(ONE)], on)


def test_the_base_with_interest_takes_unpaid_interest_in_and_never_a_penalty() -> None:
    terms = replace(ONE, penalty=replace(PENALTY, base=PenaltyBase.PRINCIPAL_AND_INTEREST))
    facts = [disbursed(terms)]
    days = [owed(terms, facts, DUE + timedelta(days=n))[2] for n in (100, 200, 300)]
    exact = Fraction(1_005_100 * 918, 10_000 * 360)
    assert days == [round(exact * 100), round(exact * 200), round(exact * 300)], "linear, so not on itself"


CAP = RateCap(DUE, Fraction(1), "x")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rate": Fraction(-1, 100)}, "penalty-negative"),
        ({"rate": None, "pct": Fraction(-1, 100)}, "penalty-negative"),
        ({"rate": None, "pct": Fraction(1, 100), "caps": (CAP,)}, "penalty-cap-without-rate"),
        ({"caps": (RateCap(DUE, Fraction(-1), "x"),)}, "penalty-negative"),
        ({"caps": (CAP, CAP)}, "penalty-caps-out-of-order"),
        ({"rate": None}, "penalty-needs-one-rate"),
    ],
)
def test_penalty_terms_that_cannot_work_are_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        replace(PENALTY, **change)


def test_agreed_due_dates_must_follow_one_another() -> None:
    with pytest.raises(InvalidInput, match="due-dates-out-of-order"):
        replace(ONE, instalments=2, due_dates=(DUE, DUE))
    with pytest.raises(InvalidInput, match="due-dates-out-of-order"):
        replace(ONE, due_dates=(ONE.start,))


HALF = PenaltyTerms(rate=Fraction(306, 10_000), days_in_year=360)
"""Overdue money bears 1.5 times 6.12 % in all: 3.06 % above the contract rate, which runs on."""


def test_a_matured_loan_bears_in_all_what_was_agreed_for_overdue_money() -> None:
    """30 days after its due date: 10,000.00 x 9.18 % x 30 / 360, of it 51.00 contract and 25.50 above."""
    terms = replace(ONE, penalty=HALF)
    assert owed(terms, [disbursed(terms)], DUE) == (1_000_000, 5_100, 0)
    assert owed(terms, [disbursed(terms)], date(2026, 5, 1)) == (1_000_000, 5_100, 7_650)
    proof = prove(terms, [disbursed(terms)], as_of=date(2026, 5, 1)).rows[0].due[Part.PENALTY]
    assert [(each.code, each.amount, each.clause) for _, each in proof.terms] == [
        ("after-maturity", 5_100, "contract rate; contract"),
        ("own-penalty", 2_550, "contract"),
    ]


def test_contract_interest_runs_on_only_from_the_last_due_date() -> None:
    """Until 1 May the second row's interest holds the contract part of the first."""
    terms = replace(ONE, instalments=2, penalty=HALF)
    first = fold(terms, [disbursed(terms)], as_of=date(2026, 5, 1)).rows[0]
    principal = first.due[Part.PRINCIPAL]
    assert first.due[Part.PENALTY] == round(principal * Fraction(306, 10_000) * 30 / 360)
    later = fold(terms, [disbursed(terms)], as_of=date(2026, 5, 31)).rows[0]
    both = round(principal * Fraction(306, 10_000) * 60 / 360) + round(
        principal * Fraction(612, 10_000) * 30 / 360
    )
    assert later.due[Part.PENALTY] == both


def test_a_cap_lowers_the_penalty_and_leaves_the_contract_interest_that_runs_on() -> None:
    cap = RateCap(DUE + timedelta(days=16), Fraction(102, 10_000), "a cap")
    terms = replace(ONE, penalty=replace(HALF, caps=(cap,)))
    above = 1_000_000 * (Fraction(306, 10_000) * 15 + Fraction(102, 10_000) * 15) / 360
    assert owed(terms, [disbursed(terms)], date(2026, 5, 1))[2] == 5_100 + round(above)


def test_a_pause_of_interest_pauses_what_runs_on_and_not_the_penalty() -> None:
    terms = replace(ONE, penalty=HALF)
    pause = Fact(FactKind.PAUSE_SET, date(2026, 4, 11), date(2026, 4, 11), "t", "p", until=date(2026, 4, 20))
    assert owed(terms, [disbursed(terms), pause], date(2026, 5, 1))[2] == 3_400 + 2_550


def test_without_a_daily_penalty_interest_ends_with_the_last_row() -> None:
    terms = replace(ONE, penalty=None)
    assert owed(terms, [disbursed(terms)], date(2027, 5, 1)) == (1_000_000, 5_100, 0)
    once = replace(ONE, penalty=PenaltyTerms(pct=Fraction(1, 100)))
    assert owed(once, [disbursed(once)], date(2027, 5, 1)) == (1_000_000, 5_100, 10_000)


@pytest.mark.parametrize("grace_days", [0, 3])
def test_what_settles_a_matured_loan_asks_the_contract_interest_that_ran_on(grace_days: int) -> None:
    terms = replace(ONE, penalty=replace(HALF, grace_days=grace_days))
    settled = Fact(FactKind.PAID_OFF, date(2026, 5, 1), date(2026, 5, 1), "t", "s")
    state = fold(terms, [disbursed(terms), settled], as_of=date(2027, 5, 1))
    assert [a.parts for a in state.applied][-1] == (7_650, 0, 5_100, 1_000_000)
    assert state.rows[0].unpaid == 0
