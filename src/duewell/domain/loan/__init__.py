"""The loan: terms and facts folded at two dates into what is owed, by whom it was paid, how late.

Needs    product, calendar, money.
Gives    Fact, FactKind, fold, LoanState, Row, ageing, payoff, and the recorder of traces.
Never    knows an account, a contact, or today's date.
Source   docs/decisions/0001.
"""

from duewell.domain.loan._accruals import daily_accruals
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
from duewell.domain.loan._facts import (
    TAKING_BACK,
    Arrear,
    ChargeBase,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    Position,
    ReAged,
    ReAmortized,
    Reschedule,
    fact_named,
    in_order,
    known,
)
from duewell.domain.loan._fold import Applied, Fold
from duewell.domain.loan._proof import Proof, Proven, RowProof, prove
from duewell.domain.loan._recorder import Recorder, TraceSlice
from duewell.domain.loan._replay import Replay, replay
from duewell.domain.loan._schedule import Row
from duewell.domain.loan._standing import (
    ACTUAL,
    Key,
    Sums,
    View,
    class_amount,
    days_weight,
    difference_of,
    interest_receivable,
    look,
    rolled,
    standing,
)
from duewell.domain.loan._state import Folding, LoanState, fold

__all__ = [
    "ACTUAL",
    "BUCKETS",
    "TAKING_BACK",
    "Ageing",
    "Agenda",
    "Applied",
    "Arrear",
    "Buckets",
    "ChargeBase",
    "DueDateMoved",
    "Entry",
    "EntryKind",
    "Extended",
    "Fact",
    "FactKind",
    "Fold",
    "Folding",
    "Key",
    "LoanState",
    "Position",
    "Proof",
    "Proven",
    "ReAged",
    "ReAmortized",
    "Recorder",
    "Replay",
    "Reschedule",
    "Row",
    "RowProof",
    "Sums",
    "TraceSlice",
    "View",
    "ageing",
    "agenda",
    "bucket_of",
    "buckets_from",
    "class_amount",
    "daily_accruals",
    "days_weight",
    "delinquent_since",
    "difference_of",
    "fact_named",
    "fold",
    "in_order",
    "interest_receivable",
    "known",
    "look",
    "payoff_amount",
    "principal_by_range",
    "prove",
    "range_of",
    "replay",
    "rolled",
    "standing",
]
