"""Acts for two persons, and the trail of who did what.

Wants to prove: what forgives, takes back, gives out or changes what was agreed waits for somebody else; it is
done as it was asked, once, by one decision; and a changed, deleted or cut trail shows.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest

from duewell.store import trail
from tests.api.site import Site, key, problem_of

LINES = [
    "waive penalty 5.00",
    "charge-off",
    "refund 1.00",
    "rate 9%",
    "pause until 2026-04-01",
    "move 2026-04-02 to 2026-04-12",
    "extend by 3 from 2026-04-02",
    "re-amortize",
    "reverse {ref}",
]


def asked(site: Site, line: str, who: str = "anna") -> tuple[str, str]:
    """A loan and a request about it."""
    loan = site.loan()
    site.program().post(f"/api/loans/{loan}/facts", json={"line": "penalty 20.00"}, headers=key())
    made = site.staff(who, "officer").post(f"/api/loans/{loan}/facts", json={"line": line}, headers=key())
    assert made.status_code == 202, made.text
    return loan, made.json()["request"]


def count_of(site: Site, loan: str) -> int:
    return len(site.program().get(f"/api/loans/{loan}").json()["facts"])


def test_what_forgives_or_changes_waits_and_what_charges_or_pays_does_not(site: Site) -> None:
    program, loan = site.program(), site.loan()
    ref = program.get(f"/api/loans/{loan}").json()["facts"][0]["ref"]
    for line in LINES:
        made = program.post(f"/api/loans/{loan}/facts", json={"line": line.format(ref=ref)}, headers=key())
        assert (made.status_code, made.json()["status"]) == (202, "waiting"), line
    assert count_of(site, loan) == 1
    for line in ("pay 10.00", "fee 2.00"):
        assert program.post(f"/api/loans/{loan}/facts", json={"line": line}, headers=key()).status_code == 201


def test_a_lower_rate_holds_when_somebody_else_approves_it(site: Site) -> None:
    loan, request = asked(site, "rate 9%")
    boss = site.staff("ben", "supervisor")
    told = boss.get(f"/api/requests/{request}").json()
    assert told["content"] == {"line": "2026-03-02 rate 9%"}
    made = boss.post(f"/api/requests/{request}/decision", json={"approve": True, "reason": "goodwill"})
    assert made.status_code == 200, made.text
    rows = boss.get(f"/api/loans/{loan}").json()["rows"]
    assert rows[0]["due_minor"][2] == 900  # 9 % of 1,200.00 for a month
    assert count_of(site, loan) == 3
    again = boss.post(f"/api/requests/{request}/decision", json={"approve": False, "reason": "no"})
    assert problem_of(again) == (409, "approval-decided-already")
    facts = site.conn.execute("select actor from duewell.loan_fact order by seq desc limit 1").fetchone()
    assert facts == ("staff:anna+staff:ben",)


def test_nobody_decides_their_own(site: Site) -> None:
    site.add_staff("anna", "officer", "supervisor")
    loan, request = asked(site, "charge-off")
    anna = site.staff("anna")
    mine = anna.post(f"/api/requests/{request}/decision", json={"approve": True, "reason": "quick"})
    assert problem_of(mine) == (409, "request-is-own")
    assert anna.post(f"/api/requests/{request}/withdrawal").json()["status"] == "withdrawn"
    boss = site.staff("ben", "supervisor")
    late = boss.post(f"/api/requests/{request}/decision", json={"approve": True, "reason": "late"})
    assert problem_of(late) == (409, "approval-decided-already")
    assert count_of(site, loan) == 2


def test_of_many_who_decide_at_once_one_does(site: Site) -> None:
    loan, request = asked(site, "rate 9%")
    bosses = [site.staff(f"boss{n}", "supervisor") for n in range(6)]

    def decide(n: int) -> int:
        body = {"approve": n % 2 == 0, "reason": "at once"}
        return bosses[n].post(f"/api/requests/{request}/decision", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        told = sorted(pool.map(decide, range(6)))
    assert told == [200, 409, 409, 409, 409, 409]
    status = bosses[0].get(f"/api/requests/{request}").json()["status"]
    assert count_of(site, loan) == (3 if status == "approved" else 2)


def test_what_the_act_refuses_leaves_the_request_open(site: Site) -> None:
    loan, request = asked(site, "waive penalty 20.01")
    boss = site.staff("ben", "supervisor")
    yes = {"approve": True, "reason": "ok"}
    made = boss.post(f"/api/requests/{request}/decision", json=yes)
    assert made.status_code == 422, made.text
    assert boss.get(f"/api/requests/{request}").json()["status"] == "waiting"
    assert count_of(site, loan) == 2
    site.clock.move(days=7)
    boss = site.staff("ben")
    assert problem_of(boss.post(f"/api/requests/{request}/decision", json=yes)) == (409, "request-too-old")


def test_a_request_sent_twice_is_one_and_with_another_content_refused(site: Site) -> None:
    program, loan = site.program(), site.loan()
    body = {"line": "waive penalty 5.00"}
    first = program.post(f"/api/loans/{loan}/facts", json=body, headers=key("w"))
    assert program.post(f"/api/loans/{loan}/facts", json=body, headers=key("w")).json() == first.json()
    other = program.post(f"/api/loans/{loan}/facts", json={"line": "waive penalty 6.00"}, headers=key("w"))
    assert problem_of(other) == (422, "key-reused-with-another-body")
    boss = site.staff("ben", "supervisor")
    assert len(boss.get("/api/requests?waiting=true").json()["items"]) == 1


def test_roles_are_given_by_two(site: Site) -> None:
    root, second = site.staff("root", "admin"), site.staff("second", "admin")
    made = root.post("/api/staff", json={"login": "new", "name": "New One", "password": "eleven-brass-doors"})
    assert made.status_code == 201 and made.json()["totp_uri"].startswith("otpauth://")
    request = root.post("/api/staff/new/roles", json={"roles": ["officer"]}, headers=key()).json()["request"]
    own = root.post(f"/api/requests/{request}/decision", json={"approve": True, "reason": "x"})
    assert problem_of(own) == (409, "request-is-own")
    told = {each["login"]: each["roles"] for each in root.get("/api/staff").json()["items"]}
    assert told["new"] == []
    done = second.post(f"/api/requests/{request}/decision", json={"approve": True, "reason": "hired"})
    assert done.json()["decided"]["result"]["roles"] == ["officer"]
    unknown = root.post("/api/staff/new/roles", json={"roles": ["king"]}, headers=key())
    assert problem_of(unknown) == (422, "role-unknown")


def test_the_trail_holds_who_did_what_and_names_nobody_by_what_is_known_of_them(site: Site) -> None:
    person = site.person("+8613800138000")
    officer = site.staff("olga", "hardship-officer")
    assert officer.post(f"/api/persons/{person}/reveal", json={"reason": "call back"}).status_code == 200
    boss = site.staff("ben", "supervisor")
    page = boss.get("/api/trail?limit=200").json()
    acts = [(each["actor"], each["act"]) for each in page["items"]]
    assert ("staff:olga", "person-revealed") in acts and ("staff:olga", "signed-in") in acts
    text = boss.get("/api/trail?limit=200").text
    assert "13800138000" not in text and "Wang" not in text
    assert page["head"]["seq"] == page["items"][0]["seq"]
    of_person = boss.get("/api/trail", params={"target": person}).json()["items"]
    assert [each["act"] for each in of_person] == ["person-revealed", "person-added"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("update duewell.trail set actor = 'staff:nobody' where seq = 3", ("trail-broken", {"seq": 3})),
        ("update duewell.trail set facts = '{}' where seq = 2", ("trail-broken", {"seq": 2})),
        ("delete from duewell.trail where seq = 3", ("trail-broken", {"seq": 4})),
        ("delete from duewell.trail where seq >= 5", ("trail-cut", {"seq": 6})),
    ],
)
def test_a_changed_trail_shows(
    conn: psycopg.Connection, change: str, found: tuple[str, dict[str, int]]
) -> None:
    for n in range(6):
        at = datetime(2026, 3, 1, n, tzinfo=UTC)
        trail.add(conn, at=at, actor="staff:anna", act="signed-in", target=f"s{n}", n=n)
    head = trail.head(conn)
    assert trail.check(conn, head) == []
    conn.execute("alter table duewell.trail disable trigger all")
    conn.execute(change)
    assert trail.check(conn, head)[:1] == [found]


def test_the_chain_holds_while_many_write(site: Site) -> None:
    people = [site.staff(f"p{n}", "hardship-officer") for n in range(4)]
    person = site.person("+8613800138000")

    def reveal(n: int) -> int:
        made = people[n % 4].post(f"/api/persons/{person}/reveal", json={"reason": f"call {n}"})
        return made.status_code

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(reveal, range(40)))
    assert set(told) == {200}
    assert trail.check(site.conn, trail.head(site.conn)) == []
