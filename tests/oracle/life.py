"""A loan's life in the oracle: every fact met in its order, every figure recomputed from the first day.

Needs    a Deal and its Acts in order.
Gives    Answer: rows, splits, principal out, overpaid, ageing, payoff.
Never    carries a schedule from one fact to the next: only what was booked is remembered.
Source   docs/reference/conventions.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from tests.oracle import cumulative, progressive, replan
from tests.oracle.ledger import Beside, Ledger
from tests.oracle.penalty import add_penalty
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
    rounded,
)

AHEAD = ("rate", "pause")

Row = tuple[int, date, tuple[int, ...], tuple[int, ...], int]
Split = tuple[str, int, tuple[int, int, int, int], int, int]
"""A transaction: its reference, amount, parts, what was overpaid, and the principal out after it."""


@dataclass
class Answer:
    """All that is compared with the engine."""

    rows: list[Row]
    principal_out: int
    overpaid: int
    splits: list[Split]
    dpd: int
    since: date | None
    overdue: int
    outstanding: int
    claim: tuple[int, ...] = (0, 0, 0, 0)
    void: list[str] = field(default_factory=list)
    is_written_off: bool = False


@dataclass
class Life:
    """What is remembered between two facts: the acts met, what was booked, the splits."""

    deal: Deal
    acts: list[Act] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    splits: list[Split] = field(default_factory=list)
    overpaid: int = 0
    void: list[str] = field(default_factory=list)
    claim: list[int] | None = None
    charged_off_on: date | None = None
    past: list[Line] = field(default_factory=list)
    """Rows that a re-age closed: nothing can happen to them any more."""

    def rows(self, on: date) -> list[Line]:
        """The rows as they stand on a day, from scratch."""
        side = progressive if self.deal.engine == "progressive" else cumulative
        lines = side.build(self.deal, self.acts, self.ledger, on)
        add_penalty(self.deal, self.acts, self.ledger, lines, on)
        return lines

    @property
    def bears_interest(self) -> bool:
        """Whether any rate of the loan is above zero."""
        return self.deal.rate > 0 or any(a.what == "rate" and a.rate > 0 for a in self.acts)

    def principal_out(self, on: date) -> int:
        """What was lent less what came back."""
        # A re-age goes on with what was out: only what was lent and paid since is counted here.
        lent = progressive.lent_by(self.deal, self.acts, self.ledger, on)
        return lent - sum(b.amount for b in self.ledger.booked if b.part == PRINCIPAL)


def answer(deal: Deal, acts: Sequence[Act], as_of: date) -> Answer:
    """The loan as of a day after these acts, given in the one order."""
    life = Life(deal)
    for act in acts:
        # A change of the plan counts once it is known, whatever its day; anything else on its day.
        if act.on <= as_of or act.what in AHEAD:
            meet(life, act)
    if life.charged_off_on is not None:
        return written_off(life)
    lines = life.rows(as_of)
    since = min((line.due_on for line in lines if line.due_on < as_of and line.unpaid), default=None)
    return Answer(
        rows=shown_rows(life, lines),
        principal_out=life.principal_out(as_of),
        overpaid=life.overpaid,
        splits=life.splits,
        void=life.void,
        dpd=(as_of - since).days if since else 0,
        since=since,
        overdue=sum(line.unpaid for line in lines if line.due_on < as_of),
        outstanding=life.principal_out(as_of)
        + sum(
            max((line.due if line.due_on <= as_of else line.moved)[p] - line.paid[p], 0)
            for line in lines
            for p in PARTS
            if p != PRINCIPAL
        ),
    )


def shown_rows(life: Life, lines: list[Line]) -> list[Row]:
    """Every row closed or open; with fewer instalments the open ones end where nothing is left to repay.

    A row of a grace asks nothing by agreement, which is no end.
    """
    last_deferring = life.deal.grace_interest + (1 if life.deal.down_share else 0)
    is_ending = life.deal.prepayment == "reduce number" and life.deal.engine == "cumulative"
    if is_ending and cumulative.is_recalculated(life.deal):
        in_grace = [n.is_grace or (life.deal.grace_interest and n.nr <= last_deferring) for n in lines]
        asking = [any(n.due.values()) or any(n.paid.values()) or n.is_met for n in lines]
        lines = [n for n, keeps, asks in zip(lines, in_grace, asking, strict=True) if keeps or asks]
    return [
        (n.nr, n.due_on, tuple(n.due[p] for p in PARTS), tuple(n.paid[p] for p in PARTS), n.balance)
        for n in [*life.past, *lines]
    ]


def meet(life: Life, act: Act) -> None:
    """One act: it changes the plan, or money comes and is booked. After a charge-off only money counts."""
    if life.claim is not None:
        after_charge_off(life, act)
        return
    if act.what == "open":
        life.splits.append((act.ref, act.amount, (0, 0, 0, 0), 0, act.amount))
    elif act.what in ("pay", "recover"):
        pay(life, act, act.amount)
    elif act.what == "payoff":
        amount = act.amount or payoff_of(life, life.rows(act.on), act.on)
        if amount <= 0:
            life.void.append(act.ref)
            return
        pay(life, act, amount)
    elif act.what == "refund":
        refund(life, act)
    elif act.what == "waive":
        waive(life, act)
    elif act.what in ("fee", "penalty"):
        amount = act.amount if act.pct is None else share_of_plan(life, act, act.pct)
        if amount <= 0:
            life.void.append(act.ref)
            return
        nr = progressive.holder(life.rows(act.on), act.on)
        life.acts.append(replace(act, amount=amount, nr=nr))
        met = min(life.overpaid, amount)
        life.overpaid -= met
        if met:
            life.ledger.booked.append(Booking(act.on, nr, PENALTY if act.what == "penalty" else FEE, met))
        left = amount - met
        parts = (left, 0, 0, 0) if act.what == "penalty" else (0, left, 0, 0)
        life.splits.append((act.ref, amount, parts, -met, life.principal_out(act.on)))
    elif act.what == "charge off":
        charge_off(life, act)
    elif is_too_late(life, act):
        life.void.append(act.ref)
    elif act.what in replan.CHANGES:
        replan.change(life, act)
    elif act.what == "disburse":
        met = min(life.overpaid, act.amount)
        life.overpaid -= met
        if met < act.amount:
            asking_row(life, act.on, act.on)
            life.acts.append(replace(act, amount=act.amount - met))
        life.splits.append((act.ref, act.amount, (0, 0, 0, 0), -met, life.principal_out(act.on)))
    else:
        life.acts.append(act)


def is_too_late(life: Life, act: Act) -> bool:
    """Money lent or a rate set after the last due date finds no row to bear it; a rate, nothing out."""
    if act.what == "rate" and life.principal_out(act.on) <= 0:
        return True
    plan = [line for line in life.rows(act.on) if not line.is_charge]
    return act.what in ("disburse", "rate") and act.on > plan[-1].due_on


def share_of_plan(life: Life, act: Act, pct: Fraction) -> int:
    """A charge of so many per cent of what the whole plan asks for on that day."""
    lines = [*life.past, *life.rows(act.on)]
    parts = [p for p in (PRINCIPAL, INTEREST) if p in act.base]
    return rounded(pct * sum(line.due[p] for line in lines for p in parts), life.deal.rounding)


def pay(life: Life, act: Act, amount: int) -> None:
    """Book a payment: past due, due that day, the running row, and then the excess rule."""
    is_settling = amount >= payoff_of(life, life.rows(act.on), act.on)
    lines = life.rows(act.on)
    made: list[Booking] = []
    left = amount

    def give(line: Line, part: str, most: int) -> None:
        nonlocal left
        got = min(left, max(most, 0))
        if got:
            made.append(Booking(act.on, line.nr, part, got))
            line.paid[part] += got
            left -= got

    past = [line for line in lines if line.due_on < act.on]
    today = sorted((line for line in lines if line.due_on == act.on), key=lambda line: line.is_down)
    for slot in (past, today):
        for line, part in walk(life.deal, slot):
            give(line, part, line.open(part))
    ahead = [line for line in lines if line.due_on > act.on]
    if life.deal.engine == "cumulative":
        if cumulative.is_recalculated(life.deal):
            pay_cumulative(life, act, lines, made, give, lambda: left)
        else:
            for line, part in walk(life.deal, ahead):
                give(line, part, line.open(part))
    elif life.bears_interest:
        pay_ahead(life, act, lines, give, lambda: left)
        if is_settling and left:
            # What settles the loan leaves nothing asked: what it asked for stands with later rows now.
            after = Life(life.deal, life.acts, replace(life.ledger, booked=[*life.ledger.booked, *made]))
            for line in after.rows(act.on):
                for part in (PENALTY, FEE, INTEREST):
                    give(line, part, line.open(part))
    else:
        for line, part, most in excess(life.deal, ahead, act.kind, left):
            give(line, part, most)
        for line, part in walk(life.deal, ahead):
            give(line, part, line.open(part))
    life.ledger.booked += made
    life.overpaid += left
    parts = tuple(sum(b.amount for b in made if b.part == p) for p in PARTS)
    life.splits.append((act.ref, amount, parts, left, life.principal_out(act.on)))  # type: ignore[arg-type]


def pay_cumulative(life: Life, act: Act, lines: list[Line], made, give, left) -> None:  # type: ignore[no-untyped-def]
    """What is above the dues is principal of the row of that day; more than planned sets a new plan."""
    if not left():
        return
    row = next((n for n in lines if not n.is_down and act.on <= n.due_on), lines[-1])
    planned = row.due[PRINCIPAL]
    give(row, PRINCIPAL, sum(n.due[PRINCIPAL] - n.paid[PRINCIPAL] for n in lines))
    if row.paid[PRINCIPAL] > planned and life.deal.prepayment == "reduce instalment":
        lent = sum(n.due[PRINCIPAL] for n in lines)
        before = sum(n.due[PRINCIPAL] for n in lines if n.nr < row.nr)
        beside = sum(n.extra for n in lines if n.nr > row.nr)
        balance = lent - before - row.paid[PRINCIPAL] - beside
        life.ledger.replanned.append((len(life.acts), row.nr + 1, balance))
    if left():
        # All principal is paid: what is left meets the charges and the interest the rows still ask for.
        after = Life(life.deal, life.acts, replace(life.ledger, booked=[*life.ledger.booked, *made]))
        for line in after.rows(act.on):
            if line.nr >= row.nr:
                for part in (PENALTY, FEE, INTEREST):
                    give(line, part, line.open(part))


def walk(deal: Deal, slot: Sequence[Line]) -> list[tuple[Line, str]]:
    """The places of a slot in the product's order: row by row, or part by part."""
    if deal.is_vertical:
        return [(line, part) for part in deal.order for line in slot]
    return [(line, part) for line in slot for part in deal.order]


def excess(deal: Deal, ahead: Sequence[Line], kind: str, left: int) -> list[tuple[Line, str, int]]:
    """Where money goes in advance on a loan without interest, each place with the most it may take."""
    rule = deal.excess.get(kind, "next")
    rows = [line for line in ahead if line.unpaid]
    if rule == "last":
        rows.reverse()
    if rule != "spread":
        return [(line, part, line.open(part)) for line, part in walk(deal, rows)]
    places = []
    for n, line in enumerate(rows):
        share = rounded(Fraction(left, len(rows)), deal.rounding)
        if n == len(rows) - 1:
            share = left
        for part in deal.order:
            part_share = min(share, line.open(part))
            places.append((line, part, part_share))
            share -= part_share
    return places


def pay_ahead(life: Life, act: Act, lines: list[Line], give, left) -> None:  # type: ignore[no-untyped-def]
    """An early payment of a loan that bears interest: the running row, then pure principal by the rule."""
    running = next((n for n in lines if n.start <= act.on < n.due_on), None)
    if running is not None and running.is_settled:
        # What was charged to a settled row since, and interest that had no later row to move to.
        for part in life.deal.order:
            give(running, part, running.open(part) if part != PRINCIPAL else 0)
    elif running is not None and running.unpaid and left():
        pay_running(life, act, lines, running, give)
    rule = life.deal.excess.get(act.kind, "next")
    rows = [n for n in lines if n.start > act.on and not n.is_settled and n.unpaid]
    # What a new plan moved to a row was charged before: it comes before any principal in advance.
    for line, part in walk(life.deal, rows):
        if part != PRINCIPAL:
            give(line, part, (line.moved if part == INTEREST else line.due)[part] - line.paid[part])
    if rule == "last":
        rows.reverse()
    if rule == "spread":
        rows = [n for n in rows if principal_cap(life.deal, lines, n, act.on, 0)[0] > n.paid[PRINCIPAL]]
    shares = [left()] * len(rows)
    if rule == "spread" and rows:
        each = rounded(Fraction(left(), len(rows)), life.deal.rounding)
        shares = [each] * (len(rows) - 1) + [left()]
    for again in (shares, [10**15] * len(rows)):
        for line, share in zip(rows, again, strict=True):
            if line.is_settled:
                continue
            cap, is_alone = principal_cap(life.deal, lines, line, act.on, 0)
            give(line, PRINCIPAL, min(share, cap - line.paid[PRINCIPAL]))
            got = line.paid[PRINCIPAL]
            whole = line.instalment + line.extra + balloon_with(life.deal, lines, line)
            if got and (got == whole or (is_alone and got == cap)):
                settle(life, line, act.on)
    rest = sum(n.due[PRINCIPAL] - n.paid[PRINCIPAL] for n in lines)
    last = next((n for n in reversed(lines) if n.start > act.on and not n.is_settled), None)
    if left() and rest > 0 and last is not None:
        # What no instalment holds, as a balloon, is of the last row open.
        give(last, PRINCIPAL, rest)
        if sum(n.due[PRINCIPAL] - n.paid[PRINCIPAL] for n in lines) == 0 and not last.is_grace:
            settle(life, last, act.on)


def pay_running(life: Life, act: Act, lines: list[Line], running: Line, give) -> None:  # type: ignore[no-untyped-def]
    """The running row: charges and its interest to the day in the product's order, then its principal."""
    interest = progressive.interest_to(life.deal, life.acts, life.ledger, lines, lines.index(running), act.on)
    interest = max(interest, running.paid[INTEREST])
    principal, _ = principal_cap(life.deal, lines, running, act.on, interest - running.moved[INTEREST])
    for part in [p for p in life.deal.order if p != PRINCIPAL] + [PRINCIPAL]:
        most = {INTEREST: interest, PRINCIPAL: principal}.get(part, running.due[part])
        give(running, part, most - running.paid[part])
    is_paid = running.paid[INTEREST] == interest and running.paid[PRINCIPAL] == principal
    if is_paid and not running.is_grace:
        settle(life, running, act.on)


def principal_cap(deal: Deal, lines: Sequence[Line], line: Line, on: date, interest: int) -> tuple[int, bool]:
    """The most principal a row takes early, and whether it is alone: then it takes all that is left."""
    left = sum(other.due[PRINCIPAL] - other.paid[PRINCIPAL] for other in lines) + line.paid[PRINCIPAL]
    if all(o is line or o.is_settled or o.is_grace for o in lines if o.due_on > on):
        return left, True
    wanted = 0 if line.is_grace else max(line.instalment + balloon_with(deal, lines, line) - interest, 0)
    return max(min(wanted + line.extra, left), line.paid[PRINCIPAL]), False


def balloon_with(deal: Deal, lines: Sequence[Line], line: Line) -> int:
    """The balloon is asked with the last row of the plan."""
    return deal.balloon if line.nr == max(n.nr for n in lines if not n.is_charge) else 0


def settle(life: Life, line: Line, on: date) -> None:
    """Remember that a row was paid in full before its day."""
    line.is_settled = True
    life.ledger.settled.append(Settled(line.nr, on, line.paid[INTEREST], line.paid[PRINCIPAL]))


def payoff_of(life: Life, lines: Sequence[Line], on: date) -> int:
    """What settles the loan on a day."""
    owed = life.principal_out(on)
    owed += sum(max(n.open(p), 0) for n in lines if n.due_on <= on for p in (PENALTY, FEE, INTEREST))
    ahead = [line for line in lines if line.due_on > on]
    owed += sum(max(line.open(p), 0) for line in ahead for p in (PENALTY, FEE))
    return owed + coming_interest(life, lines, on, life.deal.payoff_to_row_end)


def coming_interest(life: Life, lines: Sequence[Line], on: date, to_end: bool = False) -> int:
    """Interest of the rows not yet due that someone owes on a day: accrued, or moved there, and not paid.

    A settled row's own may have been paid with a row after it, so what all of them got counts.
    """
    owed = 0
    for i, line in enumerate(lines):
        if line.due_on > on:
            owed += line.moved[INTEREST] - line.paid[INTEREST]
        if line.start <= on < line.due_on:
            owed += accrued(life, lines, i, line.due_on if to_end else on) - line.moved[INTEREST]
    return max(owed, 0)


def refund(life: Life, act: Act) -> None:
    """A refund consumes the overpayment first; the rest is lent again that day."""
    back = min(life.overpaid, act.amount)
    life.overpaid -= back
    rest = act.amount - back
    if rest:
        nr = asking_row(life, act.on, act.on + DAY)
        life.ledger.relent.append((act.on, rest, nr))
        life.ledger.beside.append(Beside(len(life.acts), act.on, nr, rest, is_lent=True))
        for line in life.past:
            # A row due on the day money is lent shows a balance that includes it.
            line.balance += rest if line.due_on >= act.on else 0
    life.splits.append((act.ref, act.amount, (0, 0, 0, rest), -back, life.principal_out(act.on)))


def waive(life: Life, act: Act) -> None:
    """Forgive at most what is due, part by part, the oldest row first; more than that forgives nothing."""
    lines = [line for line in life.rows(act.on) if line.due_on <= act.on]
    due = [sum(max(line.open(part), 0) for line in lines) for part in PARTS]
    if not sum(act.parts) or any(asked > most for asked, most in zip(act.parts, due, strict=True)):
        life.void.append(act.ref)
        return
    for part, amount in zip(PARTS, act.parts, strict=True):
        left = amount
        for line in lines:
            got = min(left, max(line.open(part), 0))
            if got:
                life.ledger.booked.append(Booking(act.on, line.nr, part, got))
                line.paid[part] += got
                left -= got
    life.splits.append((act.ref, sum(act.parts), act.parts, 0, life.principal_out(act.on)))


def asking_row(life: Life, on: date, open_from: date) -> int:
    """The first row due after a day that can still ask for money lent then; else the last, open again."""
    lines = [line for line in life.rows(on) if not line.is_charge]
    for line in lines:
        if line.due_on > on and not line.is_settled and not line.is_down:
            return line.nr
    settled = life.ledger.settled
    for n, one in enumerate(settled):
        if one.nr == lines[-1].nr and one.open_from is None:
            settled[n] = replace(one, open_from=open_from)
    return lines[-1].nr


def charge_off(life: Life, act: Act) -> None:
    """Take principal, what is charged, and interest accrued to the day, or all that the plan asks for."""
    deal, lines = life.deal, life.rows(act.on)
    interest = sum(line.open(INTEREST) for line in lines if line.due_on <= act.on)
    if deal.takes_scheduled_interest or deal.method == "flat":
        interest = sum(line.open(INTEREST) for line in lines)
    else:
        interest += coming_interest(life, lines, act.on)
    charged = [sum(line.open(part) for line in lines) for part in (PENALTY, FEE)]
    taken = [*charged, interest, life.principal_out(act.on)]
    if not sum(taken):
        life.void.append(act.ref)
        return
    life.splits.append((act.ref, sum(taken), tuple(taken), 0, 0))  # type: ignore[arg-type]
    life.claim, life.charged_off_on = taken, act.on


def accrued(life: Life, lines: Sequence[Line], i: int, to: date) -> int:
    """What interest of a row has come to by a day, with what was moved to it."""
    if life.deal.engine == "cumulative":
        own = cumulative.interest_of(life.deal, life.acts, life.ledger, lines, i, to, to)
        return own + lines[i].moved[INTEREST]
    return progressive.interest_to(life.deal, life.acts, life.ledger, lines, i, to)


def after_charge_off(life: Life, act: Act) -> None:
    """Money that comes later meets the claim in the product's order; nothing else counts."""
    assert life.claim is not None, "only after a charge-off"
    if act.what not in ("pay", "recover"):
        life.void.append(act.ref)
        return
    left, parts = act.amount, dict.fromkeys(PARTS, 0)
    for part in life.deal.order:
        parts[part] = min(left, life.claim[PARTS.index(part)])
        life.claim[PARTS.index(part)] -= parts[part]
        left -= parts[part]
    life.overpaid += left
    life.splits.append((act.ref, act.amount, tuple(parts.values()), left, 0))  # type: ignore[arg-type]


def written_off(life: Life) -> Answer:
    """Nothing stands on the books; the rows due by then are as they were, and the claim is what is owed."""
    assert life.claim is not None and life.charged_off_on is not None, "only after a charge-off"
    rows = [n for n in life.rows(life.charged_off_on) if n.due_on <= life.charged_off_on]
    claim = tuple(life.claim)
    off = life.charged_off_on
    late = [n.due_on for n in rows if n.due_on < off and n.unpaid] if sum(claim) else []
    since = min(late, default=None)
    return Answer(
        rows=shown_rows(life, rows),
        principal_out=0,
        overpaid=life.overpaid,
        splits=life.splits,
        dpd=(off - since).days if since else 0,
        since=since,
        overdue=0,
        outstanding=sum(claim),
        claim=claim,
        void=life.void,
        is_written_off=True,
    )
