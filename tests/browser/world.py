"""The site every screen is looked at on: people and loans enough for each page to have something to show.

Gives    World: the site, what addresses are made from, and the cookies of whoever looks.
Source   tests/api/site.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx

from duewell.domain.access import Role
from tests.api.site import Site, key

LATE, CALM, NEW = "+8613800138000", "+8613800138010", "+8613800138020"
STAFF_ROLES = [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)]


@dataclass
class World:
    """A site with data. `names` fills the addresses of screens; `cookies` are by who looks."""

    site: Site
    names: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def address(self, path: str) -> str:
        return self.site.base + path.format(**self.names)

    def client(self, who: str, lang: str = "zh") -> httpx.Client:
        """A browser without scripts, signed in as somebody."""
        return httpx.Client(
            base_url=self.site.base,
            cookies=self.cookies[who] | {"duewell_lang": lang},
            headers={"accept": "text/html"},
            follow_redirects=True,
            timeout=30,
        )


def furnish(site: Site) -> World:
    """A late borrower with two loans, one on time, one without any; staff with every role."""
    world = World(site, {"book": "main"})
    late, calm = site.person(LATE), site.person(CALM)
    site.person(NEW)
    loan = site.loan(person=late, principal=1_200_000)
    other = site.loan(person=late, principal=345_678)
    site.loan(person=calm)
    facts = [
        {"loan": loan, "line": "2026-04-02 pay 1066.19"},
        {"loan": other, "line": "2026-04-02 pay 307.14"},
        {"loan": other, "line": "2026-05-02 pay 307.13"},
    ]
    site.program().post("/api/books/main/clock", json={"to": "2026-05-20", "facts": facts}, headers=key())
    site.add_staff("olivia", *STAFF_ROLES)
    site.add_staff("nora")
    world.names |= {"person": late, "loan": loan, "other": other}
    world.cookies = {
        "nobody": {},
        "borrower": by_code(site, LATE),
        "calm": by_code(site, CALM),
        "new": by_code(site, NEW),
        "staff": by_password(site, "olivia"),
        "newcomer": by_password(site, "nora"),
    }
    return world


def by_code(site: Site, phone: str) -> dict[str, str]:
    with httpx.Client(base_url=site.base, timeout=30) as client:
        page = client.post("/sign-in", data={"to": phone, "book": "main"}).text
        challenge = re.search(r'name="challenge" value="([^"]+)"', page)
        assert challenge is not None, page
        asked = {"challenge": challenge[1], "code": site.code_sent(phone, "main")}
        made = client.post("/sign-in/code", data=asked)
        assert made.status_code == 303, made.text
        return dict(client.cookies)


def by_password(site: Site, login: str) -> dict[str, str]:
    with httpx.Client(base_url=site.base, timeout=30) as client:
        site.clock.move(seconds=30)
        made = client.post("/staff/sign-in", data=site.sign_in_of(login))
        assert made.status_code == 303, made.text
        return dict(client.cookies)
