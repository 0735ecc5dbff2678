"""The fold at work: rows, principal out and rates while facts are applied one by one.

Needs    terms; facts in the one order, by way of the modules that apply each kind.
Gives    Fold: what every row asks for as of a date, to the unit.
Never    asks for today, rounds anywhere but where the convention says, or reads an observation.
Source   docs/reference/conventions.md; docs/decisions/0001.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from duewell.domain.calendar import Frequency
from duewell.domain.errors import Refusal
from duewell.domain.facts import Applied, Fact
from duewell.domain.loan._fees import FeeClock
from duewell.domain.loan._interest import Interest
from duewell.domain.loan._lending import lent_since
from duewell.domain.loan._penalty import PenaltyClock, after_maturity, charge_penalties
from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._schedule import (
    RateLine,
    Row,
    flat_interest,
    level_instalment,
    rate_lines,
    rows_of,
)
from duewell.domain.money import round_fraction, round_ratio
from duewell.domain.product import (
    Amortization,
    Engine,
    InterestMethod,
    LoanTerms,
    Part,
    PenaltyMode,
    Prepayment,
)
from duewell.domain.proof import TraceLevel

INTEREST, PRINCIPAL = Part.INTEREST, Part.PRINCIPAL
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Frozen:
    """How many leading rows are final, and what the loop over rows held after them."""

    count: int = 0
    carry: int = 0
    skip: int = 0
    asked: int = 0
    deferred: int = 0


@dataclass(frozen=True, slots=True)
class Anchor:
    """The date and the row that later due dates step on from, and their step."""

    on: date
    nr: int
    every: int
    frequency: Frequency


class Fold(Interest):
    """The working state. Both engines share it; what differs stands in their own modules."""

    def __init__(self, terms: LoanTerms, tracer: Recorder | None = None) -> None:
        self.terms = terms
        self.convention = terms.convention
        self.recorder: Recorder | None = None
        """Where the last look tells the slices of interest."""
        self.tracer = tracer
        """Where penalties and instalments are told as they are set, from the first fact on."""
        self.rows: list[Row] = rows_of(terms)
        self.rates: list[tuple[date, Fraction]] = [(terms.start, terms.rate)]
        self.pauses: list[tuple[date, date]] = []
        self.lines: list[RateLine] = rate_lines(self.rates, self.pauses)
        self.move_on: list[date] = []
        self.move_to: list[int] = []
        self.lent: list[tuple[date, int]] = []
        self.fees = FeeClock(terms) if terms.fees else None
        self.epoch = 0
        self.is_told = False
        """Every row says what it asks, but for payments into the running row since."""
        self.asked_on: date | None = None
        """The day on which rows due by then said what they ask, if only payments into them came since."""
        self.out = 0
        self.base = 0
        """Principal that bears contract interest: all that is out, less what was set apart."""
        self.is_replacing = terms.penalty is not None and terms.penalty.mode is PenaltyMode.REPLACES
        self.penalty = PenaltyClock(terms.penalty) if terms.penalty is not None else None
        self.overpaid = 0
        self.applied: list[Applied] = []
        self.is_flat = self.convention.interest_method is InterestMethod.FLAT
        self.is_daily = (
            self.convention.engine is Engine.PROGRESSIVE or self.convention.is_recalculated_daily
        ) and not self.is_flat
        self.is_skipping = (
            self.convention.prepayment is Prepayment.SKIP_NEXT
            and self.is_daily
            and self.convention.engine is Engine.CUMULATIVE
        )
        self.is_bearing = terms.rate != 0
        self.is_even = self._is_even()
        self.opening = self.frozen = _Frozen()
        self.opened_on: date | None = None
        self.settled = 0
        self.is_moved = False
        """A due date was moved: the last row then takes any difference of the instalment."""
        self.is_ahead = False
        """Interest or principal was paid before its day: the last row then takes any difference too."""
        self.seen_on: date | None = None
        """The day the loan is looked at, where a change agreed ahead is applied before its own day."""
        self.anchor = self._anchor()
        self.written_off: list[int] | None = None
        """What the borrower still owes by part after a charge-off; None while the loan is on the books."""
        self.final_on: date | None = None
        self.void: list[tuple[Fact, Refusal]] = []
        self.plan_from = 0
        """Index of the first row of the plan in force: a re-age closes all rows before its own."""

    def note(self, fact: Fact, amount: int, parts: Sequence[int], kind: str, overpaid: int = 0) -> None:
        """Keep what a fact did."""
        split = (parts[0], parts[1], parts[2], parts[3])
        self.applied.append(
            Applied(fact, kind, amount, split, overpaid, self.out if self.final_on is None else 0)
        )

    def copy(self) -> Fold:
        """The same state to go on from apart: what happens to one does not touch the other."""
        made = copy(self)
        made.rows = [each.copy() for each in self.rows]
        for name in ("rates", "pauses", "lines", "move_on", "move_to", "lent", "applied", "void"):
            setattr(made, name, list(getattr(self, name)))
        made.fees = self.fees.copy() if self.fees is not None else None
        made.written_off = list(self.written_off) if self.written_off is not None else None
        return made

    # -- principal out ---------------------------------------------------------------------------

    def lend(self, on: date, amount: int, asking: Row | None = None) -> None:
        """Principal goes out on `on`; asked by a row that was set apart, it bears no interest either."""
        self.thaw()
        self.lent.append((on, amount))
        self.move(on, amount)
        if asking is not None and asking.is_apart:
            self._shift_base(on, -amount)

    def move(self, on: date, amount: int) -> None:
        """Change the principal out from the slice after `on`. Facts come by date, so moves do too."""
        self.out += amount
        if self.fees is not None:
            self.fees.move(on, amount, self.out)
        if self.move_on and self.move_on[-1] > on:
            self._shift_base(on, amount)  # a payoff to the row's end took principal out from a later day
            return
        self.base += amount
        if self.move_on and self.move_on[-1] == on:
            self.move_to[-1] = self.base
        else:
            self.move_on.append(on)
            self.move_to.append(self.base)

    def repay(self, row: Row, on: date, amount: int) -> None:
        """Principal of a row comes back; what was set apart bore no contract interest any more."""
        if row.is_apart:
            self.out -= amount
            if self.fees is not None:
                self.fees.move(on, -amount, self.out)
        else:
            self.move(on, -amount)

    def set_apart(self, row: Row) -> None:
        """A row stayed unpaid: its principal bears the penalty from its due date, and no interest."""
        row.is_apart = True
        self._shift_base(row.late_from, row.paid[PRINCIPAL] - row.due[PRINCIPAL])

    def set_back(self, row: Row, on: date) -> None:
        """A new plan asks for what was set apart: it bears contract interest again.

        Days for which the penalty was charged bear none; where a grace was not over, none was charged.
        """
        if row.is_apart:
            row.is_apart = False
            is_charged = row.penalty_to is not None and row.penalty_to > row.late_from
            row.not_late_before = on if is_charged else row.late_from
            self._shift_base(row.not_late_before, row.due[PRINCIPAL] - row.paid[PRINCIPAL])

    def _shift_base(self, on: date, amount: int) -> None:
        """Change what bears interest from `on` on, though nothing was lent or repaid."""
        if not amount:
            return
        k = bisect_left(self.move_on, on)
        if k == len(self.move_on) or self.move_on[k] != on:
            self.move_on.insert(k, on)
            self.move_to.insert(k, self.move_to[k - 1] if k else 0)
        self.move_to[k:] = [each + amount for each in self.move_to[k:]]
        self.epoch += 1
        self.base += amount

    def take_over(self, on: date, kept: list[Row], frozen: int) -> None:
        """Keep only the rows an opening position leaves; the first `frozen` came past due with it."""
        self.rows, self.opened_on = kept, on
        asked = sum(r.due[PRINCIPAL] for r in kept[:frozen])
        self.opening = _Frozen(frozen, asked=asked)

    def _anchor(self) -> Anchor:
        terms = self.terms
        if terms.due_dates:
            return Anchor(self.rows[-1].due_on, self.rows[-1].nr, terms.every, terms.frequency)
        return Anchor(terms.start, 1 if terms.down_payment_share else 0, terms.every, terms.frequency)

    def reopen(self) -> None:
        """Rows that came past due with an opening may have been met since: count anew what they ask."""
        count = self.opening.count
        asked = sum(r.due[PRINCIPAL] for r in self.rows[:count])
        self.opening = _Frozen(count, asked=asked)
        self.thaw()

    def thaw(self) -> None:
        """Let the next refresh compute every row again: what just changed reaches back."""
        self.frozen = self.opening
        self.settled = 0
        self.is_told = False
        self.epoch += 1
        self.is_even = self._is_even()

    def set_instalments(self, first: int, balance: int, as_of: date, *, is_new: bool = False) -> None:
        """Set the level instalment of rows from index `first` so that they repay `balance`.

        `is_new` sets aside an instalment that was agreed as a term of its own.
        """
        open_rows = [r for r in self.rows[first:] if not r.is_grace and not r.is_down_payment]
        if not open_rows:
            return
        balloon = min(self.terms.balloon, max(balance, 0))
        if self.convention.amortization is Amortization.EQUAL_PRINCIPAL or self.is_flat:
            self._set_equal_principal(open_rows, balance - balloon)
            return
        if self.terms.instalment and not is_new:
            self._set_level(first, self.terms.instalment)
            return
        factors = [self.factor(r) for r in open_rows]
        level = level_instalment(balance, factors, self.convention, balloon)
        self._set_level(first, level)
        if self.convention.engine is Engine.PROGRESSIVE:
            self._fit_level(first, level, len(open_rows), as_of)
        if self.tracer is not None:
            fitted = open_rows[0].instalment - level
            multiple = self.convention.instalment_multiple
            first_nr = open_rows[0].nr
            told = TraceLevel(first_nr, balance, tuple(factors), level, fitted, multiple, balloon)
            self.tracer.level(told)

    def _set_level(self, first: int, level: int) -> None:
        for row in self.rows[first:]:
            if not row.is_down_payment:
                row.instalment = level

    def _set_equal_principal(self, open_rows: Sequence[Row], balance: int) -> None:
        convention = self.convention
        share = round_ratio(balance, len(open_rows), convention.rounding)
        for row in open_rows:
            row.instalment = share
            if self.is_flat and convention.instalment_multiple > 1:
                interest = flat_interest(self.terms, self.factor(row))
                exact = Fraction(balance, len(open_rows)) + interest
                level = round_fraction(exact, convention.instalment_rounding, convention.instalment_multiple)
                row.instalment = level - interest

    def _fit_level(self, first: int, level: int, count: int, as_of: date) -> None:
        """Move the instalment once by its share of the last row's difference, if that helps.

        Not after a pause, an early payment or an unpaid past due row: then the last row takes it all.
        """
        late = any(r.due_on < as_of and r.unpaid > 0 for r in self.rows)
        if self.pauses or self.is_moved or late or self.is_ahead:
            return
        gap = self._last_gap(level, as_of)
        step = round_ratio(gap, count, self.convention.rounding)
        if step == 0:
            return
        convention = self.convention
        tried = round_ratio(level + step, 1, convention.instalment_rounding, convention.instalment_multiple)
        self._set_level(first, tried)
        if abs(self._last_gap(tried, as_of)) >= abs(gap):
            self._set_level(first, level)

    def _last_gap(self, level: int, as_of: date) -> int:
        self.refresh(as_of)
        last = self.rows[self.plan_end()]
        # What stands beside the instalment is no part of the difference.
        beside = last.moved[INTEREST] + last.extra
        return last.due[INTEREST] + last.due[PRINCIPAL] - beside - level - self.terms.balloon

    # -- rows ------------------------------------------------------------------------------------

    def refresh(self, as_of: date, *, due_by: date | None = None, out: int | None = None) -> None:
        """Compute what rows ask for, as of a date: every row, or only those due by `due_by`.

        Rows due before an earlier look are frozen: facts come by date, so nothing later reaches back to
        them, and what does (new money, a new rate, a pause) thaws them. `out` is the principal out to
        assume, where a trial differs from the real one.
        """
        if self.final_on is not None:
            as_of = min(as_of, self.final_on)
        rows, sums = self.rows, self.frozen
        is_trial = out is not None
        out = self.out if out is None else out
        self._settle_leading()
        if due_by is not None and sums.count < len(rows) and rows[sums.count].due_on > due_by:
            self._charge_penalties(as_of)
            return
        behind = sum([r.due[PRINCIPAL] - r.paid[PRINCIPAL] for r in rows[self.settled : sums.count]])
        carry, skip, asked, deferred = sums.carry, sums.skip, sums.asked, sums.deferred
        last, end_at, begin = self.last_open(), self.plan_end(), sums.count
        for k in range(begin, len(rows)):
            row = rows[k]
            if due_by is not None and row.due_on > due_by:
                break
            if row.is_met:
                carry -= row.carry - row.credit  # asked when it was met; a new row asks for it now
                skip, deferred = row.skip_on, row.deferred
                if self.recorder is not None and row.start < row.due_on:
                    # Its figures stand; only its slices are told again, on the balance of its time.
                    self.interest(row, row.due_on, as_of, row.agreed)
            elif not row.is_down_payment:
                planned = out - behind if self.is_daily else self._agreed(row, asked)
                paid_to = row.interest_to
                real_to = as_of if paid_to is None or paid_to <= as_of else paid_to
                whole = self.interest(row, row.due_on, real_to, planned)
                if row.is_locked:
                    row.due[INTEREST], row.carry = row.due[INTEREST] - row.carry, 0
                    whole, deferred = self._unlock_deferred(row, whole, deferred)
                    row.credit = whole - row.due[INTEREST] + row.moved[INTEREST]
                    carry += row.credit
                else:
                    asks = whole + carry + row.moved[INTEREST]
                    # What was deferred to this row is added below, so it is no part of its own interest.
                    collected = row.paid[INTEREST] - (0 if row.is_deferring else deferred)
                    # Interest collected ahead of a pause or a lower rate is credited to the next row.
                    row.carry, row.due[INTEREST] = carry, max(asks, collected)
                    carry = row.credit = min(asks - collected, 0)
                    left = self.out - behind - (lent_since(self.lent, row.due_on) if k < end_at else 0)
                    skip = row.skip_on = self._set_principal(row, k == last, left, skip)
                    deferred = row.deferred = self._defer(row, deferred)
            if self.fees is not None:
                self.fees.ask(row, as_of, out - behind, self.tracer)
            unpaid = row.due[PRINCIPAL] - row.paid[PRINCIPAL]
            if self.is_replacing and row.due_on < as_of and not row.is_apart:
                self.set_apart(row)
            behind += unpaid
            asked += row.due[PRINCIPAL]
            if row.due_on < as_of and k < len(rows) - 1 and k == sums.count:
                self.is_told = False
                sums = self.frozen = _Frozen(k + 1, carry, skip, asked, deferred)
        else:
            self.is_told = not is_trial
            end = rows[end_at]
            if end.is_locked and end_at >= begin:
                # Interest that ran after the last row was paid ahead has no later row to move to; interest
                # collected ahead that none is left to take stays where it was collected.
                end.carry = max(carry, end.paid[INTEREST] - end.due[INTEREST])
                end.due[INTEREST] += end.carry
        if not is_trial:
            self._charge_penalties(as_of)

    def _charge_penalties(self, as_of: date) -> None:
        if self.penalty is not None:
            late = self.rows[self.settled :]
            ends_on = self.rows[self.plan_end()].due_on
            after = after_maturity(self.terms.penalty, ends_on, self.lines) if as_of > ends_on else None
            charge_penalties(self.penalty, self.convention.rounding, late, as_of, self.tracer, after)

    def _settle_leading(self) -> None:
        """Step over rows that are frozen and paid: nothing can happen to them any more."""
        while self.settled < self.frozen.count and self.rows[self.settled].unpaid == 0:
            self.settled += 1

    def last_open(self) -> int:
        """Index of the last row that is not settled early, -1 when all are."""
        for k in range(len(self.rows) - 1, -1, -1):
            if not self.rows[k].is_locked:
                return k
        return -1

    def keep_agreed(self) -> None:
        """Write on each open row the balance as agreed at its start, before a new plan changes the rows."""
        asked = 0
        for row in self.rows:
            if not row.is_met:
                row.agreed = self._agreed(row, asked)
            asked += row.due[PRINCIPAL]

    def _agreed(self, row: Row, asked: int) -> int:
        """The balance as agreed at a row's start: early and late payments do not count."""
        return sum(a for on, a in self.lent if on <= row.start) - asked

    def _set_principal(self, row: Row, is_last: bool, left: int, skip: int) -> int:
        """Set the principal of an open row; returns the overpaid principal still carried forward.

        `left` is the principal that the rows before it leave unasked, what this row has got included.
        """
        paid = row.paid[PRINCIPAL]
        left += paid
        if row.begins_plan:
            skip = 0
        if is_last:
            planned = left
        elif row.is_grace:
            planned = row.extra
        elif self.convention.amortization is Amortization.EQUAL_PRINCIPAL or self.is_flat:
            planned = row.instalment + row.extra
        else:
            planned = max(0, row.instalment - row.due[INTEREST] + row.moved[INTEREST]) + row.extra
        row.skipped = 0
        if self.is_skipping and not is_last:
            used = row.skipped = min(skip, planned)
            planned -= used
            skip -= used
            skip += max(0, paid - planned)
        row.due[PRINCIPAL] = max(min(planned, left), paid)
        return skip

    def _defer(self, row: Row, deferred: int) -> int:
        """Interest of the first rows of an interest grace comes due with the first row after them.

        What was charged before and moved to such a row is not deferred again, nor what was paid.
        """
        row.deferred_in = deferred
        if row.is_deferring:
            stays = min(row.due[INTEREST], max(row.moved[INTEREST], row.paid[INTEREST], 0))
            deferred += row.due[INTEREST] - stays
            row.due[INTEREST] = stays
            return deferred
        row.due[INTEREST] += deferred
        return 0

    def _unlock_deferred(self, row: Row, whole: int, deferred: int) -> tuple[int, int]:
        """What was deferred to a row settled ahead moves on with its own interest."""
        row.deferred_in = deferred
        if not row.is_deferring:
            whole, deferred = whole + deferred, 0
        row.deferred = deferred
        return whole, deferred

    def set_balances(self) -> None:
        """Write the balance after each row: what was lent by then less what the rows ask."""
        asked = 0
        for row in self.rows:
            asked += row.due[PRINCIPAL]
            row.balance = sum([a for on, a in self.lent if on <= row.due_on]) - asked

    def row_at(self, on: date) -> int:
        """Index of the row whose period (start, due] contains `on`; the last one after maturity."""
        for k in range(self.plan_from, len(self.rows)):
            row = self.rows[k]
            if not row.is_down_payment and not row.is_met and on <= row.due_on:
                return k
        return self.plan_end()

    def plan_end(self) -> int:
        """Index of the last row of the plan; rows of charges after it are none."""
        k = len(self.rows) - 1
        while k > 0 and self.rows[k].is_charge:
            k -= 1
        return k
