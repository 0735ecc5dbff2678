"""Every amount of a loan can be had again from its proof alone.

Wants to prove: a proof is complete. How: an evaluator that knows only proofs (exact slices, shares, level
instalments, sums, facts) recomputes each amount of each row and each total of random lives of loans.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings

from duewell.domain.errors import Refusal
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, preview, prove, prove_payoff
from duewell.domain.money import Rounding, round_fraction
from duewell.domain.product import LoanTerms, Part
from duewell.domain.proof import Proof
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
        return round_fraction(base * pct, Rounding(proof.rounding))
    if proof.level is not None:
        return level(proof)
    if proof.terms:
        return sum(sign * value(each) for sign, each in proof.terms)
    assert proof.code != "principal-agreed", "an amount whose derivation nobody told"
    assert proof.amount == 0 or proof.fact is not None or proof.clause, f"{proof.code} says nothing"
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
    if proven.state.charged_off_on is None:
        age = ageing(proven.state)
        totals = {name: value(each) for name, each in proven.totals.items()}
        assert totals == {name: each.amount for name, each in proven.totals.items()}
        assert totals["principal-out"] == proven.state.principal_out
        assert totals["overdue"] == age.overdue
        assert totals["outstanding"] == age.outstanding


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


def test_a_payoff_is_proven_as_it_was_known_then() -> None:
    """A payment of 100.00 on 20 January is reported on 5 February."""
    terms = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=12, rate=Fraction(12, 100))
    paid = Fact(FactKind.PAYMENT_RECEIVED, date(2026, 1, 20), date(2026, 2, 5), "bank", "p", amount=10_000)
    facts, on = [disbursed(terms), paid], date(2026, 2, 1)
    assert prove_payoff(terms, facts, on=on, known_on=on).amount == 121_200
    assert prove_payoff(terms, facts, on=on).amount == 121_200 - 10_000 - 36, "less twelve days of 92.65"
