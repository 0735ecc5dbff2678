"""What somebody writes is shown as they wrote it, and never becomes part of a page.

Wants to prove: nothing of the corpus becomes an element, an attribute, a script's text or an address that
leads away, wherever it comes in: stored names and references, fields, query parameters, cookies, headers,
paths, the links of the language. How: every page of the list is asked for as it is stored and with payloads
in everything its route takes, and its text is parsed: the payload's mark may stand in texts and in harmless
values alone. A sample is opened in the browser, where nothing runs and the page's own policy has nothing to
refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import cycle
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import psycopg
import pytest

from duewell.store.server import EmbeddedServer, create_database
from tests.api.site import key, open_site
from tests.browser.look import Looker
from tests.browser.payloads import MARK, PAYLOADS
from tests.browser.screens import SCREENS, Screen
from tests.browser.test_screens import page_routes
from tests.browser.world import Patient, World, by_password, furnish

_ADDRESSES = ("href", "src", "action", "formaction", "data", "poster", "srcdoc", "xlink:href")
_VALUES = (
    "value",
    "title",
    "alt",
    "data-is",
    "aria-label",
    "placeholder",
    "download",
    "id",
    "for",
)
_NEVER = ("style", "iframe", "object", "embed", "base", "math", "template", "noscript", "video")
"""Elements of no page of ours."""


class Reading(HTMLParser):
    """A page read as a browser reads it; `wrong` is where a payload became more than a text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.found = 0
        self._raw = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._raw = tag if tag in ("script", "style") else ""
        if MARK in tag or tag in _NEVER:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            held = value or ""
            self.found += MARK in held
            if name.startswith("on") or MARK in name or name in ("style", "srcdoc"):
                self.wrong.append(f"<{tag} {name}>")
            leads_away = re.match(r"\s*(?:\w+:|//|/\\|\\)", held)
            if (name in _ADDRESSES and leads_away) or (MARK in held and name not in (*_ADDRESSES, *_VALUES)):
                self.wrong.append(f"<{tag} {name}={held!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._raw = ""

    def handle_data(self, data: str) -> None:
        self.found += MARK in data
        if self._raw and data.strip():
            self.wrong.append(f"text in a <{self._raw}>")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"a comment: {data[:60]!r}")


def read(page: httpx.Response) -> Reading:
    reading = Reading()
    if page.headers.get("content-type", "").startswith("text/html"):
        reading.feed(page.text)
        reading.close()
    return reading


def test_the_reading_sees_what_it_is_for() -> None:
    for text in PAYLOADS[:26]:
        reading = Reading()
        reading.feed(f"<p>{text}</p>")
        reading.close()
        assert reading.wrong, text
    for text in PAYLOADS[26:30]:
        reading = Reading()
        reading.feed(f"<input value=\"{text}\"><input value='{text}'>")
        assert reading.wrong, text


# -- a site whose every name is an attack ----------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Names of persons, staff and books, references of loans and payments: all of them payloads."""
    url = create_database(server, "hostile", template=template)
    with open_site(url, tmp_path_factory.mktemp("hostile")) as site:
        world = furnish(site)
        program = site.program()
        for each in range(0, len(PAYLOADS), 2):
            name = " ".join(PAYLOADS[each : each + 2])[:200]
            shown = "".join(mark for mark in name if mark.isprintable())
            given = {"name": shown, "email": f"someone{each}@example.com"}
            made = program.post("/api/books/main/persons", json=given, headers=key())
            assert made.status_code == 201, made.text
            site.loan(person=str(made.json()["person"]))
        amount = {"amount_minor": 100, "currency": "CNY"}
        for each in PAYLOADS[:8]:
            paid = program.post(f"/api/loans/{world.names['loan']}/payments", json=amount, headers=key(each))
            assert paid.status_code == 201, paid.text
        with psycopg.connect(url, autocommit=True) as owner:
            # Loans are only ever added to; here their references are spoilt behind the triggers' back.
            owner.execute("set session_replication_role = replica")
            loans = owner.execute("select person_id, loan_no from duewell.loan").fetchall()
            for (person, number), text in zip(loans, cycle(PAYLOADS), strict=False):
                owner.execute(
                    "update duewell.loan set external_ref = %s where person_id = %s and loan_no = %s",
                    [f"{text}-{number}-{person}", person, number],
                )
            owner.execute("update duewell.book set name = %s", [PAYLOADS[26]])
            owner.execute("update duewell.staff set name = %s", [PAYLOADS[3]])
        yield world


def test_what_is_stored_is_shown_as_a_text(hostile: World) -> None:
    seen = 0
    for screen in SCREENS:
        for lang in ("zh", "en"):
            page = hostile.client(screen.who, lang).get(screen.path.format(**hostile.names))
            assert page.status_code < 500, (screen.name, page.text)
            reading = read(page)
            assert not reading.wrong, (screen.name, reading.wrong)
            seen += reading.found
    assert seen > 0, "some page shows a name"


def _filled(screen: Screen, text: str, names: dict[str, str]) -> Iterator[str]:
    """The screen's address with a payload in all that its query takes, and in each part of its path."""
    bare = screen.path.partition("?")[0]
    route: Any = next(each for each in page_routes() if each.path_regex.match(re.sub(r"\{\w+\}", "x", bare)))
    taken = [each.alias for each in route.dependant.query_params]
    yield bare.format(**names) + "?" + urlencode(dict.fromkeys([*taken, "nonesuch"], text))
    for name in set(re.findall(r"\{(\w+)\}", bare)):
        yield bare.format(**{**names, name: quote(text, safe="")})


def test_what_is_asked_is_shown_as_a_text(hostile: World) -> None:
    paths = {screen.path.partition("?")[0]: screen for screen in SCREENS}
    clients = {who: hostile.client(who) for who in {each.who for each in paths.values()}}
    count = 0
    for at, screen in enumerate(paths.values()):
        client = clients[screen.who]
        for text in PAYLOADS[at % 3 :: 3]:  # each payload at a third of the pages, each page a third of them
            for address in _filled(screen, text, hostile.names):
                page = client.get(address, headers={"user-agent": _latin(text), "referer": _latin(text)})
                assert page.status_code < 500, (address, page.text)
                assert not read(page).wrong, (address, read(page).wrong)
                assert hostile.site.base == str(page.url.copy_with(path="", query=None)).rstrip("/"), address
                count += 1
    print(f"{count} addresses with payloads")


def _latin(text: str) -> bytes:
    return text.encode("utf-8")


@pytest.mark.parametrize("text", PAYLOADS, ids=range(len(PAYLOADS)))
def test_what_is_sent_is_shown_as_a_text(hostile: World, text: str) -> None:
    """Form fields, cookies, the link of the language, addresses that are not there."""
    hostile.site.clock.move(minutes=16)  # tries are counted by the quarter of an hour
    hostile.cookies["staff"] = by_password(hostile.site, "olivia")
    client = httpx.Client(base_url=hostile.site.base, timeout=30, transport=Patient())
    forms = [
        ("/sign-in", {"to": text, "book": "main"}),
        ("/sign-in", {"to": "1", "book": text}),
        ("/sign-in/code", {"challenge": text, "code": text, "to": text}),
        ("/staff/sign-in", {"login": text, "password": text, "code": text}),
    ]
    for path, fields in forms:
        page = client.post(path, data=fields)
        assert page.status_code < 500 and not read(page).wrong, (path, read(page).wrong)
    cookie = quote(text, safe="")
    for raw in (cookie, _latin(re.sub(r"[;,\s\"\\]", "", text)).decode("latin-1")):
        sent = {"cookie": f"duewell_lang={raw}; duewell_form={raw}; duewell_book={raw}".encode("latin-1")}
        page = client.get("/sign-in", headers=sent)
        assert page.status_code == 200 and not read(page).wrong
    signed = hostile.cookies["staff"]
    both = "; ".join(f"{name}={value}" for name, value in signed.items() if name != "duewell_form")
    page = client.get("/staff", headers={"cookie": f"{both}; duewell_form={cookie}; duewell_book={cookie}"})
    assert page.status_code < 400 and not read(page).wrong
    for path in ("/language/en", f"/language/{quote(text, safe='')}"):
        led = client.get(path, params={"to": text})
        to = led.headers.get("location", "/")
        assert to.startswith("/") and not to.startswith(("//", "/\\")), to
    for path in (
        f"/{quote(text, safe='')}",
        f"/static/{quote(text, safe='')}",
        f"/staff/{quote(text, safe='')}",
    ):
        page = client.get(path)
        assert 400 <= page.status_code < 500 and not read(page).wrong, path


# -- in the browser --------------------------------------------------------------------------------


def test_nothing_runs_in_a_browser(chromium: Any, hostile: World, screenshots: Any) -> None:
    looker = Looker(chromium, hostile, screenshots)
    nobody, borrower, staff = (looker.page(who, "zh") for who in ("nobody", "borrower", "staff"))
    what_if = hostile.address("/loans/{loan}/what-if")
    for text in PAYLOADS:
        borrower.goto(f"{what_if}?{urlencode({'amount': text, 'on': text})}")
        _is_quiet(borrower, text)
    for text in PAYLOADS[::4]:
        nobody.goto(hostile.address("/sign-in"))
        nobody.fill("[name=to]", "".join(mark for mark in text if mark.isprintable()))
        nobody.click("main form button")
        _is_quiet(nobody, text)
    for screen in SCREENS:
        if screen.who == "staff":
            staff.goto(hostile.address(screen.path))
            _is_quiet(staff, screen.name)
    assert not looker.heard, looker.heard
    looker.close()


def _is_quiet(page: Any, what: str) -> None:
    ran, refused = page.evaluate("[window.__x, window.__refused]")
    is_ours = urlsplit(page.url).hostname == "127.0.0.1"
    assert ran is None and not refused and is_ours, (what, ran, refused, page.url)
