"""Signing in and out: who gets in, how often one may try, and what a session is worth once it ended.

Wants to prove: all three of a member of staff's are needed, a code works once, guessing is stopped for the
account and the address whatever comes after, and a cookie alone changes nothing.
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from duewell.api._cookies import cookie_name
from duewell.domain.access import Permission
from tests.api.site import PASSWORD, Site, key, problem_of
from tests.figures import Figure

PHONE = "+8613800138000"


def test_staff_need_all_three_and_are_told_nothing_else(site: Site) -> None:
    site.add_staff("anna", "officer")
    right = site.sign_in_of("anna")
    wrong = [
        {**right, "login": "nobody"},
        {**right, "password": "violet-anchor-77-lamb"},
        {**right, "code": "000000"},
    ]
    told = [site.client().post("/api/sessions/staff", json=each) for each in wrong]
    assert {problem_of(each) for each in told} == {(401, "sign-in-refused")}
    assert len({each.json()["detail"] for each in told}) == 1
    made = site.client().post("/api/sessions/staff", json=right)
    assert made.status_code == 201
    cookie = made.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie


def test_a_code_of_the_authenticator_works_once_even_at_the_same_moment(site: Site) -> None:
    site.add_staff("anna", "officer")
    right = site.sign_in_of("anna")

    def ask(_: int) -> int:
        return site.client().post("/api/sessions/staff", json=right).status_code

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(ask, range(5))) == [201, 401, 401, 401, 401]
    site.clock.move(seconds=29)
    assert ask(0) == 401


def test_a_stopped_account_is_out_at_once(site: Site) -> None:
    anna, admin = site.staff("anna", "officer"), site.staff("root", "admin")
    assert anna.get("/api/books").status_code == 200
    assert admin.put("/api/staff/anna/active", json={"is_active": False}).status_code == 200
    assert problem_of(anna.get("/api/books")) == (401, "session-ended")
    site.clock.move(seconds=60)
    again = site.client().post("/api/sessions/staff", json=site.sign_in_of("anna"))
    assert problem_of(again) == (401, "sign-in-refused")


def test_guessing_is_stopped_for_the_account_and_then_waits(site: Site) -> None:
    site.add_staff("anna", "officer")
    guess = {**site.sign_in_of("anna"), "password": "wrong-wrong-wrong"}
    told = [site.client().post("/api/sessions/staff", json=guess).status_code for _ in range(12)]
    assert told == [401] * 10 + [429] * 2
    right = site.client().post("/api/sessions/staff", json=site.sign_in_of("anna"))
    assert problem_of(right) == (429, "too-many-tries")
    assert 0 < int(right.headers["retry-after"]) <= 900
    site.clock.move(minutes=15)
    assert site.client().post("/api/sessions/staff", json=site.sign_in_of("anna")).status_code == 201


def test_a_thousand_guesses_from_one_address_meet_a_wall(site: Site, figure: Figure) -> None:
    with ThreadPoolExecutor(4) as pool:

        def ask(n: int) -> int:
            guess = {"login": f"user{n}", "password": "x" * 12, "code": "123456"}
            return site.client().post("/api/sessions/staff", json=guess).status_code

        told = list(pool.map(ask, range(400)))
    assert told.count(401) == 100 and set(told) == {401, 429}
    figure(f"guesses: {len(told)} sent, {told.count(401)} looked at.")


def test_an_account_that_is_not_there_takes_as_long(site: Site) -> None:
    """Both compute one hash: counted, since a clock on a busy machine proves nothing."""
    hashes: list[str | None] = []
    fits = site.state.hasher.fits

    def counting(kept: str | None, text: str) -> bool:
        hashes.append(kept)
        return fits(kept, text)

    site.state.hasher.fits = counting  # type: ignore[method-assign]
    site.add_staff("anna", "officer")
    for login in ("anna", "nobody"):
        guess = {**site.sign_in_of("anna"), "login": login, "password": "wrong-wrong-wrong"}
        site.client().post("/api/sessions/staff", json=guess)
    assert [kept is not None for kept in hashes] == [True, False]


def test_a_cookie_alone_changes_nothing(site: Site) -> None:
    admin = site.staff("root", "admin")
    token = admin.headers.pop("x-csrf-token")
    body = {"name": "till", "is_sandbox_only": True}
    assert problem_of(admin.post("/api/clients", json=body)) == (403, "form-token-wrong")
    wrong = admin.post("/api/clients", json=body, headers={"x-csrf-token": "x" + token})
    assert problem_of(wrong) == (403, "form-token-wrong")
    foreign = admin.post(
        "/api/clients", json=body, headers={"x-csrf-token": token, "origin": "https://evil.example"}
    )
    assert problem_of(foreign) == (403, "origin-foreign")
    assert admin.get("/api/clients").json()["items"] == []
    home = {"x-csrf-token": token, "origin": site.base}
    assert admin.post("/api/clients", json=body, headers=home).status_code == 201


def test_every_unsafe_route_asks_a_cookie_for_the_token(site: Site) -> None:
    admin = site.staff("root", "admin", "operator", "supervisor", "compliance", "risk")
    del admin.headers["x-csrf-token"]
    asked = 0
    for route in site.app.routes:
        (method,) = route.methods - {"HEAD"}  # type: ignore[attr-defined]
        if method == "GET" or route.endpoint.permission is Permission.PUBLIC:  # type: ignore[attr-defined]
            continue
        path = route.path  # type: ignore[attr-defined]
        path = re.sub(r"\{\w+\}", "x", path)
        made = admin.request(method, path, json={}, headers=key())
        assert problem_of(made) == (403, "form-token-wrong"), path
        asked += 1
    assert asked > 20


def test_a_session_that_was_set_from_outside_is_worth_nothing(site: Site) -> None:
    """No session is taken over at sign-in: each gets a token nobody knew before."""
    site.add_staff("anna", "officer")
    client = site.client()
    client.cookies.set(cookie_name(is_https=False), "planted")
    assert problem_of(client.get("/api/me")) == (401, "session-ended")
    fresh = site.client()
    made = fresh.post("/api/sessions/staff", json=site.sign_in_of("anna"))
    assert made.cookies[cookie_name(is_https=False)] != "planted"


def test_signing_out_ends_the_session_on_the_server(site: Site) -> None:
    anna = site.staff("anna", "officer")
    stolen = httpx.Client(base_url=site.base, cookies=dict(anna.cookies))
    assert stolen.get("/api/me").status_code == 200
    ended = anna.delete("/api/me/sessions/this")
    assert ended.status_code == 200 and "storage" in ended.headers["clear-site-data"]
    assert stolen.get("/api/me").status_code == 401


def test_sessions_end_by_themselves(site: Site) -> None:
    anna = site.staff("anna", "officer")
    for _ in range(25):
        site.clock.move(minutes=24)
        assert anna.get("/api/me").status_code == (200 if _ < 24 else 401)
    idle = site.staff("anna")
    site.clock.move(minutes=31)
    assert idle.get("/api/me").status_code == 401


def test_one_sees_and_ends_ones_own_sessions_only(site: Site) -> None:
    anna, second, ben = site.staff("anna", "officer"), site.staff("anna"), site.staff("ben", "officer")
    mine = anna.get("/api/me/sessions").json()["items"]
    assert len(mine) == 2 and sum(each["is_this"] for each in mine) == 1
    other = next(each["session"] for each in mine if not each["is_this"])
    assert problem_of(ben.delete(f"/api/me/sessions/{other}")) == (404, "session-not-found")
    assert anna.delete(f"/api/me/sessions/{other}").status_code == 200
    assert second.get("/api/me").status_code == 401


def test_a_borrowers_code_tells_nobody_whether_they_are_known(site: Site) -> None:
    site.person(PHONE)
    asked = {"book": "main", "field": "phone"}
    known = site.client().post("/api/sessions/code", json={**asked, "value": PHONE})
    unknown = site.client().post("/api/sessions/code", json={**asked, "value": "+8613800138777"})
    assert known.status_code == unknown.status_code == 202
    assert known.json().keys() == unknown.json().keys()
    code = site.code_sent(PHONE, "main")
    crossed = {"challenge": unknown.json()["challenge"], "code": code}
    assert problem_of(site.client().post("/api/sessions/borrower", json=crossed)) == (401, "code-refused")
    right = {"challenge": known.json()["challenge"], "code": code}
    assert site.client().post("/api/sessions/borrower", json=right).status_code == 201
    assert problem_of(site.client().post("/api/sessions/borrower", json=right)) == (401, "code-refused")


def test_a_borrowers_code_is_tried_five_times_and_for_ten_minutes(site: Site) -> None:
    site.person(PHONE)
    client = site.client()
    body = {"book": "main", "field": "phone", "value": PHONE}
    challenge = client.post("/api/sessions/code", json=body).json()["challenge"]
    right = site.code_sent(PHONE, "main")
    for n in range(5):
        wrong = f"{(int(right) + n + 1) % 1_000_000:06d}"
        made = client.post("/api/sessions/borrower", json={"challenge": challenge, "code": wrong})
        assert made.status_code == 401
    made = client.post("/api/sessions/borrower", json={"challenge": challenge, "code": right})
    assert problem_of(made) == (401, "code-refused")
    site.clock.move(minutes=16)
    challenge = client.post("/api/sessions/code", json=body).json()["challenge"]
    time.sleep(0.2)
    site.clock.move(minutes=10)
    late = {"challenge": challenge, "code": site.code_sent(PHONE, "main")}
    assert problem_of(client.post("/api/sessions/borrower", json=late)) == (401, "code-refused")


def test_a_borrower_may_have_a_password(site: Site) -> None:
    mine, person = site.borrower(PHONE)
    for weak in ("short", "passwordpassword", "aaaaaaaaaaaaaa"):
        assert mine.put("/api/own/password", json={"password": weak}).status_code == 422
    assert mine.put("/api/own/password", json={"password": "seven-teal-kettles"}).status_code == 200
    assert mine.get("/api/me").status_code == 401
    body = {"book": "main", "field": "phone", "value": PHONE, "password": "seven-teal-kettles"}
    again = site.client().post("/api/sessions/password", json=body)
    assert again.status_code == 201
    wrong = site.client().post("/api/sessions/password", json={**body, "password": "seven-teal-kettle"})
    assert problem_of(wrong) == (401, "sign-in-refused")
    assert (
        again.json()["session"]
        and site.client(cookie=again.headers["set-cookie"].partition(";")[0]).get("/api/me").json()["actor"]
        == f"borrower:{person}"
    )


def test_a_revoked_key_is_out_at_once(site: Site) -> None:
    admin = site.staff("root", "admin")
    made = admin.post("/api/clients", json={"name": "till"}).json()
    program = site.client(authorization=f"Bearer {made['key']}")
    assert program.get("/api/me").json()["actor"] == f"client:{made['client_id']}"
    assert admin.delete(f"/api/clients/{made['client_id']}").status_code == 200
    assert problem_of(program.get("/api/me")) == (401, "key-unknown")


def test_staff_change_their_own_password_with_the_current_one(site: Site) -> None:
    anna, other = site.staff("anna", "officer"), site.staff("anna")
    new = {"current": PASSWORD, "password": "nine-copper-gates-7"}
    wrong = anna.put("/api/me/password", json={**new, "current": "violet-anchor-77-lamb"})
    assert problem_of(wrong) == (401, "sign-in-refused")
    weak = anna.put("/api/me/password", json={**new, "password": "annaannaanna"})
    assert problem_of(weak) == (422, "password-guessable")
    assert anna.put("/api/me/password", json=new).status_code == 200
    assert anna.get("/api/me").status_code == 200 and other.get("/api/me").status_code == 401
    site.clock.move(seconds=30)
    old = site.client().post("/api/sessions/staff", json=site.sign_in_of("anna"))
    assert problem_of(old) == (401, "sign-in-refused")
    borrower, _ = site.borrower(PHONE)
    assert borrower.put("/api/me/password", json=new).status_code == 404
