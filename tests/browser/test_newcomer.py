"""From the demo's first page to a paid instalment and its receipt, as a newcomer goes: counted in clicks.

Wants to prove: five clicks lead from picking somebody to the receipt, with scripts and without, on a phone
and at a desk; the wallet is a real server that speaks the real protocol; what was paid is on the books.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from duewell.gateways.rails.signing import HmacSigner
from duewell.gateways.rails.simulators.wallet import SimulatedWallet
from duewell.services.set_rail import set_rail
from duewell.services.verify_book import verify_book
from tests.api.site import Site, open_site
from tests.web.test_borrower import late_loan

SECRET = b"a secret of a demonstration"
CLICKS = 5


@pytest.fixture
def demo(url: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(url, tmp_path, is_demo=True) as site:
        wallet = SimulatedWallet("M1", HmacSigner(SECRET), paid_at="2026-05-20T04:00:00+00:00")
        wallet.notify_url = f"{site.base}/api/books/main/rails/wallet/notifications"
        (tmp_path / "wallet").write_bytes(SECRET)
        table = {
            "code": "wallet",
            "kind": "wallet",
            "url": wallet.start(),
            "merchant": "M1",
            "name": "豆钱包",
        }
        table |= {"secret_file": str(tmp_path / "wallet"), "return_url": f"{site.base}/paid"}
        set_rail(site.conn, "main", table)
        yield site
        wallet.close()


@pytest.mark.parametrize("is_on", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("size", [(390, 844), (1440, 900)], ids=["phone", "desk"])
def test_five_clicks_lead_to_a_receipt(chromium: Any, demo: Site, size: tuple[int, int], is_on: bool) -> None:
    loan = late_loan(demo)
    context = chromium.new_context(
        java_script_enabled=is_on, locale="en-GB", viewport={"width": size[0], "height": size[1]}
    )
    context.set_default_timeout(15_000)
    page, clicks = context.new_page(), 0
    page.goto(f"{demo.base}/demo")
    for what in (
        "main form button",  # be the borrower
        "main a.do",  # pay
        "main form.act button",  # by the wallet
        "button.go",  # at the wallet
        "main a.do",  # see the receipt
    ):
        page.locator(what).first.click()
        page.wait_for_load_state()
        clicks += 1
    assert clicks == CLICKS and "/receipts/" in page.url
    told = page.inner_text("main")
    assert "CN¥1,066.19" in told and "Valid" in told
    context.close()
    assert demo.program().get(f"/api/loans/{loan}").json()["overdue_minor"] == 0
    assert verify_book(demo.conn, "main").findings == []
