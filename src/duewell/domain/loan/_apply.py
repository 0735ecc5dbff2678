"""One fact at a time: what each kind does to the working state of the fold.

Needs    the Fold and the fact, in the fold's order.
Gives    changed rows and moves, and a line in the list of what was applied.
Never    looks at a later fact, or at a fact that was taken back.
Source   docs/reference/conventions.md.
"""

from __future__ import annotations

from datetime import date

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import ChargeBase, DueDateMoved, Extended, Fact, FactKind, ReAged, ReAmortized
from duewell.domain.loan._charge_off import charge_off, recover
from duewell.domain.loan._fees import kept_at_disbursement
from duewell.domain.loan._fold import Fold
from duewell.domain.loan._lending import asking_row, planned_before
from duewell.domain.loan._opening import take_over
from duewell.domain.loan._payment import receive
from duewell.domain.loan._reschedule import check_owed, reschedule
from duewell.domain.loan._schedule import Row, rate_lines
from duewell.domain.money import round_fraction
from duewell.domain.product import Engine, Part

INTEREST, PRINCIPAL = Part.INTEREST, Part.PRINCIPAL
RESCHEDULES = {
    DueDateMoved: "due_date_moved",
    Extended: "extension",
    ReAged: "re_age",
    ReAmortized: "re_amortize",
    type(None): "",
}


def apply_fact(work: Fold, fact: Fact) -> None:
    """Apply one fact. A kind this fold does not know is refused, never passed over."""
    kind = fact.kind
    if work.written_off is not None:
        recover(work, fact)
        return
    if kind is FactKind.PAYMENT_RECEIVED:
        receive(work, fact)
        return
    work.asked_on = None
    if kind in (FactKind.PAID_OFF, FactKind.RECOVERED):
        receive(work, fact)  # a recovery whose charge-off was taken back is a payment: money came
        work.asked_on = None
    elif kind is FactKind.DISBURSED:
        _disburse(work, fact)
    elif kind is FactKind.OPENED:
        take_over(work, fact)
    elif kind is FactKind.RATE_CHANGED:
        _change_rate(work, fact)
    elif kind is FactKind.PAUSE_SET:
        _pause(work, fact)
    elif kind in (FactKind.FEE_CHARGED, FactKind.PENALTY_CHARGED):
        _charge(work, fact)
    elif kind is FactKind.REFUNDED:
        _refund(work, fact)
    elif kind is FactKind.RESCHEDULED:
        moved = reschedule(work, fact)
        work.note(fact, moved, [0, 0, 0, moved], RESCHEDULES[type(fact.reschedule)])
    elif kind is FactKind.WAIVED:
        _waive(work, fact)
    elif kind is FactKind.CHARGED_OFF:
        charge_off(work, fact)
    else:
        raise InvalidInput("fact-kind-not-supported", kind=kind.value)


def _disburse(work: Fold, fact: Fact) -> None:
    terms = work.terms
    if fact.amount <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=fact.amount)
    _check_within(work, fact)
    is_first = not work.lent
    kept = kept_at_disbursement(terms) if is_first and terms.fees else 0
    if kept and kept >= fact.amount:
        raise InvalidInput("fees-above-principal", kept_minor=kept, amount_minor=fact.amount)
    used = _use_credit(work, fact.amount)
    if used == fact.amount:
        work.note(fact, fact.amount, [0, 0, 0, 0], "disbursement", -used)
        return
    work.lend(fact.effective_on, fact.amount - used)
    if is_first:
        down = round_fraction(fact.amount * terms.down_payment_share, work.convention.rounding)
        if terms.down_payment_share:
            work.rows[0].due[PRINCIPAL] = down
        base = terms.approved if terms.approved is not None else fact.amount
        work.set_instalments(0, base - down, fact.effective_on)
        if work.fees is not None and work.fees.needs_instalments:
            work.refresh(fact.effective_on)
            work.fees.keep_instalments(work.rows)
            work.is_told = False
    elif work.convention.engine is Engine.PROGRESSIVE:
        asking_row(work, fact.effective_on)
        work.refresh(fact.effective_on)
        first = next(
            (k for k, r in enumerate(work.rows) if not r.is_down_payment and fact.effective_on < r.due_on),
            len(work.rows) - 1,
        )
        work.set_instalments(first, planned_before(work, first), fact.effective_on)
    work.note(fact, fact.amount, [0, kept, 0, 0], "disbursement", -used)


def _use_credit(work: Fold, amount: int) -> int:
    """The borrower's credit meets at once what is charged, lent or paid out later; returns how much."""
    used = min(work.overpaid, amount)
    work.overpaid -= used
    return used


def _check_within(work: Fold, fact: Fact) -> None:
    """Refuse money lent or a rate set after the last due date: no row is left that could bear it."""
    last = work.rows[work.plan_end()].due_on
    if fact.effective_on > last:
        raise InvalidInput("fact-beyond-the-contract", effective_on=fact.effective_on, last=last)


def _change_rate(work: Fold, fact: Fact) -> None:
    if fact.rate is None or fact.rate < 0:
        raise InvalidInput("contract-rate-negative", rate=str(fact.rate))
    _check_within(work, fact)
    check_owed(work, fact.effective_on)
    on = fact.effective_on if work.seen_on is None else min(fact.effective_on, work.seen_on)
    work.refresh(on)
    work.rates.append((fact.effective_on, fact.rate))
    work.lines = rate_lines(work.rates, work.pauses)
    work.thaw()
    work.is_bearing = work.is_bearing or fact.rate != 0
    if not work.is_flat and work.convention.engine is Engine.PROGRESSIVE:
        first = work.row_at(fact.effective_on)
        work.set_instalments(first, planned_before(work, first), on)


def _pause(work: Fold, fact: Fact) -> None:
    if fact.until is None or fact.until < fact.effective_on:
        raise InvalidInput("pause-ends-before-it-begins", until=str(fact.until))
    work.pauses.append((fact.effective_on, fact.until))
    work.lines = rate_lines(work.rates, work.pauses)
    work.thaw()


def _charge(work: Fold, fact: Fact) -> None:
    amount = fact.amount if fact.pct is None else _share_of_schedule(work, fact)
    if amount <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=amount)
    is_fee = fact.kind is FactKind.FEE_CHARGED
    part = Part.FEE if is_fee else Part.PENALTY
    row = _charge_row(work, fact.effective_on)
    row.due[part] += amount
    used = _use_credit(work, amount)
    row.paid[part] += used
    if work.tracer is not None:
        work.tracer.share("charged", fact, row.nr, part, amount)
        if used:
            work.tracer.share("paid", fact, row.nr, part, used)
    parts = [0, 0, 0, 0]
    parts[part] = amount - used
    work.note(fact, amount, parts, "fee" if is_fee else "penalty", -used)


def _charge_row(work: Fold, on: date) -> Row:
    """The row a charge of a day belongs to: its period's, or one of its own once the whole plan is paid.

    A charge on a loan with nothing else to pay is late from its own day, not from the last instalment.
    """
    end = work.plan_end()
    if on <= work.rows[end].due_on:
        return work.rows[work.row_at(on)]
    work.refresh(on)
    if any(row.unpaid for row in work.rows[: end + 1]):
        return work.rows[end]
    last = work.rows[-1]
    if not last.is_charge or last.due_on != on:
        last = Row(last.nr + 1, on, on, is_down_payment=True, is_charge=True, is_locked=True)
        work.rows.append(last)
    return last


def _share_of_schedule(work: Fold, fact: Fact) -> int:
    """A charge of so many per cent of what the loan's rows ask for on that day."""
    work.refresh(fact.effective_on)
    principal, interest = (sum(r.due[p] for r in work.rows) for p in (PRINCIPAL, INTEREST))
    bases = {
        ChargeBase.PRINCIPAL: principal,
        ChargeBase.INTEREST: interest,
        ChargeBase.PRINCIPAL_AND_INTEREST: principal + interest,
    }
    if fact.base is None or fact.pct is None or fact.pct < 0:
        raise InvalidInput("charge-without-base", source_ref=fact.source_ref)
    return round_fraction(fact.pct * bases[fact.base], work.convention.rounding)


def _waive(work: Fold, fact: Fact) -> None:
    """Forgive part of what is due, the oldest row first. Never more of a part than is due on the day."""
    parts = fact.parts
    if parts is None or min(parts) < 0 or sum(parts) <= 0:
        raise InvalidInput("waiver-without-parts", source_ref=fact.source_ref)
    work.refresh(fact.effective_on)
    rows = [r for r in work.rows if r.due_on <= fact.effective_on]
    for part in Part:
        above = parts[part] - sum(max(row.due[part] - row.paid[part], 0) for row in rows)
        if above > 0:
            raise InvalidInput("waiver-above-what-is-due", part=part.name.lower(), above_minor=above)
    for part in Part:
        left = parts[part]
        for row in rows:
            amount = min(left, max(row.due[part] - row.paid[part], 0))
            row.paid[part] += amount
            left -= amount
            if part is PRINCIPAL and amount:
                work.repay(row, fact.effective_on, amount)
            if work.tracer is not None and amount:
                work.tracer.share("waived", fact, row.nr, part, amount)
    work.note(fact, sum(parts), list(parts), "waiver")


def _refund(work: Fold, fact: Fact) -> None:
    """Pay out money. It consumes the overpayment first; what is left is principal lent again."""
    from_credit = _use_credit(work, fact.amount)
    lent_again = fact.amount - from_credit
    if lent_again:
        work.refresh(fact.effective_on)  # what is lent today bears no penalty of the days before
        asking = asking_row(work, fact.effective_on)
        asking.extra += lent_again
        work.lend(fact.effective_on, lent_again, asking)  # thaws the rows, so that the extra is seen
    work.note(fact, fact.amount, [0, 0, 0, lent_again], fact.payment_type, -from_credit)
