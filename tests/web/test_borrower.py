"""The borrower's pages, read as a browser without scripts reads them.

Wants to prove: a borrower signs in by a code, sees what is due, why, what it costs and what a payment would
do, in Chinese and English, and nobody else's; what is typed is escaped; every figure opens to its derivation.
"""

from __future__ import annotations

import gzip
import re

import httpx
import pytest

from duewell.api import cookie_name
from duewell.domain.party import parse_loan_id, person_ref
from duewell.gateways.toml_files import TomlFile, toml_of
from duewell.services.define_product import define_product
from duewell.web._pages import MARK
from tests.api.site import Site, key

PHONE = "+8613800138000"
LINE = {
    "limit_minor": 500_000, "currency": "CNY", "statement_day": 10, "rate_pct": "14.6", "minimum_pct": "10",
}  # fmt: skip
MONTHLY = """code = "monthly"
jurisdiction = "CN"
currency = "CNY"
convention = "cn-monthly/1"
principal = ["1,000.00", "50,000.00"]
rate_pct = ["6", "18"]
instalments = [3, 12]

[penalty]
times_contract = "1.5"
"""


def browser(site: Site, lang: str = "zh") -> httpx.Client:
    headers = {"accept": "text/html", "accept-language": lang}
    return httpx.Client(base_url=site.base, headers=headers, follow_redirects=True, timeout=30)


def signed_in(site: Site, lang: str = "zh") -> httpx.Client:
    client = browser(site, lang)
    page = client.post("/sign-in", data={"to": "138 0013 8000", "book": "main"})
    challenge = re.search(r'name="challenge" value="([^"]+)"', page.text)
    assert challenge is not None, page.text
    home = client.post(
        "/sign-in/code", data={"challenge": challenge[1], "code": site.code_sent(PHONE, "main")}
    )
    assert home.status_code == 200 and home.url.path == "/home", home.text
    return client


def late_loan(site: Site) -> str:
    """One instalment paid, the next one 18 days late."""
    loan = site.loan(person=site.person(PHONE), principal=1_200_000)
    facts = [{"loan": loan, "line": "2026-04-02 pay 1066.19"}]
    site.program().post("/api/books/main/clock", json={"to": "2026-05-20", "facts": facts}, headers=key())
    return loan


def test_whoever_is_nobody_is_shown_where_to_sign_in(site: Site) -> None:
    page = browser(site).get("/home")
    assert page.url.path == "/sign-in" and "获取验证码" in page.text
    assert 'lang="zh-Hans"' in page.text
    wrong = browser(site, "en").post("/sign-in", data={"to": "12", "book": "main"})
    assert wrong.status_code == 422 and "The phone number cannot be read" in wrong.text
    refused = browser(site, "en").post("/sign-in/code", data={"challenge": "x", "code": "000000"})
    assert refused.status_code == 422 and "This code does not work" in refused.text


def test_home_says_first_what_is_overdue_since_when_and_how_much(site: Site) -> None:
    late_loan(site)
    home = signed_in(site).get("/home").text
    heading = re.sub(r"<[^>]+>", "", home[home.index("<h1") : home.index("</h1>")])
    assert "2026年5月2日起逾期" in heading
    assert "¥1,066.19" in home and home.index("¥1,066.19") < home.index("接下来")
    english = signed_in(site, "en").get("/home").text
    assert "2 May 2026" in english and "CN¥1,066.19" in english
    assert not re.search("[一-鿿]", english.replace("中文", ""))


def test_a_plan_opens_to_the_proof_of_each_amount(site: Site) -> None:
    loan = late_loan(site)
    client = signed_in(site)
    page = client.get(f"/loans/{loan}").text
    assert page.count("/why?row=") == 12 and "已还" in page and "已逾期" in page
    why = client.get(f"/loans/{loan}/why?row=2").text
    assert "11,053.81 × 12% × 1/12" in why and "¥110.54" in why
    payoff = re.search(r'/why\?total=payoff">.*?<span class="whole">([^<]+)', page)
    assert payoff is not None and payoff[1] in client.get(f"/loans/{loan}/why?total=payoff").text


def test_what_if_says_where_each_yuan_goes_and_writes_nothing(site: Site) -> None:
    loan = late_loan(site)
    client = signed_in(site, "en")
    before = site.program().get(f"/api/loans/{loan}").json()
    page = re.sub(r"<[^>]+>", " ", client.get(f"/loans/{loan}/what-if?amount=1500&on=2026-05-20").text)
    told = re.sub(r"\s+", " ", page)
    assert "Interest CN¥174.72 Principal CN¥1,325.28 Together CN¥1,500.00" in told
    assert "Overdue CN¥0.00" in told and "you save CN¥1.69" in told
    assert site.program().get(f"/api/loans/{loan}").json() == before


@pytest.mark.parametrize("amount", ["abc", "-5", "0", "1e9", "", "9" * 39, "<script>alert(1)</script>"])
def test_an_amount_that_cannot_be_meant_is_told_and_escaped(site: Site, amount: str) -> None:
    loan = late_loan(site)
    page = signed_in(site).get(f"/loans/{loan}/what-if", params={"amount": amount})
    assert page.status_code == 422 and 'role="alert"' in page.text
    assert page.text.count("<script") == 1 and "alert(1)<" not in page.text


@pytest.mark.parametrize("on", ["x", "tomorrow", "2026-02-30", "9999-12-31"])
def test_a_day_that_is_none_is_told_as_a_day(site: Site, on: str) -> None:
    loan = late_loan(site)
    page = signed_in(site, "en").get(f"/loans/{loan}/what-if", params={"amount": "10", "on": on})
    assert page.status_code == 422 and 'role="alert"' in page.text and "a line we can read" not in page.text


def test_late_explains_each_part_and_how_it_stops(site: Site) -> None:
    loan = late_loan(site)
    page = signed_in(site, "en").get(f"/loans/{loan}/late").text
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "18 days overdue" in told and "Interest CN¥110.54" in told and "Principal CN¥955.65" in told
    assert 'why?total=overdue-interest"' in page and 'why?total=overdue-principal"' in page
    opened = signed_in(site).get(f"/loans/{loan}/why?total=overdue-interest").text
    assert "¥110.54" in opened and "11,053.81 × 12% × 1/12" in opened
    assert "Paying CN¥1,066.19 clears it" in told and "We offer you a plan that fits 22 May 2026" in told
    for threat in ("court", "legal", "blacklist", "police"):
        assert threat not in told.lower()


def test_nobody_elses_loan_is_there(site: Site) -> None:
    late_loan(site)
    other = site.loan(person=site.person("+8613800138001"))
    client = signed_in(site)
    for tail in ("", "/what-if", "/late", "/why?row=1"):
        page = client.get(f"/loans/{other}{tail}")
        assert page.status_code == 404 and "text/html" in page.headers["content-type"], tail


def test_signing_out_needs_the_pages_own_token(site: Site) -> None:
    late_loan(site)
    client = signed_in(site)
    planted = client.post("/sign-out", data={"token": "x"})
    assert planted.status_code == 403 and client.get("/home").url.path == "/home"
    token = re.search(r'name="token" value="([^"]+)"', client.get("/account").text)
    assert token is not None
    assert client.post("/sign-out", data={"token": token[1]}).url.path == "/sign-in"
    assert client.get("/home").url.path == "/sign-in"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil", "javascript:1", "/a\nb"])
def test_the_language_link_leads_nowhere_else(site: Site, to: str) -> None:
    client = browser(site)
    answer = client.get("/language/en", params={"to": to}, follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/home"
    assert "Send the code" in client.get("/sign-in").text


def test_pages_are_light_and_need_nothing_from_elsewhere(site: Site) -> None:
    loan = late_loan(site)
    client = signed_in(site)
    style = gzip.compress(client.get("/static/duewell.css").content)
    script = gzip.compress(client.get("/static/duewell.js").content)
    assert len(script) < 4 * 1024
    for path in (
        "/home",
        f"/loans/{loan}",
        f"/loans/{loan}/what-if",
        f"/loans/{loan}/late",
        f"/loans/{loan}/why?row=2",
    ):
        page = client.get(path)
        assert page.status_code == 200
        assert len(gzip.compress(page.content)) + len(style) + len(script) < 12 * 1024, path
        assert not re.search(r'(src|href)="(https?:)?//|style="|\son\w+="', page.text), path
        assert re.findall(r"<script[^>]*>[^<]*", page.text) == [
            f'<script src="/static/duewell.js?v={MARK}" defer>'
        ]
        assert page.headers["cache-control"] == "private, no-store"
    assert "immutable" in client.get("/static/duewell.css").headers["cache-control"]
    assert client.get("/static/../_pages.py").status_code == 404
    assert cookie_name(is_https=False) in client.cookies


def test_files_of_the_pages_are_packed_where_a_browser_unpacks_them_and_pages_are_not(site: Site) -> None:
    client = browser(site)
    style = client.get("/static/duewell.css", headers={"accept-encoding": "gzip"})
    plain = client.get("/static/duewell.css", headers={"accept-encoding": "identity"})
    assert style.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert style.content == plain.content and int(style.headers["content-length"]) < 5_000
    assert "content-encoding" not in client.get("/sign-in", headers={"accept-encoding": "gzip"}).headers


def test_what_each_day_adds_is_told_by_part_and_comes_true(site: Site) -> None:
    """A penalty of half as much again as the contract's rate: the page says what tomorrow holds."""
    table = toml_of(MONTHLY, TomlFile.PRODUCT, "a test")
    define_product(site.conn, "main", table)
    told = {"principal_minor": 1_200_000, "currency": "CNY", "rate_pct": "12", "instalments": 12}
    told |= {"product": "monthly", "person": site.person(PHONE)}
    loan = site.program().post("/api/books/main/loans", json=told, headers=key()).json()["loan_id"]
    clock = site.program().post("/api/books/main/clock", json={"to": "2026-04-22"}, headers=key())
    assert clock.status_code == 200, clock.text
    client = signed_in(site, "en")
    page = words_of(client.get(f"/loans/{loan}/late").text)
    grows = re.search(r"Penalty interest \+ ?CN¥([\d.]+) a day", page)
    assert grows is not None, page
    assert "grows by this much a day" in page
    rest = re.search(r"Interest on the rest \+ ?CN¥([\d.]+) a day", page)
    assert rest is not None, page
    settles = payoff_of(client, loan)
    before = site.program().get(f"/api/loans/{loan}").json()["overdue_minor"]
    site.program().post("/api/books/main/clock", json={"to": "2026-04-23"}, headers=key())
    after = site.program().get(f"/api/loans/{loan}").json()["overdue_minor"]
    assert after - before == minor(grows[1]) > 0
    a_day = minor(grows[1]) + minor(rest[1])
    assert payoff_of(client, loan) - settles == a_day, "what settles it grows by all that a day adds"
    opened = words_of(client.get(f"/loans/{loan}/why?total=overdue-penalty").text)
    assert "overdue penalty" in opened.lower() and "rounded once" in opened and "3.31" in opened


def minor(shown: str) -> int:
    """An amount with two decimals in minor units."""
    return int(shown.replace(",", "").replace(".", ""))


def payoff_of(client: httpx.Client, loan: str) -> int:
    found = re.search(
        r"pays the loan off CN¥([\d,.]+)", words_of(client.get(f"/loans/{loan}/why?total=payoff").text)
    )
    assert found is not None
    return minor(found[1])


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_of_several_late_loans_home_says_the_sum_and_each_of_them(site: Site) -> None:
    person = site.person(PHONE)
    for principal in (1_200_000, 600_000):
        site.loan(person=person, principal=principal)
    site.program().post("/api/books/main/clock", json={"to": "2026-03-30"}, headers=key())
    before = words_of(signed_in(site, "en").get("/home").text)
    assert "CN¥1,599.28 Loan of" in before and "Pay one of them" in before, "of both, on the day they share"
    site.program().post("/api/books/main/clock", json={"to": "2026-04-20"}, headers=key())
    client = signed_in(site, "en")
    home = client.get("/home").text
    told = words_of(home)
    assert "2 are overdue, the first since 2 Apr 2026" in told
    assert "CN¥1,599.28 Loan of CN¥12,000.00 CN¥1,066.19 Loan of CN¥6,000.00 CN¥533.09" in told
    assert "Pay the oldest first" in told and home.count("/why?total=overdue") == 2
    assert "CN¥1,599.28" in words_of(client.get("/offline").text)


def test_help_and_checking_a_receipt_keep_a_borrowers_own_way_back(site: Site) -> None:
    late_loan(site)
    client, nobody = signed_in(site), browser(site)
    for page in ("/help", "/verify"):
        assert 'class="dock"' in client.get(page).text and 'class="dock"' not in nobody.get(page).text
        dead = browser(site)
        dead.cookies.set(cookie_name(is_https=False), "no-session-of-anybodys")
        shown = dead.get(page)
        assert shown.status_code == 200 and 'class="dock"' not in shown.text


def drawn_line(site: Site, to: str) -> str:
    """1,000.00 drawn on 2 March; its first statement closes on 10 March."""
    made = site.program().post("/api/books/main/lines", json=LINE, headers=key())
    line = str(made.json()["loan_id"])
    person = person_ref(parse_loan_id(line)[0])
    told = {"name": "Wang Wei", "phone": PHONE}
    assert site.program().put(f"/api/persons/{person}", json=told).status_code == 200
    site.program().post(f"/api/loans/{line}/facts", json={"line": "draw 1000.00 as purchase"}, headers=key())
    site.program().post("/api/books/main/clock", json={"to": to}, headers=key())
    return line


def test_a_line_shows_what_is_owed_and_its_statements(site: Site) -> None:
    line = drawn_line(site, "2026-03-20")
    client = signed_in(site, "en")
    home = words_of(client.get("/home").text)
    assert "Credit line from 2 Mar 2026" in home and "CN¥100.00" in home
    page = words_of(client.get(f"/loans/{line}").text)
    assert "Limit CN¥5,000.00" in page and "Available CN¥4,000.00" in page
    assert "10 Mar 2026 CN¥1,000.00 at least CN¥100.00" in page
    pay = words_of(client.get(f"/loans/{line}/pay").text)
    assert "CN¥100.00" in pay and "CN¥1,000.00" in pay
    split = words_of(client.get(f"/loans/{line}/pay?amount=1200").text)
    told = "Principal CN¥1,000.00 Kept as your credit CN¥200.00 Together CN¥1,200.00"
    assert f"{told} Still overdue after it CN¥0.00" in split


def test_a_late_line_explains_itself_opens_every_amount_and_is_taken_along(site: Site) -> None:
    line = drawn_line(site, "2026-05-20")
    client = signed_in(site, "en")
    page = client.get(f"/loans/{line}").text
    assert f"/loans/{line}/late" in page and page.count("/why?row=") == 3
    late = client.get(f"/loans/{line}/late").text
    overdue = re.search(r"/why\?total=overdue.*?<span class=\"whole\">([^<]+)", late)
    assert overdue is not None
    parts = re.findall(r"/why\?total=(overdue-[a-z]+)", late)
    assert parts == ["overdue-interest", "overdue-principal"]
    for total in ("overdue", "balance", "payoff", *parts):
        assert client.get(f"/loans/{line}/why?total={total}").status_code == 200
    assert overdue[1] in client.get(f"/loans/{line}/why?total=overdue").text
    told = site.program().get(f"/api/lines/{line}").json()
    for each in told["statements"]:
        shown = words_of(client.get(f"/loans/{line}/why?row={each['nr']}").text)
        whole = f"CN¥{each['balance_minor'] // 100:,}.{each['balance_minor'] % 100:02d}"
        least = f"CN¥{each['minimum_minor'] // 100:,}.{each['minimum_minor'] % 100:02d}"
        assert (
            f"all that is owed {whole}" in shown and f"minimum asked, statement {each['nr']} {least}" in shown
        )
    assert client.get(f"/loans/{line}/why?row=9").status_code == 404
    assert client.get(f"/loans/{line}/files/statement.pdf").content.startswith(b"%PDF")
    assert "100000" in client.get(f"/loans/{line}/files/statement.csv").content.decode("utf-8-sig")
    assert client.get(f"/loans/{line}/files/plan.pdf").status_code == 404
    assert "/files/statement.pdf" in client.get("/documents").text
