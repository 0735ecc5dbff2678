"""Payments: how money meets what a loan asks, and what settles it on a day.

Needs    the Fold on the day of a payment or a payoff.
Gives    receive, which splits a payment; payoff_amount, what settles the loan; ask_payoff, its rows asked so.
Never    forgives anything, or leaves a loan asking that was paid what settles it.
Source   docs/reference/conventions.md, sections allocation, early payment, payoff.
"""

from __future__ import annotations

from datetime import date
from itertools import islice

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan._fees import collected_early, drop_fee
from duewell.domain.loan._fold import Fold
from duewell.domain.loan._lending import planned_before
from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._schedule import Row
from duewell.domain.money import round_ratio
from duewell.domain.product import Amortization, Engine, ExcessRule, Part, Prepayment, Processing

INTEREST, PRINCIPAL = Part.INTEREST, Part.PRINCIPAL
_ALL = 10**30


def receive(work: Fold, fact: Fact) -> None:
    """Split a payment. What is at least what settles the loan that day settles it; the rest is credit.

    A payoff that names no amount is whatever settles the loan. One that names it is that money: with what
    was learnt since it may be too much, and be credit, or too little, and be a payment like any other.
    """
    on, amount = fact.effective_on, fact.amount
    if not work.lent and work.opened_on is None:
        raise InvalidInput("payment-before-disbursement", effective_on=on)
    if not has_asked(work, on):
        work.refresh(on, due_by=on)
        work.asked_on = on
    is_payoff = fact.kind is FactKind.PAID_OFF
    settling = None
    if (is_payoff and not amount) or amount >= work.out:
        settling = payoff_amount(work, on)
        amount = amount or settling
    if amount <= 0:
        raise InvalidInput("amount-not-positive", amount_minor=amount)
    is_settling = settling is not None and amount >= settling
    kind = "repayment" if is_payoff else fact.payment_type
    payment = Payment(work, fact, amount, _payoff_stop(work, on) if is_settling else on, is_settling)
    late, today, asked = _due(work, on, amount)
    if amount > asked:
        if not late and not today and not is_settling and stays_in_running_row(work, on, amount):
            payment.running(work.rows[work.row_at(on)])
            work.note(fact, amount, payment.parts, kind)
            return
        work.refresh(on)  # some will go in advance, so every row must say what it asks
        work.asked_on = None
        late, today, _ = _due(work, on, amount)
    payment.slot(late)
    if payment.left:
        payment.slot(sorted(today, key=lambda r: r.is_down_payment))
    if payment.left:
        payment.in_advance(work.terms.allocation.excess_rule(fact.payment_type))
        if work.out == 0:
            payment.close_interest()
    work.overpaid += payment.left
    work.note(fact, amount, payment.parts, kind, payment.left)


def has_asked(work: Fold, on: date) -> bool:
    """Whether rows due by `on` already say what they ask that day: only payments into them came since.

    Such a payment moves principal from the day after, so asking again would give the same.
    """
    return work.asked_on == on


def stays_in_running_row(work: Fold, on: date, amount: int) -> bool:
    """Whether a payment in advance certainly leaves room in the running row, so that no other row matters.

    Then nothing but that row's interest to the day is asked; a row that may be filled, and every other
    convention, is asked the long way. Both ways give the same split.
    """
    if not (
        work.is_told and work.is_bearing and work.convention.engine is Engine.PROGRESSIVE and work.is_daily
    ):
        return False
    if work.convention.amortization is not Amortization.EQUAL_INSTALMENTS:
        return False
    k = work.row_at(on)
    row = work.rows[k]
    if (
        row.is_deferring
        or row.deferred_in
        or row.is_locked
        or row.is_grace
        or k == work.last_open()
        or not row.start <= on < row.due_on
    ):
        return False
    if row.unpaid <= 0 or row.due[INTEREST] > row.instalment or any(row.moved):
        return False
    left = row.instalment + row.extra - row.paid[PRINCIPAL] - row.paid[INTEREST]
    return amount < min(left, work.out)


def _due(work: Fold, on: date, enough: int) -> tuple[list[Row], list[Row], int]:
    """The unpaid rows past due, oldest first, those due on the day, and what all of them ask.

    Row by row a payment of `enough` reaches no row after those that ask as much, so they are left out.
    """
    late: list[Row] = []
    today: list[Row] = []
    asked = 0
    if work.terms.allocation.processing is Processing.VERTICAL:
        enough = _ALL
    for row in islice(work.rows, work.settled, None):
        if row.due_on > on or (asked >= enough and not today):
            break
        unpaid = row.unpaid
        if unpaid > 0:
            (late if row.due_on < on else today).append(row)
            asked += unpaid
    return late, today, asked


def ask_payoff(work: Fold, on: date, recorder: Recorder) -> None:
    """Leave the rows asking what they ask of whoever settles the loan on a day; the fold is used up by it."""
    stop = _payoff_stop(work, on)
    work.refresh(on)
    work.recorder = recorder
    work.thaw()
    _take_out(work, on, stop)


def _payoff_stop(work: Fold, on: date) -> date:
    """The day up to which interest is asked of whoever settles the loan."""
    return work.rows[work.row_at(on)].due_on if work.convention.payoff_to_row_end else on


def _take_out(work: Fold, on: date, stop: date) -> None:
    work.move_on.append(stop)
    work.move_to.append(0)
    work.refresh(max(on, stop), out=0)


def payoff_amount(work: Fold, on: date) -> int:
    """What settles the loan on a day: everything unpaid, interest to that day or the row's end.

    Tried with the same fold: the principal is taken out on the day, the rows are asked what they
    then want, and the trial is undone.
    """
    stop = _payoff_stop(work, on)
    work.refresh(on)  # penalties to the day, not to the row's end
    out = work.out
    kept = work.frozen, work.settled
    _take_out(work, on, stop)
    other = sum(r.due[p] - r.paid[p] for r in work.rows for p in (Part.PENALTY, Part.FEE, INTEREST))
    work.move_on.pop()
    work.move_to.pop()
    work.epoch += 1
    work.frozen, work.settled = kept
    work.refresh(on)
    return out + other


class Payment:
    """One payment while it is being split. `parts` and `left` always add up to the amount.

    `until` is the day to which it pays interest: its own, or the row's end where settling the loan does.
    """

    __slots__ = ("fact", "is_settling", "left", "on", "parts", "until", "work")

    def __init__(self, work: Fold, fact: Fact, amount: int, until: date, is_settling: bool = False) -> None:
        self.work = work
        self.fact = fact
        self.on = fact.effective_on
        self.until = until
        self.is_settling = is_settling
        self.left = amount
        self.parts = [0, 0, 0, 0]

    def pay(self, row: Row, part: Part, most: int) -> int:
        """Apply up to `most` of what is left to one part of one row."""
        paid = most if most < self.left else self.left
        if paid <= 0:
            return 0
        row.paid[part] += paid
        if part >= INTEREST and row.due_on > self.on:
            self.work.is_ahead = True
        self.parts[part] += paid
        self.left -= paid
        if part is PRINCIPAL:
            self.work.repay(row, self.until, paid)
        if self.work.tracer is not None:
            self.work.tracer.share("paid", self.fact, row.nr, part, paid)
        return paid

    def slot(self, rows: list[Row]) -> None:
        """Pay rows of one slot in the product's order, row by row or part by part."""
        allocation = self.work.terms.allocation
        if allocation.processing is Processing.VERTICAL:
            for part in allocation.order:
                for row in rows:
                    self.pay(row, part, self._asked(row, part) - row.paid[part])
            return
        for row in rows:
            due, paid = row.due, row.paid
            for part in allocation.order:
                most = (self._asked(row, part) if row.fee else due[part]) - paid[part]
                if most > 0:
                    self.pay(row, part, most)
                    if not self.left:
                        return

    def in_advance(self, rule: ExcessRule) -> None:
        """Pay what is left to rows not yet due."""
        work = self.work
        if not work.is_daily:
            if self.is_settling:
                for row in work.rows:
                    if row.start >= self.until and row.fee:
                        drop_fee(row)
            self.slot([r for r in work.rows if r.due_on > self.on and r.unpaid > 0])
        elif work.convention.engine is Engine.CUMULATIVE:
            self._early_cumulative()
        else:
            self._early_progressive(rule)
        if self.left and self.is_settling:
            self._settle_all()

    def close_interest(self) -> None:
        """Nothing is out and no interest unpaid: what was collected is charged, none is in advance."""
        work = self.work
        work.refresh(self.until)
        ahead = [row for row in work.rows if row.due_on > self.on and not row.is_charge]
        if work.out or any(row.due[INTEREST] > row.paid[INTEREST] for row in ahead):
            return
        for row in ahead:
            row.interest_met = row.interest_collected
            if not work.is_daily:
                row.interest_to = row.due_on
            elif row.start <= self.until:
                row.interest_to = self.until

    def _settle_all(self) -> None:
        """What settling asked and no row took yet: charges and interest that stand with later rows now."""
        self.work.refresh(self.until)
        for row in self.work.rows:
            for part in (Part.PENALTY, Part.FEE, INTEREST):
                self.pay(row, part, self._asked(row, part) - row.paid[part])

    # progressive: the running row's interest to the day, then principal, at most its instalment

    def _early_progressive(self, rule: ExcessRule) -> None:
        ahead = [r for r in self.work.rows if r.due_on > self.on and r.unpaid > 0]
        rows = [r for r in ahead if not r.is_locked]
        for row in ahead:
            if row.is_locked and row.start <= self.on:
                # A row settled ahead asks for what was charged since; a last one for interest it kept.
                for part in self.work.terms.allocation.order:
                    if part is not PRINCIPAL:
                        self.pay(row, part, self._asked(row, part) - row.paid[part])
        if self.work.is_bearing and rows and rows[0].start <= self.on:
            self.running(rows.pop(0))
        if not self.left:
            return
        if not self.work.is_bearing:
            self._without_interest(rows, rule)
            return
        self._charged_ahead(rows)
        if rule is ExcessRule.SPREAD:
            rows = [r for r in rows if self._room(r) > 0]
        if rule is ExcessRule.SPREAD and rows:
            share = round_ratio(self.left, len(rows), self.work.convention.rounding)
            for row in rows[:-1]:
                self._ahead(row, share)
            self._ahead(rows[-1], self.left)
        for row in reversed(rows) if rule is ExcessRule.LAST else rows:
            if not self.left:
                return
            if self._room(row) > 0:
                self._ahead(row, self.left)
        if self.left and self.work.out > 0:
            self._beyond()

    def _beyond(self) -> None:
        """Principal that no instalment holds, as a balloon, is of the last row open, whatever it asks now."""
        for row in reversed(self.work.rows):
            if row.due_on > self.on and not row.is_locked:
                self.pay(row, PRINCIPAL, self.work.out)
                if self.work.out == 0 and not row.is_grace:
                    self._lock(row)
                return

    def _charged_ahead(self, rows: list[Row]) -> None:
        """What was charged and a new plan moved to rows in advance comes before principal in advance."""
        allocation = self.work.terms.allocation
        order = [part for part in allocation.order if part is not PRINCIPAL]
        places = [(row, part) for row in rows for part in order]
        if allocation.processing is Processing.VERTICAL:
            places = [(row, part) for part in order for row in rows]
        for row, part in places:
            asked = row.moved[part] if part is INTEREST else self._asked(row, part)
            self.pay(row, part, asked - row.paid[part])

    def _without_interest(self, rows: list[Row], rule: ExcessRule) -> None:
        """Rows of a loan without interest take money in advance as when due, in the order of the rule."""
        if rule is ExcessRule.SPREAD and rows:
            share = round_ratio(self.left, len(rows), self.work.convention.rounding)
            for row in rows:
                most = min(share, self.left) if row is not rows[-1] else self.left
                for part in self.work.terms.allocation.order:
                    most -= self.pay(row, part, min(most, self._asked(row, part) - row.paid[part]))
        if self.left:
            self.slot(rows[::-1] if rule is ExcessRule.LAST else rows)

    def running(self, row: Row) -> None:
        """Pay the running row: interest to the day, then principal, at most its instalment."""
        work = self.work
        accrued = work.interest(row, self.until, self.until, 0) + row.carry + row.moved[INTEREST]
        if not row.is_deferring:
            accrued += row.deferred_in
        for part in work.terms.allocation.order:
            if part is PRINCIPAL:
                continue
            most = accrued if part is INTEREST else self._asked(row, part)
            self.pay(row, part, most - row.paid[part])
        if row.paid[INTEREST] >= accrued and not (row.is_deferring and row.deferred_in):
            row.interest_to, row.interest_met = self.until, row.interest_collected
        self.pay(row, PRINCIPAL, min(self._room(row), work.out))
        if not row.is_grace:
            self._settle(row, accrued)

    def _asked(self, row: Row, part: Part) -> int:
        """What a row asks of a part, without scheduled fees still unpaid of a period that has not begun."""
        if part is Part.FEE and row.fee and row.start >= self.until:
            return row.due[Part.FEE] - row.fee + collected_early(row)
        return row.due[part]

    def _settle(self, row: Row, accrued: int) -> None:
        """Close a row paid in full before its day: its interest is what was paid."""
        is_full = self._room(row) <= 0 or self.work.out == 0
        if is_full and row.paid[INTEREST] >= accrued:
            self._lock(row)

    def _lock(self, row: Row) -> None:
        row.is_locked, row.carry, self.work.is_told = True, 0, False
        row.due[INTEREST], row.due[PRINCIPAL] = row.paid[INTEREST], row.paid[PRINCIPAL]

    def _ahead(self, row: Row, most: int) -> None:
        self.pay(row, PRINCIPAL, min(self._room(row), most, self.work.out))
        if self._room(row) <= 0 and self.work.is_bearing and not row.is_grace:
            self._lock(row)

    def _room(self, row: Row) -> int:
        """How much principal a row not yet due can still take."""
        work = self.work
        if work.convention.amortization is Amortization.EQUAL_PRINCIPAL or not work.is_bearing:
            return row.due[PRINCIPAL] - row.paid[PRINCIPAL]
        if self._is_alone(row):
            return work.out
        if row.is_grace:
            return row.extra - row.paid[PRINCIPAL]
        beside = max(row.moved[INTEREST], 0) + (0 if row.is_deferring else row.deferred_in)
        own = max(row.paid[INTEREST] - beside, 0)
        room = row.instalment + row.extra - row.paid[PRINCIPAL] - own
        if row is not work.rows[work.plan_end()]:
            return room
        # What the instalments leave, as a balloon, is due with the last row: paid ahead, it makes no earlier
        # row ask for it. How much a fixed instalment leaves, only that row says.
        left = row.due[PRINCIPAL] - row.paid[PRINCIPAL] if work.terms.instalment else 0
        return max(room + work.terms.balloon, left)

    def _is_alone(self, row: Row) -> bool:
        """Whether every other row not yet due was settled, so that this one takes all that is left."""
        return not row.is_locked and all(
            r.is_locked or r.is_grace for r in self.work.rows if r.due_on > self.on and r is not row
        )

    # cumulative with daily recalculation: wholly principal of the row, and a new plan if it is more

    def _early_cumulative(self) -> None:
        work = self.work
        plan = work.rows[work.plan_from :]
        due_today = [r for r in plan if r.due_on == self.on and not r.is_down_payment]
        k = work.rows.index(due_today[0]) if due_today else work.row_at(self.on)
        row = work.rows[k]
        planned = row.due[PRINCIPAL]
        self.pay(row, PRINCIPAL, work.out)
        if row.paid[PRINCIPAL] > planned:
            row.due[PRINCIPAL] = row.paid[PRINCIPAL]
            if work.convention.prepayment is Prepayment.REDUCE_INSTALMENT:
                work.set_instalments(k + 1, planned_before(work, k + 1), self.on)
        for later in work.rows[k:]:
            if work.out == 0 and self.left:
                work.refresh(self.until)
                for part in (Part.PENALTY, Part.FEE, INTEREST):
                    self.pay(later, part, self._asked(later, part) - later.paid[part])
