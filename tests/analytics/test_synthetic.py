"""A made-up book: the same for the same seed, made in any pieces, folded by the engine, as late as it says.

The share past due is drawn, so it is checked against a band: three standard deviations of a share of 1,000
loans around what ten times as many gave.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from statistics import median

import pytest

from duewell.analytics._behaviour import PER, TRANSITIONS, days_from_due, next_months, row_of
from duewell.analytics.synthetic import ENTRY_CARDS, ENTRY_INSTALMENTS, SyntheticLoan, synthetic_loans
from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.loan import ageing, fold

OPENED_ON = date(2026, 6, 30)


def book(
    count: int, *, seed: int = 20260630, first: int = 0, entry: int = ENTRY_INSTALMENTS
) -> list[SyntheticLoan]:
    return list(synthetic_loans(count=count, seed=seed, opened_on=OPENED_ON, first=first, entry=entry))


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert repr(book(60)) == repr(book(60))
    assert repr(book(60)) != repr(book(60, seed=8))


def test_a_book_made_today_is_the_book_made_on_any_machine() -> None:
    # Terms and persons only: the amounts paid follow the engine, whose roundings may be improved.
    lines = [
        f"{x.person_id} {x.product_code} {x.terms.principal} {x.terms.start} {x.terms.rate} {x.external_ref}"
        for x in book(50, seed=1)
    ]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] == "f81a0f18377217d2"


def test_any_range_equals_the_slice_of_the_whole() -> None:
    whole = book(80)
    assert book(30, first=25) == whole[25:55]
    assert book(1, first=79) == whole[79:]
    assert book(0) == []


def test_every_loan_folds_and_its_facts_are_in_the_past_and_named_once() -> None:
    for made in book(400):
        state = fold(made.terms, made.facts, as_of=OPENED_ON)
        assert state.overpaid == 0, made.external_ref
        assert len({f.key for f in made.facts}) == len(made.facts)
        assert all(type(f.amount) is int and f.amount > 0 for f in made.facts)
        assert all(f.effective_on == f.recorded_on <= OPENED_ON for f in made.facts)
        assert {f.source for f in made.facts} == {"synthetic"}
        assert made.facts[0].kind is FactKind.DISBURSED
        assert [f.effective_on for f in made.facts] == sorted(f.effective_on for f in made.facts)


@pytest.mark.parametrize("entry", [ENTRY_INSTALMENTS, ENTRY_CARDS])
def test_a_payment_settles_whole_rows_and_leaves_no_cents_behind(entry: int) -> None:
    for made in book(150, entry=entry):
        state = fold(made.terms, made.facts, as_of=OPENED_ON)
        for row in state.rows:
            # Interest saved by paying days early is paid towards a later row; nothing else is paid in part.
            assert row.unpaid == 0 or sum(row.paid) * 50 < sum(row.due), (made.external_ref, row.nr)


def test_persons_and_references_are_distinct_and_fit_a_bigint() -> None:
    made = book(500)
    assert len({x.person_id for x in made}) == len({x.external_ref for x in made}) == 500
    assert all(0 < x.person_id < 2**63 for x in made)
    assert len({x.person_id >> 59 for x in made}) == 16, "every slice of the persons has its share"


def test_another_book_of_the_same_seed_has_the_same_loans_of_other_persons() -> None:
    one, other = (
        list(synthetic_loans(count=20, seed=1, opened_on=OPENED_ON, book=name)) for name in ("a", "b")
    )
    assert [(x.terms, x.facts) for x in one] == [(x.terms, x.facts) for x in other]
    assert not {x.person_id for x in one} & {x.person_id for x in other}


def test_amounts_are_hundreds_of_yuan_around_what_people_borrow() -> None:
    made = book(1500)
    assert all(x.terms.principal % 10_000 == 0 and x.terms.currency == "CNY" for x in made)
    phone = median(x.terms.principal for x in made if x.product_code.startswith("phone"))
    cash = median(x.terms.principal for x in made if x.product_code.startswith("cash"))
    assert 550_000 <= phone <= 650_000 and 1_050_000 <= cash <= 1_350_000
    assert len({x.product_code for x in made}) == 7


def test_few_loans_are_repaid_by_the_day_the_book_opens() -> None:
    made = book(600)
    repaid = sum(fold(x.terms, x.facts, as_of=OPENED_ON).principal_out == 0 for x in made)
    assert repaid <= 18


@pytest.mark.parametrize(
    ("entry", "low", "high"),
    [
        # 0.70% miss a month: about 1.8% past due on a day, those a few days late inside the month included.
        (ENTRY_INSTALMENTS, 0.005, 0.032),
        # 6.12% a month, as in 2005.
        (ENTRY_CARDS, 0.110, 0.178),
    ],
)
def test_the_share_past_due_is_what_the_chain_says(entry: int, low: float, high: float) -> None:
    made = book(1000, entry=entry)
    late = sum(ageing(fold(x.terms, x.facts, as_of=OPENED_ON)).dpd > 0 for x in made)
    assert low < late / len(made) < high


def test_nobody_is_late_when_nobody_misses() -> None:
    for made in book(200, entry=0):
        assert ageing(fold(made.terms, made.facts, as_of=OPENED_ON)).dpd <= 15


def test_the_rows_of_the_transition_table_add_up() -> None:
    assert [sum(row) for row in TRANSITIONS] == [PER] * 5
    assert sum(row_of(0, ENTRY_INSTALMENTS)) == PER and row_of(0, ENTRY_CARDS) == TRANSITIONS[0]
    for before, row in enumerate(TRANSITIONS):
        assert not any(row[before + 2 :]), "nobody misses two due dates in one month"


def test_the_chain_counts_on_beyond_four_months() -> None:
    assert next_months(0, ENTRY_CARDS, 0.9387) == 0 and next_months(0, ENTRY_CARDS, 0.9388) == 1
    assert next_months(3, ENTRY_CARDS, 0.9999) == 4
    assert next_months(4, ENTRY_CARDS, 0.9999) == 5
    assert next_months(9, ENTRY_CARDS, 0.9999) == 10
    assert next_months(9, ENTRY_CARDS, 0.0) == 0


def test_the_entry_rate_gives_the_arrears_of_the_lending_club_tape() -> None:
    # 9,500 loans with three, four and five dues behind them, in equal numbers; see _behaviour.py.
    months: Counter[int] = Counter()
    share = [1.0, 0.0, 0.0, 0.0, 0.0]
    for dues in range(1, 6):
        rows = [row_of(m, ENTRY_INSTALMENTS) for m in range(5)]
        share = [sum(share[m] * rows[m][to] for m in range(5)) / PER for to in range(5)]
        if dues >= 3:
            months.update({m: round(9500 * part / 3) for m, part in enumerate(share)})
    assert 155 <= sum(months[m] for m in (1, 2, 3, 4)) <= 163
    assert 70 <= months[2] + months[3] + months[4] <= 82


def test_most_pay_on_the_due_date_and_the_others_near_it() -> None:
    days = Counter(days_from_due(k / 10_000, 0.5) for k in range(10_000))
    assert days[0] > 8000 and set(days) == {-2, 0, 2, 10}
    assert days_from_due(0.0, 0.0) == -3 and days_from_due(0.9999, 0.9999) == 15


def test_a_range_below_zero_and_an_impossible_entry_rate_are_refused_at_once() -> None:
    for first, count in ((-1, 3), (0, -1)):
        with pytest.raises(InvalidInput) as refusal:
            synthetic_loans(seed=1, opened_on=OPENED_ON, first=first, count=count)
        assert refusal.value.code == "synthetic-range-negative"
    with pytest.raises(InvalidInput) as refusal:
        synthetic_loans(count=1, seed=1, opened_on=OPENED_ON, entry=10_001)
    assert refusal.value.code == "synthetic-entry-out-of-range"


def payments(made: SyntheticLoan) -> list[Fact]:
    return [f for f in made.facts if f.kind is FactKind.PAYMENT_RECEIVED]


def test_a_punctual_borrower_pays_the_instalment_of_the_schedule() -> None:
    seen = 0
    for made in book(200):
        rows = fold(made.terms, made.facts[:1], as_of=made.terms.start).rows
        paid = payments(made)
        if [f.effective_on for f in paid] == [r.due_on for r in rows[: len(paid)]] and paid:
            assert [f.amount for f in paid] == [sum(r.due) for r in rows[: len(paid)]]
            seen += 1
    assert seen > 20
