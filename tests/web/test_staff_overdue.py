"""The overdue and the portfolio, read as a browser without scripts reads them.

Wants to prove: figures are those of the API at both dates; filters, pages and files hold what was asked for;
who may not read reports is refused; a report that is kept is never one from before the last fact.
"""

from __future__ import annotations

import gzip
import re
from datetime import date

import pytest

from duewell.domain.access import GRANTS, Permission, Role
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services.generate_book import generate_book
from duewell.web.staff import _asked, _kept
from tests.api.site import Site, key
from tests.web.desk import CHINESE, lived, rows_of, text_of
from tests.web.test_console import staff

BOTH = ("/staff/books/main/overdue", "/staff/books/main/portfolio")
STAFF_ROLES = [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)]


def test_the_overdue_says_how_much_is_late_and_which_loans(site: Site) -> None:
    good, late, lost = lived(site)
    client = staff(site, "olga", "officer")
    page = client.get("/staff/books/main/overdue")
    told = text_of(page)
    assert "Late loans 1 of 2 that owe" in told and "Overdue CN¥2,132.38" in told
    # 11,274.89 of 11,274.89 + 9,132.95
    assert "Share of the book 55.25%" in told and "Most days past due 48" in told
    assert f'href="/staff/loans/{late}"' in page.text and f'href="/staff/loans/{good}"' not in page.text
    assert "31-60 days" in told and "hardship review" in told and "2 Apr 2026 CN¥1,066.19" in told
    assert f'href="/staff/loans/{lost}"' in page.text and "Still claimed" in told
    report = site.program().get("/api/books/main/overdue").json()
    (row,) = rows_of(client.get("/staff/books/main/overdue?table=late&export=csv"))
    assert row["loan"] == report["loans"][0]["loan_id"] == late
    assert row["overdue_minor"] == str(report["loans"][0]["overdue_minor"]) == "213238"
    assert row["as_of"] == row["known"] == "2026-06-19" and row["query"] == "/staff/books/main/overdue"


def test_the_overdue_of_another_day_is_that_days(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "olga", "officer")
    assert "Late loans 0 of 3 that owe" in text_of(client.get("/staff/books/main/overdue?as_of=2026-04-02"))
    assert "No loan is late here." in text_of(client.get("/staff/books/main/overdue?as_of=2026-04-02"))
    site.program().post(
        f"/api/loans/{late}/payments",
        json={"amount_minor": 213_238, "currency": "CNY", "effective_on": "2026-06-02", "ref": "found-late"},
        headers=key(),
    )
    site.program().post("/api/books/main/clock", json={"to": "2026-06-21"}, headers=key())
    asked = "/staff/books/main/overdue?as_of=2026-06-18&known="
    assert "Late loans 1 of 2" in text_of(client.get(asked + "2026-06-18"))
    assert "Late loans 0 of 2" in text_of(client.get(asked + "2026-06-20"))


def test_a_report_that_is_kept_is_not_from_before_the_last_fact(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "olga", "officer")
    assert "Late loans 1" in text_of(client.get("/staff/books/main/overdue"))
    paid = {"amount_minor": 213_238, "currency": "CNY"}
    assert site.program().post(f"/api/loans/{late}/payments", json=paid, headers=key()).status_code == 201
    assert "Late loans 0" in text_of(client.get("/staff/books/main/overdue"))


def test_a_bucket_is_chosen_by_a_link_and_its_file_holds_just_it(site: Site) -> None:
    _, late, _ = lived(site)
    client = staff(site, "olga", "officer")
    page = client.get("/staff/books/main/overdue?as_of=2026-06-18").text
    links = re.findall(r'href="(/staff/books/main/overdue\?as_of=2026-06-18&amp;bucket=[^"]+)"', page)
    assert len(links) == 6
    for link in (each.replace("&amp;", "&") for each in links):
        rows = rows_of(client.get(link + "&table=late&export=csv"))
        assert [row["loan"] for row in rows] == ([late] if "31-60" in link else []), link
    refused = client.get("/staff/books/main/overdue?bucket=<b>x")
    assert refused.status_code == 404 and "<b>x" not in refused.text and "There is no bucket" in refused.text


@pytest.mark.parametrize(
    "query",
    [
        *("as_of=2026-02-30", "as_of=x", "known=1", "page=0", "page=x", "export=exe"),
        *("as_of=2026-03-01", "known=2026-03-01", "as_of=2031-01-01"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(site: Site, query: str) -> None:
    client = staff(site, "olga", "officer")
    for path in BOTH:
        page = client.get(f"{path}?{query}")
        if "page" in query and "portfolio" in path:
            continue
        assert page.status_code in (400, 422) and "<h1>" in page.text, (path, page.text[:200])


def test_a_long_list_has_pages_and_its_file_all_rows(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_asked, "ROWS", 3)
    generate_book(site.conn, "big", count=400, seed=7, open_on=date(2026, 6, 1), at=site.clock())
    client = staff(site, "olga", "officer")
    first = client.get("/staff/books/big/overdue")
    count = len(rows_of(client.get("/staff/books/big/overdue?table=late&export=csv")))
    assert count > 6 and f"Rows 1 to 3 of {count}" in text_of(first)
    seen = set(re.findall(r'<th scope="row"><a href="/staff/loans/(\w+)"', first.text))
    while more := re.search(r'href="([^"]+)" rel="next"', first.text):
        first = client.get(more[1].replace("&amp;", "&"))
        seen |= set(re.findall(r'<th scope="row"><a href="/staff/loans/(\w+)"', first.text))
    late = {row["loan"] for row in rows_of(client.get("/staff/books/big/overdue?table=late&export=csv"))}
    assert late <= seen and f"of {count}" in text_of(first)
    assert client.get("/staff/books/big/overdue?page=9999").status_code == 200


def test_a_book_too_large_to_wait_for_is_refused_in_words(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_kept, "LOANS_MAX", 2)
    lived(site)
    for path in BOTH:
        page = staff(site, "olga", "officer").get(path)
        assert page.status_code == 409 and "duewell report overdue" in page.text


def test_two_hundred_rows_are_light(site: Site) -> None:
    generate_book(site.conn, "big", count=900, seed=7, open_on=date(2026, 6, 1), at=site.clock())
    page = staff(site, "olga", "officer").get("/staff/books/big/overdue")
    assert text_of(page).count("days") > 0 and len(gzip.compress(page.content)) < 60 * 1024
    assert not re.search(r'style="|\son\w+="|<script>|href="https?:', page.text)


def test_the_portfolio_shows_course_rolls_and_vintages(site: Site) -> None:
    lived(site)
    client = staff(site, "rita", "risk")
    page = client.get("/staff/books/main/portfolio?since=2026-05-01&as_of=2026-06-19")
    told = text_of(page)
    assert page.status_code == 200 and page.text.count("<svg") == 3
    assert "Every loan was folded as of 1 May 2026 and as of 19 Jun 2026" in told
    assert "Late loans 1 before: 1 Overdue CN¥2,132.38 before: CN¥1,066.19" in told
    rows = rows_of(client.get(str(page.url) + "&table=rolls&export=csv"))
    assert {row["then"]: row["total"] for row in rows} == {"current": "2", "1-30": "1"}
    assert rows[1]["to_charged-off"] == "1" and rows[0]["to_31-60"] == "1"
    (vintage,) = rows_of(client.get(str(page.url) + "&table=vintages&export=csv"))
    assert (vintage["month"], vintage["loans"], vintage["share"]) == ("2026-03", "3", "66.67")
    trend = rows_of(client.get(str(page.url) + "&table=trend&export=csv"))
    assert [row["on"] for row in trend] == ["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-18"]


def test_a_span_that_ends_before_it_begins_is_refused(site: Site) -> None:
    page = staff(site, "rita", "risk").get("/staff/books/main/portfolio?since=2026-03-02&as_of=2026-03-01")
    assert page.status_code == 422 and "Choose an earlier first day" in page.text


def test_a_book_without_a_closed_day_or_a_loan_has_pages(site: Site) -> None:
    client = staff(site, "rita", "risk")
    assert "No loan is late here." in text_of(client.get("/staff/books/main/overdue"))
    assert "No day of this book is closed yet" in text_of(client.get("/staff/books/main/portfolio"))


def test_english_pages_hold_no_chinese_and_chinese_ones_are_chinese(site: Site) -> None:
    lived(site)
    english, chinese = staff(site, "olga", "officer"), staff(site, "otto", "officer", lang="zh")
    for path in BOTH:
        assert not CHINESE.search(english.get(path).text.replace("中文", "")), path
    told = text_of(chinese.get(BOTH[0]))
    assert "逾期余额占比 55.25%" in told and "¥2,132.38" in told
    assert "迁徙率" in text_of(chinese.get(BOTH[1]))


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_who_may_not_read_reports_is_refused(site: Site, role: Role) -> None:
    client = staff(site, "wim", role.value)
    for path in BOTH:
        allowed = Permission.REPORT_READ in GRANTS[role]
        assert (client.get(path).status_code == 200) == allowed
        assert client.get(path).status_code in (200, 403)


def test_a_book_that_may_not_be_seen_is_not_there(site: Site) -> None:
    client = staff(site, "olga", "officer")
    assert client.get("/staff/books/other/overdue").status_code == 404


def test_a_cell_that_opens_leads_where_it_says() -> None:
    from duewell.web._tables import told_of

    table = Table("t", "T", (Column("a", "A"), Column("b", "B", Kind.COUNT)), [("x", 3), ("y", 0)])
    told = told_of(table, count=9, opens=lambda place, name: f"/{place}/{name}" if name == "b" else None)
    cells = [[each["opens"] for each in row] for _, row in told["rows"]]
    # What is zero has nothing to open.
    assert told["count"] == 9 and cells == [[None, "/0/b"], [None, None]]
