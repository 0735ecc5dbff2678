"""Show what can be paid: of a loan or a line, the amounts worth choosing, and what one of them would do.

Needs    a connection; the contract's row.
Gives    Payable with Offer, payable, offers_of, Split with split_payment.
Never    offers the same amount twice, or anything where nothing is owed; writes.
Source   docs/reference/pages.md, section paying.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from duewell.domain.contract import contract_of
from duewell.domain.facts import FactLines
from duewell.domain.money import currency
from duewell.domain.party import loan_id
from duewell.domain.product import LoanTerms
from duewell.domain.texts import plain_amount
from duewell.services import show_line
from duewell.services.show_loan import Shown, look, prove_at
from duewell.store import loans
from duewell.store.loans import Connection, LoanKey, LoanRow

_SOURCE = "preview"


class Offer(StrEnum):
    """What an amount is, in the order in which one would choose."""

    OVERDUE = "overdue"
    NEXT = "next"
    OVERDUE_AND_NEXT = "overdue-and-next"
    LEAST = "least"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Payable:
    """A loan or a line as it can be paid: amounts to choose from, none where nothing is owed."""

    name: str
    currency: str
    as_of: date
    is_loan: bool
    is_claim: bool
    offers: tuple[tuple[Offer, int], ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Where a payment would go: by part in the order of application, what is too much; what is left after it
    of what is overdue, or of the claim where the contract was charged off.
    """

    parts: tuple[int, int, int, int]
    overpaid: int
    left: int


def payable(conn: Connection, key: LoanKey) -> Payable:
    """What can be paid of a contract today."""
    row = loans.read_loan(conn, key)
    name, money, day = loan_id(key.person_id, key.loan_no), row.terms.currency, row.book_open_on
    if isinstance(row.terms, LoanTerms):
        shown = look(conn, row)
        is_claim = shown.state.charged_off_on is not None
        return Payable(name, money, day, True, is_claim, offers_of(shown))
    line = show_line.look(conn, row)
    return Payable(name, money, day, False, line.state.charged_off_on is not None, _of_line(line))


def offers_of(shown: Shown) -> tuple[tuple[Offer, int], ...]:
    """What can be paid of a loan: what is overdue, the next instalment, all of it; of a claim, the claim."""
    state = shown.state
    if state.charged_off_on is not None:
        return _each_once([(Offer.WHOLE, sum(state.claim))])
    _, payoff = prove_at(shown)
    coming = next((row.unpaid for row in state.rows if row.due_on >= state.as_of and row.unpaid), 0)
    whole, late = payoff.amount if payoff is not None else 0, shown.age.overdue
    # Whatever is paid goes to what is overdue first: the next instalment is met only with it.
    onward = (Offer.OVERDUE_AND_NEXT, late + coming) if late and coming else (Offer.NEXT, coming)
    return _each_once([(Offer.OVERDUE, late), onward, (Offer.WHOLE, whole)])


def _of_line(line: show_line.ShownLine) -> tuple[tuple[Offer, int], ...]:
    state = line.state
    if state.charged_off_on is not None:
        return _each_once([(Offer.WHOLE, sum(state.claim))])
    _, asked = line.asked or (None, 0)
    whole = show_line.chosen_line_proof(line.proven, None, "", "payoff").amount
    return _each_once([(Offer.OVERDUE, line.age.overdue), (Offer.LEAST, asked), (Offer.WHOLE, whole)])


def _each_once(found: Iterable[tuple[Offer, int]]) -> tuple[tuple[Offer, int], ...]:
    named: dict[int, Offer] = {}
    for offer, amount in found:
        if amount > 0:
            named.setdefault(amount, offer)
    return tuple((offer, amount) for amount, offer in named.items())


def split_payment(conn: Connection, row: LoanRow, amount: int) -> Split:
    """What a payment of today would pay. Refuses what recording it would refuse to read."""
    day, contract = row.book_open_on, contract_of(row.terms)
    facts = loans.facts_by(conn, row, day, None)
    lines = FactLines(currency(row.terms.currency), facts)
    said = f"{day.isoformat()} pay {plain_amount(amount, row.terms.currency)}"
    paid = lines.read(said, source=_SOURCE, source_ref="if-0001", recorded_on=day, on=day)
    state = contract.fold([*facts, paid], as_of=day)
    done = next(each for each in state.applied if each.fact.source == _SOURCE)
    penalty, fee, interest, principal = done.parts
    is_off = state.charged_off_on is not None
    left = sum(state.claim) if is_off else contract.ageing(state, row.buckets).overdue
    return Split((penalty, fee, interest, principal), done.overpaid, left)
