"""Journals of the sub-ledger: money moved or charged, one journal a fact.

Needs    what facts did, ledger accounts.
Gives    balanced journals; the difference a replay makes, keyed by the fact it belongs to.
Never    edits a journal: a changed split is the difference, posted beside the first.
Source   docs/decisions/0001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import Enum

from duewell.domain.facts import Applied, FactKind
from duewell.domain.ledger import (
    BORROWER_CREDIT,
    CASH_CLEARING,
    CREDIT_LOSS,
    FEE_CHARGED_OFF,
    FEE_INCOME,
    FEE_RECEIVABLE,
    INTEREST_CHARGED_OFF,
    INTEREST_RECEIVABLE,
    LOANS_PRINCIPAL,
    OPENING_EQUITY,
    PENALTY_INCOME,
    PENALTY_RECEIVABLE,
    RECOVERY_INCOME,
    WAIVER_EXPENSE,
    Account,
    Journal,
    Line,
)
from duewell.domain.product import Part

FactKey = tuple[str, str, str]

_RECEIVABLE = {
    Part.PENALTY: PENALTY_RECEIVABLE,
    Part.FEE: FEE_RECEIVABLE,
    Part.INTEREST: INTEREST_RECEIVABLE,
    Part.PRINCIPAL: LOANS_PRINCIPAL,
}
_CHARGED_OFF = {
    Part.PENALTY: FEE_CHARGED_OFF,
    Part.FEE: FEE_CHARGED_OFF,
    Part.INTEREST: INTEREST_CHARGED_OFF,
    Part.PRINCIPAL: CREDIT_LOSS,
}


class Whole(Enum):
    """What a line takes of an applied fact beside one of its parts."""

    AMOUNT = "amount"
    OVERPAID = "overpaid"


Source = Part | Whole
Rule = tuple[Account, int, Source]
"""A line: the account, the side (1 debit, -1 credit), and what of the fact it takes."""


def journal_of(applied: Applied) -> Journal:
    """The journal of one fact, debit positive. Its lines sum to zero or the ledger refuses it.

    A payment debits cash and credits each part's receivable, and the borrower's credit with what
    was paid too much. A disbursement and a refund are the mirror image. A charge debits the part's
    receivable and credits its income; the borrower's credit meets it first, and a draw of cash brings its
    own fee. An opening debits what was taken over and credits equity.
    """
    net: dict[Account, int] = defaultdict(int)
    for account, amount in _lines_of(applied):
        net[account] += amount
    return Journal(tuple(Line(account, amount) for account, amount in net.items() if amount))


def rules_of(applied: Applied) -> tuple[Rule, ...]:
    """Which accounts a fact moves, and by what of it."""
    kind = applied.fact.kind
    if applied.kind in _OFF_BOOKS:
        return _OFF_BOOKS[applied.kind]
    return _RULES.get(kind, _PAID)


def _lines_of(applied: Applied) -> list[tuple[Account, int]]:
    lines = []
    parts = applied.parts
    for account, sign, source in rules_of(applied):
        if source is Whole.AMOUNT:
            amount = applied.amount
        elif source is Whole.OVERPAID:
            amount = applied.overpaid
        else:
            amount = parts[source]
        if amount:
            lines.append((account, sign * amount))
    return lines


def _paid(sign: int) -> tuple[Rule, ...]:
    """Money that came (1) or went out again (-1), with the parts it met and what was too much."""
    parts: list[Rule] = [(_RECEIVABLE[part], -sign, part) for part in Part]
    # What is overpaid is told with its sign: below zero where it was paid out.
    return ((CASH_CLEARING, sign, Whole.AMOUNT), *parts, (BORROWER_CREDIT, -1, Whole.OVERPAID))


def _charged(receivable: Account, income: Account) -> tuple[Rule, ...]:
    """A charge, less what of it the borrower's credit met at once."""
    credit: tuple[Rule, ...] = ((receivable, 1, Whole.OVERPAID), (BORROWER_CREDIT, -1, Whole.OVERPAID))
    return ((receivable, 1, Whole.AMOUNT), *credit, (income, -1, Whole.AMOUNT))


_PAID = _paid(1)
_RULES: dict[FactKind, tuple[Rule, ...]] = {
    FactKind.OPENED: (
        *((_RECEIVABLE[part], 1, part) for part in Part),
        (OPENING_EQUITY, -1, Whole.AMOUNT),
    ),
    # A fee kept from the proceeds is charged and paid at once: so much less is paid out.
    FactKind.DISBURSED: (
        (CASH_CLEARING, -1, Whole.AMOUNT),
        (CASH_CLEARING, 1, Part.FEE),
        # The borrower's credit goes out first; only the rest is lent.
        (LOANS_PRINCIPAL, 1, Whole.AMOUNT),
        (LOANS_PRINCIPAL, 1, Whole.OVERPAID),
        (BORROWER_CREDIT, -1, Whole.OVERPAID),
        (FEE_INCOME, -1, Part.FEE),
    ),
    FactKind.REFUNDED: _paid(-1),
    FactKind.DRAWN: (
        (CASH_CLEARING, -1, Whole.AMOUNT),
        (LOANS_PRINCIPAL, 1, Part.PRINCIPAL),
        (FEE_RECEIVABLE, 1, Part.FEE),
        (BORROWER_CREDIT, -1, Whole.OVERPAID),
        # A draw's own fee is what principal, fee and the credit used come to beyond the amount paid out.
        (FEE_INCOME, -1, Part.PRINCIPAL),
        (FEE_INCOME, -1, Part.FEE),
        (FEE_INCOME, 1, Whole.OVERPAID),
        (FEE_INCOME, 1, Whole.AMOUNT),
    ),
    FactKind.FEE_CHARGED: _charged(FEE_RECEIVABLE, FEE_INCOME),
    FactKind.PENALTY_CHARGED: _charged(PENALTY_RECEIVABLE, PENALTY_INCOME),
}
_OFF_BOOKS: dict[str, tuple[Rule, ...]] = {
    "waiver": (
        *((WAIVER_EXPENSE, 1, part) for part in Part),
        *((_RECEIVABLE[part], -1, part) for part in Part),
    ),
    "charge_off": (
        *((_CHARGED_OFF[part], 1, part) for part in Part),
        *((_RECEIVABLE[part], -1, part) for part in Part),
    ),
    "recovery": (
        (CASH_CLEARING, 1, Whole.AMOUNT),
        *((RECOVERY_INCOME, -1, part) for part in Part),
        (BORROWER_CREDIT, -1, Whole.OVERPAID),
    ),
}


PAYMENT_ACCOUNTS = (CASH_CLEARING, *(_RECEIVABLE[part] for part in (Part.FEE, Part.INTEREST, Part.PRINCIPAL)))
"""Where a payment of what is due goes: cash, and the receivable of each part an agenda's claims have."""


def journals_of(applied: Iterable[Applied]) -> dict[FactKey, Journal]:
    """Every journal a folded contract stands for, by the fact that caused it."""
    return {key: journal_of(each) for key, each in _moving(applied).items()}


def _moving(applied: Iterable[Applied]) -> dict[FactKey, Applied]:
    return {a.fact.key: a for a in applied if a.moves}


def _says(applied: Applied) -> tuple[object, ...]:
    """All of a fact's split that its journal depends on."""
    return applied.kind, applied.amount, applied.parts, applied.overpaid


def difference(before: Iterable[Applied], after: Iterable[Applied]) -> dict[FactKey, Journal]:
    """What must be posted so that a ledger that holds `before` holds `after`.

    A fact taken back gets its journal the other way round, a fact whose split changed the net of
    old and new, an unchanged one nothing.
    """
    was, now = _apart(list(before), list(after))
    old, new = _moving(was), _moving(now)
    found: dict[FactKey, Journal] = {}
    for key in [*old, *(k for k in new if k not in old)]:
        net: dict[Account, int] = defaultdict(int)
        for applied, sign in ((old.get(key), -1), (new.get(key), 1)):
            for account, amount in _lines_of(applied) if applied else ():
                net[account] += sign * amount
        lines = tuple(Line(account, amount) for account, amount in net.items() if amount)
        if lines:
            found[key] = Journal(lines)
    return found


def _apart(before: list[Applied], after: list[Applied]) -> tuple[list[Applied], list[Applied]]:
    """What is left of both when every fact that did the same in both is left out."""
    did = {id(each.fact): each for each in before}
    now: list[Applied] = []
    for each in after:
        was = did.get(id(each.fact))
        if was is not None and (was is each or _says(was) == _says(each)):
            del did[id(each.fact)]
        else:
            now.append(each)
    return list(did.values()), now
