"""Duewell beside libraries that compute schedules and rates: time as a ratio in one run, and agreement.

Needs    the packages of the dependency group `peers`, which nothing else uses.
Gives    our time over theirs for schedule, IRR, XIRR and rate; a replay beside building the loan anew.
Never    hides that they use floats where they do, or that none of them knows a payment, a date or a proof.
Source   docs/reference/benchmarks.md, section peers.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from bench.figures import Figure, figure, microseconds, ratio
from bench.fold import on_time
from duewell.domain.calendar import Frequency, step_date
from duewell.domain.cost import apr_reg_z, irr, unit_payments, xirr
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import fold, replay
from duewell.domain.money import Rounding
from duewell.domain.mortgage import TableConvention, TableTerms, table
from duewell.domain.product import LoanTerms

PACKAGES = ("mortgagemath", "amortization", "numpy_financial", "pyxirr")
START = date(2024, 1, 15)
DRAWS = 500


def run(options: object) -> Iterator[Figure]:
    """Every ratio; nothing, with a loud reason, where the packages are not there."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"bench peers: skipped, {', '.join(missing)} not installed. Run: .venv/bin/uv sync --group peers",
            file=sys.stderr,
        )
        return
    yield from _schedules()
    yield from _rates()
    yield from _replays()


def _beside(name: str, ours: Callable[[], object], theirs: Callable[[], object], note: str) -> Figure:
    samples = ratio(microseconds(ours), microseconds(theirs))
    return figure(name, samples, "ours / theirs", note=note)


def _schedules() -> Iterator[Figure]:
    import mortgagemath
    from amortization.schedule import amortization_schedule

    params = mortgagemath.us_30_year_fixed(
        "300000", "6.5", payment_rounding=mortgagemath.PaymentRounding.ROUND_HALF_UP
    )
    terms = TableTerms(30_000_000, Fraction(65, 1000), 360)
    folded = LoanTerms(principal=30_000_000, start=START, instalments=360, rate=Fraction(65, 1000))
    lent = [Fact(FactKind.DISBURSED, START, START, "bench", "0", amount=30_000_000)]
    assert [int(r.balance) for r in table(terms).rows] == [
        int(i.balance * 100) for i in mortgagemath.amortization_schedule(params) if i.number
    ]
    yield _beside(
        "table_over_mortgagemath",
        lambda: table(terms),
        lambda: mortgagemath.amortization_schedule(params),
        "360 rows, both exact decimals, every balance equal",
    )
    yield _beside(
        "fold_over_mortgagemath",
        lambda: fold(folded, lent, as_of=START),
        lambda: mortgagemath.amortization_schedule(params),
        "360 rows: our loan with dates, parts and paid amounts beside their table",
    )
    yield _beside(
        "table_over_amortization",
        lambda: table(terms),
        lambda: list(amortization_schedule(300_000, 0.065, 360)),
        "360 rows; theirs in floats",
    )
    yield _agreement()


def _agreement() -> Figure:
    """How many of random tables have the same payment and the same balances to the cent."""
    import mortgagemath

    draw, same = random.Random(2026), 0
    for _ in range(DRAWS):
        principal, rate, months = (
            draw.randint(100_000, 90_000_000),
            draw.randint(1, 2_400),
            draw.randint(6, 360),
        )
        convention = TableConvention(Rounding.HALF_UP, Rounding.HALF_UP)
        ours = table(TableTerms(principal, Fraction(rate, 10_000), months, convention=convention))
        theirs = mortgagemath.amortization_schedule(
            mortgagemath.LoanParams(
                Decimal(principal) / 100,
                Decimal(rate) / 100,
                months,
                payment_rounding=mortgagemath.PaymentRounding.ROUND_HALF_UP,
            )
        )
        balances = [int(each.balance * 100) for each in theirs if each.number]
        same += [int(row.balance) for row in ours.rows] == balances
    return figure(
        "tables_equal_share", [same / DRAWS], "of 1", note=f"{DRAWS} random tables beside mortgagemath"
    )


def _rates() -> Iterator[Figure]:
    import numpy_financial
    import pyxirr

    flows = [-1_200_000, *[57_910] * 24]
    dated = [(START + timedelta(days=30 * n), amount) for n, amount in enumerate(flows)]
    dues = [(step_date(START, n, 1, Frequency.MONTHS), 57_910) for n in range(1, 25)]
    units, a_year = unit_payments(START, dues, 1, Frequency.MONTHS)
    days, amounts = [on for on, _ in dated], [float(amount) for _, amount in dated]
    assert abs(float(irr(flows)) - pyxirr.irr(flows)) < 1e-9
    assert abs(float(xirr(dated)) - pyxirr.xirr(days, amounts)) < 1e-9
    assert (
        abs(float(apr_reg_z(1_200_000, units, a_year)) / 12 - numpy_financial.rate(24, 57_910, -1_200_000, 0))
        < 1e-9
    )
    yield _beside(
        "irr_over_numpy",
        lambda: irr(flows),
        lambda: numpy_financial.irr(flows),
        "24 flows; 60 digits against a float",
    )
    yield _beside(
        "irr_over_pyxirr",
        lambda: irr(flows),
        lambda: pyxirr.irr(flows),
        "24 flows; 60 digits against a float in Rust",
    )
    yield _beside(
        "xirr_over_pyxirr", lambda: xirr(dated), lambda: pyxirr.xirr(days, amounts), "24 dated flows"
    )
    yield _beside(
        "apr_over_numpy_rate",
        lambda: apr_reg_z(1_200_000, units, a_year),
        lambda: numpy_financial.rate(24, 57_910, -1_200_000, 0),
        "Regulation Z with unit periods against a level rate in floats",
    )


def _replays() -> Iterator[Figure]:
    """None of them knows a payment: a replay stands beside building their table anew."""
    import mortgagemath

    terms = LoanTerms(principal=2_400_000, start=START, instalments=24, rate=Fraction(18, 100))
    lent = [Fact(FactKind.DISBURSED, START, START, "bench", "0", amount=2_400_000)]
    facts = lent + on_time(terms, lent, 20)
    open_on = facts[-1].effective_on + timedelta(days=5)
    late = Fact(
        FactKind.PAYMENT_RECEIVED, START + timedelta(days=40), open_on, "bench", "late", amount=50_000
    )
    params = mortgagemath.LoanParams(Decimal(24_000), Decimal(18), 24)
    yield _beside(
        "replay_over_mortgagemath_table",
        lambda: replay(terms, facts, late, open_on=open_on),
        lambda: mortgagemath.amortization_schedule(params),
        "24 rows, 20 payments, one learnt late, both histories and the agenda, beside their bare table",
    )
