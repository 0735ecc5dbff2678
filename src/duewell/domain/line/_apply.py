"""One fact at a time: what each kind does to a line.

Needs    the Work and the fact, in the fold's order.
Gives    changed balances, and a line in the list of what was applied.
Never    looks at a later fact, or at a fact that was taken back.
Source   docs/reference/line.md.
"""

from __future__ import annotations

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.facts import Applied, Fact, FactKind
from duewell.domain.line._parts import BILLED, Plan
from duewell.domain.line._settle import reduce_billed, reduce_principal, settle
from duewell.domain.line._work import CASH, KINDS, PURCHASE, Work
from duewell.domain.money import round_fraction, split
from duewell.domain.product import Part, check_rate

INSTALMENTS_MAX = 60


def apply_fact(work: Work, fact: Fact) -> None:
    """Apply one fact on its day. A kind a line does not know is refused, never passed over."""
    if work.final_on is not None:
        _recover(work, fact)
        return
    verb = _VERBS.get(fact.kind)
    if verb is None:
        raise InvalidInput("fact-kind-not-supported", kind=fact.kind.value)
    verb(work, fact)


def note(
    work: Work, fact: Fact, kind: str, amount: int = 0, parts: list[int] | None = None, overpaid: int = 0
) -> None:
    """Keep what a fact did. `overpaid` is what it added to the borrower's credit, below zero what it took."""
    given = parts or [0, 0, 0, 0]
    split_ = (given[0], given[1], given[2], given[3])
    work.applied.append(Applied(fact, kind, amount, split_, overpaid, work.principal))


def _positive(fact: Fact) -> int:
    if fact.amount <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=fact.amount)
    return fact.amount


def _change_limit(work: Work, fact: Fact) -> None:
    if fact.amount < 0:
        raise InvalidInput("limit-not-positive", limit_minor=fact.amount)
    work.limit = fact.amount
    note(work, fact, "limit")


def _change_rate(work: Work, fact: Fact) -> None:
    """A rate from the day after on; of one balance, or of both where none is named."""
    if fact.rate is None:
        raise InvalidInput("contract-rate-negative", rate=str(fact.rate))
    check_rate(fact.rate)
    for kind in KINDS if fact.balance is None else (fact.balance,):
        work.rates[kind] = fact.rate


def _pause(work: Work, fact: Fact) -> None:
    """No interest on the days after the fact's, up to the last day of the pause; due dates stay."""
    if fact.until is None or fact.until < fact.effective_on:
        raise InvalidInput("pause-ends-before-it-begins", until=str(fact.until))
    work.paused_to = max(work.paused_to, fact.until)


def _draw(work: Work, fact: Fact) -> None:
    """Money goes out: from the borrower's credit first, the rest is lent. Cash may cost a fee.

    A draw beyond the limit happened and counts; it is told apart so that whoever records one may refuse it.
    """
    amount, kind = _positive(fact), fact.balance or PURCHASE
    fee = cash_fee(work, amount) if kind is CASH else 0
    available = work.available
    if amount + fee > available:
        told = InvalidInput("draw-above-limit", amount_minor=amount + fee, available_minor=available)
        work.beyond.append((fact, told))
    lent = amount - min(work.credit, amount)
    owed = fee - min(work.credit - (amount - lent), fee)
    used = amount + fee - lent - owed
    work.credit -= used
    work.new[kind] += lent
    work.fee += owed
    work.tell("not-billed", Part.FEE, owed)
    note(work, fact, f"{kind.value}_draw", amount, [0, owed, 0, lent], -used)


def cash_fee(work: Work, amount: int) -> int:
    """What drawing this much cash costs."""
    fee = work.terms.cash_fee
    if fee is None:
        return 0
    return max(round_fraction(fee.pct * amount, work.terms.rounding), fee.minimum)


def _charge(work: Work, fact: Fact) -> None:
    """A fee or a penalty, met by the borrower's credit first; the next statement asks the rest."""
    amount = _positive(fact)
    used = min(work.credit, amount)
    work.credit -= used
    parts = [0, 0, 0, 0]
    is_fee = fact.kind is FactKind.FEE_CHARGED
    parts[Part.FEE if is_fee else Part.PENALTY] = amount - used
    work.fee += parts[Part.FEE]
    work.penalty += parts[Part.PENALTY]
    for part in (Part.FEE, Part.PENALTY):
        work.tell("not-billed", part, parts[part])
    note(work, fact, "fee" if is_fee else "penalty", amount, parts, -used)


def _receive(work: Work, fact: Fact) -> None:
    amount = _positive(fact)
    parts, left = settle(work, amount, fact.effective_on)
    work.credit += left
    note(work, fact, fact.payment_type, amount, parts, left)


def _pay_off(work: Work, fact: Fact) -> None:
    """Whatever settles the line that day, interest accrued to it and instalments to come included.

    One that names its amount is that money: too much of it is credit, too little a payment like any other.
    """
    amount = fact.amount or sum(work.owed()) + work.accrued_whole()
    if amount <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=amount)
    parts, left = settle(work, amount, fact.effective_on)
    assert fact.amount or left == 0, "a line is settled by what it owes"
    work.credit += left
    note(work, fact, fact.payment_type, amount, parts, left)


def _refund(work: Work, fact: Fact) -> None:
    """Credit goes back to the borrower. Refuses more than there is."""
    amount = _positive(fact)
    if amount > work.credit:
        raise InvalidInput("refund-above-credit", amount_minor=amount, credit_minor=work.credit)
    work.credit -= amount
    note(work, fact, "credit_balance_refund", amount, None, -amount)


def _waive(work: Work, fact: Fact) -> None:
    """Forgive amounts by part, billed ones first. Instalments to come are not waived."""
    parts = fact.parts
    if parts is None or min(parts) < 0 or not any(parts):
        raise InvalidInput("waiver-without-parts", source_ref=fact.source_ref)
    owed = list(work.owed())
    owed[Part.PRINCIPAL] -= work.planned
    for part in Part:
        if parts[part] > owed[part]:
            above = parts[part] - owed[part]
            raise InvalidInput("waiver-above-what-is-due", part=part.name.lower(), above_minor=above)
    for part in BILLED:
        billed = min(parts[part], work.on_statements(part))
        reduce_billed(work, part, billed)
        name = part.name.lower()
        setattr(work, name, getattr(work, name) - (parts[part] - billed))
        work.tell("not-billed", part, parts[part] - billed)
    billed = min(parts[Part.PRINCIPAL], sum(work.billed.values()))
    reduce_principal(work, work.billed, billed)
    reduce_billed(work, Part.PRINCIPAL, billed)
    reduce_principal(work, work.new, parts[Part.PRINCIPAL] - billed)
    note(work, fact, "waiver", sum(parts), list(parts))


def _convert(work: Work, fact: Fact) -> None:
    """Purchases become instalments, billed ones first. Refuses it while a minimum is past due."""
    amount, agreed = _positive(fact), fact.conversion
    cost = None if agreed is None else agreed.rate if agreed.pct is None else agreed.pct
    if agreed is None or cost is None or (agreed.rate is not None and agreed.pct is not None):
        raise InvalidInput("conversion-without-cost", source_ref=fact.source_ref)
    if not 1 <= agreed.instalments <= INSTALMENTS_MAX or agreed.instalments > amount:
        raise InvalidInput("conversion-out-of-range", instalments=agreed.instalments, most=INSTALMENTS_MAX)
    check_rate(cost)
    on = fact.effective_on
    late = next((s for s in work.asking() if s.due_on < on and s.unpaid > 0), None)
    if late is not None:
        raise Conflict("conversion-while-past-due", since=late.due_on.isoformat())
    purchases = work.billed[PURCHASE] + work.new[PURCHASE]
    if amount > purchases:
        raise InvalidInput("conversion-above-purchases", amount_minor=amount, purchases_minor=purchases)
    billed = min(amount, work.billed[PURCHASE])
    work.billed[PURCHASE] -= billed
    work.new[PURCHASE] -= amount - billed
    # A statement's minimum never asks more principal than is billed.
    spared = work.on_statements(Part.PRINCIPAL) - sum(work.billed.values())
    reduce_billed(work, Part.PRINCIPAL, max(0, spared))
    parts = list(split(amount, agreed.instalments))
    nr = 1 + sum(1 for each in work.applied if each.fact.kind is FactKind.CONVERTED)
    work.plans.append(Plan(nr, on, amount, parts, agreed.rate, agreed.pct, on))
    note(work, fact, "conversion", amount, [0, 0, 0, amount])


def _charge_off(work: Work, fact: Fact) -> None:
    """Take the line off the books with the interest accrued to the day; what is held back is not owed."""
    on = fact.effective_on
    if not any(work.owed()):
        raise InvalidInput("charge-off-of-nothing", effective_on=on.isoformat())
    work.charge_interest(on)
    owed = work.owed()
    work.billed = dict.fromkeys(KINDS, 0)
    work.new = dict.fromkeys(KINDS, 0)
    work.plans = []
    work.held = {True: 0, False: 0}
    work.final_on = on
    work.claim = list(owed)
    note(work, fact, "charge_off", sum(owed), list(owed))


def _recover(work: Work, fact: Fact) -> None:
    """Money for a line off the books meets the claim in the order of the terms; nothing else may come."""
    if fact.kind not in (FactKind.RECOVERED, FactKind.PAYMENT_RECEIVED):
        raise Conflict("loan-charged-off", charged_off_on=str(work.final_on), kind=fact.kind.value)
    left, parts = _positive(fact), [0, 0, 0, 0]
    for part in work.terms.order:
        parts[part] = min(left, work.claim[part])
        work.claim[part] -= parts[part]
        left -= parts[part]
    work.credit += left
    note(work, fact, "recovery", fact.amount, parts, left)


_VERBS = {
    FactKind.LIMIT_CHANGED: _change_limit,
    FactKind.RATE_CHANGED: _change_rate,
    FactKind.PAUSE_SET: _pause,
    FactKind.DRAWN: _draw,
    FactKind.CONVERTED: _convert,
    FactKind.FEE_CHARGED: _charge,
    FactKind.PENALTY_CHARGED: _charge,
    FactKind.PAYMENT_RECEIVED: _receive,
    FactKind.PAID_OFF: _pay_off,
    FactKind.REFUNDED: _refund,
    FactKind.WAIVED: _waive,
    FactKind.CHARGED_OFF: _charge_off,
    FactKind.RECOVERED: _receive,  # its charge-off was taken back: money came
}
