"""Show what can be paid: of a loan or a line, the amounts worth choosing, and what one of them would do.

Needs    a connection; the contract's row.
Gives    Payable with Offer, payable, Split with split_payment.
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
    """A loan or a line as it can be paid: amounts to choose from, none where nothing is owed.

    `asked` is by when what is to be paid: what falls due next, with all that is overdue.
    """

    name: str
    currency: str
    as_of: date
    is_loan: bool
    is_claim: bool
    offers: tuple[tuple[Offer, int], ...]
    asked: tuple[date, int] | None


@dataclass(frozen=True, slots=True)
class Split:
    """Where a payment would go: by part in the order of application, what is too much; what is left after it
    of what is overdue, or of the claim where the contract was charged off.
    """

    parts: tuple[int, int, int, int]
    overpaid: int
    left: int


def payable(conn: Connection, key: LoanKey) -> Payable:
    """What can be paid of a contract today: what is overdue, what is asked next, all; of a claim, all."""
    row = loans.read_loan(conn, key)
    contract, day = contract_of(row.terms), row.book_open_on
    facts = loans.facts_by(conn, row, day)
    state = contract.fold(facts, as_of=day)
    is_loan, is_claim = isinstance(row.terms, LoanTerms), state.charged_off_on is not None
    asked = None
    if is_claim:
        found = [(Offer.WHOLE, sum(state.claim))]
    else:
        late, on = contract.ageing(state, row.buckets).overdue, contract.next_due(state)
        if on is not None:
            # Whatever is paid goes to what is overdue first: what is asked next is met only with it.
            asked = (on, late + contract.asked_on(state, on))
        ahead = Offer.LEAST if not is_loan else Offer.OVERDUE_AND_NEXT if late else Offer.NEXT
        found = [
            (Offer.OVERDUE, late),
            (ahead, asked[1] if asked is not None else 0),
            (Offer.WHOLE, contract.payoff(facts, on=day)),
        ]
    name = loan_id(key.person_id, key.loan_no)
    return Payable(name, row.terms.currency, day, is_loan, is_claim, _each_once(found), asked)


def _each_once(found: Iterable[tuple[Offer, int]]) -> tuple[tuple[Offer, int], ...]:
    named: dict[int, Offer] = {}
    for offer, amount in found:
        if amount > 0:
            named.setdefault(amount, offer)
    return tuple((offer, amount) for amount, offer in named.items())


def split_payment(conn: Connection, row: LoanRow, amount: int) -> Split:
    """What a payment of today would pay. Refuses what recording it would refuse."""
    day, contract = row.book_open_on, contract_of(row.terms)
    facts = loans.facts_by(conn, row, day, None)
    lines = FactLines(currency(row.terms.currency), facts)
    said = f"{day.isoformat()} pay {plain_amount(amount, row.terms.currency)}"
    paid = lines.read(said, source=_SOURCE, source_ref="if-0001", recorded_on=day, on=day)
    state = contract.fold([*facts, paid], as_of=day)
    done = next((each for each in state.applied if each.fact.source == _SOURCE), None)
    if done is None:
        raise next(reason for fact, reason in state.void if fact.source == _SOURCE)
    penalty, fee, interest, principal = done.parts
    is_off = state.charged_off_on is not None
    left = sum(state.claim) if is_off else contract.ageing(state, row.buckets).overdue
    return Split((penalty, fee, interest, principal), done.overpaid, left)
