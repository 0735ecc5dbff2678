"""The general ledger's totals: what portfolio sums come to in whole units, per product.

Needs    the sums of one product at the end of a day.
Gives    general_ledger: balances of accounts, debit positive, that sum to zero; pieces;
         day_journal and ledger_journal.
Never    rounds more than once a class: the difference to what was charged has an account of its own.
Source   docs/decisions/0004-closing-a-day.md, identities (a) to (c).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from duewell.domain.agenda import Sums, class_amount
from duewell.domain.ledger import (
    FEE_INCOME,
    FEE_RECEIVABLE,
    INTEREST_ACCRUED,
    INTEREST_IN_ADVANCE,
    INTEREST_INCOME,
    INTEREST_RECEIVABLE,
    INTEREST_SUSPENDED,
    OPENING_EQUITY,
    PENALTY_ACCRUED,
    PENALTY_INCOME,
    PENALTY_RECEIVABLE,
    ROUNDING_OF_INTEREST,
    Account,
    Journal,
    Line,
)
from duewell.domain.money import Rounding, round_ratio

TERMS: dict[Account, tuple[tuple[int, str], ...]] = {
    INTEREST_ACCRUED: ((1, "interest.accrued"), (-1, "interest.due")),
    INTEREST_RECEIVABLE: ((1, "interest.charged"),),
    PENALTY_ACCRUED: ((1, "penalty.accrued"), (-1, "penalty.collected")),
    PENALTY_RECEIVABLE: ((1, "penalty.collected"), (1, "penalty.once")),
    INTEREST_INCOME: (
        (1, "interest.opened"),
        (-1, "interest.accrued"),
        (1, "suspended.accrued"),
        (1, "suspended.charged"),
    ),
    INTEREST_SUSPENDED: ((-1, "suspended.accrued"), (-1, "suspended.charged")),
    INTEREST_IN_ADVANCE: ((-1, "interest.advance"),),
    OPENING_EQUITY: ((-1, "interest.opened"),),
    ROUNDING_OF_INTEREST: ((1, "interest.due"), (1, "interest.advance"), (-1, "interest.charged")),
    PENALTY_INCOME: ((-1, "penalty.accrued"), (-1, "penalty.once")),
    FEE_RECEIVABLE: ((1, "fee.charged"),),
    FEE_INCOME: ((-1, "fee.charged"),),
}
"""Of which measures each account's balance is made: debit positive.

Interest that accrued is an asset until it is charged; what had accrued before a loan was taken over is
not our income. Charged interest is receivable; charged less exact is the rounding, and what was collected
before its days were charged is in advance. Interest of a loan
too long past due is suspended: no income until it is paid.
"""


_ACCOUNTS: dict[str, list[tuple[int, Account]]] = defaultdict(list)
"""The same the other way round: a book has few of the measures."""
for _account, _terms in TERMS.items():
    for _sign, _measure in _terms:
        _ACCOUNTS[_measure].append((_sign, _account))


def general_ledger(sums: Sums) -> dict[Account, int]:
    """The balances that portfolio sums stand for."""
    balances = dict.fromkeys(TERMS, 0)
    for measure, units in _rounded(sums).items():
        whole = sum(units.values())
        for sign, account in _ACCOUNTS.get(measure, ()):
            balances[account] += sign * whole
    assert sum(balances.values()) == 0, "what is earned is owed"
    return {account: amount for account, amount in balances.items() if amount}


def _rounded(sums: Sums) -> dict[str, dict[str, int]]:
    """Each measure by class in whole units: exact sums rounded once, whole ones as they are."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (measure, accrual), value in sums.items():
        found[measure][accrual] = (
            round_ratio(*class_amount(value, accrual), Rounding.HALF_EVEN) if accrual else value
        )
    return found


@dataclass(frozen=True, slots=True)
class Piece:
    """What one measure of one class adds to an account: exact, and in whole units; `sign` turns it."""

    sign: int
    measure: str
    accrual: str
    exact: Fraction
    whole: int


def pieces(sums: Sums, account: Account) -> list[Piece]:
    """What the balance of an account is made of; the signed whole units add up to it."""
    found = []
    rounded = _rounded(sums)
    for sign, measure in TERMS.get(account, ()):
        for accrual, whole in sorted(rounded.get(measure, {}).items()):
            value = sums[(measure, accrual)]
            exact = Fraction(*class_amount(value, accrual)) if accrual else Fraction(value)
            found.append(Piece(sign, measure, accrual, exact, whole))
    return found


def day_journal(before: Sums, after: Sums) -> Journal | None:
    """What must be posted so that a ledger that stands for `before` stands for `after`; None for nothing."""
    return ledger_journal(general_ledger(before), general_ledger(after))


def ledger_journal(before: Mapping[Account, int], after: Mapping[Account, int]) -> Journal | None:
    """The same between balances: for who closes many days and keeps those of the day before."""
    net: dict[Account, int] = defaultdict(int)
    for balances, sign in ((before, -1), (after, 1)):
        for account, amount in balances.items():
            net[account] += sign * amount
    lines = tuple(Line(account, amount) for account, amount in net.items() if amount)
    return Journal(lines) if lines else None
