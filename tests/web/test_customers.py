"""Customers on the desk: found without a trace, seen masked, whole for a reason, changed, and erased by two.

Wants to prove: what was typed to find somebody stands in no address; only who may sees a person whole, and
the trail says that they did; books that may not be seen stay unseen; each form refuses what cannot be meant.
"""

from __future__ import annotations

import re

import httpx
import pytest

from duewell.domain.access import GRANTS, Permission, Role
from duewell.services import manage_accounts
from duewell.services.open_book import open_book
from tests.api.site import OPENED, Site, key
from tests.web.desk import CHINESE, rows_of, send, send_bare, send_from, text_of
from tests.web.test_console import staff
from tests.web.test_staff_loan import EVIL
from tests.web.test_staff_overdue import STAFF_ROLES

PHONE = "+8613800138000"
HERE = "/staff/books/main/customers"


def find(client: httpx.Client, by: str, value: str) -> httpx.Response:
    return send(client, HERE, HERE + "/find", by=by, value=value)


def test_somebody_is_found_by_phone_mail_or_number_and_no_address_holds_it(site: Site) -> None:
    known = {"name": "Li Na", "phone": PHONE, "email": "li@example.com", "id_number": "AB12345"}
    made = site.program().post("/api/books/main/persons", json=known, headers=key())
    person = made.json()["person"]
    client = staff(site, "olga", "officer")
    for by, value in (
        ("phone", "138 0013 8000"),
        ("email", "LI@example.com"),
        ("id_number", "ab 12345"),
    ):
        found = find(client, by, value)
        assert found.status_code == 303 and found.headers["location"] == f"/staff/persons/{person}", by
    page = client.get(found.headers["location"])
    assert "L* N*" in page.text and "+86138****8000" in page.text and "13800138000" not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_a_loan_is_found_by_its_number_or_another_systems(site: Site) -> None:
    loan = site.loan()
    client = staff(site, "olga", "officer")
    assert find(client, "loan", f" {loan.lower()} ").headers["location"] == f"/staff/loans/{loan}"
    missing = find(client, "ref", "OLD-1")
    assert missing.status_code == 422 and 'value="OLD-1"' in missing.text
    assert "No loan of this book has this reference" in missing.text


BAD = (
    ("phone", ""),
    ("phone", "12"),
    ("email", EVIL),
    ("loan", "XYZ"),
    ("loan", "x" * 500),
    ("ref", "a\x01b"),
    ("name", "Li"),
    (EVIL, "1"),
    ("phone", "13900139000"),
)


@pytest.mark.parametrize(("by", "value"), BAD)
def test_what_finds_nobody_is_told_and_kept_as_typed(site: Site, by: str, value: str) -> None:
    page = find(staff(site, "olga", "officer"), by, value)
    assert page.status_code == 422 and 'role="alert"' in page.text and "<script>alert" not in page.text
    if value == "12":
        assert 'value="12"' in page.text


def test_a_customer_is_added_once(site: Site) -> None:
    client = staff(site, "olga", "officer")
    shown = client.get(HERE).text
    typed = {"name": "Wang Fang", "phone": "13900139000", "born_on": "1990-05-17", "lang": "zh"}
    first = send_from(client, shown, HERE, **typed)
    again = send_from(client, shown, HERE, **typed)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    page = text_of(client.get(first.headers["location"]))
    assert "Added." in page and "W*** F***" in page and "Born on ***" in page and "1990" not in page


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"name": "Li"},
        {"name": "Li", "phone": "12"},
        {"phone": "13900139000", "born_on": "2050-13-01"},
        {"phone": "13900139000", "lang": "fr"},
        {"phone": "13900139000", "name": "x" * 201},
        {"phone": PHONE},
        {"phone": EVIL, "name": EVIL},
    ],
)
def test_a_customer_that_cannot_be_meant_is_not_added(site: Site, typed: dict[str, str]) -> None:
    site.person(PHONE)
    before = site.conn.execute("select count(*) from duewell.person").fetchone()
    page = send(staff(site, "olga", "officer"), HERE, HERE, **typed)
    assert page.status_code == 422 and 'role="alert"' in page.text and "<script>alert" not in page.text
    assert site.conn.execute("select count(*) from duewell.person").fetchone() == before


def test_a_person_is_seen_whole_for_a_reason_that_the_trail_keeps(site: Site) -> None:
    person = site.person(PHONE)
    client = staff(site, "sue", "supervisor")
    page = f"/staff/persons/{person}"
    assert send(client, page, page + "/reveal", reason=" ").status_code == 422
    whole = send(client, page, page + "/reveal", reason="calls back")
    assert whole.status_code == 200 and PHONE in whole.text and "Wang Wei" in whole.text
    assert whole.headers["cache-control"] == "no-store"
    assert PHONE not in client.get(page).text
    steps = client.get(f"/api/trail?target={person}").json()["items"]
    assert (steps[0]["act"], steps[0]["actor"]) == ("person-revealed", "staff:sue")
    assert len([each for each in steps if each["act"] == "person-revealed"]) == 1
    officer = staff(site, "olga", "officer")
    assert "/reveal" not in officer.get(page).text
    assert send(officer, page, page + "/reveal", reason="curious").status_code == 403


def test_a_field_is_changed_and_the_others_stay(site: Site) -> None:
    person = site.person(PHONE)
    client = staff(site, "sue", "supervisor")
    page = f"/staff/persons/{person}"
    assert send(client, page, page + "/fields", address="12 Long Street").status_code == 303
    whole = send(client, page, page + "/reveal", reason="check")
    assert "12 Long Street" in whole.text and PHONE in whole.text
    assert "Nothing was filled in" in send(client, page, page + "/fields").text
    other = site.person("+8613800138001")
    taken = send(client, page, page + "/fields", phone="13800138001")
    assert taken.status_code == 422 and other and 'value="13800138001"' in taken.text
    bad = send(client, page, page + "/fields", email=EVIL)
    assert bad.status_code == 422 and "<script>alert" not in bad.text


def test_erasing_is_asked_by_one_and_decided_by_another(site: Site) -> None:
    person = site.person(PHONE)
    client = staff(site, "cara", "compliance")
    page = f"/staff/persons/{person}"
    assert send(client, page, page + "/erase", reason="").status_code == 422
    shown = client.get(page).text
    for _ in range(2):
        done = send_from(client, shown, page + "/erase", reason="asked by letter")
        assert done.status_code == 303 and done.headers["location"].endswith("?done=erasure-asked")
    assert "once a second person has approved it" in text_of(client.get(done.headers["location"]))
    second = site.staff("rosa", "compliance")
    (request,) = second.get("/api/requests?waiting=true").json()["items"]
    decided = second.post(
        f"/api/requests/{request['request']}/decision", json={"approve": True, "reason": "ok"}
    )
    assert decided.status_code == 200, decided.text
    told = text_of(client.get(page))
    assert "Erased" in told and "Nothing is known of this person." in told and "W***" not in told
    assert "/fields" not in client.get(page).text


def test_what_somebody_holds_and_how_late_it_has_been(site: Site) -> None:
    person = site.person(PHONE)
    loan = site.loan(person=person, principal=1_200_000)
    facts = [{"loan": loan, "line": "2026-04-12 pay 1066.19"}]
    site.program().post("/api/books/main/clock", json={"to": "2026-05-05", "facts": facts}, headers=key())
    client = staff(site, "olga", "officer")
    page = f"/staff/persons/{person}"
    told = text_of(client.get(page))
    assert "Loans and lines held 1" in told and f"{loan} main Loan" in told
    (row,) = rows_of(client.get(f"{page}?table=holdings-cny&export=csv"))
    assert (row["loan"], row["overdue_minor"], row["dpd"]) == (loan, "106619", "3")
    seen = rows_of(client.get(f"{page}?table=history-cny&export=csv"))
    assert [(each["day"], each["seen"], each["bucket"]) for each in seen] == [
        ("2026-05-03", "entered-bucket", "1-30"),
        ("2026-05-02", "missed", "current"),
        ("2026-04-12", "cured", "current"),
        ("2026-04-03", "entered-bucket", "1-30"),
        ("2026-04-02", "missed", "current"),
    ]
    assert "Nothing past due any more" in told and "1-30 days" in told
    opened = client.get(f"/staff/loans/{loan}?as_of=2026-04-03&known=2026-04-03")
    assert opened.status_code == 200 and "Past due since 2 Apr 2026 , day 1" in text_of(opened)


def test_loans_of_a_book_that_may_not_be_seen_are_not_shown(site: Site) -> None:
    for code in ("live-a", "live-b"):
        open_book(site.conn, code=code, currency_code="CNY", open_on=OPENED, is_sandbox=False)
    program = site.program()
    known = {"name": "Li Na", "phone": PHONE}
    person = program.post("/api/books/live-a/persons", json=known, headers=key()).json()["person"]
    a, b = site.loan(book="live-a", person=person), site.loan(book="live-b", person=person)
    client = staff(site, "sue", "supervisor")
    page = client.get(f"/staff/persons/{person}").text
    assert a in page and b in page
    site.add_staff("nina", "supervisor")
    manage_accounts.change_roles(
        site.conn, "nina", roles=["supervisor"], book_codes=["live-a"], by="test", at=site.clock()
    )
    narrow_client = staff(site, "nina")
    page = narrow_client.get(f"/staff/persons/{person}")
    assert page.status_code == 200 and a in page.text and b not in page.text
    listed = narrow_client.get(f"/api/persons/{person}/loans", headers={"accept": "application/json"}).json()
    assert [each["loan_id"] for each in listed["items"]] == [a]
    assert narrow_client.get(f"/staff/loans/{b}").status_code == 404
    assert narrow_client.get("/staff/books/live-b/overdue").status_code == 404


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_each_role_sees_and_does_what_the_table_grants(site: Site, role: Role) -> None:
    person, grants = site.person(PHONE), GRANTS[role]
    client = staff(site, "wim", role.value)
    for path in (HERE, f"/staff/persons/{person}"):
        assert client.get(path).status_code == (200 if Permission.PERSON_READ in grants else 403), path
    page = f"/staff/persons/{person}"
    acts = (
        (HERE + "/find", Permission.PERSON_READ),
        (HERE, Permission.PERSON_WRITE),
        (page + "/reveal", Permission.PERSON_REVEAL),
        (page + "/fields", Permission.PERSON_WRITE),
        (page + "/erase", Permission.PERSON_ERASE),
    )
    for path, needed in acts:
        answer = send_bare(client, path)
        assert answer.status_code == (422 if needed in grants else 403), (role, path)


def test_the_list_of_loans_has_pages_and_files(site: Site) -> None:
    loans = {site.loan() for _ in range(3)}
    client = staff(site, "olga", "officer")
    assert {row["loan"] for row in rows_of(client.get(HERE + "?table=loans&export=csv"))} == loans
    assert client.get(HERE + "?after=garbage").status_code == 422
    last = max(loans)
    assert client.get(f"{HERE}?after={last}").status_code == 200


def test_customers_are_told_in_both_languages(site: Site) -> None:
    person = site.person(PHONE)
    site.loan(person=person)
    english, chinese = staff(site, "olga", "officer"), staff(site, "otto", "officer", lang="zh")
    for path in (HERE, f"/staff/persons/{person}"):
        assert not CHINESE.search(re.sub("中文", "", english.get(path).text)), path
    told = text_of(chinese.get(f"/staff/persons/{person}"))
    assert "名下借款与额度" in told and "手机号" in told
