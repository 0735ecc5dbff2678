"""New plans in the oracle: a due date moved, an extension, a re-age, a re-amortisation.

Needs    the Life up to the act.
Gives    change: what the act leaves to remember; a re-age closes the rows and opens a plan of its own.
Never    forgives or invents an amount.
Source   docs/reference/conventions.md, section Rescheduling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle import cumulative, progressive
from tests.oracle.ledger import Apart, Beside, Charged, Ledger, Met, Share
from tests.oracle.penalty import exact_penalty, is_begun, ran_on
from tests.oracle.world import FEE, INTEREST, PARTS, PENALTY, PRINCIPAL, Act, Line, rounded, stepped

if TYPE_CHECKING:
    from tests.oracle.life import Life

CHANGES = ("move", "extend", "re-age", "re-amortize")
OTHERS = (PENALTY, FEE, INTEREST)


def change(life: Life, act: Act) -> None:
    """Change the plan; a change that does not fit it changes nothing and is void."""
    if life.principal_out(act.on) <= 0:
        life.void.append(act.ref)  # nothing is left that a plan could change
        return
    principal = {"move": move, "extend": extend, "re-age": re_age, "re-amortize": re_amortize}[act.what](
        life, act
    )
    if principal is None:
        life.void.append(act.ref)
        return
    life.splits.append((act.ref, principal, (0, 0, 0, principal), 0, life.principal_out(act.on)))


def named(lines: Sequence[Line], due_on: date | None, on: date) -> Line | None:
    """The row due on a day, if it is still to come or still asks for something."""
    for line in lines:
        if line.due_on == due_on and not line.is_down and (due_on > on or line.unpaid):
            return line
    return None


def move(life: Life, act: Act) -> int | None:
    """Move a due date and those after it; the penalty charged by then stays charged."""
    lines = life.rows(act.on)
    line = named(lines, act.from_due, act.on)
    if line is None or act.from_due is None or act.to_due is None or act.to_due <= line.start:
        return None
    if not 0 < abs((act.to_due - act.from_due).days) <= 366:
        return None
    shifted = [n for n in lines if n.nr >= line.nr]
    end_lateness(life, shifted, act.on)
    stays_charged(life, shifted, act.on, is_move=True)
    # What ran on after the last due date, on the rows before, was earned by then.
    stays_charged(life, [n for n in lines if n.nr < line.nr], act.on)
    for k, n in enumerate(shifted):
        if stepped(act.to_due, k, life.deal.every, life.deal.unit) < act.on:
            # Not late before the day of the move, so not apart before it.
            life.ledger.apart.append(Apart(len(life.acts) + 1, act.on, n.nr, act.on, act.on, 0))
    life.acts.append(replace(act, nr=line.nr))
    return 0


def stays_charged(life: Life, lines: Sequence[Line], on: date, *, is_move: bool = False) -> None:
    """The penalty that rows have come to stays charged; a row moved bears none for days before the move."""
    late = life.deal.late
    if late is None:
        return
    for n in lines:
        was = any(x.nr == n.nr and x.is_charged for x in life.ledger.charged)
        if is_begun(late, n, on) or was or is_move:
            exact = exact_penalty(late, life.ledger, n, on)
            is_charged = was or is_begun(late, n, on)
            after = ran_on(life.deal, life.acts, life.ledger, life.rows(on), n, on)
            life.ledger.charged.append(Charged(len(life.acts) + 1, n.nr, exact, on, is_charged, after))


def end_lateness(life: Life, lines: Sequence[Line], on: date) -> None:
    """Where a penalty replaces interest, principal past due comes back into the base.

    Days the penalty was charged for bear no interest; those of a grace that never ended do.
    """
    late = life.deal.late
    if late is None or not late.replaces:
        return
    for n in lines:
        if n.due_on < on and not n.is_met:
            since = life.ledger.apart_from(n)
            until = on if is_begun(late, n, on) else since
            life.ledger.apart.append(Apart(len(life.acts) + 1, on, n.nr, since, until, n.open(PRINCIPAL)))


def extend(life: Life, act: Act) -> int | None:
    """Spread what the rows from a due date on repay over them and the new ones."""
    lines = life.rows(act.on)
    line = named(lines, act.from_due, act.on)
    if line is None or act.count < 1 or life.principal_out(act.on) <= 0:
        return None
    spread = [n for n in lines if n.nr >= line.nr]
    stays_charged(life, spread, act.on)
    # What ran on after the last due date, on the rows before, was earned by then, as where a date moves.
    stays_charged(life, [n for n in lines if n.nr < line.nr], act.on)
    end_lateness(life, spread, act.on)
    life.acts.append(replace(act, nr=line.nr))
    at, ledger = len(life.acts), life.ledger
    ledger.beside = [replace(x, ends=at) if x.ends is None and x.nr >= line.nr else x for x in ledger.beside]
    lent = progressive.lent_by(life.deal, life.acts, ledger, act.on)
    before = sum(n.due[PRINCIPAL] for n in lines if n.nr < line.nr)
    if life.deal.engine == "cumulative":
        ledger.replanned.append((at, line.nr, lent - before))
        ledger.extended.append(line.nr)
    return 0


def re_amortize(life: Life, act: Act) -> int | None:
    """Spread what is past due over the rows still to come."""
    lines, deal, ledger = life.rows(act.on), life.deal, life.ledger
    to_come = [n for n in lines if n.due_on >= act.on and not n.is_settled and not n.is_down and not n.is_met]
    if not to_come:
        return None
    past = [n for n in lines if n.due_on < act.on and n.unpaid]
    end_lateness(life, past, act.on)
    life.acts.append(act)
    at = len(life.acts)
    left = dict.fromkeys(PARTS, 0)
    for n in past:
        for part in PARTS:
            left[part] += n.open(part)
        ledger.met.append(Met(at, n.nr, dict(n.paid), n.carry_out, n.skip_out, n.deferred_out))
    principal = rest = left[PRINCIPAL]
    each = rounded(Fraction(rest, len(to_come)), deal.instalment_rounding, deal.multiple)
    for n in to_come:
        amount = rest if n is to_come[-1] else min(each, rest)
        ledger.beside.append(Beside(at, act.on, n.nr, amount))
        rest -= amount
    ledger.shares += shares(at, [n.nr for n in to_come], left)
    return principal


def shares(at: int, rows: Sequence[int], left: dict[str, int]) -> list[Share]:
    """Penalty, fee and interest in equal shares, the last taking the odd units."""
    made = []
    for part in OTHERS:
        each = left[part] // len(rows)
        for nr in rows:
            amount = left[part] - each * (len(rows) - 1) if nr == rows[-1] else each
            made.append(Share(at, nr, part, amount))
    return made


def re_age(life: Life, act: Act) -> int | None:
    """Close every row, and go on with a plan of the principal out, as a loan that begins that day."""
    out, deal = life.principal_out(act.on), life.deal
    if out <= 0 or act.to_due is None or act.to_due <= act.on or act.count < 1:
        return None
    end_lateness(life, [n for n in life.rows(act.on) if n.unpaid], act.on)
    life.acts.append(act)
    lines = life.rows(act.on)
    left, carry = close(life, lines, act.on)
    early = any(
        b.on < n.due_on for b in life.ledger.booked for n in lines if n.nr == b.nr and is_money(b.part)
    )
    known = [a for a in life.acts if a.what in ("rate", "pause")]
    life.deal = replace(
        deal,
        principal=out,
        start=act.on,
        count=act.count,
        every=act.every,
        unit=act.unit,
        grace_principal=0,
        grace_interest=0,
        down_share=Fraction(0),
        approved=None,
        first_nr=life.past[-1].nr + 1 if life.past else 1,
        first_due=act.to_due,
        known=len(known),
        is_disturbed=deal.is_disturbed or early or any(a.what == "move" for a in life.acts),
    )
    life.acts, life.ledger = known, Ledger(carry=carry)
    life.ledger.shares = shares(len(known), [life.deal.first_nr + n for n in range(act.count)], left)
    return out


def is_money(part: str) -> bool:
    """Whether money for a part counts as paid ahead."""
    return part in (INTEREST, PRINCIPAL)


def close(life: Life, lines: Sequence[Line], on: date) -> tuple[dict[str, int], int]:
    """End the running row on the day, and ask nothing more of any row.

    Returns what they asked by part, and the interest that no row has asked for yet.
    """
    left, carry, deferred = dict.fromkeys(PARTS, 0), life.ledger.carry, 0
    given = 0
    for i, line in enumerate(lines):
        is_begun_row = line.start < on or line.due_on <= on
        if line.due_on > on:
            if is_begun_row and life.bears_interest:
                carry, deferred = end_running(life, lines, i, on)
            elif line.due[INTEREST]:
                line.due[INTEREST] = max(line.paid[INTEREST], line.moved[INTEREST])
                carry += line.moved[INTEREST] - line.due[INTEREST]
            line.due[PRINCIPAL] = line.paid[PRINCIPAL]
        elif not line.is_down:
            carry, deferred = line.carry_out, line.deferred_out
        for part in OTHERS:
            left[part] += line.open(part)
        kept = line.due_on <= on or (is_begun_row and life.bears_interest)
        kept = kept or any(line.paid.values()) or any(line.open(p) for p in PARTS)
        for part in PARTS:
            line.due[part] = line.paid[part]
        given += line.due[PRINCIPAL]
        line.due_on = min(line.due_on, on)
        line.balance = progressive.lent_by(life.deal, life.acts, life.ledger, line.due_on) - given
        if kept:
            life.past.append(line)
    left[INTEREST] += deferred
    return left, carry


def end_running(life: Life, lines: Sequence[Line], i: int, on: date) -> tuple[int, int]:
    """The running row asks for its interest to the day; what a settled one has above goes on."""
    line = lines[i]
    if life.deal.engine == "cumulative":
        interest = cumulative.interest_of(life.deal, life.acts, life.ledger, lines, i, on, on)
        interest += line.carry_in + line.moved[INTEREST] + line.deferred_in
    else:
        interest = progressive.interest_to(life.deal, life.acts, life.ledger, lines, i, on)
    if line.is_settled and i < len(lines) - 1:
        return interest - line.due[INTEREST], 0
    line.due[INTEREST] = max(interest, line.paid[INTEREST])
    return interest - line.due[INTEREST], 0
