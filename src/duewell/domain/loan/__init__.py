"""The loan: terms and facts folded at two dates into what is owed, by whom it was paid, how late.

Needs    product, calendar, money.
Gives    Fact, FactKind, fold, LoanState, Row, ageing, payoff, and the recorder of traces.
Never    knows an account, a contact, or today's date.
Source   docs/decisions/0001.
"""

from duewell.domain.loan._ageing import (
    BUCKETS,
    Ageing,
    ageing,
    bucket_of,
    delinquent_since,
    principal_by_range,
    range_of,
)
from duewell.domain.loan._apply import payoff_amount
from duewell.domain.loan._facts import Arrear, Fact, FactKind, Position, in_order, known
from duewell.domain.loan._fold import Applied, Fold, LoanState, fold
from duewell.domain.loan._recorder import Recorder, TraceSlice
from duewell.domain.loan._schedule import Row

__all__ = [
    "BUCKETS",
    "Ageing",
    "Applied",
    "Arrear",
    "Fact",
    "FactKind",
    "Fold",
    "LoanState",
    "Position",
    "Recorder",
    "Row",
    "TraceSlice",
    "ageing",
    "bucket_of",
    "delinquent_since",
    "fold",
    "in_order",
    "known",
    "payoff_amount",
    "principal_by_range",
    "range_of",
]
