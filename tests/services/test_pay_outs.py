"""Money that leaves by files: written with what owes it, sent once, and true when the bank refuses it.

How: loans paid out and refunds through pain.001, answered by the simulated bank; runs killed between the file
and the mark; two senders at once.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import psycopg
import pytest

from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.facts import FactKind
from duewell.domain.receipts import Payer
from duewell.gateways.rails import FileRail
from duewell.gateways.rails.simulators.bank import Booked
from duewell.services.disburse_loan import disburse_loan
from duewell.services.list_suspense import list_suspense
from duewell.services.pay_out import pay_out_file
from duewell.services.read_status import read_status
from duewell.services.reconcile_day import reconcile_day
from duewell.services.refund_loan import refund_loan
from duewell.services.send_back_suspense import send_back_suspense
from duewell.store import outbox, rails, vault
from duewell.store.loans import LoanKey
from duewell.store.posting import Request
from tests.services.rails_world import FIRST, KEYS, PAYER, Conn, World


@pytest.fixture
def world(conn: Conn, tmp_path: Path) -> World:
    made = World(conn, tmp_path)
    made.open(0)
    return made


def pay_out(world: World, folder: str = "out") -> tuple[dict[str, Any], Path]:
    place = world.folder / folder
    place.mkdir(exist_ok=True)
    known = rails.rail_of(world.book, "bank")
    done = pay_out_file(world.conn, KEYS, "b", "bank", rail=FileRail(known, place), at=world.at)
    return done, place / f"{done['batch']}.pain.001.xml"


def answered(world: World, path: Path) -> dict[str, Any]:
    text = world.bank.answer(path)
    done = read_status(world.conn, "b", "bank", world.path(text), actor="t", at=world.at)
    world.check()
    return done


def states(world: World) -> list[str]:
    rows = world.conn.execute(
        "select state from duewell.outbox where kind = 'rail.pay-out' order by outbox_key"
    )
    return [state for (state,) in rows.fetchall()]


def test_a_loan_is_paid_out_after_it_was_recorded(world: World) -> None:
    loan = world.lend("one", rail="bank", payee=PAYER)
    assert loan == world.lend("one", rail="bank", payee=PAYER)
    assert states(world) == ["waiting"]
    done, path = pay_out(world)
    assert (done["pay_outs"], done["amount_minor"], states(world)) == (1, 120_000, ["sent"])
    assert pay_out(world)[0]["pay_outs"] == 0
    got = answered(world, path)
    assert (got["paid"], states(world)) == (1, ["done"])
    assert answered(world, path)["again"] == 1
    world.read(world.path(world.bank.statement("S1", FIRST)))
    assert reconcile_day(world.conn, "b")["is_clean"]


def test_no_order_is_written_where_the_loan_was_refused(world: World) -> None:
    with pytest.raises(InvalidInput):
        world.lend("bad", rail="bank", payee=Payer("", ""))
    request = Request("cli", "late", "t", world.at)
    with pytest.raises(InvalidInput):
        disburse_loan(
            world.conn, "b", principal=100, rate=Fraction(1, 10), instalments=1, on=date(2027, 1, 1),
            request=request, rail="bank", payee=PAYER, keys=KEYS,
        )  # fmt: skip
    assert states(world) == []
    assert world.conn.execute("select count(*) from duewell.loan").fetchone() == (0,)


def test_a_run_killed_after_the_file_sends_the_same_file(world: World) -> None:
    world.lend("one", rail="bank", payee=PAYER)

    class Dies(FileRail):
        def send(self, *args: Any, **more: Any) -> Any:
            super().send(*args, **more)
            raise KeyboardInterrupt

    known = rails.rail_of(world.book, "bank")
    with pytest.raises(KeyboardInterrupt):
        pay_out_file(world.conn, KEYS, "b", "bank", rail=Dies(known, world.folder), at=world.at)
    first = next(world.folder.glob("*.pain.001.xml")).read_bytes()
    world.lend("two", rail="bank", payee=PAYER)
    done, path = pay_out(world)
    assert (done["is_again"], done["pay_outs"], path.read_bytes()) == (True, 1, first)
    assert pay_out(world)[0]["pay_outs"] == 1, "the second loan has a file of its own"


def refunded(world: World) -> LoanKey:
    loan = world.lend("over")
    row = Booked("A1", "1300.00", "CNY", "CRDT", reference=world.ref(loan))
    world.read(world.statement(row))
    request = Request("cli", "r", "officer", world.at)
    refund_loan(world.conn, KEYS, "b", "bank", loan, amount=10_000, payee=PAYER, request=request)
    return loan


def test_a_refused_refund_is_the_borrowers_again(world: World) -> None:
    loan = refunded(world)
    world.bank.reasons = {PAYER.account: "AC04"}
    _, path = pay_out(world)
    got = answered(world, path)
    assert (got["rejected"], states(world)) == (1, ["failed"])
    assert answered(world, path)["again"] == 1
    assert world.state(loan).overpaid == 10_000
    assert len(world.facts(loan, FactKind.REVERSED)) == 1


def test_the_same_key_pays_nobody_else(world: World) -> None:
    loan = refunded(world)
    request, other = Request("cli", "r", "officer", world.at), Payer("x", "62170001")
    again = refund_loan(world.conn, KEYS, "b", "bank", loan, amount=10_000, payee=PAYER, request=request)
    assert again["pay_out"] and states(world) == ["waiting"]
    with pytest.raises(Conflict, match="key-reused-with-another-body"):
        refund_loan(world.conn, KEYS, "b", "bank", loan, amount=10_000, payee=other, request=request)
    world.read(world.statement(Booked("U1", "9.00", "CNY", "CRDT", text="?", account="62170000")))
    sent = Request("cli", "s", "o", world.at)
    send_back_suspense(world.conn, KEYS, "b", rail="bank", ref="U1", request=sent)
    with pytest.raises(Conflict, match="key-reused-with-another-body"):
        send_back_suspense(world.conn, KEYS, "b", rail="bank", ref="U1", payee=other, request=sent)


def test_money_sent_back_and_refused_is_in_suspense_again(world: World) -> None:
    row = Booked("U1", "9.00", "CNY", "CRDT", text="?", account="62170000", name="x")
    world.read(world.statement(row))
    send_back_suspense(
        world.conn, KEYS, "b", rail="bank", ref="U1", request=Request("cli", "s", "o", world.at)
    )
    assert list_suspense(world.conn, KEYS, "b")["items"] == []
    world.bank.reasons = {"62170000": "AC04"}
    answered(world, pay_out(world)[1])
    (item,) = list_suspense(world.conn, KEYS, "b")["items"]
    assert item["left_minor"] == 900
    send_back_suspense(
        world.conn, KEYS, "b", rail="bank", ref="U1", request=Request("cli", "s2", "o", world.at)
    )
    world.bank.reasons = {}
    assert answered(world, pay_out(world)[1])["paid"] == 1


def test_a_pay_out_that_comes_back_by_statement_waits_for_a_person(world: World) -> None:
    loan = refunded(world)
    _, path = pay_out(world)
    answered(world, path)
    (ref,) = [row.key for row in outbox.of_person(world.conn, loan.person_id, outbox.PAY_OUT)]
    back = Booked("C1", "100.00", "CNY", "CRDT", end_to_end=ref)
    done = world.read(world.statement(back))
    assert done["rows"][0]["reason"] == "pay-out-came-back"


def test_two_senders_take_each_row_once(world: World, url: str) -> None:
    for n in range(6):
        world.lend(f"l{n}", rail="bank", payee=PAYER)
    with psycopg.connect(url) as one, psycopg.connect(url) as two:
        mine = outbox.claim_batch(one, rail="b/bank", batch="X1", at=world.at, limit=4)
        theirs = outbox.claim_batch(two, rail="b/bank", batch="X2", at=world.at, limit=4)
        assert len(mine) == 4 and len(theirs) == 2
        assert not {row.key for row in mine} & {row.key for row in theirs}


def test_whoever_was_erased_is_not_paid_and_what_was_perhaps_sent_stays_unknown(world: World) -> None:
    def erase(loan: LoanKey) -> None:
        with world.conn.transaction():
            vault.erase(world.conn, loan.person_id, by="t", reason="asked", at=world.at)

    gone, kept = refunded(world), world.lend("two", rail="bank", payee=PAYER)
    erase(gone)
    done, path = pay_out(world)
    assert (done["pay_outs"], "6217000012345678" in path.read_text()) == (1, True)
    assert sorted(states(world)) == ["failed", "sent"]
    assert world.state(gone).overpaid == 10_000, "the refund is taken back"
    later = world.lend("three", rail="bank", payee=PAYER)
    with pytest.raises(Conflict, match="person-erased"):
        refund_loan(
            world.conn, KEYS, "b", "bank", gone, amount=10_000, payee=PAYER,
            request=Request("cli", "r2", "officer", world.at),
        )  # fmt: skip

    class Dies(FileRail):
        def send(self, *args: Any, **more: Any) -> Any:
            super().send(*args, **more)
            raise KeyboardInterrupt

    known = rails.rail_of(world.book, "bank")
    with pytest.raises(KeyboardInterrupt):
        pay_out_file(world.conn, KEYS, "b", "bank", rail=Dies(known, world.folder), at=world.at)
    erase(later)
    assert pay_out(world)[0]["pay_outs"] == 0
    assert sorted(states(world)) == ["failed", "sent", "unknown"]
    assert answered(world, path)["paid"] == 1
    text = world.bank.answer(next(world.folder.glob("*.pain.001.xml")))
    read_status(world.conn, "b", "bank", world.path(text), actor="t", at=world.at)
    world.check()
    assert sorted(states(world)) == ["done", "done", "failed"]
    assert kept.person_id != later.person_id
