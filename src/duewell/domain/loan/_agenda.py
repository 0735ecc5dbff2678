"""Agenda: a loan's coming dates, what falls due on them, and what each adds to the portfolio sums.

Needs    terms, facts, and the day that is open.
Gives    Agenda: entries by date, as agreed or, for a loan behind, the course if nothing more is reported.
Never    needs a later fold to be moved on: closing a quiet day only adds what stands here.
Source   docs/decisions/0003-the-agenda.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from duewell.domain.agenda import (
    BUCKETS,
    ONE_DAY,
    Agenda,
    Buckets,
    Entry,
    EntryKind,
    Sums,
    add,
    days_weight,
    difference_of,
    in_day_order,
    rolled,
    scaled,
)
from duewell.domain.facts import Fact, split_at
from duewell.domain.loan._fees import fee_charged
from duewell.domain.loan._penalty import (
    PenaltyClock,
    after_maturity,
    penalty_base,
    penalty_since,
    unpaid_principal,
)
from duewell.domain.loan._schedule import Row
from duewell.domain.loan._standing import (
    View,
    charged_through,
    closes_interest,
    in_advance,
    interest_charged,
    penalty_begins,
    penalty_class,
    penalty_once,
    penalty_scaled,
    slope_of,
    standing,
    suspended_on,
    view_of,
)
from duewell.domain.loan._state import PLANNED, Folding
from duewell.domain.product import LoanTerms, Part

_CLAIMED = (Part.FEE, Part.INTEREST, Part.PRINCIPAL)


def agenda(
    terms: LoanTerms,
    facts: Sequence[Fact],
    *,
    open_on: date,
    is_closing: bool = False,
    buckets: Buckets = BUCKETS,
) -> tuple[Agenda, Sums]:
    """The agenda from `open_on` on, and the standing at the end of the day before it.

    At the closing of the day a row due that day and unpaid turns the loan. Closing the day adds the
    entries dated on it to the standing rolled on by one day; the sum is the standing at its end.
    """
    folding = Folding(terms)
    before, coming = split_at(facts, open_on)
    for fact in before:
        folding.apply(fact)
    return agenda_from(folding, coming, open_on=open_on, is_closing=is_closing, buckets=buckets)


def agenda_from(
    folding: Folding,
    coming: Sequence[Fact],
    *,
    open_on: date,
    is_closing: bool = False,
    buckets: Buckets = BUCKETS,
) -> tuple[Agenda, Sums]:
    """The same from a fold that stands before the open day; it is moved on to that day by the facts left."""
    yesterday = open_on - ONE_DAY
    before, was_late = standing_before(folding, open_on)
    for fact in coming:
        if fact.effective_on == open_on or fact.kind in PLANNED:
            folding.apply(fact, open_on)
    view = view_of(folding, as_of=open_on, is_closing=is_closing)
    is_on_books = view.state.charged_off_on is None
    entries: list[Entry] = []
    if is_on_books:
        entries = _dues(view, open_on) + _edges(view, open_on, buckets)
        _add_slopes(entries, view, open_on)
        _add_penalties(entries, view, open_on)
        _suspend(entries, view, open_on)
        if was_late and not view.is_silent:
            entries.append(Entry(open_on, EntryKind.CURED))
    _add_open_day(
        entries, difference_of(standing(view, open_on), rolled(before, yesterday, open_on)), open_on
    )
    entries = in_day_order(entries)
    last = open_on if is_closing else yesterday
    late = (r.due_on for r in view.state.rows if r.due_on <= last and r.unpaid > 0)
    since = next(late, None) if is_on_books else None
    if is_on_books and _is_tabular(view, entries):
        return Agenda(tuple(entries), False, since, view.state.principal_out, True, before), before
    return Agenda(tuple(entries), view.is_silent, since, before=before), before


def _is_tabular(view: View, entries: Sequence[Entry]) -> bool:
    """Whether payments on due dates only meet claims: on time, nothing penal, nothing moved or overpaid.

    The claims of an entry are fee, interest, principal: a product with another order is asked the long way,
    and so are two rows due on one day.
    """
    state, terms = view.state, view.terms
    order = tuple(part for part in terms.allocation.order if part is not Part.PENALTY)
    if view.is_silent or state.overpaid or order != _CLAIMED:
        return False
    if any(row.due[Part.PENALTY] != row.paid[Part.PENALTY] or any(row.moved) for row in state.rows):
        return False
    dues = [entry.on for entry in entries if entry.kind is EntryKind.DUE and any(entry.claims)]
    return len(dues) == len(set(dues))


def standing_before(folding: Folding, open_on: date) -> tuple[Sums, bool]:
    """What the loan stood for at the end of the day before, and whether it was behind then."""
    yesterday = open_on - ONE_DAY
    if folding.is_empty:
        return {}, False
    past = view_of(folding, as_of=yesterday, is_closing=True)
    return standing(past, yesterday), past.is_silent


def _dues(view: View, open_on: date) -> list[Entry]:
    """One entry a row that still claims something or still has to be charged."""
    entries = []
    charged_to, at, advance = charged_through(view, open_on), 0, 0
    for row in view.rows:
        # A penalty is no claim of a row: it is asked for beside the rows, never on top of another.
        claims = tuple(max(0, row.due[p] - row.paid[p]) for p in _CLAIMED)
        entry = Entry(row.due_on, EntryKind.DUE, (claims[0], claims[1], claims[2]))
        advance += in_advance(row, charged_to, open_on)
        if row.due_on > open_on:
            charged = interest_charged(row, row.due_on) - interest_charged(row, open_on)
            add(entry.adds, ("interest.charged", ""), charged)
            if row.fee:
                fees = fee_charged(row, row.due_on) - fee_charged(row, open_on)
                add(entry.adds, ("fee.charged", ""), fees)
            if closes_interest(view, row):
                at = _add_due_accrual(entry, view, charged_to, row.due_on, at)
                charged_to = row.due_on
                add(entry.adds, ("interest.advance", ""), -advance)
                advance = 0
            else:
                add(entry.adds, ("interest.advance", ""), charged)
                advance += charged
        if row.due_on >= open_on or any(claims):
            entries.append(entry)
    return entries


def _add_due_accrual(entry: Entry, view: View, since: date | None, until: date, at: int) -> int:
    """Add what accrued over (since, until]; slices before `at` ended earlier. Returns where to begin next."""
    slices = view.slices
    while at < len(slices) and since is not None and slices[at].end <= since:
        at += 1
    for k in range(at, len(slices)):
        piece = slices[k]
        if piece.start >= until:
            break
        start = piece.start if since is None or piece.start > since else since
        end = piece.end if piece.end < until else until
        if start < end:
            accrual, slope = slope_of(view.terms, piece)
            add(entry.adds, ("interest.due", accrual), slope * days_weight(accrual, start, end))
    return at


def _edges(view: View, open_on: date, buckets: Buckets) -> list[Entry]:
    """The days on which the oldest unpaid row enters a bucket."""
    if not view.is_silent:
        return []
    oldest = next(r for r in view.rows if r.unpaid > 0)
    days = [oldest.due_on + timedelta(days=first) for _, first in buckets if first > 0]
    return [Entry(on, EntryKind.EDGE) for on in days if on >= open_on]


def _add_slopes(entries: list[Entry], view: View, open_on: date) -> None:
    """Where the daily accrual changes after the open day; net, so a day that changes nothing adds nothing."""
    changes: dict[date, Sums] = {}
    charged_to = charged_through(view, open_on)
    told_to = open_on if charged_to is None or charged_to < open_on else charged_to
    for piece in view.slices:
        accrual, slope = slope_of(view.terms, piece)
        if piece.start > told_to:
            add(changes.setdefault(piece.start, {}), ("interest.slope", accrual), slope)
        if piece.end > told_to:
            add(changes.setdefault(piece.end, {}), ("interest.slope", accrual), -slope)
    dues = {e.on: e for e in entries if e.kind is EntryKind.DUE}
    for on, sums in changes.items():
        net = {key: value for key, value in sums.items() if value}
        if not net:
            continue
        if on in dues:
            for key, value in net.items():
                add(dues[on].adds, key, value)
        else:
            entries.append(Entry(on, EntryKind.RATE, adds=net))


def _suspend(entries: list[Entry], view: View, open_on: date) -> None:
    """From the day on which interest is suspended, what an entry does to interest it does to the suspended.

    Interest that falls due moves from what accrues to what is charged; it stays suspended.
    """
    begins = suspended_on(view)
    if begins is None:
        return
    for entry in entries:
        if entry.on > max(begins, open_on):
            _mirror(entry)
    if begins > open_on:
        sums = standing(view, begins)
        told = {key: value for key, value in sums.items() if key[0].startswith("suspended.")}
        if told:
            entries.append(Entry(begins, EntryKind.SUSPENDED, adds=told))


def _mirror(entry: Entry) -> None:
    for (measure, accrual), value in list(entry.adds.items()):
        if measure == "interest.slope":
            add(entry.adds, ("suspended.slope", accrual), value)
        elif measure == "interest.due":
            add(entry.adds, ("suspended.accrued", accrual), -value)
        elif measure == "interest.charged":
            add(entry.adds, ("suspended.charged", ""), value)


def _add_penalties(entries: list[Entry], view: View, open_on: date) -> None:
    """The days on which a penalty begins, or a cap changes its rate, for a loan whose rows stay unpaid."""
    penalty = view.terms.penalty
    if penalty is None or not view.is_silent:
        return
    clock = PenaltyClock(penalty)
    charged = {row.nr: row.penalty_to for row in view.state.rows}
    for row in view.rows:
        on = penalty_begins(view.terms, row)
        if on > open_on:
            entry, charged_to = Entry(on, EntryKind.PENALTY), charged.get(row.nr)
            if penalty.rate is not None:
                _begin_penalty(entry, view, clock, row, penalty_since(penalty, row, on, charged_to))
            elif charged_to is None:
                add(entry.adds, ("penalty.once", ""), penalty_once(view, row))
            if entry.adds:
                entries.append(entry)
        if penalty.rate is not None:
            entries += _capped(view, clock, row, max(on, open_on))
            entries += _matured(view, row, max(on, open_on))


def _begin_penalty(entry: Entry, view: View, clock: PenaltyClock, row: Row, since: date | None) -> None:
    """The day that begins it brings the days of the grace with it: grace delays, it does not forgive."""
    base, accrual = penalty_base(clock.terms, row), penalty_class(view.terms)
    on = entry.on
    assert since is not None, "the grace is over on the day that begins it"
    accrued = penalty_scaled(clock, clock.units(base, since, on))
    add(entry.adds, ("penalty.accrued", accrual), accrued)
    add(entry.adds, ("penalty.slope", accrual), scaled(base, clock.rate_on(on)))
    after = after_maturity(clock.terms, view.state.matures_on, view.state.lines)
    if after is not None:
        principal = unpaid_principal(row)
        add(entry.adds, ("penalty.accrued", accrual), scaled(1, after.exact(principal, since, on)))
        add(entry.adds, ("penalty.slope", accrual), scaled(principal, after.rate_on(on)))


def _matured(view: View, row: Row, since: date) -> list[Entry]:
    """The days after `since` from which contract interest runs on with a row's penalty, or does otherwise."""
    after = after_maturity(view.terms.penalty, view.state.matures_on, view.state.lines)
    principal = unpaid_principal(row)
    if after is None or not principal:
        return []
    slope, entries = ("penalty.slope", penalty_class(view.terms)), []
    for on in {after.matures_on, *(line.cut for line in after.lines if line.cut > after.matures_on)}:
        if on > since:
            change = scaled(principal, after.rate_on(on)) - scaled(principal, after.rate_on(on - ONE_DAY))
            if change:
                entries.append(Entry(on, EntryKind.RATE, adds={slope: change}))
    return entries


def _capped(view: View, clock: PenaltyClock, row: Row, after: date) -> list[Entry]:
    """The days after `after` from which a cap lets the penalty of a row grow otherwise."""
    base = penalty_base(clock.terms, row)
    entries = []
    for earlier, later in pairwise(clock.lines):
        change = scaled(base, later.rate) - scaled(base, earlier.rate)
        if later.cut > after and change:
            slope = ("penalty.slope", penalty_class(view.terms))
            entries.append(Entry(later.cut, EntryKind.RATE, adds={slope: change}))
    return entries


def _add_open_day(entries: list[Entry], adds: Sums, open_on: date) -> None:
    if not adds:
        return
    due = next((e for e in entries if e.on == open_on and e.kind is EntryKind.DUE), None)
    if due is not None:
        due.adds = adds
    else:
        entries.append(Entry(open_on, EntryKind.POSTED, adds=adds))
