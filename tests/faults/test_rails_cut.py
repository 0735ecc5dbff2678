"""Rails' verbs, cut before and after each exchange with the server: read again, nothing is there twice.

Wants to prove: a statement, a match, a collection file, an answer or a pay-out file that was cut anywhere and
done again ends where one try in peace would have: cash in the ledger is what the bank says, each receipt has
its entry, and verify is clean. How: tests/faults/cutting.py, every point of every verb.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from duewell.domain.facts import FactKind
from duewell.domain.receipts import Payer
from duewell.gateways.rails import FileRail
from duewell.gateways.rails.simulators.bank import Booked, statement_file
from duewell.services.change_mandate import revoke_mandate, sign_mandate
from duewell.services.collect_due import collect_due
from duewell.services.match_suspense import match_suspense
from duewell.services.pay_out import pay_out_file
from duewell.services.read_statement import read_statement
from duewell.services.read_status import read_status
from duewell.services.reconcile_day import reconcile_day
from duewell.services.send_back_suspense import send_back_suspense
from duewell.store import rails
from duewell.store.loans import LoanKey
from duewell.store.posting import Request
from tests.faults.cutting import cut_everywhere
from tests.services.rails_world import ACCOUNT, FIRST, KEYS, PAYER, Conn, World

POINTS_MIN = 20


@pytest.fixture
def world(conn: Conn, tmp_path: Path) -> World:
    return World(conn, tmp_path)


def credit(ref: str, amount: str, **more: Any) -> Booked:
    return Booked(ref, amount, "CNY", "CRDT", **more)


def cut(world: World, url: str, verb: Callable[[Conn, int], object], what: str) -> int:
    points, numbers = cut_everywhere(url, verb)
    print(f"\n  {what}: cut at {points} points")
    assert points >= POINTS_MIN
    world.check()
    return numbers


def test_a_statement_cut_anywhere_and_read_again_posts_nothing_twice(world: World, url: str) -> None:
    first, second = world.open()
    before = world.cash, world.in_suspense

    def read(conn: Conn, number: int) -> None:
        rows = [
            credit(f"A{number}", "1.00", reference=world.ref(first), end_to_end=f"E{number}"),
            credit(f"B{number}", "2.00", text=world.id(second)),
            credit(f"U{number}", "4.00", text="?"),
            Booked(f"R{number}", "1.00", "CNY", "DBIT", end_to_end=f"E{number}", reason="AM04"),
        ]
        path = world.folder / "s.xml"
        path.write_text(statement_file(f"S{number}", ACCOUNT, rows, on=FIRST))
        read_statement(conn, KEYS, "b", "bank", path, actor="t", at=world.at)

    numbers = cut(world, url, read, "read a statement")
    assert world.cash - before[0] == numbers * 600 and world.in_suspense - before[1] == numbers * 400
    assert len(world.facts(first, FactKind.PAYMENT_RETURNED)) == numbers
    assert reconcile_day(world.conn, "b")["is_clean"]


def test_a_match_and_a_way_back_cut_anywhere_happen_once(world: World, url: str) -> None:
    (loan,) = world.open(1)
    rows = [credit(f"U{n}", "4.00", text="?", account="62") for n in range(1, 400)]
    world.read(world.statement(*rows))
    before = world.in_suspense

    def match(conn: Conn, number: int) -> None:
        request = Request("cli", f"m{number}", "o", world.at)
        ref = f"U{number}"
        match_suspense(conn, "b", rail="bank", ref=ref, loan=loan, amount=100, request=request)
        request = Request("cli", f"s{number}", "o", world.at)
        send_back_suspense(conn, KEYS, "b", rail="bank", ref=ref, amount=50, request=request)

    numbers = cut(world, url, match, "match and send back")
    assert before - world.in_suspense == numbers * 150
    assert len(world.facts(loan, FactKind.PAYMENT_RECEIVED)) == numbers
    rows_left = world.conn.execute(
        "select count(*) from duewell.outbox where kind = 'rail.pay-out'"
    ).fetchone()
    assert rows_left == (numbers,)


def test_a_collection_and_its_answer_cut_anywhere_happen_once(world: World, url: str) -> None:
    world.open(0)
    due = date(2026, 4, 1)
    made: dict[int, LoanKey] = {}
    files: dict[int, bytes] = {}
    world.go_to(due)

    def collect(conn: Conn, number: int) -> None:
        if number not in made:
            made[number] = world.lend(f"l{number}")
            if number > 1:
                # What was done stays, and is not looked at again for every point to come.
                gone = Request("cli", f"gone{number}", "o", world.at)
                revoke_mandate(world.conn, KEYS, "b", made[number - 1], on=None, reason="", request=gone)
        request = Request("cli", f"sign{number}", "o", world.at)
        payer = Payer(f"n{number}", f"62{number}")
        sign_mandate(conn, KEYS, "b", "debit", made[number], payer=payer, on=None, request=request)

        def write(raw: bytes) -> None:
            assert files.setdefault(number, raw) == raw, "the same file, to the byte"

        collect_due(conn, KEYS, "b", "debit", on=due, write=write, at=world.at)
        path = world.folder / "c.xml"
        path.write_bytes(files[number])
        answer = world.folder / "a.xml"
        answer.write_text(world.bank.answer(path))
        read_status(conn, "b", "debit", answer, actor="t", at=world.at)

    numbers = cut(world, url, collect, "sign, collect and take the answer")
    for number in range(1, numbers + 1):
        assert len(world.facts(made[number], FactKind.PAYMENT_RECEIVED)) == 1
    tries = world.conn.execute("select count(*), max(attempt) from duewell.collection").fetchone()
    assert tries == (numbers, 1)


def test_a_pay_out_file_cut_anywhere_pays_each_order_once(world: World, url: str) -> None:
    world.open(0)
    known = rails.rail_of(world.book, "bank")
    paid: dict[str, int] = {}

    class Bank(FileRail):
        def send(self, payments: Any, **more: Any) -> Any:
            for each in payments:
                paid[each.ref] = paid.get(each.ref, 0) + (more["batch"] not in seen)
            seen.add(more["batch"])
            return super().send(payments, **more)

    seen: set[str] = set()

    def send(conn: Conn, number: int) -> None:
        there = World(conn, world.folder)
        there.lend(f"p{number}", rail="bank", payee=PAYER)
        pay_out_file(conn, KEYS, "b", "bank", rail=Bank(known, world.folder), at=world.at)

    numbers = cut(world, url, send, "lend and pay out")
    while pay_out_file(world.conn, KEYS, "b", "bank", rail=Bank(known, world.folder), at=world.at)[
        "pay_outs"
    ]:
        pass
    assert sorted(paid.values()) == [1] * numbers, (
        "a batch sent again is the same batch: the bank pays it once"
    )


def test_two_read_the_same_statement_at_once(world: World, url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    first, second = world.open()
    rows = [credit(f"A{n}", "1.00", reference=world.ref(first if n % 2 else second)) for n in range(300)] + [
        credit(f"U{n}", "1.00", text="?") for n in range(50)
    ]
    path = world.statement(*rows)
    before = world.cash

    def read(_: int) -> dict[str, Any]:
        with psycopg.connect(url, autocommit=True) as conn:
            return read_statement(conn, KEYS, "b", "bank", path, actor="t", at=world.at)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(read, range(4)))
    assert sum(done["posted"] for done in told) == 300 and sum(done["suspense"] for done in told) == 50
    assert world.cash - before == 35_000
    world.check()
