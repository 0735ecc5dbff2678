"""The inbox of four eyes, as somebody who asks and somebody who decides see it.

Wants to prove: whoever decides reads in words what would be done, before and after; nobody is offered or can
decide their own; a refusal leaves the request open and what was typed; what is decided stays to be read.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from duewell.domain.access import GRANTS, Permission, Role
from tests.api.site import Site, key
from tests.api.test_rails import BANK, Desk
from tests.web.test_console import staff


def plain(page: httpx.Response) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def hidden(page: httpx.Response, nth: int = -1) -> dict[str, str]:
    """The token and the key of a form of a page."""
    tokens = re.findall(r'name="token" value="([^"]*)"', page.text)
    keys = re.findall(r'name="key" value="([^"]+)"', page.text)
    return {"token": tokens[-1], "key": keys[nth] if keys else "none"}


def asked(site: Site, line: str = "rate 9%", *, who: str = "anna") -> tuple[str, str]:
    """A loan with a penalty, and a request about it."""
    loan = site.loan()
    site.program().post(f"/api/loans/{loan}/facts", json={"line": "penalty 20.00"}, headers=key())
    made = site.staff(who, "officer").post(f"/api/loans/{loan}/facts", json={"line": line}, headers=key())
    assert made.status_code == 202, made.text
    return loan, made.json()["request"]


def decided(client: httpx.Client, request: str, **given: str) -> httpx.Response:
    page = client.get(f"/staff/requests/{request}")
    data = {"decision": "approve", "reason": "checked"} | hidden(page) | given
    return client.post(f"/staff/requests/{request}/decision", data=data)


LINES = {
    "waive penalty 5.00": (
        "Waive penalty CN¥5.00, counting from 2 Mar 2026",
        "减免罚息 ¥5.00，自2026年3月2日起生效",
    ),
    "rate 9%": ("Change the rate to 9.00% a year from 2 Mar 2026", "自2026年3月2日起利率调整为年利率 9.00%"),
    "pause until 2026-04-01": (
        "Pause from 2 Mar 2026 until 1 Apr 2026",
        "2026年3月2日至2026年4月1日暂停计息",
    ),
    "move 2026-04-02 to 2026-04-12": (
        "Move the due date of 2 Apr 2026 to 12 Apr 2026",
        "还款日由2026年4月2日改为2026年4月12日",
    ),
    "charge-off": ("Charge the loan off on 2 Mar 2026", "于2026年3月2日核销该笔贷款"),
    "re-age into 6 from 2026-04-02": ("in 6 new instalments, every 1 months", "重订为 6 期，每 1 个月一期"),
}


def test_a_request_is_read_out_in_both_languages(site: Site) -> None:
    asked_for = {line: asked(site, line)[1] for line in LINES}
    english, chinese = staff(site, "ben", "supervisor"), staff(site, "ben", lang="zh")
    inbox = {"en": plain(english.get("/staff/requests")), "zh": plain(chinese.get("/staff/requests"))}
    for line, (en, zh) in LINES.items():
        assert en in inbox["en"], line
        assert zh in inbox["zh"], line
        assert zh in plain(chinese.get(f"/staff/requests/{asked_for[line]}"))
    assert "Asked by others 6" in inbox["en"] and "anna" in inbox["en"]


def test_whoever_decides_sees_the_loan_before_and_after(site: Site) -> None:
    loan, request = asked(site)
    boss = staff(site, "ben", "supervisor")
    page = boss.get(f"/staff/requests/{request}")
    told = plain(page)
    assert loan in told and "Before and after, on 2 Mar 2026" in told
    file = boss.get(f"/staff/requests/{request}?table=then&export=csv").text.splitlines()
    names = file[0].lstrip("\ufeff").split(",")
    now, then = (dict(zip(names, row.split(","), strict=True)) for row in file[1:3])
    assert int(now["to_pay_minor"]) - int(then["to_pay_minor"]) == int(now["cost_minor"]) - int(
        then["cost_minor"]
    )
    assert int(now["cost_minor"]) - int(then["cost_minor"]) == 2010, "interest at 12 % less that at 9 %"
    assert (now["currency"], now["as_of"]) == ("CNY", "2026-03-02")
    assert boss.get(f"/staff/requests/{request}").status_code == 200
    assert len(site.program().get(f"/api/loans/{loan}").json()["facts"]) == 2, "looking writes nothing"


def test_approving_does_it_and_says_so(site: Site) -> None:
    loan, request = asked(site)
    boss = staff(site, "ben", "supervisor")
    page = decided(boss, request)
    assert page.url.path == "/staff/requests" and "Approved, and done." in page.text
    kinds = [each["kind"] for each in site.program().get(f"/api/loans/{loan}").json()["facts"]]
    assert kinds[-1] == "RateChanged"
    shown = plain(boss.get(f"/staff/requests/{request}"))
    assert "Approved" in shown and "checked" in shown and "ben" in shown
    again = decided(boss, request, token=hidden(page)["token"])
    assert again.status_code == 422 and "decided" in again.text


def test_rejecting_changes_nothing_and_needs_a_reason(site: Site) -> None:
    loan, request = asked(site)
    boss = staff(site, "ben", "supervisor")
    nothing = decided(boss, request, reason="  ")
    assert nothing.status_code == 422 and 'role="alert"' in nothing.text
    neither = decided(boss, request, decision="perhaps", reason="a <b>bold</b> reason")
    assert neither.status_code == 422 and "a &lt;b&gt;bold&lt;/b&gt; reason" in neither.text
    assert "Choose to approve or to reject." in neither.text
    page = decided(boss, request, decision="reject", reason="<script>alert(1)</script>")
    assert "Rejected; nothing was changed." in page.text
    assert "<script>alert" not in page.text and "&lt;script&gt;alert(1)" in page.text
    assert len(site.program().get(f"/api/loans/{loan}").json()["facts"]) == 2


def test_nobody_is_offered_their_own_request_nor_can_decide_it(site: Site) -> None:
    site.add_staff("anna", "officer", "supervisor")
    loan, request = asked(site, "charge-off")
    anna = staff(site, "anna")
    page = anna.get(f"/staff/requests/{request}")
    assert "somebody else decides it" in page.text and 'name="decision"' not in page.text
    forced = decided(anna, request)
    assert forced.status_code == 422 and 'role="alert"' in forced.text
    assert len(site.program().get(f"/api/loans/{loan}").json()["facts"]) == 2
    gone = anna.post(f"/staff/requests/{request}/withdrawal", data=hidden(page))
    assert "The request was withdrawn." in gone.text
    other = staff(site, "ben", "supervisor").get(f"/staff/requests/{request}")
    assert 'name="decision"' not in other.text and "Withdrawn" in other.text


def test_somebody_elses_request_cannot_be_withdrawn(site: Site) -> None:
    _, request = asked(site)
    boss = staff(site, "ben", "supervisor")
    page = boss.get(f"/staff/requests/{request}")
    assert "/withdrawal" not in page.text
    forced = boss.post(f"/staff/requests/{request}/withdrawal", data=hidden(page))
    assert forced.status_code == 422 and 'role="alert"' in forced.text


def test_what_the_act_refuses_is_said_before_and_leaves_the_request_open(site: Site) -> None:
    _, request = asked(site, "waive penalty 20.01")
    boss = staff(site, "ben", "supervisor")
    assert "As things stand it would be refused" in boss.get(f"/staff/requests/{request}").text
    page = decided(boss, request)
    assert page.status_code == 422 and ">checked</textarea>" in page.text
    assert "Waiting" in plain(boss.get(f"/staff/requests/{request}"))


def test_roles_show_what_is_gained_and_lost(site: Site) -> None:
    root, second = site.staff("root", "admin"), staff(site, "second", "admin")
    site.add_staff("olga", "officer")
    body = {"roles": ["supervisor"], "books": ["main"]}
    made = root.post("/api/staff/olga/roles", json=body, headers=key())
    page = second.get(f"/staff/requests/{made.json()['request']}")
    told = plain(page)
    assert "Give olga the roles: supervisor" in told
    assert re.search(r"Roles officer supervisor Books all books main", told), told
    assert "Decide requests – yes" in told
    assert "Approved, and done." in decided(second, made.json()["request"]).text


def test_every_other_act_has_its_words(site: Site) -> None:
    person = site.person("+8613800138000")
    site.staff("carl", "compliance").post(
        f"/api/persons/{person}/erase", json={"reason": "asked by letter"}, headers=key()
    )
    rail = {"code": "bank", "kind": "transfer", "account": "622202020011", "name": "Duewell"}
    site.staff("otto", "operator").post("/api/books/main/rails", json=rail, headers=key())
    boss = staff(site, "ben", "supervisor")
    told = plain(boss.get("/staff/requests"))
    assert f"Destroy what is known of {person}" in told and "Set the rail bank (transfer)" in told
    links = re.findall(r'href="(/staff/requests/\d+)"', boss.get("/staff/requests").text)
    shown = [plain(boss.get(link)) for link in links]
    assert any("account – 622202020011" in page for page in shown)
    erased = next(page for page in shown if "Destroy" in page)
    assert "asked by letter" in erased and "Wang" not in erased and "138 0013 8000" not in erased
    # An administrator decides too, and sees no person.
    admin = plain(staff(site, "root", "admin").get("/staff/requests"))
    assert person in admin


def test_a_request_that_grew_too_old_waits_no_longer(site: Site) -> None:
    _, request = asked(site)
    site.clock.at += timedelta(days=7)
    boss = staff(site, "ben", "supervisor")
    page = plain(boss.get("/staff/requests"))
    assert "Nothing waits for a second person" in page and "Too old" in page
    assert 'name="decision"' not in boss.get(f"/staff/requests/{request}").text


def test_what_was_decided_is_paged_and_two_of_one_instant_are_both_there(site: Site) -> None:
    loan, boss = site.loan(), site.staff("ben", "supervisor")
    officer = site.staff("anna", "officer")
    for _ in range(53):
        made = officer.post(f"/api/loans/{loan}/facts", json={"line": "rate 9%"}, headers=key())
        path = f"/api/requests/{made.json()['request']}"
        assert boss.post(f"{path}/decision", json={"approve": False, "reason": "no"}).status_code == 200
    client = staff(site, "ben")
    first = client.get("/staff/requests")
    second = client.get(re.findall(r'class="do quiet" href="([^"]+)"', first.text)[0].replace("&amp;", "&"))
    numbers = [re.findall(r'href="/staff/requests/(\d+)"', page.text) for page in (first, second)]
    assert [len(each) for each in numbers] == [50, 3]
    assert len(set(numbers[0]) | set(numbers[1])) == 53
    api, cursor = set(), ""
    while True:
        told = boss.get(
            "/api/requests", params={"limit": 20, **({"cursor": cursor} if cursor else {})}
        ).json()
        api |= {each["request"] for each in told["items"]}
        cursor = told["next"]
        if cursor is None:
            break
    assert len(api) == 53
    assert client.get("/staff/requests?cursor=made-up").status_code == 400


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)])
def test_the_inbox_is_open_to_those_the_table_grants_it(site: Site, role: Role) -> None:
    _, request = asked(site)
    client = staff(site, "someone", role.value)
    status = 200 if Permission.APPROVAL_READ in GRANTS[role] else 403
    assert client.get("/staff/requests").status_code == status
    page = client.get(f"/staff/requests/{request}")
    assert page.status_code == status
    assert ('name="decision"' in page.text) == (Permission.APPROVAL_DECIDE in GRANTS[role])
    if Permission.APPROVAL_DECIDE not in GRANTS[role]:
        token = {"token": re.findall(r'name="token" value="([^"]*)"', page.text)[0]} if status == 200 else {}
        forced = client.post(
            f"/staff/requests/{request}/decision", data={"decision": "approve", "reason": "x", **token}
        )
        assert forced.status_code == 403


def test_a_form_without_its_token_or_with_too_many_fields_does_nothing(site: Site) -> None:
    loan, request = asked(site)
    boss = staff(site, "ben", "supervisor")
    path = f"/staff/requests/{request}/decision"
    assert boss.post(path, data={"decision": "approve", "reason": "x"}).status_code == 403
    many = boss.post(path, data={f"n{k}": "" for k in range(70)})
    assert many.status_code in (400, 403)
    assert boss.post(path, data={"reason": "x" * 20_000}).status_code == 413
    assert len(site.program().get(f"/api/loans/{loan}").json()["facts"]) == 2


def test_a_refund_is_read_out_with_its_payee_masked(site: Site, tmp_path: Path) -> None:
    desk = Desk(site, tmp_path)
    desk.set(BANK)
    program = site.program()
    program.post(f"/api/loans/{desk.loan}/facts", json={"line": "pay 1300.00"}, headers=key())
    payee = {"name": "Wang Wei", "account": "6217000012345678", "bank": "ICBC"}
    body = {"rail": "bank", "amount_minor": 2_000, "payee": payee}
    made = site.staff("anna", "officer").post(f"/api/loans/{desk.loan}/refunds", json=body, headers=key())
    assert made.status_code == 202, made.text
    page = staff(site, "ben").get(f"/staff/requests/{made.json()['request']}")
    told = plain(page)
    assert f"Refund CN¥20.00 of loan {desk.loan} by bank" in told and "Before and after" in told
    assert "account ending 5678 · ICBC" in told and "6217000012345678" not in page.text
    assert "Wang Wei" not in told
