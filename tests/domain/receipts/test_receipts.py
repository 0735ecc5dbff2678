"""Receipts: references that find their loan or nothing, plans known beforehand, states that only go forward.

How: properties over any loan, text and order of answers; examples where a bank or a borrower would err.
"""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.ledger import balances
from duewell.domain.receipts import (
    Answer,
    Difference,
    Entry,
    EntryKind,
    Held,
    LoanRef,
    MandateEvent,
    NextStep,
    Unmatched,
    adds_to,
    check_change,
    collection_ref,
    is_active,
    loans_in,
    match,
    next_attempt,
    order_ref,
    order_state,
    parse_collection_ref,
    parse_numbered_ref,
    pay_out_ref,
    payment_reference,
    plan_collection,
    rail_from,
    received,
    reconcile,
    released,
    slots_from,
    step_of,
)

LOANS = st.builds(LoanRef, st.integers(1, 2**63 - 1), st.integers(1, 2**15 - 1))
DAY = date(2026, 6, 1)
MARKS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def entry(**more: object) -> Entry:
    made = {"nth": 1, "ref": "A", "kind": EntryKind.CREDIT, "amount": 100, "currency": "CNY"}
    return Entry(**(made | {"booked_on": DAY, "value_on": DAY} | more))  # type: ignore[arg-type]


# -- references --------------------------------------------------------------------------------------


@given(LOANS)
def test_a_payment_reference_is_found_however_it_is_written(loan: LoanRef) -> None:
    ref = payment_reference(loan)
    assert len(ref) <= 25, "ISO 11649 allows no more"
    groups = " ".join(ref[k : k + 4] for k in range(0, len(ref), 4))
    for text in (ref, ref.lower(), groups, f"Re: {ref}.", f"还款 {groups} 谢谢", f"{ref[:4]}-{ref[4:]}"):
        assert loans_in([], text) == [loan], text
    assert loans_in([groups], "") == [loan]


@given(LOANS, st.integers(0, 20), st.sampled_from(MARKS))
@example(LoanRef(123293, 1), 17, "Z")
def test_one_wrong_mark_never_finds_a_loan_of_the_book(loan: LoanRef, place: int, mark: str) -> None:
    """The id's check, modulo 31 over 32 marks, cannot tell 0 from Z, and modulo 97 lets a few of those pass:
    what is then named is a person nobody has, and the money waits."""
    ref = payment_reference(loan)
    wrong = ref[:place] + mark + ref[place + 1 :]
    if wrong == ref:
        return
    assert {mark, ref[place]} == {"0", "Z"} or loans_in([wrong], wrong) == []
    held = frozenset({loan})
    told = match(entry(references=(wrong,)), currency="CNY", by_account={}, by_outside_ref={}, held=held)
    assert told.why is Unmatched.UNKNOWN_REFERENCE


@given(st.text(max_size=300))
def test_prose_names_no_loan(text: str) -> None:
    assert all(isinstance(each, LoanRef) for each in loans_in([text], text))


@given(LOANS, st.dates(date(2001, 1, 1), date(2099, 12, 31)), st.integers(1, 99))
def test_our_own_ids_name_what_they_were_made_of(loan: LoanRef, day: date, number: int) -> None:
    ref = collection_ref(loan, day, number)
    assert len(ref) <= 35 and parse_collection_ref(ref) == (loan, day, number)
    assert parse_numbered_ref(ref) is None
    assert parse_numbered_ref(order_ref(loan, number)) == ("W", loan, number)
    assert parse_numbered_ref(pay_out_ref(loan, number)) == ("P", loan, number)
    assert parse_collection_ref(ref[:-1]) is None


# -- whose money -------------------------------------------------------------------------------------

ONE, TWO = LoanRef(7, 1), LoanRef(8, 1)


@pytest.mark.parametrize(
    ("told", "found", "why"),
    [
        ({"references": (payment_reference(ONE),)}, ONE, None),
        ({"virtual_account": "V2"}, TWO, None),
        ({"text": "OLD-1"}, ONE, None),
        ({"references": (payment_reference(ONE),), "virtual_account": "V2"}, None, Unmatched.AMBIGUOUS),
        ({"text": f"{payment_reference(ONE)} {payment_reference(TWO)}"}, None, Unmatched.AMBIGUOUS),
        ({"text": f"{payment_reference(ONE)} {payment_reference(LoanRef(9, 1))}"}, ONE, None),
        ({"text": "hello"}, None, Unmatched.UNKNOWN_REFERENCE),
        ({"references": (payment_reference(ONE),), "currency": "USD"}, None, Unmatched.FOREIGN_CURRENCY),
        ({"end_to_end": pay_out_ref(ONE, 3)}, None, Unmatched.PAY_OUT_CAME_BACK),
        ({"end_to_end": collection_ref(TWO, DAY, 1), "text": payment_reference(ONE)}, TWO, None),
    ],
)
def test_an_entry_is_one_loans_or_nobodys(told: dict[str, object], found: object, why: object) -> None:
    done = match(
        entry(**told),
        currency="CNY",
        by_account={"V2": TWO},
        by_outside_ref={"OLD-1": ONE},
        held=frozenset({ONE, TWO}),
    )
    assert (done.loan, done.why) == (found, why)


def test_a_repaid_loan_takes_no_money() -> None:
    told = match(
        entry(references=(payment_reference(ONE),)),
        currency="CNY",
        by_account={},
        by_outside_ref={},
        held=frozenset({ONE}),
        closed=frozenset({ONE}),
    )
    assert told.why is Unmatched.CLOSED_LOAN


# -- suspense ----------------------------------------------------------------------------------------


@given(st.integers(1, 10**12), st.data())
def test_what_leaves_suspense_is_what_came(amount: int, data: st.DataObject) -> None:
    left, journals = amount, [received(amount)]
    for _ in range(5):
        part = data.draw(st.integers(1, max(1, left)))
        if part > left:
            with pytest.raises(InvalidInput):
                released(part, left=left)
            break
        journals.append(released(part, left=left))
        left -= part
    assert {a.code: m for a, m in balances(journals).items()} == {"cash_clearing": left, "suspense": -left}
    for wrong in (0, -1, left + 1):
        with pytest.raises(InvalidInput):
            released(wrong, left=left)


# -- mandates and plans ------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(list(MandateEvent)), max_size=6))
def test_an_ended_mandate_stays_ended(asked: list[MandateEvent]) -> None:
    events: list[MandateEvent] = []
    for each in asked:
        try:
            check_change(events, each)
        except Conflict:
            continue
        events.append(each)
    assert len(events) <= 2 and events[:1] in ([], [MandateEvent.SIGNED])
    assert is_active(events) == (events == [MandateEvent.SIGNED])


SLOTS = st.lists(
    st.tuples(
        st.integers(0, 60), st.times(time(0), time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))
    ),
    min_size=1,
    max_size=12,
    unique=True,
).map(lambda some: [f"T{f'+{n}' if n else ''} {at:%H:%M}" for n, at in sorted(some)])


@given(SLOTS, st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_every_try_is_planned_beforehand_and_made_once(given_slots: list[str], due: date) -> None:
    plan = plan_collection(due, slots_from(given_slots), is_business=lambda day: day.weekday() < 5)
    assert [each.number for each in plan] == list(range(1, len(given_slots) + 1))
    assert all(each.on >= due and each.on.weekday() < 5 for each in plan)
    made, day = 0, due
    for _ in range(80):
        while (found := next_attempt(plan, made=made, on=day)) is not None:
            assert found.number > made and found.on == day
            made = found.number
        day += timedelta(days=1)
    assert made == len(plan)


@pytest.mark.parametrize(
    ("slots", "code"),
    [
        ([], "slots-none-or-many"),
        (["T 09:30"] * 13, "slots-none-or-many"),
        (["T+1"], "slot-unreadable"),
        (["T-1 09:30"], "slot-unreadable"),
        (["T 24:00"], "slot-unreadable"),
        (["T+61 09:00"], "slot-unreadable"),
        (["T 15:30", "T 09:30"], "slots-not-rising"),
        (["T 09:30", "T 09:30"], "slots-not-rising"),
    ],
)
def test_slots_that_make_no_plan_are_refused(slots: list[str], code: str) -> None:
    with pytest.raises(InvalidInput) as told:
        slots_from(slots)
    assert told.value.code == code


def test_a_code_nobody_told_us_of_asks_a_person() -> None:
    assert step_of("ZZ99", {"AM04": NextStep.RETRY}) is NextStep.OURS
    with pytest.raises(InvalidInput):
        rail_from(
            {"code": "d", "kind": "debit", "account": "1", "name": "n", "reasons": {"again": ["AM04"]}},
            is_sandbox=True,
        )


# -- orders ------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(list(Answer)), max_size=8))
def test_answers_only_add_and_money_that_came_stays(answers: list[Answer]) -> None:
    kept: list[Answer] = []
    for each in answers:
        if adds_to(kept, each):
            kept.append(each)
    assert order_state(kept) is order_state(answers)
    assert len(kept) <= 2 and kept.count(Answer.OK) <= 1 and Answer.UNKNOWN not in kept
    if Answer.OK in answers:
        assert order_state(kept) is Answer.OK


# -- three sides -------------------------------------------------------------------------------------

HELD = st.dictionaries(
    st.tuples(st.just("r"), st.sampled_from("abcd")),
    st.builds(Held, st.integers(-3, 3), st.sampled_from(["CNY", "USD"])),
)


@given(HELD, HELD, HELD)
def test_no_difference_means_all_three_are_equal(
    rail: dict[tuple[str, str], Held], ours: dict[tuple[str, str], Held], booked: dict[tuple[str, str], Held]
) -> None:
    found = reconcile(rail=rail, receipts=ours, ledger=booked)
    assert (found == []) == (rail == ours == booked)
    assert all(isinstance(each, Difference) for each in found)
    assert {each.ref for each in found} == {
        ref for ref in {*rail, *ours, *booked} if not (rail.get(ref) == ours.get(ref) == booked.get(ref))
    }
