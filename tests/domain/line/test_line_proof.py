"""Every amount of a revolving line can be had again from its proof alone.

Wants to prove: a proof is complete. How: the evaluator of loans' proofs, which knows nothing but proofs,
recomputes what each statement asks by part, its minimum, its late charge and each total of random lives; and
what a proof names of another statement is what that statement's own proof comes to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from duewell.catalogues import template_codes
from duewell.domain.facts import Fact, FactKind
from duewell.domain.line import LineBook, fold_line, line_ageing, prove_line
from duewell.domain.product import LineTerms, Part
from duewell.domain.proof import Proof
from tests.domain.line.lines import line_lives
from tests.domain.loan.test_proof import value

Life = tuple[LineTerms, list[Fact]]


def every(proof: Proof) -> Iterator[Proof]:
    yield proof
    for each in (*(term for _, term in proof.terms), proof.of, proof.at_least, proof.at_most):
        if each is not None:
            yield from every(each)


@given(line_lives(), st.integers(0, 420))
@settings(max_examples=250, deadline=None)
def test_every_amount_of_a_line_follows_from_its_proof_alone(life: Life, days: int) -> None:
    terms, facts = life
    as_of = terms.start + timedelta(days=days)
    state = fold_line(terms, facts, as_of=as_of)
    book = LineBook(prove_line(terms, facts, as_of=as_of))
    roots = []
    for each in state.statements:
        for part in Part:
            proof = book.asked(each.nr, part)
            assert value(proof) == proof.amount == each.due[part]
            roots.append(proof)
        least, late = book.minimum(each.nr), book.late_charge(each.nr)
        assert value(least) == least.amount == each.minimum
        assert value(late) == late.amount == (each.late_charge or 0)
        roots += [least, late]
    totals, age = book.totals(), line_ageing(state)
    assert {name: value(each) for name, each in totals.items()} == {n: p.amount for n, p in totals.items()}
    assert totals["balance"].amount == age.outstanding
    assert totals["overdue"].amount == age.overdue
    for proof in (each for root in (*roots, *totals.values()) for each in every(root)):
        assert f"proof-{proof.code}" in template_codes("en"), proof.code
        if proof.clause == "its statement" and proof.code != "minimum-unpaid":
            assert proof.statement_nr is not None
            asked = state.statements[proof.statement_nr - 1].due[Part[proof.code.upper()]]
            assert proof.amount == asked, "what it names is what that statement asks"


@given(line_lives(), st.integers(0, 420))
@settings(max_examples=100, deadline=None)
def test_a_payoff_is_what_settling_the_line_takes(life: Life, days: int) -> None:
    terms, facts = life
    as_of = terms.start + timedelta(days=days)
    totals = LineBook(prove_line(terms, facts, as_of=as_of)).totals()
    if "payoff" not in totals:
        return
    settled = Fact(FactKind.PAID_OFF, as_of, as_of, "test", "settled")
    applied = fold_line(terms, [*facts, settled], as_of=as_of).applied
    paid = sum(each.amount for each in applied if each.fact.key == settled.key)
    assert paid == totals["payoff"].amount == value(totals["payoff"])
