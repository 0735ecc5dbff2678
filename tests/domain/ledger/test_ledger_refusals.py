"""A journal or account refused says which line and by how much; each fact of each refusal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from duewell.domain.errors import DuewellError
from duewell.domain.ledger import (
    CASH_CLEARING,
    CHART,
    FEE_INCOME,
    LOANS_PRINCIPAL,
    AccountKind,
    Journal,
    Line,
    account,
    balances,
    trial_balance,
)


def refused(work: Callable[[], object]) -> tuple[str, dict[str, object]]:
    with pytest.raises(DuewellError) as found:
        work()
    return found.value.code, found.value.facts


def test_a_journal_refused_says_what_is_wrong_with_it() -> None:
    lent, paid = Line(LOANS_PRINCIPAL, 1200), Line(CASH_CLEARING, -1200)
    assert refused(lambda: Journal((lent,))) == ("journal-too-short", {"lines": 1})
    assert refused(lambda: Journal(())) == ("journal-too-short", {"lines": 0})
    zero = Line(FEE_INCOME, 0)
    assert refused(lambda: Journal((lent, paid, zero))) == ("journal-line-zero", {"account": "fee_income"})
    off = Line(CASH_CLEARING, -1199)
    assert refused(lambda: Journal((lent, off))) == ("journal-not-balanced", {"difference_minor": 1})
    assert Journal((lent, paid)).lines == (lent, paid)
    with pytest.raises(AssertionError):
        Journal((Line(LOANS_PRINCIPAL, True), Line(CASH_CLEARING, -1)))


def test_a_journal_reversed_takes_each_line_back() -> None:
    journal = Journal((Line(LOANS_PRINCIPAL, 1200), Line(CASH_CLEARING, -1200)))
    assert journal.reversed().lines == (Line(LOANS_PRINCIPAL, -1200), Line(CASH_CLEARING, 1200))
    assert balances([journal, journal.reversed()]) == {LOANS_PRINCIPAL: 0, CASH_CLEARING: 0}


def test_an_account_nobody_knows_is_refused_with_what_was_given() -> None:
    assert refused(lambda: account("petty_cash")) == ("account-unknown", {"given": "petty_cash"})
    assert refused(lambda: account("x" * 40)) == ("account-unknown", {"given": "x" * 32})


def test_each_account_has_its_sentence_and_its_place() -> None:
    assert [each.name_code for each in CHART] == ["account-" + each.code.replace("_", "-") for each in CHART]
    kinds = {each.code: each.kind for each in CHART}
    assert kinds["cash_clearing"] is AccountKind.ASSET
    assert kinds["provision"] is AccountKind.LIABILITY
    assert kinds["provision_expense"] is AccountKind.EXPENSE


def test_a_trial_balance_shows_every_account_on_its_side() -> None:
    told = trial_balance([Journal((Line(LOANS_PRINCIPAL, 1200), Line(CASH_CLEARING, -1200)))])
    assert [row.account for row in told.rows] == list(CHART)
    shown = {row.account: (row.debit_minor, row.credit_minor) for row in told.rows}
    assert (shown[LOANS_PRINCIPAL], shown[CASH_CLEARING], shown[FEE_INCOME]) == ((1200, 0), (0, 1200), (0, 0))
    assert (told.debits_minor, told.credits_minor) == (1200, 1200)
