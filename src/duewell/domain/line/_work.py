"""The working state of a line's fold: balances, accruals, statements, and what the calendar does to them.

Needs    terms; facts applied from outside, in order.
Gives    Work: advance() to a day, with statements closed, due dates missed and late charges on the way.
Never    looks at a fact, or past the day it was advanced to.
Source   docs/reference/line.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from duewell.domain.agenda import ACTUAL, ONE_DAY, Sums, add, class_amount, day_class, days_weight, scaled
from duewell.domain.calendar import DaysInYear, Frequency, step_date
from duewell.domain.errors import Refusal
from duewell.domain.facts import Applied, Fact
from duewell.domain.line._parts import BILLED, Plan, Statement
from duewell.domain.line._recorder import Closing, Late, LineSlice, Recorder
from duewell.domain.money import round_fraction, round_ratio
from duewell.domain.product import BalanceKind, LineTerms, Part

PURCHASE, CASH = BalanceKind.PURCHASE, BalanceKind.CASH
KINDS = tuple(BalanceKind)


class Work:
    """A line between two facts. `at` is the day up to which interest has accrued.

    `billed` and `new` are principal by kind, on the last statement and since; `held` is what a free period
    holds back, for both. `accrued` is what is owed but not charged, by kind: numerator and class.
    """

    __slots__ = (
        "accrual", "accrued", "applied", "at", "beyond", "billed", "charged", "claim", "credit", "cycle",
        "cycle_interest", "fee", "final_on", "held", "interest", "is_bearing", "late_at", "limit",
        "missed_at", "new", "next_close", "once", "paused_to", "penalty", "plans", "rates", "recorder",
        "settled", "statements", "sums", "terms", "void",
    )  # fmt: skip

    def __init__(self, terms: LineTerms, recorder: Recorder | None = None) -> None:
        self.terms = terms
        self.recorder = recorder
        self.accrual = ACTUAL
        if terms.days_in_year is not DaysInYear.ACTUAL:
            self.accrual = day_class(1, int(terms.days_in_year))
        self.at = terms.start
        self.limit = terms.limit
        self.rates = {PURCHASE: terms.purchase_rate, CASH: terms.cash_rate}
        self.billed = dict.fromkeys(KINDS, 0)
        self.new = dict.fromkeys(KINDS, 0)
        self.held = {True: 0, False: 0}
        self.is_bearing = not terms.has_free_period
        self.accrued: dict[str, tuple[int, str]] = {}
        self.plans: list[Plan] = []
        self.penalty = self.fee = self.interest = 0
        self.credit = 0
        self.statements: list[Statement] = []
        self.settled = 0
        self.cycle = first_cycle(terms)
        self.next_close = close_of(terms, self.cycle)
        self.missed_at = self.late_at = 0
        self.cycle_interest: dict[str, int] = {}
        self.sums: Sums = {}
        self.charged = self.once = 0
        self.applied: list[Applied] = []
        self.void: list[tuple[Fact, Refusal]] = []
        self.beyond: list[tuple[Fact, Refusal]] = []
        self.final_on: date | None = None
        self.paused_to = terms.start
        self.claim = [0, 0, 0, 0]

    def copy(self) -> Work:
        """Another one at the same place; it tells no recorder."""
        made = Work.__new__(Work)
        for name in Work.__slots__:
            value = getattr(self, name)
            setattr(made, name, value.copy() if isinstance(value, dict | list) else value)
        # A settled statement whose late charge is behind it never changes again, so both may hold it.
        over = self.settled if self.terms.late_charge is None else min(self.settled, self.late_at)
        made.statements[over:] = [each.copy() for each in self.statements[over:]]
        made.plans = [each.copy() for each in self.plans]
        made.recorder = None
        return made

    # -- what is owed ------------------------------------------------------------------------------

    @property
    def principal(self) -> int:
        """All principal out, instalments to come included."""
        return sum(self.billed.values()) + sum(self.new.values()) + self.planned

    @property
    def planned(self) -> int:
        """Principal of instalments to come."""
        return sum(plan.out for plan in self.plans)

    def asking(self) -> list[Statement]:
        """The statements from the oldest on whose own minimum is unpaid."""
        while self.settled < len(self.statements) and self.statements[self.settled].unpaid == 0:
            self.settled += 1
        return self.statements[self.settled :]

    def on_statements(self, part: Part) -> int:
        """What statements ask of a part and was not paid; of principal, what their minimum asks."""
        return sum([each.due[part] - each.paid[part] for each in self.asking()])

    def owed(self) -> tuple[int, int, int, int]:
        """Whole units owed by part: all that was drawn or charged and is not paid."""
        fresh = (self.penalty, self.fee, self.interest)
        penalty, fee, interest = (self.on_statements(part) + fresh[part] for part in BILLED)
        return penalty, fee, interest, self.principal

    @property
    def billed_unpaid(self) -> int:
        """What of the last statement's balance is not paid."""
        return sum(self.billed.values()) + sum(self.on_statements(part) for part in BILLED)

    @property
    def available(self) -> int:
        """What may still be drawn: the limit less all that is owed, and the borrower's credit."""
        return max(0, self.limit - sum(self.owed()) + self.credit)

    def accrued_whole(self) -> int:
        """What would be charged if accrued interest were charged now."""
        return sum(
            round_ratio(*class_amount(units, accrual), self.terms.rounding)
            for units, accrual in self.accrued.values()
        )

    @property
    def is_quiet(self) -> bool:
        """Whether time alone changes nothing any more."""
        return not any(self.owed()) and not any(self.accrued.values()) and not any(self.held.values())

    def tell(self, where: str, part: Part, amount: int, statement_nr: int | None = None) -> None:
        """Tell the recorder what the fact at hand gave; of the statement to come where none is named."""
        if self.recorder is not None:
            self.recorder.share(where, statement_nr or len(self.statements) + 1, part, amount)

    # -- time --------------------------------------------------------------------------------------

    def advance(self, to: date, *, is_closing: bool) -> None:
        """Go on to a day: before its facts, or, when closing, after them, with its statement.

        A due date is missed, and a late charge made, only once its day is over.
        """
        while self.final_on is None:
            on, step = min(self._marks(), key=lambda mark: (mark[0], mark[1]))
            if on > to or (on == to and not (step == 0 and is_closing)):
                break
            self._accrue(on)
            (self._close, self._miss, self._charge_late)[step](on)
        if self.final_on is None:
            self._accrue(to)

    def suspended_on(self) -> date | None:
        """The day from whose end on interest is no income if nothing is paid; None for never."""
        days = self.terms.suspends_from_dpd
        if days is None or self.final_on is not None:
            return None
        late = self.asking()
        return late[0].due_on + timedelta(days=days) if late else None

    def coming(self) -> Iterator[date]:
        """The next days on which time does more than add a day's interest: the end of each shows it."""
        for on, step in self._marks():
            yield on if step == 0 else on + ONE_DAY
        yield from self._cuts()
        suspended_on = self.suspended_on()
        if suspended_on is not None:
            yield suspended_on

    def _marks(self) -> Iterator[tuple[date, int]]:
        yield self.next_close, 0
        if self.missed_at < len(self.statements):
            yield self.statements[self.missed_at].due_on, 1
        late = self.terms.late_charge
        if late is not None and self.late_at < len(self.statements):
            yield self.statements[self.late_at].due_on + timedelta(days=late.grace_days), 2

    def _accrue(self, to: date) -> None:
        while self.at < to:
            end = min((cut for cut in self._cuts() if self.at < cut < to), default=to)
            for kind in KINDS:
                rate = self.capped(self.rates[kind])
                if kind is PURCHASE and not self.is_bearing:
                    self._hold(end, True, self.billed[kind], rate)
                    self._hold(end, False, self.new[kind], rate)
                else:
                    self._earn(kind, end, self.billed[kind] + self.new[kind], rate, self.accrual)
            for plan in self.plans:
                self._earn(plan.name, end, *self._cost(plan))
            self.at = end

    def _cuts(self) -> Iterator[date]:
        """Days on which a cap or the end of a pause changes every rate."""
        for cap in self.terms.caps:
            yield cap.from_on - ONE_DAY
        yield self.paused_to

    def _cost(self, plan: Plan) -> tuple[int, Fraction, str]:
        """What a plan's day costs: base, rate and class."""
        if plan.pct is not None:
            days = (self.next_close - plan.since).days
            is_charged = plan.out and self.at >= self.paused_to
            return plan.amount if is_charged else 0, plan.pct, day_class(1, days)
        assert plan.rate is not None
        return plan.out, self.capped(plan.rate), self.accrual

    def capped(self, rate: Fraction) -> Fraction:
        """A yearly rate on the slice that begins at `at`: what the latest cap allows, nothing in a pause."""
        if self.at < self.paused_to:
            return Fraction(0)
        caps = [cap.rate for cap in self.terms.caps if cap.from_on - ONE_DAY <= self.at]
        return min(rate, caps[-1]) if caps else rate

    def _earn(self, kind: str, end: date, base: int, rate: Fraction, accrual: str) -> None:
        if base and rate:
            self._owe(kind, scaled(base, rate) * days_weight(accrual, self.at, end), accrual)
            if self.recorder is not None:
                of_period = any(plan.name == kind and plan.pct is not None for plan in self.plans)
                self.recorder.accrued(LineSlice(str(kind), self.at, end, base, rate, accrual, of_period))

    def _owe(self, kind: str, units: int, accrual: str) -> None:
        self.accrued[kind] = (self.accrued.get(kind, (0, accrual))[0] + units, accrual)
        add(self.sums, ("interest.accrued", accrual), units)

    def _hold(self, end: date, is_billed: bool, base: int, rate: Fraction) -> None:
        if base and rate:
            self.held[is_billed] += scaled(base, rate) * days_weight(self.accrual, self.at, end)
            if self.recorder is not None:
                piece = LineSlice(PURCHASE.value, self.at, end, base, rate, self.accrual)
                self.recorder.hold(piece, is_billed=is_billed)

    def slopes(self) -> Sums:
        """What tomorrow adds to the accruals, by class."""
        found: Sums = {}
        for kind in KINDS:
            if kind is CASH or self.is_bearing:
                slope = scaled(self.billed[kind] + self.new[kind], self.capped(self.rates[kind]))
                add(found, ("interest.slope", self.accrual), slope)
        for plan in self.plans:
            base, rate, accrual = self._cost(plan)
            add(found, ("interest.slope", accrual), scaled(base, rate))
        return found

    # -- what days do ------------------------------------------------------------------------------

    def charge_interest(self, on: date) -> None:
        """Charge what has accrued, each kind rounded once."""
        for kind, (units, accrual) in self.accrued.items():
            amount = round_ratio(*class_amount(units, accrual), self.terms.rounding)
            self.interest += amount
            self.charged += amount
            self.cycle_interest[str(kind)] = self.cycle_interest.get(str(kind), 0) + amount
            add(self.sums, ("interest.due", accrual), units)
            if self.recorder is not None and units:
                self.recorder.charge(len(self.statements) + 1, on, str(kind), amount)
        self.accrued = {}

    def _close(self, on: date) -> None:
        """Close a statement: charge interest, ask the instalments of this month, and set the minimum."""
        self.charge_interest(on)
        asked = self._ask_instalments(on)
        for kind in KINDS:
            self.billed[kind] += self.new[kind]
            self.new[kind] = 0
        self.held = {True: self.held[True] + self.held[False], False: 0}
        if self.recorder is not None:
            self.recorder.bill()
        carried = [self.on_statements(part) for part in Part]
        fresh = [self.penalty, self.fee, self.interest]
        principal = sum(self.billed.values())
        # What is over the limit is asked whole, less what the minimum carried on asks already.
        over = max(0, sum(self.owed()) - self.limit - sum(carried))
        over = min(over, principal - carried[Part.PRINCIPAL] - asked)
        least = self._least(principal, carried, fresh, asked, over)
        start = self.statements[-1].closes_on if self.statements else self.terms.start
        due = [*fresh, least - carried[Part.PRINCIPAL]]
        self.statements.append(
            Statement(
                nr=len(self.statements) + 1,
                start=start,
                closes_on=on,
                due_on=on + timedelta(days=self.terms.due_days),
                balance=principal + sum(carried[:3]) + sum(fresh),
                due=due,
                carried=sum(carried),
                over_limit=over,
                interest={kind: amount for kind, amount in self.cycle_interest.items() if amount},
            )
        )
        self._tell_closing(on, over, principal - carried[Part.PRINCIPAL] - asked - over)
        self.penalty = self.fee = self.interest = 0
        self.cycle_interest = {}
        self.cycle += 1
        self.next_close = close_of(self.terms, self.cycle)

    def _tell_closing(self, on: date, over: int, rest: int) -> None:
        """Tell the recorder how the last statement's minimum came about."""
        if self.recorder is not None:
            share = round_fraction(self.terms.minimum.pct * rest, self.terms.rounding)
            asked = tuple(self.recorder.instalments)
            self.recorder.instalments.clear()
            principal = self.statements[-1].due[Part.PRINCIPAL]
            floor_adds = principal - sum(amount for _, amount in asked) - over - share
            told = Closing(len(self.statements), on, asked, self.limit, rest, share, over, floor_adds)
            self.recorder.closings.append(told)

    def _ask_instalments(self, on: date) -> int:
        """Each plan's next instalment becomes a purchase on this statement, asked for in full."""
        asked = 0
        for plan in self.plans:
            if plan.converted_on < on:
                part = plan.parts.pop(0)
                self.new[PURCHASE] += part
                asked += part
                if self.recorder is not None:
                    self.recorder.instalments.append((plan.nr, part))
            plan.since = on
        self.plans = [plan for plan in self.plans if plan.out]
        return asked

    def _least(self, principal: int, carried: list[int], fresh: list[int], asked: int, over: int) -> int:
        """The principal a minimum asks: overdue, instalments, over the limit, a share, up to the floor."""
        rest = principal - carried[Part.PRINCIPAL] - asked - over
        share = round_fraction(self.terms.minimum.pct * rest, self.terms.rounding)
        least = carried[Part.PRINCIPAL] + asked + over + share
        below = self.terms.minimum.floor - (sum(carried[:3]) + sum(fresh) + least)
        return least + min(max(0, below), principal - least)

    def _miss(self, on: date) -> None:
        """The day after a due date: purchases bear interest since drawn, or the free period is back."""
        self.missed_at += 1
        if not self.terms.has_free_period:
            return
        if self.billed_unpaid == 0:
            self.is_bearing = False
            self.held[True] = 0
            if self.recorder is not None:
                self.recorder.drop()
        elif not self.is_bearing:
            self.is_bearing = True
            units = sum(self.held.values())
            if units:
                self._owe(PURCHASE, units, self.accrual)
            self.held = {True: 0, False: 0}
            if self.recorder is not None:
                self.recorder.forfeit()

    def _charge_late(self, on: date) -> None:
        """Charge once for a statement on what of its minimum stayed unpaid; penalties are left out of it."""
        late = self.terms.late_charge
        assert late is not None
        each = self.statements[self.late_at]
        self.late_at += 1
        parts = (Part.FEE, Part.INTEREST, Part.PRINCIPAL)
        base = sum(s.owes(part) for s in self.asking() if s.nr <= each.nr for part in parts)
        share = max(round_fraction(late.pct * base, self.terms.rounding), late.minimum)
        each.late_charge = min(share, base)
        self.penalty += each.late_charge
        self.once += each.late_charge
        if self.recorder is not None and base:
            asked_by = len(self.statements) + 1
            self.recorder.late.append(Late(each.nr, on + ONE_DAY, base, late.pct, each.late_charge, asked_by))


def close_of(terms: LineTerms, cycle: int) -> date:
    """The closing day of a cycle, counted in months from January of the year the line began."""
    return step_date(date(terms.start.year, 1, terms.statement_day), cycle, 1, Frequency.MONTHS)


def first_cycle(terms: LineTerms) -> int:
    """The cycle whose statement is the first to close after the line began."""
    month = terms.start.month - 1
    return month if close_of(terms, month) > terms.start else month + 1
