"""Limits of a line: whether its rates, fees and late charge stay within the caps of a day.

Needs    a line's terms, caps, the day; true cost.
Gives    check_line.
Never    lets a figure through that it cannot compare: what has no end, or no share, is refused under a cap.
Source   docs/reference/caps.md, section lines. An all-in cap takes a draw as credit without an end is taken
         for the EU's APRC: all of it drawn at once, principal repaid in twelve equal monthly parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from duewell.domain.calendar import DaysInYear
from duewell.domain.disclosure._limits import FIGURES, shown
from duewell.domain.errors import InvalidInput
from duewell.domain.money import Rate
from duewell.domain.product import (
    Amortization,
    BalanceKind,
    Cap,
    CapKind,
    CashFee,
    Convention,
    FeeBasis,
    FeeTerms,
    FeeWhen,
    LateCharge,
    LineTerms,
    LoanTerms,
    caps_in_force,
)
from duewell.domain.texts import Message

_DRAWN = 1_200_000_000
"""A round amount: rates and shares do not depend on it."""
_YEAR = 365


def check_line(terms: LineTerms, caps: Iterable[Cap], on: date) -> None:
    """Refuse a line that breaks a cap in force on `on`, or that a cap cannot be held against.

    Refuses   InvalidInput "cap-exceeded-by-line" with both figures; "cap-line-floor", "cap-late-charge",
              "cap-line-without-end", "cap-currency-foreign".
    """
    for cap in caps_in_force(caps, on):
        if cap.kind is CapKind.PENALTY_TIMES:
            if _is_charged(terms.late_charge):
                raise InvalidInput("cap-late-charge", cap=cap.code, source=cap.source)
        elif cap.kind in (CapKind.TOTAL_COST, CapKind.DEFAULT_FEES):
            _check_endless(terms, cap)
        else:
            _check_balances(terms, cap, on)


def _is_charged(charge: CashFee | LateCharge | None) -> bool:
    return charge is not None and bool(charge.pct or charge.minimum)


def _check_endless(terms: LineTerms, cap: Cap) -> None:
    """A cap on a sum holds a line only where nothing is ever charged that it counts."""
    if cap.kind is CapKind.DEFAULT_FEES:
        if cap.currency != terms.currency:
            raise InvalidInput(
                "cap-currency-foreign", cap=cap.code, given=cap.currency, currency=terms.currency
            )
        is_counted = _is_charged(terms.late_charge)
    else:
        bears = bool(terms.purchase_rate or terms.cash_rate)
        is_counted = bears or _is_charged(terms.cash_fee) or _is_charged(terms.late_charge)
    if is_counted:
        raise InvalidInput("cap-line-without-end", cap=cap.code, kind=_kind(cap), source=cap.source)


def _check_balances(terms: LineTerms, cap: Cap, on: date) -> None:
    fee = terms.cash_fee
    if fee is not None and fee.minimum:
        raise InvalidInput(
            "cap-line-floor",
            cap=cap.code,
            minimum_minor=fee.minimum,
            currency=terms.currency,
            source=cap.source,
        )
    for balance, agreed, share in (
        (BalanceKind.PURCHASE, terms.purchase_rate, Fraction(0)),
        (BalanceKind.CASH, terms.cash_rate, fee.pct if fee is not None else Fraction(0)),
    ):
        rate = _highest(agreed, terms)
        figure = (_daily if cap.kind is CapKind.DAILY_COST else _all_in)(terms, rate, share, cap, on)
        if figure > cap.limit:
            raise InvalidInput(
                "cap-exceeded-by-line",
                cap=cap.code,
                kind=_kind(cap),
                on=on,
                balance=balance.value,
                rate=Rate(rate).text(),
                figure=shown(cap, figure),
                limit=shown(cap, cap.limit),
                source=cap.source,
            )


def _kind(cap: Cap) -> Message:
    return Message("cap-kind-" + cap.kind.value.replace(" ", "-"))


def _highest(agreed: Fraction, terms: LineTerms) -> Fraction:
    """The highest a rate ever is: as agreed, or less where the contract itself caps it from its start on."""
    at_start = [cap for cap in terms.caps if cap.from_on <= terms.start]
    if not at_start:
        return agreed
    later = [cap for cap in terms.caps if cap.from_on > terms.start]
    return max(min(agreed, cap.rate) for cap in (at_start[-1], *later))


def _daily(terms: LineTerms, rate: Fraction, fee: Fraction, cap: Cap, on: date) -> Fraction:
    """The dearest course of a day: drawn on the day a statement closes, and paid on its due date."""
    days_in_year = 360 if terms.days_in_year is DaysInYear.D360 else _YEAR
    return rate / days_in_year + fee / terms.due_days


def _all_in(terms: LineTerms, rate: Fraction, fee: Fraction, cap: Cap, on: date) -> Fraction:
    """The yearly cost of a draw by the cap's measure; a year of 360 days is paid for with all its days."""
    yearly = rate * Fraction(_YEAR, 360) if terms.days_in_year is DaysInYear.D360 else rate
    charged = FeeTerms("cash-fee", "lender", FeeWhen.FIRST, FeeBasis.PRINCIPAL, pct=fee)
    twin = LoanTerms(
        principal=_DRAWN,
        start=on,
        instalments=12,
        rate=yearly,
        currency=terms.currency,
        convention=Convention(amortization=Amortization.EQUAL_PRINCIPAL),
        fees=(charged,) if fee else (),
    )
    told, less = (FIGURES[CapKind.ALL_IN](twin, cap, slack)[0] for slack in (0, 1))
    # Rows are rounded to the cent: a rate that is over only by one unit a row is not over.
    return told if less > cap.limit else min(told, cap.limit)
