"""The oracle's own words: a deal, what happened, and the plain arithmetic of dates and rounding.

Needs    nothing of the product; datetime and fractions only.
Gives    Deal, Act, Booking, Line; rounding, steps of dates, the share of a year of one day.
Never    imports duewell, so no line can be wrong in both.
Source   docs/reference/conventions.md.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, timedelta
from fractions import Fraction

PENALTY, FEE, INTEREST, PRINCIPAL = "penalty", "fee", "interest", "principal"
PARTS = (PENALTY, FEE, INTEREST, PRINCIPAL)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Late:
    """A penalty: `pct` once a row or `rate` by the day, on principal or with interest."""

    with_interest: bool
    grace_days: int
    pct: Fraction | None
    rate: Fraction | None
    days_in_year: int
    replaces: bool
    caps: tuple[tuple[date, Fraction], ...]


@dataclass(frozen=True)
class Deal:
    """The terms of a loan, in minor units and yearly rates."""

    engine: str
    principal: int
    start: date
    count: int
    rate: Fraction
    every: int
    unit: str
    rounding: str = "half-even"
    instalment_rounding: str = "half-even"
    multiple: int = 1
    days_in_month: str = "30"
    days_in_year: str = "360"
    method: str = "declining"
    amortization: str = "equal instalments"
    is_daily: bool = True
    prepayment: str = "reduce instalment"
    payoff_to_row_end: bool = False
    takes_scheduled_interest: bool = False
    order: tuple[str, ...] = PARTS
    is_vertical: bool = False
    excess: dict[str, str] = field(default_factory=dict)
    late: Late | None = None
    grace_principal: int = 0
    grace_interest: int = 0
    down_share: Fraction = Fraction(0)
    approved: int | None = None
    balloon: int = 0
    first_nr: int = 1
    first_due: date | None = None
    """Where the first due date is not one step after the start: a plan that a re-age opened."""
    known: int = 0
    """How many of the acts were known when this plan was made."""
    is_disturbed: bool = False
    """Whether money came early, or a due date was moved, before this plan was made."""


@dataclass(frozen=True)
class Act:
    """One fact in the oracle's words; `what` names it, the rest is used as `what` needs it."""

    what: str
    on: date
    ref: str
    amount: int = 0
    kind: str = "repayment"
    rate: Fraction = Fraction(0)
    until: date | None = None
    parts: tuple[int, int, int, int] = (0, 0, 0, 0)
    pct: Fraction | None = None
    base: str = ""
    from_due: date | None = None
    to_due: date | None = None
    count: int = 0
    every: int = 1
    unit: str = "MONTHS"
    nr: int = 0
    """The row a charge stands in, or that a change of the plan begins with."""


@dataclass(frozen=True)
class Booking:
    """So much of one part of one row was paid, or forgiven, on a day."""

    on: date
    nr: int
    part: str
    amount: int


@dataclass(frozen=True)
class Settled:
    """A row paid in full before its due date: its interest and its principal are what was paid.

    Money lent when no other row could ask for it opens the last row again, from `open_from` on.
    """

    nr: int
    on: date
    interest: int
    principal: int
    open_from: date | None = None


@dataclass
class Line:
    """One row as the oracle sees it: what it asks for, what was paid, and the balance after it."""

    nr: int
    start: date
    due_on: date
    is_down: bool = False
    is_grace: bool = False
    months: Fraction | None = None
    instalment: int = 0
    due: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    paid: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    balance: int = 0
    carry_in: int = 0
    carry_out: int = 0
    deferred_in: int = 0
    deferred_out: int = 0
    skip_out: int = 0
    extra: int = 0
    moved: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    """What a new plan asks here beside the instalment, having been charged to another row."""
    is_settled: bool = False
    is_met: bool = False
    is_charge: bool = False
    """A row of its own for charges that come after the whole plan is paid."""

    def open(self, part: str) -> int:
        """What is unpaid of a part."""
        return self.due[part] - self.paid[part]

    @property
    def unpaid(self) -> int:
        """What is unpaid of the whole row."""
        return sum(max(self.open(part), 0) for part in PARTS)


def _brief(self: object) -> str:
    """Only the fields that differ from their default."""
    shown = [f for f in fields(self) if f.default is MISSING or getattr(self, f.name) != f.default]  # type: ignore[arg-type]
    return f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!s}' for f in shown)})"


Deal.__repr__ = _brief  # type: ignore[method-assign]
Act.__repr__ = _brief  # type: ignore[method-assign]


def rounded(value: Fraction, rule: str, multiple: int = 1) -> int:
    """A fraction to whole units by a named rule; ties and ends speak of distance from zero."""
    scaled = abs(value) / multiple
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    half = Fraction(1, 2)
    away = {
        "half-even": rest > half or (rest == half and whole % 2 == 1),
        "half-up": rest >= half,
        "up": rest > 0,
        "down": False,
    }[rule]
    return (whole + int(away)) * multiple * (-1 if value < 0 else 1)


def stepped(first: date, k: int, every: int, unit: str) -> date:
    """Due date k, counted from the first day; a shorter month gives its last day."""
    if unit == "DAYS":
        return first + k * every * DAY
    if unit == "WEEKS":
        return first + 7 * k * every * DAY
    month = first.year * 12 + first.month - 1 + k * every
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(first.day, monthrange(year, month)[1]))


def counted(start: date, end: date, unit: str) -> Fraction:
    """Whole units from a day, then the days left over the days of the unit begun."""
    whole = 0
    while stepped(start, whole + 1, 1, unit) <= end:
        whole += 1
    begun, over = stepped(start, whole, 1, unit), stepped(start, whole + 1, 1, unit)
    return whole + Fraction((end - begun).days, (over - begun).days)


def own_months(deal: Deal, start: date, end: date) -> Fraction | None:
    """How many units a row of its own length stands for; None where its real days count."""
    if deal.days_in_month == "actual" and deal.method != "flat":
        return None
    return counted(start, end, deal.unit)


def year_length(deal: Deal, day: date) -> int:
    """How many days the year of one day counts."""
    if deal.days_in_year == "actual":
        return 366 if isleap(day.year) else 365
    return int(deal.days_in_year)


def day_share(deal: Deal, line: Line, day: date) -> Fraction:
    """The part of a year that one day of a row is: (day - 1, day]."""
    if deal.days_in_month == "actual" and line.months is None:
        return Fraction(1, year_length(deal, day))
    unit = {"MONTHS": 30, "WEEKS": 7, "DAYS": 1}[deal.unit]
    steps = line.months if line.months is not None else Fraction(deal.every)
    days = (line.due_on - line.start).days
    return steps * unit / year_length(deal, day) / days


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
