"""The loan: terms and facts folded at two dates into what is owed, by whom it was paid, how late.

Needs    product, calendar, money.
Gives    Fact, FactKind, fold, LoanState, Row, ageing, payoff, and the recorder of traces.
Never    knows an account, a contact, or today's date.
Source   docs/decisions/0001.
"""

from duewell.domain.loan._ageing import (
    BUCKETS,
    Ageing,
    Buckets,
    ageing,
    bucket_of,
    buckets_from,
    delinquent_since,
    principal_by_range,
    range_of,
)
from duewell.domain.loan._agenda import Agenda, Entry, EntryKind, agenda
from duewell.domain.loan._apply import payoff_amount
from duewell.domain.loan._facts import Arrear, Fact, FactKind, Position, in_order, known
from duewell.domain.loan._fold import Applied, Fold, LoanState, fold
from duewell.domain.loan._recorder import Recorder, TraceSlice
from duewell.domain.loan._schedule import Row
from duewell.domain.loan._standing import (
    ACTUAL,
    Key,
    Sums,
    View,
    class_amount,
    days_weight,
    difference_of,
    look,
    rolled,
    standing,
)

__all__ = [
    "ACTUAL",
    "BUCKETS",
    "Ageing",
    "Agenda",
    "Applied",
    "Arrear",
    "Buckets",
    "Entry",
    "EntryKind",
    "Fact",
    "FactKind",
    "Fold",
    "Key",
    "LoanState",
    "Position",
    "Recorder",
    "Row",
    "Sums",
    "TraceSlice",
    "View",
    "ageing",
    "agenda",
    "bucket_of",
    "buckets_from",
    "class_amount",
    "days_weight",
    "delinquent_since",
    "difference_of",
    "fold",
    "in_order",
    "known",
    "look",
    "payoff_amount",
    "principal_by_range",
    "range_of",
    "rolled",
    "standing",
]
