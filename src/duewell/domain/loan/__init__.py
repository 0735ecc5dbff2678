"""The loan: terms and facts folded at two dates into what is owed, by whom it was paid, how late.

Needs    facts, agenda, product, calendar, money.
Gives    fold, LoanState, Row, ageing, agenda, payoff, replay, and proofs.
Never    knows an account, a contact, or today's date.
Source   docs/decisions/0001.
"""

from duewell.domain.loan._accruals import daily_accruals
from duewell.domain.loan._ageing import (
    ageing,
    delinquent_since,
    overdue_parts,
    principal_by_range,
    range_of,
)
from duewell.domain.loan._agenda import agenda
from duewell.domain.loan._fold import Fold
from duewell.domain.loan._movements import prove_movements
from duewell.domain.loan._payment import payoff_amount
from duewell.domain.loan._preview import Future, compare, lifetime, preview
from duewell.domain.loan._proof import Proven, RowProof, prove, prove_payoff
from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._replay import Replay, replay
from duewell.domain.loan._schedule import Row
from duewell.domain.loan._standing import View, look, receivables, standing
from duewell.domain.loan._state import Folding, LoanState, fold

__all__ = [
    "Fold",
    "Folding",
    "Future",
    "LoanState",
    "Proven",
    "Recorder",
    "Replay",
    "Row",
    "RowProof",
    "View",
    "ageing",
    "agenda",
    "compare",
    "daily_accruals",
    "delinquent_since",
    "fold",
    "lifetime",
    "look",
    "overdue_parts",
    "payoff_amount",
    "preview",
    "principal_by_range",
    "prove",
    "prove_movements",
    "prove_payoff",
    "range_of",
    "receivables",
    "replay",
    "standing",
]
