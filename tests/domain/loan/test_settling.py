"""What settles a loan, and money that came though what it was for was taken back.

Wants to prove: money received always counts; what settles a loan on a day settles it, however it is called; a
settle keeps the amount it was recorded with. How: text stories (see stories.py), one a case.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from duewell.domain.errors import Refusal
from duewell.domain.facts import Fact, FactKind, as_recorded, in_order, refusal_to_record, voided
from duewell.domain.loan import fold
from duewell.domain.postings import journals_of
from duewell.domain.product import Allocation, Convention, ExcessRule, FeeBasis, FeeTerms, FeeWhen, LoanTerms
from tests.domain.loan.stories import Story, check

YEAR = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))


def told(story: str, terms: LoanTerms = YEAR) -> Story:
    made = Story(terms)
    for line in story.strip().splitlines():
        made.tell(line.strip())
    return made


# -- money received is never void ------------------------------------------------------------------


def test_a_recovery_whose_charge_off_is_taken_back_is_a_payment() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-03-01 charge-off #off       -> claim 1224.00
        2026-04-01 recover 200.00        -> claim 1024.00
        2026-04-02 reverse off           -> void - out 1024.00 credit 0.00
        2026-04-02 look                  -> dpd 32 overdue 119.86
        """,
    )


# -- what settles ----------------------------------------------------------------------------------


def test_a_payment_of_what_settles_the_loan_settles_it() -> None:
    """On 16 January 1,200.00 and the interest of half a month are asked, and nothing after them."""
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-01-16 look               -> payoff 1205.81
        2026-01-16 pay 1205.81        -> interest 5.81 principal 1200.00 overpaid 0.00
        2026-12-01 look               -> out 0.00 outstanding 0.00 dpd 0 credit 0.00
        """,
    )


def test_what_is_paid_beyond_what_settles_the_loan_is_credit() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-01-16 pay 1300.00        -> interest 5.81 principal 1200.00 overpaid 94.19
        2027-12-01 look               -> out 0.00 outstanding 0.00 dpd 0 credit 94.19
        """,
    )


def test_a_cent_less_than_what_settles_the_loan_does_not_settle_it() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-01-16 pay 1205.80        -> interest 5.81 principal 1199.99
        2026-01-16 look               -> out 0.01
        """,
    )


def test_a_payment_that_settles_takes_no_fee_of_periods_that_never_begin() -> None:
    fee = FeeTerms("service", "lender", FeeWhen.EACH, FeeBasis.FLAT, amount=200, source="clause 4")
    check(
        replace(YEAR, fees=(fee,)),
        """
        2026-01-01 lend 1200.00
        2026-01-16 pay 1207.81        -> fee 2.00 interest 5.81 principal 1200.00 overpaid 0.00
        2026-12-01 look               -> outstanding 0.00 dpd 0
        """,
    )


def test_where_settling_asks_interest_to_the_end_of_the_row_a_payment_of_it_settles() -> None:
    check(
        replace(YEAR, convention=Convention(payoff_to_row_end=True)),
        """
        2026-01-01 lend 1200.00
        2026-01-16 pay 1212.00        -> interest 12.00 principal 1200.00 overpaid 0.00
        2026-12-01 look               -> outstanding 0.00 dpd 0
        """,
    )


BALLOONS = {
    "extended": "2026-01-22 extend by 1 from 2026-02-01",
    "re-aged": "2026-01-22 re-age into 4 from 2026-02-10 every 2 weeks",
    "another rate": "2026-01-22 rate 20%",
}


@pytest.mark.parametrize("plan", BALLOONS.values(), ids=BALLOONS)
@pytest.mark.parametrize("rule", ExcessRule)
def test_a_balloon_is_settled_after_a_new_plan(plan: str, rule: ExcessRule) -> None:
    """Two thirds were paid ahead, so instalments are small and most of what is out is the balloon."""
    terms = replace(YEAR, instalments=3, balloon=40_000, allocation=Allocation(excess=(("repayment", rule),)))
    story = told(f"2026-01-01 lend 1200.00\n2026-01-19 pay 747.16\n{plan}\n2026-01-25 settle", terms)
    state = fold(terms, story.facts, as_of=date(2027, 1, 1))
    assert (state.principal_out, state.overpaid, state.void) == (0, 0, ())
    assert [row.nr for row in state.rows if row.unpaid] == []


@pytest.mark.parametrize("rule", ExcessRule)
def test_money_that_no_instalment_has_room_for_meets_the_balloon(rule: ExcessRule) -> None:
    """No credit stands while principal is out."""
    terms = replace(YEAR, instalments=3, balloon=40_000, allocation=Allocation(excess=(("repayment", rule),)))
    story = told("2026-01-01 lend 1200.00\n2026-01-19 pay 747.16\n" + BALLOONS["extended"], terms)
    story.tell("2026-01-25 pay 400.00")
    state = fold(terms, story.facts, as_of=date(2026, 1, 25))
    assert state.overpaid == 0
    assert state.principal_out > 0


@pytest.mark.parametrize(
    "end",
    [
        """
        2026-02-15 settle             -> overpaid 0.00 out 0.00
        2026-12-01 look               -> outstanding 0.00 credit 0.00
        """,
        """
        2026-02-15 pay 978.00         -> principal 978.00 overpaid 0.00 out 0.97
        2026-02-15 look               -> row2 0.97 row7 4.25 payoff 5.22
        """,
    ],
    ids=["settled", "all but 5.22 paid"],
)
def test_principal_that_no_instalment_holds_is_of_a_row_open_that_asks_nothing_more(end: str) -> None:
    """Found by a random loan: a row had got more than its new instalment, so 3.02 stayed out, and credit."""
    check(
        replace(YEAR, principal=120_009, instalments=4, grace_interest=2, balloon=61_815),
        """
        2026-01-01 lend 1200.09
        2026-01-07 pay 206.48
        2026-01-21 rate 0.1%
        2026-01-21 pay 16.96
        2026-02-04 extend by 3 from 2026-03-01
        2026-02-15 look               -> row2 0.00 payoff 983.22
        """
        + end,
    )


# -- the amount of a settle ------------------------------------------------------------------------


def test_a_settle_keeps_the_money_it_was_recorded_with() -> None:
    """A fee learnt later leaves the settle short by it; a payment learnt later makes it too much by that."""
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-01-16 settle 1205.81     -> principal 1200.00 overpaid 0.00
        2026-01-10 fee 3.00           -> out 3.00 void -
        """,
    )
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-01-16 settle 1205.81     -> principal 1200.00 overpaid 0.00
        2026-01-16 pay 5.00           -> out 0.00 credit 5.00 void -
        """,
    )


def test_a_settle_that_names_no_amount_is_whatever_settles_that_day_and_is_kept_with_it() -> None:
    story = told("2026-01-01 lend 1200.00\n2026-01-16 settle")
    state = fold(YEAR, story.facts, as_of=date(2026, 1, 16))
    assert as_recorded(story.facts[-1], state.applied).amount == 120_581
    assert as_recorded(story.facts[0], state.applied) is story.facts[0]


# -- the order of a day ----------------------------------------------------------------------------


def test_a_waiver_counts_before_the_money_of_its_day() -> None:
    """12.00 of interest are forgiven, so the payment that asked for them meets principal instead."""
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-02-01 pay 106.62
        2026-02-01 waive interest 12.00  -> void - interest 12.00
        2026-02-01 look                  -> row1 0.00 out 1093.38
        """,
    )


def test_settling_comes_after_all_that_is_lent_charged_or_forgiven_that_day() -> None:
    day = date(2026, 2, 1)
    kinds = [
        FactKind.RECOVERED,
        FactKind.CHARGED_OFF,
        FactKind.PAID_OFF,
        FactKind.DRAWN,
        FactKind.PAYMENT_RECEIVED,
        FactKind.REFUNDED,
        FactKind.WAIVED,
        FactKind.FEE_CHARGED,
    ]
    given = in_order([Fact(kind, day, day, "t", "same") for kind in kinds])
    assert [fact.kind for fact in given] == [
        FactKind.FEE_CHARGED,
        FactKind.WAIVED,
        FactKind.PAYMENT_RECEIVED,
        FactKind.REFUNDED,
        FactKind.DRAWN,
        FactKind.PAID_OFF,
        FactKind.CHARGED_OFF,
        FactKind.RECOVERED,
    ]


# -- what may be recorded --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "line", "code", "ref"),
    [
        ("2026-03-01 charge-off #off", "2026-03-01 re-amortize", "loan-charged-off", ""),
        ("2026-03-01 charge-off #off", "2026-03-01 settle", "loan-charged-off", ""),
        ("2026-03-01 charge-off #off", "2026-02-20 extend by 2 from 2026-03-01", "loan-charged-off", ""),
        ("2026-03-01 fee 5.00 #f", "2026-03-02 recover 1.00", "recovery-before-charge-off", ""),
        (
            "2026-03-10 waive interest 20.00 #w",
            "2026-02-05 waive interest 12.00",
            "fact-voids-another",
            "w",
        ),
        ("2026-03-05 re-amortize #plan", "2026-02-10 charge-off", "fact-voids-another", "plan"),
    ],
)
def test_what_would_leave_an_earlier_fact_without_effect_is_refused(
    story: str, line: str, code: str, ref: str
) -> None:
    made = told("2026-01-01 lend 1200.00\n" + story)
    before = fold(YEAR, made.facts, as_of=date(2026, 4, 1))
    assert before.void == ()
    made.tell(line)
    after = fold(YEAR, made.facts, as_of=date(2026, 4, 1))
    refusal = refusal_to_record(made.facts[-1], before, after)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert refusal.facts.get("ref", "") == ref


def test_money_that_leaves_a_waiver_without_effect_is_taken_and_says_so() -> None:
    made = told("2026-01-01 lend 1200.00\n2026-02-10 waive interest 12.00 #w")
    before = fold(YEAR, made.facts, as_of=date(2026, 4, 1))
    made.tell("2026-02-01 pay 106.62 #late")
    after = fold(YEAR, made.facts, as_of=date(2026, 4, 1))
    new = made.facts[-1]
    assert refusal_to_record(new, before, after) is None
    gone = voided(before.void, after.void, new)
    assert [(f.source_ref, r.code) for f, r in gone] == [("w", "waiver-above-what-is-due")]


def test_interest_that_the_last_row_kept_is_asked_once_though_a_charge_comes_after_it() -> None:
    """Found by a random loan: with a charge after it the last row's interest was added at each look."""
    check(
        replace(YEAR, principal=10_000, start=date(2024, 2, 19)),
        """
        2024-02-19 lend 100.00
        2024-03-08 pay 29.78
        2024-04-13 settle
        2025-05-08 fee 2.00             -> outstanding 2.00
        2025-06-09 settle               -> fee 2.00 overpaid 0.00
        2026-01-01 look                 -> outstanding 0.00 dpd 0
        """,
    )


# -- the borrower's credit -------------------------------------------------------------------------


def test_credit_meets_what_is_charged_later_at_once() -> None:
    """94.19 were paid too much: a fee of 5.00 is met, and of a penalty of 100.00 what is left of it."""
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-01-16 pay 1300.00        -> overpaid 94.19
        2026-02-10 fee 5.00           -> fee 0.00 overpaid -5.00 credit 89.19 outstanding 0.00
        2026-02-10 penalty 100.00     -> penalty 10.81 overpaid -89.19 credit 0.00
        2026-03-02 look               -> outstanding 10.81 dpd 1
        """,
    )


def test_credit_goes_out_before_more_money_is_lent() -> None:
    check(
        YEAR,
        """
        2026-01-01 lend 1200.00
        2026-01-16 pay 1300.00        -> overpaid 94.19
        2026-02-10 lend 50.00         -> principal 0.00 overpaid -50.00 credit 44.19 out 0.00
        2026-02-11 lend 100.00        -> overpaid -44.19 credit 0.00 out 55.81
        """,
    )


def test_the_ledger_takes_from_the_borrowers_credit_what_it_met() -> None:
    story = told(
        """
        2026-01-01 lend 1200.00
        2026-01-16 pay 1300.00
        2026-02-10 fee 5.00
        2026-02-10 lend 50.00
        2026-02-11 lend 100.00
        """
    )
    state = fold(YEAR, story.facts, as_of=date(2026, 2, 11))
    lent = [each for each in state.applied if each.fact.kind is FactKind.DISBURSED]
    assert [(each.kind, each.overpaid) for each in lent] == [
        ("disbursement", 0),
        ("disbursement", -5_000),
        ("disbursement", -3_919),
    ]
    held: dict[str, int] = {}
    for journal in journals_of(state.applied).values():
        for line in journal.lines:
            held[line.account.code] = held.get(line.account.code, 0) + line.amount_minor
    assert held["borrower_credit"] == 0
    assert held["loans_principal"] == state.principal_out == 15_000 - (9_419 - 500)
    assert held.get("fee_receivable", 0) == 0


def test_interest_collected_ahead_and_never_earned_makes_no_row_ask_less_than_nothing() -> None:
    """June's interest was paid, then its month moved; the settled loan once asked -2.55."""
    check(
        replace(YEAR, principal=66_697, start=date(2024, 2, 26), instalments=6),
        """
        2024-02-26 lend 666.97
        2024-06-26 rate 5.1%
        2024-07-12 pay 222.32
        2024-07-23 move 2024-05-26 to 2024-06-24
        2024-08-11 pay 222.32
        2024-08-17 settle               -> overpaid 0.00 payoff 0.00
        2024-12-01 look                 -> out 0.00 outstanding 0.00 interest6 0.00 row6 0.00
        """,
    )
