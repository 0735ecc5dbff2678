"""Limits: whether terms, or the worst of a product, stay within the caps of a day.

Needs    terms or a product, caps, the day; the fold; true cost.
Gives    check_terms, check_product; FIGURES and shown, for lines too.
Never    lets a figure through that it cannot compare.
Source   docs/reference/caps.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction

from duewell.domain.disclosure._cost import first_money, offer, rates_of
from duewell.domain.errors import InvalidInput
from duewell.domain.loan import LoanState, fold
from duewell.domain.money import Money, Rate, currency
from duewell.domain.product import (
    Cap,
    CapKind,
    LoanTerms,
    Measure,
    Part,
    PenaltyMode,
    PenaltyTerms,
    Product,
    caps_in_force,
)
from duewell.domain.texts import Message

COUNTS_MAX = 24
"""Numbers of instalments of a range that are tried: all of a short one, else evenly spread with both ends."""


def check_product(product: Product, caps: Iterable[Cap], on: date) -> None:
    """Refuse a product that cannot be lent at an end of its ranges, or whose worst case breaks a cap.

    Edges     of a long range of instalments not every number is tried; each loan is checked again by itself.
    """
    for terms in _corners(product, on, counts_max=2):
        _on_time(terms)  # What cannot be lent at all is refused for that, whatever the caps.
    lines = caps_in_force([*caps, *product.caps], on)
    for terms in _corners(product, on, counts_max=COUNTS_MAX) if lines else ():
        _check(terms, lines, on)


def check_terms(terms: LoanTerms, caps: Iterable[Cap], on: date) -> None:
    """Refuse terms that break a cap in force on `on`: InvalidInput "cap-exceeded" with both figures."""
    _check(terms, caps_in_force(caps, on), on)


def _corners(product: Product, on: date, *, counts_max: int) -> Iterator[LoanTerms]:
    low, high = product.instalments
    spread = min(high - low + 1, counts_max)
    counts = {low + (high - low) * k // max(spread - 1, 1) for k in range(spread)}
    for count in sorted(counts):
        for rate in sorted(set(product.rate), reverse=True):
            for principal in sorted(set(product.principal)):
                yield product.terms(principal=principal, rate=rate, instalments=count, start=on)


def _check(terms: LoanTerms, lines: Iterable[Cap], on: date) -> None:
    for cap in lines:
        figure, limit = FIGURES[cap.kind](terms, cap, 0)
        if figure > limit and FIGURES[cap.kind](terms, cap, 1)[0] > limit:
            # Rows are rounded to the cent: a rate that is over only by one unit a row is not over.
            raise InvalidInput(
                "cap-exceeded",
                cap=cap.code,
                kind=Message("cap-kind-" + cap.kind.value.replace(" ", "-"), {}),
                figure=shown(cap, figure),
                limit=shown(cap, limit),
                source=cap.source,
                on=on,
                principal=Money(terms.principal, currency(terms.currency)).text(),
                rate=Rate(terms.rate).text(),
                instalments=terms.instalments,
            )


def shown(cap: Cap, figure: Fraction) -> str:
    """A figure or a limit of a cap as people read it."""
    if cap.kind is CapKind.DEFAULT_FEES:
        return f"{cap.currency} {Money(int(figure), currency(cap.currency)).text()}"
    return f"{Rate(figure).text(4)} %"


def _all_in(terms: LoanTerms, cap: Cap, slack: int) -> tuple[Fraction, Fraction]:
    flows = [(on, amount - slack if amount > 0 else amount) for on, amount in offer(terms).flows]
    told = rates_of(terms, flows)
    rates = {
        Measure.NOMINAL: told.nominal,
        Measure.EFFECTIVE: told.effective,
        Measure.REG_Z: told.reg_z,
        Measure.APRC: told.aprc,
    }
    found = rates[cap.measure]
    if found is None:
        raise InvalidInput("cost-no-rate", flows=len(flows))
    return found, cap.limit


def _penalty_times(terms: LoanTerms, cap: Cap, slack: int) -> tuple[Fraction, Fraction]:
    """What overdue money bears in all a year, and so many times the contract rate."""
    return _overdue_rate(terms, cap, terms.penalty), cap.limit * terms.rate


def _overdue_rate(terms: LoanTerms, cap: Cap, penalty: PenaltyTerms | None) -> Fraction:
    """Contract interest and penalty on the same overdue money, never counted twice."""
    if penalty is None:
        return Fraction(0)
    if penalty.rate is None:
        if not penalty.pct:
            return Fraction(0)
        raise InvalidInput("cap-needs-daily-penalty", cap=cap.code, source=cap.source)
    beside = terms.rate if penalty.mode is PenaltyMode.EXCESS else Fraction(0)
    return penalty.rate + beside


def _daily_cost(terms: LoanTerms, cap: Cap, slack: int) -> tuple[Fraction, Fraction]:
    """By each due date: all charged so far, over the principal out of every day so far."""
    state = _on_time(terms)
    charged = sum(each.parts[Part.FEE] for each in state.applied)
    out, days, worst = terms.principal, 0, Fraction(0)
    for row in state.rows:
        days += out * (row.due_on - row.start).days
        charged += row.due[Part.INTEREST] + row.due[Part.FEE] - slack
        out -= row.due[Part.PRINCIPAL]
        if days:
            worst = max(worst, Fraction(charged, days))
    penalty = terms.penalty
    if penalty is not None and penalty.rate is not None:
        worst = max(worst, _overdue_rate(terms, cap, penalty) / penalty.days_in_year)
    return worst, cap.limit


def _total_cost(terms: LoanTerms, cap: Cap, slack: int) -> tuple[Fraction, Fraction]:
    """All that is charged if nobody ever pays. A penalty that grows for ever has no such total."""
    if terms.penalty is not None and terms.penalty.rate:
        raise InvalidInput("cap-penalty-without-end", cap=cap.code, source=cap.source)
    state = _never_paid(terms)
    kept = sum(each.parts[Part.FEE] for each in state.applied)
    charged = sum(sum(row.due[:3]) for row in state.rows) + kept
    on_time = sum(sum(row.due[:3]) for row in _on_time(terms).rows) + kept
    return Fraction(max(charged, on_time), terms.principal), cap.limit


def _default_fees(terms: LoanTerms, cap: Cap, slack: int) -> tuple[Fraction, Fraction]:
    if cap.currency != terms.currency:
        raise InvalidInput("cap-currency-foreign", cap=cap.code, given=cap.currency, currency=terms.currency)
    if terms.penalty is None or not terms.penalty.pct:
        return Fraction(0), cap.limit
    return Fraction(sum(row.due[Part.PENALTY] for row in _never_paid(terms).rows)), cap.limit


def _on_time(terms: LoanTerms) -> LoanState:
    return fold(terms, [first_money(terms)], as_of=terms.start)


def _never_paid(terms: LoanTerms) -> LoanState:
    grace = terms.penalty.grace_days if terms.penalty is not None else 0
    end = _on_time(terms).matures_on + timedelta(days=grace + 2)
    return fold(terms, [first_money(terms)], as_of=end)


FIGURES: dict[CapKind, Callable[[LoanTerms, Cap, int], tuple[Fraction, Fraction]]] = {
    CapKind.ALL_IN: _all_in,
    CapKind.PENALTY_TIMES: _penalty_times,
    CapKind.DAILY_COST: _daily_cost,
    CapKind.TOTAL_COST: _total_cost,
    CapKind.DEFAULT_FEES: _default_fees,
}
