"""Matching: whose money an entry is, or why nobody can say.

Needs    an entry; what its virtual account, and which of the loans it names the book holds.
Gives    match: the loan, or the reason for suspense.
Never    guesses: two answers are none, and a currency is never changed.
Source   docs/reference/rails.md, "Whose money is it".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from duewell.domain.receipts._entries import Entry
from duewell.domain.receipts._references import LoanRef, loans_in, parse_collection_ref, parse_numbered_ref


class Unmatched(StrEnum):
    """Why money waits in suspense."""

    FOREIGN_CURRENCY = "foreign-currency"
    UNKNOWN_REFERENCE = "unknown-reference"
    AMBIGUOUS = "ambiguous"
    CLOSED_LOAN = "closed-loan"
    REFUSED = "refused"
    RETURN_UNKNOWN = "return-unknown"
    ORDER_DIFFERS = "order-differs"
    PAY_OUT_CAME_BACK = "pay-out-came-back"
    UNKNOWN_DEBIT = "unknown-debit"


@dataclass(frozen=True, slots=True)
class Match:
    """The loan, or None with the reason."""

    loan: LoanRef | None
    why: Unmatched | None = None


def named_by(entry: Entry) -> list[LoanRef]:
    """The loans an entry names by any reference, each once."""
    ours = parse_collection_ref(entry.end_to_end) or None
    if ours is not None:
        return [ours.loan]
    order = parse_numbered_ref(entry.end_to_end)
    if order is not None:
        return [order[1]]
    return loans_in((*entry.references, entry.end_to_end), entry.text)


def match(
    entry: Entry,
    *,
    currency: str,
    by_account: Mapping[str, LoanRef],
    by_outside_ref: Mapping[str, LoanRef],
    held: frozenset[LoanRef],
    closed: frozenset[LoanRef] = frozenset(),
) -> Match:
    """Whose an entry is.

    Shapes    `by_account` virtual accounts of this rail; `by_outside_ref` loans by the number of the system
              they came from; `held` those of the named loans that the book holds; `closed` the repaid ones.
    A virtual account and a reference that name two loans are ambiguous: nobody knows which was meant.
    """
    if entry.currency != currency:
        return Match(None, Unmatched.FOREIGN_CURRENCY)
    out = parse_numbered_ref(entry.end_to_end)
    if out is not None and out[0] == "P":
        # Money we sent and got back is no payment of the borrower's: a person decides.
        return Match(None, Unmatched.PAY_OUT_CAME_BACK)
    found = {loan for loan in named_by(entry) if loan in held}
    if not found:
        words = (*entry.references, entry.text, entry.end_to_end)
        found = {by_outside_ref[word.strip()] for word in words if word.strip() in by_outside_ref}
    if entry.virtual_account in by_account:
        found.add(by_account[entry.virtual_account])
    if not found:
        return Match(None, Unmatched.UNKNOWN_REFERENCE)
    if len(found) > 1:
        return Match(None, Unmatched.AMBIGUOUS)
    (loan,) = found
    return Match(None, Unmatched.CLOSED_LOAN) if loan in closed else Match(loan)
