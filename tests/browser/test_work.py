"""The console's pages of work in a real browser without scripts, and how light the longest of them is.

Wants to prove: a request is decided and a file is read with scripts off; a page of 200 rows is light.
The gates that every screen passes are in test_screens.py.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from duewell.gateways.toml_files import TomlFile, toml_of
from duewell.services.define_product import define_product
from duewell.store import alarms, trail
from tests.api.site import OPENED, Site, key
from tests.api.test_rails import BANK, DEBIT, Desk, credit
from tests.web.test_console import staff
from tests.web.test_products import MONTHLY

ROLES = ("supervisor", "operator", "risk", "compliance", "admin", "officer")
BOOK = "/staff/books/main"


def seeded(site: Site, folder: Path) -> tuple[Desk, str]:
    """Something on every page, and a request that waits."""
    desk = Desk(site, folder)
    desk.set(BANK, DEBIT)
    site.add_staff("su", *ROLES)
    anna = site.staff("anna", "officer")
    made = anna.post(f"/api/loans/{desk.loan}/facts", json={"line": "rate 9%"}, headers=key())
    desk.upload(desk.statement(credit("N-1", "88.00", text=f"{desk.loan} {site.loan()}", name="Li Lei")))
    define_product(site.conn, "main", toml_of(MONTHLY, TomlFile.PRODUCT, "a test"))
    alarms.raise_alarm(site.conn, 1, OPENED, "close-late", {"minutes": 45}, site.clock())
    return desk, str(made.json()["request"])


def signed_in(site: Site, page: Page) -> None:
    site.clock.move(seconds=30)
    page.goto(f"{site.base}/staff/sign-in")
    for name, value in site.sign_in_of("su").items():
        page.fill(f"#{name}", value)
    page.click("main button")
    page.wait_for_load_state()


def test_forms_and_files_work_without_scripts(site: Site, tmp_path: Path, chromium: Any) -> None:
    desk, request = seeded(site, tmp_path)
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    signed_in(site, page)
    page.goto(f"{site.base}/staff/requests/{request}")
    page.fill("#reason", "checked")
    page.click("button[value=approve]")
    assert "Approved, and done." in page.inner_text("main")
    raw = desk.statement(credit("N-2", "106.62", text=desk.loan))
    for button, says in (("dry", "Nothing was changed"), ("real", "It was read")):
        if button == "dry":
            page.goto(f"{site.base}{BOOK}/jobs/rails/bank")
        file = {"name": "march.xml", "mimeType": "text/xml", "buffer": raw}
        page.set_input_files("#file-statement", files=[file])
        page.click(f"form[action$='/statement'] button[value={button}]")
        assert says in page.inner_text("main")
    context.close()


def test_a_page_of_200_rows_is_light(site: Site) -> None:
    with site.conn.transaction():
        for n in range(210):
            trail.add(
                site.conn,
                at=site.clock(),
                actor="staff:somebody",
                act="asked",
                target=f"{n:019d}",
                what="fact",
            )
    page = staff(site, "ben", "supervisor").get("/staff/trail")
    assert page.text.count("<tr") > 200
    assert len(gzip.compress(page.content)) < 60 * 1024
