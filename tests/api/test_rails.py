"""Payment rails through HTTP: money that comes, is collected, comes back, waits, and leaves.

Wants to prove: a returned direct debit and a silent wallet end in true states; a file sent twice posts
nothing twice; what gives money to somebody is done by two persons; a message without its signature is
nothing. How: the simulated bank and wallet, which speak the real formats, and each route by whom it is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from duewell.client import Duewell, calls
from duewell.domain.party import parse_loan_id
from duewell.domain.receipts import LoanRef, payment_reference
from duewell.gateways.rails.signing import HmacSigner
from duewell.gateways.rails.simulators.bank import Booked, SimulatedBank, statement_file
from duewell.gateways.rails.simulators.wallet import SimulatedWallet
from duewell.services.verify_book import verify_book
from duewell.worker.courier import deliver_book
from tests.api.site import OPENED, Site, key, problem_of

ACCOUNT = "622202020011"
SECRET = b"a secret of a sandbox"
WE = {"account": ACCOUNT, "name": "Duewell"}
BANK = {"code": "bank", "kind": "transfer", **WE}
DEBIT = {"code": "debit", "kind": "debit", "creditor_id": "DE98ZZZ09999999999", **WE}
XML, CSV = {"content-type": "text/xml"}, {"content-type": "text/csv"}


@dataclass
class Desk:
    """An operator, somebody who decides, a borrower with a loan, and a bank."""

    site: Site
    folder: Path
    bank: SimulatedBank = field(default_factory=lambda: SimulatedBank(ACCOUNT))
    files: int = 0

    def __post_init__(self) -> None:
        self.operator = self.site.staff("otto", "operator")
        self.boss = self.site.staff("ben", "supervisor")
        self.borrower, self.person = self.site.borrower("+8613800138000")
        self.loan = self.site.loan(person=self.person)

    def approved(self, made: httpx.Response) -> dict[str, Any]:
        """Whoever asked may not decide; somebody else does."""
        assert made.status_code == 202, made.text
        path = f"/api/requests/{made.json()['request']}/decision"
        done = self.boss.post(path, json={"approve": True, "reason": "checked"})
        assert done.status_code == 200, done.text
        result: dict[str, Any] = done.json()["decided"]["result"]
        return result

    def set(self, *tables: dict[str, Any]) -> None:
        for table in tables:
            self.approved(self.operator.post("/api/books/main/rails", json=table, headers=key()))

    def move_to(self, day: str) -> None:
        moved = self.site.program().post("/api/books/main/clock", json={"to": day}, headers=key())
        assert moved.status_code == 200, moved.text

    def statement(self, *rows: Booked, on: date = OPENED) -> bytes:
        self.files += 1
        return statement_file(f"S{self.files}", ACCOUNT, list(rows), on=on).encode()

    def upload(self, raw: bytes | str, rail: str = "bank", what: str = "statements", **query: Any) -> Any:
        content = raw.encode() if isinstance(raw, str) else raw
        made = self.operator.post(
            f"/api/books/main/rails/{rail}/{what}", content=content, headers=XML, params=query
        )
        assert made.status_code == 200, made.text
        assert verify_book(self.site.conn, "main").findings == []
        return made.json()

    def answer(self, raw: bytes) -> str:
        path = self.folder / "out.xml"
        path.write_bytes(raw)
        return self.bank.answer(path)

    def outstanding(self) -> int:
        shown = self.borrower.get(f"/api/own/loans/{self.loan}").json()
        return int(shown["outstanding_minor"])

    @property
    def reference(self) -> str:
        return payment_reference(LoanRef(*parse_loan_id(self.loan)))


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    return Desk(site, tmp_path)


def credit(ref: str, amount: str, **more: Any) -> Booked:
    return Booked(ref, amount, "CNY", "CRDT", **more)


def collected(desk: Desk) -> tuple[dict[str, Any], bytes]:
    made = desk.operator.post("/api/books/main/rails/debit/collections", json={}, headers=key("c1"))
    assert made.status_code == 201, made.text
    told: dict[str, Any] = made.json()
    file = desk.operator.get(told["file"])
    assert file.headers["content-type"] == "application/octet-stream"
    return told, file.content


def test_a_returned_direct_debit_ends_as_owed_and_costs_the_borrower_nothing(desk: Desk) -> None:
    desk.set(DEBIT)
    mine = f"/api/own/loans/{desk.loan}/mandates"
    given = {"rail": "debit", "name": "Wang Wei", "account": "6217000012345678"}
    signed = desk.borrower.post(mine, json=given, headers=key("m1"))
    assert (signed.status_code, signed.json()["account_end"]) == (201, "5678")
    assert desk.borrower.post(mine, json=given, headers=key("m1")).json() == signed.json()
    other = desk.borrower.post(mine, json=given | {"account": "1"}, headers=key("m1"))
    assert problem_of(other) == (422, "key-reused-with-another-body")
    coming = desk.borrower.get(mine).json()["coming"][0]
    assert (coming["due_on"], coming["amount_minor"]) == ("2026-04-02", 10_662)
    assert coming["tries"][0] == {"on": "2026-04-02", "at": "09:30"} and len(coming["tries"]) == 4
    desk.move_to("2026-04-02")
    told, file = collected(desk)
    assert (told["collections"], told["amount_minor"]) == (1, 10_662)
    assert collected(desk)[1] == file and b"6217000012345678" in file, "the same key is the same file"
    before = desk.outstanding()
    answer = desk.answer(file)
    assert desk.upload(answer, "debit", "statuses")["paid"] == 1
    assert desk.outstanding() == before - 10_662
    assert desk.upload(answer, "debit", "statuses")["again"] == 1
    desk.upload(desk.bank.statement("B1", date(2026, 4, 2)), "debit")
    clean = desk.operator.get("/api/books/main/reconciliation", params={"on": "2026-04-02"}).json()
    assert clean["is_clean"], clean
    desk.move_to("2026-04-04")
    back = Booked(
        "R1", "106.62", "CNY", "DBIT", end_to_end=ref_of(desk), account="6217000012345678", reason="MD06"
    )
    raw = desk.statement(back, on=date(2026, 4, 4))
    assert desk.upload(raw, "debit", dry_run=True)["returned"] == 1
    assert desk.outstanding() == before - 10_662, "a dry run changes nothing"
    assert desk.upload(raw, "debit")["returned"] == 1
    assert desk.upload(raw, "debit")["again"] == 1
    assert desk.outstanding() == before
    shown = desk.borrower.get(mine).json()
    (attempt,) = shown["attempts"]
    assert (attempt["state"], attempt["reason"], attempt["next"]) == ("returned", "MD06", "disputed")
    assert (shown["mandates"][0]["state"], shown["coming"]) == ("disputed", [])
    kinds = [each["kind"] for each in desk.borrower.get(f"/api/own/loans/{desk.loan}").json()["facts"]]
    assert kinds == ["Disbursed", "PaymentReceived", "PaymentReturned"]


def ref_of(desk: Desk) -> str:
    row = desk.site.conn.execute("select provider_ref from duewell.rail_entry").fetchone()
    assert row is not None
    return str(row[0])


def test_a_mandate_is_revoked_by_the_borrower_and_signed_anew_by_staff(desk: Desk) -> None:
    desk.set(DEBIT)
    officer = desk.site.staff("olga", "officer")
    given = {"rail": "debit", "name": "Wang Wei", "account": "6217000012345678"}
    staff = f"/api/loans/{desk.loan}/mandates"
    assert officer.post(staff, json=given, headers=key()).status_code == 201
    assert problem_of(officer.post(staff, json=given, headers=key())) == (409, "mandate-in-force")
    own = f"/api/own/loans/{desk.loan}/mandates"
    gone = desk.borrower.post(f"{own}/revocation", json={"reason": "moved"}, headers=key())
    assert (gone.status_code, gone.json()["state"]) == (200, "revoked")
    assert officer.post(f"{staff}/revocation", json={}, headers=key()).status_code == 404
    assert officer.post(staff, json=given, headers=key()).status_code == 201
    assert [each["state"] for each in officer.get(staff).json()["mandates"]] == ["revoked", "signed"]
    desk.move_to("2026-04-02")
    assert problem_of(desk.operator.get("/api/books/main/rails/debit/collections/none")) == (
        404,
        "batch-not-found",
    )
    far = desk.operator.post(
        "/api/books/main/rails/debit/collections", json={"on": "2026-05-30"}, headers=key()
    )
    assert problem_of(far) == (422, "collect-day-out-of-range")


@pytest.fixture
def wallet(desk: Desk) -> Iterator[SimulatedWallet]:
    made = SimulatedWallet("M1", HmacSigner(SECRET), paid_at="2026-03-02T04:00:00+00:00")
    folder = desk.site.state.settings.data / "rail-secrets"
    folder.mkdir()
    (folder / "wallet").write_bytes(SECRET)
    table = {"code": "wallet", "kind": "wallet", "url": made.start(), "merchant": "M1"}
    desk.set(table | {"secret_file": "wallet"})
    yield made
    made.close()


def ordered(desk: Desk, wallet: SimulatedWallet, name: str) -> str:
    body = {"rail": "wallet", "amount_minor": 5_000}
    path = f"/api/own/loans/{desk.loan}/orders"
    made = desk.borrower.post(path, json=body, headers=key(name))
    assert (made.status_code, made.json()["state"]) == (201, "unknown"), made.text
    assert desk.borrower.post(path, json=body, headers=key(name)).json() == made.json()
    return wallet.open(made.json()["url"])


def state_of(desk: Desk, order: str) -> str:
    shown = desk.borrower.get(f"/api/own/loans/{desk.loan}/orders/{order}").json()
    assert desk.site.program().get(f"/api/loans/{desk.loan}/orders/{order}").json() == shown
    return str(shown["state"])


def test_a_silent_wallet_is_unknown_until_it_is_asked(desk: Desk, wallet: SimulatedWallet) -> None:
    first, second = ordered(desk, wallet, "o1"), ordered(desk, wallet, "o2")
    message = wallet.pay(first)
    wallet.fail(second, "cancelled")
    wallet.silent = True
    before = desk.outstanding()

    def poll() -> None:
        desk.site.clock.move(minutes=5)
        deliver_book(desk.site.conn, desk.site.state.keys, "main", at=desk.site.clock())

    poll()
    assert (state_of(desk, first), state_of(desk, second), desk.outstanding()) == (
        "unknown",
        "unknown",
        before,
    )
    wallet.silent = False
    poll()
    assert (state_of(desk, first), state_of(desk, second)) == ("ok", "failed")
    assert desk.outstanding() == before - 5_000
    late = desk.site.client().post("/api/books/main/rails/wallet/notifications", data=message)
    assert (late.status_code, desk.outstanding()) == (200, before - 5_000), "told late, it is nothing new"
    other = desk.site.loan()
    elsewhere = desk.site.program().get(f"/api/loans/{other}/orders/{first}")
    assert problem_of(elsewhere) == (404, "pay-order-not-found")


def test_only_a_signed_message_is_believed(desk: Desk, wallet: SimulatedWallet) -> None:
    path, nobody = "/api/books/main/rails/wallet/notifications", desk.site.client()
    first, second = ordered(desk, wallet, "o1"), ordered(desk, wallet, "o2")
    before, message = desk.outstanding(), wallet.pay(first)
    for change in ({"amount": "1"}, {"sign": ""}, {"order": second}, {"merchant": "M2"}):
        for body in ({"data": message | change}, {"json": message | change}):
            assert problem_of(nobody.post(path, **body)) == (422, "notification-unsigned")
    for place in ("rails/none", "rails/debit"):
        told = nobody.post(f"/api/books/main/{place}/notifications", json=message)
        assert problem_of(told) == (422, "notification-unsigned")
    assert problem_of(nobody.post("/api/books/no/rails/x/notifications", json=message)) == (
        422,
        "notification-unsigned",
    )
    form = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"order=1&order=2", b"\xff", b"a=%00"):
        assert problem_of(nobody.post(path, content=content, headers=form)) == (400, "body-not-fields")
    assert problem_of(nobody.post(path, json={"order": 1})) == (400, "body-not-fields")
    assert desk.outstanding() == before
    assert nobody.post(path, data=message).status_code == 200
    assert nobody.post(path, json=wallet.pay(second)).status_code == 200
    assert nobody.post(path, json=message).status_code == 200
    assert desk.outstanding() == before - 10_000
    assert (state_of(desk, first), state_of(desk, second)) == ("ok", "ok")


def test_a_statement_sent_twice_posts_nothing_twice(desk: Desk) -> None:
    desk.set(BANK)
    account = desk.operator.post(
        "/api/books/main/rails/bank/accounts", json={"account": "9558 0001", "loan": desk.loan}
    )
    assert account.json()["reference"] == desk.reference
    rows = [credit("A1", "10.00", reference=desk.reference), credit("A2", "5.00", paid_to="95580001")]
    raw, before = desk.statement(*rows, credit("U1", "4.00", text="?")), desk.outstanding()
    first, second = desk.upload(raw), desk.upload(raw)
    assert (first["posted"], first["suspense"], first["again"]) == (2, 1, 0)
    assert (second["posted"], second["suspense"], second["again"]) == (0, 0, 3)
    assert desk.outstanding() == before - 1_500
    token = desk.site.program().headers["authorization"].removeprefix("Bearer ")
    with Duewell(desk.site.base, token) as client:
        csv = f"reference,amount,booked_on,text\nA3,1.00,2026-03-02,{desk.loan}\nA4,x,2026-03-02,?\n"
        done: Any = client(
            calls.rails.upload_statement("main", "bank", content=csv.encode(), media="text/csv")
        )
        assert (done["posted"], done["refused"]) == (1, 1)
        assert done["refusals"][0]["detail"], "in the reader's language"
    hostile = desk.operator.post(
        "/api/books/main/rails/bank/statements", content=b"<!DOCTYPE x><x/>", headers=XML
    )
    assert hostile.status_code == 422, hostile.text
    json_body = desk.operator.post("/api/books/main/rails/bank/statements", json={})
    assert problem_of(json_body) == (400, "body-not-a-file")
    large = desk.operator.post(
        "/api/books/main/rails/bank/statements", content=b"x" * ((1 << 20) + 1), headers=CSV
    )
    assert problem_of(large) == (413, "body-too-large")


def test_suspense_is_matched_by_one_and_approved_by_another(desk: Desk) -> None:
    desk.set(BANK)
    desk.upload(desk.statement(credit("U/1", "40.00", text="for March", name="Li Lei", account="62170099")))
    (item,) = desk.operator.get("/api/books/main/suspense").json()["items"]
    assert item["told"]["text"] == "for March"
    assert item["told"]["payer"] == {"name": "L* L**", "account_end": "0099", "bank": ""}
    before = desk.outstanding()
    body = {"rail": "bank", "ref": "U/1", "loan": desk.loan}
    asked = desk.operator.post("/api/books/main/suspense/match", json=body, headers=key("s1"))
    assert desk.operator.post("/api/books/main/suspense/match", json=body, headers=key("s1")).json() == (
        asked.json()
    )
    own = desk.boss.post("/api/books/main/suspense/match", json=body, headers=key())
    decision = {"approve": True, "reason": "mine"}
    path = f"/api/requests/{own.json()['request']}/decision"
    assert problem_of(desk.boss.post(path, json=decision)) == (409, "request-is-own")
    assert desk.outstanding() == before
    done = desk.approved(asked)
    assert (done["moved_minor"], done["left_minor"]) == (4_000, 0)
    assert desk.outstanding() == before - 4_000
    assert desk.operator.get("/api/books/main/suspense").json()["items"] == []
    actor = desk.site.conn.execute(
        "select actor from duewell.loan_fact order by recorded_at desc, seq desc limit 1"
    )
    assert actor.fetchone() == ("staff:otto+staff:ben",)


def test_money_leaves_by_two_and_its_payee_is_shown_masked(desk: Desk) -> None:
    desk.set(BANK)
    rows = [credit("A1", "1300.00", reference=desk.reference), credit("U1", "9.00", text="?")]
    desk.upload(desk.statement(*rows))
    payee = {"name": "Wang Wei", "account": "6217000012345678"}
    back = {"rail": "bank", "ref": "U1", "payee": payee, "amount_minor": 500}
    sent = desk.operator.post("/api/books/main/suspense/send-back", json=back, headers=key())
    assert sent.json()["content"]["payee"] == {"name": "W*** W**", "account_end": "5678", "bank": ""}
    assert desk.approved(sent)["left_minor"] == 400
    program = desk.site.program()
    body = {"rail": "bank", "amount_minor": 10_000, "payee": payee}
    asked = program.post(f"/api/loans/{desk.loan}/refunds", json=body, headers=key("r1"))
    assert (
        program.post(f"/api/loans/{desk.loan}/refunds", json=body, headers=key("r1")).json() == asked.json()
    )
    other = body | {"payee": payee | {"account": "1"}}
    again = program.post(f"/api/loans/{desk.loan}/refunds", json=other, headers=key("r1"))
    assert problem_of(again) == (422, "key-reused-with-another-body")
    done = desk.approved(asked)
    assert (done["loan_id"], done["schema"]) == (desk.loan, "duewell.refund/1")
    keys = [row for (row,) in desk.site.conn.execute(
        "select outbox_key from duewell.outbox where kind = 'rail.pay-out'"
    ).fetchall()]  # fmt: skip
    assert len(keys) == 2 and done["pay_out"] in keys
    assert verify_book(desk.site.conn, "main").findings == []


def test_a_book_without_four_eyes_does_it_at_once(desk: Desk) -> None:
    program = desk.site.program()
    told = {"code": "two", "currency": "CNY", "open_on": "2026-03-02", "four_eyes": False}
    assert program.post("/api/books", json=told, headers=key()).status_code == 201
    made = desk.operator.post("/api/books/two/rails", json=BANK, headers=key("b1"))
    assert (made.status_code, made.json()["rails"][0]["rail"]) == (201, "bank")
    assert desk.operator.post("/api/books/two/rails", json=BANK, headers=key("b1")).json() == made.json()
    other = desk.operator.post("/api/books/two/rails", json=DEBIT, headers=key("b1"))
    assert problem_of(other) == (422, "key-reused-with-another-body")
    loan = desk.site.loan(book="two")
    raw = desk.statement(credit("U1", "4.00", text="?"), credit("U2", "4.00", text="?", account="62"))
    read = desk.operator.post("/api/books/two/rails/bank/statements", content=raw, headers=XML)
    assert read.json()["suspense"] == 2, read.text
    match = {"rail": "bank", "ref": "U1", "loan": loan, "amount_minor": 100}
    done = program.post("/api/books/two/suspense/match", json=match, headers=key())
    assert (done.status_code, done.json()["left_minor"]) == (201, 300)
    back = program.post(
        "/api/books/two/suspense/send-back", json={"rail": "bank", "ref": "U2"}, headers=key()
    )
    assert (back.status_code, back.json()["left_minor"]) == (201, 0)
    mixed = program.post("/api/books/two/suspense/match", json=match | {"loan": desk.loan}, headers=key())
    assert problem_of(mixed) == (404, "file-loan-unknown")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"secret_file": "/etc/passwd"}, "rail-secret-elsewhere"),
        ({"secret_file": "../master.key"}, "rail-secret-elsewhere"),
        ({"url": "http://10.0.0.1/pay"}, "rail-not-real-leaves"),
        ({"url": "http://["}, "rail-field-unreadable"),
        ({"layout": "/etc/passwd"}, "rail-field-unreadable"),
        ({"is_real": True}, "rail-real-in-sandbox"),
    ],
)
def test_a_rail_names_no_file_of_the_server_and_reaches_nobody_elses_machine(
    site: Site, change: dict[str, Any], code: str
) -> None:
    table = {"code": "w", "kind": "wallet", "url": "http://127.0.0.1:1", "merchant": "M", "secret_file": "s"}
    made = site.staff("otto", "operator").post("/api/books/main/rails", json=table | change, headers=key())
    assert made.json()["code"] == code and made.status_code in (409, 422), made.text


def test_a_text_with_a_nul_is_not_read(desk: Desk) -> None:
    body = {"login": "a\x00", "password": "violet-anchor-77-lamp", "code": "123456"}
    told = desk.site.client().post("/api/sessions/staff", json=body)
    assert problem_of(told) == (400, "body-not-json")
    assert desk.operator.get("/api/books/a%00/rails").status_code in (400, 404)
    assert desk.operator.get("/api/books/main/rails/a%00/collections/b%00").status_code in (400, 404)


def test_a_key_of_other_books_finds_no_rails(desk: Desk) -> None:
    desk.set(BANK)
    narrow = desk.site.program(books=[])
    for path in ("rails", "suspense", "reconciliation"):
        assert narrow.get(f"/api/books/main/{path}").status_code == 404
    assert narrow.get(f"/api/loans/{desk.loan}/mandates").status_code == 404
    raw = desk.statement(credit("A1", "1.00"))
    assert narrow.post("/api/books/main/rails/bank/statements", content=raw, headers=XML).status_code == 404
    assert desk.outstanding() > 0
