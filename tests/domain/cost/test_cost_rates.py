"""The yearly rate of an offer settles it: nothing is left over when every amount is valued at it.

Wants to prove: a rate found puts the flows at nothing, by exact arithmetic on the rate itself; known
figures of the rules come out; flows without a rate are refused.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.domain.calendar import Frequency
from duewell.domain.cost import annual_effective, apr_reg_z, aprc, irr, unit_payments, xirr
from duewell.domain.errors import InvalidInput


@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=40))
def test_at_the_rate_found_the_flows_are_worth_nothing(lent: int, payments: list[int]) -> None:
    if not any(payments):
        with pytest.raises(InvalidInput, match="cost-no-rate"):
            irr([-lent, *payments])
        return
    rate = irr([-lent, *payments])
    for nudge in (Fraction(-1, 10**20), Fraction(1, 10**20)):
        value = sum(Fraction(a) / (1 + rate + nudge) ** k for k, a in enumerate([-lent, *payments]))
        assert (value > 0) == (nudge < 0), "the flows change sign at the rate, within 20 decimals"


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-100, 0, 0, 74], "-0.09550"),
        ([-100, 100, 0, -7], "-0.08330"),
        ([-100, 100, 0, 7], "0.06206"),
        ([-150_000, 15_000, 25_000, 35_000, 45_000, 60_000], "0.05243"),
        ([-100, 100], "0.00000"),
    ],
)
def test_of_several_rates_the_one_nearest_zero_is_given(flows: list[int], rate: str) -> None:
    assert round(irr(flows), 5) == Fraction(rate)


def test_a_monthly_fee_on_the_first_principal_costs_almost_twice_what_it_says() -> None:
    monthly = irr([-1_200_000, *[107_200] * 12])
    assert round(monthly * 12 * 100, 2) == Fraction("13.03")
    assert round(annual_effective(monthly, 12) * 100, 2) == Fraction("13.84")


def test_the_eu_formula_gives_the_yearly_rate_of_a_single_repayment() -> None:
    rate = aprc([(Fraction(0), -1_000), (Fraction(3, 2), 1_200)])
    assert round((1 + rate) ** 3, 20) == Fraction(144, 100)


def test_dated_flows_of_a_year_apart_have_the_plain_rate() -> None:
    start = date(2025, 3, 1)
    assert xirr([(start, -100), (start + timedelta(days=365), 110)]) == Fraction(1, 10)


def test_a_month_on_the_same_day_is_one_unit_period_and_what_is_over_is_a_share_of_thirty() -> None:
    payments, units = unit_payments(
        date(1978, 2, 10), [(date(1978, 4, 1), 1), (date(1978, 5, 1), 1)], 1, Frequency.MONTHS
    )
    assert units == 12
    assert [(p.whole, p.odd) for p in payments] == [(1, Fraction(19, 30)), (2, Fraction(19, 30))]


def test_a_single_payment_is_one_period_of_its_own_length() -> None:
    payments, units = unit_payments(date(2025, 1, 1), [(date(2025, 4, 11), 1_050)], 1, Frequency.MONTHS)
    assert apr_reg_z(1_000, payments, units) == Fraction(5, 100) * Fraction(365, 100)


@pytest.mark.parametrize("flows", [[], [0, 0], [1, 2], [-1, -2]])
def test_flows_of_one_sign_have_no_rate(flows: list[int]) -> None:
    with pytest.raises(InvalidInput, match="cost-no-rate"):
        irr(flows)


def test_what_can_never_be_repaid_has_no_rate() -> None:
    payments, units = unit_payments(date(2025, 1, 1), [], 1, Frequency.MONTHS)
    with pytest.raises(InvalidInput, match="cost-no-rate"):
        apr_reg_z(1_000, payments, units)
