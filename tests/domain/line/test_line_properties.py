"""What holds for every line and every life.

Wants to prove: the order of entry changes nothing; a fact and its reversal are nothing; parts add up; the
ledger's principal and credit are the fold's; every charge of interest follows from its slices; a minimum
never asks more than is billed; replaying one fact says what folding anew says.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.domain.agenda import difference_of
from duewell.domain.facts import Fact, FactKind
from duewell.domain.line import (
    LineState,
    fold_line,
    line_ageing,
    line_agenda,
    line_standing,
    prove_line,
    replay_line,
)
from duewell.domain.money import round_fraction
from duewell.domain.product import LineTerms, Part, RateCap, agreed_from_payload, agreed_to_payload
from tests.domain.line.lines import line_lives, lines

Life = tuple[LineTerms, list[Fact]]
DAY = timedelta(days=1)


def facing(state: LineState) -> tuple[LineState, list[object]]:
    """A state that can be compared: a refusal is its code and facts."""
    told = [(fact.key, reason.code, reason.facts) for fact, reason in (*state.void, *state.beyond)]
    return replace(state, void=(), beyond=()), told


def look(terms: LineTerms, facts: list[Fact], as_of: date) -> tuple[LineState, list[object]]:
    return facing(fold_line(terms, facts, as_of=as_of))


def end(terms: LineTerms) -> date:
    return terms.start + timedelta(days=420)


@given(line_lives(), st.randoms())
def test_the_order_of_entry_changes_nothing(life: Life, chance: random.Random) -> None:
    terms, facts = life
    shuffled = list(facts)
    chance.shuffle(shuffled)
    assert look(terms, shuffled, end(terms)) == look(terms, facts, end(terms))


@given(line_lives(), st.data())
def test_a_fact_and_its_reversal_are_nothing(life: Life, data: st.DataObject) -> None:
    terms, facts = life
    gone = data.draw(st.sampled_from(facts))
    back = replace(gone, kind=FactKind.REVERSED, source_ref="back", reverses=gone.key)
    without = [fact for fact in facts if fact is not gone]
    assert look(terms, [*facts, back], end(terms)) == look(terms, without, end(terms))


@given(line_lives())
def test_parts_add_up_and_principal_is_what_was_drawn_less_what_came_back(life: Life) -> None:
    terms, facts = life
    state = fold_line(terms, facts, as_of=end(terms))
    principal = credit = 0
    for each in state.applied:
        still = each.fact.kind in (FactKind.LIMIT_CHANGED, FactKind.CONVERTED)
        if each.fact.kind is FactKind.DRAWN:
            assert each.parts[Part.PRINCIPAL] <= each.amount
            principal += each.parts[Part.PRINCIPAL]
        elif not still and each.kind != "recovery":
            principal -= each.parts[Part.PRINCIPAL]
        if each.fact.kind is FactKind.PAYMENT_RECEIVED:
            assert sum(each.parts) + each.overpaid == each.amount
        credit += each.overpaid
    assert principal == state.principal_out
    assert credit == state.overpaid >= 0
    if state.overpaid and state.charged_off_on is None:
        assert sum(state.owed) == 0, "credit stands only where nothing is owed"


@given(line_lives(), st.integers(0, 420))
def test_a_minimum_never_asks_more_than_is_billed_and_overdue_is_never_more_than_is_owed(
    life: Life, days: int
) -> None:
    terms, facts = life
    state = fold_line(terms, facts, as_of=terms.start + timedelta(days=days))
    if state.charged_off_on is not None:
        return
    asked = sum(each.owes(Part.PRINCIPAL) for each in state.statements)
    assert asked <= sum(state.billed.values())
    for each in state.statements:
        assert all(0 <= paid <= due for paid, due in zip(each.paid, each.due, strict=True))
        assert each.minimum <= each.balance
    age = line_ageing(state)
    assert age.overdue <= age.outstanding
    assert (age.dpd > 0) == (age.overdue > 0)


@given(line_lives())
def test_every_charge_of_interest_follows_from_its_slices(life: Life) -> None:
    terms, facts = life
    proven = prove_line(terms, facts, as_of=end(terms))
    assert facing(proven.state) == look(terms, facts, end(terms)), "telling changes nothing"
    billed: dict[tuple[int, str], int] = {}
    for charge in proven.charges:
        exact = sum((each.exact for each in charge.slices), Fraction(0))
        assert round_fraction(exact, terms.rounding) == charge.amount
        assert all(each.kind == charge.kind for each in charge.slices)
        key = (charge.statement_nr, charge.kind)
        billed[key] = billed.get(key, 0) + charge.amount
    for statement in proven.state.statements:
        told = {kind: amount for (nr, kind), amount in billed.items() if nr == statement.nr and amount}
        assert told == statement.interest
    for late in proven.late:
        assert late.amount <= late.base
        assert proven.state.statements[late.statement_nr - 1].late_charge == late.amount


@given(line_lives())
def test_all_accrued_interest_is_charged_or_still_accruing(life: Life) -> None:
    terms, facts = life
    sums = line_standing(terms, facts, end(terms))
    for (measure, accrual), value in sums.items():
        if measure == "interest.due":
            assert value <= sums[("interest.accrued", accrual)]


@settings(max_examples=60)
@given(line_lives(), st.data())
def test_a_replay_says_what_folding_anew_says(life: Life, data: st.DataObject) -> None:
    terms, facts = life
    new = data.draw(st.sampled_from(facts))
    known = [fact for fact in facts if fact is not new]
    open_on = max(new.effective_on, terms.start + timedelta(days=data.draw(st.integers(1, 300))))
    known = [fact for fact in known if fact.effective_on <= open_on]
    change = replay_line(terms, known, new, open_on=open_on)
    every = [*known, new]
    assert facing(change.before) == look(terms, known, open_on)
    assert facing(change.after) == look(terms, every, open_on)
    assert change.plan == line_agenda(terms, every, open_on=open_on)[0]
    yesterday = open_on - DAY
    now = line_standing(terms, every, yesterday)
    assert change.moved == difference_of(now, line_standing(terms, known, yesterday))


@given(lines(), st.integers(0, 3))
def test_terms_survive_their_payload(terms: LineTerms, count: int) -> None:
    caps = tuple(RateCap(date(2024 + n, 1, 1), Fraction(n, 100), "a rule") for n in range(count))
    terms = replace(terms, caps=caps)
    assert agreed_from_payload(agreed_to_payload(terms)) == terms
