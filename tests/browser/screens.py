"""Every screen the product has: a new page passes all gates of this folder by one line here.

Gives    SCREENS; ABSENT, the pages' routes that no screen shows, each with its reason.
Never    leaves a page of duewell.web out without a reason: a test walks the routes.
Source   docs/reference/design.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Page = Any
"""playwright's page; this list is read where playwright is not there too."""


@dataclass(frozen=True)
class Screen:
    """A screen: its name, its address as made from `World.names`, who looks, what is done there first.

    `act` is given the page once it is there; `status` is what the address answers, before `act`; `shows` is a
    selector of what makes it this screen and no other.
    """

    name: str
    path: str
    who: str = "borrower"
    act: Callable[[Page], object] | None = None
    status: int = 200
    shows: str = "main h1"

    @property
    def is_staff(self) -> bool:
        return self.path.startswith("/staff")


def _send(**fields: str) -> Callable[[Page], object]:
    """Fill the page's form and send it."""

    def act(page: Page) -> None:
        for name, value in fields.items():
            page.fill(f"main [name={name}]", value)
        page.click("main form button")
        page.wait_for_load_state()

    return act


SCREENS = (
    # the borrower's
    Screen("sign-in", "/sign-in", "nobody"),
    Screen("sign-in-wrong", "/sign-in", "nobody", _send(to="12"), shows=".wrong + h1 ~ .card [name=to]"),
    Screen("sign-in-code", "/sign-in", "nobody", _send(to="13800138099"), shows="[name=code]"),
    Screen("home-late", "/home"),
    Screen("home-on-time", "/home", "calm"),
    Screen("home-empty", "/home", "new"),
    Screen("loan", "/loans/{loan}"),
    Screen("loan-on-time", "/loans/{other}"),
    Screen("what-if", "/loans/{loan}/what-if"),
    Screen("what-if-shown", "/loans/{loan}/what-if?amount=1500&on=2026-05-20", shows=".sum"),
    Screen("what-if-wrong", "/loans/{loan}/what-if?amount=abc", status=422, shows=".wrong"),
    Screen("late", "/loans/{loan}/late"),
    Screen("late-not", "/loans/{other}/late"),
    Screen("why-row", "/loans/{loan}/why?row=2"),
    Screen("why-total", "/loans/{loan}/why?total=payoff"),
    Screen("not-there", "/loans/none", status=422),
    # everybody's
    Screen("components", "/components", "nobody"),
    # staff's
    Screen("staff-sign-in", "/staff/sign-in", "nobody"),
    Screen(
        "staff-sign-in-wrong",
        "/staff/sign-in",
        "nobody",
        _send(login="x", password="y", code="1"),
        shows=".wrong + h1 ~ form [name=login]",
    ),
    Screen("staff-nothing", "/staff", "newcomer"),
)

ABSENT = {
    "/": "leads to /home",
    "/language/{lang}": "keeps a language and goes back",
    "/staff/go": "keeps a book and goes to its pages",
}
