"""A bank's statement: money finds its loan or waits in suspense, comes back or goes back, and nothing twice.

Wants to prove: whatever a statement holds, cash in the ledger is what the bank says; a file read again, or in
two formats, posts nothing twice; after every step the ledger balances and verify is clean.
How: stories on a sandbox book with real camt.053 and CSV files of the simulated bank.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duewell.domain.errors import Conflict, CurrencyMismatch, InvalidInput, NotFound, Refusal
from duewell.domain.facts import FactKind
from duewell.domain.receipts import Payer
from duewell.gateways.keys import Seals
from duewell.gateways.rails.simulators.bank import Booked
from duewell.services.assign_account import assign_account
from duewell.services.close_period import close_period
from duewell.services.list_suspense import list_suspense
from duewell.services.match_suspense import match_suspense
from duewell.services.reconcile_day import reconcile_day
from duewell.services.report_ledger import trial_balance_of
from duewell.services.send_back_suspense import send_back_suspense
from duewell.store import outbox
from duewell.store.loans import LoanKey
from duewell.store.paying import payee_of
from duewell.store.posting import Request
from tests.services.rails_world import KEYS, Conn, World

DUE = date(2026, 4, 1)


@pytest.fixture
def world(conn: Conn, tmp_path: Path) -> World:
    return World(conn, tmp_path)


def credit(ref: str, amount: str, **more: object) -> Booked:
    return Booked(ref, amount, "CNY", "CRDT", **more)  # type: ignore[arg-type]


def asked(world: World, key: str) -> Request:
    return Request("cli", key, "officer", world.at)


@pytest.mark.parametrize("version", ["02", "08"])
def test_money_finds_its_loan_by_reference_account_or_what_the_payer_wrote(
    world: World, version: str
) -> None:
    first, second = world.open()
    assign_account(world.conn, "b", "bank", "9001 0001", loan=second, at=world.at)
    before = world.cash
    done = world.read(
        world.statement(
            credit("A1", "100.00", reference=world.ref(first)),
            credit("A2", "50.00", paid_to="90010001"),
            credit("A3", "25.00", text=f"借款 {world.id(first)} 三月还款"),
            version=version,
        )
    )
    assert (done["posted"], done["suspense"], done["refused"]) == (3, 0, 0)
    assert [row["loan_id"] for row in done["rows"]] == [world.id(k) for k in (first, second, first)]
    assert world.cash - before == 17_500
    (fact, _) = sorted(world.facts(first, FactKind.PAYMENT_RECEIVED), key=lambda f: f.source_ref)
    assert (fact.source, fact.source_ref, fact.amount) == ("b/bank", "A1", 10_000)


def test_a_file_read_twice_and_in_another_format_posts_nothing_twice(world: World) -> None:
    (loan,) = world.open(1)
    path = world.statement(credit("A1", "100.00", reference=world.ref(loan)), credit("A2", "7.00", text="?"))
    world.read(path)
    cash = world.cash
    again = world.read(path)
    assert (again["again"], again["posted"], again["suspense"]) == (2, 0, 0)
    csv = f"reference,amount,booked_on,payment_reference\nA1,100.00,2026-03-01,{world.ref(loan)}\n"
    assert world.read(world.path(csv, "s.csv"))["again"] == 1
    assert world.cash == cash
    other = world.read(world.path(csv.replace("100.00", "100.01"), "s.csv"))
    assert [row["code"] for row in other["refusals"]] == ["rail-entry-differs"] and world.cash == cash


def test_a_dry_run_says_what_would_happen_and_writes_nothing(world: World) -> None:
    (loan,) = world.open(1)
    path = world.statement(credit("A1", "100.00", reference=world.ref(loan)), credit("A2", "7.00", text="?"))
    said = world.read(path, is_dry_run=True)
    assert (said["posted"], said["suspense"], said["is_dry_run"]) == (1, 1, True)
    for table in ("receipt", "rail_entry", "suspense_move"):
        assert world.conn.execute(f"select count(*) from duewell.{table}").fetchone() == (0,)  # noqa: S608
    done = world.read(path)
    assert (done["posted"], done["suspense"]) == (1, 1)


def repaid(world: World) -> LoanKey:
    loan = world.lend("repaid")
    world.read(world.statement(credit(f"whole-{loan.person_id}", "1200.00", reference=world.ref(loan))))
    assert world.state(loan).principal_out == 0
    return loan


def test_what_cannot_be_matched_waits_with_its_reason(world: World) -> None:
    first, second = world.open()
    closed = repaid(world)
    assign_account(world.conn, "b", "bank", "9002", loan=second, at=world.at)
    before = world.in_suspense
    wrong = world.ref(first)[:-1] + ("0" if world.ref(first)[-1] != "0" else "1")
    rows = [
        credit("U1", "1.00", text="thank you"),
        credit("U2", "2.00", reference=wrong),
        credit("U3", "4.00", reference=world.ref(first), paid_to="9002"),
        credit("U4", "8.00", text=f"{world.id(first)} {world.id(second)}"),
        credit("U5", "16.00", reference=world.ref(closed)),
        Booked("U6", "32.00", "CNY", "DBIT", text="fee of the bank"),
    ]
    done = world.read(world.statement(*rows))
    assert [row["reason"] for row in done["rows"]] == [
        "unknown-reference",
        "unknown-reference",
        "ambiguous",
        "ambiguous",
        "closed-loan",
        "unknown-debit",
    ]
    assert world.in_suspense - before == 100 + 200 + 400 + 800 + 1600 - 3200
    listed = list_suspense(world.conn, KEYS, "b")["items"]
    assert [each["ref"] for each in listed] == ["U1", "U2", "U3", "U4", "U5", "U6"]
    assert listed[0]["told"]["text"] == "thank you"


def test_a_payment_before_the_loan_began_waits_with_the_refusal(world: World) -> None:
    (loan,) = world.open(1)
    row = credit("E1", "5.00", reference=world.ref(loan), value_on=date(2026, 2, 1))
    done = world.read(world.statement(row))
    assert done["rows"][0]["reason"].startswith("refused:"), done["rows"]


def test_foreign_money_is_never_guessed_and_can_only_go_back(world: World) -> None:
    (loan,) = world.open(1)
    cash = world.cash
    row = Booked("F1", "30.00", "USD", "CRDT", reference=world.ref(loan), account="DE1")
    done = world.read(world.statement(row))
    assert done["rows"][0]["reason"] == "foreign-currency"
    assert world.cash == cash, "no sum of the book's currency holds it"
    with pytest.raises(CurrencyMismatch):
        match_suspense(world.conn, "b", rail="bank", ref="F1", loan=loan, request=asked(world, "k"))
    back = send_back_suspense(world.conn, KEYS, "b", rail="bank", ref="F1", request=asked(world, "k2"))
    assert (back["moved_minor"], back["left_minor"], back["currency"]) == (3000, 0, "USD")
    world.check()


def test_an_officer_matches_money_as_of_the_day_it_came(world: World) -> None:
    first, second = world.open()
    world.read(world.statement(credit("U1", "106.00", text="instalment")))
    world.go_to(DUE)
    before = world.in_suspense
    done = match_suspense(
        world.conn, "b", rail="bank", ref="U1", loan=first, amount=10_000, request=asked(world, "m1")
    )
    assert (done["moved_minor"], done["left_minor"]) == (10_000, 600)
    again = match_suspense(
        world.conn, "b", rail="bank", ref="U1", loan=first, amount=10_000, request=asked(world, "m1")
    )
    assert again == done
    with pytest.raises(Conflict):
        match_suspense(world.conn, "b", rail="bank", ref="U1", loan=second, request=asked(world, "m1"))
    with pytest.raises(InvalidInput) as told:
        match_suspense(
            world.conn, "b", rail="bank", ref="U1", loan=second, amount=601, request=asked(world, "m2")
        )
    assert told.value.code == "suspense-too-little"
    match_suspense(world.conn, "b", rail="bank", ref="U1", loan=second, request=asked(world, "m3"))
    (fact,) = world.facts(first, FactKind.PAYMENT_RECEIVED)
    assert (fact.effective_on, fact.recorded_on) == (date(2026, 3, 1), DUE)
    assert before - world.in_suspense == 10_600
    assert list_suspense(world.conn, KEYS, "b")["items"] == []
    with pytest.raises(InvalidInput):
        match_suspense(world.conn, "b", rail="bank", ref="U1", loan=second, request=asked(world, "m4"))
    with pytest.raises(NotFound):
        match_suspense(world.conn, "b", rail="bank", ref="no", loan=second, request=asked(world, "m5"))
    world.check()


def test_money_sent_back_leaves_an_order_and_comes_back_if_it_fails(world: World) -> None:
    world.open(1)
    world.read(world.statement(credit("U1", "9.00", text="?", name="张三", account="62170000")))
    world.read(world.statement(credit("U2", "9.00", text="?")))
    with pytest.raises(InvalidInput) as told:
        send_back_suspense(world.conn, KEYS, "b", rail="bank", ref="U2", request=asked(world, "s0"))
    assert told.value.code == "suspense-payer-unknown"
    cash = world.cash
    done = send_back_suspense(world.conn, KEYS, "b", rail="bank", ref="U1", request=asked(world, "s1"))
    assert done == send_back_suspense(
        world.conn, KEYS, "b", rail="bank", ref="U1", request=asked(world, "s1")
    )
    row = outbox.read(world.conn, outbox.NOBODY, done["pay_out"])
    assert row is not None and row.state == "waiting"
    payee = payee_of(world.conn, Seals(KEYS), row)
    assert payee is not None and payee.account == "62170000"
    assert cash - world.cash == 900
    other = Payer("李四", "62179999", "")
    send_back_suspense(world.conn, KEYS, "b", rail="bank", ref="U2", payee=other, request=asked(world, "s2"))
    world.check()


def test_a_return_takes_the_payment_back_and_is_told_once(world: World) -> None:
    (loan,) = world.open(1)
    world.go_to(DUE)
    due = f"{world.state(loan).rows[0].unpaid / 100:.2f}"
    world.read(world.statement(credit("A1", due, reference=world.ref(loan), end_to_end="E-1")))
    assert world.unpaid(loan) == 0
    cash = world.cash
    back = Booked("R1", due, "CNY", "DBIT", end_to_end="E-1", reason="AM04")
    done = world.read(world.statement(back))
    assert (done["returned"], done["suspense"]) == (1, 0)
    assert len(world.facts(loan, FactKind.PAYMENT_RETURNED)) == 1
    assert cash - world.cash == int(due.replace(".", ""))
    again = world.read(world.statement(Booked("R1-b", due, "CNY", "DBIT", end_to_end="E-1", reason="AM04")))
    assert (again["returned"], again["again"]) == (0, 1), "the same return under another reference"
    assert not world.facts(loan, FactKind.FEE_CHARGED)


def test_a_return_before_its_payment_waits_and_is_not_taken_twice(world: World) -> None:
    (loan,) = world.open(1)
    back = world.statement(Booked("R1", "5.00", "CNY", "DBIT", end_to_end="E-9", reason="AC04"))
    assert world.read(back)["rows"][0]["reason"] == "return-unknown"
    world.read(world.statement(credit("A1", "5.00", reference=world.ref(loan), end_to_end="E-9")))
    assert world.read(back)["again"] == 1
    assert not world.facts(loan, FactKind.PAYMENT_RETURNED), "a person decides"


def test_a_return_of_money_in_suspense_leaves_suspense(world: World) -> None:
    world.open(1)
    before = world.in_suspense
    world.read(
        world.statement(
            credit("U1", "5.00", text="?", end_to_end="E-2"),
            Booked("R1", "5.00", "CNY", "DBIT", end_to_end="E-2", reason="FOCR"),
        )
    )
    assert world.in_suspense == before and list_suspense(world.conn, KEYS, "b")["items"] == []


def test_a_value_date_ahead_is_refused_and_read_again_later(world: World) -> None:
    (loan,) = world.open(1)
    path = world.statement(credit("A1", "5.00", reference=world.ref(loan), value_on=date(2026, 3, 2)))
    done = world.read(path)
    assert [row["code"] for row in done["refusals"]] == ["fact-after-the-open-date"]
    assert reconcile_day(world.conn, "b")["counts"]["rail-only"] == 1
    world.go_to(date(2026, 3, 2))
    assert world.read(path)["posted"] == 1


def test_a_file_with_wrong_totals_changes_nothing(world: World) -> None:
    (loan,) = world.open(1)
    path = world.statement(credit("A1", "5.00", reference=world.ref(loan)), closing="6.00")
    with pytest.raises(Refusal):
        world.read(path)
    assert world.conn.execute("select count(*) from duewell.rail_entry").fetchone() == (0,)


def test_suspense_stands_in_the_trial_balance_and_in_closed_periods(world: World) -> None:
    world.open(1)
    world.read(world.statement(credit("U1", "5.00", text="?")))
    world.go_to(date(2026, 4, 2))
    close_period(world.conn, "b", ends_on=date(2026, 3, 31), at=world.at, actor="tester")
    found = {a.code: m for a, m in trial_balance_of(world.conn, "b").balances.items()}
    assert found["suspense"] == -500
    world.check()


# -- three sides -------------------------------------------------------------------------------------


def test_the_three_sides_agree_after_a_day_and_every_difference_is_named(world: World) -> None:
    first, second = world.open()
    world.read(
        world.statement(
            credit("A1", "100.00", reference=world.ref(first)),
            credit("U1", "5.00", text="?"),
            credit("A2", "3.00", reference=world.ref(second), end_to_end="E-1"),
            Booked("R2", "3.00", "CNY", "DBIT", end_to_end="E-1", reason="AM04"),
        )
    )
    clean = reconcile_day(world.conn, "b")
    assert clean["is_clean"] and clean["differences"] == []
    (total,) = clean["totals"]
    assert total["rail_minor"] == total["receipt_minor"] == total["ledger_minor"] == 10_500
    world.conn.execute(
        "insert into duewell.rail_entry select rail, 'GHOST', book_id, kind, 999, currency,"
        " booked_on, value_on,"
        " null, null, '', statement, 9, told, recorded_at from duewell.rail_entry where provider_ref = 'A1'"
    )
    world.conn.execute("alter table duewell.receipt disable trigger append_only")
    world.conn.execute(
        "update duewell.receipt set result = result || '{\"amount_minor\": 9999}' where provider_ref = 'A1'"
    )
    world.conn.execute("delete from duewell.receipt where provider_ref = 'A2'")
    found = reconcile_day(world.conn, "b")
    assert {(each["kind"], each["ref"]) for each in found["differences"]} == {
        ("rail-only", "GHOST"),
        ("amount-differs", "A1"),
        ("ledger-differs", "A1"),
        ("rail-only", "A2"),
        ("ledger-differs", "A2"),
    }


# -- anything at all ---------------------------------------------------------------------------------

ENTRY = st.tuples(
    st.sampled_from(["first", "second", "both", "none", "outside"]),
    st.integers(1, 20_000),
    st.sampled_from(["CRDT", "DBIT", "RETURN"]),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(st.lists(ENTRY, max_size=5), min_size=1, max_size=3), again=st.booleans())
def test_whatever_comes_cash_is_what_the_bank_says(
    server: object, template: str, tmp_path: Path, days: list[list[tuple[str, int, str]]], again: bool
) -> None:
    from itertools import count

    import psycopg

    from duewell.store.server import create_database

    name = f"any_{next(_NUMBERS)}"
    url = create_database(server, name, template=template)  # type: ignore[arg-type]
    with psycopg.connect(url, autocommit=True) as conn:
        world = World(conn, tmp_path)
        first, second = world.open()
        before, bank, number = world.cash, 0, count(1)
        credits_: list[str] = []
        for rows in days:
            booked = []
            for who, cents, way in rows:
                n = next(number)
                amount = f"{cents // 100}.{cents % 100:02d}"
                text = {"first": world.ref(first), "second": world.id(second), "none": "hello"}.get(who, "")
                text = f"{world.id(first)} {world.id(second)}" if who == "both" else text
                if way == "RETURN":
                    back = credits_[-1] if credits_ else "E-none"
                    booked.append(Booked(f"N{n}", amount, "CNY", "DBIT", end_to_end=back, reason="AM04"))
                else:
                    booked.append(Booked(f"N{n}", amount, "CNY", way, text=text, end_to_end=f"E{n}"))
                    if way == "CRDT":
                        credits_.append(f"E{n}")
            path = world.statement(*booked, number=f"S{next(number)}")
            done = world.read(path)
            told = [r for r in done["rows"] if r["outcome"] not in ("again", "refused")]
            bank += sum(r["amount_minor"] * (1 if r["kind"] == "credit" else -1) for r in told)
            if again:
                assert world.read(path)["again"] + done["refused"] >= len(booked) - done["refused"]
            assert world.cash - before == bank
            assert reconcile_day(conn, "b")["counts"]["ledger-differs"] == 0


_NUMBERS = iter(range(1, 10_000))
