"""The cumulative convention: every slice rounded by itself, on the balance as agreed or as it really is.

Needs    world and the plain helpers of progressive; the acts known, what was booked and replanned.
Gives    build: the rows as of a day.
Never    keeps anything between two calls.
Source   docs/reference/conventions.md, sections Cumulative and Rescheduling.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from tests.oracle.ledger import Ledger
from tests.oracle.progressive import (
    add_charges,
    balloon_of,
    bases,
    blank_rows,
    days_of,
    down_payment,
    lent_by,
    lent_too_late,
    level,
    rate_on,
    reshape,
)
from tests.oracle.world import DAY, INTEREST, PRINCIPAL, Act, Deal, Line, day_share, rounded


def is_recalculated(deal: Deal) -> bool:
    """Whether interest follows what is really paid, day by day."""
    return deal.is_daily and deal.method == "declining"


def row_factor(deal: Deal, acts: Sequence[Act], line: Line) -> Fraction:
    """The rate of one step of the plan: 30 days a month over the year, a twelfth where the year is actual."""
    year = 360 if deal.days_in_year == "actual" else int(deal.days_in_year)
    unit = {"MONTHS": 30, "WEEKS": 7, "DAYS": 1}[deal.unit]
    rate = deal.rate
    last = line.due_on if deal.method == "flat" else line.start + DAY
    for act in acts:
        if act.what == "rate" and act.on <= last:
            rate = act.rate
    return rate * unit * (deal.every if line.months is None else line.months) / year


def interest_of(
    deal: Deal,
    acts: Sequence[Act],
    ledger: Ledger,
    lines: Sequence[Line],
    i: int,
    as_of: date,
    to: date | None = None,
) -> int:
    """Interest of a row, rounded slice by slice; flat interest is one amount."""
    line = lines[i]
    if deal.method == "flat":
        return rounded(deal.principal * row_factor(deal, acts, line), deal.rounding)
    if is_recalculated(deal):
        base_of = bases(deal, acts, ledger, lines, i, as_of, to or line.due_on)
    else:
        given = sum(other.due[PRINCIPAL] for other in lines[:i])
        base_of = {day: lent_by(deal, acts, ledger, day - DAY) - given for day in days_of(line)}
    total, run, key = 0, Fraction(0), None
    for day, base in base_of.items():
        new = (base, rate_on(deal, acts, day))
        if new != key:
            total, run, key = total + rounded(run, deal.rounding), Fraction(0), new
        run += base * new[1] * day_share(deal, line, day)
    return total + rounded(run, deal.rounding)


def plan(deal: Deal, acts: Sequence[Act], lines: list[Line], index: int, balance: int) -> None:
    """Set the instalment, or the equal principal, of the rows from an index on."""
    rows = [line for line in lines[index:] if not line.is_grace and not line.is_down]
    if not rows:
        return
    if deal.method == "declining" and deal.amortization == "equal instalments":
        amount = level(deal, balance, [1 + row_factor(deal, acts, line) for line in rows])
        for line in lines[index:]:
            line.instalment = amount
        return
    balance -= balloon_of(deal, balance)
    share = rounded(Fraction(balance, len(rows)), deal.rounding)
    for line in rows:
        line.instalment = share
        if deal.method == "flat" and deal.multiple > 1:
            interest = rounded(deal.principal * row_factor(deal, acts, line), deal.rounding)
            whole = Fraction(balance, len(rows)) + interest
            line.instalment = rounded(whole, deal.instalment_rounding, deal.multiple) - interest


def planned_rows(deal: Deal, acts: Sequence[Act], ledger: Ledger) -> list[Line]:
    """The rows with their dates and instalments, as agreed and as each change of the plan left them."""
    lines = blank_rows(deal)
    first = deal.approved if deal.approved is not None else deal.principal
    first -= rounded(first * deal.down_share, deal.rounding)
    plan(deal, acts[: deal.known], lines, 0, first)
    for n in range(deal.known, len(acts) + 1):
        for at, nr, balance in ledger.replanned:
            if at == n:
                plan(deal, acts[:n], lines, nr - deal.first_nr, balance)
        if n < len(acts):
            reshape(deal, lines, acts[:n], acts[n])
    return lines


def build(deal: Deal, acts: Sequence[Act], ledger: Ledger, as_of: date) -> list[Line]:
    """Every row as of a day, from nothing but the facts, what was booked, and the plans set anew."""
    lines = planned_rows(deal, acts, ledger)
    ledger.write(deal, lines)
    total = lent_by(deal, acts, ledger, max(as_of, lines[-1].due_on))
    given, credit, skip, deferred = 0, ledger.carry, 0, 0
    for i, line in enumerate(lines):
        if line.is_met:
            credit, skip, deferred = line.carry_out, line.skip_out, line.deferred_out
            given += line.due[PRINCIPAL]
            line.balance = lent_by(deal, acts, ledger, line.due_on) - given
            continue
        line.carry_in, line.deferred_in = credit, deferred
        # A plan set anew is made of what is left: what was overpaid before lowers nothing of it again.
        skip = 0 if line.nr in ledger.extended else skip
        full = 0 if line.is_down else interest_of(deal, acts, ledger, lines, i, as_of)
        number = line.nr - (1 if deal.down_share else 0)
        is_deferring = 0 < number <= deal.grace_interest
        asks = full + credit + line.moved[INTEREST] + (0 if is_deferring else deferred)
        asked = max(asks, line.paid[INTEREST])
        credit = line.carry_out = asks - asked
        # The instalment knows only the row's own interest, whenever that is collected.
        line.due[INTEREST] = asked - line.moved[INTEREST] - (0 if is_deferring else deferred)
        later = sum(other.paid[PRINCIPAL] for other in lines[i + 1 :])
        later += lent_too_late(deal, acts, ledger, lines, i)
        skip = line.skip_out = ask_principal(deal, lines, i, total - given - later, skip)
        if not line.is_down:
            line.due[INTEREST], deferred = (0, deferred + asked) if is_deferring else (asked, 0)
        line.deferred_out = deferred
        given += line.due[PRINCIPAL]
        line.balance = lent_by(deal, acts, ledger, line.due_on) - given
    add_charges(deal, acts, ledger, lines)
    return lines


def ask_principal(deal: Deal, lines: Sequence[Line], i: int, left: int, skip: int) -> int:
    """Set a row's principal; returns what was overpaid before and still lowers the rows after it."""
    line = lines[i]
    if i == len(lines) - 1:
        line.due[PRINCIPAL] = left
        return skip
    if line.is_down:
        wanted = down_payment(deal)
    elif line.is_grace:
        wanted = line.extra
    elif deal.method == "flat" or deal.amortization == "equal principal":
        wanted = line.instalment + line.extra
    else:
        wanted = max(line.instalment - line.due[INTEREST], 0) + line.extra
    if is_recalculated(deal) and deal.prepayment == "skip next" and not line.is_down:
        used = min(skip, wanted)
        wanted -= used
        skip += max(line.paid[PRINCIPAL] - wanted, 0) - used
    line.due[PRINCIPAL] = max(min(wanted, left), line.paid[PRINCIPAL])
    return skip
