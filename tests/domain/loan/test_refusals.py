"""A fact that cannot be applied says which rule it met, and with which figures and dates.

Wants to prove: every refusal of a loan is told with what a person needs to put it right, and changes nothing.
How: one table, a fact a line; a loan of 1,200.00 over a year, a month in, unless a line says otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from duewell.domain.calendar import Frequency
from duewell.domain.errors import Refusal
from duewell.domain.facts import (
    Arrear,
    ChargeBase,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    Position,
    ReAged,
    ReAmortized,
)
from duewell.domain.loan import compare, fold, preview, prove_payoff
from duewell.domain.product import FeeBasis, FeeTerms, FeeWhen, LoanTerms

TERMS = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))
KEEPING = FeeTerms("entry", "lender", FeeWhen.KEPT, FeeBasis.FLAT, amount=5_000, source="clause 6")
FEBRUARY = date(2026, 2, 1)


def fact(kind: FactKind, on: str = "2026-02-01", ref: str = "x", **more: Any) -> Fact:
    day = date.fromisoformat(on)
    return Fact(kind, day, day, "test", ref, **more)


def plan(change: Any, on: str = "2026-02-01") -> Fact:
    return fact(FactKind.RESCHEDULED, on, reschedule=change)


LENT = fact(FactKind.DISBURSED, "2026-01-01", "lent", amount=120_000)
PAID_OFF = fact(FactKind.PAID_OFF, "2026-01-20", "off")
CHARGED_OFF = fact(FactKind.CHARGED_OFF, "2026-01-20", "loss")
PAID_A_ROW = fact(FactKind.PAYMENT_RECEIVED, "2026-02-01", "row", amount=10_662)
PAY, WAIVE = FactKind.PAYMENT_RECEIVED, FactKind.WAIVED

TABLE: list[tuple[list[Fact], Fact, str, dict[str, object]]] = [
    # the day
    (
        [LENT],
        fact(PAY, "2025-12-31", amount=1),
        "fact-before-the-loan",
        {"effective_on": "2025-12-31", "start": "2026-01-01"},
    ),
    (
        [LENT],
        fact(FactKind.DISBURSED, "2027-01-02", amount=1),
        "fact-beyond-the-contract",
        {"effective_on": date(2027, 1, 2), "last": date(2027, 1, 1)},
    ),
    (
        [LENT],
        fact(FactKind.RATE_CHANGED, "2027-01-02", rate=Fraction(1, 10)),
        "fact-beyond-the-contract",
        {"effective_on": date(2027, 1, 2), "last": date(2027, 1, 1)},
    ),
    ([], fact(PAY, amount=1), "payment-before-disbursement", {"effective_on": FEBRUARY}),
    # the amount
    ([LENT], fact(PAY, amount=0), "amount-not-positive", {"amount_minor": 0}),
    ([], fact(FactKind.DISBURSED, amount=-1), "amount-not-positive", {"amount_minor": -1}),
    ([LENT], fact(FactKind.FEE_CHARGED, amount=0), "amount-not-positive", {"amount_minor": 0}),
    ([LENT, PAID_OFF], fact(FactKind.PAID_OFF), "amount-not-positive", {"amount_minor": 0}),
    # what is charged, waived, paused, or asked as a rate
    (
        [LENT],
        fact(FactKind.RATE_CHANGED, rate=Fraction(-1, 10)),
        "contract-rate-negative",
        {"rate": "-1/10"},
    ),
    ([LENT], fact(FactKind.RATE_CHANGED), "contract-rate-negative", {"rate": "None"}),
    (
        [LENT],
        fact(FactKind.PAUSE_SET, until=date(2026, 1, 31)),
        "pause-ends-before-it-begins",
        {"until": "2026-01-31"},
    ),
    ([LENT], fact(FactKind.PAUSE_SET), "pause-ends-before-it-begins", {"until": "None"}),
    ([LENT], fact(FactKind.FEE_CHARGED, pct=Fraction(1)), "charge-without-base", {"source_ref": "x"}),
    (
        [LENT],
        fact(FactKind.FEE_CHARGED, pct=Fraction(-1), base=ChargeBase.PRINCIPAL),
        "charge-without-base",
        {"source_ref": "x"},
    ),
    ([LENT], fact(WAIVE), "waiver-without-parts", {"source_ref": "x"}),
    ([LENT], fact(WAIVE, parts=(0, 0, 0, 0)), "waiver-without-parts", {"source_ref": "x"}),
    ([LENT], fact(WAIVE, parts=(0, -1, 2, 0)), "waiver-without-parts", {"source_ref": "x"}),
    (
        [LENT],
        fact(WAIVE, parts=(0, 0, 1_207, 9_462)),
        "waiver-above-what-is-due",
        {"part": "interest", "above_minor": 7},
    ),
    # a new plan
    ([LENT], plan(None), "reschedule-without-change", {"source_ref": "x"}),
    (
        [LENT],
        plan(DueDateMoved(date(2026, 2, 2), date(2026, 2, 9))),
        "due-date-not-in-plan",
        {"due_on": "2026-02-02"},
    ),
    (
        [LENT, PAID_A_ROW],
        plan(DueDateMoved(FEBRUARY, date(2026, 2, 9)), on="2026-02-02"),
        "due-date-settled",
        {"due_on": "2026-02-01"},
    ),
    (
        [LENT, replace(PAID_A_ROW, effective_on=date(2026, 1, 31))],
        plan(Extended(FEBRUARY, 2)),
        "due-date-settled",
        {"due_on": "2026-02-01"},
    ),
    (
        [LENT, PAID_OFF, fact(FactKind.FEE_CHARGED, "2027-01-20", "fee", amount=500)],
        plan(DueDateMoved(date(2027, 1, 20), date(2027, 2, 9)), on="2027-01-21"),
        "due-date-not-in-plan",  # a charge after the plan has a day of its own, and is no instalment
        {"due_on": "2027-01-20"},
    ),
    (
        [LENT, PAID_A_ROW, replace(plan(ReAmortized(), on="2026-03-05"), source_ref="spread")],
        plan(DueDateMoved(FEBRUARY, date(2026, 2, 9)), on="2026-03-06"),
        "due-date-settled",  # spreading what is past due touches no row that was paid
        {"due_on": "2026-02-01"},
    ),
    (
        [LENT],
        plan(DueDateMoved(date(2026, 3, 1), FEBRUARY)),
        "due-date-before-its-row",
        {"due_on": "2026-02-01", "start": "2026-02-01"},
    ),
    ([LENT], plan(Extended(date(2026, 3, 1), 0)), "extension-out-of-range", {"extra": 0}),
    ([LENT], plan(Extended(date(2026, 3, 1), 1189)), "extension-out-of-range", {"extra": 1189}),
    (
        [LENT],
        plan(ReAmortized(), "2027-01-02"),
        "no-row-to-spread-over",
        {"effective_on": "2027-01-02"},
    ),
    (
        [LENT, PAID_OFF],
        plan(ReAged(date(2026, 3, 1), 3)),
        "no-principal-out",
        {"effective_on": "2026-02-01"},
    ),
    (
        [LENT],
        plan(ReAged(FEBRUARY, 3)),
        "re-age-due-in-the-past",
        {"first_due": "2026-02-01", "effective_on": "2026-02-01"},
    ),
    (
        [LENT],
        plan(ReAged(date(2026, 3, 1), 0)),
        "instalments-out-of-range",
        {"instalments": 0, "every": 1},
    ),
    (
        [LENT],
        plan(ReAged(date(2026, 3, 1), 1201)),
        "instalments-out-of-range",
        {"instalments": 1201, "every": 1},
    ),
    (
        [LENT],
        plan(ReAged(date(2026, 3, 1), 6, 0, Frequency.WEEKS)),
        "instalments-out-of-range",
        {"instalments": 6, "every": 0},
    ),
    # off the books
    ([LENT, PAID_OFF], fact(FactKind.CHARGED_OFF), "charge-off-of-nothing", {"effective_on": "2026-02-01"}),
    (
        [LENT, CHARGED_OFF],
        fact(WAIVE, parts=(0, 0, 1, 0)),
        "loan-charged-off",
        {"charged_off_on": "2026-01-20", "kind": "Waived"},
    ),
    ([LENT, CHARGED_OFF], fact(FactKind.RECOVERED, amount=0), "amount-not-positive", {"amount_minor": 0}),
    ([LENT], fact(FactKind.DRAWN, amount=1), "fact-kind-not-supported", {"kind": "Drawn"}),
]


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line[2])
def test_a_fact_that_cannot_be_applied_says_why_and_changes_nothing(
    line: tuple[list[Fact], Fact, str, dict[str, object]],
) -> None:
    before, refused, code, figures = line
    as_of = date(2027, 2, 1)
    state = fold(TERMS, [*before, refused], as_of=as_of)
    ((void, reason),) = state.void
    assert void is refused
    assert (reason.code, reason.facts) == (code, figures)
    without = fold(TERMS, before, as_of=as_of)
    assert [(r.due_on, r.due, r.paid) for r in state.rows] == [
        (r.due_on, r.due, r.paid) for r in without.rows
    ]
    assert (state.applied, state.principal_out) == (without.applied, without.principal_out)


# Lent 1,200.00 at 12 % on 1 January, the rows of February and March past due, taken over on 15 March.
LATE = (Arrear(FEBRUARY, interest=1200, principal=9462), Arrear(date(2026, 3, 1), principal=9557))
OPENINGS: list[tuple[Position | None, str, dict[str, object]]] = [
    (None, "opening-without-position", {"source_ref": "x"}),
    (Position(-1), "opening-amount-negative", {"amount_minor": -1}),
    (Position(120_000, (Arrear(FEBRUARY, penalty=-2),)), "opening-amount-negative", {"amount_minor": -2}),
    (Position(120_000, (Arrear(FEBRUARY, fee=-3),)), "opening-amount-negative", {"amount_minor": -3}),
    (Position(120_000, (Arrear(FEBRUARY, interest=-4),)), "opening-amount-negative", {"amount_minor": -4}),
    (Position(120_000, (Arrear(FEBRUARY, principal=-5),)), "opening-amount-negative", {"amount_minor": -5}),
    (
        Position(19_018, LATE),
        "opening-past-due-above-principal",
        {"past_due_minor": 19_019, "principal_minor": 19_018},
    ),
    (
        Position(120_000, (*LATE, Arrear(date(2026, 4, 1), interest=1))),
        "opening-row-not-in-plan",
        {"due_on": "2026-04-01"},
    ),
    (
        Position(120_000, (*LATE, Arrear(date(2026, 3, 2), interest=1))),
        "opening-row-not-in-plan",
        {"due_on": "2026-03-02"},
    ),
    (Position(120_000, (LATE[0], LATE[0])), "opening-row-not-in-plan", {"due_on": ""}),
]


@pytest.mark.parametrize("line", OPENINGS, ids=lambda line: line[1])
def test_a_position_that_does_not_fit_the_plan_is_not_taken_over(
    line: tuple[Position | None, str, dict[str, object]],
) -> None:
    position, code, figures = line
    opened = fact(FactKind.OPENED, "2026-03-15", position=position)
    state = fold(TERMS, [opened], as_of=opened.effective_on)
    ((_, reason),) = state.void
    assert (reason.code, reason.facts) == (code, figures)
    assert state.opened_on is None


def test_a_loan_is_taken_over_once_and_before_anything_else() -> None:
    opened = fact(FactKind.OPENED, "2026-03-15", position=Position(120_000))
    for before in (LENT, replace(opened, source_ref="first", effective_on=date(2026, 3, 10))):
        ((void, reason),) = fold(TERMS, [before, opened], as_of=opened.effective_on).void
        assert void is opened
        assert (reason.code, reason.facts) == ("fact-before-the-opening", {"opened_on": "2026-03-15"})


def test_a_loan_taken_over_past_its_last_day_owes_no_principal_but_what_is_past_due() -> None:
    opened = fact(FactKind.OPENED, "2027-01-01", position=Position(9_558, LATE[1:]))
    ((_, reason),) = fold(TERMS, [opened], as_of=opened.effective_on).void
    assert (reason.code, reason.facts) == ("opening-past-maturity", {"principal_minor": 9_558})
    fitting = replace(opened, position=Position(9_557, LATE[1:]))
    assert fold(TERMS, [fitting], as_of=opened.effective_on).principal_out == 9_557


def test_fees_that_would_keep_all_that_is_lent_are_refused() -> None:
    terms = replace(TERMS, fees=(KEEPING,))
    ((_, reason),) = fold(terms, [replace(LENT, amount=5_000)], as_of=FEBRUARY).void
    assert (reason.code, reason.facts) == (
        "fees-above-principal",
        {"kept_minor": 5_000, "amount_minor": 5_000},
    )
    assert fold(terms, [replace(LENT, amount=5_001)], as_of=FEBRUARY).principal_out == 5_001


def refused(ask: Any) -> tuple[str, dict[str, object]]:
    with pytest.raises(Refusal) as found:
        ask()
    return found.value.code, found.value.facts


def test_a_preview_says_what_it_cannot_suppose() -> None:
    later = fact(PAY, "2026-02-02", amount=1)
    assert refused(lambda: preview(TERMS, [LENT], [later], until=FEBRUARY)) == (
        "supposed-after-the-look",
        {"on": "2026-02-02", "until": "2026-02-01"},
    )
    pays = [fact(PAY, ref=f"{n}", amount=1) for n in range(1_001)]
    assert refused(lambda: preview(TERMS, [LENT], pays, until=FEBRUARY)) == (
        "too-many-supposed-facts",
        {"given": 1_001, "most": 1_000},
    )
    assert preview(TERMS, [LENT], pays[:1_000], until=FEBRUARY)[1].state.applied[-1].amount == 1
    futures: dict[str, list[Fact]] = {f"{n}": [] for n in range(21)}
    assert refused(lambda: compare(TERMS, [LENT], futures, until=FEBRUARY)) == (
        "too-many-futures",
        {"given": 21, "most": 20},
    )
    assert len(compare(TERMS, [LENT], dict(list(futures.items())[:20]), until=FEBRUARY)) == 20


def test_what_settles_a_loan_off_the_books_is_no_payoff() -> None:
    on = CHARGED_OFF.effective_on + timedelta(days=9)
    assert refused(lambda: prove_payoff(TERMS, [LENT, CHARGED_OFF], on=on)) == (
        "loan-charged-off",
        {"charged_off_on": "2026-01-20", "kind": "payoff"},
    )
