"""Webhooks: told what happened, signed, over and over until taken, in order, and never to a place inside.

Wants to prove: each event reaches a real receiver under one id whatever fails on the way; the signature is
the standard's; and no URL, however written or resolved, leads a call into this house.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psycopg
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from duewell.domain.errors import InvalidInput
from duewell.gateways.outgoing import Outgoing, is_open
from duewell.services import send_webhooks
from duewell.store import webhooks
from tests.api.site import Site, key, problem_of
from tests.figures import Figure

PAY = {"amount_minor": 5000, "currency": "CNY"}


class Receiver:
    """A real HTTP server that keeps what it gets and answers as it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_address[1]}/hooks?a=1"

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def make(site: Site, receiver: Receiver, *kinds: str) -> tuple[httpx.Client, str, str]:
    """An endpoint at the receiver, which runs on this machine, as a developer's does."""
    object.__setattr__(site.state, "outgoing", Outgoing(is_local_allowed=True))
    operator = site.staff("oscar", "operator")
    body = {"book": "main", "url": receiver.url, "kinds": list(kinds) or ["fact.recorded"]}
    made = operator.post("/api/webhooks", json=body)
    assert made.status_code == 201, made.text
    return operator, made.json()["webhook"], made.json()["secret"]


def run(site: Site, rounds: int = 20) -> None:
    at = site.clock()
    send_webhooks.find(site.conn, since=at - timedelta(hours=1), at=at)
    for _ in range(rounds):
        if not send_webhooks.deliver(site.conn, site.state.keys, site.state.outgoing, site.clock):
            return


def test_a_fact_is_told_once_signed_by_the_standard(site: Site, receiver: Receiver) -> None:
    _, _, secret = make(site, receiver)
    loan = site.loan()
    run(site)
    run(site)
    ((headers, body),) = receiver.got
    headers["webhook-timestamp"] = _fresh(headers, body, secret)
    told = Webhook(secret).verify(body, headers)
    assert told["type"] == "fact.recorded" and told["data"]["loan_id"] == loan
    assert told["data"]["kind"] == "Disbursed" and told["data"]["amount_minor"] == 120_000
    assert "person_id" not in told["data"]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"120000", b"120001"), headers)


def _fresh(headers: dict[str, str], body: bytes, secret: str) -> str:
    """The standard's receiver refuses what is older than five minutes; this site's clock stands in March."""
    at = datetime.now(UTC)
    sent = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert Webhook(secret).sign(headers["webhook-id"], sent, body.decode()) in headers["webhook-signature"]
    headers["webhook-signature"] = Webhook(secret).sign(headers["webhook-id"], at, body.decode())
    return str(int(at.timestamp()))


def test_what_is_not_taken_is_tried_again_under_the_same_id_and_in_order(
    site: Site, receiver: Receiver
) -> None:
    operator, webhook, _ = make(site, receiver)
    loan = site.loan()
    for n in range(2):
        body = {**PAY, "amount_minor": 100 + n}
        assert site.program().post(f"/api/loans/{loan}/payments", json=body, headers=key()).status_code == 201
    receiver.answers = [500, 302, 404]
    run(site)
    assert len(receiver.got) == 1
    for wait in send_webhooks.WAITS[:3]:
        site.clock.move(seconds=wait.total_seconds() + 1)
        run(site)
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert ids[:4] == [ids[0]] * 4 and len(set(ids)) == 3
    told = [each["data"]["seq"] for each in receiver.events()]
    assert told == [1, 1, 1, 1, 2, 3]
    operator = site.staff("oscar")
    log = operator.get(f"/api/webhooks/{webhook}/deliveries").json()["items"]
    assert {each["state"] for each in log} == {"delivered"}
    assert sorted(each["tries"] for each in log) == [1, 1, 4]
    again = operator.post(f"/api/webhooks/{webhook}/deliveries/{ids[0]}/replay")
    assert again.status_code == 202
    run(site)
    assert receiver.got[-1][0]["webhook-id"] == ids[0]


def test_what_nobody_takes_is_given_up_after_days(site: Site, receiver: Receiver) -> None:
    _, webhook, _ = make(site, receiver)
    site.loan()
    receiver.answers = [503] * 30
    run(site)
    for wait in send_webhooks.WAITS:
        site.clock.move(seconds=wait.total_seconds() + 1)
        run(site)
    assert len(receiver.got) == len(send_webhooks.WAITS) + 1
    log = site.staff("oscar").get(f"/api/webhooks/{webhook}/deliveries").json()["items"]
    assert [each["state"] for each in log] == ["given-up"]
    assert sum(send_webhooks.WAITS, timedelta()) > timedelta(days=3)


def test_an_endpoint_that_says_it_is_gone_is_told_nothing_more(site: Site, receiver: Receiver) -> None:
    _, webhook, _ = make(site, receiver)
    site.loan()
    receiver.answers = [410]
    run(site)
    site.loan()
    run(site)
    assert len(receiver.got) == 1
    found = site.staff("oscar").get("/api/webhooks").json()["items"][0]
    assert found["webhook"] == webhook and found["ended_at"] is not None


def test_a_receiver_that_dies_between_tries_loses_nothing(site: Site) -> None:
    """The worker is killed after it took a delivery and before it kept the result: it is sent again later."""
    with receiving() as receiver:
        make(site, receiver)
        site.loan()
        at = site.clock()
        send_webhooks.find(site.conn, since=at - timedelta(hours=1), at=at)
        assert len(webhooks.take(site.conn, at=at, lease=timedelta(seconds=60), limit=5)) == 1
        run(site)
        assert receiver.got == []
        site.clock.move(seconds=61)
        run(site)
        assert len(receiver.got) == 1


def test_two_workers_send_each_event_once(site: Site, receiver: Receiver, url: str) -> None:
    make(site, receiver)
    for _ in range(12):
        site.loan()
    at = site.clock()
    send_webhooks.find(site.conn, since=at - timedelta(hours=1), at=at)

    def work() -> None:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("set role duewell_app")
            while send_webhooks.deliver(conn, site.state.keys, site.state.outgoing, site.clock):
                pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(ids) == len(set(ids)) == 12


def test_a_rotated_secret_signs_beside_the_one_before(site: Site, receiver: Receiver) -> None:
    operator, webhook, old = make(site, receiver)
    new = operator.post(f"/api/webhooks/{webhook}/rotation").json()["secret"]
    site.loan()
    run(site)
    headers, body = receiver.got[0]
    for secret in (old, new):
        _fresh(dict(headers), body, secret)
    assert len(headers["webhook-signature"].split()) == 2
    newest = operator.post(f"/api/webhooks/{webhook}/rotation").json()["secret"]
    site.loan()
    run(site)
    headers, body = receiver.got[1]
    _fresh(dict(headers), body, newest)
    with pytest.raises(AssertionError):
        _fresh(dict(headers), body, old)


def test_days_observations_and_requests_are_told_to_who_asks_for_them(site: Site, receiver: Receiver) -> None:
    operator, webhook, _ = make(site, receiver, "day.closed", "loan.observed", "request.changed")
    loan, program = site.loan(), site.program()
    program.post("/api/books/main/clock", json={"to": "2026-04-04"}, headers=key())
    program.post(f"/api/loans/{loan}/facts", json={"line": "rate 9%"}, headers=key())
    run(site, rounds=40)
    kinds = [each["type"] for each in receiver.events()]
    assert kinds.count("day.closed") == 33 and kinds.count("request.changed") == 1
    observed = [each["data"]["observed"] for each in receiver.events() if each["type"] == "loan.observed"]
    assert sorted(observed) == ["entered-bucket", "fell-due", "missed"]
    test = operator.post(f"/api/webhooks/{webhook}/test")
    assert test.status_code == 202
    run(site)
    assert receiver.events()[-1]["type"] == "test"
    assert operator.delete(f"/api/webhooks/{webhook}").status_code == 200
    gone = operator.post(f"/api/webhooks/{webhook}/test")
    assert problem_of(gone) == (409, "webhook-ended")


def test_unknown_kinds_and_foreign_books_are_refused(site: Site) -> None:
    operator = site.staff("oscar", "operator")
    body = {"book": "main", "url": "https://example.com/", "kinds": ["everything"]}
    assert problem_of(operator.post("/api/webhooks", json=body)) == (422, "webhook-kind-unknown")
    body = {"book": "none", "url": "https://example.com/", "kinds": ["fact.recorded"]}
    assert problem_of(operator.post("/api/webhooks", json=body)) == (404, "book-not-found")


INSIDE = [
    "http://example.com/", "ftp://example.com/", "https://user:pass@example.com/", "https://example.com/#x",
    "//example.com", "https:///x", "https://example.com:99999/", "https://exa mple.com/",
    "https://example.com\\@localhost/", "javascript:alert(1)", "file:///etc/passwd", "https://localhost/",
    "https://localhost./", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0177.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://10.0.0.1/", "https://192.168.1.1/", "https://172.16.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://0.0.0.0/",
    "https://224.0.0.1/", "https://192.0.0.1/", "https://[fe80::1]/", "https://[fc00::1]/", "https://[::]/",
    "https://[::127.0.0.1]/", "https://ｌocalhost/", "https://①②⑦.0.0.1/", "https://127。0。0。1/",
]  # fmt: skip


def test_no_url_leads_into_the_house(figure: Figure) -> None:
    calls = Outgoing()
    for url in INSIDE:
        with pytest.raises(InvalidInput) as refused:
            calls.check(url)
        assert refused.value.code == "webhook-url-refused", url
        assert calls.post(url, b"{}", {}) == (None, "address refused"), url
    figure(f"urls into the house: {len(INSIDE)} refused.")
    assert is_open("93.184.216.34") and is_open("2606:2800:220:1::1")


def test_a_name_that_leads_elsewhere_at_the_second_look_leads_nowhere() -> None:
    """DNS rebinding: open when checked, inside when called. The address looked up is the one called."""
    told = iter([["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34", "10.0.0.1"]])
    calls = Outgoing(resolve=lambda host, port: next(told))
    calls.check("https://rebind.example/")
    assert calls.post("https://rebind.example/", b"{}", {}) == (None, "address refused")
    assert calls.post("https://rebind.example/", b"{}", {}) == (None, "address refused")
