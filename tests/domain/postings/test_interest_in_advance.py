"""Interest paid before its day is income by the day, once.

Wants to prove: money that comes before the days it pays for is not earned a second time; what settles a
loan leaves nothing accrued. How: tables worked out by hand; 1,200.00 at 12 % from 10 January 2026.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from duewell.domain.calendar import DaysInMonth, DaysInYear
from duewell.domain.facts import Fact, FactLines
from duewell.domain.ledger import (
    INTEREST_ACCRUED,
    INTEREST_IN_ADVANCE,
    INTEREST_INCOME,
    INTEREST_RECEIVABLE,
    ROUNDING_OF_INTEREST,
)
from duewell.domain.loan import look, standing
from duewell.domain.money import currency
from duewell.domain.postings import general_ledger, journals_of
from duewell.domain.product import Convention, Engine, InterestMethod, LoanTerms

AGREED = Convention("as agreed", engine=Engine.CUMULATIVE, is_recalculated_daily=False)
DAILY = replace(AGREED, is_recalculated_daily=True)
TERMS = LoanTerms(
    principal=120_000, start=date(2026, 1, 10), instalments=12, rate=Fraction(12, 100), convention=AGREED
)
STORIES = """
as agreed: an instalment comes 15 days early; 16 of 31 days of 12.00 are 6.19
2026-01-25               receivable  0.00   accrued  5.81   advance  0.00   income  5.81   rounding 0.00
2026-01-26 pay 106.62    receivable  0.00   accrued  6.19   advance 12.00   income  6.19   rounding 0.00
2026-01-31               receivable  0.00   accrued  8.13   advance 12.00   income  8.13   rounding 0.00
2026-02-10               receivable  0.00   accrued  0.00   advance  0.00   income 12.00   rounding 0.00

as agreed: settled, so all the interest of the plan is earned
2026-01-26 settle        receivable  0.00   accrued  0.00   advance  0.00   income 79.42   rounding 0.00
2026-02-10               receivable  0.00   accrued  0.00   advance  0.00   income 79.42   rounding 0.00

recalculated daily: settled inside a period
2026-01-26 settle        receivable  0.00   accrued  0.00   advance  0.00   income  6.19   rounding 0.00
2026-02-10               receivable  0.00   accrued  0.00   advance  0.00   income  6.19   rounding 0.00

progressive: less comes than the interest of the day
2026-01-26 pay 3.00      receivable  0.00   accrued  6.19   advance  3.00   income  6.19   rounding 0.00
2026-02-10               receivable  9.00   accrued  0.00   advance  0.00   income 12.00   rounding 0.00
"""
CONVENTIONS = {"as agreed": AGREED, "recalculated daily": DAILY, "progressive": Convention()}


def balances(terms: LoanTerms, facts: list[Fact], on: date) -> dict[str, int]:
    view = look(terms, facts, as_of=on, is_closing=True)
    held = dict(general_ledger(standing(view, on)))
    for journal in journals_of(view.state.applied).values():
        for line in journal.lines:
            held[line.account] = held.get(line.account, 0) + line.amount_minor
    return {
        "receivable": held.get(INTEREST_RECEIVABLE, 0),
        "accrued": held.get(INTEREST_ACCRUED, 0),
        "advance": -held.get(INTEREST_IN_ADVANCE, 0),
        "income": -held.get(INTEREST_INCOME, 0),
        "rounding": held.get(ROUNDING_OF_INTEREST, 0),
    }


@pytest.mark.parametrize("story", STORIES.strip().split("\n\n"))
def test_the_ledger_holds_what_the_table_says(story: str) -> None:
    terms = replace(TERMS, convention=CONVENTIONS[story.partition(":")[0]])
    reader = FactLines(currency("CNY"))

    def read(line: str, ref: str) -> Fact:
        return reader.read(line, source="s", source_ref=ref, recorded_on=date(2026, 1, 1))

    facts = [read("2026-01-10 lend 1200.00", "0")]
    for line in story.splitlines()[1:]:
        said, _, figures = line.partition("receivable")
        if len(said.split()) > 1:
            facts.append(read(said.strip(), said))
        words = ("receivable" + figures).split()
        wanted = {
            name: int(amount.replace(".", "")) for name, amount in zip(words[::2], words[1::2], strict=True)
        }
        assert balances(terms, facts, date.fromisoformat(said.split()[0])) == wanted, line


def test_flat_interest_by_steps_accrues_what_it_charges() -> None:
    """A year of 365 or 366 days does not count where a month is a twelfth: no 1.6 % stays as rounding."""
    flat = replace(
        AGREED,
        interest_method=InterestMethod.FLAT,
        days_in_month=DaysInMonth.ACTUAL,
        days_in_year=DaysInYear.ACTUAL,
    )
    terms = replace(TERMS, convention=flat)
    fact = FactLines(currency("CNY")).read(
        "2026-01-10 lend 1200.00", source="s", source_ref="0", recorded_on=TERMS.start
    )
    held = balances(terms, [fact], date(2027, 1, 10))
    assert (held["receivable"], held["income"], held["rounding"]) == (14_400, 14_400, 0)
