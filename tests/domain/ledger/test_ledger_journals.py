"""Ledger: prove that nothing unbalanced exists and that balances are the plain sum of the lines.

How: random balanced journals; each refusal at its edge.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.ledger import (
    BORROWER_CREDIT,
    CASH_CLEARING,
    CHART,
    INTEREST_RECEIVABLE,
    LOANS_PRINCIPAL,
    SUSPENSE,
    AccountKind,
    Journal,
    Line,
    account,
    balances,
    trial_balance,
)

LINES = st.builds(Line, st.sampled_from(CHART), st.integers(-(10**15), 10**15).filter(bool))


def _balanced(lines: list[Line]) -> Journal:
    rest = sum(line.amount_minor for line in lines)
    closing = [Line(SUSPENSE, -rest)] if rest else [Line(SUSPENSE, 1), Line(CASH_CLEARING, -1)]
    return Journal((*lines, *closing))


JOURNALS = st.lists(st.lists(LINES, min_size=1, max_size=6).map(_balanced), max_size=20)


def test_a_loan_paid_out_and_a_first_payment_leave_these_balances() -> None:
    paid_out = Journal((Line(LOANS_PRINCIPAL, 120000), Line(CASH_CLEARING, -120000)))
    paid = Journal(
        (Line(CASH_CLEARING, 10662), Line(INTEREST_RECEIVABLE, -1223), Line(LOANS_PRINCIPAL, -9439))
    )
    assert balances([paid_out, paid]) == {
        LOANS_PRINCIPAL: 110561,
        CASH_CLEARING: -109338,
        INTEREST_RECEIVABLE: -1223,
    }


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "journal-too-short"),
        ([Line(SUSPENSE, 0)], "journal-too-short"),
        ([Line(SUSPENSE, 1), Line(CASH_CLEARING, -1), Line(BORROWER_CREDIT, 0)], "journal-line-zero"),
        ([Line(SUSPENSE, 100), Line(CASH_CLEARING, -99)], "journal-not-balanced"),
    ],
)
def test_a_journal_that_does_not_balance_cannot_exist(lines: list[Line], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Journal(tuple(lines))
    assert refused.value.code == code


@given(journals=JOURNALS)
def test_debits_equal_credits_whatever_was_posted(journals: list[Journal]) -> None:
    trial = trial_balance(journals)
    assert trial.debits_minor == trial.credits_minor
    assert [row.account for row in trial.rows] == list(CHART)
    assert all(row.debit_minor == 0 or row.credit_minor == 0 for row in trial.rows)
    shown = {row.account: row.debit_minor - row.credit_minor for row in trial.rows}
    assert {each: sum_ for each, sum_ in shown.items() if sum_} == {
        each: sum_ for each, sum_ in balances(journals).items() if sum_
    }


@given(journals=JOURNALS)
def test_a_reversal_leaves_every_account_where_it_was(journals: list[Journal]) -> None:
    undone = [*journals, *(journal.reversed() for journal in journals)]
    assert not any(balances(undone).values())


@given(journals=JOURNALS, data=st.data())
def test_the_order_of_posting_moves_no_balance(journals: list[Journal], data: st.DataObject) -> None:
    assert balances(data.draw(st.permutations(journals))) == balances(journals)


def test_a_journal_made_from_a_list_does_not_change_with_the_list() -> None:
    lines = [Line(SUSPENSE, 1), Line(CASH_CLEARING, -1)]
    journal = Journal(lines)  # type: ignore[arg-type]
    lines.clear()
    assert len(journal.lines) == 2


def test_each_account_is_found_by_its_code_and_stands_once() -> None:
    assert [account(each.code) for each in CHART] == list(CHART)
    assert len({each.code for each in CHART}) == len(CHART) == 23
    assert {each.kind for each in CHART} == set(AccountKind)
    with pytest.raises(NotFound, match="account-unknown"):
        account("petty_cash")
