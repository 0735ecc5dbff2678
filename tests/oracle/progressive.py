"""The progressive convention, recomputed day by day from the first day each time it is asked.

Needs    world; the acts known, and what earlier payments booked.
Gives    build: the rows as of a day; interest_to: what a running row's interest has come to.
Never    keeps anything between two calls.
Source   docs/reference/conventions.md, sections Progressive and Rescheduling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from tests.oracle.world import (
    DAY,
    FEE,
    INTEREST,
    PARTS,
    PENALTY,
    PRINCIPAL,
    Act,
    Booking,
    Deal,
    Line,
    Settled,
    day_share,
    rounded,
    stepped,
    year_length,
)


@dataclass
class Ledger:
    """All that happened to a loan so far: what was booked, and which rows were settled early."""

    booked: list[Booking] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    relent: list[tuple[date, int, int]] = field(default_factory=list)
    """Money lent again: its day, its amount, and the row that asks for it."""
    replanned: list[tuple[int, int, date]] = field(default_factory=list)

    def before(self, day: date) -> Ledger:
        """The ledger at the end of the day before."""
        return Ledger(
            [b for b in self.booked if b.on < day],
            [
                replace(s, open_from=None)
                for s in self.settled
                if s.on < day and (s.open_from is None or s.open_from > day)
            ],
            [x for x in self.relent if x[0] < day],
        )


def down_payment(deal: Deal) -> int:
    """The share of the disbursement due on its own day."""
    return rounded(deal.principal * deal.down_share, deal.rounding)


def blank_rows(deal: Deal) -> list[Line]:
    """The rows as agreed, without an amount."""
    lines = []
    if deal.down_share:
        lines.append(Line(1, deal.start, deal.start, is_down=True))
    for k in range(1, deal.count + 1):
        start = stepped(deal.start, k - 1, deal.every, deal.unit)
        due = stepped(deal.start, k, deal.every, deal.unit)
        lines.append(Line(len(lines) + 1, start, due, is_grace=k <= deal.grace_principal))
    return lines


def rate_on(deal: Deal, acts: Sequence[Act], day: date) -> Fraction:
    """The yearly rate of one day: the latest change from that day or before, nothing inside a pause."""
    rate = deal.rate
    for act in acts:
        if act.what == "rate" and act.on <= day:
            rate = act.rate
        if act.what == "pause" and act.until is not None and act.on <= day <= act.until:
            return Fraction(0)
    # A later pause must win over an earlier change, whichever is listed first.
    return rate


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
    found = {}
    for day in days_of(lines[upto], to):
        night = day - DAY
        base = lent_by(deal, acts, ledger, night)
        base -= sum(left_by(deal, ledger, line, as_of, night) for line in lines[:upto])
        base -= sum(
            b.amount
            for b in ledger.booked
            if b.part == PRINCIPAL and b.on <= night and b.nr >= lines[upto].nr
        )
        found[day] = max(base, 0)
    return found


def left_by(deal: Deal, ledger: Ledger, line: Line, as_of: date, night: date) -> int:
    """How much of a row's principal was out of the base on a night: paid, or taken as paid."""
    replaces = deal.late is not None and deal.late.replaces
    gone = [(b.on, b.amount) for b in ledger.booked if b.nr == line.nr and b.part == PRINCIPAL]
    if replaces:
        gone = [(min(on, line.due_on), amount) for on, amount in gone]
    rest = line.due[PRINCIPAL] - sum(amount for _, amount in gone)
    assumed = line.due_on if replaces else max(line.due_on, as_of)
    return sum(amount for on, amount in gone if on <= night) + (rest if assumed <= night else 0)


def factors(deal: Deal, acts: Sequence[Act], lines: Sequence[Line]) -> list[Fraction]:
    """The real factor of each row: its days' rates and shares of a year."""
    return [Fraction(1) + exact_interest(deal, acts, line, dict.fromkeys(days_of(line), 1)) for line in lines]


def level(deal: Deal, balance: int, rows: Sequence[Fraction]) -> int:
    """The equal instalment of a balance over rows of these factors, rounded once to the multiple."""
    product, f = Fraction(1), Fraction(0)
    for n, factor in enumerate(rows):
        product *= factor
        f = Fraction(1) if n == 0 else 1 + f * factor
    return rounded(balance * product / f, deal.instalment_rounding, deal.multiple)


def set_instalments(deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: list[Line], as_of: date) -> None:
    """Every row's instalment: as agreed, and anew from the row of each rate change or disbursement."""
    first = deal.approved if deal.approved is not None else deal.principal
    first -= rounded(first * deal.down_share, deal.rounding)
    # At the start nothing else is known, so nothing but the agreed rate can be in the factors.
    fit(deal, (), Ledger(), lines, 0, first, deal.start, True)
    for n, change in enumerate(acts):
        index = row_of(lines, change)
        if change.what not in ("rate", "disburse") or index is None:
            continue
        looked = min(change.on, max(as_of, deal.start))
        earlier = [replace(line, due=dict.fromkeys(PARTS, 0), paid=dict.fromkeys(PARTS, 0)) for line in lines]
        before = ledger.before(change.on)
        lay_out(deal, acts[:n], before, looked, earlier)
        out = lent_by(deal, acts[: n + (change.what == "disburse")], before, change.on)
        out -= sum(amount for _, amount, nr in before.relent if nr > index)
        out -= sum(line.due[PRINCIPAL] for line in earlier[:index])
        is_paused = any(a.what == "pause" for a in acts[:n])
        is_disturbed = is_paused or overdue_or_early(earlier, before, looked)
        fit(deal, acts[: n + 1], before, lines, index, out, looked, not is_disturbed)


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
    trial = [replace(line, due=dict.fromkeys(PARTS, 0), paid=dict.fromkeys(PARTS, 0)) for line in lines]
    lay_out(deal, acts, ledger, as_of, trial)
    return trial[-1].due[PRINCIPAL] + trial[-1].due[INTEREST] - emi


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
    add_charges(acts, lines)
    return lines


def lay_out(deal: Deal, acts: Sequence[Act], ledger: Ledger, as_of: date, lines: list[Line]) -> None:
    """What every row asks for by part, its instalment given."""
    settled = {s.nr: s for s in ledger.settled if s.open_from is None}
    for b in ledger.booked:
        lines[b.nr - 1].paid[b.part] += b.amount
    for _, amount, nr in ledger.relent:
        lines[nr - 1].extra += amount
    total = lent_by(deal, acts, ledger, max(as_of, lines[-1].due_on))
    given = carry = 0
    for i, line in enumerate(lines):
        own = Fraction(0)
        if not line.is_down:
            own = exact_interest(deal, acts, line, bases(deal, acts, ledger, lines, i, as_of, line.due_on))
        line.carry_in = carry
        full = rounded(own, deal.rounding) + carry
        if line.nr in settled:
            line.is_settled = True
            line.due[INTEREST], line.due[PRINCIPAL] = settled[line.nr].interest, settled[line.nr].principal
        else:
            line.due[INTEREST] = max(full, line.paid[INTEREST], 0)
            left = total - given - lent_too_late(deal, acts, ledger, lines, i)
            line.due[PRINCIPAL] = asked_principal(deal, lines, i, left, settled)
        carry = full - line.due[INTEREST]
        given += line.due[PRINCIPAL]
        line.balance = lent_by(deal, acts, ledger, line.due_on) - given
    if lines[-1].is_settled:
        # Interest that moves past the last row stays in it.
        lines[-1].due[INTEREST] += carry


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
    wanted = 0 if line.is_grace else max(line.instalment - line.due[INTEREST], 0)
    return max(min(wanted + line.extra, left - later), line.paid[PRINCIPAL])


def lent_too_late(deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: Sequence[Line], i: int) -> int:
    """Money lent on a row's due date or later, which it never asks for; the last row asks for all."""
    if i == len(lines) - 1:
        return 0
    ever = lent_by(deal, acts, ledger, date.max)
    return ever - max(lent_by(deal, acts, ledger, lines[i].due_on - DAY), deal.principal)


def holder(lines: Sequence[Line], on: date) -> int:
    """The index of the row whose period holds a day; the last row holds what comes after it."""
    for i, line in enumerate(lines):
        if not line.is_down and on <= line.due_on:
            return i
    return len(lines) - 1


def add_charges(acts: Sequence[Act], lines: list[Line]) -> None:
    """Fees and penalties charged by a fact, in the row whose period holds their day."""
    for act in acts:
        if act.what in ("fee", "penalty"):
            lines[holder(lines, act.on)].due[FEE if act.what == "fee" else PENALTY] += act.amount


def interest_to(
    deal: Deal, acts: Sequence[Act], ledger: Ledger, lines: Sequence[Line], i: int, on: date
) -> int:
    """The interest of a running row to a day, with what earlier rows left to it."""
    base = bases(deal, acts, ledger, lines, i, on, on)
    return rounded(exact_interest(deal, acts, lines[i], base), deal.rounding) + lines[i].carry_in
