"""Claims: what an agenda says a payment on a due date meets, beside what the fold does with it.

Wants to prove: on a loan whose agenda says so, paying on due dates splits money as the claims do, leaves the
coming days as they stood, and moves the portfolio sums as if the agenda had been written anew.
How: random loans and lives; the claims are met here by plain subtraction, the fold answers beside it.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from duewell.domain.agenda import Agenda, Entry, EntryKind, Sums, add, rolled
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, agenda, fold, look, standing
from duewell.domain.product import LoanTerms
from tests.domain.strategies import lives

DUES = 3


def met(entries: list[Entry], on: date, before: int, amount: int) -> tuple[int, int, int]:
    """What a payment after `before` meets of all that is claimed by a day, by part."""
    found, through = [0, 0, 0], 0
    for entry in entries:
        if entry.on > on:
            break
        for k, claim in enumerate(entry.claims):
            found[k] += max(0, min(through + claim, before + amount) - max(through, before))
            through += claim
    return found[0], found[1], found[2]


def claimed(entries: list[Entry], on: date) -> int:
    return sum(sum(e.claims) for e in entries if e.on <= on)


def coming(plan: Agenda, after: date) -> list[tuple[object, ...]]:
    return [(e.on, e.kind, e.claims, sorted(e.adds.items())) for e in plan.entries if e.on > after]


def closed(sums: Sums, plan: Agenda, start: date, end: date) -> Sums:
    """The standing at the end of a day by adding what the agenda says, day by day."""
    day = start
    while day <= end:
        sums = rolled(sums, day - timedelta(days=1), day)
        for entry in plan.entries:
            if entry.on == day:
                for key, value in entry.adds.items():
                    add(sums, key, value)
        day += timedelta(days=1)
    return {key: value for key, value in sums.items() if value}


@settings(max_examples=300)
@given(life=lives(), data=st.data())
def test_a_payment_on_a_due_date_meets_the_claims_and_changes_nothing_else(
    life: tuple[LoanTerms, list[Fact], date], data: st.DataObject
) -> None:
    terms, facts, _ = life
    keep = data.draw(st.integers(1, len(facts)))
    facts = facts[:keep]
    open_on = max(f.effective_on for f in facts) + timedelta(days=data.draw(st.integers(0, 20)))
    plan, before = agenda(terms, facts, open_on=open_on)
    event(f"by table: {plan.is_tabular}")
    if not plan.is_tabular:
        return
    check_dues(terms, facts, open_on, plan, before, data)


def check_dues(
    terms: LoanTerms, facts: list[Fact], open_on: date, plan: Agenda, before: Sums, data: st.DataObject
) -> None:
    entries, paid = list(plan.entries), 0
    dues = [e.on for e in entries if e.kind is EntryKind.DUE and any(e.claims) and e.on >= open_on]
    for n, on in enumerate(dues[:DUES]):
        asked = claimed(entries, on) - paid
        for part in range(2):
            amount = data.draw(st.integers(1, asked)) if part == 0 else asked
            if not amount:
                break
            fact = Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", f"due-{n}-{part}", amount=amount)
            facts = [*facts, fact]
            state = fold(terms, facts, as_of=on)
            did = next(a for a in state.applied if a.fact is fact)
            assert (did.parts[0], did.overpaid) == (0, 0)
            assert tuple(did.parts[1:]) == met(entries, on, paid, amount)
            paid += amount
            asked -= amount
            again, _ = agenda(terms, facts, open_on=on)
            assert coming(again, on) == coming(plan, on)
            assert claimed(list(again.entries), on) == asked
            principal = plan.principal - met(entries, on, 0, paid)[2]
            left = met(entries, on, paid, asked)
            age = ageing(state)
            assert state.principal_out == principal
            assert (age.dpd, age.overdue, age.outstanding) == (0, 0, principal + left[0] + left[1])
        assert closed(before, plan, open_on, on) == standing(
            look(terms, facts, as_of=on, is_closing=True), on
        )
