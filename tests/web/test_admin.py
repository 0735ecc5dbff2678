"""Accounts and roles, as an administrator sees them.

Wants to prove: an account is made with its authenticator's secret shown once, as a picture too; it may do
nothing until a second person approves its roles; a stopped account is out at once; the tables of roles and of
holidays are what the doors and the calendars use.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from duewell.domain.access import GRANTS, Permission, Role
from duewell.gateways.passwords import totp_code
from tests.api.site import Site
from tests.web.test_borrower import browser
from tests.web.test_console import staff
from tests.web.test_requests import decided, hidden, plain

ADMIN = "/staff/admin"
NEW = {"login": "nina", "name": "Nina Sun", "password": "eleven-brass-doors"}


def made(site: Site) -> tuple[str, str]:
    """An account made by the form: its secret, and the page that shows it."""
    client = staff(site, "root", "admin")
    page = client.post(f"{ADMIN}/accounts", data=NEW | hidden(client.get(ADMIN)))
    assert page.status_code == 200, page.text
    uri = re.findall(r"otpauth://[^<]+", page.text)[0].replace("&amp;", "&")
    return parse_qs(urlsplit(uri).query)["secret"][0], page.text


def test_an_account_is_made_with_its_secret_shown_once(site: Site) -> None:
    secret, page = made(site)
    assert "This is shown once." in page and "<svg" in page and page.count(secret) == 2
    assert "style=" not in page and NEW["password"] not in page
    client = staff(site, "root")
    for path in (ADMIN, f"{ADMIN}/accounts/nina", "/staff/trail"):
        assert secret not in client.get(path).text
    assert "nina Nina Sun no role yet all books open" in plain(client.get(ADMIN))
    signs_in = browser(site, "en")
    data = {"login": "nina", "password": NEW["password"], "code": totp_code(secret, site.clock())}
    assert signs_in.post("/staff/sign-in", data=data).url.path == "/staff"
    assert "Nothing is open to you yet" in signs_in.get("/staff").text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"login": "No Spaces"}, "login"),
        ({"login": "root"}, "root"),
        ({"password": "short"}, "12"),
        ({"name": " "}, "name"),
        ({"name": "<script>alert(1)</script>", "login": "1"}, "&lt;script&gt;"),
    ],
)
def test_what_no_account_can_be_is_told_and_what_was_typed_stays(
    site: Site, given: dict[str, str], says: str
) -> None:
    client = staff(site, "root", "admin")
    page = client.post(f"{ADMIN}/accounts", data=NEW | hidden(client.get(ADMIN)) | given)
    assert page.status_code == 422 and 'role="alert"' in page.text and says in page.text
    assert "<script>alert" not in page.text and NEW["password"] not in page.text
    assert f'value="{(NEW | given)["login"]}"' in page.text


def test_roles_are_asked_for_and_given_by_another(site: Site) -> None:
    made(site)
    root, second = staff(site, "root"), staff(site, "second", "admin")
    one = f"{ADMIN}/accounts/nina"
    data = {"role-officer": "on", "role-risk": "on", "book-main": "on"} | hidden(root.get(one))
    asked = root.post(f"{one}/roles", data=data)
    assert "a second person decides" in asked.text and "somebody else decides it" in asked.text
    assert root.post(f"{one}/roles", data=data).url == asked.url
    request = asked.url.path.rpartition("/")[2]
    assert "Give nina the roles: officer, risk" in plain(second.get(f"/staff/requests/{request}"))
    assert "Approved, and done." in decided(second, request).text
    page = root.get(one)
    assert "Roles officer, risk Books main" in plain(page)
    assert re.search(r'name="role-risk" checked', page.text) and 'name="role-admin" checked' not in page.text


def test_a_stopped_account_is_out_at_once_and_ones_own_is_not_stopped(site: Site) -> None:
    ben, root = staff(site, "ben", "supervisor"), staff(site, "root", "admin")
    one = f"{ADMIN}/accounts/ben"
    done = root.post(f"{one}/active", data={"active": "no"} | hidden(root.get(one)))
    assert "The account was stopped." in done.text and "Open it again" in done.text
    assert ben.get("/staff/trail").url.path == "/staff/sign-in"
    root.post(f"{one}/active", data={"active": "yes"} | hidden(root.get(one)))
    assert staff(site, "ben").get("/staff/trail").status_code == 200
    own = f"{ADMIN}/accounts/root"
    assert "Stop the account" not in root.get(own).text
    forced = root.post(f"{own}/active", data={"active": "no"} | hidden(root.get(own)))
    assert forced.status_code == 422 and "let another administrator do it" in forced.text


def test_another_password_ends_the_sessions_of_its_owner(site: Site) -> None:
    ben, root = staff(site, "ben", "supervisor"), staff(site, "root", "admin")
    one = f"{ADMIN}/accounts/ben"
    short = root.post(f"{one}/password", data={"password": "x"} | hidden(root.get(one)))
    assert short.status_code == 422 and ben.get("/staff/trail").status_code == 200
    done = root.post(f"{one}/password", data={"password": "seven-green-kites"} | hidden(root.get(one)))
    assert "its sessions ended" in done.text and "seven-green-kites" not in done.text
    assert ben.get("/staff/trail").url.path == "/staff/sign-in"


def test_the_table_of_roles_is_the_one_the_doors_ask(site: Site) -> None:
    root = staff(site, "root", "admin")
    rows = root.get(f"{ADMIN}/roles?export=csv").text.lstrip("\ufeff").splitlines()
    names = rows[0].split(",")
    granted = {each for grants in GRANTS.values() for each in grants}
    assert len(rows) - 1 == len(granted)
    for role in Role:
        place = names.index(role.value.replace("-", "_"))
        held = sum(
            row.split('"')[-1].split(",")[place if '"' not in row else place - len(names)] == "yes"
            for row in rows[1:]
        )
        assert held == len(GRANTS[role]), role
    assert "信贷员" in staff(site, "root", lang="zh").get(f"{ADMIN}/roles").text


def test_the_calendar_names_the_days_that_differ(site: Site) -> None:
    root = staff(site, "root", "admin")
    told = plain(root.get(f"{ADMIN}/calendar?of=main&year=2026"))
    assert (
        "CN in 2026" in told
        and "1 Oct 2026 Thu holiday" in told
        and "10 Oct 2026 Sat worked in exchange" in told
    )
    assert root.get(f"{ADMIN}/calendar?of=main&year=2199").status_code == 404
    assert root.get(f"{ADMIN}/calendar?of=none").status_code == 404
    assert root.get(f"{ADMIN}/calendar?year=abc").status_code == 400
    assert "周四" in plain(staff(site, "root", lang="zh").get(f"{ADMIN}/calendar?of=main&year=2026"))


def test_every_language_says_as_much(site: Site) -> None:
    rows = staff(site, "root", "admin").get(f"{ADMIN}/languages?export=csv").text.splitlines()[1:]
    assert len(rows) == 2 and len({row.split(",")[2] for row in rows}) == 1


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)])
def test_accounts_are_open_to_those_the_table_grants_them(site: Site, role: Role) -> None:
    client = staff(site, "someone", role.value)
    status = 200 if Permission.ACCOUNT_MANAGE in GRANTS[role] else 403
    for path in (
        ADMIN,
        f"{ADMIN}/roles",
        f"{ADMIN}/calendar",
        f"{ADMIN}/languages",
        f"{ADMIN}/accounts/someone",
    ):
        assert client.get(path).status_code == status, path
    if status == 403:
        for path in (
            "accounts",
            "accounts/someone/roles",
            "accounts/someone/active",
            "accounts/someone/password",
        ):
            assert client.post(f"{ADMIN}/{path}", data=NEW).status_code == 403, path
    else:
        assert client.get(f"{ADMIN}/accounts/ghost").status_code == 404
