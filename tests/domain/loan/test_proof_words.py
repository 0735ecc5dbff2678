"""A proof as it is read: each amount with its word, its row, its figures, and who or what says so.

Wants to prove: the words, rows, facts and clauses of a proof are the right ones, not only its figures; none
is a word nobody has a text for. How: `proofs.txt` tells small loans line by line and writes out the proofs
asked for; random lives are read for their words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings

from duewell.catalogues import template_codes
from duewell.domain.facts import Arrear, Fact, FactKind, FactLines, Position
from duewell.domain.loan import prove, prove_movements, prove_payoff
from duewell.domain.money import Rate
from duewell.domain.product import (
    Allocation,
    Amortization,
    Convention,
    Engine,
    ExcessRule,
    FeeBasis,
    FeeTerms,
    FeeWhen,
    InterestMethod,
    LoanTerms,
    Part,
    PenaltyTerms,
    Prepayment,
)
from duewell.domain.proof import Proof
from tests.domain.loan.stories import CNY, text
from tests.domain.strategies import lives

BOOK = Path(__file__).with_name("proofs.txt")
NAMES = {part.name.lower(): part for part in Part}
QUARTER = LoanTerms(principal=120_000, start=date(2026, 1, 1), instalments=3, rate=Fraction(12, 100))
C = Engine.CUMULATIVE
FEES = (
    FeeTerms("service", "lender", FeeWhen.EACH, FeeBasis.PRINCIPAL, pct=Fraction(6, 1000), source="clause 5"),
    FeeTerms("entry", "lender", FeeWhen.FIRST, FeeBasis.FLAT, amount=500, source="clause 6"),
)


def by(**more: object) -> LoanTerms:
    """The loan under a convention of its own."""
    return replace(QUARTER, convention=Convention(**more))  # type: ignore[arg-type]


TERMS = {
    "level": QUARTER,
    "penalty by the day": replace(QUARTER, penalty=PenaltyTerms(rate=Fraction(18, 100), source="clause 8")),
    "no penalty rate": replace(QUARTER, penalty=PenaltyTerms(rate=Fraction(0), source="clause 8")),
    "penalty once": replace(QUARTER, penalty=PenaltyTerms(pct=Fraction(5, 100), source="clause 9")),
    "cumulative": by(engine=C),
    "row end": by(payoff_to_row_end=True),
    "skip next": by(engine=C, prepayment=Prepayment.SKIP_NEXT),
    "flat": by(engine=C, interest_method=InterestMethod.FLAT),
    "equal principal": by(amortization=Amortization.EQUAL_PRINCIPAL),
    "last rows first": replace(QUARTER, allocation=Allocation(excess=(("repayment", ExcessRule.LAST),))),
    "in whole tens": replace(by(instalment_multiple=1000), balloon=30_000),
    "fixed instalment": replace(QUARTER, instalment=41_000),
    "interest grace": replace(QUARTER, grace_interest=1),
    "principal grace": replace(QUARTER, grace_principal=1),
    "down payment": replace(by(engine=C), down_payment_share=Fraction(1, 4)),
    "fees": replace(QUARTER, fees=FEES),
}
POSITION = Position(
    85_000, (Arrear(date(2026, 2, 1), penalty=47, fee=500, interest=1_200, principal=39_602),)
)


def written(proof: Proof, deep: int, sign: int = 1, depth: int = 0) -> Iterator[str]:
    """A proof as lines: its amount, word and row, then what it says of itself, then its terms but zero."""
    margin = "  " * depth
    row = f", row {proof.row_nr}" if proof.row_nr is not None else ""
    yield f"{margin}{text(sign * proof.amount)} {proof.code}{row}"
    for told in said(proof):
        yield f"{margin}  | {told}"
    if proof.of is not None and depth < deep:
        yield f"{margin}  of"
        yield from written(proof.of, deep, 1, depth + 1)
    for factor, each in proof.terms if depth < deep else ():
        if each.amount:
            yield from written(each, deep, factor, depth + 1)


def said(proof: Proof) -> Iterator[str]:
    rounding = f", rounded {proof.rounding}" if proof.rounding else ""
    for s in proof.slices:
        yield f"{s.start} to {s.end}: {text(s.base)} x {Rate(s.rate).text()}% x {s.part_of_year}"
    if proof.slices:
        yield ("each" if proof.is_each else "once") + rounding
    if proof.share is not None:
        yield f"{Rate(proof.share[1]).text()}% of {text(proof.share[0])}{rounding}"
    if (level := proof.level) is not None:
        leaving = f" but {text(level.balloon)}" if level.balloon else ""
        yield f"repays {text(level.balance)}{leaving} in {len(level.factors)} rows from row {level.from_nr}"
        yield f"{text(level.level)}, fitted {text(level.fitted)}, in {text(level.multiple)}{rounding}"
    if proof.fact is not None:
        yield f"by {proof.fact.kind.value} of {proof.fact.effective_on}"
    if proof.clause:
        yield f"as {proof.clause}"


def facts_of(lines: list[str]) -> list[Fact]:
    facts: list[Fact] = []
    for n, line in enumerate(lines):
        day = date.fromisoformat(line[:10])
        if line.endswith("taken over"):
            facts.append(Fact(FactKind.OPENED, day, day, "story", "n", position=POSITION))
            continue
        reader = FactLines(CNY, facts)
        facts.append(reader.read(line, source="story", source_ref=f"n{n:02d}", recorded_on=day))
    return facts


def asked(terms: LoanTerms, facts: list[Fact], question: str) -> tuple[Proof, int]:
    """The proof of `DAY what`, and how deep it is to be written out."""
    day, *words = question.split()
    on = date.fromisoformat(day)
    if words[0] == "payoff":
        return prove_payoff(terms, facts, on=on), 2
    proven = prove(terms, facts, as_of=on)
    if words[0] in proven.totals:
        return proven.totals[words[0]], 3 if words[0] == "overdue" else 2
    if words[0] == "row":
        row = next(each for each in proven.rows if each.nr == int(words[1]))
        return (row.paid if words[-1] == "paid" else row.due)[NAMES[words[2]]], 3
    moved = prove_movements(terms, facts, as_of=on)[int(words[2]) - 1]
    told = {"whole": moved.amount, "overpaid": moved.overpaid, **dict(zip(NAMES, moved.parts, strict=True))}
    return told[words[0]], 3


def answered(story: str) -> str:
    """A story with the proofs it asks for as they come out."""
    title, *lines = story.strip().splitlines()
    terms = TERMS[title.removeprefix("# ").partition(":")[0]]
    facts = facts_of([line for line in lines if line[:5] == "2026-"])
    out = [title, *(line for line in lines if line[:5] == "2026-")]
    for line in lines:
        if line.startswith("? "):
            out += [line, *written(*asked(terms, facts, line[2:]))]
    return "\n".join(out)


STORIES = BOOK.read_text("utf-8").strip().split("\n\n")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.splitlines()[0][2:])
def test_a_proof_reads_as_the_book_says(story: str) -> None:
    assert answered(story).splitlines() == story.splitlines()


def every(proof: Proof) -> Iterator[Proof]:
    yield proof
    for _, each in proof.terms:
        yield from every(each)


@given(lives())
@settings(max_examples=60)
def test_every_word_of_a_proof_has_its_text_and_every_rounding_is_the_products(
    life: tuple[LoanTerms, list[Fact], date],
) -> None:
    terms, facts, as_of = life
    proven = prove(terms, facts, as_of=as_of)
    roots = [each for row in proven.rows for each in (*row.due, *row.paid)]
    assert all(each.row_nr == row.nr for row in proven.rows for each in (*row.due, *row.paid))
    for moved in prove_movements(terms, facts, as_of=as_of):
        roots += [moved.amount, moved.overpaid, *moved.parts]
    if proven.state.charged_off_on is None:
        roots.append(prove_payoff(terms, facts, on=as_of))
    for proof in (each for root in (*roots, *proven.totals.values()) for each in every(root)):
        assert f"proof-{proof.code}" in template_codes("en"), proof.code
        rounds = proof.slices or proof.share or proof.level or proof.code == "own-interest"
        convention = terms.convention
        rule = convention.instalment_rounding if proof.level else convention.rounding
        assert proof.rounding == (rule.value if rounds else "")
        assert proof.is_each == (proof.code == "own-interest" and convention.engine is Engine.CUMULATIVE)
