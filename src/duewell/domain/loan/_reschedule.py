"""Rescheduling: what each change of the plan does to the rows from its day on.

Needs    the Fold up to the day, and a Rescheduled fact.
Gives    moved due dates, more rows, new rows for old ones, or past due amounts spread over those to come.
Never    forgives or invents an amount: what leaves a row stands in another, and stays charged.
Source   docs/reference/conventions.md, section rescheduling.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from duewell.domain.calendar import step_date
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import DueDateMoved, Extended, Fact, ReAged, ReAmortized
from duewell.domain.loan._fees import drop_fee
from duewell.domain.loan._fold import Anchor, Fold
from duewell.domain.loan._schedule import INSTALMENTS_MAX, Row, counted_part, counts_steps, step_part
from duewell.domain.money import round_ratio, split
from duewell.domain.product import Part

OTHERS = (Part.PENALTY, Part.FEE, Part.INTEREST)


def reschedule(work: Fold, fact: Fact) -> int:
    """Change the rows; returns the principal that moved. Refuses a change that does not fit the plan."""
    change = fact.reschedule
    if change is None:
        raise InvalidInput("reschedule-without-change", source_ref=fact.source_ref)
    work.refresh(fact.effective_on)
    if isinstance(change, DueDateMoved):
        _move_due_date(work, change, fact.effective_on)
        moved = 0
    elif isinstance(change, Extended):
        _extend(work, change, fact.effective_on)
        moved = 0
    elif isinstance(change, ReAged):
        moved = _re_age(work, change, fact.effective_on)
    else:
        assert isinstance(change, ReAmortized)
        moved = _re_amortize(work, fact.effective_on)
    work.thaw()
    work.refresh(fact.effective_on)
    return moved


def _row_due(work: Fold, due_on: date, on: date) -> int:
    """The row due on a day that is still to come or still asks for something."""
    for k, row in enumerate(work.rows):
        if row.due_on == due_on and not row.is_met and not row.is_down_payment:
            if row.due_on > on or row.unpaid > 0:
                return k
            raise InvalidInput("due-date-settled", due_on=due_on.isoformat())
    raise InvalidInput("due-date-not-in-plan", due_on=due_on.isoformat())


def _move_due_date(work: Fold, change: DueDateMoved, on: date) -> None:
    k = _row_due(work, change.from_due, on)
    row = work.rows[k]
    if change.to_due <= row.start:
        raise InvalidInput("due-date-before-its-row", due_on=str(change.to_due), start=str(row.start))
    terms, step = work.terms, work.anchor
    is_once = terms.penalty is not None and terms.penalty.pct is not None
    for each in work.rows[k:]:
        work.set_back(each, on)
    for n, each in enumerate(work.rows[k:]):
        each.due_on = step_date(change.to_due, n, step.every, step.frequency)
        each.day_rate = (0, 0)
        _set_step(work, each, step)
        if n:
            each.start = work.rows[k + n - 1].due_on
        if not is_once:
            # What was charged stays charged; from the new date on it counts anew.
            each.penalty_to = None
        if each.due_on < on:
            each.not_late_before = on  # the move makes nobody late for days before it
    row.part = counted_part(terms, row.start, change.to_due, step.frequency)
    work.anchor = replace(step, on=change.to_due, nr=row.nr)
    work.is_moved = True


def _extend(work: Fold, change: Extended, on: date) -> None:
    first = _row_due(work, change.from_due, on)
    if not 1 <= change.extra <= INSTALMENTS_MAX - len(work.rows):
        raise InvalidInput("extension-out-of-range", extra=change.extra)
    _check_owed(work, on)
    step = work.anchor
    balance = sum(a for _, a in work.lent) - sum(r.due[Part.PRINCIPAL] for r in work.rows[:first])
    for _ in range(change.extra):
        last = work.rows[-1]
        due_on = step_date(step.on, last.nr + 1 - step.nr, step.every, step.frequency)
        row = Row(last.nr + 1, last.due_on, due_on)
        _set_step(work, row, step)
        work.rows.append(row)
    for row in work.rows[first:]:
        work.set_back(row, on)
        row.extra = 0  # what was asked beside the instalment is spread with it
    work.rows[first].begins_plan = True
    work.thaw()
    work.set_instalments(first, balance, on, is_new=True)


def _re_age(work: Fold, change: ReAged, on: date) -> int:
    """Meet every unpaid row and open new ones for what they left."""
    _check_owed(work, on)
    if change.first_due <= on:
        raise InvalidInput("re-age-due-in-the-past", first_due=str(change.first_due), effective_on=str(on))
    if not 1 <= change.instalments <= INSTALMENTS_MAX or change.every < 1:
        raise InvalidInput("instalments-out-of-range", instalments=change.instalments, every=change.every)
    work.keep_agreed()
    kept, left, deferred = [], [0, 0, 0, 0], 0
    for row in work.rows:
        work.set_back(row, on)
    for row in work.rows:
        if row.due_on > on and not _cut(work, row, on, deferred):
            continue
        kept.append(row)
        deferred = row.deferred
    _close(kept, left)
    terms, previous, nr = work.terms, on, kept[-1].nr if kept else 0
    if work.fees is not None:
        work.fees.last_row = min(work.fees.last_row, nr)
    rows = []
    step = Anchor(change.first_due, nr + 1, change.every, change.frequency)
    for n in range(change.instalments):
        due_on = step_date(change.first_due, n, change.every, change.frequency)
        row = Row(nr + n + 1, previous, due_on)
        _set_step(work, row, step)
        rows.append(row)
        previous = due_on
    rows[0].part = counted_part(terms, on, change.first_due, step.frequency)
    rows[0].begins_plan = True
    work.rows, work.plan_from = kept + rows, len(kept)
    work.anchor, work.grace_interest = step, 0
    work.reopen()
    principal = work.out
    work.set_instalments(len(kept), principal, on, is_new=True)
    _spread(rows, left)
    return principal


def _check_owed(work: Fold, on: date) -> None:
    if work.out <= 0:
        raise InvalidInput("no-principal-out", effective_on=on.isoformat())


def _set_step(work: Fold, row: Row, step: Anchor) -> None:
    """Give a row the part of a year of its plan's step, where that is not the one agreed."""
    terms = work.terms
    row.part = row.step = None
    if (step.every, step.frequency) != (terms.every, terms.frequency):
        row.step = step_part(terms, step.every, step.frequency)
        row.part = row.step if counts_steps(terms) else None


def _close(rows: list[Row], left: list[int]) -> None:
    """Ask nothing more of any row; interest that a grace defers yet is asked with the rest."""
    if rows and rows[-1].deferred:
        rows[-1].due[Part.INTEREST] += rows[-1].deferred
        rows[-1].deferred = 0
    for row in rows:
        if row.unpaid > 0:
            meet(row, left)
        elif not row.is_locked and not row.is_taken_over:
            row.is_met = True


def _cut(work: Fold, row: Row, on: date, deferred: int) -> bool:
    """End a row on the day; False when nothing of it remains to be kept.

    Interest that a grace deferred to it, or past it, is asked with its own.
    """
    if row.start < on and work.is_bearing:
        days, before = (on - row.start).days, (row.due_on - row.start).days
        if counts_steps(work.terms):
            row.part = work.whole_part(row) * days / before
        row.due_on, row.day_rate = on, (0, 0)
        if row.is_locked and row.carry:
            # The last row, settled ahead: the interest it holds ran for its whole period, and ends today.
            own = row.due[Part.INTEREST] - row.carry
            moves = work.interest(row, on, on, row.agreed) - own + row.moved[Part.INTEREST]
            row.due[Part.INTEREST] += moves - row.credit
            row.carry, row.credit = row.carry + moves - row.credit, moves
        elif not row.is_locked:
            interest = work.interest(row, on, on, row.agreed) + row.carry + row.moved[Part.INTEREST]
            row.due[Part.INTEREST] = max(interest + deferred, row.paid[Part.INTEREST])
            row.deferred = 0
            # What was collected beyond that day goes on to the new rows, like what earlier rows had left.
            row.credit = min(interest + deferred - row.due[Part.INTEREST], 0)
            row.due[Part.PRINCIPAL] = row.paid[Part.PRINCIPAL]
            row.is_met = True
        return True
    if row.fee and row.start >= on:
        drop_fee(row)
    # Its own interest has not begun; what it holds beside is what was paid, charged, or moved here before.
    row.due[Part.INTEREST] = max(row.paid[Part.INTEREST], row.moved[Part.INTEREST])
    row.due[Part.PRINCIPAL] = row.paid[Part.PRINCIPAL]
    row.due_on, row.start, row.is_locked, row.day_rate = on, min(row.start, on), False, (0, 0)
    row.is_met, row.carry, row.credit = True, 0, row.moved[Part.INTEREST] - row.due[Part.INTEREST]
    return any(row.paid) or any(row.due)


def meet(row: Row, left: list[int]) -> None:
    """Ask nothing more of a row; what it asked goes to `left` and stays charged to it.

    A row settled early that only a charge kept open stays settled: its interest went on to the next row.
    """
    moved, is_settled = list(row.moved), row.is_locked and row.due[2:] == row.paid[2:]
    for part in Part:
        unpaid = row.due[part] - row.paid[part]
        left[part] += unpaid
        moved[part] -= unpaid
        row.due[part] = row.paid[part]
    row.moved = (moved[0], moved[1], moved[2], moved[3])
    row.is_met = not is_settled


def _spread(rows: list[Row], left: list[int]) -> None:
    """Share penalty, fee and interest equally over rows; the last one takes the odd units."""
    for part in OTHERS:
        if not left[part]:
            continue
        for row, share in zip(rows, split(left[part], len(rows)), strict=True):
            moved = list(row.moved)
            moved[part] += share
            row.moved = (moved[0], moved[1], moved[2], moved[3])
            row.due[part] += share


def _re_amortize(work: Fold, on: date) -> int:
    """Spread what is past due over the rows still to come, principal by the product's multiple."""
    to_come = [
        r for r in work.rows if r.due_on >= on and not r.is_met and not r.is_locked and not r.is_down_payment
    ]
    if not to_come:
        raise InvalidInput("no-row-to-spread-over", effective_on=on.isoformat())
    work.keep_agreed()
    left = [0, 0, 0, 0]
    for row in work.rows:
        if row.due_on < on and row.unpaid > 0:
            work.set_back(row, on)
            meet(row, left)
    work.reopen()
    principal, convention = left[Part.PRINCIPAL], work.convention
    share = round_ratio(
        principal, len(to_come), convention.instalment_rounding, convention.instalment_multiple
    )
    for row in to_come[:-1]:
        row.extra += min(share, principal)
        principal -= min(share, principal)
    to_come[-1].extra += principal
    _spread(to_come, left)
    return left[Part.PRINCIPAL]
