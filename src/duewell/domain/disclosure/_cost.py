"""True cost: what a loan's money flows come to as yearly rates, at any date.

Needs    terms, facts, a day; the fold; the rules of domain.cost.
Gives    TrueCost, true_cost, offer, course: the flows, what was lent and paid, and each rate.
Never    rounds a rate, or gives one where none settles the flows.
Source   docs/reference/cost.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from duewell.domain.calendar import Frequency, step_date
from duewell.domain.cost import annual_effective, apr_reg_z, aprc, unit_payments
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import LoanState, fold, lifetime
from duewell.domain.product import LoanTerms, Part

_YEAR = {Frequency.MONTHS: 12, Frequency.WEEKS: 52, Frequency.DAYS: 365}
_OUT = (FactKind.DISBURSED, FactKind.REFUNDED)


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of one row of flows, each None where no rate settles them.

    `period` is the rate a step of the plan, `periods` the steps of a year.
    """

    periods: Fraction
    period: Fraction | None
    nominal: Fraction | None
    effective: Fraction | None
    reg_z: Fraction | None
    aprc: Fraction | None


@dataclass(frozen=True, slots=True)
class TrueCost:
    """A loan's cost as of a day: its flows by date, received by the borrower below zero, and the rates.

    `lent` is what was paid out, `kept` what was kept from it, `paid` what came by then, `to_pay` what the
    plan still asks if every row is paid on its date. `interest`, `fees` and `penalties` are asked over
    the whole life, kept fees too; `forgiven` was waived of them.
    """

    as_of: date
    flows: tuple[tuple[date, int], ...]
    lent: int
    kept: int
    paid: int
    to_pay: int
    interest: int
    fees: int
    penalties: int
    forgiven: int
    rates: Rates


def true_cost(
    terms: LoanTerms, facts: Iterable[Fact], *, as_of: date, known_on: date | None = None
) -> TrueCost:
    """The cost of a loan as of a day: what happened by then, and the plan as it stands from there."""
    return cost_of(fold(terms, facts, as_of=as_of, known_on=known_on))


def offer(terms: LoanTerms) -> TrueCost:
    """The cost of terms before they are signed, if everything is paid on its date."""
    return true_cost(terms, [first_money(terms)], as_of=terms.start)


def first_money(terms: LoanTerms) -> Fact:
    """The disbursement that terms offer."""
    return Fact(FactKind.DISBURSED, terms.start, terms.start, "offer", "offer", amount=terms.principal)


def course(terms: LoanTerms, facts: Sequence[Fact]) -> Iterator[tuple[Fact, TrueCost]]:
    """The cost after each fact that counts, in the order they count."""
    for fact, state in lifetime(terms, facts):
        yield fact, cost_of(state)


def cost_of(state: LoanState) -> TrueCost:
    """The cost of a folded loan."""
    terms, as_of = state.terms, state.as_of
    past, to_come = _happened(state), _asked(state)
    net: dict[date, int] = defaultdict(int)
    for on, amount in (*past, *to_come):
        net[on] += amount
    flows = tuple((on, net[on]) for on in sorted(net) if net[on])
    asked = [sum(row.due[part] for row in state.rows) for part in Part]
    kept = sum(a.parts[Part.FEE] for a in state.applied if a.kind == "disbursement")
    rates = rates_of(terms, flows)
    return TrueCost(
        as_of=as_of,
        flows=flows,
        lent=-sum(amount for _, amount in past if amount < 0),
        kept=kept,
        paid=sum(amount for _, amount in past if amount > 0),
        to_pay=sum(amount for _, amount in to_come),
        interest=asked[Part.INTEREST],
        fees=asked[Part.FEE] + kept,
        penalties=asked[Part.PENALTY],
        forgiven=sum(sum(a.parts[:3]) for a in state.applied if a.kind == "waiver"),
        rates=rates,
    )


def rates_of(terms: LoanTerms, flows: Sequence[tuple[date, int]]) -> Rates:
    """The yearly rates of dated flows, by the step of the terms."""
    periods = Fraction(_YEAR[terms.frequency], terms.every)
    period = _rate([(_steps(terms, flows[0][0], on), amount) for on, amount in flows])
    return Rates(
        periods=periods,
        period=period,
        nominal=None if period is None else period * periods,
        effective=_compounded(period, periods),
        reg_z=_reg_z(terms, flows),
        aprc=_rate([(_years(terms, flows[0][0], on), amount) for on, amount in flows]),
    )


def _happened(state: LoanState) -> list[tuple[date, int]]:
    """Money that moved: out to the borrower below zero. A loan taken over begins with what was owed."""
    found = []
    for each in state.applied:
        on, kind = each.fact.effective_on, each.fact.kind
        if kind is FactKind.OPENED:
            found.append((on, -each.amount))
        elif kind in _OUT:
            kept = each.parts[Part.FEE] if kind is FactKind.DISBURSED else 0
            found.append((on, kept - each.amount))
        elif kind in (FactKind.PAYMENT_RECEIVED, FactKind.PAID_OFF, FactKind.RECOVERED):
            found.append((on, each.amount))
    return found


def _asked(state: LoanState) -> list[tuple[date, int]]:
    """What the plan asks from the day on, past due rows at once, and what was paid too much back."""
    if state.charged_off_on is not None:
        return []
    found = [(max(row.due_on, state.as_of), row.unpaid) for row in state.rows if row.unpaid > 0]
    return [*found, *([(state.as_of, -state.overpaid)] if state.overpaid else [])]


def _steps(terms: LoanTerms, first: date, on: date) -> Fraction:
    """How many steps of the plan lie between: whole ones, then the days over the days of the step begun."""
    return _counted(first, on, terms.every, terms.frequency)


def _counted(first: date, on: date, every: int, frequency: Frequency) -> Fraction:
    days = {Frequency.MONTHS: 31, Frequency.WEEKS: 7, Frequency.DAYS: 1}[frequency] * every
    whole = (on - first).days // days
    while step_date(first, whole + 1, every, frequency) <= on:
        whole += 1
    begun = step_date(first, whole, every, frequency) if whole else first
    end = step_date(first, whole + 1, every, frequency)
    return whole + Fraction((on - begun).days, (end - begun).days)


def _years(terms: LoanTerms, first: date, on: date) -> Fraction:
    """Years of the EU's formula: 12 equal months or 52 weeks, and days left over by 365."""
    if terms.frequency is Frequency.DAYS:
        return Fraction((on - first).days, 365)
    unit = terms.frequency
    whole = int(_counted(first, on, 1, unit))
    begun = step_date(first, whole, 1, unit) if whole else first
    return Fraction(whole, _YEAR[unit]) + Fraction((on - begun).days, 365)


def _rate(flows: Sequence[tuple[Fraction, int]]) -> Fraction | None:
    """The rate a unit of time at which the flows are worth nothing; None where there is none."""
    try:
        return aprc(flows)
    except InvalidInput:
        return None


def _compounded(period: Fraction | None, periods: Fraction) -> Fraction | None:
    """A rate a period over a year; a year that is no whole number of steps is counted by its root."""
    if period is None:
        return None
    if periods.denominator == 1:
        return annual_effective(period, int(periods))
    return _root_of_year(period, periods)


def _root_of_year(period: Fraction, periods: Fraction) -> Fraction | None:
    # One unit lent, paid back with its interest after one step: the EU's formula compounds it to a year.
    return _rate([(Fraction(0), -(10**12)), (1 / periods, round((1 + period) * 10**12))])


def _reg_z(terms: LoanTerms, flows: Sequence[tuple[date, int]]) -> Fraction | None:
    if not flows or flows[0][1] >= 0:
        return None
    first, advance = flows[0][0], -flows[0][1]
    try:
        payments, units = unit_payments(first, flows[1:], terms.every, terms.frequency)
        return apr_reg_z(advance, payments, units)
    except InvalidInput:
        return None
