"""Money in suspense, as an operator and a supervisor see it.

Wants to prove: what waits is there, the oldest first, its payer masked; a loan is offered only where the
bank's own words name it; money goes to a loan or back by two persons, once; what is wrong is told in place.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from duewell.domain.access import GRANTS, Permission, Role
from tests.api.site import Site
from tests.api.test_rails import BANK, Desk, credit
from tests.web.test_console import staff
from tests.web.test_requests import decided, hidden, plain

LIST = "/staff/books/main/suspense"
PAYER = {"name": "Han Meimei", "account": "6217000087654321"}


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    made = Desk(site, tmp_path)
    made.set(BANK)
    return made


def waiting(desk: Desk, *rows: tuple[str, str, str]) -> None:
    desk.upload(desk.statement(*(credit(ref, amount, text=text, **PAYER) for ref, amount, text in rows)))


def item(client: httpx.Client, ref: str) -> httpx.Response:
    return client.get(f"{LIST}/item", params={"rail": "bank", "ref": ref})


def sent(client: httpx.Client, act: str, ref: str, **given: str) -> httpx.Response:
    page = item(client, ref)
    data = {"rail": "bank", "ref": ref} | hidden(page, 0) | given
    return client.post(f"{LIST}/{act}", data=data)


def test_what_waits_is_there_with_why_and_its_payer_masked(desk: Desk) -> None:
    client = staff(desk.site, "otto")
    assert "Nothing waits here" in client.get(LIST).text
    waiting(desk, ("N-1", "106.62", "thanks <b>you</b>"), ("=N-2", "88.00", "Han Meimei"))
    page = client.get(LIST)
    told = plain(page)
    assert "Left in all CN¥194.62" in told and "no loan is named" in told
    assert "Oldest 2 Mar 2026 0 days" in told and "account ending 4321" in told
    assert "Han Meimei" not in page.text and "6217000087654321" not in page.text
    assert "thanks &lt;b&gt;you&lt;/b&gt;" in item(client, "N-1").text and "thanks" not in page.text
    file = client.get(f"{LIST}?export=csv").text
    assert "'=N-2" in file and ",10662," in file and "Han Meimei" not in file
    chinese = plain(staff(desk.site, "otto", lang="zh").get(LIST))
    assert "找不到对应贷款" in chinese and "未认领合计 ¥194.62" in chinese and "尾号 4321" in chinese


def test_a_loan_is_offered_only_where_the_words_name_it(desk: Desk) -> None:
    other = desk.site.loan()
    waiting(desk, ("N-1", "10.00", "thanks"), ("N-2", "20.00", f"{desk.loan} {other}"))
    client = staff(desk.site, "otto")
    assert "It names no loan." in item(client, "N-1").text
    named = plain(item(client, "N-2"))
    assert "more than one loan is named" in named and desk.loan in named and other in named
    assert 'value=""' in item(client, "N-2").text, "of two none is chosen"


def test_money_is_given_to_its_loan_by_two(desk: Desk) -> None:
    waiting(desk, ("N-1", "106.62", "thanks"))
    client, before = staff(desk.site, "otto"), desk.outstanding()
    look = sent(client, "match", "N-1", loan=desk.loan, amount="50.00", step="look")
    assert "Before and after" in look.text and 'value="50.00"' in look.text and desk.outstanding() == before
    asked = sent(client, "match", "N-1", loan=desk.loan, amount="50.00", step="match")
    assert "a second person decides" in asked.text and desk.outstanding() == before
    request = asked.url.path.rpartition("/")[2]
    boss = staff(desk.site, "ben")
    told = plain(boss.get(f"/staff/requests/{request}"))
    assert f"Give CN¥50.00 of N-1 to loan {desk.loan}" in told and "Before and after" in told
    assert "account ending 4321" in told and "Han Meimei" not in told
    assert "Approved, and done." in decided(boss, request).text
    assert desk.outstanding() == before - 5_000
    assert "CN¥56.62" in plain(client.get(LIST))


def test_money_is_sent_back_by_two_to_whom_it_came_from(desk: Desk) -> None:
    waiting(desk, ("N-1", "30.00", "thanks"))
    client = staff(desk.site, "otto")
    asked = sent(client, "send-back", "N-1", by="bank", amount="30.00")
    assert "a second person decides" in asked.text
    boss = staff(desk.site, "ben")
    request = asked.url.path.rpartition("/")[2]
    assert "Pay all that is left of N-1 back" in plain(boss.get(f"/staff/requests/{request}"))
    assert "Approved, and done." in decided(boss, request).text
    assert "Nothing waits here" in client.get(LIST).text
    assert item(client, "N-1").status_code == 404


def test_another_payee_is_sealed_and_shown_masked(desk: Desk) -> None:
    waiting(desk, ("N-1", "30.00", "thanks"))
    client = staff(desk.site, "otto")
    asked = sent(client, "send-back", "N-1", by="bank", name="Li Lei", account="6217000012345678")
    told = plain(asked)
    assert "account ending 5678" in told and "6217000012345678" not in asked.text and "Li Lei" not in told


def test_where_one_pair_of_eyes_is_enough_it_is_done_at_once_and_once(desk: Desk) -> None:
    waiting(desk, ("N-1", "106.62", "thanks"))
    desk.site.conn.execute("reset role")
    desk.site.conn.execute("update duewell.book set settings = settings || '{\"four_eyes\": false}'")
    desk.site.conn.execute("set role duewell_app")
    client, before = staff(desk.site, "otto"), desk.outstanding()
    page = item(client, "N-1")
    data = {"rail": "bank", "ref": "N-1", "loan": desk.loan, "amount": "50.00", "step": "match"}
    data |= hidden(page, 0)
    assert "Given to the loan." in client.post(f"{LIST}/match", data=data).text
    client.post(f"{LIST}/match", data=data)
    assert desk.outstanding() == before - 5_000, "pressed twice, it moved once"
    assert "Ordered to be sent back." in sent(client, "send-back", "N-1", by="bank").text


@pytest.mark.parametrize(
    ("act", "given", "says"),
    [
        ("match", {"loan": "nonsense"}, "nonsense"),
        ("match", {"loan": "<script>alert(1)</script>"}, "&lt;script&gt;"),
        ("match", {"amount": "1,0"}, "amount"),
        ("match", {"amount": "999.00"}, "999.00"),
        ("match", {"amount": "-1"}, "-1"),
        ("send-back", {"by": "none"}, "none"),
        ("send-back", {"name": "\u200b", "account": "x"}, "x"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    desk: Desk, act: str, given: dict[str, str], says: str
) -> None:
    waiting(desk, ("N-1", "30.00", "thanks"))
    client = staff(desk.site, "otto")
    page = sent(client, act, "N-1", **({"loan": desk.loan, "step": "look"} | given))
    assert page.status_code == 422, page.text
    assert 'role="alert"' in page.text and says in page.text and "<script>alert" not in page.text
    assert desk.site.conn.execute("select count(*) from duewell.suspense_move").fetchone() == (1,)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)])
def test_suspense_is_open_to_those_the_table_grants_it(desk: Desk, role: Role) -> None:
    waiting(desk, ("N-1", "30.00", "thanks"))
    client, granted = staff(desk.site, "someone", role.value), GRANTS[role]
    sees, moves = Permission.RAIL_READ in granted, Permission.SUSPENSE_MOVE in granted
    assert client.get(LIST).status_code == item(client, "N-1").status_code == (200 if sees else 403)
    if sees:
        assert ("Send back" in item(client, "N-1").text) == moves
        assert client.get("/staff/books/other/suspense").status_code == 404
        assert item(client, "none").status_code == 404
    if not moves:
        for act in ("match", "send-back"):
            data = {"rail": "bank", "ref": "N-1", "loan": desk.loan}
            assert client.post(f"{LIST}/{act}", data=data).status_code == 403
