"""A fact can be written as a line and read back.

Wants to prove: no figure is lost between a line and its fact, and a line that is not one is refused with
the way to write it. How: each verb by example, every fact of random lives there and back, and lines that are
nearly right.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given

from duewell.domain.errors import Refusal
from duewell.domain.facts import (
    VERBS,
    ChargeBase,
    DueDateMoved,
    Extended,
    Fact,
    FactKind,
    FactLines,
    ReAged,
    ReAmortized,
    fact_line,
)
from duewell.domain.loan import fold
from duewell.domain.money import currency
from duewell.domain.product import LoanTerms
from tests.domain.strategies import lives

CNY = currency("CNY")
DAY = date(2026, 5, 1)
PAID = Fact(FactKind.PAYMENT_RECEIVED, DAY, DAY, "bank", "r-17", amount=5000)

LINES = """
2026-05-01 pay 50.00
2026-05-01 pay 50.00 as merchant_issued_refund
2026-05-01 lend 1000.00
2026-05-01 refund 20.00
2026-05-01 recover 50.00
2026-05-01 fee 5.00
2026-05-01 fee 1.5% of scheduled principal
2026-05-01 penalty 2% of scheduled principal + interest
2026-05-01 rate 7.25%
2026-05-01 pause until 2026-06-30
2026-05-01 move 2026-05-15 to 2026-05-25
2026-05-01 extend by 3 from 2026-06-01
2026-05-01 re-age into 6 from 2026-06-01 every 2 weeks
2026-05-01 re-amortize
2026-05-01 waive penalty 3.00 interest 12.00
2026-05-01 return r-17 PaymentReceived
2026-05-01 reverse r-17 PaymentReceived
2026-05-01 settle
2026-05-01 charge-off
2026-05-01 draw 100.00 as cash
2026-05-01 convert 900.00 into 12 at 0.6% a month
2026-05-01 convert 900.00 into 12 at 12% a year
2026-05-01 limit 8000.00
2026-05-01 rate 18% on purchase
"""


def read(line: str, *facts: Fact) -> Fact:
    return FactLines(CNY, facts).read(line, source="test", source_ref="n-1", recorded_on=DAY)


@pytest.mark.parametrize("line", LINES.strip().splitlines())
def test_a_line_read_and_written_again_is_the_same_line(line: str) -> None:
    assert fact_line(read(line, PAID), CNY) == line


def test_every_verb_has_its_line_above() -> None:
    assert {line.split()[1] for line in LINES.strip().splitlines()} == set(VERBS)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pay 1,234.56", {"kind": FactKind.PAYMENT_RECEIVED, "amount": 123456}),
        ("refund 20.00", {"kind": FactKind.REFUNDED, "payment_type": "credit_balance_refund"}),
        ("fee 1.5% of scheduled interest", {"pct": Fraction(15, 1000), "base": ChargeBase.INTEREST}),
        ("rate 0%", {"kind": FactKind.RATE_CHANGED, "rate": Fraction(0)}),
        ("waive principal 1.00 penalty 2.00", {"parts": (200, 0, 0, 100)}),
        ("move 2026-05-15 to 2026-05-25", {"reschedule": DueDateMoved(date(2026, 5, 15), date(2026, 5, 25))}),
        ("extend by 3 from 2026-06-01", {"reschedule": Extended(date(2026, 6, 1), 3)}),
        ("re-age into 6 from 2026-06-01", {"reschedule": ReAged(date(2026, 6, 1), 6)}),
        ("re-amortize", {"kind": FactKind.RESCHEDULED, "reschedule": ReAmortized()}),
        ("return r-17", {"kind": FactKind.PAYMENT_RETURNED, "reverses": PAID.key}),
        ("  pay    50.00 ", {"amount": 5000}),
    ],
)
def test_a_line_says_its_fact_to_the_last_figure(line: str, said: dict[str, object]) -> None:
    fact = FactLines(CNY, [PAID]).read(line, source="test", source_ref="n-1", recorded_on=DAY, on=DAY)
    assert {name: getattr(fact, name) for name in said} == said
    assert (fact.effective_on, fact.recorded_on, fact.source_ref) == (DAY, DAY, "n-1")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "fact-line-unreadable"),
        ("pay 50.00", "fact-line-unreadable"),
        ("2026-05-01 give 50.00", "fact-line-unreadable"),
        ("2026-05-01 pay 50.00\n2026-05-02 pay 1.00", "fact-line-unreadable"),
        ("2026-05-01 pay 50.00" + " " * 200, "fact-line-unreadable"),
        ("2026-02-30 pay 50.00", "date-not-in-calendar"),
        ("2026-05-01 pay", "fact-line-form"),
        ("2026-05-01 pay 50.00 as gift", "fact-line-form"),
        ("2026-05-01 pay fifty", "amount-not-a-number"),
        ("2026-05-01 pay 0", "amount-not-positive"),
        ("2026-05-01 pay 0.001", "amount-too-many-decimals"),
        ("2026-05-01 rate -1%", "rate-negative"),
        ("2026-05-01 rate 7", "fact-line-form"),
        ("2026-05-01 fee 2% of the moon", "fact-line-form"),
        ("2026-05-01 waive", "fact-line-form"),
        ("2026-05-01 waive interest 1.00 interest 2.00", "fact-line-form"),
        ("2026-05-01 extend by 0 from 2026-06-01", "count-out-of-range"),
        ("2026-05-01 re-age into 9999 from 2026-06-01", "count-out-of-range"),
        ("2026-05-01 pause until 2026-13-01", "date-not-in-calendar"),
        ("2026-05-01 return r-99", "fact-not-reversible"),
        ("2026-05-01 reverse n-1", "fact-not-reversible"),
        ("2026-05-01 draw 100.00", "fact-line-form"),
        ("2026-05-01 draw 0 as cash", "amount-not-positive"),
        ("2026-05-01 convert 9.00 into 0 at 1% a month", "count-out-of-range"),
        ("2026-05-01 convert 9.00 into 3 at 1%", "fact-line-form"),
        ("2026-05-01 limit -1", "amount-negative"),
    ],
)
def test_a_line_that_is_none_is_refused(line: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(line, PAID)
    assert refused.value.code == code


@given(lives())
def test_a_life_written_as_lines_and_read_again_is_the_same_life(
    life: tuple[LoanTerms, list[Fact], date],
) -> None:
    terms, facts, as_of = life
    again: list[Fact] = []
    for fact in facts:
        lines = FactLines(CNY, again)
        read_back = lines.read(
            fact_line(fact, CNY),
            source=fact.source,
            source_ref=fact.source_ref,
            recorded_on=fact.recorded_on,
        )
        again.append(read_back)
        assert replace(read_back, payment_type="") == replace(fact, payment_type="")
    assert fold(terms, again, as_of=as_of) == fold(terms, facts, as_of=as_of)
