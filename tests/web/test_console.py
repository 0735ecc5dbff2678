"""The console's frame: who comes in, and what each role is offered.

Wants to prove: staff sign in by all three and nothing less; the navigation offers exactly what the roles
open; a page that may not be opened is refused in words; a borrower opens no page of staff.
"""

from __future__ import annotations

import httpx

from duewell.web.staff.frame import WAYS
from tests.api.site import PASSWORD, Site
from tests.web.test_borrower import PHONE, browser, signed_in


def staff(site: Site, login: str, *roles: str, lang: str = "en") -> httpx.Client:
    """A member of staff at the console, signed in by the form."""
    if login not in site.totp:
        site.add_staff(login, *roles)
    client = browser(site, lang)
    site.clock.move(seconds=30)
    page = client.post("/staff/sign-in", data=site.sign_in_of(login), follow_redirects=False)
    assert page.status_code == 303, page.text
    return client


def test_staff_sign_in_by_all_three(site: Site) -> None:
    site.add_staff("olivia", "operator")
    client = browser(site, "en")
    assert client.get("/staff").url.path == "/staff/sign-in"
    for wrong in ({"password": "x" * 12}, {"code": "000000"}, {"login": "nobody"}):
        page = client.post("/staff/sign-in", data=site.sign_in_of("olivia") | wrong)
        assert page.status_code == 422 and PASSWORD not in page.text
    page = client.post("/staff/sign-in", data=site.sign_in_of("olivia"), follow_redirects=False)
    assert page.status_code == 303 and page.headers["location"] == "/staff"


def test_a_borrower_is_no_member_of_staff(site: Site) -> None:
    site.loan(person=site.person(PHONE))
    client = signed_in(site)
    assert client.get("/staff").status_code == 404
    page = client.get("/staff/requests")
    assert page.status_code == 403 and "text/html" in page.headers["content-type"]
    assert staff(site, "olivia", "operator").get("/home").status_code == 403


def test_an_account_without_roles_is_told_whom_to_ask(site: Site) -> None:
    page = staff(site, "nora").get("/staff")
    assert page.status_code == 200 and "Ask an administrator" in page.text
    assert not any(f'href="{address}"' in page.text for _, address, _ in WAYS)
