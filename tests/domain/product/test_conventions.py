"""Each named convention is what its source publishes, and the page says exactly what the registry holds.

Wants to prove: a name with its version stands for fixed figures; a case or a test holds each of them; the
table of the page is the registry.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from duewell.domain.errors import InvalidInput
from duewell.domain.loan import fold
from duewell.domain.product import NAMED, LoanTerms, NamedConvention, Part, convention_named
from tests.conformance.reader import terms_of
from tests.domain.strategies import disbursed

ROOT = Path(__file__).parents[3]
CASES = {case["id"]: case for case in json.loads((ROOT / "tests/conformance/cases.json").read_text("utf-8"))}


def line_of(named: NamedConvention) -> str:
    """The line of the page's table."""
    c = named.convention
    early = c.prepayment.value if c.engine.value == "cumulative" and c.is_recalculated_daily else "-"
    held = named.held_by.partition("::")
    cells = [
        f"`{named.name}`",
        c.engine.value,
        f"{c.interest_method.value}, {'daily' if c.is_recalculated_daily else 'as agreed'}",
        c.amortization.value,
        f"{c.days_in_month.value}/{c.days_in_year.value}",
        f"{c.rounding.value}, instalment to {c.instalment_multiple}",
        early,
        f"`{held[2] or held[0]}`",
        named.source,
    ]
    return "| " + " | ".join(cells) + " |"


def test_the_page_lists_the_registry() -> None:
    page = (ROOT / "docs/reference/conventions.md").read_text("utf-8").splitlines()
    wanted = [line_of(each) for each in NAMED.values()]
    assert [line for line in page if re.match(r"\| `[a-z0-9-]+/[0-9]+` \|", line)] == wanted


@pytest.mark.parametrize("named", NAMED.values(), ids=lambda n: n.name)
def test_a_case_or_a_test_holds_each_convention(named: NamedConvention) -> None:
    path, _, test = named.held_by.partition("::")
    if test:
        assert f"def {test}(" in (ROOT / path).read_text("utf-8")
        return
    case = terms_of(CASES[path]).convention
    told = replace(case, name=named.convention.name, version=named.convention.version)
    assert told == named.convention


def mortgage(name: str) -> LoanTerms:
    return LoanTerms(
        principal=63_000_000,
        start=date(2026, 1, 15),
        instalments=360,
        rate=Fraction(49, 1000),
        convention=convention_named(name),
    )


def test_the_published_chinese_loan_has_its_equal_instalment() -> None:
    terms = mortgage("cn-monthly/1")
    rows = fold(terms, [disbursed(terms)], as_of=terms.start).rows
    assert {r.due[Part.INTEREST] + r.due[Part.PRINCIPAL] for r in rows[:-1]} == {334_358}


def test_the_published_chinese_loan_has_its_equal_principal() -> None:
    terms = mortgage("cn-monthly-equal-principal/1")
    rows = fold(terms, [disbursed(terms)], as_of=terms.start).rows
    asked = [r.due[Part.INTEREST] + r.due[Part.PRINCIPAL] for r in rows]
    assert asked[0] == 432_250
    assert {a - b for a, b in pairwise(asked)} <= {714, 715}, "7.15 less a month, rounded"


def test_an_unknown_convention_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidInput, match="convention-unknown") as told:
        convention_named("cn-monthly/9")
    assert "cn-monthly/1" in str(told.value.facts["known"])
