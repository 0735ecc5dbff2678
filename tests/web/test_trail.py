"""The trail and one's own account, as staff see them.

Wants to prove: who did what is there, the newest first, by actor and by target, paged; its head is shown; one
ends one's own sessions and changes one's own password, and nobody else's.
"""

from __future__ import annotations

import re

import pytest

from duewell.domain.access import GRANTS, Permission, Role
from duewell.store import trail
from tests.api.site import PASSWORD, Site
from tests.web.test_borrower import browser, signed_in
from tests.web.test_console import staff
from tests.web.test_requests import hidden, plain

STAFF_ROLES = [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)]


def test_who_did_what_is_there_the_newest_first(site: Site) -> None:
    site.person("+8613800138000")
    client = staff(site, "ben", "supervisor")
    told = plain(client.get("/staff/trail"))
    seq, hashed = trail.head(site.conn)
    assert f"Last row {seq}" in told and hashed in told
    assert told.index("signed in") < told.index("added a person")
    assert "made an account" in told and "ben" in told
    assert "查看客户" not in told and "登录" in plain(staff(site, "ben", lang="zh").get("/staff/trail"))


def test_the_trail_is_filtered_by_who_and_by_what(site: Site) -> None:
    client = staff(site, "ben", "supervisor")
    mine = client.get("/staff/trail?actor=ben&export=csv").text.splitlines()[1:]
    assert mine and all(",ben,signed in," in row for row in mine)
    about = plain(client.get("/staff/trail?target=ben"))
    assert "made an account" in about and "signed in" not in about
    nothing = client.get("/staff/trail", params={"actor": '"><script>alert(1)</script>'})
    assert "Nothing here" in nothing.text and "<script>alert" not in nothing.text


def test_the_trail_is_paged(site: Site) -> None:
    with site.conn.transaction():
        for _ in range(205):
            trail.add(site.conn, at=site.clock(), actor="cli", act="looked", target="x")
    client = staff(site, "ben", "supervisor")
    first = client.get("/staff/trail?actor=cli:x")
    assert "Nothing here" in first.text
    first = client.get("/staff/trail?target=x")
    older = re.findall(r'class="do quiet" href="([^"]+)"', first.text)[0].replace("&amp;", "&")
    assert len(first.content) > 0 and "target=x" in older
    assert plain(client.get(older)).count("looked") == 5


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_the_trail_is_open_to_those_the_table_grants_it(site: Site, role: Role) -> None:
    client = staff(site, "someone", role.value)
    status = 200 if Permission.TRAIL_READ in GRANTS[role] else 403
    assert client.get("/staff/trail").status_code == status


def test_one_ends_ones_own_sessions(site: Site) -> None:
    phone, desk = staff(site, "ben", "supervisor"), staff(site, "ben")
    other = staff(site, "anna", "officer")
    page = desk.get("/staff/me")
    assert "ben" in page.text and 'href="/staff/me"' in desk.get("/staff/trail").text
    ends = re.findall(r'action="(/staff/me/sessions/[^"]+/end)"', page.text)
    assert len(ends) == 2 and page.text.count("this one") == 1
    foreign = re.findall(r'action="(/staff/me/sessions/[^"]+/end)"', other.get("/staff/me").text)[0]
    assert desk.post(foreign, data=hidden(page)).status_code == 404
    assert desk.post(ends[0].replace("/end", "x/end"), data=hidden(page)).status_code == 404
    done = [desk.post(each, data=hidden(page)) for each in reversed(ends)]
    assert "The session was ended." in done[0].text and done[1].url.path == "/staff/sign-in"
    assert phone.get("/staff/me").url.path == desk.get("/staff/me").url.path == "/staff/sign-in"
    assert other.get("/staff/me").status_code == 200


def test_one_changes_ones_own_password_and_other_sessions_end(site: Site) -> None:
    phone, desk = staff(site, "ben", "supervisor"), staff(site, "ben")
    new = "copper-willow-31-boat"
    given = {"current": PASSWORD, "password": new, "again": new}
    page = desk.get("/staff/me")
    for wrong, says in (
        ({"current": "x"}, "current password is wrong"),
        ({"again": "other"}, "Type the same one twice"),
        ({"password": "short", "again": "short"}, "12"),
    ):
        told = desk.post("/staff/me/password", data=given | hidden(page) | wrong)
        assert told.status_code == 422 and says in told.text, wrong
        assert new not in told.text and PASSWORD not in told.text
    done = desk.post("/staff/me/password", data=given | hidden(page))
    assert "Your password was changed" in done.text
    assert phone.get("/staff/me").url.path == "/staff/sign-in" and desk.get("/staff/me").status_code == 200
    site.clock.move(seconds=30)
    fresh = browser(site, "en")
    old = fresh.post("/staff/sign-in", data=site.sign_in_of("ben"))
    assert old.status_code == 422
    site.clock.move(seconds=30)
    data = site.sign_in_of("ben") | {"password": new}
    assert fresh.post("/staff/sign-in", data=data, follow_redirects=False).status_code == 303


def test_a_borrower_has_no_account_of_staff(site: Site) -> None:
    site.loan(person=site.person("+8613800138000"))
    client = signed_in(site)
    assert client.get("/staff/me").status_code == 404
    token = hidden(client.get("/account"))
    assert client.post("/staff/me/password", data={"current": "x", **token}).status_code == 404
    assert client.post("/staff/me/sessions/x/end", data=token).status_code == 404
