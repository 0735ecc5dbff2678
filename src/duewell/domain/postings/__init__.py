"""Postings: the only bridge between loans and the ledger.

Needs    folded loans, portfolio sums, the chart of accounts.
Gives    journals of facts and the difference a replay makes; the general ledger's totals of a day.
Never    decides an amount: it translates what the fold computed.
Source   docs/decisions/0001 and 0004.
"""

from duewell.domain.postings._general import (
    TERMS,
    Piece,
    day_journal,
    general_ledger,
    ledger_journal,
    pieces,
)
from duewell.domain.postings._postings import (
    PAYMENT_ACCOUNTS,
    FactKey,
    Whole,
    difference,
    journal_of,
    journals_of,
    rules_of,
)
from duewell.domain.postings._proofs import LineProofs, prove_difference, prove_lines

__all__ = [
    "PAYMENT_ACCOUNTS",
    "TERMS",
    "FactKey",
    "LineProofs",
    "Piece",
    "Whole",
    "day_journal",
    "difference",
    "general_ledger",
    "journal_of",
    "journals_of",
    "ledger_journal",
    "pieces",
    "prove_difference",
    "prove_lines",
    "rules_of",
]
