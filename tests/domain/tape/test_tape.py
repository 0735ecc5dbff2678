"""Rows of a tape: what is taken over, what is refused, and which rows count as past due."""

from __future__ import annotations

from datetime import date

import pytest

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, fold
from duewell.domain.tape import (
    LENDING_CLUB,
    RowRefusal,
    TapeLoan,
    column_map,
    position_of,
    read_tape,
    terms_of,
)

DAY = date(2018, 6, 24)
GOOD = {
    "rownames": "17",
    "loan_amount": "10000",
    "interest_rate": "12",
    "term": "36",
    "issue_month": "Jan-2018",
    "balance": "10000",
    "installment": "332.15",
    "paid_principal": "0",
    "paid_interest": "0",
}


def read(*rows: dict[str, str]) -> list[TapeLoan | RowRefusal]:
    return list(read_tape(enumerate(rows, start=2), LENDING_CLUB, currency="USD", opened_on=DAY))


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("loan_amount", "NaN", "amount-not-a-number"),
        ("loan_amount", "1e1000000", "amount-not-a-number"),
        ("loan_amount", "１２３", "amount-foreign-digit"),
        ("loan_amount", "0", "amount-not-positive"),
        ("loan_amount", "-5", "amount-negative"),
        ("loan_amount", "9" * 4300, "amount-too-long"),
        ("balance", "-1", "amount-negative"),
        ("balance", "9999.99", "tape-principal-does-not-add-up"),
        ("balance", "10000.001", "amount-too-many-decimals"),
        ("interest_rate", "-1", "rate-negative"),
        ("interest_rate", "inf", "rate-not-a-number"),
        ("interest_rate", "12.123456", "rate-too-fine"),
        ("term", "0", "tape-instalments-unreadable"),
        ("term", "1201", "tape-instalments-unreadable"),
        ("issue_month", "Feb-30", "date-not-readable"),
        ("issue_month", "2018-02-30", "date-not-in-calendar"),
        ("issue_month", "Jul-2018", "tape-issued-after-opening"),
        ("rownames", "", "tape-ref-unreadable"),
        ("rownames", "a b", "tape-ref-unreadable"),
    ],
)
def test_a_bad_value_is_refused_with_its_line_and_column(column: str, value: str, code: str) -> None:
    (found,) = read(GOOD | {column: value})
    assert isinstance(found, RowRefusal)
    assert (found.line, found.column, found.message.code) == (2, column, code)
    assert len(found.value) <= 60


def test_every_problem_of_a_row_is_told_at_once() -> None:
    found = read(GOOD | {"loan_amount": "x", "term": "y"})
    assert [f.column for f in found if isinstance(f, RowRefusal)] == ["loan_amount", "term"]


def test_a_reference_met_twice_is_refused_the_second_time() -> None:
    first, second = read(GOOD, GOOD)
    assert isinstance(first, TapeLoan)
    assert isinstance(second, RowRefusal)
    assert second.message.params["line"] == 2


def test_a_tape_without_a_column_or_in_another_currency_is_refused_whole() -> None:
    with pytest.raises(InvalidInput) as refused:
        read({k: v for k, v in GOOD.items() if k != "balance"})
    assert refused.value.code == "tape-column-missing"
    with pytest.raises(InvalidInput) as refused:
        list(read_tape([(2, GOOD)], LENDING_CLUB, currency="CNY", opened_on=DAY))
    assert refused.value.code == "tape-currency-foreign"


@pytest.mark.parametrize("given", [{"nonsense": "x"}, {"ref": "a"}, {"ref": 3}])
def test_a_column_map_that_cannot_work_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        column_map(given)


# 10,000.00 at 12 %, 36 x 332.15: the first rows bring 232.15, 234.47, 236.82, 239.18, 241.58 of principal.
@pytest.mark.parametrize(
    ("paid", "missed", "since"),
    [
        (1_184_20, 0, None),  # five rows, February to June: nothing is past due
        (942_62, 0, None),  # four: June's row is taken to be due after the 24th
        (703_44, 1, "2018-05-27"),
        (469_00, 2, "2018-04-27"),
        (466_60, 2, "2018-04-27"),  # two cents short of two rows is no missed row
        (0, 4, "2018-02-27"),
    ],
)
def test_rows_past_due_follow_from_the_principal_paid(paid: int, missed: int, since: str | None) -> None:
    text = f"{paid // 100}.{paid % 100:02d}"
    out = 1_000_000 - paid
    (loan,) = read(GOOD | {"paid_principal": text, "balance": f"{out // 100}.{out % 100:02d}"})
    assert isinstance(loan, TapeLoan)
    terms = terms_of(loan, DAY)
    position = position_of(loan, terms, DAY)
    assert len(position.arrears) == missed
    fact = Fact(FactKind.OPENED, DAY, DAY, "tape", "17", position=position)
    age = ageing(fold(terms, [fact], as_of=DAY))
    assert str(age.since or None) == str(since and date.fromisoformat(since))
    assert fold(terms, [fact], as_of=DAY).principal_out == out
