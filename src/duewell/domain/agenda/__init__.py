"""Agenda: the shape in which every kind of contract tells the day what comes, and how late it is.

Needs    calendar, the finest rate of a book.
Gives    Entry, EntryKind, Agenda; Sums by measure and accrual class; delinquency buckets and Ageing.
Never    computes an amount of a contract: loan and line do, by their own rules.
Source   docs/decisions/0003 and 0007.
"""

from duewell.domain.agenda._buckets import BUCKETS, Ageing, Buckets, bucket_of, buckets_from
from duewell.domain.agenda._entries import MISSED, OBSERVED, Agenda, Entry, EntryKind, in_day_order
from duewell.domain.agenda._sums import (
    ACTUAL,
    ONE_DAY,
    Key,
    Sums,
    add,
    class_amount,
    day_class,
    days_weight,
    difference_of,
    rolled,
    scaled,
    sums_after,
    total_of,
)

__all__ = [
    "ACTUAL",
    "BUCKETS",
    "MISSED",
    "OBSERVED",
    "ONE_DAY",
    "Ageing",
    "Agenda",
    "Buckets",
    "Entry",
    "EntryKind",
    "Key",
    "Sums",
    "add",
    "bucket_of",
    "buckets_from",
    "class_amount",
    "day_class",
    "days_weight",
    "difference_of",
    "in_day_order",
    "rolled",
    "scaled",
    "sums_after",
    "total_of",
]
