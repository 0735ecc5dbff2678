"""One story a rule of a line, as a table: what happened, and what the line says about it.

Amounts are major units. A line of a table is a day, a word and its words:

    purchase | cash | pay | fee AMOUNT      facts; `-> part amount ...` is how it was split
    convert AMOUNT into N at PCT%/month     or at PCT%/year
    limit AMOUNT, rate purchase PCT, pause until DAY, returned AMOUNT (the payment of that amount)
    statement   balance, minimum, due, interest, over: of the statement closed that day
    age         dpd, bucket, overdue, outstanding
    line        available, credit, principal, free, penalty, fee, interest
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from duewell.domain.facts import Conversion, Fact, FactKind
from duewell.domain.line import LineState, fold_line, line_ageing, line_standing
from duewell.domain.product import BalanceKind, CashFee, LateCharge, LineTerms, MinimumPayment, Part, RateCap

TERMS = LineTerms(
    limit=2_000_000,
    start=date(2026, 1, 5),
    statement_day=10,
    due_days=20,
    purchase_rate=Fraction(18, 100),
    cash_rate=Fraction(18, 100),
    minimum=MinimumPayment(Fraction(10, 100), 10_000),
)


def minor(text: str) -> int:
    whole, _, part = text.replace(",", "").partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def major(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def read(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines() if line.strip()]


def facts_of(text: str) -> list[Fact]:
    found: list[Fact] = []
    for n, (day, word, *rest) in enumerate(read(text)):
        on = date.fromisoformat(day)
        base = Fact(FactKind.PAYMENT_RECEIVED, on, on, "test", f"{n:03d}")
        if word in ("purchase", "cash"):
            kind = BalanceKind(word)
            found.append(replace(base, kind=FactKind.DRAWN, amount=minor(rest[0]), balance=kind))
        elif word == "pay":
            found.append(replace(base, amount=minor(rest[0])))
        elif word == "fee":
            found.append(replace(base, kind=FactKind.FEE_CHARGED, amount=minor(rest[0])))
        elif word == "limit":
            found.append(replace(base, kind=FactKind.LIMIT_CHANGED, amount=minor(rest[0])))
        elif word == "rate":
            rate = Fraction(rest[1]) / 100
            found.append(replace(base, kind=FactKind.RATE_CHANGED, rate=rate, balance=BalanceKind(rest[0])))
        elif word == "pause":
            found.append(replace(base, kind=FactKind.PAUSE_SET, until=date.fromisoformat(rest[1])))
        elif word == "off":
            found.append(replace(base, kind=FactKind.CHARGED_OFF))
        elif word == "convert":
            pct, period = re.fullmatch(r"([0-9.]+)%/(month|year)", rest[4]).groups()  # type: ignore[union-attr]
            cost = Fraction(pct) / 100
            agreed = Conversion(
                int(rest[2]),
                rate=cost if period == "year" else None,
                pct=cost if period == "month" else None,
            )
            found.append(replace(base, kind=FactKind.CONVERTED, amount=minor(rest[0]), conversion=agreed))
        elif word == "returned":
            gone = next(
                f for f in found if f.kind is FactKind.PAYMENT_RECEIVED and f.amount == minor(rest[0])
            )
            found.append(
                replace(
                    base, kind=FactKind.PAYMENT_RETURNED, effective_on=gone.effective_on, reverses=gone.key
                )
            )
    return found


def said(state: LineState, word: str) -> dict[str, str]:
    if word == "statement":
        each = state.statements[-1]
        assert each.closes_on == state.as_of, f"no statement closes on {state.as_of}"
        return {
            "balance": major(each.balance),
            "minimum": major(each.minimum),
            "due": each.due_on.isoformat(),
            "interest": major(sum(each.interest.values())),
            "over": major(each.over_limit),
            **{kind.replace(" ", "-"): major(amount) for kind, amount in each.interest.items()},
        }
    if word == "age":
        age = line_ageing(state)
        return {
            "dpd": str(age.dpd),
            "bucket": age.bucket,
            "overdue": major(age.overdue),
            "outstanding": major(age.outstanding),
        }
    return {
        "available": major(state.available),
        "credit": major(state.overpaid),
        "principal": major(state.principal_out),
        "free": "yes" if state.is_free else "no",
        **{part.name.lower(): major(state.owed[part]) for part in Part if part is not Part.PRINCIPAL},
    }


def split_of(state: LineState, ref: str) -> dict[str, str]:
    done = next(a for a in state.applied if a.fact.source_ref == ref)
    parts = {part.name.lower(): major(done.parts[part]) for part in Part if done.parts[part]}
    return parts | ({"credit": major(done.overpaid)} if done.overpaid > 0 else {})


def told(text: str, terms: LineTerms = TERMS) -> None:
    """Every expectation of the table holds: a check sees all that is known and effective that day."""
    facts = facts_of(text)
    for n, (day, word, *rest) in enumerate(read(text)):
        on = date.fromisoformat(day)
        seen = [f for f in facts if f.recorded_on <= on]
        if word in ("statement", "age", "line"):
            state = fold_line(terms, seen, as_of=on)
            wanted = dict(zip(rest[::2], rest[1::2], strict=True))
            found = said(state, word)
            assert {key: found.get(key) for key in wanted} == wanted, f"{day} {word}: {found}"
        elif "->" in rest:
            wanted_parts = rest[rest.index("->") + 1 :]
            state = fold_line(terms, seen, as_of=on)
            wanted = dict(zip(wanted_parts[::2], wanted_parts[1::2], strict=True))
            assert split_of(state, f"{n:03d}") == wanted, f"{day} {word}: {split_of(state, f'{n:03d}')}"
        if n == len(read(text)) - 1:
            assert fold_line(terms, seen, as_of=on).void == ()


def test_a_statement_paid_in_full_bears_no_interest() -> None:
    told("""
        2026-01-06  purchase   1200.00
        2026-01-10  statement  balance 1200.00  minimum 120.00  interest 0.00  due 2026-01-30
        2026-01-20  purchase   300.00
        2026-01-30  pay        1200.00  -> principal 1200.00
        2026-01-31  line       free yes
        2026-02-10  statement  balance 300.00  minimum 100.00  interest 0.00  due 2026-03-02
        2026-03-02  pay        300.00   -> principal 300.00
        2026-03-10  statement  balance 0.00  minimum 0.00  interest 0.00
    """)


def test_a_statement_not_paid_in_full_loses_the_free_period_from_the_day_drawn() -> None:
    # 1,200.00 from 6 to 30 January is 24 days: 14.2027; 1,080.00 for 11 more and 300.00 from 20 January on
    # for 21 are 5.8586 and 3.1068. All are rounded once: 23.17.
    told("""
        2026-01-06  purchase   1200.00
        2026-01-10  statement  balance 1200.00  minimum 120.00  interest 0.00
        2026-01-20  purchase   300.00
        2026-01-30  pay        120.00  -> principal 120.00
        2026-01-30  line       free yes
        2026-01-31  line       free no
        2026-01-31  age        dpd 0  overdue 0.00
        2026-02-10  statement  balance 1403.17  minimum 161.17  interest 23.17
    """)


def test_the_free_period_is_back_after_a_statement_paid_in_full() -> None:
    # What accrued from the statement to the day of payment, and on new purchases to the due date, stays.
    told("""
        2026-01-06  purchase   1200.00
        2026-01-30  pay        120.00  -> principal 120.00
        2026-02-10  statement  balance 1100.06  minimum 128.06  interest 20.06
        2026-02-15  purchase   500.00
        2026-03-01  pay        1100.06 -> interest 20.06  principal 1080.00
        2026-03-02  line       free no
        2026-03-03  line       free yes
        2026-03-10  statement  balance 513.82  minimum 100.00  interest 13.82
        2026-03-30  pay        513.82  -> interest 13.82  principal 500.00
        2026-04-10  statement  balance 0.00  interest 0.00
    """)


def test_a_line_without_a_free_period_bears_interest_from_the_day_drawn() -> None:
    told(
        """
        2026-01-06  purchase   1000.00
        2026-01-10  statement  balance 1001.97  interest 1.97
        2026-01-30  pay        1001.97
        2026-02-10  statement  balance 9.86  interest 9.86
        """,
        replace(TERMS, has_free_period=False),
    )


def test_cash_bears_interest_from_the_day_drawn_and_costs_a_fee() -> None:
    terms = replace(TERMS, cash_rate=Fraction(20, 100), cash_fee=CashFee(Fraction(1, 100), 1_000))
    told(
        """
        2026-01-06  cash       500.00   -> fee 10.00  principal 500.00
        2026-01-08  cash       3000.00  -> fee 30.00  principal 3000.00
        2026-01-10  statement  balance 3544.38  minimum 394.38  cash 4.38
        2026-01-20  pay        3544.38  -> fee 40.00  interest 4.38  principal 3500.00
        2026-02-10  statement  balance 19.18  minimum 19.18  cash 19.18
        """,
        terms,
    )


def test_interest_is_never_in_the_base_of_interest() -> None:
    told("""
        2026-01-06  cash       1000.00
        2026-01-10  statement  balance 1001.97   interest 1.97
        2026-02-10  statement  balance 1017.26   interest 15.29
        2026-03-10  statement  balance 1031.07   interest 13.81
    """)


def test_the_minimum_asks_a_share_charges_what_is_overdue_and_what_is_over_the_limit() -> None:
    # 2,050.00 is over the limit: 10 % of the other 7,950.00, that, and the fee. A month later that minimum is
    # overdue and brings the line below its limit: it, the interest, and 10 % of the other 7,155.00.
    told("""
        2026-01-06  purchase   10000.00
        2026-01-08  limit      8000.00
        2026-01-09  fee        50.00
        2026-01-10  statement  balance 10050.00  minimum 2895.00  over 2050.00
        2026-02-10  statement  balance 10222.60  minimum 3783.10  over 0.00
    """)


def test_the_minimum_is_at_least_the_floor_or_all_that_is_owed() -> None:
    told("""
        2026-01-06  purchase   400.00
        2026-01-10  statement  balance 400.00  minimum 100.00
        2026-01-20  pay        340.00
        2026-02-10  statement  balance 63.38   minimum 63.38  interest 3.38
    """)


def test_a_minimum_missed_ages_from_its_own_due_date_and_is_charged_once_a_statement() -> None:
    # 5 % of what is unpaid of the minimum, penalties left out: of 120.00, then of 120.00 + 131.39.
    told(
        """
        2026-01-06  purchase   1200.00
        2026-01-10  statement  balance 1200.00  minimum 120.00  due 2026-01-30
        2026-01-30  age        dpd 0  overdue 0.00  outstanding 1200.00
        2026-01-31  age        dpd 1  bucket 1-30  overdue 120.00  outstanding 1206.00
        2026-02-10  statement  balance 1226.71  minimum 254.71  interest 20.71
        2026-03-03  age        dpd 32  bucket 31-60  overdue 254.71  outstanding 1239.15
        2026-03-05  pay        120.00  -> principal 120.00
        2026-03-05  age        dpd 3   bucket 1-30  overdue 134.71
        2026-03-06  pay        134.71  -> penalty 6.00  interest 20.71  principal 108.00
        2026-03-06  age        dpd 0   overdue 0.00
        """,
        replace(TERMS, late_charge=LateCharge(Fraction(5, 100))),
    )


def test_no_penalty_is_charged_on_a_penalty() -> None:
    told(
        """
        2026-01-06  purchase   100.00
        2026-01-10  statement  balance 100.00  minimum 100.00
        2026-01-31  line       penalty 5.00
        2026-02-10  statement  balance 106.73  minimum 106.73  interest 1.73
        2026-03-02  line       penalty 5.00
        2026-03-03  line       penalty 10.09
        """,
        replace(TERMS, late_charge=LateCharge(Fraction(5, 100))),
    )


def test_a_purchase_becomes_twelve_instalments_at_a_monthly_charge() -> None:
    told("""
        2026-01-06  purchase   12000.00
        2026-01-07  convert    12000.00 into 12 at 0.6%/month
        2026-01-10  statement  balance 1072.00  minimum 1072.00  plan-1 72.00
        2026-01-30  pay        1072.00  -> interest 72.00  principal 1000.00
        2026-02-10  statement  balance 1072.00  minimum 1072.00  interest 72.00
        2026-02-11  line       available 8928.00  principal 11000.00
        2026-03-02  pay        1072.00
        2026-12-30  line       principal 10000.00
    """)


def test_a_conversion_at_a_yearly_rate_bears_interest_on_what_is_left_of_it() -> None:
    told("""
        2026-01-06  purchase   1200.00
        2026-01-10  statement  balance 1200.00
        2026-01-12  convert    900.00 into 3 at 12%/year
        2026-01-12  line       principal 1200.00  available 18800.00
        2026-01-30  pay        300.00  -> principal 300.00
        2026-01-31  line       free yes
        2026-02-10  statement  balance 308.58  minimum 308.58  plan-1 8.58
        2026-03-02  pay        308.58
        2026-03-10  statement  balance 305.52  minimum 305.52  plan-1 5.52
        2026-03-30  pay        305.52
        2026-04-10  statement  balance 303.06  plan-1 3.06
    """)


def test_a_conversion_of_what_is_billed_takes_it_off_the_minimum() -> None:
    told("""
        2026-01-06  purchase   1200.00
        2026-01-10  statement  balance 1200.00  minimum 120.00
        2026-01-12  convert    1200.00 into 3 at 12%/year
        2026-01-31  age        dpd 0  overdue 0.00
        2026-01-31  line       free yes
    """)


def test_a_conversion_on_a_statement_day_begins_with_the_next_statement() -> None:
    told("""
        2026-01-06  purchase   1200.00
        2026-01-10  convert    1200.00 into 12 at 0.6%/month
        2026-01-10  statement  balance 0.00  minimum 0.00
        2026-02-10  statement  balance 107.20  minimum 107.20  plan-1 7.20
    """)


def test_what_is_paid_beyond_all_else_repays_instalments_and_then_is_credit() -> None:
    told("""
        2026-01-06  purchase   1200.00
        2026-01-07  convert    1200.00 into 12 at 0.6%/month
        2026-01-10  statement  balance 107.20
        2026-01-15  pay        500.00  -> interest 7.20  principal 492.80
        2026-02-10  statement  balance 7.20  plan-1 7.20
        2026-02-12  pay        1000.00 -> interest 7.71  principal 707.20  credit 285.09
        2026-02-12  line       principal 0.00  credit 285.09  available 20285.09
        2026-02-20  purchase   200.00
        2026-02-20  line       principal 0.00  credit 85.09
        2026-03-10  statement  balance 0.00  minimum 0.00
        2026-03-11  purchase   100.00  -> principal 14.91
    """)


def test_a_returned_payment_leaves_the_line_as_if_it_had_never_come() -> None:
    told("""
        2026-01-06  purchase   1200.00
        2026-01-30  pay        1200.00
        2026-01-31  line       free yes  principal 0.00
        2026-02-02  returned   1200.00
        2026-02-02  line       free no  principal 1200.00
        2026-02-02  age        dpd 3  overdue 120.00
        2026-02-10  statement  balance 1220.71  interest 20.71
    """)


def test_a_draw_learnt_late_is_on_the_statement_it_belongs_to() -> None:
    story = """
        2026-01-06  purchase   1000.00
        2026-01-08  purchase   200.00
        2026-01-10  statement  balance 1200.00  minimum 120.00
        2026-01-31  age        dpd 1  overdue 120.00
    """
    told(story)
    facts = facts_of(story)
    late = [facts[0], replace(facts[1], recorded_on=date(2026, 1, 20))]
    before = fold_line(TERMS, late, as_of=date(2026, 1, 10), known_on=date(2026, 1, 10))
    assert before.statements[-1].balance == 100_000
    assert fold_line(TERMS, late, as_of=date(2026, 1, 10)).statements[-1].balance == 120_000


def test_the_highest_rate_is_paid_first_and_the_terms_may_say_otherwise() -> None:
    story = """
        2026-01-06  purchase   100.00
        2026-01-07  cash       100.00
        2026-01-08  pay        150.00
    """
    for order, left in (((), (50, 0)), ((BalanceKind.PURCHASE, BalanceKind.CASH), (0, 50))):
        terms = replace(TERMS, cash_rate=Fraction(24, 100), principal_order=order)
        state = fold_line(terms, facts_of(story), as_of=date(2026, 1, 8))
        assert tuple(state.new[kind] // 100 for kind in BalanceKind) == left


def test_a_cap_limits_every_yearly_rate_from_its_day_on() -> None:
    # Ten days at 18 % and 21 at 10 % on 1,000.00: 4.9315 + 5.7534.
    cap = RateCap(date(2026, 1, 21), Fraction(10, 100), "a rule")
    told(
        """
        2026-01-10  cash       1000.00
        2026-01-10  statement  balance 1000.00
        2026-02-10  statement  interest 10.68  balance 1010.68
        """,
        replace(TERMS, caps=(cap,)),
    )


def test_a_changed_rate_counts_from_the_day_after() -> None:
    told("""
        2026-01-10  cash       1000.00
        2026-01-20  rate       cash 36.5
        2026-01-20  rate       purchase 0
        2026-02-10  statement  interest 25.93
    """)


def test_a_pause_bears_no_interest_and_moves_no_due_date() -> None:
    # 10 days and 11 days of 31; the pause covers the days from 21 to 30 January.
    told("""
        2026-01-10  cash       1000.00
        2026-01-20  pause      until 2026-01-30
        2026-02-10  statement  interest 10.36  balance 1010.36
        2026-03-03  age        dpd 32  overdue 200.36
    """)


def test_interest_of_a_line_too_long_past_due_is_suspended_until_it_is_paid() -> None:
    terms = replace(TERMS, suspends_from_dpd=31)
    facts = facts_of("2026-01-06  cash  1000.00")
    last, first = date(2026, 3, 1), date(2026, 3, 2)
    assert ("suspended.charged", "") not in line_standing(terms, facts, last)
    sums = line_standing(terms, facts, first)
    state = fold_line(terms, facts, as_of=first)
    assert sums[("suspended.charged", "")] == state.owed[Part.INTEREST] == 197 + 1_529
    accrued = sums[("interest.accrued", "1/365")] - sums[("interest.due", "1/365")]
    assert sums[("suspended.accrued", "1/365")] == accrued
    pay = replace(facts[0], kind=FactKind.PAYMENT_RECEIVED, effective_on=first, amount=50_000)
    assert not any(key[0].startswith("suspended") for key in line_standing(terms, [*facts, pay], first))


def test_a_line_charged_off_leaves_the_books_with_interest_to_the_day() -> None:
    story = """
        2026-01-06  cash       1000.00
        2026-01-10  statement  balance 1001.97
        2026-01-20  off
        2026-01-20  line       principal 0.00  available 0.00
    """
    told(story)
    facts = facts_of(story)
    state = fold_line(TERMS, facts, as_of=date(2026, 6, 1))
    assert state.claim == (0, 0, 690, 100_000)
    on = date(2026, 6, 1)
    money = Fact(FactKind.RECOVERED, on, on, "agency", "1", amount=60_000)
    assert fold_line(TERMS, [*facts, money], as_of=on).claim == (0, 0, 0, 40_690)
    draw = Fact(FactKind.DRAWN, on, on, "test", "late", amount=1)
    ((_, reason),) = fold_line(TERMS, [*facts, draw], as_of=on).void
    assert reason.code == "loan-charged-off"


def test_a_statement_day_beyond_the_month_is_its_last_day() -> None:
    terms = replace(TERMS, statement_day=31, start=date(2026, 1, 31))
    state = fold_line(terms, [], as_of=date(2026, 6, 30))
    closes = [each.closes_on.isoformat() for each in state.statements]
    assert closes == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        (FactKind.DISBURSED, {"amount": 1}, "fact-kind-not-supported"),
        (FactKind.DRAWN, {"amount": 1, "effective_on": date(2026, 1, 1)}, "fact-before-the-loan"),
        (FactKind.DRAWN, {}, "amount-not-positive"),
        (FactKind.REFUNDED, {"amount": 1}, "refund-above-credit"),
        (FactKind.CONVERTED, {"amount": 9}, "conversion-without-cost"),
        (FactKind.CHARGED_OFF, {}, "charge-off-of-nothing"),
        (FactKind.WAIVED, {"parts": (1, 0, 0, 0)}, "waiver-above-what-is-due"),
        (FactKind.WAIVED, {}, "waiver-without-parts"),
        (FactKind.RATE_CHANGED, {}, "contract-rate-negative"),
        (FactKind.LIMIT_CHANGED, {"amount": -1}, "limit-not-positive"),
    ],
)
def test_what_cannot_be_applied_is_void_with_its_reason(
    kind: FactKind, more: dict[str, Any], code: str
) -> None:
    fact = replace(Fact(kind, TERMS.start, TERMS.start, "t", "1"), **more)
    state = fold_line(TERMS, [fact], as_of=date(2026, 2, 1))
    assert [reason.code for _, reason in state.void] == [code]
    assert sum(state.owed) == 0 and state.applied == ()


@pytest.mark.parametrize(
    ("agreed", "code"),
    [
        (Conversion(3, pct=Fraction(1, 100)), "conversion-above-purchases"),
        (Conversion(61, pct=Fraction(1, 100)), "conversion-out-of-range"),
        (Conversion(3, pct=Fraction(1, 100), rate=Fraction(1, 100)), "conversion-without-cost"),
        (Conversion(3, rate=Fraction(1, 3)), "rate-too-fine"),
    ],
)
def test_a_conversion_that_cannot_be_is_void(agreed: Conversion, code: str) -> None:
    fact = Fact(FactKind.CONVERTED, TERMS.start, TERMS.start, "t", "1", amount=99, conversion=agreed)
    ((_, reason),) = fold_line(TERMS, [fact], as_of=TERMS.start).void
    assert reason.code == code


def test_a_draw_beyond_the_limit_counts_and_is_told_apart() -> None:
    draw = Fact(FactKind.DRAWN, TERMS.start, TERMS.start, "t", "1", amount=2_000_001)
    state = fold_line(TERMS, [draw], as_of=TERMS.start)
    ((_, reason),) = state.beyond
    assert reason.code == "draw-above-limit" and reason.facts["available_minor"] == 2_000_000
    assert state.void == () and state.principal_out == 2_000_001 and state.available == 0


def test_purchases_past_due_are_not_converted() -> None:
    facts = facts_of("2026-01-06  purchase  1200.00\n2026-02-02  convert  900.00 into 3 at 12%/year")
    ((_, reason),) = fold_line(TERMS, facts, as_of=date(2026, 2, 2)).void
    assert reason.code == "conversion-while-past-due"


def test_the_worked_example_of_the_page_comes_out_to_the_cent() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "line.md").read_text("utf-8")
    table = page.split("```")[1]
    assert len(read(table)) > 10
    told(table, replace(TERMS, late_charge=LateCharge(Fraction(5, 100))))


def test_a_line_drawn_and_settled_on_one_day_owes_nothing_later() -> None:
    """Settling comes after what is drawn that day, cash with its fee."""
    facts = facts_of("2026-01-06  cash 1000.00\n2026-01-20  purchase 300.00")
    on = date(2026, 1, 20)
    settle = Fact(FactKind.PAID_OFF, on, on, "bank", "all")
    for each in (facts, [settle, *facts]):
        given = each if settle in each else [*each, settle]
        state = fold_line(TERMS, given, as_of=date(2026, 8, 1))
        assert (state.owed, state.overpaid, state.void) == ((0, 0, 0, 0), 0, ())


def test_a_recovery_of_a_line_whose_charge_off_is_taken_back_is_a_payment() -> None:
    facts = facts_of("2026-01-06  cash 1000.00\n2026-01-20  off")
    on = date(2026, 2, 1)
    money = Fact(FactKind.RECOVERED, on, on, "agency", "1", amount=60_000)
    back = Fact(FactKind.REVERSED, on, on, "test", "back", reverses=facts[1].key)
    state = fold_line(TERMS, [*facts, money, back], as_of=on)
    assert state.void == ()
    assert [(a.kind, a.amount, sum(a.parts)) for a in state.applied][-1] == ("repayment", 60_000, 60_000)


def test_a_line_settled_keeps_the_money_it_was_settled_with() -> None:
    """500.00 learnt later are credit; 500.00 drawn earlier and learnt later stay owed."""
    facts = facts_of("2026-01-06  purchase 1000.00")
    on, before = date(2026, 1, 20), date(2026, 1, 15)
    settle = Fact(FactKind.PAID_OFF, on, on, "bank", "all", amount=100_000)
    assert fold_line(TERMS, [*facts, settle], as_of=on).overpaid == 0
    paid = Fact(FactKind.PAYMENT_RECEIVED, before, before, "bank", "late", amount=50_000)
    assert fold_line(TERMS, [*facts, settle, paid], as_of=on).overpaid == 50_000
    drawn = replace(paid, kind=FactKind.DRAWN, balance=BalanceKind.PURCHASE)
    assert sum(fold_line(TERMS, [*facts, settle, drawn], as_of=on).owed) == 50_000
