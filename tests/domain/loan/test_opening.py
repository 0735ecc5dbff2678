"""A loan taken over goes on as the loan it was.

Wants to prove: a position on any day leaves the rows to come as the agreed plan has them; what was past due
stays as stated and ages from its own dates; every amount has its proof and every closed day its standing.
How: random loans told from their first day, and the same loans taken over on a day of their life.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.domain.facts import Arrear, Fact, FactKind, Position
from duewell.domain.loan import LoanState, ageing, fold, prove
from duewell.domain.product import InterestMethod, LoanTerms, Part, PenaltyMode, PenaltyTerms
from tests.domain.loan.test_agenda import run
from tests.domain.loan.test_proof import value
from tests.domain.strategies import disbursed, loans

DAY = timedelta(days=1)


def position_of(state: LoanState) -> Position:
    """What another system would hand over: the principal out, and what rows due by now have not got."""
    late = [row for row in state.rows if row.due_on <= state.as_of and row.unpaid > 0]
    arrears = [Arrear(row.due_on, *(row.due[part] - row.paid[part] for part in Part)) for row in late]
    return Position(state.principal_out, tuple(arrears))


def opened(position: Position, on: date) -> Fact:
    return Fact(FactKind.OPENED, on, on, "tape", "1", position=position)


@st.composite
def handed_over(draw: st.DrawFn) -> tuple[LoanTerms, list[Fact], date, int]:
    """A loan, the facts that paid its first rows on their days, a day after them, and how many it paid.

    Without an interest grace: a position does not say what was deferred before it.
    """
    terms = replace(draw(loans()), grace_interest=0)
    facts = [disbursed(terms)]
    due = [row.due_on for row in fold(terms, facts, as_of=terms.start).rows]
    count = draw(st.integers(0, len(due) - 1))
    for n, on in enumerate(due[:count]):
        asked = fold(terms, facts, as_of=on).rows[n].unpaid
        if asked:
            facts.append(Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", f"{n}", amount=asked))
    last = due[count - 1] if count else terms.start
    return terms, facts, draw(st.dates(last, max(last, due[count] - DAY))), count


@given(handed_over())
def test_a_loan_paid_as_agreed_goes_on_as_the_loan_it_was(
    life: tuple[LoanTerms, list[Fact], date, int],
) -> None:
    terms, facts, on, _ = life
    was = fold(terms, facts, as_of=on)
    if any(row.due_on <= on and row.unpaid for row in was.rows):
        return
    now = fold(terms, [opened(position_of(was), on)], as_of=on)
    assert now.principal_out == was.principal_out
    left = [(row.due_on, row.due) for row in was.rows if row.due_on > on]
    assert [(row.due_on, row.due) for row in now.rows if row.due_on > on] == left


@st.composite
def taken_over(draw: st.DrawFn) -> tuple[LoanTerms, Position, date, list[Fact]]:
    """A loan taken over on any day, late or not, and what was paid after it."""
    terms, facts, paid_to, _ = draw(handed_over())
    on = paid_to + timedelta(days=draw(st.integers(0, 120)))
    position = position_of(fold(terms, facts, as_of=on))
    after = []
    for n in range(draw(st.integers(0, 3))):
        day = on + timedelta(days=draw(st.integers(0, 200)))
        amount = draw(st.integers(1, terms.principal))
        after.append(Fact(FactKind.PAYMENT_RECEIVED, day, day, "test", f"p{n}", amount=amount))
    return terms, position, on, [opened(position, on), *after]


@given(taken_over())
def test_what_was_past_due_stays_as_stated_and_ages_from_its_own_dates(
    life: tuple[LoanTerms, Position, date, list[Fact]],
) -> None:
    terms, position, on, facts = life
    state = fold(terms, facts[:1], as_of=on)
    assert not state.void
    assert state.opened_on == on
    assert state.principal_out == position.principal
    rows = {row.due_on: row for row in state.rows}
    for arrear in position.arrears:
        row = rows[arrear.due_on]
        assert row.due == [arrear.penalty, arrear.fee, arrear.interest, arrear.principal]
        assert row.is_taken_over
    dates = [arrear.due_on for arrear in position.arrears]
    late = [each for each in dates if each < on]
    assert ageing(state).since == (late[0] if late else None)
    assert [row.due_on for row in state.rows if row.due_on <= on and row.unpaid] == dates
    (told,) = state.applied
    stated = [
        sum(each) for each in zip(*((a.penalty, a.fee, a.interest) for a in position.arrears), strict=True)
    ]
    assert told.parts == (*(stated or [0, 0, 0]), position.principal)
    assert (told.kind, told.amount, told.balance) == ("opening", sum(told.parts), position.principal)


@given(taken_over())
def test_every_amount_of_a_loan_taken_over_has_its_proof(
    life: tuple[LoanTerms, Position, date, list[Fact]],
) -> None:
    terms, _, on, facts = life
    as_of = on + timedelta(days=100)
    proven = prove(terms, facts, as_of=as_of)
    for proof, row in zip(proven.rows, proven.state.rows, strict=True):
        for part in Part:
            assert value(proof.due[part]) == proof.due[part].amount == row.due[part]
            assert value(proof.paid[part]) == proof.paid[part].amount == row.paid[part]


@given(taken_over())
@settings(max_examples=40)
def test_a_loan_taken_over_is_closed_day_by_day_as_it_is_folded(
    life: tuple[LoanTerms, Position, date, list[Fact]],
) -> None:
    terms, _, on, facts = life
    terms = replace(terms, start=terms.start, rate=Fraction(int(terms.rate * 10_000), 10_000))
    run(terms, facts, on + timedelta(days=100))


# 1,200.00 at 12 % over three months from 1 January; the row of February past due, taken over on 11 February.
LATE = LoanTerms(
    principal=120_000,
    start=date(2026, 1, 1),
    instalments=3,
    rate=Fraction(12, 100),
    penalty=PenaltyTerms(rate=Fraction(18, 100), grace_days=3),
)
OWED = Position(120_000, (Arrear(date(2026, 2, 1), penalty=198, fee=500, interest=1_200, principal=39_603),))


def at(terms: LoanTerms, on: date, opened_on: date = date(2026, 2, 11)) -> dict[date, list[int]]:
    state = fold(terms, [opened(OWED, opened_on)], as_of=on)
    return {row.due_on: row.due for row in state.rows}


def test_the_penalty_goes_on_from_the_day_of_taking_over() -> None:
    first = date(2026, 2, 1)
    assert at(LATE, date(2026, 2, 11))[first] == [198, 500, 1_200, 39_603]
    # ten days of 396.03 at 18 % over 360: 1.98, on top of what was stated
    assert at(LATE, date(2026, 2, 21))[first] == [396, 500, 1_200, 39_603]


def test_a_row_still_in_its_grace_when_taken_over_bears_its_penalty_from_its_due_date() -> None:
    first, fourth = date(2026, 2, 1), date(2026, 2, 4)
    assert at(LATE, date(2026, 2, 4), opened_on=fourth)[first][Part.PENALTY] == 198
    # on the 5th the grace is over: four days of 396.03 at 18 % over 360, 0.79, from the due date on
    assert at(LATE, date(2026, 2, 5), opened_on=fourth)[first][Part.PENALTY] == 198 + 79


def test_the_rows_to_come_ask_the_agreed_instalment() -> None:
    asked = at(LATE, date(2026, 2, 11))
    # ten days of 1,200.00 and eighteen of the 803.97 agreed: 12 % x (10 + 18 of 28 days) of a month
    assert asked[date(2026, 3, 1)] == [0, 0, 945, 39_858]
    assert sum(due[Part.PRINCIPAL] for due in asked.values()) == 120_000


def test_where_a_penalty_replaces_interest_what_is_past_due_bears_none_from_its_date() -> None:
    assert LATE.penalty is not None
    terms = replace(LATE, penalty=replace(LATE.penalty, mode=PenaltyMode.REPLACES))
    assert at(terms, date(2026, 3, 1))[date(2026, 3, 1)][Part.INTEREST] == 804


def test_a_loan_with_an_instalment_of_its_own_is_taken_over_with_it() -> None:
    terms = replace(LATE, instalment=41_000)
    due = at(terms, date(2026, 2, 11))[date(2026, 3, 1)]
    assert due[Part.INTEREST] + due[Part.PRINCIPAL] == 41_000


def test_a_flat_loan_taken_over_asks_its_flat_interest() -> None:
    terms = replace(LATE, convention=replace(LATE.convention, interest_method=InterestMethod.FLAT))
    assert at(terms, date(2026, 2, 11))[date(2026, 3, 1)] == [0, 0, 1_200, 40_000]


def test_the_last_row_past_due_is_all_that_a_loan_past_its_end_keeps() -> None:
    position = Position(39_600, (Arrear(date(2026, 4, 1), interest=396, principal=39_600),))
    state = fold(LATE, [opened(position, date(2026, 4, 11))], as_of=date(2026, 4, 11))
    assert [(row.due_on, row.unpaid) for row in state.rows] == [(date(2026, 4, 1), 39_996)]
    repaid = fold(LATE, [opened(Position(0), date(2026, 4, 11))], as_of=date(2026, 4, 11))
    assert [row.due_on for row in repaid.rows] == [date(2026, 4, 1)]
    assert (repaid.principal_out, sum(row.unpaid for row in repaid.rows)) == (0, 0)
