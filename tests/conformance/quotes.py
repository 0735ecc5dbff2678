"""Cases that ask for a table or a rate, not for a loan with facts: read in, asked, and told as text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from duewell.domain.calendar import Frequency
from duewell.domain.cost import UnitPayment, annual_effective, apr_reg_z, irr, xirr
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import fold
from duewell.domain.money import Rounding, round_fraction
from duewell.domain.mortgage import RateStep, Table, TableConvention, TableTerms, level_payment, table
from duewell.domain.product import LoanTerms, Part, PenaltyMode, PenaltyTerms

Json = dict[str, Any]
_YEAR = {"MONTHS": 12, "WEEKS": 52, "DAYS": 365}


def shown(value: Fraction, like: str) -> str:
    """The value rounded half-up to the decimals the source writes."""
    places = len(like.partition(".")[2])
    scaled = round_fraction(value * 10**places, Rounding.HALF_UP)
    return str(Decimal(scaled).scaleb(-places)) if places else str(scaled)


def check_mortgage(case: Json) -> None:
    t, c, expect = case["terms"], case["convention"], case["expect"]
    unit = Fraction(c["currency_unit"])
    by_days = t["days_in_month"] == "actual"
    convention = TableConvention(
        payment_rounding=Rounding(c["payment_rounding"]),
        interest_rounding=Rounding(c["interest_rounding"]),
        compounding_per_year=c["compounding_per_year"],
        is_carried=c["balance"] == "carry precision",
        days_in_year=int(t["days_in_year"]) if by_days else None,
    )
    terms = TableTerms(
        principal=int(Fraction(t["principal"]) / unit),
        rate=Fraction(t["rate_pct"]) / 100,
        instalments=t["instalments"],
        every=t["every"],
        frequency=Frequency(t["frequency"]),
        convention=convention,
        amortized_over=t.get("amortization_instalments"),
        interest_only=t.get("interest_only_instalments", 0),
        fee=int(Fraction(t.get("fee_per_instalment", "0")) / unit),
        is_accelerated=t.get("accelerated", False),
        start=date.fromisoformat(t["start"]) if "start" in t else None,
        steps=tuple(_step(step) for step in t.get("rate_schedule", ())),
    )
    made = table(terms)
    if "payment" in expect:
        assert shown(made.payment * unit, expect["payment"]) == expect["payment"]
    if "balloon_at_term" in expect:
        assert shown(made.balloon * unit, expect["balloon_at_term"]) == expect["balloon_at_term"]
    _check_rows(made, unit, expect.get("payment_rows", ()))


def _step(step: Json) -> RateStep:
    cap = step.get("payment_cap_factor")
    return RateStep(
        step["from_nr"], Fraction(step["rate_pct"]) / 100, step["recast"], Fraction(cap) if cap else None
    )


def _check_rows(made: Table, unit: Fraction, wanted: Any) -> None:
    rows = {row.nr: row for row in made.rows}
    for nr, *figures in wanted:
        row = rows[nr]
        got = [row.payment, row.principal, row.interest, row.fee, row.balance]
        pairs = zip(got, figures, strict=True)
        assert [None if f is None else shown(g * unit, f) for g, f in pairs] == figures, nr


def check_annuity(case: Json) -> None:
    t, c = case["terms"], case["convention"]
    unit = Fraction(c["currency_unit"])
    rate = Fraction(t["rate_pct"]) / 100 * t["every"] / _YEAR[t["frequency"]]
    exact = level_payment(Fraction(t["principal"]) / unit, rate, t["instalments"])
    assert (
        shown(round_fraction(exact, Rounding(c["rounding"])) * unit, case["expect"]["payment"])
        == (case["expect"]["payment"])
    )


def check_apr(case: Json) -> None:
    t = case["terms"]
    whole, odd = t["first"]["t"], Fraction(t["first"]["f"])
    amounts = [Fraction(amount) for amount, count in t["payments"] for _ in range(count)]
    payments = [UnitPayment(whole + k, odd, amount) for k, amount in enumerate(amounts)]
    rate = apr_reg_z(Fraction(t["principal"]), payments, Fraction(t["units_per_year"]))
    assert shown(rate * 100, case["expect"]["apr_pct"]) == case["expect"]["apr_pct"]


def check_irr(case: Json) -> None:
    expect, flows = case["expect"], [Fraction(0)] * (1 + max(e["period"] for e in case["events"]))
    for event in case["events"]:
        flows[event["period"]] += Fraction(event["amount"])
    rate = irr(flows)
    t = case["terms"]
    got = {
        "irr": rate,
        "monthly_irr_pct": rate * 100,
        "nominal_apr_pct": rate * 12 * 100,
        "effective_pct": annual_effective(rate, 12) * 100,
        "naive_pct": Fraction(t.get("fee_pct_month", "0")) * 12,
    }
    assert {name: shown(got[name], figure) for name, figure in expect.items()} == expect


def check_xirr(case: Json) -> None:
    expect = case["expect"]
    rate = xirr([(date.fromisoformat(e["date"]), Fraction(e["amount"])) for e in case["events"]])
    if "tolerance" in expect:
        assert abs(rate - Fraction(expect["xirr"])) <= Fraction(Decimal(expect["tolerance"]))
    else:
        assert shown(rate, expect["xirr"]) == expect["xirr"]


def check_cn(case: Json) -> None:
    t, c, expect = case["terms"], case["convention"], case["expect"]
    rounding, unit = Rounding(c["rounding"]), Fraction(c["currency_unit"])
    if "overdue_amount" in t:
        _check_penalty(t, expect, unit, rounding)
        return
    principal, count = Fraction(t["principal"]) / unit, t["instalments"]
    rate = Fraction(t["rate_pct"]) / 100 * t["every"] / _YEAR[t["frequency"]]
    exact = level_payment(principal, rate, count)
    payment = round_fraction(exact, rounding)
    part = principal / count
    got = {
        "equal_instalment": {
            "payment": Fraction(payment),
            "total_interest": exact * count - principal,
            "total_interest_rounded_payment": payment * count - principal,
        },
        "equal_principal": {
            "payment_first": part + principal * rate,
            "payment_step": part * rate,
            "total_interest": sum((principal - part * k) * rate for k in range(count)),
        },
    }
    for name, figures in expect.items():
        assert {k: shown(got[name][k] * unit, v) for k, v in figures.items()} == figures


def _check_penalty(t: Json, expect: Json, unit: Fraction, rounding: Rounding) -> None:
    """The penalty of one missed instalment, folded like any loan."""
    contract, surcharge = Fraction(t["rate_pct"]) / 100, Fraction(t["surcharge_pct"]) / 100
    mode = PenaltyMode(t["penalty_mode"])
    rate = contract * (1 + surcharge) if mode is PenaltyMode.REPLACES else contract * surcharge
    days_in_year = int(t["days_in_year"])
    due = date(2025, 7, 1)
    terms = LoanTerms(
        principal=int(Fraction(t["overdue_amount"]) / unit),
        start=date(2025, 6, 1),
        instalments=1,
        rate=Fraction(0),
        penalty=PenaltyTerms(rate=rate, mode=mode, days_in_year=days_in_year),
    )
    lent = Fact(FactKind.DISBURSED, terms.start, terms.start, "case", "0", amount=terms.principal)
    row = fold(terms, [lent], as_of=due + timedelta(days=t["days_overdue"])).rows[0]
    got = {"penalty_rate_pct": rate * 100, "penalty_interest": row.due[Part.PENALTY] * unit}
    assert {name: shown(got[name], figure) for name, figure in expect.items()} == expect


CHECKS: dict[str, Callable[[Json], None]] = {
    "mortgage": check_mortgage,
    "annuity": check_annuity,
    "apr": check_apr,
    "irr": check_irr,
    "xirr": check_xirr,
    "cn": check_cn,
}
