"""The Python client against a running site: a developer's afternoon.

Wants to prove: what the document says is what a program gets; a call that fails on its way is sent again
under its key and happens once; what is refused says so.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from duewell.client import AsyncDuewell, Duewell, Problem, calls
from tests.api.site import Site

ROOT = Path(__file__).parents[2]


def dw(site: Site, base: str | None = None) -> Duewell:
    key = site.program().headers["authorization"].removeprefix("Bearer ")
    return Duewell(base or site.base, key)


def test_the_committed_calls_are_those_of_the_document() -> None:
    done = subprocess.run(
        [sys.executable, "script/client.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_an_afternoon_with_the_client(site: Site) -> None:
    with dw(site) as client:
        person = client(calls.persons.add_person("main", name="Li Lei", phone="+8613800138000"))["person"]
        lent = client(
            calls.loans.lend(
                "main", principal_minor=120_000, currency="CNY", rate_pct="12", instalments=12, person=person
            )
        )
        loan = lent["loan_id"]
        early = {"name": "early", "lines": ["2026-04-02 settle"]}
        futures = client(calls.loans.preview(loan, futures=[early]))["futures"]
        assert [each["name"] for each in futures] == ["as-it-is", "early"]
        assert futures[1]["cost_minor"] < futures[0]["cost_minor"]
        paid = client(calls.loans.pay(loan, amount_minor=10_662, currency="CNY"))
        assert paid["outstanding_minor"] == 109_338
        proof = client(calls.loans.proof(loan, total="payoff"))
        assert proof["proof"]["amount_minor"] == 109_338
        moved = client(calls.clocks.move("main", to="2026-06-01"))
        assert moved["open_on"] == "2026-06-01"  # type: ignore[typeddict-item]
        for _ in range(3):
            client(
                calls.loans.lend("main", principal_minor=5000, currency="CNY", rate_pct="9", instalments=3)
            )
        pages = list(client.pages(calls.loans.list_loans("main", limit=2)))
        assert [len(page["items"]) for page in pages] == [2, 2]
        with pytest.raises(Problem) as refused:
            client(calls.loans.pay(loan, amount_minor=1, currency="USD"))
        assert (refused.value.status, refused.value.code) == (422, "currency-mismatch")
        assert "CNY" in refused.value.detail and refused.value.request_id


def test_the_same_afternoon_awaited(site: Site) -> None:
    async def afternoon() -> list[int]:
        key = site.program().headers["authorization"].removeprefix("Bearer ")
        async with AsyncDuewell(site.base, key) as client:
            lend = calls.loans.lend(
                "main", principal_minor=90_000, currency="CNY", rate_pct="9", instalments=6
            )
            loan = (await client(lend))["loan_id"]
            pay = calls.loans.pay(loan, amount_minor=100, currency="CNY", key="once")
            told = await asyncio.gather(*(client(pay) for _ in range(5)))
            count = 0
            async for page in client.pages(calls.loans.list_loans("main")):
                count += len(page["items"])
            return [len({each["seq"] for each in told}), count]

    assert asyncio.run(afternoon()) == [1, 1]


@contextmanager
def losing(site: Site, count: int) -> Iterator[str]:
    """A wire that passes requests on and loses the first answers, after the server did what was asked."""
    host, port = site.base.removeprefix("http://").split(":")
    door = socket.create_server(("127.0.0.1", 0))
    left = [count]

    def serve() -> None:
        while True:
            try:
                mine, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=carry, args=(mine,), daemon=True).start()

    def carry(mine: socket.socket) -> None:
        asked = bytearray()

        def forth(theirs: socket.socket) -> None:
            while request := mine.recv(65536):
                asked.extend(request)
                theirs.sendall(request)

        with mine, socket.create_connection((host, int(port))) as theirs:
            threading.Thread(target=forth, args=(theirs,), daemon=True).start()
            while answer := theirs.recv(65536):
                if b"/payments" in asked and left[0]:
                    left[0] -= 1
                    mine.shutdown(socket.SHUT_RDWR)
                    return
                mine.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        door.close()


def test_an_answer_lost_on_the_way_is_asked_for_again_and_nothing_happens_twice(site: Site) -> None:
    loan = site.loan()
    with losing(site, 3) as base, dw(site, base) as client:
        paid = client(calls.loans.pay(loan, amount_minor=100, currency="CNY"))
        assert paid["seq"] == 2
        facts = client(calls.loans.show(loan))["facts"]
    assert [each["kind"] for each in facts] == ["Disbursed", "PaymentReceived"]
