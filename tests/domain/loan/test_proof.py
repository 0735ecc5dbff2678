"""Every amount of a loan can be had again from its proof alone.

Wants to prove: a proof is complete. How: an evaluator that knows only proofs (exact slices, shares, level
instalments, sums, facts) recomputes each amount of each row and each total of random lives of loans.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings

from duewell.domain.calendar import DaysInMonth, DaysInYear
from duewell.domain.errors import Refusal
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, preview, prove, prove_payoff
from duewell.domain.money import Rounding, round_fraction
from duewell.domain.product import Allocation, Convention, Engine, ExcessRule, LoanTerms, Part
from duewell.domain.proof import Proof
from tests.domain.loan.stories import Story
from tests.domain.strategies import disbursed, lives

Life = tuple[LoanTerms, list[Fact], date]


def value(proof: Proof) -> int:
    """What the proof comes to, by nothing but what it says."""
    amount = unbound(proof)
    if proof.at_least is not None:
        amount = max(amount, value(proof.at_least))
    return amount if proof.at_most is None else min(amount, value(proof.at_most))


def unbound(proof: Proof) -> int:
    """The same before it is raised to what it is at least, and cut to what it is at most."""
    if proof.slices:
        exact = [s.base * s.rate * Fraction(s.num, s.den) for s in proof.slices]
        rule = Rounding(proof.rounding)
        if proof.is_each:
            return sum(round_fraction(each, rule) for each in exact)
        return round_fraction(sum(exact, Fraction(0)), rule)
    if proof.share is not None:
        base, pct = proof.share
        assert proof.of is None or value(proof.of) == base
        if proof.fact is not None:
            assert proof.of is not None and pct == proof.fact.pct
        return round_fraction(base * pct, Rounding(proof.rounding))
    if proof.level is not None:
        return level(proof)
    if proof.terms:
        return sum(sign * value(each) for sign, each in proof.terms)
    assert proof.code != "principal-agreed", "an amount whose derivation nobody told"
    assert proof.amount == 0 or proof.fact is not None or proof.clause, f"{proof.code} says nothing"
    return proof.amount if proof.fact is None else of_fact(proof, proof.fact)


WHOLE = ("lent", "charged", "whole")
"""What is all that a fact says; anything else is a part of it, added up in a test of its own."""


def of_fact(proof: Proof, fact: Fact) -> int:
    """What a fact says: its own amount; of what was paid or forgiven any part, and no more."""
    if fact.position is not None or (fact.pct is not None and proof.code != "charged"):
        # A position says its parts row by row; a charge of so many per cent is a share, its base proven.
        return proof.amount
    own = fact.amount if fact.parts is None else sum(fact.parts)
    if proof.code in WHOLE:
        return own if fact.kind is not FactKind.LIMIT_CHANGED else 0  # a limit moves nothing
    if own and proof.code in ("paid", "waived"):
        assert abs(proof.amount) <= own, f"{proof.code} is more than its fact"
    return proof.amount


def level(proof: Proof) -> int:
    """The payment under which the balance is nothing after the last row, rounded to its multiple."""
    assert proof.level is not None
    balance, weight = Fraction(proof.level.balance), Fraction(0)
    for factor in proof.level.factors:
        balance *= 1 + factor
        weight = weight * (1 + factor) + 1
    exact = (balance - proof.level.balloon) / weight
    return round_fraction(exact, Rounding(proof.rounding), proof.level.multiple) + proof.level.fitted


@given(lives())
@settings(max_examples=300, deadline=None)
def test_every_amount_follows_from_its_proof_alone(life: Life) -> None:
    terms, facts, as_of = life
    proven = prove(terms, facts, as_of=as_of)
    assert [r.nr for r in proven.rows] == [r.nr for r in proven.state.rows]
    for proof, row in zip(proven.rows, proven.state.rows, strict=True):
        for part in Part:
            assert value(proof.due[part]) == proof.due[part].amount == row.due[part]
            assert value(proof.paid[part]) == proof.paid[part].amount == row.paid[part]
    age = ageing(proven.state)
    totals = {name: value(each) for name, each in proven.totals.items()}
    assert totals == {name: each.amount for name, each in proven.totals.items()}
    assert totals["principal-out"] == proven.state.principal_out
    assert totals["overdue"] == age.overdue
    assert totals["outstanding"] == age.outstanding


def leaves(proof: Proof) -> Iterator[Proof]:
    """The proofs at the ends of the tree."""
    if not proof.terms:
        yield proof
    for _, each in proof.terms:
        yield from leaves(each)


@given(lives())
@settings(max_examples=200, deadline=None)
def test_what_rows_got_of_a_fact_is_all_that_it_gave(life: Life) -> None:
    """By part: the leaves that name a payment or a waiver add up to what it met, no more and no less."""
    terms, facts, as_of = life
    proven = prove(terms, facts, as_of=as_of)
    got: dict[tuple[object, Part], int] = defaultdict(int)
    for row in proven.rows:
        for part in Part:
            for leaf in leaves(row.paid[part]):
                if leaf.fact is not None:
                    got[leaf.fact.key, part] += leaf.amount
    for each in proven.state.applied:
        if each.kind in ("repayment", "waiver"):
            assert tuple(got[each.fact.key, part] for part in Part) == each.parts


def is_as_signed(terms: LoanTerms, facts: list[Fact]) -> bool:
    """Whether the plan is the one agreed on the first day, in whole units."""
    convention = terms.convention
    is_new = convention.engine is Engine.CUMULATIVE and convention.is_recalculated_daily
    kinds = {fact.kind for fact in facts[1:]} - {FactKind.PAYMENT_RECEIVED, FactKind.WAIVED}
    return not kinds and not is_new and convention.instalment_multiple == 1


def equal_share(terms: LoanTerms) -> int:
    """Equal principal: what is lent but the balloon and the down payment, over the rows that repay it."""
    rounding = terms.convention.rounding
    down = round_fraction(terms.principal * terms.down_payment_share, rounding)
    rows = terms.instalments - terms.grace_principal
    left = terms.principal - down - min(terms.balloon, terms.principal - down)
    return round_fraction(Fraction(left, rows), rounding)


@given(lives())
@settings(max_examples=200, deadline=None)
def test_a_clause_gives_its_own_figure(life: Life) -> None:
    """An agreed instalment is the terms', a fee its clause's, and what moved here left another row."""
    terms, facts, as_of = life
    proven = prove(terms, facts, as_of=as_of)
    fees = {f"{fee.code}: {fee.source}": fee.amount for fee in terms.fees if fee.amount is not None}
    for row in proven.rows:
        moved = 0
        for part in Part:
            for leaf in leaves(row.due[part]):
                if leaf.code == "scheduled-fee" and leaf.clause in fees:
                    assert leaf.amount == fees[leaf.clause]
                if leaf.code == "instalment-agreed" and is_as_signed(terms, facts):
                    assert leaf.amount == equal_share(terms)
                if leaf.code in ("moved-here", "moved-on") and leaf.row_nr == row.nr and part is Part.FEE:
                    moved += leaf.amount if leaf.code == "moved-here" else -leaf.amount
        assert moved == next(r.moved[Part.FEE] for r in proven.state.rows if r.nr == row.nr)


@given(lives())
@settings(max_examples=200, deadline=None)
def test_a_payoff_follows_from_its_proof_alone(life: Life) -> None:
    terms, facts, as_of = life
    now, _ = preview(terms, facts, [], until=as_of)
    if now.payoff is None:
        with pytest.raises(Refusal):
            prove_payoff(terms, facts, on=as_of)
        return
    proof = prove_payoff(terms, facts, on=as_of)
    assert value(proof) == proof.amount == now.payoff


ACT_ACT = replace(
    LoanTerms(principal=120_000, start=date(2024, 3, 9), instalments=12, rate=Fraction(12, 100)),
    convention=Convention(days_in_month=DaysInMonth.ACTUAL, days_in_year=DaysInYear.ACTUAL),
)


@pytest.mark.parametrize(
    ("terms", "lines", "on"),
    [
        (
            ACT_ACT,
            """
            2024-03-09 lend 1200.00
            2024-09-16 rate 7.67%
            2024-09-16 re-age into 1 from 2024-10-07 every 2 weeks
            2024-10-03 pay 245.86
            """,
            "2025-03-20",
        ),
        (
            replace(ACT_ACT, instalments=3, allocation=Allocation(excess=(("repayment", ExcessRule.LAST),))),
            """
            2024-03-09 lend 1200.00
            2024-03-14 pay 1052.00
            2024-05-09 lend 279.00
            """,
            "2024-06-20",
        ),
        (
            replace(ACT_ACT, instalments=3),
            """
            2024-03-09 lend 1200.00
            2024-03-14 pay 800.00
            2024-06-25 refund 158.00
            """,
            "2024-07-01",
        ),
    ],
    ids=["a re-age and a rate on one day", "lent after a payment ahead", "a refund after the plan's end"],
)
def test_the_leaves_of_a_proof_add_up(terms: LoanTerms, lines: str, on: str) -> None:
    """Found by random loans: each of these once had a proof that did not come to its amount, or had none."""
    story = Story(terms)
    for line in lines.strip().splitlines():
        story.tell(line.strip())
    day = date.fromisoformat(on)
    proof = prove_payoff(terms, story.facts, on=day)
    assert value(proof) == proof.amount
    for row in prove(terms, story.facts, as_of=day).rows:
        for each in (*row.due, *row.paid):
            assert value(each) == each.amount


def test_a_payoff_is_proven_as_it_was_known_then() -> None:
    """A payment of 100.00 on 20 January is reported on 5 February."""
    terms = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))
    paid = Fact(FactKind.PAYMENT_RECEIVED, date(2026, 1, 20), date(2026, 2, 5), "bank", "p", amount=10_000)
    facts, on = [disbursed(terms), paid], date(2026, 2, 1)
    assert prove_payoff(terms, facts, on=on, known_on=on).amount == 121_200
    assert prove_payoff(terms, facts, on=on).amount == 121_200 - 10_000 - 36, "less twelve days of 92.65"


YEAR = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))


def test_a_payoff_counts_what_happened_on_its_own_day() -> None:
    """On 1 February 12.00 of interest, 5.00 of fee charged that day, and 100.00 paid that day."""
    story = Story(YEAR)
    for line in ("2026-01-01 lend 1200.00", "2026-02-01 fee 5.00", "2026-02-01 pay 100.00"):
        story.tell(line)
    assert prove_payoff(YEAR, story.facts, on=date(2026, 2, 1)).amount == 120_000 + 1_200 + 500 - 10_000


def test_what_a_new_plan_moved_is_outstanding_once_on_the_day_it_falls_due() -> None:
    """1,200.00 and two months of 12.00; the interest moved to the row of 1 March was charged before."""
    story = Story(YEAR)
    for line in ("2026-01-01 lend 1200.00", "2026-02-10 re-amortize"):
        story.tell(line)
    told = story.tell("2026-03-01 look -> outstanding x")
    totals = prove(YEAR, story.facts, as_of=date(2026, 3, 1)).totals
    assert told == {"outstanding": "1224.00"}
    assert value(totals["outstanding"]) == totals["outstanding"].amount == 122_400


def test_what_is_overdue_is_proven_by_the_rows_that_are_late() -> None:
    story = Story(YEAR)
    for line in ("2026-01-01 lend 1200.00", "2026-02-01 pay 106.62"):
        story.tell(line)
    overdue = prove(YEAR, story.facts, as_of=date(2026, 3, 5)).totals["overdue"]
    assert {leaf.row_nr for leaf in leaves(overdue) if leaf.row_nr is not None} == {2}
