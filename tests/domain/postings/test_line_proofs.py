"""Every line of a journal follows from its proof alone.

Wants to prove: the lines a proof names are the lines that are posted, account by account, and each amount
can be had again from what the proof says; so are the differences that a fact learnt late, or taken back,
makes. How: random lives, and the evaluator of proofs.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.domain.facts import Fact, FactKind
from duewell.domain.line import fold_line, prove_line_movements
from duewell.domain.loan import fold, prove_movements
from duewell.domain.postings import difference, journals_of, prove_difference, prove_lines
from duewell.domain.product import LineTerms, LoanTerms
from tests.domain.line.lines import line_lives
from tests.domain.loan.test_proof import value
from tests.domain.strategies import lives

Life = tuple[LoanTerms, list[Fact], date]


@given(lives())
@settings(max_examples=150)
def test_each_line_of_each_journal_follows_from_its_proof(life: Life) -> None:
    terms, facts, as_of = life
    posted = journals_of(fold(terms, facts, as_of=as_of).applied)
    for movement in prove_movements(terms, facts, as_of=as_of):
        if not movement.applied.moves:
            continue
        if movement.applied.kind == "repayment":
            told = [part for part in movement.parts if part.amount]
            assert all(part.terms for part in told), "a payment says which row got what"
        proofs = prove_lines(movement)
        lines = posted[movement.applied.fact.key].lines
        assert {account: value(proof) for account, proof in proofs.items() if proof.amount} == {
            line.account: line.amount_minor for line in lines
        }


@given(lives())
@settings(max_examples=100)
def test_each_line_of_a_difference_follows_from_its_proof(life: Life) -> None:
    """The last payment is known late, then taken back: what is posted is the difference, and is proven."""
    terms, facts, as_of = life
    late = next((f for f in facts if f.kind is FactKind.PAYMENT_RECEIVED), facts[-1])
    early = [f for f in facts if f is not late]
    pairs = [(early, facts), (facts, early)]
    for before, after in pairs:
        posted = difference(fold(terms, before, as_of=as_of).applied, fold(terms, after, as_of=as_of).applied)
        proven = prove_difference(
            prove_movements(terms, before, as_of=as_of), prove_movements(terms, after, as_of=as_of)
        )
        assert {
            key: {account: value(proof) for account, proof in lines.items()} for key, lines in proven.items()
        } == {key: {line.account: line.amount_minor for line in each.lines} for key, each in posted.items()}


@given(line_lives(), st.integers(0, 420))
@settings(max_examples=200, deadline=None)
def test_each_line_of_a_revolving_lines_journals_follows_from_its_proof(
    life: tuple[LineTerms, list[Fact]], days: int
) -> None:
    terms, facts = life
    as_of = terms.start + timedelta(days=days)
    posted = journals_of(fold_line(terms, facts, as_of=as_of).applied)
    found = prove_line_movements(terms, facts, as_of=as_of)
    for movement in found:
        assert tuple(value(each) for each in movement.parts) == movement.applied.parts
        assert value(movement.overpaid) == movement.overpaid.amount == movement.applied.overpaid
        assert value(movement.amount) == movement.amount.amount == movement.applied.amount
        if movement.applied.kind == "repayment":
            assert all(part.terms for part in movement.parts if part.amount), "it says where each part went"
        if movement.applied.moves:
            lines = posted[movement.applied.fact.key].lines
            proofs = prove_lines(movement)
            assert {account: value(proof) for account, proof in proofs.items() if proof.amount} == {
                line.account: line.amount_minor for line in lines
            }


@given(line_lives(), st.data())
@settings(max_examples=100, deadline=None)
def test_what_a_fact_learnt_late_changes_in_a_revolving_line_is_proven(
    life: tuple[LineTerms, list[Fact]], data: st.DataObject
) -> None:
    terms, facts = life
    late = data.draw(st.sampled_from(facts))
    early = [f for f in facts if f is not late]
    as_of = terms.start + timedelta(days=420)
    for before, after in ((early, facts), (facts, early)):
        applied = [fold_line(terms, each, as_of=as_of).applied for each in (before, after)]
        proven = prove_difference(*(prove_line_movements(terms, f, as_of=as_of) for f in (before, after)))
        assert {
            key: {account: value(proof) for account, proof in lines.items()} for key, lines in proven.items()
        } == {
            key: {line.account: line.amount_minor for line in each.lines}
            for key, each in difference(*applied).items()
        }
