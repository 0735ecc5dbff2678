"""Standing: what one loan adds to the portfolio sums at the end of a day, exact.

Needs    terms and facts; a day.
Gives    Sums: whole numbers by measure and accrual class, whose totals over a book are its ledger.
Never    rounds: an accrual stays a numerator whose denominator its class and the date give.
Source   docs/reference/conventions.md, section accrual classes.

Measures of interest and penalty, each by class unless noted:

    interest.slope     what one day adds to the accrual from tomorrow on
    interest.accrued   all that accrued since the beginning
    interest.due       of it, what belongs to interest that fell due or was collected early
    interest.opened    of it, what had accrued when the loan was taken over
    interest.charged   whole units that fell due or were collected early (no class)
    interest.advance   whole units of it collected before the days it is for were charged (no class)
    suspended.slope    of interest.slope, what is no income because the loan is too long past due
    suspended.accrued  of it, what accrued and is not due
    suspended.charged  whole units charged and not paid, likewise (no class)
    fee.charged        whole units of scheduled fees that fell due or were collected early (no class)
    penalty.slope, penalty.accrued
    penalty.collected  whole units of accrued penalty that were paid, moved or charged off (no class)
    penalty.once       whole units of penalty charged once per instalment (no class)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from duewell.domain.agenda import ACTUAL, ONE_DAY, Sums, add, day_class, days_weight, scaled
from duewell.domain.calendar import DaysInYear
from duewell.domain.facts import Fact, known
from duewell.domain.loan._fees import fee_charged, fee_receivable
from duewell.domain.loan._penalty import (
    PenaltyClock,
    after_maturity,
    penalty_base,
    penalty_since,
    unpaid_principal,
)
from duewell.domain.loan._recorder import Recorder
from duewell.domain.loan._schedule import Row, counts_steps
from duewell.domain.loan._state import PLANNED, Folding, LoanState
from duewell.domain.money import round_fraction
from duewell.domain.product import LoanTerms, Part
from duewell.domain.proof import TraceSlice


@dataclass(frozen=True, slots=True)
class View:
    """A loan looked at on a day, with the slices of its interest before and after that day.

    `state` is the loan on the day. `rows` and `slices` also say what comes: as agreed, or, when
    `is_silent`, what follows if nothing more is reported.
    """

    terms: LoanTerms
    state: LoanState
    rows: tuple[Row, ...]
    slices: tuple[TraceSlice, ...]
    is_silent: bool


def look(terms: LoanTerms, facts: Sequence[Fact], *, as_of: date, is_closing: bool) -> View:
    """Look at a loan on a day; at its closing, a row due that day and unpaid makes the view silent."""
    folding = Folding(terms)
    for fact in known(facts):
        if fact.effective_on <= as_of or fact.kind in PLANNED:
            folding.apply(fact, as_of)
    return view_of(folding, as_of=as_of, is_closing=is_closing)


def view_of(folding: Folding, *, as_of: date, is_closing: bool) -> View:
    """The same from a fold that stands at the day."""
    recorder = Recorder()
    state = folding.look(as_of, recorder)
    last = as_of if is_closing else as_of - ONE_DAY
    is_behind = any(r.due_on <= last and r.unpaid > 0 for r in state.rows)
    is_silent = is_behind and state.charged_off_on is None
    rows = state.rows
    if is_silent and state.matures_on >= as_of:
        recorder = Recorder()
        rows = folding.look(state.matures_on + ONE_DAY, recorder).rows
    slices = sorted(recorder.slices, key=lambda s: (s.start, s.row_nr))
    return View(folding.terms, state, rows, tuple(s for s in slices if s.base > 0 and s.rate), is_silent)


# -- accrual classes -------------------------------------------------------------------------------


def accrual_class(terms: LoanTerms, piece: TraceSlice) -> str:
    """The class of a slice: the part of a year one day stands for, or "actual" where the year says."""
    if terms.convention.days_in_year is DaysInYear.ACTUAL and not counts_steps(terms):
        return ACTUAL
    return day_class(piece.num, piece.den * (piece.end - piece.start).days)


def slope_of(terms: LoanTerms, piece: TraceSlice) -> tuple[str, int]:
    """The class of a slice and what one of its days adds to it."""
    return accrual_class(terms, piece), scaled(piece.base, piece.rate)


# -- the sums --------------------------------------------------------------------------------------


def standing(view: View, on: date) -> Sums:
    """What the loan adds to the portfolio sums at the end of `on`, a day on or after the view's own."""
    sums: Sums = {}
    until, due_by = charged_through(view, on), on
    if view.state.charged_off_on is not None:
        # All the plan still asked for was charged with the charge-off, so it all counts as accrued and due.
        until = due_by = date.max
    # Interest paid to a row's end by a payoff before it counts as accrued with it.
    accrued_to = on if until is None or until < on else until
    for piece in view.slices:
        if piece.start > accrued_to:
            break
        accrual, slope = slope_of(view.terms, piece)
        for measure, end in (("accrued", accrued_to), ("due", until), ("opened", view.state.opened_on)):
            if end is not None and piece.start < end:
                weight = days_weight(accrual, piece.start, min(piece.end, end))
                add(sums, ("interest." + measure, accrual), slope * weight)
        if piece.start <= accrued_to < piece.end:
            add(sums, ("interest.slope", accrual), slope)
    charged = sum(interest_charged(r, due_by) for r in view.rows)
    add(sums, ("interest.charged", ""), charged)
    add(sums, ("interest.advance", ""), sum(in_advance(r, until, due_by) for r in view.rows))
    if view.terms.fees:
        add(sums, ("fee.charged", ""), sum(fee_charged(r, accrued_to) for r in view.rows))
    if is_suspended(view, on):
        suspend(sums, view, on)
    if view.terms.penalty is not None:
        now = {row.nr: row for row in view.state.rows}
        clock = PenaltyClock(view.terms.penalty)
        for row in view.rows:
            # A row that the plan drops today, and that asks again if nobody pays, holds no penalty yet.
            today = now.get(row.nr) or Row(row.nr, row.start, row.due_on)
            _add_penalty(sums, view, clock, row, today, on)
    return {key: value for key, value in sums.items() if value}


def interest_charged(row: Row, on: date) -> int:
    """Whole units of a row's own interest that are charged by `on`: due, or collected before.

    What another row was charged and this one asks is not its own; what it gave up still is.
    """
    if row.is_taken_over:
        return 0
    if row.due_on <= on:
        return row.due[Part.INTEREST] - row.moved[Part.INTEREST]
    return max(row.interest_collected, row.interest_met)


def in_advance(row: Row, closed_to: date | None, on: date) -> int:
    """What of it was collected by `on` for days that are not charged: none of a row interest is closed to."""
    if closed_to is not None and row.due_on <= closed_to:
        return 0
    return interest_charged(row, on) - row.interest_met


def interest_receivable(state: LoanState) -> int:
    """Whole units of interest charged and not paid, taken over ones included."""
    charged = 0
    for row in state.rows:
        if row.is_taken_over:
            charged += row.due[Part.INTEREST] - row.moved[Part.INTEREST]
        else:
            charged += interest_charged(row, state.as_of)
    return charged - sum(row.paid[Part.INTEREST] for row in state.rows)


def receivables(state: LoanState) -> tuple[int, int, int, int]:
    """Whole units charged and not paid, by part; nothing once charged off."""
    if state.charged_off_on is not None:
        return (0, 0, 0, 0)
    fees = fee_receivable(state.rows, state.as_of)
    penal = sum(_penalty_charged(state, row) for row in state.rows)
    return penal, fees, interest_receivable(state), state.principal_out


def _penalty_charged(state: LoanState, row: Row) -> int:
    """A row's penalty that is charged: what accrues by the day is no receivable before it is collected."""
    penalty = state.terms.penalty
    accruing = row.penalty_charged if penalty is not None and penalty.rate is not None else 0
    return max(0, row.due[Part.PENALTY] - accruing - row.paid[Part.PENALTY])


def charged_through(view: View, on: date) -> date | None:
    """The day up to which interest has been charged: the last row due, or an early collection."""
    found: date | None = None
    for row in view.rows:
        closes = closes_interest(view, row) and row.due_on <= on
        end = row.due_on if closes else row.interest_to
        if end is not None and (found is None or end > found):
            found = end
    return found


def closes_interest(view: View, row: Row) -> bool:
    """Whether interest up to the row's due date is charged with it, not with a later row."""
    if row.is_down_payment or row.is_deferring:
        return False
    plan = (each for each in reversed(view.rows) if not each.is_charge)
    return not row.is_locked or row is next(plan)


# -- suspended interest ----------------------------------------------------------------------------


def suspended_on(view: View) -> date | None:
    """The day from whose end on unpaid interest is no income, being so long past due; None for never.

    A loan charged off has nothing on the books to suspend.
    """
    since = view.terms.convention.suspends_from_dpd
    if since is None or not view.is_silent:
        return None
    oldest = next(row.due_on for row in view.rows if row.unpaid > 0)
    return oldest + timedelta(days=since)


def is_suspended(view: View, on: date) -> bool:
    """Whether unpaid interest is suspended at the end of a day."""
    begins = suspended_on(view)
    return begins is not None and begins <= on


def suspend(sums: Sums, view: View, on: date) -> None:
    """Add what of the interest of a loan is suspended at the end of `on`: all that is earned and not paid.

    Interest past due when a loan was taken over never was our income, and is left out.
    """
    for (measure, accrual), value in list(sums.items()):
        if measure == "interest.slope":
            add(sums, ("suspended.slope", accrual), value)
        elif measure == "interest.accrued":
            add(sums, ("suspended.accrued", accrual), value)
        elif measure == "interest.due":
            add(sums, ("suspended.accrued", accrual), -value)
    paid = sum(row.paid[Part.INTEREST] for row in view.rows if not row.is_taken_over)
    add(sums, ("suspended.charged", ""), sums.get(("interest.charged", ""), 0) - paid)


# -- penalty ---------------------------------------------------------------------------------------


def penalty_class(terms: LoanTerms) -> str:
    """The class of the product's daily penalty."""
    assert terms.penalty is not None
    return f"1/{terms.penalty.days_in_year}"


def _add_penalty(sums: Sums, view: View, clock: PenaltyClock, row: Row, now: Row, on: date) -> None:
    """Add a row's penalty: `now` is the row on the view's day, `row` the same row as it will be."""
    penalty = clock.terms
    stated = now.due[Part.PENALTY] - min(now.moved[Part.PENALTY], 0) - now.penalty_charged
    if penalty.rate is None:
        add(sums, ("penalty.once", ""), now.penalty_charged)
        if now.penalty_to is None and on >= penalty_begins(view.terms, row):
            add(sums, ("penalty.once", ""), penalty_once(view, row))
        return
    is_closed = now.is_met or view.state.charged_off_on is not None
    # What a new plan or a charge-off took out of the row was charged with it, paid or not.
    collected = now.penalty_charged if is_closed else max(0, now.paid[Part.PENALTY] - stated)
    add(sums, ("penalty.collected", ""), collected)
    accrual = penalty_class(view.terms)
    base = penalty_base(penalty, row) if view.is_silent else 0
    after = after_maturity(penalty, view.state.matures_on, view.state.lines)
    units, ran_on = now.penalty_num, now.after_num
    since = penalty_since(penalty, row, on, now.penalty_to)
    if since is not None:
        units += clock.units(base, since, on)
        add(sums, ("penalty.slope", accrual), scaled(base, clock.rate_on(on)))
        if after is not None and view.is_silent:
            ran_on += after.exact(unpaid_principal(row), since, on)
            add(sums, ("penalty.slope", accrual), scaled(unpaid_principal(row), after.rate_on(on)))
    add(sums, ("penalty.accrued", accrual), scaled(1, ran_on))
    add(sums, ("penalty.accrued", accrual), penalty_scaled(clock, units))


def penalty_scaled(clock: PenaltyClock, units: int) -> int:
    """A row's exact penalty in the whole units of a slope. Refuses a rate finer than 0.0001 %."""
    return scaled(units, Fraction(1, clock.scale))


def penalty_begins(terms: LoanTerms, row: Row) -> date:
    """The first day an unpaid row carries a penalty: the day after the grace, counted from its due date."""
    assert terms.penalty is not None
    return row.due_on + timedelta(days=terms.penalty.grace_days + 1)


def penalty_once(view: View, row: Row) -> int:
    """The penalty a row will be charged once, if it stays unpaid."""
    penalty = view.terms.penalty
    assert penalty is not None
    assert penalty.pct is not None
    if not view.is_silent:
        return 0
    return round_fraction(penalty.pct * penalty_base(penalty, row), view.terms.convention.rounding)
