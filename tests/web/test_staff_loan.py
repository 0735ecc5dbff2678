"""A loan on the desk: what it shows by two clocks, why each amount, and how something is recorded on it.

Wants to prove: every amount opens; what was known then stands beside what is known now; nothing is recorded
before it was shown, nothing twice, and nothing alone that a book wants two persons for.
"""

from __future__ import annotations

import re

import httpx
import pytest

from duewell.domain.access import GRANTS, Permission, Role
from tests.api.site import Site, key
from tests.web.desk import CHINESE, lived, rows_of, send, send_bare, send_from, text_of
from tests.web.test_console import staff
from tests.web.test_staff_overdue import STAFF_ROLES

EVIL = '<script>alert(1)</script>"&'


def opens(page: httpx.Response) -> list[str]:
    """The addresses that amounts of a page lead to."""
    found = re.findall(r'class="opens" href="([^"]+)"', page.text)
    return [each.replace("&amp;", "&") for each in found]


def line_of(site: Site) -> str:
    made = site.program().post(
        "/api/books/main/lines",
        json={"limit_minor": 1_000_000, "currency": "CNY", "statement_day": 20, "rate_pct": "18"},
        headers=key(),
    )
    assert made.status_code == 201, made.text
    return str(made.json()["loan_id"])


# -- looking ---------------------------------------------------------------------------------------


def test_every_amount_of_a_loan_opens_to_its_proof(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "sue", "supervisor")
    page = client.get(f"/staff/loans/{late}")
    links = opens(page)
    assert len(links) > 50
    for link in sorted(set(links)):
        why = client.get(link)
        assert why.status_code == 200 and "Where this amount comes from" in why.text, link
        assert '<ul class="proof">' in why.text, link
    why = text_of(client.get(f"/staff/loans/{late}/why?row=2&part=interest"))
    assert "11,053.81 × 12% × 1/12" in why and "CN¥110.54" in why
    paid = text_of(client.get(f"/staff/loans/{late}/why?row=1&side=paid"))
    assert "CN¥120.00" in paid and "CN¥946.19" in paid and "payment received" in paid


def test_what_an_amount_opens_to_begins_with_that_amount(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "sue", "supervisor")
    page = client.get(f"/staff/loans/{late}").text
    for figure, link in re.findall(r'class="opens" href="([^"]+)"><span class="whole">([^<]+)<', page):
        figure, link = link, figure.replace("&amp;", "&")
        if "row=" in link and "part=" not in link:
            continue  # all parts of a row: none of them is the whole
        root = re.search(r'<span class="money">([^<]+)</span>', client.get(link).text)
        assert root is not None and root[1] == figure, link


def test_the_schedule_adds_up_by_year_and_in_all(site: Site) -> None:
    good, _, _ = lived(site)
    client = staff(site, "olga", "officer")
    rows = rows_of(client.get(f"/staff/loans/{good}?table=schedule&export=csv"))
    years = rows_of(client.get(f"/staff/loans/{good}?table=years&export=csv"))
    assert [row["year"] for row in years] == ["2026", "2027"]
    for name in ("principal_minor", "interest_minor", "due_minor", "paid_minor", "unpaid_minor"):
        assert sum(int(row[name]) for row in rows) == sum(int(row[name]) for row in years), name
    assert sum(int(row["principal_minor"]) for row in rows) == 1_200_000
    assert {row["state"] for row in rows} == {"paid", "coming"}
    assert "Total CN¥12,000.00" in text_of(client.get(f"/staff/loans/{good}"))


def test_what_was_known_then_stands_beside_what_is_known_now(site: Site) -> None:
    _, late, _ = lived(site)
    site.program().post(
        f"/api/loans/{late}/payments",
        json={"amount_minor": 213_238, "currency": "CNY", "effective_on": "2026-06-02", "ref": "found-late"},
        headers=key(),
    )
    site.program().post("/api/books/main/clock", json={"to": "2026-06-21"}, headers=key())
    client = staff(site, "olga", "officer")
    page = client.get(f"/staff/loans/{late}?as_of=2026-06-18&known=2026-06-18")
    told = text_of(page)
    assert "As of 18 Jun 2026: what we knew then, what we know now" in told
    assert "Overdue CN¥2,132.38 CN¥0.00 Less by CN¥2,132.38" in told
    assert "Days past due 47 0 Less by 47" in told and "Facts 2 3 More by 1" in told
    assert "found-late Learnt later" in told
    assert "what we knew then" not in text_of(client.get(f"/staff/loans/{late}"))
    refused = client.get(f"/staff/loans/{late}?known=2026-03-01")
    assert refused.status_code == 404 and "<h1>" in refused.text


def test_facts_say_who_recorded_them_and_why_one_does_not_count(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "sue", "supervisor")
    send_all(client, late, line="2026-06-19 pay 2132.38")
    page = text_of(client.get(f"/staff/loans/{late}"))
    assert "staff:sue console" in page
    facts = rows_of(client.get(f"/staff/loans/{late}?table=facts&export=csv"))
    assert facts[-1]["actor"] == "staff:sue" and facts[-1]["state"] == "Counts"
    send_all(client, late, line=f"2026-06-19 reverse {facts[-1]['ref']}")
    approve(site, client)
    facts = rows_of(client.get(f"/staff/loans/{late}?table=facts&export=csv"))
    assert facts[-2]["state"] == "Taken back" and facts[-1]["kind"] == "taken back"


def test_entries_show_both_legs_and_open_to_their_derivation(site: Site) -> None:
    good, _, _ = lived(site)
    client = staff(site, "sue", "supervisor")
    legs = rows_of(client.get(f"/staff/loans/{good}?table=entries&export=csv"))
    assert sum(int(each["debit_minor"] or 0) for each in legs) == sum(
        int(each["credit_minor"] or 0) for each in legs
    )
    entry = text_of(client.get(f"/staff/loans/{good}/entry?seq=2"))
    assert "Debit · Cash clearing CN¥1,066.19" in entry and "Credit · Loans: principal CN¥946.19" in entry
    assert "paid, row 1 CN¥946.19 by: payment received on 2026-04-02" in entry
    assert client.get(f"/staff/loans/{good}/entry?seq=99").status_code == 404
    officer = staff(site, "olga", "officer")
    assert "Ledger entries" not in officer.get(f"/staff/loans/{good}").text
    assert officer.get(f"/staff/loans/{good}/entry?seq=2").status_code == 403
    assert officer.get(f"/staff/loans/{good}?table=entries&export=csv").status_code == 404


def test_a_charged_off_loan_says_so_and_what_is_still_claimed(site: Site) -> None:
    _, _, lost = lived(site)
    page = text_of(staff(site, "olga", "officer").get(f"/staff/loans/{lost}"))
    assert "Charged off on 10 Jun 2026" in page and "Still claimed CN¥" in page


def test_a_line_has_its_statements_and_every_amount_opens(site: Site) -> None:
    line = line_of(site)
    facts = [
        {"loan": line, "line": each}
        for each in (
            "2026-03-10 draw 2000.00 as purchase",
            "2026-03-25 draw 500.00 as cash",
            "2026-04-05 pay 300.00",
            "2026-04-06 convert 900.00 into 12 at 0.6% a month",
        )
    ]
    moved = site.program().post(
        "/api/books/main/clock", json={"to": "2026-06-19", "facts": facts}, headers=key()
    )
    assert moved.status_code == 200, moved.text
    client = staff(site, "sue", "supervisor")
    page = client.get(f"/staff/loans/{line}")
    told = text_of(page)
    assert "Limit CN¥10,000.00" in told and "Statements 3" in told and "Instalment plans 1" in told
    links = opens(page)
    assert len(links) > 15
    for link in sorted(set(links)):
        assert '<ul class="proof">' in client.get(link).text, link
    for table in ("statements", "balances", "plans", "statement", "facts", "entries"):
        assert rows_of(client.get(f"/staff/loans/{line}?table={table}&export=csv")), table
    compared = text_of(client.get(f"/staff/loans/{line}?known=2026-04-04"))
    assert "what we knew then" in compared
    preview = send(client, f"/staff/loans/{line}", f"/staff/loans/{line}/payments", amount="100")
    assert preview.status_code == 200 and "Nothing is recorded yet" in preview.text


WHY_REFUSED = ("row=99", "row=1&part=gold", "total=gold", "seq=999", "seq=1&part=gold", "row=99&side=paid")


@pytest.mark.parametrize("query", [*WHY_REFUSED, "row=-1", "seq=0", "side=both", "total=" + "x" * 50])
def test_what_there_is_not_is_not_opened(site: Site, query: str) -> None:
    loan = site.loan()
    page = staff(site, "olga", "officer").get(f"/staff/loans/{loan}/why?{query}")
    assert page.status_code in (400, 404, 422) and "<h1>" in page.text


# -- recording -------------------------------------------------------------------------------------


def seqs(client: httpx.Client, loan: str) -> int:
    return len(rows_of(client.get(f"/staff/loans/{loan}?table=facts&export=csv")))


def send_all(client: httpx.Client, loan: str, **typed: str) -> httpx.Response:
    """A form sent, looked at, and confirmed."""
    where = "facts" if "line" in typed else "payments"
    shown = send(client, f"/staff/loans/{loan}", f"/staff/loans/{loan}/{where}", **typed)
    assert shown.status_code == 200, text_of(shown)
    return confirm(client, loan, where, shown.text)


def confirm(client: httpx.Client, loan: str, where: str, shown: str) -> httpx.Response:
    hidden = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown[shown.index("<main") :])
    )
    assert hidden["step"] == "record"
    return client.post(f"/staff/loans/{loan}/{where}", data=hidden, follow_redirects=False)


def approve(site: Site, client: httpx.Client) -> None:
    """Another supervisor approves what waits."""
    second = site.staff("rosa", "supervisor")
    (request,) = second.get("/api/requests?waiting=true").json()["items"]
    done = second.post(f"/api/requests/{request['request']}/decision", json={"approve": True, "reason": "ok"})
    assert done.status_code == 200, done.text


def test_a_payment_is_shown_first_and_recorded_once(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "olga", "officer")
    before = seqs(client, late)
    page = f"/staff/loans/{late}"
    shown = send(client, page, f"{page}/payments", amount="1,500.00", on="2026-06-18", ref="B-77")
    told = text_of(shown)
    assert shown.status_code == 200 and seqs(client, late) == before
    assert "Overdue CN¥2,132.38 CN¥632.38" in told and "Total CN¥1,500.00" in told
    assert "Entries it would post" not in told, "an officer reads no ledger"
    done = confirm(client, late, "payments", shown.text)
    assert done.status_code == 303 and done.headers["location"] == f"{page}?done=recorded"
    again = confirm(client, late, "payments", shown.text)
    assert again.status_code == 303 and seqs(client, late) == before + 1
    assert "Recorded." in text_of(client.get(done.headers["location"]))
    (fact,) = [
        each for each in site.program().get(f"/api/loans/{late}").json()["facts"] if each["ref"] == "B-77"
    ]
    assert (fact["amount_minor"], fact["effective_on"], fact["source"]) == (150_000, "2026-06-18", "console")


BAD_PAYMENTS = (
    {"amount": ""},
    {"amount": "abc"},
    {"amount": "-5"},
    {"amount": "0"},
    {"amount": "1e9"},
    {"amount": "10", "on": "2026-02-30"},
    {"amount": "10", "on": "2027-01-01"},
    {"amount": "10", "on": "2020-01-01"},
    {"amount": "10", "ref": "a\nb"},
    {"amount": EVIL},
    {"amount": "10", "on": EVIL},
)


@pytest.mark.parametrize("typed", BAD_PAYMENTS)
def test_a_payment_that_cannot_be_meant_is_refused_and_kept_as_typed(
    site: Site, typed: dict[str, str]
) -> None:
    loan = site.loan()
    client = staff(site, "olga", "officer")
    page = send(client, f"/staff/loans/{loan}", f"/staff/loans/{loan}/payments", **typed)
    assert page.status_code == 422 and 'role="alert"' in page.text and seqs(client, loan) == 1
    assert "<script>alert" not in page.text
    if typed["amount"] == "abc":
        assert 'value="abc"' in page.text


def test_a_payment_with_a_reference_that_is_taken_is_refused(site: Site) -> None:
    loan = site.loan()
    client = staff(site, "olga", "officer")
    assert send_all(client, loan, amount="10", ref="B-1").status_code == 303
    page = send(client, f"/staff/loans/{loan}", f"/staff/loans/{loan}/payments", amount="11", ref="B-1")
    assert page.status_code == 422 and "The reference B-1 is on this contract already" in page.text


def test_a_fact_by_its_line_is_recorded_on_the_day_that_was_shown(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "sue", "supervisor")
    shown = send(client, f"/staff/loans/{late}", f"/staff/loans/{late}/facts", line="fee 12.50")
    assert "2026-06-19 fee 12.50" in text_of(shown) and "Entries it would post" in text_of(shown)
    site.program().post("/api/books/main/clock", json={"to": "2026-06-20"}, headers=key())
    assert confirm(client, late, "facts", shown.text).status_code == 303
    fact = site.program().get(f"/api/loans/{late}").json()["facts"][-1]
    assert (fact["kind"], fact["effective_on"]) == ("FeeCharged", "2026-06-19")


def test_what_needs_two_persons_becomes_a_request_that_does_as_it_was_asked(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "sue", "supervisor")
    shown = send(client, f"/staff/loans/{late}", f"/staff/loans/{late}/facts", line="waive interest 3.00")
    assert "A second person has to approve it." in text_of(shown)
    done = confirm(client, late, "facts", shown.text)
    assert done.headers["location"].endswith("?done=asked")
    assert confirm(client, late, "facts", shown.text).status_code == 303
    notice = client.get(done.headers["location"])
    assert "once a second person has approved it" in text_of(notice) and "/staff/requests" in notice.text
    assert seqs(client, late) == 2
    approve(site, client)
    facts = rows_of(client.get(f"/staff/loans/{late}?table=facts&export=csv"))
    assert facts[-1]["kind"] == "waived" and facts[-1]["actor"] == "staff:sue+staff:rosa"


@pytest.mark.parametrize(
    "line", ["", "hello", EVIL, "2026-99-99 pay 5", "waive penalty 900.00", "reverse nothing", "x" * 400]
)
def test_a_line_that_cannot_be_applied_is_refused_and_kept_as_typed(site: Site, line: str) -> None:
    loan = site.loan()
    client = staff(site, "sue", "supervisor")
    page = send(client, f"/staff/loans/{loan}", f"/staff/loans/{loan}/facts", line=line)
    assert page.status_code == 422 and 'role="alert"' in page.text and seqs(client, loan) == 1
    assert "<script>alert" not in page.text


def test_a_form_without_its_key_or_token_does_nothing(site: Site) -> None:
    loan = site.loan()
    client = staff(site, "sue", "supervisor")
    shown = client.get(f"/staff/loans/{loan}").text
    page = send_from(client, shown, f"/staff/loans/{loan}/payments", amount="10", key="", step="record")
    assert page.status_code == 422 and "This form has expired" in page.text
    planted = client.post(
        f"/staff/loans/{loan}/payments", data={"amount": "10", "step": "record", "key": "k" * 12}
    )
    assert planted.status_code == 403 and seqs(client, loan) == 1


def test_a_key_sent_with_another_payment_is_refused(site: Site) -> None:
    loan = site.loan()
    client = staff(site, "sue", "supervisor")
    data = {"step": "record", "key": "the-same-key-1"}
    page = client.get(f"/staff/loans/{loan}").text
    assert send_from(client, page, f"/staff/loans/{loan}/payments", amount="10", **data).status_code == 303
    again = send_from(client, page, f"/staff/loans/{loan}/payments", amount="11", **data)
    assert again.status_code == 422 and seqs(client, loan) == 2


# -- who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_each_role_sees_and_does_what_the_table_grants(site: Site, role: Role) -> None:
    loan, grants = site.loan(), GRANTS[role]
    client = staff(site, "wim", role.value)
    page = client.get(f"/staff/loans/{loan}")
    assert page.status_code == (200 if Permission.LOAN_READ in grants else 403)
    assert client.get(f"/staff/loans/{loan}/why?row=1").status_code == page.status_code
    if page.status_code == 200:
        assert ("/payments" in page.text) == (Permission.FACT_PAY in grants)
        assert (f"/{loan}/facts" in page.text) == (Permission.FACT_RECORD in grants)
        assert ("/staff/persons/" in page.text) == (Permission.PERSON_READ in grants)
    for where, needed in (("payments", Permission.FACT_PAY), ("facts", Permission.FACT_RECORD)):
        answer = send_bare(client, f"/staff/loans/{loan}/{where}", amount="10", line="fee 1.00")
        # Who may is told that the form lost its key.
        assert answer.status_code == (422 if needed in grants else 403), (role, where)


def test_a_loan_is_told_in_both_languages(site: Site) -> None:
    _, late, _ = lived(site)
    english, chinese = staff(site, "sue", "supervisor"), staff(site, "sam", "supervisor", lang="zh")
    for tail in ("", "?known=2026-06-17", "/why?row=2", "/entry?seq=2"):
        assert not CHINESE.search(english.get(f"/staff/loans/{late}{tail}").text.replace("中文", "")), tail
    told = text_of(chinese.get(f"/staff/loans/{late}?known=2026-06-17"))
    for words in (
        "还款计划",
        "年度小计",
        "收支明细",
        "会计分录",
        "当时所知与现在所知",
        "无变化",
        "逾期 48 天",
    ):
        assert words in told, words


def test_what_was_typed_elsewhere_is_escaped(site: Site) -> None:
    loan = site.loan()
    paid = {"amount_minor": 500, "currency": "CNY", "ref": EVIL}
    assert site.program().post(f"/api/loans/{loan}/payments", json=paid, headers=key()).status_code == 201
    client = staff(site, "sue", "supervisor")
    page = client.get(f"/staff/loans/{loan}").text
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert "<script>alert" not in client.get(f"/staff/loans/{loan}/why?seq=2").text
