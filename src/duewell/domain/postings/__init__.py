"""Postings: the only bridge between what a loan did and what the ledger writes.

Needs    loan (states and what each fact did), ledger (accounts and balanced journals).
Gives    journal_of one fact; journals_of a state; difference between two states, fact by fact.
Never    decides an amount: it translates what the fold computed.
Source   docs/decisions/0001: a correction is a new fact, and the ledger receives the difference.
"""

from duewell.domain.postings._postings import FactKey, difference, journal_of, journals_of

__all__ = ["FactKey", "difference", "journal_of", "journals_of"]
