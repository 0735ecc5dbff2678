"""The totals of a product: contracts added one by one, slices added to slices, rounded once at the end.

Needs    valued contracts.
Gives    Totals, BucketTotals.
Never    depends on the order or the grouping in which contracts were added.
Source   docs/reference/book.md; docs/decisions/0004-closing-a-day.md, identities (a) to (d).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from duewell.domain.agenda import Sums
from duewell.domain.ledger import CHART, Account, balances
from duewell.domain.portfolio._value import Valued
from duewell.domain.postings import general_ledger, journals_of

_Key = TypeVar("_Key")


@dataclass(slots=True)
class BucketTotals:
    """What contracts of one delinquency bucket come to. Amounts are minor units."""

    loans: int = 0
    principal_out: int = 0
    overdue: int = 0
    outstanding: int = 0

    def join(self, other: BucketTotals) -> None:
        """Add what another part of the book came to."""
        self.loans += other.loans
        self.principal_out += other.principal_out
        self.overdue += other.overdue
        self.outstanding += other.outstanding


@dataclass(slots=True)
class Totals:
    """What contracts of one product come to at the end of a day.

    `loans` are on the books; `buckets` hold those of them that owe anything. `sums` are exact, by measure
    and class. `journals` are what money moved or forgiven comes to, by account. Those `charged_off` are in
    `journals` and `sums`, as in the ledger, and in no other figure.
    """

    loans: int = 0
    receivable: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    overpaid: int = 0
    buckets: dict[str, BucketTotals] = field(default_factory=dict)
    sums: Sums = field(default_factory=dict)
    journals: dict[Account, int] = field(default_factory=dict)
    charged_off: int = 0
    claim: int = 0

    def add(self, each: Valued) -> None:
        """Add one contract."""
        state = each.state
        _add_all(self.sums, each.sums)
        _add_all(self.journals, balances(journals_of(state.applied).values()))
        self.overpaid += state.overpaid
        if each.is_charged_off:
            self.charged_off += 1
            self.claim += sum(state.claim)
            return
        self.loans += 1
        self.receivable = [a + b for a, b in zip(self.receivable, each.receivable, strict=True)]
        age = each.age
        if age.outstanding:
            one = BucketTotals(1, state.principal_out, age.overdue, age.outstanding)
            self.buckets.setdefault(age.bucket, BucketTotals()).join(one)

    def join(self, other: Totals) -> None:
        """Add what another part of the book came to."""
        self.loans += other.loans
        self.receivable = [a + b for a, b in zip(self.receivable, other.receivable, strict=True)]
        self.overpaid += other.overpaid
        for name, bucket in other.buckets.items():
            self.buckets.setdefault(name, BucketTotals()).join(bucket)
        _add_all(self.sums, other.sums)
        _add_all(self.journals, other.journals)
        self.charged_off += other.charged_off
        self.claim += other.claim

    def owing(self) -> BucketTotals:
        """All buckets together."""
        whole = BucketTotals()
        for bucket in self.buckets.values():
            whole.join(bucket)
        return whole

    def ledger(self) -> dict[Account, int]:
        """The balances these contracts stand for, debit positive: each class of each sum rounded once."""
        found = general_ledger(self.sums)
        _add_all(found, self.journals)
        return {account: found[account] for account in CHART if found.get(account)}


def _add_all(into: dict[_Key, int], more: dict[_Key, int]) -> None:
    for key, amount in more.items():
        into[key] = into.get(key, 0) + amount
