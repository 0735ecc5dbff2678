"""A line is held against the caps of its book, and what a cap cannot be held against is refused.

Wants to prove: rates count at the most they can ever be, with the fee of cash; exactly at the cap is
inside it; a charge without a share or an end is never let through. The figures were worked by hand.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from duewell.domain.calendar import DaysInYear
from duewell.domain.disclosure import check_line
from duewell.domain.errors import InvalidInput
from duewell.domain.product import Cap, CapKind, CashFee, LateCharge, LineTerms, Measure, RateCap
from duewell.gateways.cap_packs import pack

START = date(2026, 1, 5)


def pct(text: str) -> Fraction:
    return Fraction(text) / 100


def terms(purchases: str, cash: str | None = None, **more: Any) -> LineTerms:
    given: dict[str, Any] = {
        "limit": 500_000,
        "start": START,
        "statement_day": 10,
        "due_days": 20,
        "purchase_rate": pct(purchases),
        "cash_rate": pct(cash or purchases),
    }
    return LineTerms(**(given | more))


def cap(kind: CapKind, limit: str, **more: Any) -> tuple[Cap, ...]:
    return (Cap("board", kind, date(2026, 1, 1), pct(limit), "board", **more),)


ALL_IN = cap(CapKind.ALL_IN, "15.4")


@pytest.mark.parametrize(
    ("line", "caps", "balance", "figure"),
    [
        (terms("36"), ALL_IN, "purchase", "36 %"),
        (terms("15.41"), ALL_IN, "purchase", "15.41 %"),
        (terms("12", "99"), ALL_IN, "cash", "99 %"),
        # A year of 360 days is paid for with all its 365: 15.4 % x 365 / 360.
        (terms("15.4", days_in_year=DaysInYear.D360), ALL_IN, "purchase", "15.6139 %"),
        (terms("12"), cap(CapKind.ALL_IN, "12.6", measure=Measure.EFFECTIVE), "purchase", "12.6825 %"),
        # 0.05 % a day from 18.25 % a year; with the fee, 1 % over 20 days, as much again.
        (terms("18.25", cash_fee=CashFee(pct("1"))), cap(CapKind.DAILY_COST, "0.09"), "cash", "0.1 %"),
        # The contract's own cap counts from its day on, so before it the rate is what was agreed.
        (terms("36", caps=(RateCap(date(2026, 1, 6), pct("15"), "law"),)), ALL_IN, "purchase", "36 %"),
        (
            terms("36", caps=(RateCap(START, pct("15"), "law"), RateCap(date(2027, 1, 1), pct("20"), "law"))),
            ALL_IN,
            "purchase",
            "20 %",
        ),
    ],
)
def test_a_balance_above_the_cap_is_refused_with_both_figures(
    line: LineTerms, caps: tuple[Cap, ...], balance: str, figure: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_line(line, caps, START)
    assert refused.value.code == "cap-exceeded-by-line"
    assert (refused.value.facts["balance"], refused.value.facts["figure"]) == (balance, figure)


def test_a_cash_fee_counts_in_the_yearly_cost() -> None:
    check_line(terms("12"), ALL_IN, START)
    with pytest.raises(InvalidInput, match="cap-exceeded-by-line"):
        check_line(terms("12", cash_fee=CashFee(pct("2"))), ALL_IN, START)


@pytest.mark.parametrize(
    ("line", "caps"),
    [
        (terms("15.4"), ALL_IN),
        (terms("36", caps=(RateCap(START, pct("15.4"), "law"),)), ALL_IN),
        (terms("99"), cap(CapKind.ALL_IN, "15.4", currency="")[:0]),
        (terms("18"), pack("cn")),
        (terms("0", "0"), cap(CapKind.TOTAL_COST, "100")),
        (terms("99"), (Cap("later", CapKind.ALL_IN, date(2026, 1, 6), pct("1"), "board"),)),
    ],
)
def test_within_the_caps_of_its_first_day_a_line_is_opened(line: LineTerms, caps: tuple[Cap, ...]) -> None:
    check_line(line, caps, START)


@pytest.mark.parametrize(
    ("line", "caps", "code"),
    [
        (terms("12", cash_fee=CashFee(pct("1"), 1_000)), ALL_IN, "cap-line-floor"),
        (terms("12", late_charge=LateCharge(pct("5"))), pack("cn"), "cap-late-charge"),
        (terms("12", late_charge=LateCharge(pct("0"), 500)), pack("cn-private"), "cap-late-charge"),
        (terms("12"), cap(CapKind.TOTAL_COST, "100"), "cap-line-without-end"),
        (
            terms("12", late_charge=LateCharge(pct("5"))),
            (Cap("board", CapKind.DEFAULT_FEES, START, Fraction(1500), "board", currency="CNY"),),
            "cap-line-without-end",
        ),
        (
            terms("12"),
            (Cap("board", CapKind.DEFAULT_FEES, START, Fraction(1500), "board", currency="GBP"),),
            "cap-currency-foreign",
        ),
    ],
)
def test_what_a_cap_cannot_be_held_against_is_refused(
    line: LineTerms, caps: tuple[Cap, ...], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_line(line, caps, START)
    assert refused.value.code == code
