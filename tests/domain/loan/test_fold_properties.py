"""What holds for every loan, whatever its convention and whatever people pay.

Wants to prove: parts add up, order of entry does not count, a fact and its reversal are nothing, and
nobody is later for having paid. How: random loans of every convention with random payments.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.domain.facts import MONEY, Fact, FactKind, known
from duewell.domain.loan import LoanState, Recorder, _payment, ageing, fold
from duewell.domain.money import round_fraction
from duewell.domain.product import Engine, InterestMethod, LoanTerms, Part
from tests.domain.strategies import disbursed, lives, loans

Life = tuple[LoanTerms, list[Fact], date]


def figures(state: LoanState) -> object:
    rows = [(r.nr, r.due_on, tuple(r.due), tuple(r.paid), r.balance) for r in state.rows]
    return (
        rows,
        state.principal_out,
        state.overpaid,
        [(a.fact.key, a.parts, a.balance) for a in state.applied],
    )


def recovered(state: LoanState) -> list[int]:
    """What came back after a charge-off, by part."""
    return [sum(a.parts[part] for a in state.applied if a.kind == "recovery") for part in Part]


@given(loans())
def test_a_schedule_repays_exactly_what_was_lent(terms: LoanTerms) -> None:
    state = fold(terms, [disbursed(terms)], as_of=terms.start)
    assert sum(r.due[Part.PRINCIPAL] for r in state.rows) == terms.principal
    assert all(part >= 0 for r in state.rows for part in r.due)


@given(lives())
@settings(max_examples=300)
def test_every_payment_is_split_to_the_cent(life: Life) -> None:
    terms, facts, as_of = life
    state = fold(terms, facts, as_of=as_of)
    for a in state.applied:
        if a.fact.kind in (FactKind.PAYMENT_RECEIVED, FactKind.PAID_OFF):
            assert sum(a.parts) + a.overpaid == a.amount
    came = sum(sum(r.paid) for r in state.rows) + state.overpaid + sum(recovered(state))
    waived = sum(a.amount for a in state.applied if a.kind == "waiver")
    back = -sum(a.overpaid for a in state.applied if a.fact.kind in (FactKind.REFUNDED, FactKind.DISBURSED))
    assert came == waived - back + sum(f.amount for f in known(facts, known_on=None) if is_money(f, as_of))


def is_money(fact: Fact, as_of: date) -> bool:
    """Money that came by a day: none of it is ever lost."""
    return fact.kind in MONEY and fact.effective_on <= as_of


@given(lives())
@settings(max_examples=300)
def test_principal_out_is_what_was_lent_less_what_came_back(life: Life) -> None:
    terms, facts, as_of = life
    state = fold(terms, facts, as_of=as_of)
    lent = sum(amount for _, amount in state.lent)
    left = lent - sum(r.paid[Part.PRINCIPAL] for r in state.rows)
    assert left >= 0
    assert sum(r.due[Part.PRINCIPAL] for r in state.rows) == lent
    if state.charged_off_on is None:
        assert state.principal_out == left
    else:
        assert state.principal_out == 0
        assert state.claim[Part.PRINCIPAL] == left - recovered(state)[Part.PRINCIPAL]


@given(lives(), st.integers(0, 10**9))
def test_the_order_of_entry_changes_nothing(life: Life, seed: int) -> None:
    terms, facts, as_of = life
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)
    assert figures(fold(terms, shuffled, as_of=as_of)) == figures(fold(terms, facts, as_of=as_of))


@given(lives(), st.integers(0, 400), st.integers(1, 1_000_000))
def test_a_payment_and_its_reversal_are_nothing(life: Life, day: int, amount: int) -> None:
    terms, facts, as_of = life
    on = terms.start + timedelta(days=day)
    extra = Fact(FactKind.PAYMENT_RECEIVED, on, on, "bank", "x1", amount=amount)
    taken_back = Fact(FactKind.REVERSED, on, as_of, "bank", "x1-back", reverses=extra.key)
    assert figures(fold(terms, [*facts, extra, taken_back], as_of=as_of)) == figures(
        fold(terms, facts, as_of=as_of)
    )


@given(lives())
def test_what_was_known_then_is_the_fold_of_what_was_recorded_then(life: Life) -> None:
    terms, facts, as_of = life
    then = terms.start + timedelta(days=200)
    early = [f for f in facts if f.recorded_on <= then]
    assert figures(fold(terms, facts, as_of=as_of, known_on=then)) == figures(fold(terms, early, as_of=as_of))


@given(lives())
@settings(max_examples=200)
def test_the_recorded_slices_make_every_interest(life: Life) -> None:
    terms, facts, as_of = life
    convention = terms.convention
    recorder = Recorder()
    state = fold(terms, facts, as_of=as_of, recorder=recorder)
    plain = fold(terms, facts, as_of=as_of)
    assert figures(state) == figures(plain), "a recorder changes no figure"
    if convention.interest_method is InterestMethod.FLAT:
        return
    total = 0
    for row in state.rows:
        slices = recorder.of_row(row.nr)
        if convention.engine is Engine.CUMULATIVE:
            total += sum(round_fraction(s.exact, convention.rounding) for s in slices)
        elif slices:
            total += round_fraction(sum(s.exact for s in slices), convention.rounding)
    asked = sum(r.due[Part.INTEREST] for r in state.rows)
    if convention.is_recalculated_daily or convention.engine is Engine.PROGRESSIVE:
        # What was collected beyond what the last row comes to ask, say by a due date moved, stays in it.
        last = [r for r in state.rows if not r.is_charge][-1]
        kept = min(last.credit, 0)
        if last.is_locked:
            kept = min(total - asked, 0) if last.unpaid == 0 else 0
        assert total == asked + kept
    else:
        # What was collected ahead of a pause or a lower rate is kept where no later interest can take it.
        kept = sum(r.paid[Part.INTEREST] for r in state.rows)
        assert total == asked or total < asked <= max(total, kept)


@given(lives(), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 3_000)), max_size=20))
@settings(max_examples=200)
def test_the_short_way_of_a_payment_in_advance_splits_it_as_the_long_way_does(
    life: Life, coins: list[tuple[int, int]]
) -> None:
    terms, facts, as_of = life
    for n, (day, amount) in enumerate(coins):
        on = terms.start + timedelta(days=day)
        facts = [*facts, Fact(FactKind.PAYMENT_RECEIVED, on, on, "coins", f"c{n:02d}", amount=amount)]
    quick = fold(terms, facts, as_of=as_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_payment, "stays_in_running_row", lambda *_: False)
        patch.setattr(_payment, "has_asked", lambda *_: False)
        assert figures(fold(terms, facts, as_of=as_of)) == figures(quick)


@given(lives())
def test_a_loan_with_nothing_unpaid_is_not_late(life: Life) -> None:
    terms, facts, as_of = life
    state = fold(terms, facts, as_of=as_of)
    age = ageing(state)
    assert (age.dpd == 0) == (age.since is None)
    assert age.outstanding >= state.principal_out
    if state.charged_off_on is None:
        assert (age.dpd == 0) == (age.overdue == 0)
    else:
        assert (age.outstanding, age.overdue) == (sum(state.claim), 0)
        assert age.since is None or age.dpd == (state.charged_off_on - age.since).days


@given(lives())
@settings(max_examples=200)
def test_a_new_plan_neither_forgives_nor_invents_anything(life: Life) -> None:
    """What one row gave up stands in another: moved parts cancel out over the rows."""
    terms, facts, as_of = life
    rows = fold(terms, facts, as_of=as_of).rows
    for part in (Part.PENALTY, Part.FEE, Part.INTEREST):
        assert sum(r.moved[part] for r in rows) == 0
    assert all(r.unpaid == 0 for r in rows if r.is_met)
    assert [r.due_on for r in rows] == sorted(r.due_on for r in rows)
