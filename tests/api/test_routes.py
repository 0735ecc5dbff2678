"""Who gets through which door: every route tried by every kind of caller.

Wants to prove: what the table of roles grants is what happens, for all routes of the router and of the
document; nobody gets in by a garbage key, a forged role or another's number. How: each pair is sent for real.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.routing import Route

from duewell.api._app import check_routes
from duewell.domain.access import GRANTS, Permission, Role
from tests.api.site import Site, key, problem_of
from tests.figures import Figure

STAFF_ROLES = [role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT)]


def routes_of(site: Site) -> list[Any]:
    return list(site.app.routes)


def test_the_document_and_the_router_hold_the_same_routes(site: Site) -> None:
    told = {
        (method.upper(), path)
        for path, operations in site.app.openapi()["paths"].items()
        for method in operations
    }
    held = {
        (method, route.path)
        for route in routes_of(site)
        for method in route.methods
        if method != "HEAD" and route.include_in_schema  # pages are for people, not in the document
    }
    assert held == told
    names = [each["operationId"] for ops in site.app.openapi()["paths"].values() for each in ops.values()]
    assert len(names) == len(set(names))


def test_an_application_with_an_undeclared_route_does_not_start() -> None:
    router = APIRouter()
    router.add_api_route("/api/hidden", lambda: {}, methods=["GET"])
    with pytest.raises(RuntimeError, match="declares no permission"):
        check_routes(router.routes)
    with pytest.raises(RuntimeError):
        check_routes([Route("/x", lambda request: None)])


def send(client: httpx.Client, route: Any, ids: dict[str, str]) -> httpx.Response:
    path = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "ghost"), route.path)
    (method,) = route.methods - {"HEAD"}
    body = {"nothing": "that is asked for"} if method in ("POST", "PUT") else None
    return client.request(method, path, json=body, headers=key())


def test_every_route_answers_every_caller_as_the_table_says(site: Site, figure: Figure) -> None:
    borrower, person = site.borrower("+8613800138000")
    other = site.loan()
    ids = {
        "book": "main",
        "loan": other,
        "person": person,
        "product": "none",
        "request": "1",
        "login": "ghost",
        "client": "ghost",
        "session": "ghost",
        "name": "ghost",
        "lang": "en",
        "webhook": "ghost",
        "event": "ghost",
        "rail": "ghost",
        "batch": "ghost",
        "order": "ghost",
    }
    callers: dict[str, tuple[httpx.Client, frozenset[Permission]]] = {
        role.value: (site.staff(role.value, role.value), GRANTS[role]) for role in STAFF_ROLES
    }
    callers["no role"] = (site.staff("novice"), frozenset())
    callers["borrower"] = (borrower, GRANTS[Role.BORROWER])
    callers["program"] = (site.program(), GRANTS[Role.API_CLIENT])
    nobody = site.client()
    forged = site.client(**{"x-role": "admin", "x-permission": "account.manage", "x-forwarded-user": "admin"})
    garbage = [
        site.client(authorization="Bearer dw_live_abc_def"),
        site.client(authorization="Basic YWRtaW46YWRtaW4="),
        site.client(authorization="Bearer"),
    ]
    planted = site.client(cookie="duewell_session=garbage")
    pairs = 0
    for route in routes_of(site):
        declared = route.endpoint.permission
        for client in (nobody, forged, planted):
            pairs += 1
            status = send(client, route, ids).status_code
            assert (status == 401) == (declared is not Permission.PUBLIC), (route, status)
            assert status < 500, route
        for client in garbage:
            pairs += 1
            assert send(client, route, ids).status_code == 401, (route, "garbage")
        for name, (client, granted) in callers.items():
            if route.operation_id in ("end_session", "sign_out_form", "end_session_form", "password_form"):
                continue
            pairs += 1
            response = send(client, route, ids)
            may = declared in granted | {Permission.PUBLIC, Permission.SIGNED_IN}
            assert (response.status_code == 403) == (not may), (name, route.path, response.text)
            assert response.status_code < 500, (name, route.path, response.text)
            if may:
                assert response.status_code != 401, (name, route.path, response.text)
    figure(f"routes by callers: {pairs} pairs, 0 holes.")
    assert pairs > 600


def test_a_borrower_sees_nobody_elses_loan(site: Site) -> None:
    mine, person = site.borrower("+8613800138000")
    own = site.loan(person=person)
    others = site.loan(person=site.person("+8613800138001"))
    tails = ("", "/statement", "/proof?total=outstanding", "/cost", "/mandates")
    for tail in tails:
        assert mine.get(f"/api/own/loans/{own}{tail}").status_code == 200
        assert problem_of(mine.get(f"/api/own/loans/{others}{tail}")) == (404, "loan-not-found")
    preview = {"futures": [{"name": "a", "lines": ["pay 1.00"]}]}
    assert mine.post(f"/api/own/loans/{own}/preview", json=preview).status_code == 200
    assert problem_of(mine.post(f"/api/own/loans/{others}/preview", json=preview)) == (404, "loan-not-found")
    for tail, body in (
        ("/mandates", {"rail": "debit", "name": "x", "account": "1"}),
        ("/mandates/revocation", {}),
        ("/orders", {"rail": "wallet", "amount_minor": 1}),
    ):
        made = mine.post(f"/api/own/loans/{others}{tail}", json=body, headers=key())
        assert problem_of(made) == (404, "loan-not-found")
    order = mine.get(f"/api/own/loans/{others}/orders/W1")
    assert problem_of(order) == (404, "loan-not-found")
    assert [each["loan_id"] for each in mine.get("/api/own/loans").json()["items"]] == [own]


def test_a_key_reaches_only_its_books(site: Site) -> None:
    loan, person = site.loan(), site.person("+8613800138003")
    narrow = site.program(books=[])
    for path in (
        "/api/books/main",
        f"/api/loans/{loan}",
        "/api/books/main/overdue",
        f"/api/persons/{person}",
    ):
        assert narrow.get(path).status_code == 404, path
    assert narrow.get("/api/books").json()["items"] == []
    site.conn.execute("reset role")
    site.conn.execute("update duewell.book set is_sandbox = false")
    tester = site.program(is_sandbox_only=True)
    assert tester.get(f"/api/loans/{loan}").status_code == 404
    assert tester.get("/api/books/main").status_code == 404
    assert site.program().get(f"/api/loans/{loan}").status_code == 200
