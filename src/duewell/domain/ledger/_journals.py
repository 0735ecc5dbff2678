"""Journals: lines that sum to zero, and the balances they leave.

Needs    accounts and whole minor units of one currency.
Gives    Line, Journal, balances, TrialBalance.
Never    exists unbalanced, and never changes: a correction is another journal.
Source   double entry; debit positive, credit negative.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from duewell.domain.errors import InvalidInput
from duewell.domain.ledger._accounts import CHART, Account


@dataclass(frozen=True, slots=True)
class Line:
    """One account moved by an amount: debit positive, credit negative."""

    account: Account
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Journal:
    """Lines that are true only together.

    Shapes    all lines are of one currency, which the journal's holder knows.
    Refuses   InvalidInput "journal-too-short" below two lines, "journal-line-zero",
              "journal-not-balanced" when the lines do not sum to zero.

    >>> from duewell.domain.ledger import CASH_CLEARING, LOANS_PRINCIPAL
    >>> Journal((Line(LOANS_PRINCIPAL, 1200), Line(CASH_CLEARING, -1200))).reversed().lines[0].amount_minor
    -1200
    """

    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(self.lines))
        if len(self.lines) < 2:
            raise InvalidInput("journal-too-short", lines=len(self.lines))
        difference = 0
        for line in self.lines:
            assert type(line.amount_minor) is int, "minor units are a whole number"
            if line.amount_minor == 0:
                raise InvalidInput("journal-line-zero", account=line.account.code)
            difference += line.amount_minor
        if difference != 0:
            raise InvalidInput("journal-not-balanced", difference_minor=difference)

    def reversed(self) -> "Journal":
        """The journal that takes this one back."""
        return Journal(tuple(Line(line.account, -line.amount_minor) for line in self.lines))


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One account's balance on its side; the other side is zero."""

    account: Account
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account of the chart in its order, and the total of each side."""

    rows: tuple[TrialRow, ...]
    debits_minor: int
    credits_minor: int


def balances(journals: Iterable[Journal]) -> dict[Account, int]:
    """What each account touched has come to: debit positive, zero included.

    >>> balances([])
    {}
    """
    sums: dict[Account, int] = {}
    for journal in journals:
        for line in journal.lines:
            sums[line.account] = sums.get(line.account, 0) + line.amount_minor
    assert sum(sums.values()) == 0, "balanced journals leave balanced balances"
    return sums


def trial_balance(journals: Iterable[Journal]) -> TrialBalance:
    """The balances of the whole chart, debits and credits apart; their totals are equal."""
    sums = balances(journals)
    rows = tuple(TrialRow(each, max(sums.get(each, 0), 0), max(-sums.get(each, 0), 0)) for each in CHART)
    debits = sum(row.debit_minor for row in rows)
    credits_ = sum(row.credit_minor for row in rows)
    assert debits == credits_, "a trial balance balances; an account outside the chart would break it"
    return TrialBalance(rows, debits, credits_)
