"""Rows of a schedule, and the exact factors interest is computed with.

Needs    product terms, calendar steps and day counts.
Gives    Row, rows_of(terms), interest_ratio(...) as an exact pair, level_instalment(...).
Never    rounds except where the convention names a rounding.
Source   docs/reference/conventions.md, sections progressive and cumulative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter

from duewell.domain.calendar import DaysInMonth, DaysInYear, Frequency, step_date, year_fraction_actual
from duewell.domain.money import round_fraction, round_ratio
from duewell.domain.product import Convention, Engine, InterestMethod, LoanTerms

INSTALMENTS_MAX = 1200
_UNIT_DAYS = {Frequency.MONTHS: 30, Frequency.WEEKS: 7, Frequency.DAYS: 1}


@dataclass(slots=True)
class Row:
    """One instalment while the fold works on it. Arrays hold the parts by product.Part's value.

    `due` is what the row asks for by part, `paid` what has been applied to it. A locked row keeps
    its principal and interest whatever follows. `carry` is interest that a row settled early left
    to this one; `extra` is principal lent again inside the row's period, `skipped` what earlier
    overpayment took off it, `credit` (below zero) interest collected ahead that goes on to the next row;
    of a locked row it is all it moves on.
    `interest_to` is the day up to which interest was collected early, `interest_met` what that was.
    A row taken over came past due with an opening position. The principal of a row set apart is past due and
    bears a penalty in place of contract interest.
    `skip_on` and `deferred` are what it leaves to the rows after it of both, and of interest a grace defers;
    `deferred_in` is what rows before left to it.
    `part` is the part of a year the row stands for where that is not one step of the plan, `step` the one its
    instalment counts with where a new plan has another step than agreed. With a row that begins a plan, what
    was overpaid before is in the instalments and lowers no principal again. `moved` are
    parts charged to another row and asked here, below zero what this row gave up; a row that gave up all
    it asked is met, and keeps the balance as agreed at its start.
    """

    nr: int
    start: date
    due_on: date
    is_down_payment: bool = False
    is_charge: bool = False
    """A row after the plan's end that asks only for charges, due on their own day."""
    is_grace: bool = False
    is_deferring: bool = False
    """Its interest is collected with the first row after an interest grace."""
    instalment: int = 0
    due: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    paid: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    is_locked: bool = False
    carry: int = 0
    extra: int = 0
    balance: int = 0
    day_rate: tuple[int, int] = (0, 0)
    is_taken_over: bool = False
    interest_to: date | None = None
    interest_met: int = 0
    penalty_num: int = 0
    penalty_to: date | None = None
    penalty_charged: int = 0
    after_num: Fraction = Fraction(0)
    """Principal past due x contract rate x days since the plan's end: contract interest that runs on."""
    after_charged: int = 0
    """What of the penalty charged is that contract interest."""
    is_apart: bool = False
    not_late_before: date | None = None
    """The day of a new plan that ended its lateness, or moved its due date to a day gone by."""
    is_met: bool = False
    part: Fraction | None = None
    step: Fraction | None = None
    begins_plan: bool = False
    agreed: int = 0
    skipped: int = 0
    skip_on: int = 0
    deferred: int = 0
    deferred_in: int = 0
    credit: int = 0
    earned: tuple[int, date, int] | None = None
    """Base x days of the row's real principal up to a date, as of one epoch of the fold: kept, not a fact."""
    moved: tuple[int, int, int, int] = (0, 0, 0, 0)
    fee: int = 0
    """Scheduled fees among what the row asks as fee."""

    def copy(self) -> Row:
        """The same row with amounts of its own."""
        made = Row(*_fields_of(self))
        made.due, made.paid = self.due.copy(), self.paid.copy()
        return made

    @property
    def late_from(self) -> date:
        """The day from which its penalty counts, and from which its principal is set apart."""
        if self.not_late_before is None or self.not_late_before < self.due_on:
            return self.due_on
        return self.not_late_before

    @property
    def interest_collected(self) -> int:
        """What it got of its own interest: what another row was charged and this one asks is met first."""
        return max(self.paid[2] - max(self.moved[2], 0), 0)

    @property
    def unpaid(self) -> int:
        """What the row still asks for, all parts together."""
        d, p = self.due, self.paid
        return d[0] + d[1] + d[2] + d[3] - p[0] - p[1] - p[2] - p[3]


_fields_of = attrgetter(*(each.name for each in fields(Row)))
"""Every field of a row at once, in order: a fold copies its rows whenever it is looked at."""


@lru_cache(maxsize=512)
def due_dates(start: date, count: int, every: int, frequency: Frequency) -> tuple[date, ...]:
    """The due dates of a plan. One question about a loan folds it several times, so they are kept a while."""
    return tuple(step_date(start, k, every, frequency) for k in range(1, count + 1))


def rows_of(terms: LoanTerms) -> list[Row]:
    """The empty rows of the agreed plan: a down payment row first where the product has one."""
    rows: list[Row] = []
    if terms.down_payment_share:
        rows.append(Row(1, terms.start, terms.start, is_down_payment=True))
    previous = terms.start
    dates = terms.due_dates or due_dates(terms.start, terms.instalments, terms.every, terms.frequency)
    for k, due_on in enumerate(dates, start=1):
        row = Row(len(rows) + 1, previous, due_on, is_grace=k <= terms.grace_principal)
        row.is_deferring = k <= terms.grace_interest
        rows.append(row)
        previous = due_on
    return rows


def slice_ratio(terms: LoanTerms, row: Row, start: date, end: date) -> tuple[int, int]:
    """The part of a year that interest of (start, end] inside `row` is charged for, exact.

    With 30-day months a slice is pro rata over the real days of its row, so a whole month is always
    a twelfth; with actual months it is the days over the year they lie in.
    """
    convention = terms.convention
    if row.part is not None:
        part = row.part * (end - start).days / (row.due_on - row.start).days
        return part.numerator, part.denominator
    if convention.days_in_month is DaysInMonth.THIRTY:
        year = 365 if convention.days_in_year is DaysInYear.ACTUAL else int(convention.days_in_year.value)
        unit = _UNIT_DAYS[terms.frequency] * terms.every
        return unit * (end - start).days, year * (row.due_on - row.start).days
    if convention.days_in_year is DaysInYear.ACTUAL:
        fraction = year_fraction_actual(start, end, convention.days_in_year)
        return fraction.numerator, fraction.denominator
    return (end - start).days, int(convention.days_in_year.value)


def step_part(terms: LoanTerms, every: int, frequency: Frequency) -> Fraction:
    """The part of a year one step stands for where steps count: 30 days a month over the year."""
    year = terms.convention.days_in_year
    if terms.convention.engine is Engine.CUMULATIVE and year is DaysInYear.ACTUAL:
        days = 360
    else:
        days = 365 if year is DaysInYear.ACTUAL else int(year.value)
    return Fraction(_UNIT_DAYS[frequency] * every, days)


def counts_steps(terms: LoanTerms) -> bool:
    """Whether a row stands for its steps, not for its real days."""
    convention = terms.convention
    if convention.days_in_month is DaysInMonth.THIRTY:
        return True
    return convention.engine is Engine.CUMULATIVE and convention.interest_method is InterestMethod.FLAT


def counted_part(terms: LoanTerms, start: date, due_on: date, unit: Frequency) -> Fraction | None:
    """The part of a year from a day to a due date of its own, counted in units from its first day.

    Whole units, then the days left over the days of the unit begun: 1 January to 18 February is
    1 + 17/29 months. None where real days count.
    """
    if not counts_steps(terms):
        return None
    whole = 0
    while step_date(start, whole + 1, 1, unit) <= due_on:
        whole += 1
    begun, end = step_date(start, whole, 1, unit), step_date(start, whole + 1, 1, unit)
    units = whole + Fraction((due_on - begun).days, (end - begun).days)
    return step_part(terms, 1, unit) * units


@dataclass(frozen=True, slots=True)
class RateLine:
    """The yearly rate from the slice that begins on `cut`; zero while interest is paused."""

    cut: date
    rate: Fraction


def rate_lines(
    changes: Sequence[tuple[date, Fraction]], pauses: Sequence[tuple[date, date]]
) -> list[RateLine]:
    """Join dated rates and pauses into one line of rates.

    The interest of day D is the slice (D-1, D], so a rate from D cuts at D-1 and a pause with both
    days inside runs from the slice before its first day to its last day.
    """
    one = timedelta(days=1)
    steady = [(date.min if k == 0 else on - one, rate) for k, (on, rate) in enumerate(changes)]
    cuts = sorted({cut for cut, _ in steady} | {a - one for a, _ in pauses} | {b for _, b in pauses})
    lines: list[RateLine] = []
    for cut in cuts:
        rate = [r for c, r in steady if c <= cut][-1]
        paused = any(a - one <= cut < b for a, b in pauses)
        held = Fraction(0) if paused else rate
        if not lines or lines[-1].rate != held:
            lines.append(RateLine(cut, held))
    return lines


def contract_rate(changes: Sequence[tuple[date, Fraction]], start: date) -> Fraction:
    """The rate agreed for a row that begins on a day: a pause lowers its interest, not its instalment."""
    return [rate for k, (on, rate) in enumerate(changes) if k == 0 or on <= start + timedelta(days=1)][-1]


def row_factor(terms: LoanTerms, row: Row, lines: Sequence[RateLine]) -> Fraction:
    """The rate of a whole row: rate x part of the year, over every rate that held inside it."""
    total = Fraction(0)
    for start, end, rate in rate_slices(row.start, row.due_on, lines):
        num, den = slice_ratio(terms, row, start, end)
        total += rate * Fraction(num, den)
    return total


def rate_slices(start: date, end: date, lines: Sequence[RateLine]) -> list[tuple[date, date, Fraction]]:
    """Cut (start, end] where the rate changes."""
    if len(lines) == 1:
        return [(start, end, lines[0].rate)] if start < end else []
    cuts = [start, *(line.cut for line in lines if start < line.cut < end), end]
    out = []
    for a, b in pairwise(cuts):
        if a < b:
            out.append((a, b, [line.rate for line in lines if line.cut <= a][-1]))
    return out


def level_instalment(
    principal: int, factors: Sequence[Fraction], convention: Convention, balloon: int = 0
) -> int:
    """The equal instalment that repays `principal` but a balloon over rows with these factors, rounded once.

    (principal x product(1 + r) - balloon) / F with F1 = 1 and Fk = 1 + F(k-1) x (1 + rk).
    """
    if not factors:
        return 0
    scale = 1
    for r in factors:
        if scale % r.denominator:
            scale = scale * r.denominator // _gcd(scale, r.denominator)
    steps = [r.numerator * (scale // r.denominator) + scale for r in factors]
    # F is kept as an integer over scale ** (k - 1), so the whole instalment is one exact ratio.
    top, power, f = 1, 1, 0
    for step in steps:
        top *= step
        f = power + f * step
        power *= scale
    return round_ratio(
        principal * top - balloon * power,
        scale * f,
        convention.instalment_rounding,
        convention.instalment_multiple,
    )


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def flat_interest(terms: LoanTerms, factor: Fraction) -> int:
    """Interest of a row on the first principal, whatever has been repaid."""
    return round_fraction(terms.principal * factor, terms.convention.rounding)


def sum_ratios(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Exact ratios added up, without reducing what need not be."""
    top, bottom = 0, 1
    for num, den in pairs:
        if den == bottom:
            top += num
        else:
            top, bottom = top * den + num * bottom, bottom * den
    return top, bottom
