"""The console's pages of work in a real browser: both languages, light and dark, a phone and a desk.

Wants to prove: axe finds nothing, nothing is cut off or reaches beyond the page, forms are sent and files are
read with scripts off, and a page of 200 rows is light. How: Chromium on the site, as staff use it.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from duewell.gateways.toml_files import TomlFile, toml_of
from duewell.services.define_product import define_product
from duewell.store import alarms, trail
from tests.api.site import OPENED, Site, key
from tests.api.test_rails import BANK, DEBIT, Desk, credit
from tests.web.test_console import staff
from tests.web.test_products import MONTHLY

CHROMIUM = shutil.which("chromium") or ""
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed")
ROLES = ("supervisor", "operator", "risk", "compliance", "admin", "officer")
VARIANTS = [
    ("zh", "light", 1440, 900),
    ("en", "dark", 1440, 900),
    ("en", "light", 390, 844),
    ("zh", "dark", 390, 844),
]
BOOK = "/staff/books/main"
PAGES = (
    "/staff/requests",
    "/staff/requests/{request}",
    f"{BOOK}/products",
    f"{BOOK}/products/monthly@1",
    f"{BOOK}/product-draft",
    f"{BOOK}/suspense",
    f"{BOOK}/suspense/item?rail=bank&ref=N-1",
    f"{BOOK}/jobs",
    f"{BOOK}/jobs/rails",
    f"{BOOK}/jobs/rails/debit",
    f"{BOOK}/jobs/reconciliation",
    f"{BOOK}/jobs/tape",
    f"{BOOK}/jobs/exports",
    "/staff/developers",
    "/staff/developers/clients",
    "/staff/developers/sandboxes",
    "/staff/developers/sandboxes/main",
    "/staff/admin",
    "/staff/admin/accounts/anna",
    "/staff/admin/roles",
    "/staff/admin/calendar",
    "/staff/admin/languages",
    "/staff/trail",
    "/staff/me",
)
CUT_OFF = """() => [...document.querySelectorAll('body *')].filter(e => e.clientWidth > 0
  && e.scrollWidth > e.clientWidth + 1 && !e.closest('.unseen, svg')
  && getComputedStyle(e).display !== 'inline'
  && !['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        made = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


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


@pytest.mark.parametrize(("lang", "scheme", "width", "height"), VARIANTS)
def test_every_page_of_work_is_whole_and_open_to_all(
    site: Site, tmp_path: Path, browser: Browser, lang: str, scheme: str, width: int, height: int
) -> None:
    _, request = seeded(site, tmp_path)
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale="zh-CN" if lang == "zh" else "en-GB",
    )
    page = context.new_page()
    signed_in(site, page)
    for path in PAGES:
        answer = page.goto(site.base + path.format(request=request))
        assert answer is not None and answer.status == 200, path
        assert page.evaluate(CUT_OFF) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:160]) for each in found] == [], path
    context.close()


def test_forms_and_files_work_without_scripts(site: Site, tmp_path: Path, browser: Browser) -> None:
    desk, request = seeded(site, tmp_path)
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
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
        page.set_input_files("#file-statement", files=[file])  # type: ignore[list-item]
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
