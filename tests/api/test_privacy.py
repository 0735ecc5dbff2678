"""What is known of a person: sealed, found, masked, erased, and nowhere else.

Wants to prove: nothing of it stands in the clear in any table, log or answer that should not hold it; a
sealed value moved elsewhere does not open; keys can be renewed; erasing leaves the ledger as it was.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from duewell.domain.errors import Fault
from duewell.domain.party import parse_loan_id, parse_person_ref
from duewell.domain.receipts import LoanRef, Payer, payment_reference
from duewell.gateways import erasure_log
from duewell.gateways.keys import Seals, add_key, read_keys, seal, unseal
from duewell.gateways.rails.simulators.bank import Booked, statement_file
from duewell.services import keep_person
from duewell.services.disburse_loan import disburse_loan
from duewell.services.list_suspense import list_suspense
from duewell.services.set_rail import set_rail
from duewell.store import rails, vault
from duewell.store.posting import Request
from tests.api.site import OPENED, Site, key, problem_of

TOLD = {
    "name": "Canary Wren",
    "phone": "+8613912345678",
    "email": "canary.wren@example.com",
    "id_number": "11010519491231002X",
    "born_on": "1949-12-31",
    "address": "7 Canary Lane",
}
CANARIES = ("Canary", "13912345678", "canary.wren", "11010519491231002X", "1949-12-31")


def add(site: Site) -> str:
    made = site.program().post("/api/books/main/persons", json=TOLD, headers=key("canary"))
    assert made.status_code == 201, made.text
    return str(made.json()["person"])


def tables_with(site: Site, canaries: tuple[str, ...]) -> list[str]:
    """The tables a row of which holds one of the texts, plainly or as bytes."""
    names = site.conn.execute(
        "select c.relname from pg_class c where c.relnamespace = 'duewell'::regnamespace and c.relkind = 'r'"
    ).fetchall()
    site.conn.execute("reset role")
    found = []
    for (name,) in names:
        for text in canaries:
            row = site.conn.execute(
                f"select 1 from duewell.{name} t where t::text like %s or t::text like %s limit 1",
                [f"%{text}%", f"%{text.encode().hex()}%"],
            ).fetchone()
            if row is not None:
                found.append(f"{name}: {text}")
    return found


def test_nothing_known_of_a_person_stands_in_the_clear(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    person = add(site)
    loan = site.loan(person=person)
    program, officer = site.program(), site.staff("olga", "hardship-officer")
    program.post("/api/books/main/persons", json={**TOLD, "phone": "nonsense Canary"}, headers=key())
    program.post("/api/books/main/persons/find", json={"field": "phone", "value": TOLD["phone"]})
    program.get("/api/nothing/Canary", params={"q": "Canary"})
    program.get(f"/api/persons/{person}")
    officer.post(f"/api/persons/{person}/reveal", json={"reason": "call back"})
    site.client().post("/api/sessions/code", json={"book": "main", "field": "email", "value": TOLD["email"]})
    site.client().post(
        "/api/sessions/staff", json={"login": "canary.wren", "password": "Canary", "code": "1"}
    )
    program.post(f"/api/loans/{loan}/payments", content=b"Canary", headers=key())
    assert tables_with(site, CANARIES) == []
    logged = capfd.readouterr()
    assert "request" in logged.err
    for canary in CANARIES:
        assert canary not in logged.err + logged.out


RAIL_CANARIES = ("Canary", "62170000CANARY", "62170000PAYEE", "62170000PAYER")


def on_rails(site: Site, loan: str) -> None:
    """A mandate, a payer on a statement, a refund and money sent back, each naming the canary."""
    set_rail(site.conn, "main", {"code": "bank", "kind": "transfer", "account": "622202020011", "name": "Us"})
    set_rail(site.conn, "main", {"code": "debit", "kind": "debit", "account": "622202020011", "name": "Us"})
    program, boss = site.program(), site.staff("ben", "supervisor")
    payee = {"name": "Canary Wren", "account": "62170000PAYEE", "bank": ""}
    ref = payment_reference(LoanRef(*parse_loan_id(loan)))
    rows = [
        Booked("A1", "1300.00", "CNY", "CRDT", reference=ref, name="Canary Wren", account="62170000PAYER"),
        Booked("U1", "9.00", "CNY", "CRDT", text="from Canary", name="Canary", account="62170000PAYER"),
        Booked("U2", "9.00", "CNY", "CRDT", text="?", name="Canary", account="62170000PAYER"),
    ]
    raw = statement_file("S1", "622202020011", rows, on=OPENED).encode()
    path = "/api/books/main/rails/bank/statements"
    for _ in range(2):
        read = program.post(path, content=raw, headers={"content-type": "text/xml"})
        assert read.status_code == 200, read.text
    mandate = {"rail": "debit", "name": "Canary Wren", "account": "62170000CANARY"}
    assert program.post(f"/api/loans/{loan}/mandates", json=mandate, headers=key()).status_code == 201
    refund = {"rail": "bank", "amount_minor": 100, "payee": payee}
    back = {"rail": "bank", "ref": "U1", "payee": payee}
    for place, body in (
        (f"/api/loans/{loan}/refunds", refund),
        ("/api/books/main/suspense/send-back", back),
        ("/api/books/main/suspense/send-back", {"rail": "bank", "ref": "U2"}),
    ):
        asked = program.post(place, json=body, headers=key())
        assert asked.status_code == 202, asked.text
        decision = {"approve": True, "reason": "checked"}
        done = boss.post(f"/api/requests/{asked.json()['request']}/decision", json=decision)
        assert done.status_code == 200, done.text
    disburse_loan(
        site.conn, "main", principal=500, rate=Fraction(1, 10), instalments=1, on=None,
        request=Request("cli", "paid-out", "cli", site.clock()), rail="bank",
        payee=Payer("Canary Wren", "62170000PAYEE"), keys=site.state.keys,
    )  # fmt: skip


def test_what_rails_tell_of_somebody_stands_nowhere_in_the_clear(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    on_rails(site, site.loan(person=add(site)))
    assert tables_with(site, RAIL_CANARIES) == []
    logged = capfd.readouterr()
    for canary in RAIL_CANARIES:
        assert canary not in logged.err + logged.out
    site.conn.execute("set role duewell_app")
    told = list_suspense(site.conn, site.state.keys, "main")["items"]
    assert told == [], "all of it was sent back"
    rows = rails.entries_named(site.conn, [("main/bank", "U1")]).values()
    (told_of,) = [rails.told_of(site.conn, Seals(site.state.keys), row) for row in rows]
    assert (told_of["text"], told_of["payer"]["account"]) == ("from Canary", "62170000PAYER")


def paid_off(site: Site, loan: str) -> None:
    settled = site.program().post(f"/api/loans/{loan}/facts", json={"line": "settle"}, headers=key())
    assert settled.status_code == 201, settled.text


def test_erasing_makes_an_account_unreadable_and_leaves_receipts_and_ledger(site: Site) -> None:
    person = add(site)
    loan = site.loan(person=person)
    on_rails(site, loan)
    program = site.program()
    shown = program.get(f"/api/loans/{loan}/mandates").json()
    assert shown["mandates"][0]["account_end"] == "NARY" and shown["coming"]
    receipts = site.conn.execute("select count(*) from duewell.receipt").fetchone()
    before = ledger_of(site)
    second = site.staff("dan", "compliance")
    # Somebody with money on both sides would not be let go: erased all the same, nothing of them is read.
    with site.conn.transaction():
        vault.erase(site.conn, parse_person_ref(person), by="t", reason="asked", at=site.clock())
    shown = program.get(f"/api/loans/{loan}/mandates").json()
    assert (shown["mandates"][0]["account_end"], shown["coming"]) == ("", [])
    requests = second.get("/api/requests").json()["items"]
    assert [each["content"]["payee"] for each in requests if each["act"] == "refund"] == [None]
    assert ledger_of(site) == before
    assert site.conn.execute("select count(*) from duewell.receipt").fetchone() == receipts
    again = {"rail": "debit", "name": "Canary Wren", "account": "62170000CANARY"}
    program.post(f"/api/loans/{loan}/mandates/revocation", json={}, headers=key())
    signed = program.post(f"/api/loans/{loan}/mandates", json=again, headers=key())
    assert problem_of(signed) == (409, "person-erased")


def test_a_person_is_masked_but_for_a_reason(site: Site) -> None:
    person = add(site)
    masked = site.program().get(f"/api/persons/{person}").json()["fields"]
    assert masked == {
        "name": "C*** W***",
        "phone": "+86139****5678",
        "email": "c***@example.com",
        "id_number": "1****************X",
        "born_on": "***",
        "address": "***",
    }
    officer, helper = site.staff("olga", "officer"), site.staff("hana", "hardship-officer")
    assert officer.post(f"/api/persons/{person}/reveal", json={"reason": "x"}).status_code == 403
    assert problem_of(helper.post(f"/api/persons/{person}/reveal", json={"reason": " "})) == (
        422,
        "reason-missing",
    )
    clear = helper.post(f"/api/persons/{person}/reveal", json={"reason": "call back"}).json()["fields"]
    assert clear == {**TOLD, "phone": "+8613912345678"}


def test_a_person_is_found_by_phone_address_or_number_in_their_realm_only(site: Site) -> None:
    person, program = add(site), site.program()
    for field, value in (
        ("phone", "139 1234 5678"),
        ("email", "Canary.Wren@Example.com"),
        ("id_number", "110105 19491231 002x"),
    ):
        found = program.post("/api/books/main/persons/find", json={"field": field, "value": value})
        assert found.json()["person"] == person, field
    program.post(
        "/api/books", json={"code": "two", "currency": "CNY", "open_on": "2026-01-05"}, headers=key()
    )
    other = program.post("/api/books/two/persons/find", json={"field": "phone", "value": TOLD["phone"]})
    assert problem_of(other) == (404, "person-not-found")
    assert program.post("/api/books/two/persons", json=TOLD, headers=key()).status_code == 201


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("phone", "12", "phone-unreadable"),
        ("phone", "+0123456789", "phone-unreadable"),
        ("email", "a@b", "email-unreadable"),
        ("email", "a b@example.com", "email-unreadable"),
        ("id_number", "110105194912310021", "id-number-mistyped"),
        ("id_number", "!!", "id-number-unreadable"),
        ("name", "a\u202eb", "person-field-unreadable"),
        ("born_on", "1949-02-30", "birthday-unreadable"),
    ],
)
def test_a_mistyped_field_is_refused(site: Site, field: str, value: str, code: str) -> None:
    made = site.program().post("/api/books/main/persons", json={**TOLD, field: value}, headers=key())
    assert problem_of(made) == (422, code)


def test_a_changed_phone_is_found_and_the_old_one_free(site: Site) -> None:
    person, program = add(site), site.program()
    assert program.put(f"/api/persons/{person}", json={"phone": "+8613900000000"}).status_code == 200
    old = program.post("/api/books/main/persons/find", json={"field": "phone", "value": TOLD["phone"]})
    assert old.status_code == 404
    new = program.post("/api/books/main/persons/find", json={"field": "phone", "value": "+8613900000000"})
    assert new.json()["person"] == person


def test_a_sealed_value_opens_nowhere_else(site: Site, tmp_path: Path) -> None:
    one, two = parse_person_ref(add(site)), parse_person_ref(site.person("+8613800138000"))
    keys = site.state.keys
    site.conn.execute("reset role")
    for swap in (
        "update duewell.person_private a set ciphertext = b.ciphertext from duewell.person_private b"
        f" where a.person_id = {one} and b.person_id = {two} and a.field = 'name' and b.field = 'name'",
        "update duewell.person_private a set ciphertext = b.ciphertext from duewell.person_private b"
        f" where a.person_id = {one} and b.person_id = {one} and a.field = 'name' and b.field = 'address'",
        "update duewell.person_key a set wrapped_key = b.wrapped_key from duewell.person_key b"
        f" where a.person_id = {one} and b.person_id = {two}",
    ):
        with site.conn.transaction(force_rollback=True):
            site.conn.execute(swap)
            with pytest.raises(Fault, match="sealed-value-broken"):
                keep_person.show(site.conn, keys, one)
    assert keep_person.show(site.conn, keys, one)["fields"]["name"] == "C*** W***"
    other = read_keys(tmp_path / "other.key", may_make=True)
    with pytest.raises(Fault, match="sealed-value-broken"):
        keep_person.show(site.conn, other, one)
    blob = bytearray(seal(b"k" * 32, b"text", "here"))
    blob[-1] ^= 1
    with pytest.raises(Fault, match="sealed-value-broken"):
        unseal(b"k" * 32, bytes(blob), "here")


def test_a_new_master_key_wraps_every_person_anew(site: Site, tmp_path: Path) -> None:
    person = parse_person_ref(add(site))
    path = site.state.settings.key_file
    before = read_keys(path, may_make=False)
    assert add_key(path) == "k002"
    after = read_keys(path, may_make=False)
    assert keep_person.show(site.conn, after, person)["fields"]["name"] == "C*** W***"
    assert keep_person.wrap_anew(site.conn, after) == 1
    assert keep_person.wrap_anew(site.conn, after) == 0
    assert keep_person.show(site.conn, after, person)["fields"]["name"] == "C*** W***"
    with pytest.raises(Fault, match="master-key-not-held"):
        keep_person.show(site.conn, before, person)
    path.chmod(0o644)
    with pytest.raises(Fault, match="master-key-open-to-others"):
        read_keys(path, may_make=False)


def ledger_of(site: Site) -> list[object]:
    return list(
        site.conn.execute(
            "select md5(string_agg(t::text, '|' order by t::text)) from (select * from duewell.journal) t"
            " union all"
            " select md5(string_agg(t::text, '|' order by t::text)) from (select * from duewell.loan_fact) t"
        ).fetchall()
    )


def test_erasing_is_for_two_moves_no_balance_and_survives_a_restore(site: Site) -> None:
    person = add(site)
    loan = site.loan(person=person)
    owes = site.staff("dora", "compliance").post(
        f"/api/persons/{person}/erase", json={"reason": "asked for it"}, headers=key()
    )
    assert problem_of(owes) == (409, "account-owes"), "nobody could reach them any more"
    paid_off(site, loan)
    kept = {
        table: site.conn.execute(f"select * from duewell.{table}").fetchall()
        for table in ("person_key", "person_private", "person_name")
    }
    before = ledger_of(site)
    first, second = site.staff("cora", "compliance"), site.staff("ben", "compliance")
    made = first.post(f"/api/persons/{person}/erase", json={"reason": "asked for it"}, headers=key())
    assert made.status_code == 202
    assert site.program().get(f"/api/persons/{person}").json()["is_erased"] is False
    done = second.post(
        f"/api/requests/{made.json()['request']}/decision", json={"approve": True, "reason": "checked"}
    )
    assert done.json()["decided"]["result"]["is_erased"] is True, done.text
    gone = site.program().get(f"/api/persons/{person}").json()
    assert (gone["is_erased"], gone["fields"]) == (True, {})
    assert ledger_of(site) == before
    assert site.program().get(f"/api/loans/{loan}").status_code == 200
    assert problem_of(site.program().put(f"/api/persons/{person}", json={"name": "X"})) == (
        409,
        "person-erased",
    )
    found = site.program().post(
        "/api/books/main/persons/find", json={"field": "phone", "value": TOLD["phone"]}
    )
    assert found.status_code == 404
    # A backup from before brings the person back; the log takes them away again.
    site.conn.execute("reset role")
    site.conn.execute("alter table duewell.erasure disable trigger all")
    site.conn.execute("delete from duewell.erasure")
    for table, rows in kept.items():
        for row in rows:
            site.conn.execute(f"insert into duewell.{table} values ({', '.join(['%s'] * len(row))})", row)
    assert site.program().get(f"/api/persons/{person}").json()["is_erased"] is False
    log = site.state.settings.data / erasure_log.NAME
    assert keep_person.erase_again(site.conn, log) == 1
    assert keep_person.erase_again(site.conn, log) == 0
    assert site.program().get(f"/api/persons/{person}").json()["fields"] == {}
