"""Without a network the app shows the due dates it kept and their day; once signed out it keeps nothing.

How: a real service worker in Chromium; the network is taken away from it, then given back.
"""

from __future__ import annotations

from typing import Any

from tests.browser.world import CALM, World, by_code


def test_the_plan_is_there_without_a_network_until_signing_out(chromium: Any, world: World) -> None:
    context = chromium.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    context.set_default_timeout(15_000)
    context.add_cookies(
        [
            {"name": name, "value": value, "url": world.site.base}
            for name, value in (by_code(world.site, CALM) | {"duewell_lang": "zh"}).items()
        ]
    )
    page = context.new_page()
    page.goto(world.address("/home"))
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_function("caches.match('/offline').then((kept) => Boolean(kept))")
    context.set_offline(True)
    page.goto(world.address("/documents"))
    told = page.inner_text("main")
    assert "当前没有网络" in told and "2026年5月20日" in told and "¥" in told
    context.set_offline(False)
    page.goto(world.address("/home"))
    assert "当前没有网络" not in page.inner_text("main")
    page.goto(world.address("/account"))
    page.locator("form[action='/sign-out'] button").click()
    page.wait_for_url("**/sign-in")
    assert page.evaluate("caches.match('/offline').then((kept) => Boolean(kept))") is False
    context.close()
