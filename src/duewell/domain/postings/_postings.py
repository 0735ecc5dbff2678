"""Journals of the sub-ledger: money moved or charged, one journal a fact.

Needs    what facts did, ledger accounts.
Gives    balanced journals; the difference a replay makes, keyed by the fact it belongs to.
Never    edits a journal: a changed split is the difference, posted beside the first.
Source   docs/decisions/0001.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

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
_OFF_BOOKS = frozenset({"waiver", "charge_off", "recovery"})
_CHARGED_OFF = {
    Part.PENALTY: FEE_CHARGED_OFF,
    Part.FEE: FEE_CHARGED_OFF,
    Part.INTEREST: INTEREST_CHARGED_OFF,
    Part.PRINCIPAL: CREDIT_LOSS,
}
_PARTS = tuple(Part)
_MONEY_OUT = (FactKind.DISBURSED, FactKind.REFUNDED)
_INCOME = {FactKind.FEE_CHARGED: FEE_INCOME, FactKind.PENALTY_CHARGED: PENALTY_INCOME}


def journal_of(applied: Applied) -> Journal:
    """The journal of one fact, debit positive. Its lines sum to zero or the ledger refuses it.

    A payment debits cash and credits each part's receivable, and the borrower's credit with what
    was paid too much. A disbursement and a refund are the mirror image. A charge debits the part's
    receivable and credits its income. An opening debits what was taken over and credits equity.
    """
    return Journal(tuple(Line(account, amount) for account, amount in _lines_of(applied)))


def _lines_of(applied: Applied) -> list[tuple[Account, int]]:
    kind = applied.fact.kind
    if applied.kind in _OFF_BOOKS:
        return _off_books(applied)
    if kind is FactKind.OPENED:
        taken = [(_RECEIVABLE[part], applied.parts[part]) for part in _PARTS if applied.parts[part]]
        return [*taken, (OPENING_EQUITY, -applied.amount)]
    if kind in _INCOME:
        part = Part.FEE if kind is FactKind.FEE_CHARGED else Part.PENALTY
        return [(_RECEIVABLE[part], applied.amount), (_INCOME[kind], -applied.amount)]
    sign = 1 if kind in _MONEY_OUT else -1
    lines = [(CASH_CLEARING, -sign * applied.amount)]
    if kind is FactKind.DISBURSED:
        lines.append((LOANS_PRINCIPAL, applied.amount))
    else:
        lines += [(_RECEIVABLE[part], sign * applied.parts[part]) for part in _PARTS if applied.parts[part]]
        if applied.overpaid:
            lines.append((BORROWER_CREDIT, -applied.overpaid))
    return lines


def _off_books(applied: Applied) -> list[tuple[Account, int]]:
    """A waiver, a charge-off or a recovery: what is forgiven, what is given up, what comes back later."""
    parts = {part: applied.parts[part] for part in Part if applied.parts[part]}
    if applied.kind == "recovery":
        back = [(RECOVERY_INCOME, -sum(parts.values()))] if parts else []
        credit = [(BORROWER_CREDIT, -applied.overpaid)] if applied.overpaid else []
        return [(CASH_CLEARING, applied.amount), *back, *credit]
    to: dict[Account, int] = defaultdict(int)
    for part, amount in parts.items():
        to[WAIVER_EXPENSE if applied.kind == "waiver" else _CHARGED_OFF[part]] += amount
    return [*to.items(), *((_RECEIVABLE[part], -amount) for part, amount in parts.items())]


def journals_of(applied: Iterable[Applied]) -> dict[FactKey, Journal]:
    """Every journal a folded contract stands for, by the fact that caused it."""
    return {key: journal_of(each) for key, each in _moving(applied).items()}


def _moving(applied: Iterable[Applied]) -> dict[FactKey, Applied]:
    """What moved or changed an amount; an opening of a loan already repaid and a new plan did not."""
    plan = FactKind.RESCHEDULED
    return {a.fact.key: a for a in applied if a.amount and a.fact.kind is not plan}


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
