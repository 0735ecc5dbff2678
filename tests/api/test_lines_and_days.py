"""A line and the day through the API."""

from __future__ import annotations

from tests.api.site import Site, key, problem_of

LINE = {
    "limit_minor": 500_000, "currency": "CNY", "statement_day": 10, "rate_pct": "14.6", "minimum_pct": "10",
}  # fmt: skip


def test_a_line_is_opened_drawn_on_and_billed(site: Site) -> None:
    program = site.program()
    made = program.post("/api/books/main/lines", json=LINE, headers=key("l"))
    assert made.status_code == 201, made.text
    line = made.json()["loan_id"]
    assert program.post("/api/books/main/lines", json=LINE, headers=key("l")).json() == made.json()
    drawn = program.post(f"/api/loans/{line}/facts", json={"line": "draw 1000.00 as purchase"}, headers=key())
    assert drawn.status_code == 201, drawn.text
    program.post("/api/books/main/clock", json={"to": "2026-03-11"}, headers=key())
    shown = program.get(f"/api/lines/{line}").json()
    assert (shown["owed_minor"]["principal"], shown["available_minor"]) == (100_000, 400_000)
    (statement,) = shown["statements"]
    assert (statement["balance_minor"], statement["minimum_minor"]) == (100_000, 10_000)
    told = program.get(f"/api/lines/{line}/statement").json()
    assert [(each["kind"], each["amount_minor"]) for each in told["movements"]] == [
        ("limit", 0),
        ("purchase_draw", 100_000),
    ]
    proof = program.get(f"/api/lines/{line}/proof?part=minimum").json()["proof"]
    assert proof["amount_minor"] == 10_000
    assert problem_of(program.get(f"/api/loans/{line}")) == (422, "contract-not-a-loan")
    assert problem_of(program.get(f"/api/lines/{site.loan()}")) == (422, "contract-not-a-line")
    over = program.post(f"/api/loans/{line}/facts", json={"line": "draw 9000.00 as cash"}, headers=key())
    assert over.status_code == 422


def test_a_line_beyond_what_can_be_is_refused(site: Site) -> None:
    program = site.program()
    for change in (
        {"currency": "USD"},
        {"late_charge": {"pct": "5"}},  # the cap on penalties holds no charge of its own
        {"statement_day": 32},
        {"limit_minor": 0},
    ):
        made = program.post("/api/books/main/lines", json={**LINE, **change}, headers=key())
        assert made.status_code in (400, 422), change
        assert problem_of(made)


def test_the_operator_closes_days_and_reads_how_they_went(site: Site) -> None:
    site.loan()
    operator = site.staff("oscar", "operator")
    done = operator.post("/api/books/main/days", json={"until": "2026-03-04"})
    assert [each["day"] for each in done.json()["days"]] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    again = operator.post("/api/books/main/days", json={"until": "2026-03-04"})
    assert again.json()["days"] == []
    far = operator.post("/api/books/main/days", json={"until": "2026-09-01"})
    assert problem_of(far) == (422, "too-many-days")
    runs = operator.get("/api/books/main/days?limit=2").json()
    assert runs["open_on"] == "2026-03-05"
    assert [(each["day"], each["slices"] == each["slices_done"]) for each in runs["items"]] == [
        ("2026-03-04", True),
        ("2026-03-03", True),
    ]
    verdict = operator.post("/api/books/main/verification", json={"sample": 10}).json()
    assert verdict["is_clean"] is True and verdict["checks"] > 5
    trail = site.staff("cora", "compliance").get("/api/trail?target=main").json()["items"]
    assert [each["facts"]["day"] for each in trail if each["act"] == "day-closed"] == [
        "2026-03-04",
        "2026-03-03",
        "2026-03-02",
    ]


def test_a_book_without_loans_is_proven_too(site: Site) -> None:
    program = site.program()
    program.post(
        "/api/books", json={"code": "bare", "currency": "CNY", "open_on": "2026-01-05"}, headers=key()
    )
    told = program.post("/api/books/bare/verification", json={})
    assert told.status_code == 200 and told.json()["is_clean"] is True, told.text
    far = {"code": "early", "currency": "CNY", "open_on": "1970-01-01"}
    assert program.post("/api/books", json=far, headers=key()).status_code == 201
    assert program.post("/api/books/early/verification", json={}).json()["is_clean"] is True
