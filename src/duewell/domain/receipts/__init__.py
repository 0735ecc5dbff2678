"""Receipts: rails, whose money it is, suspense, mandates and their schedule, orders, reconciliation.

Needs    party for ids, ledger for accounts; what rails said, already read strictly.
Gives    Entry and match; journals of suspense; mandates, collection plans, reasons and next steps; the
         three answers of an order; Rail from its file; reconcile.
Never    moves a loan: a receipt becomes a fact by the one posting path.
Source   docs/reference/rails.md.
"""

from duewell.domain.receipts._entries import Entry, EntryKind, Payer, Statement
from duewell.domain.receipts._mandates import MandateEvent, check_change, is_active
from duewell.domain.receipts._matching import Match, Unmatched, match, named_by
from duewell.domain.receipts._orders import Answer, adds_to, order_state
from duewell.domain.receipts._rails import Rail, RailKind, rail_from
from duewell.domain.receipts._reasons import NextStep, mandate_event_of, reason_table, step_of
from duewell.domain.receipts._reconciling import Difference, DifferenceKind, Held, Ref, reconcile
from duewell.domain.receipts._references import (
    CollectionRef,
    LoanRef,
    collection_ref,
    loans_in,
    order_ref,
    parse_collection_ref,
    parse_numbered_ref,
    pay_out_ref,
    payment_reference,
)
from duewell.domain.receipts._schedule import Attempt, Slot, next_attempt, plan_collection, slots_from
from duewell.domain.receipts._suspense import received, released

__all__ = [
    "Answer",
    "Attempt",
    "CollectionRef",
    "Difference",
    "DifferenceKind",
    "Entry",
    "EntryKind",
    "Held",
    "LoanRef",
    "MandateEvent",
    "Match",
    "NextStep",
    "Payer",
    "Rail",
    "RailKind",
    "Ref",
    "Slot",
    "Statement",
    "Unmatched",
    "adds_to",
    "check_change",
    "collection_ref",
    "is_active",
    "loans_in",
    "mandate_event_of",
    "match",
    "named_by",
    "next_attempt",
    "order_ref",
    "order_state",
    "parse_collection_ref",
    "parse_numbered_ref",
    "pay_out_ref",
    "payment_reference",
    "plan_collection",
    "rail_from",
    "reason_table",
    "received",
    "reconcile",
    "released",
    "slots_from",
    "step_of",
]
