"""The manners of every route: problems, request keys, lists, versions, limits of size.

Wants to prove: bad input of any kind is refused with what is wrong, where, and what to do, in both languages,
and changes nothing; the same request happens once, and a key used for something else is refused.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.site import Site, key, problem_of

PAY = {"amount_minor": 5000, "currency": "CNY"}


def facts_of(site: Site, loan: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.program().get(f"/api/loans/{loan}").json()["facts"]
    return found


def test_the_same_request_happens_once_and_answers_the_same(site: Site) -> None:
    program, loan = site.program(), site.loan()
    first = program.post(f"/api/loans/{loan}/payments", json=PAY, headers=key("pay-1"))
    again = program.post(f"/api/loans/{loan}/payments", json=PAY, headers=key("pay-1"))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert [each["kind"] for each in facts_of(site, loan)] == ["Disbursed", "PaymentReceived"]


def test_a_key_used_for_something_else_is_refused(site: Site) -> None:
    """Another amount, another loan: 422, and nothing is posted. Another client's key is another key."""
    program, loan, other = site.program(), site.loan(), site.loan()
    program.post(f"/api/loans/{loan}/payments", json=PAY, headers=key("k"))
    more = program.post(f"/api/loans/{loan}/payments", json={**PAY, "amount_minor": 1}, headers=key("k"))
    assert problem_of(more) == (422, "key-reused-with-another-body")
    elsewhere = program.post(f"/api/loans/{other}/payments", json=PAY, headers=key("k"))
    assert problem_of(elsewhere) == (422, "key-reused-with-another-body")
    assert len(facts_of(site, loan)) == 2 and len(facts_of(site, other)) == 1
    assert site.program().post(f"/api/loans/{other}/payments", json=PAY, headers=key("k")).status_code == 201


def test_twenty_at_once_are_one(site: Site) -> None:
    program, person = site.program(), site.person("+8613800138009")
    lend = {"principal_minor": 90_000, "currency": "CNY", "rate_pct": "9", "instalments": 6, "person": person}

    def ask(_: int) -> httpx.Response:
        return program.post("/api/books/main/loans", json=lend, headers=key("once"))

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert {each.status_code for each in answers} <= {201, 503}
    assert len({each.text for each in answers if each.status_code == 201}) == 1
    assert len(program.get(f"/api/persons/{person}/loans").json()["items"]) == 1


def test_books_and_persons_are_made_once(site: Site) -> None:
    program = site.program()
    book = {"code": "other", "currency": "CNY", "open_on": "2026-01-05"}
    told = [program.post("/api/books", json=book, headers=key("b")) for _ in range(2)]
    assert [each.status_code for each in told] == [201, 201] and told[0].json() == told[1].json()
    assert problem_of(program.post("/api/books", json=book, headers=key("c"))) == (409, "book-already-open")
    who = {"name": "Li Lei", "phone": "13800138000"}
    made = [program.post("/api/books/main/persons", json=who, headers=key("p")) for _ in range(2)]
    assert made[0].json() == made[1].json()
    twice = program.post("/api/books/main/persons", json=who, headers=key("q"))
    assert problem_of(twice) == (409, "person-known-already")
    changed = program.post("/api/books/main/persons", json={**who, "name": "Li"}, headers=key("p"))
    assert problem_of(changed) == (422, "key-reused-with-another-body")


BAD = [
    (b"{", "body-not-json"),
    (b'{"amount_minor":1,"amount_minor":2,"currency":"CNY"}', "body-not-json"),
    (b'{"amount_minor":NaN,"currency":"CNY"}', "body-not-json"),
    (b"[" * 50_000, "body-not-json"),
    (b"\xff\xfe{}", "body-not-json"),
    (b"null", "request-not-readable"),
    (b'{"amount_minor":"5000","currency":"CNY"}', "request-not-readable"),
    (b'{"amount_minor":5000.0,"currency":"CNY"}', "request-not-readable"),
    (b'{"amount_minor":true,"currency":"CNY"}', "request-not-readable"),
    (b'{"amount_minor":0,"currency":"CNY"}', "request-not-readable"),
    (b'{"amount_minor":-1,"currency":"CNY"}', "request-not-readable"),
    (b'{"amount_minor":' + b"9" * 5000 + b',"currency":"CNY"}', "body-not-json"),
    (b'{"amount_minor":1e9,"currency":"CNY"}', "request-not-readable"),
    (b'{"amount_minor":5000}', "request-not-readable"),
    (b'{"amount_minor":5000,"currency":"CNY","note":"x"}', "request-not-readable"),
    (b'{"amount_minor":5000,"currency":"CNY","effective_on":"02/03/2026"}', "request-not-readable"),
    (b'{"amount_minor":5000,"currency":"CNY","effective_on":"2026-02-30"}', "date-not-in-calendar"),
    (b'{"amount_minor":5000,"currency":"USD"}', "currency-mismatch"),
    (b'{"amount_minor":5000,"currency":"CNY","effective_on":"2027-01-01"}', "fact-after-the-open-date"),
    (b'{"amount_minor":5000,"currency":"CNY","effective_on":"2025-01-01"}', "fact-before-the-loan"),
]  # fmt: skip


def test_a_body_that_cannot_be_meant_is_refused_and_changes_nothing(site: Site) -> None:
    program, loan = site.program(), site.loan()
    for body, code in BAD:
        response = program.post(
            f"/api/loans/{loan}/payments",
            content=body,
            headers={**key(), "content-type": "application/json"},
        )
        status, told = problem_of(response)
        assert told == code, (body[:60], response.text)
        assert status in (400, 422), body[:60]
    assert len(facts_of(site, loan)) == 1


def test_what_is_wrong_is_said_field_by_field_in_the_callers_language(site: Site) -> None:
    program, loan = site.program(), site.loan()
    body = {"amount_minor": "5", "unknown": 1}
    english = program.post(f"/api/loans/{loan}/payments", json=body, headers=key()).json()
    assert [(each["field"], each["code"]) for each in english["errors"]] == [
        ("amount_minor", "field-wrong-kind"),
        ("currency", "field-missing"),
        ("unknown", "field-unknown"),
    ]
    chinese = program.post(
        f"/api/loans/{loan}/payments",
        json=body,
        headers={**key(), "accept-language": "fr, zh-CN;q=0.9, en;q=0.8"},
    )
    assert chinese.headers["content-language"] == "zh"
    assert chinese.json()["errors"][1]["detail"] == "缺少“currency”。"
    assert site.client(**{"accept-language": "*;q=x"}).get("/api/books").headers["content-language"] == "zh"


def test_what_writes_wants_a_key(site: Site) -> None:
    program, loan = site.program(), site.loan()
    for headers in ({}, {"idempotency-key": ""}, {"idempotency-key": "x" * 201}):
        made = program.post(f"/api/loans/{loan}/payments", json=PAY, headers=headers)
        assert problem_of(made) == (400, "idempotency-key-missing")


def test_only_json_is_read_and_no_more_than_a_mebibyte(site: Site) -> None:
    program, loan = site.program(), site.loan()
    path = f"/api/loans/{loan}/payments"
    form = program.post(path, data={"amount_minor": "5000", "currency": "CNY"}, headers=key())
    assert problem_of(form) == (400, "body-not-json")
    large = json.dumps({**PAY, "ref": "x" * (1 << 20)}).encode()
    kind = {"content-type": "application/json"}
    assert problem_of(program.post(path, content=large, headers=key() | kind)) == (413, "body-too-large")

    def pieces() -> Any:
        for _ in range(40):
            yield b" " * 50_000

    assert problem_of(program.post(path, content=pieces(), headers=key() | kind)) == (413, "body-too-large")


def test_what_is_not_there_and_what_is_not_taken(site: Site) -> None:
    client = site.client()
    assert problem_of(client.get("/api/nothing")) == (404, "route-not-found")
    wrong = client.patch("/api/books")
    assert problem_of(wrong) == (405, "method-not-allowed")
    assert "GET" in wrong.headers["allow"]
    program = site.program()
    assert problem_of(program.get("/api/loans/ABC")) == (422, "loan-id-invalid")
    assert problem_of(program.get("/api/books/none")) == (404, "book-not-found")


def test_a_list_is_told_whole_while_rows_are_added(site: Site) -> None:
    program = site.program()
    before = {site.loan() for _ in range(7)}
    seen: list[str] = []
    path: str | None = "/api/books/main/loans?limit=3"
    while path is not None:
        page = program.get(path)
        seen += [each["loan_id"] for each in page.json()["items"]]
        link = page.links.get("next")
        assert (link is None) == (page.json()["next"] is None)
        path = link["url"] if link else None
        site.loan()
    assert before <= set(seen) and len(seen) == len(set(seen))
    for cursor in ("x", "!!!!", "AAAAAAAAAAAAAAAA", "a" * 200):
        made = program.get("/api/books/main/loans", params={"cursor": cursor})
        assert problem_of(made) == (400, "cursor-unreadable")
    other = program.get("/api/books/main/loans?limit=1").json()["next"]
    assert problem_of(program.get("/api/requests", params={"cursor": other})) == (400, "cursor-unreadable")


def test_a_version_is_asked_for_by_its_date(site: Site) -> None:
    program = site.program()
    assert program.get("/api/me").json()["version"] == "2026-11-26"
    unknown = program.get("/api/me", headers={"duewell-version": "1999-01-01"})
    assert problem_of(unknown) == (400, "version-unknown")


def test_the_reference_needs_nothing_from_elsewhere(site: Site) -> None:
    for path in ("/api", "/api/problems"):
        page = site.client().get(path)
        assert page.status_code == 200
        assert not re.search(r"(src|href)=.?(https?:)?//|@import|url\(", page.text), path
        assert "script" not in page.headers["content-security-policy"]
    for route in site.app.routes:
        if not route.include_in_schema:  # type: ignore[attr-defined]
            continue
        assert route.path.replace("{", "").split("/")[1] in site.client().get("/api").text  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/api/books", "/healthz", "/api", "/api/nothing"])
def test_every_answer_carries_the_headers_that_keep_browsers_safe(site: Site, path: str) -> None:
    headers = site.client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"] and "server" not in headers
    # With "no-referrer" a browser sends "Origin: null" along with our own forms, which are refused then.
    assert headers["referrer-policy"] == "same-origin"
