"""What a page costs: its weight, the time of drawing it, how many a core serves, and when a phone shows it.

Needs    a server of its own; Debian's chromium for what a browser sees, else that is left out and said.
Gives    gzipped bytes of each page of a borrower; ms of a template with a page's real data; home pages a
         second of the served process's own time; the largest paint on a slowed phone and on this machine.
Never    lets playwright fetch a browser, or times a page that was kept from before.
Source   docs/reference/benchmarks.md, section pages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import jinja2
import psycopg

from bench import api, database, load, replicas
from bench.api import BOOK, CONNECTIONS, LOANS_MAX, SEED, Served
from bench.figures import ROUNDS, Figure, figure, microseconds
from bench.traffic import share_within
from bench.weights import FIRST_MAX, NEXT_MAX, SCRIPT_MAX, Weight, weigh
from duewell.domain.party import loan_id
from duewell.gateways import passwords as secret
from duewell.gateways.keys import read_keys
from duewell.store import accounts, books, loans
from duewell.store.loans import Connection, LoanKey

_BY = "bench"
_STEADY_RATE, _STEADY_SECONDS = 100.0, 5.0
_PHONE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
"""1.6 Mbit/s down, 150 ms there and back: Lighthouse's slow 4G."""
_SLOWER = 4
_PAINT = """() => new Promise((found) => {
  let last = 0;
  new PerformanceObserver((list) => { for (const each of list.getEntries()) last = each.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => found(last), 100);
})"""
_WATCH = """
window.__shift = 0; window.__blocked = 0;
new PerformanceObserver((list) => { for (const each of list.getEntries()) window.__shift += each.value; })
  .observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.__blocked += Math.max(each.duration - 50, 0);
}).observe({ type: "longtask", buffered: true });
"""


def run(options: argparse.Namespace) -> Iterator[Figure]:
    """Every figure of the pages."""
    at = datetime.now(UTC)
    with (
        database.server() as server,
        tempfile.TemporaryDirectory() as folder,
        psycopg.connect(database.fresh(server), autocommit=True) as conn,
    ):
        replicas.make_book(
            conn, BOOK, count=min(options.loans, LOANS_MAX), seed=SEED, open_on=at.date(), at=at
        )
        read_keys(Path(folder) / "master.key", may_make=True)
        keys = [_late(conn), *loans.keys_of_book(conn, books.read_book(conn, BOOK).book_id)][:CONNECTIONS]
        cookies = [_session(conn, key, at) for key in keys]
        paths = _paths(loan_id(keys[0].person_id, keys[0].loan_no))
        yield from _drawing(conn.info.dsn, Path(folder), cookies[0], paths)
        with api.served("pages", conn.info.dsn, folder) as found:
            yield from _weights(found, cookies[0], paths)
            yield from _served(found, cookies)
            yield from _seen(found, cookies[0], paths)


def _session(conn: Connection, key: LoanKey, at: datetime) -> str:
    token = secret.token()
    accounts.open_session(
        conn,
        token_hash=secret.token_hash(token),
        session_no=secret.token("s_")[:18],
        staff_id=None,
        person_id=key.person_id,
        csrf_hash=secret.token_hash(token),
        agent=_BY,
        at=at,
        expires_at=at + timedelta(days=1),
    )
    return token


def _late(conn: Connection) -> LoanKey:
    """A loan behind: its pages say the most."""
    row = conn.execute("select person_id, loan_no from duewell.agenda where is_turned order by 1 limit 1")
    found = row.fetchone()
    assert found is not None, "a book of some hundred loans has some that are behind"
    return LoanKey(*found)


def _paths(loan: str) -> dict[str, str]:
    return {
        "home": "/home",
        "loan": f"/loans/{loan}",
        "what_if": f"/loans/{loan}/what-if?amount=100.00",
        "late": f"/loans/{loan}/late",
        "why": f"/loans/{loan}/why?row=2",
    }


# -- weights ---------------------------------------------------------------------------------------


def _weights(found: Served, cookie: str, paths: dict[str, str]) -> Iterator[Figure]:
    scripts = 0
    with _client(found, cookie) as client:
        for name, path in paths.items():
            weight = _weigh(client, path)
            scripts = max(scripts, weight.script)
            note = "gzipped; the same every time"
            yield figure(
                f"pages_{name}_first_kb", [weight.first / 1024], "KB", good=FIRST_MAX / 1024, note=note
            )
            yield figure(f"pages_{name}_next_kb", [weight.next / 1024], "KB", good=NEXT_MAX / 1024, note=note)
    yield figure(
        "pages_script_kb", [scripts / 1024], "KB", good=SCRIPT_MAX / 1024, note="of a borrower's page"
    )


def _client(found: Served, cookie: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://127.0.0.1:{found.port}",
        cookies={"duewell_session": cookie, "duewell_lang": "zh"},
        timeout=30,
    )


def _weigh(client: httpx.Client, path: str) -> Weight:
    page = client.get(path)
    if page.status_code != 200:
        raise RuntimeError(f"{path} answers {page.status_code}")
    return weigh(page.content, lambda named: client.get(named).content)


# -- drawing a page, before the database -----------------------------------------------------------


def _drawing(url: str, folder: Path, cookie: str, paths: dict[str, str]) -> Iterator[Figure]:
    """The template alone, with what a real request gave it."""
    from fastapi.testclient import TestClient

    from duewell.api import make_app, open_state
    from duewell.settings import Settings
    from duewell.web import DOORS, show_wrong

    kept: list[tuple[jinja2.Template, tuple[Any, ...], dict[str, Any]]] = []
    render = jinja2.Template.render

    def keeping(self: jinja2.Template, *args: Any, **told: Any) -> str:
        kept.append((self, args, told))
        return render(self, *args, **told)

    app = make_app(open_state(Settings(folder, url, "en", folder / "master.key")), DOORS, show_wrong)
    jinja2.Template.render = keeping  # type: ignore[method-assign]
    try:
        with TestClient(app, cookies={"duewell_session": cookie, "duewell_lang": "zh"}) as client:
            for path in paths.values():
                assert client.get(path).status_code == 200, path
    finally:
        jinja2.Template.render = render  # type: ignore[method-assign]
    for name, (template, args, told) in zip(paths, kept, strict=True):
        samples = [
            each / 1000 for each in microseconds(lambda t=template, a=args, k=told: render(t, *a, **k))
        ]  # type: ignore[misc]
        yield figure(f"pages_{name}_draw_ms", samples, "ms", good=1, note="the template, with real data")


# -- served ----------------------------------------------------------------------------------------


def _same(what: bytes, number: int) -> bytes:
    return what


def _served(found: Served, cookies: list[str]) -> Iterator[Figure]:
    asks: list[load.Next] = [
        partial(_same, load.request("GET", "/home", {"Cookie": f"duewell_session={each}; duewell_lang=zh"}))
        for each in cookies
    ]
    rates, cores, p50, p99 = [], [], [], []
    api.flood(found, asks, 200)
    for _ in range(ROUNDS):
        rate, core = api.flood(found, asks, 200)
        rates.append(rate)
        cores.append(core)
    for _ in range(ROUNDS):
        heard = load.steady(found.port, asks, rate=_STEADY_RATE, seconds=_STEADY_SECONDS)
        if heard.bad:
            raise RuntimeError(heard.first_bad)
        p50.append(share_within(heard.ms, 0.5))
        p99.append(share_within(heard.ms, 0.99))
    note = f"session, every loan of the person folded; {len(asks)} connections"
    yield figure("pages_home_per_second", rates, "1/s", note=note)
    yield figure("pages_home_per_core", cores, "1/s", note="a second of the served process's time")
    yield figure("pages_home_p50_ms", p50, "ms", note=f"at {_STEADY_RATE:.0f} a second")
    yield figure("pages_home_p99_ms", p99, "ms", good=50, note=f"at {_STEADY_RATE:.0f} a second")


# -- in a browser ----------------------------------------------------------------------------------


def _seen(found: Served, cookie: str, paths: dict[str, str]) -> Iterator[Figure]:
    """The largest paint of pages that nothing was kept of, on a slowed phone and on this machine."""
    where = os.environ.get("DUEWELL_CHROMIUM") or shutil.which("chromium")
    if where is None:
        print("pages: no chromium, so nothing is said of paints. See script/browser.", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=where, args=["--no-sandbox"])
        for profile, good in (("phone", 1000), ("desk", 400)):
            for name in ("home", "loan"):
                told = [_paint(browser, found, cookie, paths[name], profile) for _ in range(ROUNDS)]
                paints, blocked, shifts = zip(*told, strict=True)
                note = "CPU 4x slower, 1.6 Mbit/s, 150 ms" if profile == "phone" else "loopback, 1440 wide"
                yield figure(f"pages_{name}_{profile}_lcp_ms", paints, "ms", good=good, note=note)
                if profile == "phone":
                    yield figure(f"pages_{name}_{profile}_blocked_ms", blocked, "ms", good=50)
                    yield figure(f"pages_{name}_{profile}_shift", shifts, "share", good=0)
        browser.close()


def _paint(browser: Any, found: Served, cookie: str, path: str, profile: str) -> tuple[float, float, float]:
    base = f"http://127.0.0.1:{found.port}"
    is_phone = profile == "phone"
    size = {"width": 390, "height": 844} if is_phone else {"width": 1440, "height": 900}
    context = browser.new_context(viewport=size, device_scale_factor=3 if is_phone else 1, is_mobile=is_phone)
    context.add_cookies([{"name": "duewell_session", "value": cookie, "url": base}])
    context.add_init_script(_WATCH)
    page = context.new_page()
    if is_phone:
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", _PHONE)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    page.goto(base + path)
    paint = float(page.evaluate(_PAINT))
    blocked, shift = page.evaluate("[window.__blocked, window.__shift]")
    context.close()
    return paint, float(blocked), float(shift)
