"""A product looked at before it is defined, a tape tried out, a sandbox opened: in the real database.

Wants to prove: a preview tells every cap that would be broken where defining stops at the first, and writes
nothing; a dry run of a tape does all of it and leaves nothing; a sandbox is opened once per key.
"""

from __future__ import annotations

import time
import tomllib
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.tape import column_map
from duewell.services.define_product import define_product
from duewell.services.import_tape import import_tape
from duewell.services.open_book import open_book, open_sandbox
from duewell.services.preview_product import Asked, preview_product
from duewell.services.record_fact import Request
from duewell.services.set_caps import set_caps
from duewell.services.show_cost import quote
from duewell.store import loans, products
from tests.domain.product.test_product import FILE

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
Conn = psycopg.Connection[Any]
CAPS = """
[[caps]]
code = "a-rate"
kind = "all-in rate"
measure = "nominal"
from = 2020-01-01
pct = "10"
source = "clause A"
[[caps]]
code = "b-penalty"
kind = "penalty times contract rate"
from = 2020-01-01
times = "1.2"
source = "clause B"
[[caps]]
code = "b-penalty"
kind = "penalty times contract rate"
from = 2030-01-01
times = "1.0"
source = "a clause to come"
"""


@pytest.fixture
def book(conn: Conn) -> Conn:
    open_book(conn, code="b", currency_code="CNY", open_on=date(2026, 6, 1), is_sandbox=True)
    conn.execute("set role duewell_app")
    return conn


def given(**changes: Any) -> dict[str, Any]:
    return {**tomllib.loads(FILE), **changes}


def test_a_preview_writes_nothing_and_says_what_it_would_follow(book: Conn) -> None:
    drafted = preview_product(book, "b", given())
    assert (drafted.before, drafted.is_same, drafted.broken) == (None, False, ())
    assert products.of_book(book, 1) == []
    made, _ = define_product(book, "b", given())
    again = preview_product(book, "b", given())
    assert again.before == made and again.is_same
    assert not preview_product(book, "b", given(rate_pct="10")).is_same


def test_the_sheet_is_the_one_a_quote_of_the_product_gives(book: Conn) -> None:
    asked = Asked(600_000, Fraction(12, 100), 12)
    drafted = preview_product(book, "b", given(), asked)
    define_product(book, "b", given())
    found = quote(book, "b", "cash", principal=600_000, rate=Fraction(12, 100), instalments=12)
    assert drafted.sheet == found.sheet


def test_every_cap_that_would_be_broken_is_told_with_its_source(book: Conn) -> None:
    book.execute("reset role")
    set_caps(book, "b", tomllib.loads(CAPS))
    drafted = preview_product(book, "b", given())
    told = [(each.code, each.facts["cap"], each.facts["source"]) for each in drafted.broken]
    assert told == [("cap-exceeded", "a-rate", "clause A"), ("cap-exceeded", "b-penalty", "clause B")]
    with pytest.raises(InvalidInput) as refused:
        define_product(book, "b", given())
    assert refused.value.facts["cap"] == "a-rate", "defining stops at the first"


def test_what_no_product_may_be_is_refused(book: Conn) -> None:
    for changes, code in (
        ({"currency": "USD"}, "product-currency-foreign"),
        ({"instalments": [12, 3]}, "product-range-reversed"),
        ({"nothing": "1"}, "product-field-unknown"),
    ):
        with pytest.raises(InvalidInput) as refused:
            preview_product(book, "b", given(**changes))
        assert refused.value.code == code
    with pytest.raises(InvalidInput) as refused:
        preview_product(book, "b", given(), Asked(principal=1))
    assert refused.value.code == "outside-the-product"


def test_a_wide_product_is_previewed_while_somebody_waits(book: Conn) -> None:
    book.execute("reset role")
    set_caps(book, "b", tomllib.loads(CAPS))
    began = time.perf_counter()
    preview_product(book, "b", given(instalments=[3, 360]))
    assert time.perf_counter() - began < 10


ROWS = [(2, {"n": "A-1", "p": "1200.00", "r": "12", "t": "12", "i": "2026-05-15", "o": "1200.00"})]
MAP = {"ref": "n", "principal": "p", "rate_pct": "r", "instalments": "t", "issued": "i", "principal_out": "o"}


def test_a_dry_run_of_a_tape_does_it_all_and_leaves_nothing(book: Conn) -> None:
    columns = column_map(MAP | {"currency": "CNY"})
    dry = import_tape(book, "b", ROWS, columns, actor="t", at=AT, is_dry_run=True)
    assert (dry.taken_over, dry.refusals, dry.is_written) == (1, (), False)
    assert loans.keys_of_book(book, 1) == []
    real = import_tape(book, "b", ROWS, columns, actor="t", at=AT)
    assert (real.taken_over, real.is_written) == (1, True) and len(loans.keys_of_book(book, 1)) == 1


def test_a_sandbox_is_opened_once_per_key(book: Conn) -> None:
    def opened(key: str, code: str) -> None:
        open_sandbox(
            book,
            code=code,
            currency_code="CNY",
            open_on=date(2026, 6, 1),
            has_four_eyes=False,
            asked=[code],
            request=Request("t", key, "staff:t", AT),
        )

    opened("k", "lab")
    opened("k", "lab")
    with pytest.raises(Conflict) as refused:
        opened("k", "other")
    assert refused.value.code == "key-reused-with-another-body"
    with pytest.raises(Conflict) as refused:
        opened("k2", "lab")
    assert refused.value.code == "book-already-open"
    row = book.execute("select actor, act from duewell.trail where target = 'lab'").fetchall()
    assert row == [("staff:t", "book-opened")]
