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


def _find(page: Page) -> None:
    """Look for the late borrower by phone."""
    page.select_option("main [name=by]", "phone")
    page.fill("main [name=value]", "13800138000")
    page.click("main form button")
    page.wait_for_load_state()


SCREENS = (
    # the borrower's
    Screen("sign-in", "/sign-in", "nobody"),
    Screen("sign-in-wrong", "/sign-in", "nobody", _send(to="12"), shows=".wrong + h1 ~ .card [name=to]"),
    Screen("sign-in-code", "/sign-in", "nobody", _send(to="13800138099"), shows="[name=code]"),
    Screen("home-late", "/home"),
    Screen("home-on-time", "/home", "calm", shows="main:not(:has(.late-edge)) .lead .figure"),
    Screen("home-several", "/home", "many", shows=".late-edge .rows li:nth-child(3)"),
    Screen("home-empty", "/home", "new"),
    Screen("loan", "/loans/{loan}"),
    Screen("loan-on-time", "/loans/{other}"),
    Screen("claim", "/loans/{claim}", "many"),
    Screen("claim-pay", "/loans/{claim}/pay", "many", shows=".sum"),
    Screen("line", "/loans/{line}", "many", shows="a[href$='why?row=2']"),
    Screen("line-late", "/loans/{line}/late", "many", shows=".late-edge .sum"),
    Screen("line-why", "/loans/{line}/why?row=2", "many", shows=".proof"),
    Screen("line-pay", "/loans/{line}/pay", "many", shows=".sum"),
    Screen("what-if", "/loans/{loan}/what-if"),
    Screen("what-if-shown", "/loans/{loan}/what-if?amount=1500&on=2026-05-20", shows=".sum"),
    Screen("what-if-wrong", "/loans/{loan}/what-if?amount=abc", status=422, shows=".wrong"),
    Screen("late", "/loans/{loan}/late"),
    Screen("late-not", "/loans/{other}/late"),
    Screen("why-row", "/loans/{loan}/why?row=2"),
    Screen("why-total", "/loans/{loan}/why?total=payoff"),
    Screen("pay", "/loans/{loan}/pay"),
    Screen("pay-wrong", "/loans/{loan}/pay?amount=abc", status=422),
    Screen("order", "/loans/{quiet}/orders/{order}", "calm"),
    Screen("documents", "/documents", "calm"),
    Screen("receipt", "/receipts/{receipt}", "calm"),
    Screen("messages", "/messages"),
    Screen("preferences", "/preferences"),
    Screen("account", "/account"),
    Screen("help", "/help", "nobody"),
    Screen("help-signed-in", "/help"),
    Screen("verify", "/verify", "nobody"),
    Screen("verify-wrong", "/verify?number={receipt}&code=AAAA", "nobody", status=404),
    Screen("offline", "/offline"),
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
    Screen("staff-me", "/staff/me", "staff"),
    Screen("staff-overdue", "/staff/books/{book}/overdue", "staff"),
    Screen("staff-portfolio", "/staff/books/{book}/portfolio", "staff"),
    Screen("staff-customers", "/staff/books/{book}/customers", "staff"),
    Screen(
        "staff-customers-found",
        "/staff/books/{book}/customers",
        "staff",
        _find,
        shows="a[href*='/staff/persons/']",
    ),
    Screen("staff-person", "/staff/persons/{person}", "staff"),
    Screen("staff-loan", "/staff/loans/{loan}", "staff"),
    Screen("staff-loan-why", "/staff/loans/{loan}/why?row=2&part=interest", "staff"),
    Screen("staff-loan-entry", "/staff/loans/{loan}/entry?seq=2", "staff"),
    Screen("staff-ledger", "/staff/books/{book}/ledger", "staff"),
    Screen(
        "staff-ledger-total",
        "/staff/books/{book}/ledger/total?day=2026-05-19&account=loans_principal",
        "staff",
    ),
    Screen("staff-requests", "/staff/requests", "staff"),
    Screen("staff-request", "/staff/requests/{request}", "staff"),
    Screen("staff-products", "/staff/books/{book}/products", "staff"),
    Screen("staff-product", "/staff/books/{book}/products/{product}", "staff"),
    Screen("staff-product-draft", "/staff/books/{book}/product-draft", "staff"),
    Screen("staff-suspense", "/staff/books/{book}/suspense", "staff"),
    Screen("staff-suspense-item", "/staff/books/{book}/suspense/item?rail=bank&ref=N-1", "staff"),
    Screen("staff-days", "/staff/books/{book}/jobs", "staff"),
    Screen("staff-reconciliation", "/staff/books/{book}/jobs/reconciliation", "staff"),
    Screen("staff-exports", "/staff/books/{book}/jobs/exports", "staff"),
    Screen("staff-rails", "/staff/books/{book}/jobs/rails", "staff"),
    Screen("staff-rail", "/staff/books/{book}/jobs/rails/bank", "staff"),
    Screen("staff-tape", "/staff/books/{book}/jobs/tape", "staff"),
    Screen("staff-admin", "/staff/admin", "staff"),
    Screen("staff-account", "/staff/admin/accounts/nora", "staff"),
    Screen("staff-roles", "/staff/admin/roles", "staff"),
    Screen("staff-calendar", "/staff/admin/calendar", "staff"),
    Screen("staff-languages", "/staff/admin/languages", "staff"),
    Screen("staff-trail", "/staff/trail", "staff"),
    Screen("staff-developers", "/staff/developers", "staff"),
    Screen("staff-clients", "/staff/developers/clients", "staff"),
    Screen("staff-webhook", "/staff/developers/webhooks/{webhook}", "staff"),
    Screen("staff-webhook-event", "/staff/developers/webhooks/{webhook}/deliveries/{event}", "staff"),
    Screen("staff-sandboxes", "/staff/developers/sandboxes", "staff"),
    Screen("staff-sandbox", "/staff/developers/sandboxes/main", "staff"),
    Screen("staff-sandbox-moved", "/staff/developers/sandboxes/other-way/moved?key={moved}", "staff"),
    Screen("staff-sandbox-compare", "/staff/developers/sandboxes/main/compare?fork=other-way", "staff"),
)

ABSENT = {
    "/demo": "there in a demonstration alone; tests/web/test_demo.py",
    "/paid": "leads on to what became of an order",
    "/": "leads to /home",
    "/language/{lang}": "keeps a language and goes back",
    "/staff/go": "keeps a book and goes to its pages",
}
