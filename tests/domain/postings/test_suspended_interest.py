"""Interest of a loan long past due is no income until it is paid.

Wants to prove: from the named day past due on, all interest earned and not paid stands as suspended; a
payment makes income of what it pays; cured, the rest is income again; written off, nothing stays suspended.
How: one loan of 1,200.00 at 12 % over 12 months (30/360) told as a table; the balances are the ledger's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactLines
from duewell.domain.ledger import INTEREST_ACCRUED, INTEREST_INCOME, INTEREST_RECEIVABLE, INTEREST_SUSPENDED
from duewell.domain.loan import look, standing
from duewell.domain.money import currency
from duewell.domain.postings import general_ledger, journals_of
from duewell.domain.product import Convention, LoanTerms
from tests.domain.strategies import disbursed

TERMS = LoanTerms(
    principal=120_000,
    start=date(2026, 1, 1),
    instalments=12,
    rate=Fraction(12, 100),
    convention=Convention(suspends_from_dpd=31),
)

STORIES = """
nobody pays
2026-02-01               receivable 12.00   accrued  0.00   suspended  0.00   income 12.00
2026-03-03               receivable 24.00   accrued  0.77   suspended  0.00   income 24.77
2026-03-04               receivable 24.00   accrued  1.16   suspended 25.16   income  0.00
2026-04-01               receivable 36.00   accrued  0.00   suspended 36.00   income  0.00

a part is paid
2026-03-04               receivable 24.00   accrued  1.16   suspended 25.16   income  0.00
2026-03-05 pay 10.00     receivable 14.00   accrued  1.55   suspended 15.55   income 10.00

all that is past due is paid
2026-03-05 pay 213.24    receivable  0.00   accrued  1.55   suspended  0.00   income 25.55

the first row is paid, so days past due count from the second
2026-02-01 pay 106.62    receivable  0.00   accrued  0.00   suspended  0.00   income 12.00
2026-03-04               receivable 11.05   accrued  1.07   suspended  0.00   income 24.12
2026-04-01               receivable 22.10   accrued  0.00   suspended 22.10   income 12.00

a cent of the first row is unpaid, so they count from the first
2026-02-01 pay 106.61    receivable  0.00   accrued  0.00   suspended  0.00   income 12.00
2026-03-04               receivable 11.05   accrued  1.07   suspended 12.12   income 12.00

written off
2026-03-05 charge-off    receivable  0.00   accrued  0.00   suspended  0.00   income 25.55
"""


def balances(facts: list[Fact], on: date) -> dict[str, int]:
    view = look(TERMS, facts, as_of=on, is_closing=True)
    held = dict(general_ledger(standing(view, on)))
    for journal in journals_of(view.state.applied).values():
        for line in journal.lines:
            held[line.account] = held.get(line.account, 0) + line.amount_minor
    return {
        "receivable": held.get(INTEREST_RECEIVABLE, 0),
        "accrued": held.get(INTEREST_ACCRUED, 0),
        "suspended": -held.get(INTEREST_SUSPENDED, 0),
        "income": -held.get(INTEREST_INCOME, 0),
    }


@pytest.mark.parametrize("story", STORIES.strip().split("\n\n"))
def test_the_ledger_holds_what_the_table_says(story: str) -> None:
    reader = FactLines(currency("CNY"))

    def read(line: str, ref: str) -> Fact:
        return reader.read(line, source="s", source_ref=ref, recorded_on=date(2026, 1, 1))

    facts = [read("2026-01-01 lend 1200.00", "0")]
    for line in story.splitlines()[1:]:
        said, _, figures = line.partition("receivable")
        if len(said.split()) > 1:
            facts.append(read(said.strip(), said))
        words = ("receivable" + figures).split()
        wanted = {
            name: int(amount.replace(".", "")) for name, amount in zip(words[::2], words[1::2], strict=True)
        }
        assert balances(facts, date.fromisoformat(said.split()[0])) == wanted, line


def test_a_product_that_never_suspends_takes_all_it_earns_as_income() -> None:
    terms = replace(TERMS, convention=Convention())
    view = look(terms, [disbursed(terms)], as_of=date(2026, 3, 4), is_closing=True)
    assert standing(view, date(2026, 3, 4))
    assert not [key for key in standing(view, date(2026, 3, 4)) if key[0].startswith("suspended")]


@pytest.mark.parametrize("days", [0, -1, 4000])
def test_a_suspension_that_cannot_be_is_refused(days: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        Convention(suspends_from_dpd=days)
    assert refused.value.code == "suspension-out-of-range"
