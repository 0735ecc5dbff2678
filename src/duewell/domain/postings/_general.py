"""The general ledger's totals: what portfolio sums come to in whole units, per product.

Needs    the sums of one product at the end of a day.
Gives    general_ledger: balances of accounts, debit positive, that sum to zero; day_journal.
Never    rounds more than once a class: the difference to what was charged has an account of its own.
Source   docs/decisions/0004-closing-a-day.md, identities (a) to (c).
"""

from __future__ import annotations

from collections import defaultdict

from duewell.domain.agenda import Sums, class_amount
from duewell.domain.ledger import (
    INTEREST_ACCRUED,
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


def whole_units(sums: Sums, measure: str) -> dict[str, int]:
    """A measure's exact sums by class, each rounded once."""
    found = {}
    for (name, accrual), value in sums.items():
        if name == measure:
            found[accrual] = round_ratio(*class_amount(value, accrual), Rounding.HALF_EVEN)
    return found


def general_ledger(sums: Sums) -> dict[Account, int]:
    """The balances that portfolio sums stand for.

    Interest that accrued is an asset until it is charged; what had accrued before a loan was taken
    over is not our income. Charged interest is receivable; charged less exact is the rounding. Interest
    of a loan too long past due is suspended: no income until it is paid.
    """
    accrued = sum(whole_units(sums, "interest.accrued").values())
    due = sum(whole_units(sums, "interest.due").values())
    opened = sum(whole_units(sums, "interest.opened").values())
    charged = sums.get(("interest.charged", ""), 0)
    penalty = sum(whole_units(sums, "penalty.accrued").values())
    once = sums.get(("penalty.once", ""), 0)
    collected = sums.get(("penalty.collected", ""), 0)
    suspended = sum(whole_units(sums, "suspended.accrued").values())
    suspended += sums.get(("suspended.charged", ""), 0)
    balances = {
        INTEREST_ACCRUED: accrued - due,
        INTEREST_RECEIVABLE: charged,
        PENALTY_ACCRUED: penalty - collected,
        PENALTY_RECEIVABLE: collected + once,
        INTEREST_INCOME: opened - accrued + suspended,
        INTEREST_SUSPENDED: -suspended,
        OPENING_EQUITY: -opened,
        ROUNDING_OF_INTEREST: due - charged,
        PENALTY_INCOME: -penalty - once,
    }
    assert sum(balances.values()) == 0, "what is earned is owed"
    return {account: amount for account, amount in balances.items() if amount}


def day_journal(before: Sums, after: Sums) -> Journal | None:
    """What must be posted so that a ledger that stands for `before` stands for `after`; None for nothing."""
    net: dict[Account, int] = defaultdict(int)
    for sums, sign in ((before, -1), (after, 1)):
        for account, amount in general_ledger(sums).items():
            net[account] += sign * amount
    lines = tuple(Line(account, amount) for account, amount in net.items() if amount)
    return Journal(lines) if lines else None
