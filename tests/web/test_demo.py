"""The demonstration: whoever comes picks somebody to be, and only where the server was started for it.

Wants to prove: without the setting there is no such page; with it anybody shown is entered as
at once; where a book is live nobody is, whatever the setting says; nobody but those shown can be entered as;
nobody enters from another machine or through a proxy; and where anybody was let in no live book is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from duewell.domain.errors import Conflict
from duewell.services.open_book import open_book
from tests.api.site import OPENED, Site, open_site
from tests.web.test_borrower import PHONE, browser, late_loan


@pytest.fixture
def demo(url: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(url, tmp_path, is_demo=True) as made:
        yield made


def test_without_the_setting_there_is_no_such_page(site: Site) -> None:
    site.add_staff("demo-officer", "officer")
    client = browser(site)
    assert client.get("/demo").status_code == 404
    assert client.post("/demo", data={"who": "demo-officer"}).status_code == 404


def test_a_visitor_enters_as_whom_they_pick(demo: Site) -> None:
    late_loan(demo)
    demo.add_staff("demo-officer", "officer")
    client = browser(demo, "en")
    page = client.get("/demo").text
    assert "18 days late" in page and "demo-officer" in page
    person = re.search(r'name="who" value="(P[A-Z0-9]+)"', page)
    assert person is not None
    home = client.post("/demo", data={"who": person[1]})
    assert home.url.path == "/home" and "CN¥1,066.19" in home.text
    console = browser(demo, "en").post("/demo", data={"who": "demo-officer"})
    assert console.url.path.startswith("/staff/")
    assert browser(demo, "en").post("/demo", data={"who": "somebody"}).status_code in (401, 403)


def test_a_live_book_keeps_everybody_out(demo: Site) -> None:
    late_loan(demo)
    demo.add_staff("demo-officer", "officer")
    open_book(demo.conn, code="real", currency_code="CNY", open_on=OPENED, is_sandbox=False)
    client = browser(demo, "en")
    for page in (client.get("/demo"), client.post("/demo", data={"who": "demo-officer"})):
        assert page.status_code == 409 and "book real is live" in page.text and PHONE not in page.text


@pytest.mark.parametrize("header", [{"host": "lender.example"}, {"x-forwarded-for": "203.0.113.7"}])
def test_nobody_enters_from_elsewhere(demo: Site, header: dict[str, str]) -> None:
    demo.add_staff("demo-officer", "officer")
    client = browser(demo)
    assert client.get("/demo", headers=header).status_code == 404
    assert client.post("/demo", data={"who": "demo-officer"}, headers=header).status_code == 404
    assert client.get("/demo").status_code == 200


def test_where_anybody_was_let_in_no_live_book_is_opened(demo: Site) -> None:
    """A session that stands, or an account made by a visitor, would reach it."""
    demo.add_staff("demo-officer", "officer")
    browser(demo).post("/demo", data={"who": "demo-officer"})
    with pytest.raises(Conflict, match="live-book-after-demo"):
        open_book(demo.conn, code="real", currency_code="CNY", open_on=OPENED, is_sandbox=False)
    open_book(demo.conn, code="more", currency_code="CNY", open_on=OPENED, is_sandbox=True)
