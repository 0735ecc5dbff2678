"""Products in the real database: a version never changes, and a loan has the terms of the one it names."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import fold
from duewell.domain.product import OWN_TERMS, Part
from duewell.services.close_day import close_day
from duewell.services.define_product import define_product
from duewell.services.disburse_loan import disburse_loan
from duewell.services.open_book import open_book
from duewell.services.record_fact import Request, record_fact
from duewell.services.set_caps import set_caps
from duewell.services.verify_book import verify_book
from duewell.store import books, loans, products
from duewell.store.loans import LoanKey
from tests.domain.product.test_product import FILE

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
Conn = psycopg.Connection[Any]


@pytest.fixture
def book(conn: Conn) -> Conn:
    open_book(conn, code="b", currency_code="CNY", open_on=date(2026, 6, 1), is_sandbox=True)
    conn.execute("set role duewell_app")
    return conn


def given(**changes: Any) -> dict[str, Any]:
    made = {**tomllib.loads(FILE), **changes}
    return {name: value for name, value in made.items() if value is not None}


def lend(conn: Conn, product: str, key: str = "k", **changes: Any) -> LoanKey:
    asked: dict[str, Any] = {"principal": 600_000, "rate": Fraction(12, 100), "instalments": 12} | changes
    result = disburse_loan(conn, "b", on=None, request=Request("t", key, "t", NOON), product=product, **asked)
    return LoanKey(int(result["person_id"]), int(result["loan_no"]))


def test_the_same_file_twice_changes_nothing_and_a_changed_one_is_the_next_version(book: Conn) -> None:
    first, is_new = define_product(book, "b", given())
    assert (first.product.ref, is_new, first.valid_from) == ("cash@1", True, date(2026, 6, 1))
    again, is_new = define_product(book, "b", given())
    assert (again, is_new) == (first, False)
    changed, is_new = define_product(book, "b", given(rate_pct="10"))
    assert (changed.product.ref, is_new) == ("cash@2", True)
    assert products.read(book, 1, "cash@1") == first
    assert products.read(book, 1, "cash").product.ref == "cash@2"
    assert [each.product.ref for each in products.of_book(book, 1)] == ["cash@1", "cash@2"]


def test_an_old_loan_keeps_the_version_it_was_signed_with(book: Conn) -> None:
    define_product(book, "b", given())
    old = lend(book, "cash")
    define_product(book, "b", given(rate_pct="10", convention="progressive-act-365/1"))
    assert loans.read_loan(book, old).terms.convention.name == "cn-monthly"
    with pytest.raises(InvalidInput, match="outside-the-product"):
        lend(book, "cash", "k2")
    assert loans.read_loan(book, lend(book, "cash@1", "k3")).terms.rate == Fraction(12, 100)
    assert verify_book(book, "b").findings == []


def test_a_loan_sent_twice_is_made_once_and_verifies(book: Conn) -> None:
    define_product(book, "b", given())
    assert lend(book, "cash") == lend(book, "cash")
    assert len(loans.keys_of_book(book, 1)) == 1


def test_what_is_not_defined_is_refused(book: Conn) -> None:
    with pytest.raises(NotFound, match="product-none"):
        lend(book, "cash")
    with pytest.raises(NotFound, match="product-none"):
        lend(book, "cash@1@1; --")
    with pytest.raises(InvalidInput, match="product-currency-foreign"):
        define_product(book, "b", given(currency="USD"))


def test_loans_on_plain_terms_take_no_code_from_a_product(book: Conn) -> None:
    """The example of the documentation is called cash, as loans on plain terms once were."""
    disburse_loan(
        book,
        "b",
        principal=1,
        rate=Fraction(0),
        instalments=1,
        on=None,
        request=Request("t", "k", "t", NOON),
    )
    assert define_product(book, "b", given(code="cash"))[1]
    with pytest.raises(InvalidInput, match="product-code-unreadable"):
        define_product(book, "b", given(code="plain_loan"))


def test_a_code_of_loans_with_terms_of_their_own_cannot_be_a_product(book: Conn) -> None:
    row = books.read_book(book, "b")
    books.add_product(book, row, "tape", version=1, valid_from=row.opened_on, terms=OWN_TERMS)
    with pytest.raises(InvalidInput, match="product-code-taken"):
        define_product(book, "b", given(code="tape"))


def test_a_book_with_fees_closes_its_days_and_verifies(book: Conn) -> None:
    charged = [
        {"code": "service", "charged_by": "lender", "when": "with each instalment",
         "basis": "original principal", "pct": "0.6", "source": "clause 5"},
        {"code": "file", "charged_by": "lender", "when": "with the first instalment", "basis": "flat",
         "amount": "20"},
        {"code": "guarantee", "charged_by": "guarantor", "when": "kept from the proceeds",
         "basis": "original principal", "pct": "1"},
    ]  # fmt: skip
    define_product(book, "b", given(fees=charged, penalty=None))
    late, paid, settled = (lend(book, "cash", key) for key in ("k1", "k2", "k3"))
    close_day(book, "b", until=date(2026, 7, 1), at=NOON)
    for key, kind in ((paid, FactKind.PAYMENT_RECEIVED), (settled, FactKind.PAID_OFF)):
        amount = 60_000 if kind is FactKind.PAYMENT_RECEIVED else 0
        fact = Fact(kind, date(2026, 7, 1), date(2026, 7, 2), "t", "p", amount=amount)
        record_fact(book, key, fact, Request("t", f"p{key.person_id}", "t", NOON))
    close_day(book, "b", until=date(2026, 8, 20), at=NOON)
    assert verify_book(book, "b").findings == []
    rows = fold(loans.read_loan(book, late).terms, loans.read_facts(book, late), as_of=date(2026, 8, 20)).rows
    assert [row.due[Part.FEE] for row in rows] == [5_600, *[3_600] * 11]


def test_a_cap_is_kept_when_a_product_is_defined_and_again_when_money_goes_out(book: Conn) -> None:
    dear = given(penalty={"times_contract": "1.6"})
    with pytest.raises(InvalidInput, match="cap-exceeded") as told:
        define_product(book, "b", dear)
    assert told.value.facts["cap"] == "cn-penalty", "a book in CNY names the pack of every Chinese lender"
    define_product(book, "b", given())
    board = {"code": "board", "kind": "all-in rate", "measure": "nominal", "from": "2026-06-02", "pct": "11",
             "source": "board, May 2026"}  # fmt: skip
    set_caps(book, "b", {"caps": [board]})
    lend(book, "cash")
    close_day(book, "b", until=date(2026, 6, 1), at=NOON)
    with pytest.raises(InvalidInput, match="cap-exceeded") as told:
        lend(book, "cash", "k2")
    assert (told.value.facts["figure"], told.value.facts["limit"]) == ("11.9999 %", "11 %")
    lend(book, "cash", "k3", rate=Fraction(11, 100))
    with pytest.raises(InvalidInput, match="cap-exceeded"):
        define_product(book, "b", given(instalments=[3, 36]))


KEPT = {"code": "service", "charged_by": "lender", "when": "kept from the proceeds", "source": "clause 5"}


@pytest.mark.parametrize("pack", [None, "cn-private"])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fees": [{**KEPT, "basis": "original principal", "pct": "100"}]}, "fees-above-principal"),
        ({"fees": [{**KEPT, "basis": "flat", "amount": "1,000.00"}]}, "fees-above-principal"),
        (
            {
                "fees": [
                    {**KEPT, "basis": "flat", "amount": "500.00"},
                    {**KEPT, "code": "other", "basis": "original principal", "pct": "50"},
                ]
            },
            "fees-above-principal",
        ),
        ({"plan": {"down_payment_pct": "60", "balloon_pct": "40"}}, "plan-share-out-of-range"),
        ({"every": 100_000}, "plan-too-long"),
        ({"instalments": 1200, "every": 2}, "plan-too-long"),
    ],
)
def test_a_product_that_no_loan_could_be_lent_by_is_refused_when_it_is_defined(
    book: Conn, pack: str | None, changes: dict[str, Any], code: str
) -> None:
    if pack is not None:
        set_caps(book, "b", pack)
    with pytest.raises(InvalidInput) as refused:
        define_product(book, "b", given(**changes))
    assert refused.value.code == code, "for the same reason with caps and without"
    assert products.of_book(book, 1) == []


def test_just_inside_what_can_be_lent_a_product_is_defined(book: Conn) -> None:
    for changes in (
        {"fees": [{**KEPT, "basis": "flat", "amount": "999.99"}]},
        {"fees": [{**KEPT, "basis": "original principal", "pct": "99.9"}]},
        {"plan": {"down_payment_pct": "60", "balloon_pct": "39.9"}},
        {"instalments": 1200, "convention": "progressive-30-360/1"},
    ):
        assert define_product(book, "b", given(**changes))[1]
