"""A product whose worst case breaks a cap is refused, with the figures and the source.

Wants to prove: each kind of cap is compared by its own figure, at the border and one step beyond; a cap holds
from its day on; packs say where each line comes from; the same overdue money is never counted twice.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from duewell.domain.disclosure import check_product, check_terms
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.product import (
    Cap,
    LoanTerms,
    PenaltyMode,
    PenaltyTerms,
    caps_in_force,
    caps_table,
    convention_named,
    product_table,
    read_caps,
    read_product,
)
from duewell.gateways.cap_packs import PACKS, caps_of_book, pack
from tests.domain.disclosure.test_cost import POSTER, START

TODAY = date(2026, 6, 1)
TERMS = LoanTerms(
    principal=600_000,
    start=START,
    instalments=12,
    rate=Fraction(144, 1000),
    convention=convention_named("cn-monthly/1"),
)


def cap(kind: str, **more: Any) -> tuple[Cap, ...]:
    line = {"code": "own", "kind": kind, "from": date(2020, 1, 1), "source": "board, 2020", **more}
    return read_caps({"caps": [line]})


def refused(terms: LoanTerms, caps: tuple[Cap, ...], code: str = "cap-exceeded") -> dict[str, Any]:
    with pytest.raises(InvalidInput, match=code) as told:
        check_terms(terms, caps, TODAY)
    return told.value.facts


@pytest.mark.parametrize(("measure", "figure"), [("nominal", "13.0342"), ("effective", "13.8418"),
    ("reg-z", "13.0342"), ("aprc", "13.8418")])  # fmt: skip
def test_an_all_in_cap_counts_every_fee(measure: str, figure: str) -> None:
    product = read_product(tomllib.loads(POSTER))
    check_product(product, cap("all-in rate", measure=measure, pct="13.9"), TODAY)
    with pytest.raises(InvalidInput, match="cap-exceeded") as told:
        check_product(product, cap("all-in rate", measure=measure, pct="13"), TODAY)
    assert told.value.facts["figure"] == figure + " %"
    assert told.value.facts["source"] == "board, 2020"


def test_the_worst_of_a_range_counts_not_its_best() -> None:
    flat = {
        "code": "f",
        "charged_by": "l",
        "when": "with the first instalment",
        "basis": "flat",
        "amount": "20",
    }
    given = {**tomllib.loads(POSTER), "fees": [flat], "principal": ["1,000.00", "50,000.00"],
             "instalments": [3, 36], "rate_pct": ["6", "12"]}  # fmt: skip
    with pytest.raises(InvalidInput, match="cap-exceeded") as told:
        check_product(read_product(given), pack("cn-private"), TODAY)
    facts = told.value.facts
    assert (facts["principal"], facts["rate"], facts["instalments"]) == ("1,000.00", "12", 3)
    check_product(read_product(given | {"principal": ["20,000.00", "50,000.00"]}), pack("cn-private"), TODAY)


def test_a_penalty_is_compared_with_what_overdue_money_bears_in_all() -> None:
    beside = replace(TERMS, penalty=PenaltyTerms(rate=Fraction(72, 1000)))
    instead = replace(TERMS, penalty=PenaltyTerms(rate=Fraction(216, 1000), mode=PenaltyMode.REPLACES))
    for terms in (beside, instead):
        check_terms(terms, pack("cn"), TODAY)
        assert terms.penalty is not None
        more = replace(terms.penalty, rate=(terms.penalty.rate or 0) + Fraction(1, 10**6))
        facts = refused(replace(terms, penalty=more), pack("cn"))
        assert (facts["figure"], facts["limit"]) == ("21.6001 %", "21.6 %")


def test_a_penalty_charged_once_has_no_yearly_rate_to_compare() -> None:
    once = replace(TERMS, penalty=PenaltyTerms(pct=Fraction(1, 100)))
    refused(once, pack("cn"), "cap-needs-daily-penalty")
    check_terms(TERMS, pack("cn"), TODAY)


def test_the_worked_cap_of_private_lending() -> None:
    check_terms(replace(TERMS, rate=Fraction(154, 1000)), pack("cn-private"), TODAY)
    facts = refused(replace(TERMS, rate=Fraction(155, 1000)), pack("cn-private"))
    assert facts["limit"] == "15.4 %"
    assert caps_in_force(pack("cn-private"), date(2020, 8, 19))[-1].code == "cn-penalty", "not in force yet"


def test_high_cost_credit_is_capped_by_the_day_for_default_and_in_all() -> None:
    loan = LoanTerms(
        principal=30_000, start=START, instalments=1, rate=Fraction(292, 100), currency="GBP",
        convention=convention_named("progressive-act-365/1"),
    )  # fmt: skip
    check_terms(loan, pack("gb-hcstc"), TODAY)
    assert refused(replace(loan, rate=Fraction(293, 100)), pack("gb-hcstc"))["cap"] == "gb-daily-cost"
    late = replace(loan, rate=Fraction(1), penalty=PenaltyTerms(pct=Fraction(5, 100)))
    check_terms(late, pack("gb-hcstc"), TODAY)
    more = replace(late, penalty=PenaltyTerms(pct=Fraction(6, 100)))
    facts = refused(more, pack("gb-hcstc"))
    assert (facts["cap"], facts["figure"], facts["limit"]) == ("gb-default-fees", "GBP 18.00", "GBP 15.00")
    refused(replace(loan, penalty=PenaltyTerms(rate=Fraction(1, 2))), pack("gb-hcstc"), "cap-exceeded")
    daily = replace(loan, rate=Fraction(1), penalty=PenaltyTerms(rate=Fraction(1, 2)))
    refused(daily, pack("gb-hcstc"), "cap-penalty-without-end")
    long = replace(loan, rate=Fraction(2), instalments=14)
    assert refused(long, pack("gb-hcstc"))["cap"] == "gb-total-cost"


def test_the_military_rate_counts_what_is_kept() -> None:
    check_terms(replace(TERMS, rate=Fraction(36, 100), currency="USD"), cap("all-in rate", measure="reg-z",
                pct="36.001"), TODAY)  # fmt: skip
    assert refused(replace(TERMS, rate=Fraction(361, 1000)), pack("us-mla"))["cap"] == "us-military"


def test_a_product_keeps_its_own_caps_too() -> None:
    line = {"code": "promise", "kind": "all-in rate", "measure": "nominal", "from": "2026-01-01",
            "pct": "10", "source": "our word"}  # fmt: skip
    product = read_product({**tomllib.loads(POSTER), "caps": [line]})
    assert read_product(product_table(product)) == product
    with pytest.raises(InvalidInput, match="cap-exceeded"):
        check_product(product, (), TODAY)


@pytest.mark.parametrize("name", PACKS)
def test_every_line_of_a_pack_names_its_source_and_comes_back(name: str) -> None:
    caps = pack(name)
    assert caps and all(len(each.source) > 20 for each in caps)
    assert read_caps({"caps": caps_table(caps)}) == caps
    assert not any(each.is_verified for each in caps), "none was checked against the primary text yet"


def test_a_book_names_a_pack_or_its_own_lines_or_none() -> None:
    assert caps_of_book({}) == ()
    assert caps_of_book({"caps": "cn"}) == pack("cn")
    own = cap("total cost", pct="50")
    assert caps_of_book({"caps": caps_table(own)}) == own
    with pytest.raises(NotFound, match="cap-pack-unknown"):
        pack("atlantis")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "sometimes"}, "product-field-unreadable"),
        ({"pct": "-1"}, "rate-negative"),
        ({"from": "soon"}, "date-not-readable"),
        ({"verified": "yes"}, "product-field-unreadable"),
        ({"surprise": 1}, "product-field-unknown"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused(changes: dict[str, Any], code: str) -> None:
    line = {"code": "a", "kind": "total cost", "from": "2026-01-01", "pct": "1", "source": "us", **changes}
    with pytest.raises(InvalidInput, match=code):
        read_caps({"caps": [line]})


def test_two_lines_of_one_code_from_one_day_are_refused() -> None:
    line = {"code": "a", "kind": "total cost", "from": "2026-01-01", "pct": "1", "source": "us"}
    with pytest.raises(InvalidInput, match="cap-twice"):
        read_caps({"caps": [line, line]})
