"""A borrower's own account: messages, how to be reached, consents, sessions, data, leaving; offline.

Wants to prove: what is chosen is kept beside what was chosen before; consents are off until given and end as
easily; a feed's address works alone and no longer than it stands; the export holds all and no secret; one who
owes is not let go, one who does not needs a second person to be; a phone keeps due dates alone.
"""

from __future__ import annotations

import json
import re

import httpx
import pytest
from icalendar import Calendar

from duewell.web._pages import MARK
from tests.api.site import PASSWORD, Site
from tests.web.test_borrower import PHONE, browser, late_loan, signed_in
from tests.web.test_paying import fields_of, words


def form(client: httpx.Client, page: str, action: str) -> dict[str, str]:
    return fields_of(client.get(page).text, action)


def preferences(client: httpx.Client, **changed: str) -> httpx.Response:
    told = {"token": form(client, "/preferences", "/preferences")["token"]}
    told |= {"lang": "zh", "by-sms": "1", "quiet_from": "20:00", "quiet_to": "09:00"}
    return client.post("/preferences", data=told | changed)


def test_how_to_be_reached_is_chosen_and_every_choice_kept(site: Site) -> None:
    late_loan(site)
    client = signed_in(site)
    assert client.get("/preferences").text.count("checked") == 4, "all ways but third parties, until chosen"
    assert preferences(client).status_code == 200
    page = preferences(client, trusted_name="李姐", trusted_phone="138 0013 8009", third_party="1").text
    assert 'value="李姐"' in page and 'value="+8613800138009"' in page and page.count("checked") == 2
    rows = site.conn.execute(
        "select channels, quiet_from::text, third_party, trusted is not null from duewell.preference"
        " order by seq"
    ).fetchall()
    assert rows == [(["sms"], "20:00:00", False, False), (["sms"], "20:00:00", True, True)]
    preferences(client, trusted_name="李姐", trusted_phone="138 0013 8009", third_party="1")
    assert len(site.conn.execute("select from duewell.preference").fetchall()) == 2, (
        "the same again is no change"
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"lang": "fr"}, "没有语言"),
        ({"quiet_from": "25:00"}, "无法采用"),
        ({"quiet_from": "09:00", "quiet_to": "08:00"}, "至少留出 4 小时"),
        ({"trusted_name": "李姐"}, "手机"),
        ({"trusted_phone": "<script>"}, ""),
    ],
)
def test_a_choice_that_cannot_be_is_refused_and_nothing_kept(
    site: Site, changed: dict[str, str], told: str
) -> None:
    late_loan(site)
    page = preferences(signed_in(site), **changed)
    assert page.status_code == 422 and 'role="alert"' in page.text and told in page.text
    assert site.conn.execute("select from duewell.preference").fetchall() == []


def test_a_consent_is_off_until_given_and_taken_back_as_easily(site: Site) -> None:
    late_loan(site)
    client = signed_in(site, "en")
    account = client.get("/account").text
    assert account.count(">Agree<") == 3 and "Withdraw" not in account
    told = form(client, "/account", "/account/consents")
    for is_given in ("1", "1", "0"):
        client.post("/account/consents", data=told | {"purpose": "offers", "is_given": is_given})
    rows = site.conn.execute("select purpose, is_given from duewell.consent order by seq").fetchall()
    assert rows == [("offers", True), ("offers", False)]
    assert "Withdrawn on" in client.get("/account").text
    for wrong in ({"purpose": "all"}, {"is_given": "2"}):
        assert client.post("/account/consents", data=told | wrong).status_code == 422


def test_the_calendar_feed_works_alone_and_ends(site: Site) -> None:
    loan = late_loan(site)
    client = signed_in(site, "en")
    page = client.post("/calendar", data=form(client, "/documents", "/calendar"))
    address = re.search(r"http://[^<\s]+\.ics", page.text)
    assert address is not None
    feed = httpx.get(address[0])
    assert feed.status_code == 200 and feed.headers["content-type"].startswith("text/calendar")
    events = list(Calendar.from_ical(feed.content).walk("VEVENT"))
    assert len(events) == 10 and str(events[0]["summary"]) == "Pay CN¥1,066.19"
    assert str(events[0].decoded("dtstart")) == "2026-06-02" and loan in str(events[0]["uid"])
    assert "Wang" not in feed.text and PHONE not in feed.text
    again = client.post("/calendar", data=form(client, "/documents", "/calendar"))
    assert again.status_code == 200 and httpx.get(address[0]).status_code == 404, "replaced"
    newer = re.search(r"http://[^<\s]+\.ics", again.text)
    assert newer is not None
    client.post("/calendar", data=form(client, "/documents", "/calendar") | {"do": "end"})
    assert httpx.get(newer[0]).status_code == 404, "ended"
    assert len(Calendar.from_ical(client.get("/calendar.ics").content).walk("VEVENT")) == 10


def test_other_devices_are_seen_and_signed_out(site: Site) -> None:
    late_loan(site)
    here, there = signed_in(site, "en"), signed_in(site, "en")
    page = here.get("/account").text
    assert page.count("This device") == 1 and page.count("Another device") == 1
    other = re.search(r'Another device.*?name="session" value="([^"]+)"', page, re.DOTALL)
    assert other is not None
    token = form(here, "/account", "/account/sessions")["token"]
    here.post("/account/sessions", data={"token": token, "session": other[1]})
    assert there.get("/home").url.path == "/sign-in" and here.get("/home").url.path == "/home"
    assert here.post("/account/sessions", data={"token": token, "session": "x"}).status_code == 404


def test_the_export_holds_everything_of_the_person_and_no_secret(site: Site) -> None:
    loan = late_loan(site)
    client = signed_in(site)
    preferences(client, trusted_name="李姐", trusted_phone="13800138009")
    made = client.get("/account/data")
    assert "attachment" in made.headers["content-disposition"]
    told = json.loads(made.content)
    assert told["fields"] == {"name": "Wang Wei", "phone": PHONE} and told["contracts"][0]["id"] == loan
    assert [each["kind"] for each in told["contracts"][0]["facts"]] == ["Disbursed", "PaymentReceived"]
    assert told["preferences"]["trusted"]["name"] == "李姐" and len(told["sessions"]) == 1
    assert not re.search("token|hash|csrf|cipher", made.text)


def test_an_account_that_owes_is_not_closed_and_a_second_person_closes_the_other(site: Site) -> None:
    late_loan(site)
    client = signed_in(site, "en")
    told = form(client, "/account", "/account/close")
    refused = client.post("/account/close", data=told)
    assert refused.status_code == 409 and "is not paid off yet" in refused.text
    site.person("+8613800138005")
    free = browser(site, "en")
    page = free.post("/sign-in", data={"to": "13800138005", "book": "main"})
    challenge = fields_of(page.text, "/sign-in/code")["challenge"]
    code = site.code_sent("+8613800138005", "main")
    assert free.post("/sign-in/code", data={"challenge": challenge, "code": code}).url.path == "/home"
    asked = free.post("/account/close", data=form(free, "/account", "/account/close"))
    assert asked.status_code == 200 and "A second person checks it" in asked.text
    (request,) = site.staff("cora", "compliance").get("/api/requests?waiting=true").json()["items"]
    assert request["act"] == "erasure" and request["asked_by"].startswith("borrower:")
    again = free.post("/account/close", data={**form(free, "/account", "/sign-out"), "key": "another-key"})
    assert "A second person checks it" in again.text and "Ask to close it" not in again.text
    assert len(site.staff("cora", "compliance").get("/api/requests?waiting=true").json()["items"]) == 1
    kept = free.post("/account/close", data={**form(free, "/account", "/account/close"), "do": "keep"})
    assert kept.status_code == 200 and "Ask to close it" in kept.text
    assert site.staff("cora", "compliance").get("/api/requests?waiting=true").json()["items"] == []


def test_what_a_phone_keeps_is_the_due_dates_and_their_day(site: Site) -> None:
    late_loan(site)
    client = signed_in(site)
    manifest = client.get("/app.webmanifest").json()
    assert manifest["start_url"] == "/home" and manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).status_code == 200
    worker = client.get("/sw.js")
    assert MARK in worker.text and worker.headers["cache-control"] == "no-cache"
    page = words(client.get("/offline").text)
    assert "以下是 2026年5月20日（周三） 的还款安排" in page and "¥1,066.19" in page and "Wang" not in page
    token = form(client, "/account", "/sign-out")
    left = client.post("/sign-out", data=token, follow_redirects=False)
    assert '"storage"' in left.headers["clear-site-data"]


def test_every_file_of_a_loan_opens(site: Site) -> None:
    loan = late_loan(site)
    client = signed_in(site)
    for name in ("plan.pdf", "statement.pdf"):
        assert client.get(f"/loans/{loan}/files/{name}").content.startswith(b"%PDF")
    plan = client.get(f"/loans/{loan}/files/plan.csv").content.decode("utf-8-sig")
    assert plan.count("\r\n") == 13 and "106619" in plan
    statement = client.get(f"/loans/{loan}/files/statement.csv").content.decode("utf-8-sig")
    assert "放款" in statement and "还款" in statement
    assert client.get(f"/loans/{loan}/files/plan.exe").status_code == 404


def test_help_is_there_for_whoever_is_not_signed_in(site: Site) -> None:
    page = browser(site, "en").get("/help")
    assert page.status_code == 200 and "We never threaten you" in page.text


def test_a_page_that_got_old_says_so_in_its_readers_words(site: Site) -> None:
    late_loan(site)
    client = signed_in(site, "en")
    told = form(client, "/account", "/account/consents")
    old = client.post("/account/consents", data=told | {"token": "x"})
    assert old.status_code == 403 and "This page is too old" in old.text
    client.post("/sign-out", data={"token": told["token"]})
    out = client.post("/account/consents", data=told)
    assert out.status_code == 401 and "You were signed out. Nothing was done." in out.text
    assert not any(each in old.text + out.text for each in ("X-CSRF", "API key", "Bearer"))


def test_a_password_somebody_set_signs_them_in(site: Site) -> None:
    late_loan(site)
    client = signed_in(site, "en")
    told = {"token": form(client, "/account", "/account/password")["token"]}
    weak = client.post("/account/password", data=told | {"password": "short"})
    assert weak.status_code == 422 and 'role="alert"' in weak.text
    assert client.post("/account/password", data=told | {"password": PASSWORD}).url.path == "/sign-in"
    other = browser(site, "en")
    given = {"to": "138 0013 8000", "book": "main", "password": PASSWORD}
    assert other.post("/sign-in/password", data=given | {"password": "x"}).status_code == 422
    assert other.post("/sign-in/password", data=given).url.path == "/home"
