"""What an attacker sends who reads the manual: paths, headers, slowness, odd text, planted cookies.

Wants to prove: none of it is a fault, none gets in, none shuts others out, and each is answered by a problem.
How: over real sockets, byte by byte where a library would not send it.
"""

from __future__ import annotations

import gzip
import io
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from duewell.api import _serving
from duewell.api._cookies import cookie_name
from duewell.api._middleware import Around
from duewell.gateways import keys, passwords
from tests.api.site import PASSWORD, Site, key, open_site, problem_of

PHONE = "+8613800138000"


def raw(site: Site, data: bytes, *, wait: float = 5.0) -> bytes:
    """What comes back for bytes sent as they are, until the server hangs up or says nothing more."""
    port = int(site.base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as line:
        line.sendall(data)
        told = b""
        try:
            while piece := line.recv(65536):
                told += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return told


def statuses(told: bytes) -> list[int]:
    return [int(each[:3]) for each in told.split(b"HTTP/1.1 ")[1:]]


# -- paths and methods -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "//api/books", "/api//books", "/api/books/", "/api/./books", "/api/../api/books",
        "/api/%2e%2e/api/books", "/%6detrics", "/api/%62ooks",
        "/api%2Fbooks", "/API/books", "/api/books;x=1", "/api/books%00", "/api/books%20", "/%2e/api/books",
        "/api/books/..%2fbooks", "/.git/config", "/..%5c..%5cetc/passwd",
    ],
)  # fmt: skip
def test_a_path_has_one_way_of_being_written(site: Site, path: str) -> None:
    key_of = site.program().headers["authorization"]
    told = raw(
        site,
        f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n"
        f"Authorization: {key_of}\r\nConnection: close\r\n\r\n".encode(),
    )
    assert statuses(told) in ([404], [400]), told
    assert b"location:" not in told.lower() and b"evil.example" not in told


def test_methods_that_are_not_declared_are_not_taken(site: Site) -> None:
    for method in ("HEAD", "OPTIONS", "TRACE", "PATCH", "CONNECT", "PROPFIND"):
        told = raw(site, f"{method} /api/books HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert statuses(told) in ([405], [400], [404]), (method, told)
        assert b"access-control-allow" not in told.lower()


def test_no_header_changes_the_method_or_the_path(site: Site) -> None:
    loan, program = site.loan(), site.program()
    for headers in (
        {"x-http-method-override": "DELETE"},
        {"x-original-url": "/api/clients"},
        {"x-rewrite-url": "/api/clients"},
        {"x-forwarded-prefix": "/admin"},
    ):
        assert program.get(f"/api/loans/{loan}", headers=headers).json()["loan_id"] == loan


# -- messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"POST /api/books HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET",
        b"POST /api/books HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST /api/books HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /api/books HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"GET /api/books HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
        b"GET /api/books HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
        b"GET /api/books HTTP/1.1\nHost: x\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_a_message_whose_end_could_be_read_in_two_ways_is_answered_once_at_most(
    site: Site, head: bytes
) -> None:
    told = raw(site, head, wait=1.5)
    assert len(statuses(told)) <= 1 and all(400 <= each < 500 for each in statuses(told)), told


def test_a_head_that_does_not_end_is_cut_off(site: Site) -> None:
    many = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000))
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000
    long = b"GET /" + b"a" * 200_000
    for head in (many, many + b"\r\n", one, one + b"\r\n\r\n", long):
        assert statuses(raw(site, head)) in ([400], []), head[:60]
    assert site.client().get("/healthz").status_code == 200


def test_whoever_sends_slowly_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serving, "HEAD_S", 0.3)
    monkeypatch.setattr("duewell.api._middleware.BODY_S", 0.5)
    begin = time.monotonic()
    assert raw(site, b"") == b""
    assert raw(site, b"GET /healthz HTTP/1.1\r\nHost:") == b""
    assert raw(site, b"\r\n\r\n") == b""
    told = raw(
        site,
        b"POST /api/sessions/staff HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{",
    )
    assert statuses(told) == [408] and b"body-too-slow" in told
    assert time.monotonic() - begin < 8


def test_a_drip_of_empty_lines_does_not_keep_a_connection(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_serving, "HEAD_S", 0.4)
    port = int(site.base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in line.recv(65536)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            drip(line)


def drip(line: socket.socket) -> None:
    for _ in range(40):
        line.sendall(b"\r\n")
        time.sleep(0.05)


def test_a_compressed_body_is_not_opened(site: Site) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    told = site.program().post(
        "/api/books",
        content=bomb,
        headers={**key(), "content-type": "application/json", "content-encoding": "gzip"},
    )
    assert problem_of(told) == (400, "body-not-json")


def test_an_upgrade_leads_nowhere(site: Site) -> None:
    told = raw(
        site,
        b"GET /api/me HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    )
    assert statuses(told) in ([401], [400], [404])


# -- text that is not text -------------------------------------------------------------------------

ODD = [
    "a\x00b",
    "\x00",
    "\ud800",
    "a\u202eb",
    "ａdmin",
    "admin\u200b",
    "ADMIN",
    "𝖆dmin",
    "\u0661" * 11,
    "%00",
    "'--",
]


def test_odd_text_is_refused_and_never_a_fault(site: Site) -> None:
    site.add_staff("admin", "admin")
    program = site.program()
    for text in ODD:
        said = json.dumps(text)
        bodies: list[tuple[str, str]] = [
            ("/api/sessions/staff", f'{{"login":{said},"password":"{PASSWORD}","code":"123456"}}'),
            ("/api/sessions/staff", f'{{"login":"admin","password":{said},"code":"123456"}}'),
            ("/api/sessions/code", f'{{"book":"main","field":"phone","value":{said}}}'),
            ("/api/sessions/code", f'{{"book":"main","field":"email","value":{said}}}'),
            ("/api/sessions/borrower", f'{{"challenge":{said},"code":"123456"}}'),
            ("/api/sessions/borrower", '{"challenge":"x","code":"١٢٣٤٥٦"}'),
        ]
        for path, body in bodies:
            made = site.client().post(path, content=body, headers={"content-type": "application/json"})
            assert 400 <= problem_of(made)[0] < 500, (path, body, made.text)
        site.clock.move(minutes=16)
        sent: list[tuple[str, str, Any]] = [
            ("POST", "/api/books/main/persons", {"name": text, "phone": "13800138000", "address": text}),
            ("POST", "/api/books/main/persons/find", {"field": "email", "value": text}),
            ("POST", "/api/books", {"code": text, "currency": "CNY", "open_on": "2026-01-05"}),
        ]
        for method, path, body in sent:
            made = program.request(
                method, path, content=json.dumps(body), headers={**key(), "content-type": "application/json"}
            )
            assert made.status_code < 500, (path, body, made.text)


@pytest.mark.parametrize(
    "odd", ["%00", "a%00b", "%ff%fe", "%ed%a0%80", "%E2%80%AE", "'", "%0d%0aSet-Cookie:%20x=1"]
)
def test_odd_text_in_a_path_or_query_is_refused_and_never_a_fault(site: Site, odd: str) -> None:
    program, admin = site.program(), site.staff("root", "admin", "supervisor", "compliance", "operator")
    for client in (program, admin):
        for route in site.app.routes:
            path = route.path  # type: ignore[attr-defined]
            (method,) = route.methods  # type: ignore[attr-defined]
            for name in (
                "book",
                "loan",
                "person",
                "product",
                "request",
                "login",
                "client",
                "session",
                "webhook",
            ):
                path = path.replace(f"{{{name}}}", odd)
            path = path.replace("{event}", odd)
            body = {"json": {}} if method in ("POST", "PUT") else {}
            made = client.request(method, path, headers=key(), **body)
            assert made.status_code < 500, (method, path, made.text)
            assert "set-cookie" not in made.headers or "x=1" not in made.headers["set-cookie"]
        for query in (
            f"cursor={odd}",
            f"to={odd}",
            f"as_of={odd}",
            f"target={odd}&actor={odd}",
            f"limit={odd}",
        ):
            for path in ("/api/books/main/loans", "/api/books/main/inbox", "/api/trail", "/api/requests"):
                assert client.get(f"{path}?{query}").status_code < 500, (path, query)


# -- cookies and forms -----------------------------------------------------------------------------


def test_a_dead_or_planted_cookie_does_not_keep_anybody_from_signing_in(site: Site) -> None:
    """A browser sends a cookie no script can take away: what was planted must not shut its owner out."""
    site.add_staff("anna", "officer")
    client = site.client()
    client.cookies.set(cookie_name(is_https=False), "planted")
    made = client.post("/api/sessions/staff", json=site.sign_in_of("anna"))
    assert made.status_code == 201, made.text
    anna = site.staff("ben", "officer")
    site.clock.move(minutes=31)
    ended = anna.get("/api/me")
    assert problem_of(ended) == (401, "session-ended")
    assert "max-age=0" in ended.headers["set-cookie"].lower()
    assert anna.post("/api/sessions/staff", json=site.sign_in_of("ben")).status_code == 201


def test_signing_in_again_ends_the_session_before(site: Site) -> None:
    anna = site.staff("anna", "officer")
    before = dict(anna.cookies)
    site.clock.move(seconds=60)
    del anna.headers["x-csrf-token"]
    assert anna.post("/api/sessions/staff", json=site.sign_in_of("anna")).status_code == 201
    assert dict(anna.cookies) != before
    old = site.client(cookie="; ".join(f"{name}={value}" for name, value in before.items()))
    assert problem_of(old.get("/api/me")) == (401, "session-ended")
    assert anna.get("/api/me").status_code == 200


def test_another_site_cannot_sign_somebody_in(site: Site) -> None:
    """Into the attacker's account, whose owner would then read what the victim writes."""
    site.add_staff("mallory", "officer")
    body = site.sign_in_of("mallory")
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
        made = site.client().post("/api/sessions/staff", json=body, headers={"origin": origin})
        assert problem_of(made) == (403, "origin-foreign"), origin
    plain = site.client().post(
        "/api/sessions/staff", content=json.dumps(body), headers={"content-type": "text/plain"}
    )
    assert problem_of(plain) == (400, "body-not-json")
    assert (
        site.client().post("/api/sessions/staff", json=body, headers={"origin": site.base}).status_code == 201
    )


def test_by_https_the_cookie_is_bound_to_this_host_alone(url: str, tmp_path: Path) -> None:
    """`__Host-` cannot be set by a neighbouring host, nor over http."""
    with open_site(url, tmp_path, is_https=True) as site:
        site.add_staff("anna", "officer")
        made = site.client().post("/api/sessions/staff", json=site.sign_in_of("anna"))
        cookie = made.headers["set-cookie"]
        assert cookie.startswith("__Host-duewell_session=") and "Secure" in cookie and "Domain" not in cookie
        token = cookie.partition("=")[2].partition(";")[0]
        planted = site.client(cookie=f"duewell_session={token}")
        assert problem_of(planted.get("/api/me")) == (401, "sign-in-needed")
        assert site.client(cookie=f"__Host-duewell_session={token}").get("/api/me").status_code == 200
        assert made.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


# -- where a request comes from --------------------------------------------------------------------


def guesses(site: Site, count: int, **headers: str) -> list[int]:
    client = site.client(**headers)
    told = []
    for n in range(count):
        body = {"challenge": f"c{n}", "code": "123456"}
        told.append(client.post("/api/sessions/borrower", json=body).status_code)
    return told


def test_an_address_in_a_header_is_not_believed(site: Site) -> None:
    told = [
        guesses(site, 1, **{"x-forwarded-for": f"203.0.113.{n}", "forwarded": f"for=203.0.113.{n}"})[0]
        for n in range(12)
    ]
    assert told == [401] * 10 + [429] * 2


def test_behind_a_proxy_each_caller_is_counted_apart_and_cannot_make_an_address_up(
    url: str, tmp_path: Path
) -> None:
    """Counted by the proxy's own address, ten wrong codes of anybody would shut everybody out."""
    with open_site(url, tmp_path, proxies="127.0.0.1,10.0.0.0/8") as site:
        forged = [
            guesses(site, 1, **{"x-forwarded-for": f"198.51.100.{n}, 203.0.113.7, 10.0.0.4"})[0]
            for n in range(11)
        ]
        assert forged == [401] * 10 + [429]
        assert guesses(site, 1, **{"x-forwarded-for": "203.0.113.8"}) == [401]
        assert guesses(site, 1, **{"x-forwarded-for": "nonsense"}) == [401]


def test_a_whole_network_of_one_customer_is_one_address(url: str, tmp_path: Path) -> None:
    """A line with IPv6 has 2^64 addresses: they are counted as the one line they are."""
    with open_site(url, tmp_path, proxies="127.0.0.1") as site:
        told = [guesses(site, 1, **{"x-forwarded-for": f"2001:db8:1:1::{n + 1:x}"})[0] for n in range(11)]
        assert told == [401] * 10 + [429]
        assert guesses(site, 1, **{"x-forwarded-for": "2001:db8:1:2::1"}) == [401]
        told = [guesses(site, 1, **{"x-forwarded-for": each})[0] for each in ["203.0.113.9"] * 10]
        assert guesses(site, 1, **{"x-forwarded-for": "::ffff:203.0.113.9"}) == [429]


def test_codes_of_one_number_are_few_a_day(site: Site) -> None:
    """Five codes a quarter of an hour, five tries each: 2,400 guesses a day from many addresses."""
    site.person(PHONE)
    told = []
    for _ in range(24):
        made = site.client().post(
            "/api/sessions/code", json={"book": "main", "field": "phone", "value": PHONE}
        )
        told.append(made.status_code)
        site.clock.move(minutes=16)
    assert told == [202] * 20 + [429] * 4


# -- four eyes -------------------------------------------------------------------------------------


def test_nobody_decides_what_they_themselves_may_do(site: Site) -> None:
    """Asked for by another or not: whoever gains roles does not approve them."""
    site.add_staff("rita", "risk")
    admin, rita = site.staff("root", "admin"), site.staff("rita")
    asked = admin.post(
        "/api/staff/rita/roles", json={"roles": ["risk", "admin"], "books": None}, headers=key()
    )
    assert asked.status_code == 202, asked.text
    path = f"/api/requests/{asked.json()['request']}/decision"
    assert problem_of(rita.post(path, json={"approve": True, "reason": "yes"})) == (409, "request-is-own")
    other = site.staff("sue", "compliance")
    assert other.post(path, json={"approve": True, "reason": "agreed"}).status_code == 200
    again = other.post(path, json={"approve": True, "reason": "agreed"})
    assert problem_of(again) == (409, "approval-decided-already")


def test_a_key_of_one_caller_says_nothing_to_another(site: Site) -> None:
    loan = site.loan()
    pay = {"amount_minor": 5000, "currency": "CNY"}
    one, two = site.program(), site.program()
    first = one.post(f"/api/loans/{loan}/payments", json=pay, headers=key("same"))
    second = two.post(f"/api/loans/{loan}/payments", json={**pay, "amount_minor": 1}, headers=key("same"))
    assert (first.status_code, second.status_code) == (201, 201) and first.json() != second.json()


def test_the_middleware_is_around_everything(site: Site) -> None:
    assert any(each.cls is Around for each in site.app.user_middleware)


# -- what is said ----------------------------------------------------------------------------------


def test_every_answer_says_what_it_is(site: Site) -> None:
    kinds = {path: site.program().get(path).headers for path in ("/api", "/healthz", "/api/books", "/api/x")}
    assert kinds["/api"]["content-type"] == "text/html; charset=utf-8"
    assert kinds["/healthz"]["content-type"] == kinds["/api/books"]["content-type"] == "application/json"
    assert kinds["/api/x"]["content-type"] == "application/problem+json"
    assert all("no-store" in kinds[path]["cache-control"] for path in kinds if path != "/api")


def test_a_fault_tells_nothing_of_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2 at /srv/secret")

    monkeypatch.setattr("duewell.store.books.all_books", broken)
    monkeypatch.setattr("duewell.store.books.read_book", broken)
    told = site.program().get("/api/books/main")
    assert problem_of(told) == (500, "internal-fault")
    assert "hunter2" not in told.text and "secret" not in told.text and "Traceback" not in told.text


def test_a_refused_caller_is_in_the_log_and_what_they_typed_is_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = site.staff("anna", "officer")
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    officer.get("/api/staff?note=typed-here")
    site.client(**{"user-agent": 'typed"\\n{"event":"request"}'}).post(
        "/api/sessions/staff", json={"login": "typed\nhere", "password": "typed-here-too", "code": "123456"}
    )
    # A line is written once its answer is sent.
    for _ in range(500):
        if '"status": 401' in said.getvalue():
            break
        time.sleep(0.02)
    lines = [json.loads(each) for each in said.getvalue().splitlines() if each.startswith("{")]
    told = [(each["route"], each["status"], each["actor"]) for each in lines if each["status"] >= 400]
    assert told == [("/api/staff", 403, "staff:anna"), ("/api/sessions/staff", 401, "nobody:nobody")]
    assert all(each["timestamp"].endswith("Z") and each["request_id"] for each in lines)
    assert "typed" not in json.dumps(lines)


def test_secrets_are_long_and_passwords_are_hashed_slowly() -> None:
    assert len({passwords.token() for _ in range(100)}) == 100 and len(passwords.token()) >= 43
    assert passwords.Passwords().hash("x" * 12).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert len(keys.new_data_key()) == 32
