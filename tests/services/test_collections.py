"""Direct debits: signed, planned, collected, answered, returned; the borrower never pays for our failed try.

Wants to prove: a try is made when it was said, once, and not while another has no answer; every reason a bank
gives ends in a true state; what came is a payment whichever file told of it. How: months of a loan with the
simulated bank, which reads our pain.008 or Chinese batch and answers with pain.002, lines and camt.053.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from duewell.domain.errors import Conflict, InvalidInput, NotFound, Refusal
from duewell.domain.facts import FactKind
from duewell.domain.receipts import LoanRef, Payer, collection_ref
from duewell.gateways.rails.simulators.bank import Booked, status_file
from duewell.services.change_mandate import revoke_mandate, sign_mandate
from duewell.services.collect_due import collect_due
from duewell.services.read_status import read_status
from duewell.services.reconcile_day import reconcile_day
from duewell.services.show_mandate import show_mandate
from duewell.store import mandates, outbox, vault
from duewell.store.loans import LoanKey
from duewell.store.posting import Request
from tests.services.rails_world import KEYS, PAYER, Conn, World

DUE = date(2026, 4, 1)


@pytest.fixture
def world(conn: Conn, tmp_path: Path) -> World:
    return World(conn, tmp_path)


def sign(
    world: World, loan: LoanKey, rail: str = "debit", key: str = "sign", payer: Payer = PAYER
) -> dict[str, Any]:
    request = Request("cli", key, "borrower", world.at)
    return sign_mandate(world.conn, KEYS, "b", rail, loan, payer=payer, on=None, request=request)


def collect(world: World, rail: str = "debit", on: date | None = None) -> tuple[dict[str, Any], Path]:
    made: list[bytes] = []
    done = collect_due(
        world.conn, KEYS, "b", rail, on=on or world.book.open_on, write=made.append, at=world.at
    )
    return done, world.path(made[0] if made else b"-", "collect.xml")


def answered(world: World, path: Path, rail: str = "debit", **more: Any) -> dict[str, Any]:
    text = world.bank.answer_lines(path) if rail == "batch" else world.bank.answer(path)
    done = read_status(world.conn, "b", rail, world.path(text, "answer"), actor="tester", at=world.at, **more)
    world.check()
    return done


def shown(world: World, loan: LoanKey) -> dict[str, Any]:
    return show_mandate(world.conn, KEYS, "b", loan)


def notices(world: World, loan: LoanKey) -> list[dict[str, Any]]:
    return [row.payload for row in outbox.of_person(world.conn, loan.person_id, outbox.NOTICE)]


def test_a_mandate_is_signed_shown_revoked_and_every_change_is_told(world: World) -> None:
    loan, other = world.open()
    signed = sign(world, loan)
    assert signed == sign(world, loan), "the same key signs once"
    assert (signed["state"], signed["account_end"]) == ("signed", PAYER.account[-4:])
    with pytest.raises(Conflict) as told:
        sign(world, loan, key="again")
    assert told.value.code == "mandate-in-force"
    with pytest.raises(InvalidInput):
        sign(world, other, rail="bank")
    with pytest.raises(InvalidInput):
        sign(world, other, payer=Payer("", "62"))
    tries = shown(world, loan)["coming"][0]
    assert tries["due_on"] == "2026-04-01" and tries["amount_minor"] > 10_000
    assert [(t["on"], t["at"]) for t in tries["tries"]] == [
        ("2026-04-01", "09:30"),
        ("2026-04-01", "15:30"),
        ("2026-04-02", "09:30"),
        ("2026-04-04", "09:30"),
    ]
    request = Request("cli", "revoke", "borrower", world.at)
    gone = revoke_mandate(world.conn, KEYS, "b", loan, on=None, reason="asked", request=request)
    assert gone == revoke_mandate(world.conn, KEYS, "b", loan, on=None, reason="asked", request=request)
    assert (gone["is_active"], [e["change"] for e in gone["history"]]) == (False, ["signed", "revoked"])
    with pytest.raises(NotFound):
        revoke_mandate(
            world.conn, KEYS, "b", loan, on=None, reason="", request=Request("cli", "r2", "x", world.at)
        )
    assert [n["change"] for n in notices(world, loan)] == ["signed", "revoked"]
    assert shown(world, loan)["coming"] == []
    assert sign(world, loan, key="new")["mandate"] != signed["mandate"], "a new leave is a new mandate"


def test_what_falls_due_is_collected_once_and_paid(world: World) -> None:
    loan, other = world.open()
    sign(world, loan)
    nothing, _ = collect(world)
    assert (nothing["collections"], nothing["batch"]) == (0, None)
    world.go_to(DUE)
    due = world.state(loan).rows[0].unpaid
    done, path = collect(world)
    assert (done["collections"], done["amount_minor"]) == (1, due)
    silent, _ = collect(world)
    assert silent["collections"] == 0, "no try while one has no answer"
    got = answered(world, path)
    assert (got["paid"], got["refused"]) == (1, 0)
    assert world.unpaid(loan) == 0 and world.unpaid(other) > 0
    (fact,) = world.facts(loan, FactKind.PAYMENT_RECEIVED)
    assert (fact.source, fact.amount, fact.effective_on) == ("b/debit", due, DUE)
    again = answered(world, path)
    assert (again["paid"], again["again"]) == (0, 1)
    assert reconcile_day(world.conn, "b")["counts"]["ours-only"] == 1, "no statement has said so yet"
    cash = world.cash
    told = world.read(world.path(world.bank.statement("S1", DUE)))
    assert (told["again"], told["posted"], told["suspense"]) == (1, 0, 0), "told by another rail's file"
    assert world.cash == cash and reconcile_day(world.conn, "b")["is_clean"]


def test_a_statement_alone_says_that_a_try_was_paid(world: World) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.go_to(DUE)
    _, path = collect(world)
    world.bank.answer(path)
    told = world.read(world.path(world.bank.statement("S1", DUE)))
    assert told["posted"] == 1
    assert [each["state"] for each in shown(world, loan)["attempts"]] == ["paid"]


def test_a_try_without_money_is_tried_again_as_planned_and_no_more(world: World) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.bank.reasons = {PAYER.account: "AM04"}
    tried = []
    for day in (DUE, DUE, date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 4), date(2026, 4, 5)):
        world.go_to(day)
        done, path = collect(world)
        tried.append(done["collections"])
        if done["collections"]:
            got = answered(world, path)
            assert (got["rejected"], got["next"], got["fees_charged_minor"]) == (1, {"retry": 1}, 0)
    assert tried == [1, 1, 1, 0, 1, 0]
    assert [each["attempt"] for each in shown(world, loan)["attempts"]] == [1, 2, 3, 4]
    assert not world.facts(loan, FactKind.FEE_CHARGED) and not world.facts(loan, FactKind.PAYMENT_RECEIVED)
    failed = [n for n in notices(world, loan) if n["notice"] == "collection-failed"]
    assert len(failed) == 4 and {n["fee_minor"] for n in failed} == {0}


def test_a_part_paid_meanwhile_is_not_collected_again(world: World) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.go_to(DUE)
    due = world.state(loan).rows[0].unpaid
    world.read(world.statement(Booked("A1", "50.00", "CNY", "CRDT", reference=world.ref(loan))))
    done, _ = collect(world)
    assert done["amount_minor"] == due - 5_000


@pytest.mark.parametrize(
    ("reason", "step", "state"),
    [
        ("AC04", "other-account", "account-refused"),
        ("MD01", "revoked", "revoked-at-bank"),
        ("MD07", "deceased", "payer-deceased"),
        ("MD06", "disputed", "disputed"),
        ("FF01", "ours", "signed"),
        ("ZZ99", "ours", "signed"),
    ],
)
def test_a_reason_says_what_is_done_next(world: World, reason: str, step: str, state: str) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.bank.reasons = {PAYER.account: reason}
    world.go_to(DUE)
    _, path = collect(world)
    assert answered(world, path)["next"] == {step: 1}
    assert shown(world, loan)["mandates"][0]["state"] == state
    assert collect(world)[0]["collections"] == 0, "only a reason that passes is tried again"
    changes = [n["change"] for n in notices(world, loan) if n["notice"] == "mandate-changed"]
    assert changes == (["signed", state] if state != "signed" else ["signed"])


@pytest.mark.parametrize("reason", ["AM04", "MD06"])
def test_a_returned_debit_ends_in_a_true_state(world: World, reason: str) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.go_to(DUE)
    _, path = collect(world)
    answered(world, path)
    world.read(world.path(world.bank.statement("S1", DUE)))
    ref = collection_ref(LoanRef(*_key(loan)), DUE, 1)
    due = world.facts(loan, FactKind.PAYMENT_RECEIVED)[0].amount
    world.go_to(date(2026, 4, 2))
    amount = f"{due // 100}.{due % 100:02d}"
    back = Booked("R1", amount, "CNY", "DBIT", end_to_end=ref, reason=reason)
    told = world.read(world.statement(back))
    assert (told["returned"], told["suspense"]) == (1, 0)
    assert world.overdue(loan) >= due
    (fact,) = world.facts(loan, FactKind.PAYMENT_RETURNED)
    assert fact.source_ref == f"{ref}/R"
    assert not world.facts(loan, FactKind.FEE_CHARGED), "our debit failed: no fee"
    last = shown(world, loan)["attempts"][-1]
    assert (last["state"], last["reason"]) == ("returned", reason)
    assert shown(world, loan)["mandates"][0]["is_active"] is (reason == "AM04")
    done, _ = collect(world)
    assert done["collections"] == (1 if reason == "AM04" else 0)
    assert reconcile_day(world.conn, "b")["is_clean"]


def _key(loan: LoanKey) -> tuple[int, int]:
    return loan.person_id, loan.loan_no


def test_a_chinese_batch_goes_out_and_its_result_comes_in(world: World) -> None:
    first, second = world.open()
    sign(world, first, rail="batch")
    sign(world, second, rail="batch", key="s2", payer=Payer("李四", "6217000099"))
    world.bank.reasons = {"6217000099": "E001"}
    world.go_to(DUE)
    done, path = collect(world, "batch")
    assert done["collections"] == 2
    got = answered(world, path, "batch")
    assert (got["paid"], got["rejected"], got["next"]) == (1, 1, {"retry": 1})
    assert world.unpaid(first) == 0 and world.unpaid(second) > 0
    assert collect(world, "batch")[0]["collections"] == 1


def test_a_file_begun_and_not_written_is_written_again_to_the_byte(world: World) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.go_to(DUE)
    made: list[bytes] = []

    def full(raw: bytes) -> None:
        made.append(raw)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        collect_due(world.conn, KEYS, "b", "debit", on=DUE, write=full, at=world.at)
    done, path = collect(world)
    assert (done["is_again"], done["collections"]) == (True, 1)
    assert path.read_bytes() == made[0]


def test_a_whole_file_refused_fails_every_try_in_it(world: World) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.go_to(DUE)
    done, _ = collect(world)
    text = status_file("ST", done["batch"], [], group="RJCT")
    got = read_status(world.conn, "b", "debit", world.path(text), actor="t", at=world.at)
    assert (got["rejected"], got["next"]) == (1, {"ours": 1}), "no reason: an operator looks"


def test_answers_to_what_we_never_sent_are_refused(world: World) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.go_to(DUE)
    done, path = collect(world)
    other = world.path(status_file("ST", "somebody-else", []))
    with pytest.raises(Refusal) as told:
        read_status(world.conn, "b", "debit", other, actor="t", at=world.at)
    assert told.value.code == "status-of-unknown-file"
    never = collection_ref(LoanRef(*_key(loan)), DUE, 9)
    rows = [("NOT-OURS", "1.00", "CNY", "ACSC", ""), (never, "1.00", "CNY", "ACSC", "")]
    text = status_file("ST", done["batch"], rows)
    got = read_status(world.conn, "b", "debit", world.path(text), actor="t", at=world.at)
    assert [r["code"] for r in got["refusals"]] == ["status-of-unknown-order"] * 2
    answered(world, path)
    paid = collection_ref(LoanRef(*_key(loan)), DUE, 1)
    text = status_file("S2", done["batch"], [(paid, "1.00", "CNY", "RJCT", "AM04")])
    got = read_status(world.conn, "b", "debit", world.path(text), actor="t", at=world.at)
    assert [r["code"] for r in got["refusals"]] == ["status-contradicts"]


def test_a_dry_run_of_an_answer_changes_nothing(world: World) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.go_to(DUE)
    _, path = collect(world)
    said = answered(world, path, is_dry_run=True)
    assert said["paid"] == 1 and world.facts(loan, FactKind.PAYMENT_RECEIVED) == []


def test_the_bank_answers_as_a_program_of_its_own(world: World) -> None:
    (loan,) = world.open(1)
    sign(world, loan)
    world.go_to(DUE)
    _, path = collect(world)
    folder = world.folder / "exchange"
    folder.mkdir()
    (folder / "ours.pain.008.xml").write_bytes(path.read_bytes())
    program = [sys.executable, "-m", "duewell.gateways.rails.simulators.bank"]
    subprocess.run([*program, str(folder), world.bank.account, str(DUE)], check=True)
    got = read_status(
        world.conn, "b", "debit", folder / "ours.pain.008.answer.pain.002.xml", actor="t", at=world.at
    )
    assert got["paid"] == 1
    assert world.read(folder / f"{DUE}.camt.053.xml")["again"] == 1
    assert reconcile_day(world.conn, "b")["is_clean"]


def test_nothing_is_collected_from_whoever_was_erased(world: World) -> None:
    gone, later, kept = world.open(3)
    for number, loan in enumerate((gone, later, kept)):
        sign(world, loan, payer=Payer("n", f"62170000{number}"))

    def erase(loan: LoanKey) -> None:
        with world.conn.transaction():
            vault.erase(world.conn, loan.person_id, by="t", reason="asked", at=world.at)

    erase(gone)
    world.go_to(DUE)

    def dies(raw: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect_due(world.conn, KEYS, "b", "debit", on=DUE, write=dies, at=world.at)
    erase(later)
    done, path = collect(world)
    assert (done["is_again"], done["collections"]) == (True, 1)
    text = path.read_text()
    assert "621700002" in text and "621700000" not in text and "621700001" not in text
    assert [each.state for each in mandates.collections_of(world.conn, gone)] == []
    (row,) = mandates.collections_of(world.conn, later)
    assert (row.state, row.reason, row.step) == ("rejected", "person-erased", "ours")
    assert collect(world)[0]["collections"] == 0
    assert answered(world, path)["paid"] == 1
    world.check()
