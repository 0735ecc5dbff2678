"""Wallets: ok, failed and unknown are three things; duplicates and late messages change nothing.

Wants to prove: what a provider did not sign is nothing; an order that nobody answers for stays unknown until
it is asked about or a statement tells; money is received once whatever is sent how often in which order.
How: a real HTTP server on this machine signs, is silent, fails, and lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from duewell.domain.errors import Conflict, InvalidInput, NotFound, Refusal
from duewell.domain.facts import FactKind
from duewell.domain.receipts import Payer
from duewell.gateways.rails import WalletRail
from duewell.gateways.rails.signing import HmacSigner, RsaSigner, canonical
from duewell.gateways.rails.simulators.wallet import SimulatedWallet
from duewell.services.list_suspense import list_suspense
from duewell.services.open_order import open_order
from duewell.services.pay_out import deliver
from duewell.services.poll_orders import poll_orders
from duewell.services.reconcile_day import reconcile_day
from duewell.services.refund_loan import refund_loan
from duewell.services.set_rail import set_rail
from duewell.services.take_notification import take_notification
from duewell.store import outbox, rails
from duewell.store.loans import LoanKey
from duewell.store.posting import Request
from tests.services.rails_world import KEYS, Conn, World

SECRET = b"a secret of a sandbox"
NOW = timedelta()


class Wallets(World):
    provider: SimulatedWallet
    url: str


@pytest.fixture
def world(conn: Conn, tmp_path: Path) -> Iterator[Wallets]:
    made = Wallets(conn, tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    made.provider = SimulatedWallet("M1", HmacSigner(SECRET), paid_at="2026-03-01T04:00:00+00:00")
    made.url = made.provider.start()
    made.open(0)
    table = {
        "code": "wallet",
        "kind": "wallet",
        "url": made.url,
        "merchant": "M1",
        "secret_file": str(secret),
    }
    set_rail(conn, "b", table)
    yield made
    made.provider.close()


def order(world: Wallets, loan: LoanKey, amount: int = 5_000, key: str = "o1") -> str:
    request = Request("web", key, "borrower", world.at)
    done = open_order(world.conn, "b", "wallet", loan, amount=amount, request=request)
    assert done["state"] == "unknown"
    return world.provider.open(done["url"])


def told(world: Wallets, fields: dict[str, str]) -> dict[str, Any]:
    done = take_notification(world.conn, "b", "wallet", fields, at=world.at)
    world.check()
    return done


def poll(world: Wallets, silence: timedelta = NOW) -> dict[str, Any]:
    return poll_orders(world.conn, "b", at=world.at, silence=silence)


def paid(world: Wallets, loan: LoanKey) -> list[int]:
    return [fact.amount for fact in world.facts(loan, FactKind.PAYMENT_RECEIVED)]


def test_an_order_is_paid_and_told_once(world: Wallets) -> None:
    loan = world.lend("one")
    ref = order(world, loan)
    assert ref == order(world, loan), "the same key is the same order"
    with pytest.raises(Conflict):
        order(world, loan, amount=6_000)
    message = world.provider.pay(ref)
    first, second = told(world, message), told(world, message)
    assert (first["outcome"], second["outcome"]) == ("posted", "again")
    assert first["state"] == second["state"] == "ok"
    assert paid(world, loan) == [5_000]
    assert order(world, loan, key="o2") != ref


def test_what_is_not_signed_is_nothing(world: Wallets) -> None:
    loan = world.lend("one")
    ref = order(world, loan)
    message = world.provider.pay(ref)
    for change in (
        {"amount": "1"},
        {"state": "failed"},
        {"order": order(world, loan, key="o2")},
        {"merchant": "M2"},
        {"sign": ""},
        {"sign": "0" * 64},
        {"extra": "x"},
    ):
        with pytest.raises(InvalidInput) as refused:
            told(world, message | change)
        assert refused.value.code == "notification-unsigned"
    other = SimulatedWallet("M1", HmacSigner(b"another secret of theirs"), orders=world.provider.orders)
    with pytest.raises(InvalidInput):
        told(world, other.notification(ref))
    assert paid(world, loan) == []
    strange = SimulatedWallet("M1", HmacSigner(SECRET), orders=world.provider.orders)
    strange.orders[ref].paid_at = "yesterday"
    with pytest.raises(InvalidInput) as refused:
        told(world, strange.notification(ref))
    assert refused.value.code == "notification-unreadable"
    strange.orders["W-nothing"] = strange.orders.pop(ref)
    strange.orders["W-nothing"].paid_at = "2026-03-01T04:00:00+00:00"
    message = strange.notification("W-nothing")
    with pytest.raises(NotFound):
        told(world, message)


@pytest.mark.parametrize("way", list(permutations(["failed", "ok", "ok", "pending"])))
def test_messages_in_any_order_leave_the_money_once(world: Wallets, way: tuple[str, ...]) -> None:
    loan = world.lend("one")
    ref = order(world, loan)
    for state in way:
        world.provider.orders[ref].state = state
        world.provider.orders[ref].paid_at = world.provider.paid_at if state == "ok" else ""
        told(world, world.provider.notification(ref))
    assert paid(world, loan) == [5_000]


def test_a_silent_wallet_stays_unknown_until_it_is_asked_or_a_statement_tells(world: Wallets) -> None:
    loan = world.lend("one")
    first, second, third = (order(world, loan, key=key) for key in ("o1", "o2", "o3"))
    world.provider.pay(first)
    world.provider.fail(second, "cancelled")
    world.provider.pay(third)
    assert poll(world, timedelta(minutes=2))["asked"] == 0, "it may still notify"
    world.provider.silent = True
    assert poll(world) | {"ok": 0, "failed": 0, "unknown": 3} == poll(world)
    assert paid(world, loan) == []
    csv = f"reference,amount,booked_on,end_to_end\nWP1,50.00,2026-03-01,{first}\n"
    done = world.read(world.path(csv, "settlement.csv"), "wallet")
    assert (done["posted"], paid(world, loan)) == (1, [5_000])
    world.provider.silent = False
    found = poll(world)
    assert (found["asked"], found["ok"], found["failed"]) == (3, 2, 1)
    assert paid(world, loan) == [5_000, 5_000], "what the statement told is not received again"
    assert poll(world)["asked"] == 0
    counts = reconcile_day(world.conn, "b")["counts"]
    assert (counts["ours-only"], counts["rail-only"]) == (1, 0), "the third is not settled yet"
    csv += f"WP3,50.00,2026-03-01,{third}\n"
    world.read(world.path(csv, "settlement.csv"), "wallet")
    assert reconcile_day(world.conn, "b")["is_clean"]


def test_a_settlement_of_another_amount_is_a_difference(world: Wallets) -> None:
    loan = world.lend("one")
    ref = order(world, loan)
    told(world, world.provider.pay(ref))
    csv = f"reference,amount,booked_on,end_to_end\nWP1,49.00,2026-03-01,{ref}\n"
    world.read(world.path(csv, "settlement.csv"), "wallet")
    (found,) = reconcile_day(world.conn, "b")["differences"]
    assert (found["kind"], found["rail_minor"], found["receipt_minor"]) == ("amount-differs", 4_900, 5_000)


def test_another_amount_than_was_asked_waits_for_a_person(world: Wallets) -> None:
    loan = world.lend("one")
    ref = order(world, loan)
    done = told(world, world.provider.pay(ref, amount="4999"))
    assert (done["outcome"], done["reason"]) == ("suspense", "order-differs")
    assert paid(world, loan) == [] and len(list_suspense(world.conn, KEYS, "b")["items"]) == 1


def test_money_of_another_currency_is_nobodys(world: Wallets) -> None:
    loan = world.lend("one")
    ref = order(world, loan)
    world.provider.orders[ref].currency = "USD"
    assert told(world, world.provider.pay(ref))["reason"] == "foreign-currency"
    second = order(world, loan, key="o2")
    world.provider.orders[second].currency = ""
    message = world.provider.pay(second)
    with pytest.raises(InvalidInput) as refused:
        told(world, message)
    assert refused.value.code == "notification-unreadable"


@pytest.mark.parametrize("what", ["dead", "error", "lie"])
def test_a_provider_that_breaks_is_unknown_and_not_failed(world: Wallets, what: str) -> None:
    loan = world.lend("one")
    ref = order(world, loan)
    world.provider.pay(ref)
    if what == "dead":
        world.provider.close()
    elif what == "error":
        world.provider.orders.clear()
    else:
        world.provider.signer = HmacSigner(b"another secret of theirs")
    found = poll(world)
    assert (found["ok"], found["failed"], found["unknown"]) == (0, 0, 1)
    assert paid(world, loan) == []
    if what == "dead":
        world.provider._server = None


def overpaid(world: Wallets) -> LoanKey:
    loan = world.lend("over")
    ref = order(world, loan, amount=130_000)
    told(world, world.provider.pay(ref))
    assert world.state(loan).overpaid == 10_000
    return loan


def refund(world: Wallets, loan: LoanKey, payee: str = "P1") -> dict[str, Any]:
    request = Request("cli", "refund", "officer", world.at)
    return refund_loan(
        world.conn, KEYS, "b", "wallet", loan, amount=10_000, payee=Payer("张三", payee), request=request
    )


def sent(world: Wallets, after: timedelta = NOW) -> dict[str, Any]:
    done = deliver(world.conn, KEYS, "b", at=world.at + after)
    world.check()
    return done


def test_a_refund_leaves_after_the_commit_once_and_is_a_receipt(world: Wallets) -> None:
    loan = overpaid(world)
    done = refund(world, loan)
    assert refund(world, loan)["pay_out"] == done["pay_out"]
    assert [path for path, _ in world.provider.calls] == [], "nothing leaves inside the transaction"
    assert sent(world)["ok"] == 1
    assert sent(world)["sent"] == 0
    row = outbox.read(world.conn, loan.person_id, done["pay_out"])
    assert row is not None and row.state == "done" and world.provider.orders[done["pay_out"]].state == "ok"
    (found,) = [d for d in reconcile_day(world.conn, "b")["differences"] if d["ref"] == done["pay_out"]]
    assert (found["kind"], found["receipt_minor"], found["ledger_minor"]) == ("ours-only", -10_000, -10_000)


def test_a_refund_that_was_not_answered_is_unknown_and_paid_once(world: Wallets) -> None:
    loan = overpaid(world)
    key = refund(world, loan)["pay_out"]
    world.provider.silent = True
    assert sent(world)["unknown"] == 1
    assert sent(world)["sent"] == 0, "it is asked again after a while, not at once"
    world.provider.silent = False
    assert sent(world, outbox.LEASE)["ok"] == 1
    paid_out = [path for path, ref in world.provider.calls if path == "/pay-out" and ref == key]
    assert len(paid_out) == 1, "asked about, not sent again"


def test_a_refund_that_fails_is_taken_back(world: Wallets) -> None:
    loan = overpaid(world)
    world.provider.fails = {"closed": "no such wallet"}
    refund(world, loan, payee="closed")
    assert world.state(loan).overpaid == 0
    assert sent(world)["failed"] == 1
    assert world.state(loan).overpaid == 10_000


def test_both_signatures_hold_and_bind_every_field(tmp_path: Path) -> None:
    ours, theirs = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in "12")
    here, there = RsaSigner(ours, theirs.public_key()), RsaSigner(theirs, ours.public_key())
    secret = HmacSigner(SECRET)
    fields = {"b": "2", "a": "中文", "c": ""}
    for signer, checker in ((here, there), (there, here), (secret, secret)):
        made = signer.sign(fields)
        assert checker.is_signed(fields, made)
        assert not checker.is_signed(fields | {"b": "3"}, made)
        assert not checker.is_signed(fields, made[:-2] + "AA")
        assert not checker.is_signed(fields, "not base64 \udcff".encode("utf-8", "replace").decode())
    assert canonical({"b": "1", "a": "2", "sign": "x"}) == b"a=2&b=1"
    with pytest.raises(InvalidInput):
        HmacSigner(b"short")
    pem = ours.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + theirs.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path = tmp_path / "keys.pem"
    path.write_bytes(pem)
    from duewell.domain.receipts import rail_from
    from duewell.gateways.rails import wallet_of

    table = {
        "code": "w",
        "kind": "wallet",
        "url": "http://127.0.0.1:1",
        "merchant": "m",
        "secret_file": str(path),
    }
    rail = wallet_of(rail_from(table | {"signature": "rsa-sha256"}, is_sandbox=True))
    assert isinstance(rail, WalletRail)
    path.write_bytes(b"rubbish")
    from duewell.domain.errors import Fault

    with pytest.raises(Fault):
        wallet_of(rail_from(table | {"signature": "rsa-sha256"}, is_sandbox=True))


def test_a_sandbox_never_reaches_a_real_rail(world: Wallets) -> None:
    table = {
        "code": "w",
        "kind": "wallet",
        "merchant": "m",
        "secret_file": "s",
        "url": "https://pay.example.com",
    }
    for more in ({"is_real": True}, {}):
        with pytest.raises(Refusal):
            set_rail(world.conn, "b", table | more)
    rails.put_rail(world.conn, 1, "w", table | {"is_real": True})
    with pytest.raises(Conflict):
        rails.rail_of(world.book, "w")
