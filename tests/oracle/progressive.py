"""The progressive convention, recomputed day by day from the first day each time it is asked.

Needs    world; the acts known, and what earlier payments booked.
Gives    build: the rows as of a day; interest_to: what a running row's interest has come to.
Never    keeps anything between two calls.
Source   docs/reference/conventions.md, sections Progressive and Rescheduling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from tests.oracle.ledger import Ledger
from tests.oracle.penalty import add_penalty
from tests.oracle.world import (
    DAY,
    FEE,
    INTEREST,
    PARTS,
    PENALTY,
    PRINCIPAL,
    Act,
    Deal,
    Line,
    Settled,
    day_share,
    own_months,
    rate_on,
    rounded,
    stepped,
    year_length,
)


def down_payment(deal: Deal) -> int:
    """The share of the disbursement due on its own day."""
    return rounded(deal.principal * deal.down_share, deal.rounding)


def blank_rows(deal: Deal) -> list[Line]:
    """The rows as agreed, without an amount."""
    lines = []
    if deal.down_share:
        lines.append(Line(1, deal.start, deal.start, is_down=True))
    start = deal.start
    for k in range(1, deal.count + 1):
        due = stepped(deal.start, k, deal.every, deal.unit)
        if deal.first_due is not None:
            due = stepped(deal.first_due, k - 1, deal.every, deal.unit)
        nr = deal.first_nr + len(lines)
        lines.append(Line(nr, start, due, is_grace=k <= deal.grace_principal))
        start = due
    if deal.first_due is not None:
        lines[0].months = own_months(deal, deal.start, deal.first_due)
    return lines


def reshape(deal: Deal, lines: list[Line], acts: Sequence[Act], change: Act) -> None:
    """Give the rows their dates after a due date moved, or add the rows of an extension."""
    k = change.nr - deal.first_nr
    if change.what == "move":
        assert change.to_due is not None, "a move has a day to move to"
        for n, line in enumerate(lines[k:]):
            line.due_on, line.months = stepped(change.to_due, n, deal.every, deal.unit), None
            if n:
                line.start = lines[k + n - 1].due_on
        lines[k].months = own_months(deal, lines[k].start, change.to_due)
    if change.what == "extend":
        moves = [act for act in acts if act.what == "move"]
        on, nr = deal.start, deal.first_nr - (0 if deal.down_share else 1)
        if deal.first_due is not None:
            on, nr = deal.first_due, deal.first_nr
        if moves and moves[-1].to_due is not None:
            on, nr = moves[-1].to_due, moves[-1].nr
        for _ in range(change.count):
            last = lines[-1]
            due = stepped(on, last.nr + 1 - nr, deal.every, deal.unit)
            lines.append(Line(last.nr + 1, last.due_on, due))


def lent_by(deal: Deal, acts: Sequence[Act], ledger: Ledger, day: date) -> int:
    """What was paid out on or before a day."""
    more = sum(act.amount for act in acts if act.what == "disburse" and act.on <= day)
    again = sum(amount for on, amount, _ in ledger.relent if on <= day)
    return (deal.principal if deal.start <= day else 0) + more + again


def days_of(line: Line, to: date | None = None) -> list[date]:
    """The days of a row, each standing for the night before it, up to `to`."""
    end = min(to, line.due_on) if to is not None else line.due_on
    return [line.start + n * DAY for n in range(1, (end - line.start).days + 1)]


def exact_interest(deal: Deal, acts: Sequence[Act], line: Line, base_of: dict[date, int]) -> Fraction:
    """The sum over the days of base x rate x share of the year, exact."""
    sums: dict[tuple[Fraction, int], int] = {}
    sample: dict[tuple[Fraction, int], date] = {}
    for day, base in base_of.items():
        key = (rate_on(deal, acts, day), year_length(deal, day))
        sums[key] = sums.get(key, 0) + base
        sample.setdefault(key, day)
    return sum(
        (total * rate * day_share(deal, line, sample[rate, year]) for (rate, year), total in sums.items()),
        Fraction(0),
    )


def bases(
    deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: Sequence[Line], upto: int, as_of: date, to: date
) -> dict[date, int]:
    """The principal that bears interest on each day of row `upto`."""
    moves = [move for line in lines for move in ledger.gone(deal, line)]
    for line in lines[:upto]:
        rest = line.due[PRINCIPAL] - ledger.principal_of(line.nr)
        moves.append((assumed_paid(deal, ledger, line, as_of), rest))
    found = {}
    for day in days_of(lines[upto], to):
        night = day - DAY
        base = lent_by(deal, acts, ledger, night) - sum(amount for on, amount in moves if on <= night)
        found[day] = max(base, 0)
    return found


def assumed_paid(deal: Deal, ledger: Ledger, line: Line, as_of: date) -> date:
    """The day from which the unpaid principal of an earlier row bears no contract interest."""
    replaces = deal.late is not None and deal.late.replaces
    return ledger.apart_from(line) if replaces else max(line.due_on, as_of)


def factors(deal: Deal, acts: Sequence[Act], lines: Sequence[Line]) -> list[Fraction]:
    """The real factor of each row: its days' rates and shares of a year."""
    return [Fraction(1) + exact_interest(deal, acts, line, dict.fromkeys(days_of(line), 1)) for line in lines]


def level(deal: Deal, balance: int, rows: Sequence[Fraction]) -> int:
    """The equal instalment of a balance, but a balloon, over rows of these factors, rounded once."""
    product, f = Fraction(1), Fraction(0)
    for n, factor in enumerate(rows):
        product *= factor
        f = Fraction(1) if n == 0 else 1 + f * factor
    return rounded(
        (balance * product - balloon_of(deal, balance)) / f, deal.instalment_rounding, deal.multiple
    )


def balloon_of(deal: Deal, balance: int) -> int:
    """What the last instalment leaves of a balance, to be paid with it."""
    return min(deal.balloon, max(balance, 0))


def set_instalments(deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: list[Line], as_of: date) -> None:
    """Every row's instalment: as agreed, and anew from the row of each change; and the dates, act by act."""
    first = deal.approved if deal.approved is not None else deal.principal
    first -= rounded(first * deal.down_share, deal.rounding)
    # At the start nothing else is known, so nothing but the agreed rate can be in the factors.
    known = acts[: deal.known]
    is_calm = not deal.is_disturbed and not any(a.what == "pause" for a in known)
    fit(deal, known, Ledger(carry=ledger.carry), lines, 0, first, deal.start, is_calm)
    for n, change in enumerate(acts):
        if n >= deal.known and change.what == "move":
            reshape(deal, lines, acts[:n], change)
        if n < deal.known or change.what not in ("rate", "disburse", "extend"):
            continue
        index = change.nr - deal.first_nr if change.what == "extend" else row_of(lines, change)
        if index is None:
            continue
        looked = min(change.on, max(as_of, deal.start))
        earlier = [clean(line) for line in lines]
        before = ledger.before(change.on, n)
        lay_out(deal, acts[:n], before, looked, earlier)
        out = lent_by(deal, acts[: n + (change.what == "disburse")], before, change.on)
        out -= sum(line.due[PRINCIPAL] for line in earlier[:index])
        if change.what == "extend":
            before = ledger.before(change.on, n + 1)
            reshape(deal, lines, acts[:n], change)
        else:
            out -= sum(x.amount for x in before.beside if x.ends is None and x.nr - deal.first_nr >= index)
        is_calm = not deal.is_disturbed and not any(a.what in ("pause", "move") for a in acts[:n])
        add_charges(deal, acts[:n], ledger.before(change.on, n), earlier)
        add_penalty(deal, acts[:n], ledger.before(change.on, n), earlier, looked)
        is_calm = is_calm and not overdue_or_early(earlier, before, looked)
        fit(deal, acts[: n + 1], before, lines, index, out, looked, is_calm)


def clean(line: Line) -> Line:
    """The same row with nothing asked or paid yet."""
    return replace(
        line,
        due=dict.fromkeys(PARTS, 0),
        paid=dict.fromkeys(PARTS, 0),
        moved=dict.fromkeys(PARTS, 0),
        extra=0,
        is_met=False,
        is_settled=False,
    )


def fit(
    deal: Deal,
    acts: Sequence[Act],
    ledger: Ledger,
    lines: list[Line],
    index: int,
    balance: int,
    as_of: date,
    may_adjust: bool,
) -> None:
    """Set the instalment from a row on, and try once to share the last row's difference over the rows."""
    real = [line for line in lines[index:] if not line.is_grace and not line.is_down]
    emi = level(deal, balance, factors(deal, acts, real))
    gap = gap_with(deal, acts, ledger, lines, index, emi, as_of)
    step = rounded(Fraction(gap, len(real)), deal.rounding)
    if not may_adjust or step == 0:
        return
    tried = rounded(Fraction(emi + step), deal.instalment_rounding, deal.multiple)
    if abs(gap_with(deal, acts, ledger, lines, index, tried, as_of)) >= abs(gap):
        gap_with(deal, acts, ledger, lines, index, emi, as_of)


def gap_with(
    deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: list[Line], index: int, emi: int, as_of: date
) -> int:
    """Set an instalment from a row on; what the last row then asks above it."""
    for line in lines[index:]:
        line.instalment = emi
    trial = [clean(line) for line in lines]
    lay_out(deal, acts, ledger, as_of, trial)
    last = trial[-1]
    # What stands beside the instalment is no part of the difference.
    return last.due[PRINCIPAL] + last.due[INTEREST] - last.moved[INTEREST] - last.extra - emi - deal.balloon


def overdue_or_early(lines: Sequence[Line], ledger: Ledger, on: date) -> bool:
    """Whether an amount is overdue on a day, or something was paid before its day."""
    due = {line.nr: line.due_on for line in lines}
    late = any(line.due_on < on and line.unpaid for line in lines)
    return late or any(b.on < due[b.nr] for b in ledger.booked if b.part in (INTEREST, PRINCIPAL))


def row_of(lines: Sequence[Line], act: Act) -> int | None:
    """The index of the row an act falls in; a disbursement on a due date belongs to the next row."""
    for index, line in enumerate(lines):
        if not line.is_down and (act.on < line.due_on or (act.what == "rate" and act.on == line.due_on)):
            return index
    return None


def build(deal: Deal, acts: Sequence[Act], ledger: Ledger, as_of: date) -> list[Line]:
    """Every row as of a day, from nothing but the facts and what was booked."""
    lines = blank_rows(deal)
    set_instalments(deal, acts, ledger, lines, as_of)
    lay_out(deal, acts, ledger, as_of, lines)
    add_charges(deal, acts, ledger, lines)
    return lines


def lay_out(deal: Deal, acts: Sequence[Act], ledger: Ledger, as_of: date, lines: list[Line]) -> None:
    """What every row asks for by part, its instalment given."""
    settled = {s.nr: s for s in ledger.settled if s.open_from is None}
    ledger.write(deal, lines)
    total = lent_by(deal, acts, ledger, max(as_of, lines[-1].due_on))
    given, carry = 0, ledger.carry
    for i, line in enumerate(lines):
        if not line.is_met:
            own = Fraction(0)
            if not line.is_down:
                own = exact_interest(
                    deal, acts, line, bases(deal, acts, ledger, lines, i, as_of, line.due_on)
                )
            line.carry_in = carry
            full = rounded(own, deal.rounding) + carry + line.moved[INTEREST]
            if line.nr in settled:
                line.is_settled = True
                line.due[INTEREST] = settled[line.nr].interest
                line.due[PRINCIPAL] = settled[line.nr].principal
            else:
                line.due[INTEREST] = max(full, line.paid[INTEREST], 0)
                left = total - given - lent_too_late(deal, acts, ledger, lines, i)
                line.due[PRINCIPAL] = asked_principal(deal, lines, i, left, settled)
            line.carry_out = full - line.due[INTEREST]
        carry = line.carry_out
        given += line.due[PRINCIPAL]
        line.balance = lent_by(deal, acts, ledger, line.due_on) - given
    if lines[-1].is_settled:
        # Interest that moves past the last row stays in it; what was collected ahead and is not earned, too.
        end = lines[-1]
        end.due[INTEREST] += max(carry, end.paid[INTEREST] - end.due[INTEREST])


def asked_principal(deal: Deal, lines: Sequence[Line], i: int, left: int, settled: dict[int, Settled]) -> int:
    """Principal of an open row: the instalment less its interest, or all that is left on the last."""
    line = lines[i]
    later = sum(
        settled[other.nr].principal if other.nr in settled else other.paid[PRINCIPAL]
        for other in lines[i + 1 :]
    )
    is_last = all(other.nr in settled for other in lines[i + 1 :])
    if is_last:
        return max(left - later, line.paid[PRINCIPAL])
    if line.is_down:
        return down_payment(deal)
    interest = line.due[INTEREST] - line.moved[INTEREST]
    wanted = 0 if line.is_grace else max(line.instalment - interest, 0)
    return max(min(wanted + line.extra, left - later), line.paid[PRINCIPAL])


def lent_too_late(deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: Sequence[Line], i: int) -> int:
    """Money lent on a row's due date or later, which it never asks for; the last row asks for all."""
    if i == len(lines) - 1:
        return 0
    ever = lent_by(deal, acts, ledger, date.max)
    return ever - max(lent_by(deal, acts, ledger, lines[i].due_on - DAY), deal.principal)


def holder(lines: Sequence[Line], on: date) -> int:
    """The number of the row whose period holds a day; after the plan's end the last one.

    Once the whole plan is paid it is a row of its own, due that day.
    """
    plan = [line for line in lines if not line.is_charge]
    for line in plan:
        if not line.is_down and on <= line.due_on:
            return line.nr
    if any(line.unpaid for line in plan):
        return plan[-1].nr
    return lines[-1].nr + (0 if lines[-1].is_charge and lines[-1].due_on == on else 1)


def add_charges(deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: list[Line]) -> None:
    """Fees and penalties charged by a fact, and those a new plan moved here; a row met asks no more."""
    for line in lines:
        for part in (PENALTY, FEE):
            line.due[part] += 0 if line.is_met else line.moved[part]
    for act in acts:
        if act.what not in ("fee", "penalty"):
            continue
        if act.nr > lines[-1].nr:
            own = Line(act.nr, act.on, act.on, is_down=True, is_charge=True, balance=lines[-1].balance)
            for b in ledger.booked:
                own.paid[b.part] += b.amount if b.nr == act.nr else 0
            lines.append(own)
        line = lines[act.nr - deal.first_nr]
        line.due[FEE if act.what == "fee" else PENALTY] += 0 if line.is_met else act.amount


def interest_to(
    deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: Sequence[Line], i: int, on: date
) -> int:
    """The interest of a running row to a day, with what earlier rows left to it."""
    base = bases(deal, acts, ledger, lines, i, on, on)
    own = rounded(exact_interest(deal, acts, lines[i], base), deal.rounding)
    return own + lines[i].carry_in + lines[i].moved[INTEREST]
