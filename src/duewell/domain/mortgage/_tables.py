"""Tables: payment, interest, principal and balance of every row, as a published table prints them.

Needs    principal, rate, rows, and the convention of rounding and compounding.
Gives    Table; amounts are minor units, exact fractions where the convention carries precision.
Never    uses a float: a rate compounded otherwise than it is paid is carried at 50 decimals.
Source   docs/reference/conventions.md, section published tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from duewell.domain.calendar import Frequency, step_date
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rounding, round_fraction

_DECIMALS = 50
_ROWS_A_YEAR = {Frequency.MONTHS: 12, Frequency.WEEKS: 52, Frequency.DAYS: 365}
INSTALMENTS_MAX = 2600


@dataclass(frozen=True, slots=True)
class TableConvention:
    """How a published table rounds and compounds.

    With `is_carried` payment, interest and balance are not rounded at all, only for display.
    `days_in_year` is set where interest counts the real days of a row; the payment does not.
    """

    payment_rounding: Rounding = Rounding.HALF_UP
    interest_rounding: Rounding = Rounding.HALF_UP
    compounding_per_year: int = 12
    is_carried: bool = False
    days_in_year: int | None = None


@dataclass(frozen=True, slots=True)
class RateStep:
    """A new yearly rate from a row on; recast sets a new payment, at most `payment_cap` times the old."""

    from_nr: int
    rate: Fraction
    is_recast: bool = True
    payment_cap: Fraction | None = None


@dataclass(frozen=True, slots=True)
class TableTerms:
    """The terms of a table. `amortized_over` counts the rows the payment is computed over.

    `interest_only` first rows pay interest alone. `is_accelerated`: half the monthly payment, however
    often it is paid. Refuses what cannot be a table: see the codes raised here.
    """

    principal: int
    rate: Fraction
    instalments: int
    every: int = 1
    frequency: Frequency = Frequency.MONTHS
    convention: TableConvention = TableConvention()
    amortized_over: int | None = None
    interest_only: int = 0
    fee: int = 0
    is_accelerated: bool = False
    start: date | None = None
    steps: tuple[RateStep, ...] = ()

    def __post_init__(self) -> None:
        over = self.amortized_over if self.amortized_over is not None else self.instalments
        if self.principal <= 0:
            raise InvalidInput("principal-not-positive", amount_minor=self.principal)
        if not 1 <= self.instalments <= INSTALMENTS_MAX or self.every < 1 or over < self.instalments:
            raise InvalidInput("instalments-out-of-range", instalments=self.instalments, every=self.every)
        if min([self.rate, *(step.rate for step in self.steps)]) < 0:
            raise InvalidInput("contract-rate-negative", rate=str(self.rate))
        if self.interest_only >= over:
            raise InvalidInput("grace-leaves-no-row", instalments=self.instalments)
        if self.convention.days_in_year is not None and self.start is None:
            raise InvalidInput("table-start-missing", days_in_year=self.convention.days_in_year)
        numbers = [step.from_nr for step in self.steps]
        if numbers != sorted(set(numbers)) or (numbers and not 2 <= numbers[0] <= numbers[-1] <= over):
            raise InvalidInput("rate-steps-out-of-order", rows=", ".join(map(str, numbers)))


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row. `payment` includes the fee; whole amounts unless the convention carries precision."""

    nr: int
    payment: Fraction
    principal: Fraction
    interest: Fraction
    fee: Fraction
    balance: Fraction


@dataclass(frozen=True, slots=True)
class Table:
    """The first payment without the fee, the rows, and what is left to pay at the end of the term."""

    payment: Fraction
    rows: tuple[TableRow, ...]
    balloon: Fraction


def rows_a_year(terms: TableTerms) -> Fraction:
    """How many rows a year has."""
    return Fraction(_ROWS_A_YEAR[terms.frequency], terms.every)


@lru_cache(maxsize=256)
def row_rate(rate: Fraction, compounding: int, rows: Fraction) -> Fraction:
    """The rate of a row: a share of the year, or what compounds to the quoted rate.

    (1 + rate / c) ^ (c / p) - 1, exact where c = p, otherwise at 50 decimals.
    """
    if compounding == rows:
        return rate / rows
    with localcontext() as context:
        context.prec = _DECIMALS + 10
        base = 1 + _decimal(rate / compounding)
        power = base ** _decimal(Fraction(compounding) / rows)
        return Fraction(power - 1).limit_denominator(10**_DECIMALS) if rate else Fraction(0)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def level_payment(balance: Fraction, rate: Fraction, rows: int) -> Fraction:
    """The unrounded payment that repays a balance over rows of one rate."""
    if rate == 0:
        return balance / rows
    growth = (1 + rate) ** rows
    return balance * rate * growth / (growth - 1)


class _Sheet:
    """The table while it is written."""

    def __init__(self, terms: TableTerms) -> None:
        self.terms = terms
        self.over = terms.amortized_over if terms.amortized_over is not None else terms.instalments
        self.balance = Fraction(terms.principal)
        self.rate = terms.rate
        self.steps = {step.from_nr: step for step in terms.steps}
        self.payment = self._first_payment()

    def rounded(self, amount: Fraction, rounding: Rounding) -> Fraction:
        """The amount by its rule; carried at 60 decimals where nothing is rounded."""
        if self.terms.convention.is_carried:
            return Fraction(round_fraction(amount * 10**60, Rounding.HALF_EVEN), 10**60)
        return Fraction(round_fraction(amount, rounding))

    def row_rate(self) -> Fraction:
        """The rate of a row now."""
        return row_rate(self.rate, self.terms.convention.compounding_per_year, rows_a_year(self.terms))

    def level(self, rows: int) -> Fraction:
        """A new payment over rows left, rounded by the convention."""
        exact = level_payment(self.balance, self.row_rate(), rows)
        return self.rounded(exact, self.terms.convention.payment_rounding)

    def _first_payment(self) -> Fraction:
        terms = self.terms
        if terms.is_accelerated:
            months = round(self.over * 12 / rows_a_year(terms))
            rate = row_rate(terms.rate, terms.convention.compounding_per_year, Fraction(12))
            monthly = level_payment(self.balance, rate, months)
            rounding = terms.convention.payment_rounding
            return self.rounded(self.rounded(monthly, rounding) / 2, rounding)
        if terms.interest_only:
            return self.interest(1)
        return self.level(self.over)

    def interest(self, nr: int) -> Fraction:
        """Interest of a row on the balance before it, rounded by the convention."""
        terms, convention = self.terms, self.terms.convention
        if convention.days_in_year is None:
            exact = self.balance * self.row_rate()
        else:
            assert terms.start is not None
            begin = step_date(terms.start, nr - 1, terms.every, terms.frequency)
            days = (step_date(terms.start, nr, terms.every, terms.frequency) - begin).days
            exact = self.balance * self.rate * Fraction(days, convention.days_in_year)
        return self.rounded(exact, convention.interest_rounding)

    def turn(self, nr: int) -> None:
        """What changes at a row: a new rate, a new payment, the end of interest alone."""
        step = self.steps.get(nr)
        if step is not None:
            self.rate = step.rate
            if step.is_recast and nr > self.terms.interest_only:
                before = self.payment
                self.payment = self.level(self.over - nr + 1)
                if step.payment_cap is not None:
                    cap = self.rounded(before * step.payment_cap, self.terms.convention.payment_rounding)
                    self.payment = min(self.payment, cap)
        elif self.terms.interest_only and nr == self.terms.interest_only + 1:
            self.payment = self.level(self.over - nr + 1)


def table(terms: TableTerms) -> Table:
    """The rows of a table. The last row of the plan pays the balance with its interest.

    A table whose payment repays the balance early ends there; one whose term ends before the plan does
    leaves a balloon.
    """
    sheet = _Sheet(terms)
    first = sheet.payment
    rows: list[TableRow] = []
    fee = Fraction(terms.fee)
    for nr in range(1, terms.instalments + 1):
        sheet.turn(nr)
        interest = sheet.interest(nr)
        payment = interest if nr <= terms.interest_only else sheet.payment
        if nr == sheet.over or payment >= sheet.balance + interest:
            payment = sheet.balance + interest
        sheet.balance += interest - payment
        rows.append(TableRow(nr, payment + fee, payment - interest, interest, fee, sheet.balance))
        if sheet.balance == 0:
            break
    return Table(first, tuple(rows), sheet.balance)
