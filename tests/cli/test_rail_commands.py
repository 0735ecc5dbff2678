"""The commands of rails, told in both languages: set, read, list, match, collect, answer, pay out, reconcile.

Wants to prove: each command says what it did, ends with 1 where something was refused or differs, gives one
document for machines. How: one loan in one book, with files the simulated bank writes.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from duewell.domain.party import parse_loan_id
from duewell.domain.receipts import LoanRef, payment_reference
from duewell.gateways.keys import read_keys
from duewell.gateways.rails.simulators.bank import Booked, SimulatedBank, statement_file
from tests.cli.told import Told, tell

ON = date(2026, 3, 1)
ACCOUNT = "622202020011"
RAILS = {
    "bank.toml": 'code = "bank"\nkind = "transfer"\naccount = "622202020011"\nname = "Duewell"\n',
    "debit.toml": 'code = "debit"\nkind = "debit"\naccount = "622202020011"\nname = "Duewell"\n'
    'slots = ["T 09:30", "T+1 09:30"]\n',
}


class Desk:
    """One operator at one book."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.bank = SimulatedBank(ACCOUNT)
        self.do("book", "open", "--currency", "CNY", "--open-on", str(ON))
        for name, text in RAILS.items():
            (folder / name).write_text(text)
            assert self.do("rail", "set", str(folder / name)).code == 0
        done = self.do("disburse", "--principal", "1200", "--rate", "12", "--instalments", "12", "--json")
        self.loan = done.document["loan_id"]

    def do(self, *words: str, lang: str = "en", book: bool = True) -> Told:
        more = ("--book", "b") if book else ()
        return tell(self.url, *words, *more, lang=lang)

    def file(self, name: str, text: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def statement(self, *rows: Booked, **more: Any) -> str:
        number = f"S{len(list(self.folder.iterdir()))}"
        return self.file(f"{number}.xml", statement_file(number, ACCOUNT, list(rows), on=ON, **more))


@pytest.fixture
def desk(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("DUEWELL_KEY_FILE", str(tmp_path / "master.key"))
    read_keys(tmp_path / "master.key", may_make=True)
    return Desk(url, tmp_path)


def credit(ref: str, amount: str, **more: Any) -> Booked:
    return Booked(ref, amount, "CNY", "CRDT", **more)


def test_a_statement_is_read_its_rest_listed_and_matched(desk: Desk) -> None:
    named = payment_reference(LoanRef(*parse_loan_id(desk.loan)))
    path = desk.statement(
        credit("A1", "50.00", reference=named), credit("U1", "7.00", text="三月", name="张三")
    )
    read = ("rail", "read-statement", path, "--rail", "bank")
    dry = desk.do(*read, "--dry-run")
    assert dry.code == 0 and "1 would be posted, CNY 50.00" in dry.out
    done = desk.do(*read)
    assert done.code == 0 and "1 posted, CNY 50.00; 0 returned, 1 in suspense" in done.out
    assert desk.do(*read, "--json").document["again"] == 2
    listed = desk.do("rail", "suspense", "list", lang="zh")
    assert "U1" in listed.out and "找不到对应贷款" in listed.out and "三月 张三" in listed.out
    match = ("rail", "suspense", "match", "U1", "--rail", "bank", "--loan", desk.loan, "--key", "k1")
    assert "CNY 7.00 went to the loan" in desk.do(*match).out
    assert desk.do(*match, "--json").document["left_minor"] == 0
    over = desk.do("rail", "suspense", "match", "U1", "--rail", "bank", "--loan", desk.loan, "--json")
    assert over.code == 1 and over.problem["title"] == "suspense-nothing"
    reconciled = desk.do("rail", "reconcile")
    assert reconciled.code == 0 and "agree" in reconciled.out


def test_refused_rows_and_files_are_told_with_their_place(desk: Desk) -> None:
    text = "reference,amount,booked_on\nX1,NaN,2026-03-01\nX2,5.00,2026-03-01\nX2,5.00,2026-03-01\n"
    done = desk.do("rail", "read-statement", desk.file("s.csv", text), "--rail", "bank", "--json")
    assert done.code == 1
    rows = json.loads(done.out)["refusals"]
    assert [(r["line"], r["column"], r["code"]) for r in rows] == [
        (2, "amount", "amount-not-a-number"),
        (4, "reference", "rail-entry-twice"),
    ]
    assert "twice" in rows[1]["detail"]
    wrong = desk.statement(credit("A1", "50.00"), closing="51.00")
    for lang, word in (("en", "Nothing was done"), ("zh", "整份文件未处理")):
        told = desk.do("rail", "read-statement", wrong, "--rail", "bank", lang=lang)
        assert told.code == 1 and word in told.err
    bomb = '<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'
    told = desk.do("rail", "read-statement", desk.file("b.xml", bomb), "--rail", "bank", "--json")
    assert told.problem["title"] == "xml-with-doctype"
    assert (
        desk.do("rail", "read-statement", wrong, "--rail", "none", "--json").problem["title"]
        == "rail-not-found"
    )


def test_a_difference_ends_with_1_and_is_listed(desk: Desk) -> None:
    ahead = credit("A1", "50.00", text="x", value_on=date(2026, 3, 5))
    assert desk.do("rail", "read-statement", desk.statement(ahead), "--rail", "bank").code == 1
    told = desk.do("rail", "reconcile", "--on", str(ON), lang="zh")
    assert told.code == 1 and "通道有、我方无" in told.out and "1 处差异" in told.out
    as_csv = desk.do("rail", "reconcile", "--csv")
    assert as_csv.code == 1 and as_csv.out.splitlines()[1] == "rail-only,bank,A1,CNY,5000,,"
    assert json.loads(desk.do("rail", "reconcile", "--json").out)["counts"]["rail-only"] == 1


def test_a_mandate_is_signed_collected_answered_and_revoked(desk: Desk) -> None:
    sign = (
        "rail",
        "mandate",
        "sign",
        desk.loan,
        "--rail",
        "debit",
        "--name",
        "张三",
        "--account",
        "62179876",
    )
    assert "account ending 9876" in desk.do(*sign, "--key", "m").out
    shown = desk.do("rail", "mandate", "show", desk.loan)
    assert "in force" in shown.out and "collected 2026-04-01 09:30, 2026-04-02 09:30" in shown.out
    out = desk.folder / "c.xml"
    collect = ("rail", "collect", "--rail", "debit", "-o", str(out))
    assert "Nothing is to be collected" in desk.do(*collect).out and not out.exists()
    assert desk.do("day", "--until", "2026-03-31").code == 0
    assert "1, CNY 106" in desk.do(*collect, "--on", "2026-04-01").out
    assert desk.do(*collect, "--json").problem["title"] == "output-there-already"
    desk.bank.reasons = {"62179876": "AC04"}
    answer = desk.file("a.xml", desk.bank.answer(out))
    told = desk.do("rail", "read-status", answer, "--rail", "debit", lang="zh")
    assert told.code == 0 and "失败 1 笔" in told.out and "请借款人更换账户" in told.out
    assert "account refused" in desk.do("rail", "mandate", "show", desk.loan).out
    assert desk.do("rail", "mandate", "revoke", desk.loan, "--json").problem["title"] == "mandate-not-found"
    again = desk.do(*sign, "--key", "m2", "--json").document
    assert again["is_active"]
    assert "is revoked" in desk.do("rail", "mandate", "revoke", desk.loan, "--reason", "asked").out


def test_money_goes_back_and_out_in_a_file(desk: Desk) -> None:
    path = desk.statement(credit("U1", "9.00", text="?"), credit("U2", "1300.00", text=desk.loan))
    desk.do("rail", "read-statement", path, "--rail", "bank")
    back = ("rail", "suspense", "send-back", "U1", "--rail", "bank")
    assert desk.do(*back, "--json").problem["title"] == "suspense-payer-unknown"
    assert "CNY 9.00 is ordered paid back" in desk.do(*back, "--account", "62170000", "--name", "x").out
    refund = (
        "rail",
        "refund",
        desk.loan,
        "--rail",
        "bank",
        "--amount",
        "100",
        "--name",
        "y",
        "--account",
        "62",
    )
    assert "CNY 100.00 of the loan" in desk.do(*refund, "--key", "r").out
    assert desk.do(*refund, "--key", "r", "--json").document["pay_out"].startswith("P")
    out = desk.folder / "p.xml"
    assert "2, CNY 109.00" in desk.do("rail", "pay-out", "--rail", "bank", "-o", str(out)).out
    again = desk.do("rail", "pay-out", "--rail", "bank", "-o", str(desk.folder / "q.xml"))
    assert "Nothing waits" in again.out
    answer = desk.file("a.xml", desk.bank.answer(out))
    assert "2 paid" in desk.do("rail", "read-status", answer, "--rail", "bank").out


def test_a_rail_file_is_refused_for_what_it_has_wrong(desk: Desk) -> None:
    for text, title in (
        ('code = "x"\nkind = "cheque"\n', "rail-kind-unknown"),
        ('code = "x"\nkind = "transfer"\n', "rail-field-missing"),
        ('code = "x"\nkind = "transfer"\naccount = "1"\nis_real = true\n', "rail-real-in-sandbox"),
        ('code = "x"\nkind = "debit"\naccount = "1"\nname = "n"\nslots = ["T+1"]\n', "slot-unreadable"),
        ('code = "x"\nkind = "debit"\naccount = "1"\nname = "n"\nlayout = "none"\n', "layout-unknown"),
        ("code = \n", "rail-file-unreadable"),
    ):
        told = desk.do("rail", "set", desk.file("x.toml", text), "--json")
        assert told.problem["title"] == title
    listed = desk.do("rail", "list", lang="zh")
    assert "代扣" in listed.out and "T+1 09:30" in listed.out and "模拟" in listed.out
    given = desk.do("rail", "account", "9001", "--rail", "bank", "--loan", desk.loan)
    assert given.code == 0 and "RF" in given.out
    order = desk.do("rail", "order", desk.loan, "--rail", "bank", "--amount", "1", "--json")
    assert order.problem["title"] == "rail-kind-wrong"
    assert desk.do("rail", "deliver", "--json").document["pay_outs"]["sent"] == 0


def test_a_loan_is_paid_out_by_a_rail_to_whom_was_named(desk: Desk) -> None:
    lent = ("disburse", "--principal", "500", "--rate", "9", "--instalments", "3")
    to = ("--payee-name", "李四", "--payee-account", "6217000099998888")
    for words, lacking in (
        (("--rail", "bank"), "--payee-name, --payee-account"),
        (to, "--rail"),
        (("--payee-bank", "ICBK"), "--rail, --payee-name, --payee-account"),
    ):
        refused = desk.do(*lent, *words, "--json")
        assert (refused.code, refused.problem["facts"]["options"]) == (2, lacking)
    for _ in range(2):
        done = desk.do(*lent, "--rail", "bank", *to, "--payee-bank", "ICBK", "--key", "k1", "--json").document
    other = desk.do(
        *lent, "--rail", "bank", "--payee-name", "x", "--payee-account", "1", "--key", "k1", "--json"
    )
    assert other.problem["title"] == "key-reused-with-another-body"
    out = desk.folder / "out.xml"
    desk.do("rail", "pay-out", "--rail", "bank", "-o", str(out))
    text = out.read_text()
    assert text.count("<CdtTrfTxInf>") == 1 and "6217000099998888" in text and "李四" in text
    assert done["loan_id"] in text
