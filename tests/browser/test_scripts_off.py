"""Whoever's browser runs no scripts gets the same pages, figures and ways.

Wants to prove: a borrower signs in, sees what is due, tries a payment, opens an amount, reads why it is
late, changes the language and signs out, with scripts off, and reads word for word what scripts would show.
How: the same steps are taken by hand in two browsers, one of them without scripts.
"""

from __future__ import annotations

import re
from typing import Any

from tests.browser.world import LATE, World


def walk(page: Any, world: World) -> list[tuple[str, str]]:
    """The main ways of a borrower, and what is read on each."""
    read: list[tuple[str, str]] = []

    def see(what: str) -> None:
        page.wait_for_load_state("networkidle")
        # A script may put an answer in place: until it is there the place says that it is busy.
        page.wait_for_selector("[aria-busy=true]", state="detached")
        text = re.sub(r"\s+", " ", page.inner_text("main")).strip()
        assert text, what
        read.append((what, text))

    _sign_in(page, world)
    see("home")
    page.click("main .do >> nth=0")
    see("what the payment does")
    page.fill("[name=amount]", "1500")
    page.click("main form button")
    see("what another payment does")
    page.goto(world.address("/loans/{loan}/what-if"))
    page.fill("[name=amount]", "1500")
    page.select_option("[name=on]", index=1)
    page.click("main form button")
    see("what it does on another day")
    page.goto(world.address("/loans/{loan}/what-if"))
    page.fill("[name=amount]", "abc")
    page.click("main form button")
    see("an amount that cannot be read")
    page.goto(world.address("/loans/{loan}"))
    see("the loan")
    page.click("main .rows a[href*='row='] >> nth=1")
    see("why this amount")
    page.click("main summary >> nth=1")
    see("one step of it opened")
    page.goto(world.address("/loans/{loan}/late"))
    see("why late")
    page.click("header a[lang]")
    see("the same in the other language")
    page.goto(world.address("/account"))
    page.click("form[action='/sign-out'] button")
    see("signed out")
    return read


def _sign_in(page: Any, world: World) -> None:
    site = world.site
    realm = site.conn.execute("select book_id from duewell.book where code = 'main'").fetchone()
    assert realm is not None
    before = site.state.inbox.last(realm[0], LATE)
    site.clock.move(minutes=16)
    page.goto(world.address("/sign-in"))
    page.fill("[name=to]", LATE)
    page.click("main form button")
    page.wait_for_selector("[name=code]")
    for _ in range(200):
        if site.state.inbox.last(realm[0], LATE) != before:
            break
        page.wait_for_timeout(10)
    page.fill("[name=code]", site.code_sent(LATE, "main"))
    page.click("main form button")
    page.wait_for_url("**/home")


def test_a_borrower_needs_no_scripts(chromium: Any, world: World) -> None:
    told = []
    for is_on in (False, True):
        context = chromium.new_context(
            java_script_enabled=is_on, locale="zh-CN", viewport={"width": 390, "height": 844}
        )
        context.set_default_timeout(15_000)
        told.append(walk(context.new_page(), world))
        context.close()
    off, on = told
    assert len(off) == 11 and "1,500" in off[2][1]
    for without, with_scripts in zip(off, on, strict=True):
        assert without == with_scripts


def test_staff_sign_in_and_out_without_scripts(chromium: Any, world: World) -> None:
    world.site.clock.move(seconds=30)
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(world.address("/staff/sign-in"))
    for name, value in world.site.sign_in_of("nora").items():
        page.fill(f"[name={name}]", value)
    page.click("main form button")
    assert "Nothing is open to you yet" in page.inner_text("main")
    page.click("header .me button")
    assert page.url.endswith("/staff/sign-in")
    context.close()
