"""Rails' files: read strictly in every version, written to the letter of the schema, hostile ones refused.

Wants to prove: what we write is valid by the published schemas and the same twice; what a bank sends is read
in both versions alike; nothing in a file can make us read too much, or believe totals that are not its rows'.
How: the simulated bank's files, the schemas that the package `sepaxml` carries, and a corpus of bad files.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest
import xmlschema

from duewell.domain.errors import Conflict, InvalidInput, NotFound, Refusal
from duewell.domain.receipts import (
    Answer,
    EntryKind,
    LoanRef,
    Payer,
    Rail,
    RailKind,
    payment_reference,
    rail_from,
)
from duewell.gateways import rails
from duewell.gateways.rails import PayOut, Status
from duewell.gateways.rails import read_statement_file as read_statement
from duewell.gateways.rails import read_status_file as read_status
from duewell.gateways.rails.simulators.bank import Booked, SimulatedBank, statement_file, status_file

ON = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 2, tzinfo=UTC)
ACCOUNT = "DE89370400440532013000"
BANK = rail_from({"code": "bank", "kind": "transfer", "account": ACCOUNT}, is_sandbox=True)
DEBITS = rail_from(
    {
        "code": "debit",
        "kind": "debit",
        "account": ACCOUNT,
        "name": "Duewell Lending",
        "creditor_id": "DE98ZZZ09999999999",
        "bic": "COBADEFFXXX",
    },
    is_sandbox=True,
)
LOAN = LoanRef(7, 1)
PAYER = Payer("Erika Muster & Söhne <GmbH>", "DE75512108001245126199", "SOGEDEFF")


def debit(n: int = 1, **more: object) -> rails.Debit:
    made = {"ref": f"C{n}", "amount": 10662, "payer": PAYER, "mandate": "M1", "signed_on": ON, "text": "due"}
    return rails.Debit(**(made | more))  # type: ignore[arg-type]


def schema(name: str) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(files("sepaxml") / "schemas" / f"{name}.xsd"))


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# -- what we write -----------------------------------------------------------------------------------


def test_a_collection_file_is_valid_by_its_schema_and_the_same_twice(tmp_path: Path) -> None:
    some = [debit(1), debit(2, payer=Payer("李四", "6222020200112233445", ""))]
    made = [
        rails.write_collections(DEBITS, some, batch="b-1", currency_code="EUR", on=ON, at=AT) for _ in "12"
    ]
    assert made[0] == made[1]
    schema("pain.008.001.02").validate(str(written(tmp_path / "a.xml", made[0])))
    assert b"<CtrlSum>213.24</CtrlSum>" in made[0] and "李四".encode() in made[0]


def test_a_pay_out_file_is_valid_by_its_schema(tmp_path: Path) -> None:
    rail = rails.FileRail(BANK, tmp_path)
    out = PayOut("P1", 120000, "EUR", PAYER, "Loan paid out")
    (answer,) = rail.send([out], batch="b-1", on=ON, at=AT)
    assert answer.answer is Answer.UNKNOWN, "handed over is not paid"
    path = tmp_path / "b-1.pain.001.xml"
    schema("pain.001.001.03").validate(str(path))
    before = path.read_bytes()
    rail.send([out], batch="b-1", on=ON, at=AT)
    assert path.read_bytes() == before


def test_a_chinese_batch_is_lines_by_its_layout(tmp_path: Path) -> None:
    rail = rail_from(
        {
            "code": "cn",
            "kind": "debit",
            "account": "1",
            "name": "贷款公司",
            "creditor_id": "M9",
            "layout": "cn-batch",
        },
        is_sandbox=True,
    )
    some = [debit(1, payer=Payer("李四", "62220202", "")), debit(2, payer=Payer("王五", "62220303", ""))]
    made = rails.write_collections(rail, some, batch="b-1", currency_code="CNY", on=ON, at=AT)
    assert made.decode("gb18030").split("\r\n") == [
        "F|b-1|M9|20260601|2|213.24",
        "1|62220202|李四|106.62|CNY|C1|M1|due",
        "2|62220303|王五|106.62|CNY|C2|M1|due",
        "",
    ]
    bank = SimulatedBank("1", {"62220303": "E001"})
    path = written(tmp_path / "r.txt", bank.answer_lines(written(tmp_path / "c.txt", made)))
    read = read_status(path, rail, currency_code="CNY")
    assert (read.original, read.refusals) == ("b-1", [])
    assert [(row.ref, row.status, row.reason) for row in read.rows] == [
        ("C1", Status.PAID, ""),
        ("C2", Status.REJECTED, "E001"),
    ]
    assert rails.reasons_of(rail)["E001"].value == "retry"
    with pytest.raises(InvalidInput) as told:
        rails.write_collections(rail, [debit(1, text="a|b")], batch="b", currency_code="CNY", on=ON, at=AT)
    assert told.value.code == "layout-field-unsafe"


# -- what a bank sends -------------------------------------------------------------------------------

ROWS = [
    Booked("A1", "106.62", "EUR", "CRDT", reference=payment_reference(LOAN), name="A & B", account="62"),
    Booked("A2", "5.00", "EUR", "CRDT", text="instalment June", paid_to="VA-1"),
    Booked("A3", "106.62", "EUR", "DBIT", end_to_end="C1", reason="AM04"),
    Booked("A4", "7.00", "EUR", "DBIT", text="fee of the bank"),
    Booked("A5", "9.00", "EUR", "CRDT", status="PDNG"),
]


@pytest.mark.parametrize("version", ["02", "08"])
def test_both_versions_of_a_statement_say_the_same(tmp_path: Path, version: str) -> None:
    path = written(
        tmp_path / "s.xml", statement_file("S1", ACCOUNT, ROWS, on=ON, version=version, opening="50.00")
    )
    read = read_statement(path, BANK, currency_code="EUR")
    assert (read.statement.id, read.refusals, read.waiting) == ("S1", [], 1)
    first, second, back, fee = read.statement.entries
    assert (first.ref, first.amount, first.kind, first.booked_on) == ("A1", 10662, EntryKind.CREDIT, ON)
    assert first.references == (payment_reference(LOAN),)
    assert first.payer == Payer("A & B", "62", "")
    assert (second.virtual_account, second.text) == ("VA-1", "instalment June")
    assert (back.kind, back.end_to_end, back.reason) == (EntryKind.RETURN, "C1", "AM04")
    assert fee.kind is EntryKind.DEBIT


def test_an_entry_with_details_is_as_many_entries(tmp_path: Path) -> None:
    text = statement_file("S1", ACCOUNT, [Booked("A1", "30.00", "EUR", "CRDT")], on=ON)
    detail = '<TxDtls><Refs><EndToEndId>E{0}</EndToEndId></Refs><Amt Ccy="EUR">{1}</Amt></TxDtls>'
    start, end = text.index("<TxDtls>"), text.index("</NtryDtls>")
    good = text[:start] + detail.format(1, "10.00") + detail.format(2, "20.00") + text[end:]
    read = read_statement(written(tmp_path / "s.xml", good), BANK, currency_code="EUR")
    assert [(e.ref, e.amount, e.end_to_end) for e in read.statement.entries] == [
        ("A1/1", 1000, "E1"),
        ("A1/2", 2000, "E2"),
    ]
    bad = good.replace('"EUR">20.00', '"EUR">19.00')
    read = read_statement(written(tmp_path / "s.xml", bad), BANK, currency_code="EUR")
    assert [r.message.code for r in read.refusals] == ["rail-details-differ"] and not read.statement.entries


def test_a_status_file_answers_each_order(tmp_path: Path) -> None:
    text = status_file(
        "ST", "b-1", [("C1", "1.00", "EUR", "ACSC", ""), ("C2", "1.00", "EUR", "RJCT", "MD07")]
    )
    read = read_status(written(tmp_path / "p.xml", text), DEBITS, currency_code="EUR")
    assert (read.id, read.original, read.group) == ("ST", "b-1", None)
    assert [(row.ref, row.status, row.reason, row.amount) for row in read.rows] == [
        ("C1", Status.PAID, "", 100),
        ("C2", Status.REJECTED, "MD07", 100),
    ]


CSV = (
    "reference,amount,booked_on,direction,payment_reference\n"
    "X1,106.62,2026-06-01,C,{0}\nX2,5.00,20260602,退,\n"
)


def test_a_statement_in_csv_has_its_columns_named_by_the_rail(tmp_path: Path) -> None:
    path = written(tmp_path / "s.csv", CSV.format(payment_reference(LOAN)))
    read = read_statement(path, BANK, currency_code="CNY")
    assert [(e.ref, e.amount, e.kind, e.booked_on.day) for e in read.statement.entries] == [
        ("X1", 10662, EntryKind.CREDIT, 1),
        ("X2", 500, EntryKind.RETURN, 2),
    ]
    named = rail_from(
        {
            "code": "bank", "kind": "transfer", "account": "62",
            "columns": {"reference": "流水号", "amount": "交易金额", "booked_on": "记账日期",
                        "virtual_account": "子账号", "account": "账号"},
        },
        is_sandbox=True,
    )  # fmt: skip
    text = '流水号,交易金额,记账日期,子账号,账号\n1,"1,234.50",20260601,9001,62\n2,1.00,20260601,9001,63\n'
    read = read_statement(written(tmp_path / "g.csv", text.encode("gb18030")), named, currency_code="CNY")
    assert [(e.amount, e.virtual_account) for e in read.statement.entries] == [(123450, "9001")]
    assert [(r.line, r.message.code) for r in read.refusals] == [(3, "rail-file-other-account")]
    with pytest.raises(InvalidInput) as told:
        read_statement(path, named, currency_code="CNY")
    assert told.value.code == "rail-columns-missing"


# -- hostile files -----------------------------------------------------------------------------------

GOOD = statement_file("S1", ACCOUNT, ROWS, on=ON)
BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>\n'
    "<Document>&c;</Document>"
)
EXTERNAL = '<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd">\n<Document/>'
HOSTILE = {
    "a bomb": (BOMB, "xml-with-doctype"),
    "an outside entity": (EXTERNAL, "xml-with-doctype"),
    "an entity nobody declared": ("<Document>&x;</Document>", "xml-unreadable"),
    "cut short": (GOOD[: len(GOOD) // 2], "xml-unreadable"),
    "too deep": ("<a>" * 10_000, "xml-too-deep"),
    "a field of 200 KB": (GOOD.replace("instalment June", "x" * 200_000), "xml-field-too-long"),
    "an attribute of 200 KB": (GOOD.replace('Ccy="EUR"', f'Ccy="{"E" * 200_000}"'), "xml-field-too-long"),
    "an amount that is none": (GOOD.replace(">5.00<", ">NaN<"), "rail-row-unreadable"),
    "an amount below zero": (GOOD.replace(">5.00<", ">-5.00<"), "rail-row-unreadable"),
    "an amount with a million zeros": (GOOD.replace(">5.00<", ">1e1000000<"), "rail-row-unreadable"),
    "a currency there is not": (GOOD.replace('"EUR">5.00', '"XXX">5.00'), "rail-row-unreadable"),
    "a closing balance of its own": (
        statement_file("S1", ACCOUNT, ROWS, on=ON, closing="999.00"),
        "rail-total-differs",
    ),
    "a count of its own": (
        GOOD.replace("<NbOfNtries>4</NbOfNtries>", "<NbOfNtries>5</NbOfNtries>"),
        "rail-total-differs",
    ),
    "another account": (GOOD.replace(ACCOUNT, "DE75512108001245126199"), "rail-file-other-account"),
    "no account": (
        GOOD.replace("<Acct>", "<Other>").replace("</Acct>", "</Other>"),
        "rail-file-other-account",
    ),
    "another kind of file": (status_file("a", "b", []), "rail-file-not-camt"),
    "no XML after its first mark": ("<", "xml-unreadable"),
    "an encoding nobody knows": (GOOD.replace("UTF-8", "no-such", 1), "xml-unreadable"),
    "bytes that are no text": (GOOD.encode().replace(b"instalment", b"\xff\xfe\xfa"), "xml-unreadable"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_at_once_with_its_place(name: str, tmp_path: Path) -> None:
    text, code = HOSTILE[name]
    path = written(tmp_path / "h.xml", text)
    began = time.monotonic()
    with pytest.raises(Refusal) as told:
        read_statement(path, BANK, currency_code="EUR")
    assert told.value.code in (code, "xml-encoding"), told.value
    assert time.monotonic() - began < 1
    if code.startswith("xml") or code == "rail-row-unreadable":
        assert int(str(told.value.facts["line"])) > 0


def test_an_amount_that_is_none_is_told_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as told:
        read_statement(
            written(tmp_path / "h.xml", HOSTILE["an amount that is none"][0]), BANK, currency_code="EUR"
        )
    assert (told.value.facts["row"], told.value.facts["column"]) == (2, "Amt")


def test_the_same_reference_twice_in_a_file_is_refused_where_it_stands(tmp_path: Path) -> None:
    text = statement_file("S1", ACCOUNT, [ROWS[0], ROWS[0]], on=ON)
    read = read_statement(written(tmp_path / "s.xml", text), BANK, currency_code="EUR")
    assert len(read.statement.entries) == 1
    assert [(r.message.code, r.line > 5) for r in read.refusals] == [("rail-entry-twice", True)]
    rows = CSV.format("").replace("X2", "X1")
    read = read_statement(written(tmp_path / "s.csv", rows), BANK, currency_code="EUR")
    assert [(r.line, r.column, r.message.code) for r in read.refusals] == [
        (3, "reference", "rail-entry-twice")
    ]


BAD_LINES = {
    "a wrong count": ("R|s|b-1|2|1.00\r\n1|C1|1.00|S||\r\n", "rail-total-differs"),
    "a wrong total": ("R|s|b-1|1|2.00\r\n1|C1|1.00|S||\r\n", "rail-total-differs"),
    "too few fields": ("R|s|b-1|1|1.00\r\n1|C1|1.00\r\n", "rail-line-width"),
    "another head": ("X|s|b-1|1|1.00\r\n", "rail-line-other"),
    "a line of 200 KB": ("R|s|b-1|1|1.00\r\n1|C1|1.00|S||" + "x" * 200_000, "rail-line-too-long"),
    "a NUL": ("R|s|b-1|1|1.00\r\n1|C1|1.00|S|\0|\r\n", "rail-file-encoding"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_result_of_lines_is_refused(name: str, tmp_path: Path) -> None:
    rail = rail_from(
        {"code": "cn", "kind": "debit", "account": "1", "name": "n", "layout": "cn-batch"}, is_sandbox=True
    )
    text, code = BAD_LINES[name]
    with pytest.raises(InvalidInput) as told:
        read_status(written(tmp_path / "r.txt", text), rail, currency_code="CNY")
    assert told.value.code == code


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_statement(tmp_path / "none.xml", BANK, currency_code="EUR")
    with pytest.raises(Refusal):
        read_status(written(tmp_path / "e.xml", ""), DEBITS, currency_code="EUR")


def test_a_rail_that_is_not_real_reaches_this_machine_alone() -> None:
    made = {"code": "w", "kind": "wallet", "merchant": "m", "secret_file": "s"}
    for url, code in (
        ("https://pay.example.com", "rail-not-real-leaves"),
        ("http://127.0.0.1.example.com", "rail-not-real-leaves"),
        ("http://0177.0.0.1", "rail-not-real-leaves"),
        ("ftp://127.0.0.1", "rail-field-unreadable"),
        ("http://u:p@127.0.0.1", "rail-field-unreadable"),
    ):
        with pytest.raises(Refusal) as told:
            rails.check_reach(rail_from({**made, "url": url}, is_sandbox=True))
        assert told.value.code == code, url
    rails.check_reach(rail_from({**made, "url": "http://127.0.0.1:9"}, is_sandbox=True))
    with pytest.raises(Conflict):
        rail_from({**made, "url": "https://pay.example.com", "is_real": True}, is_sandbox=True)
    with pytest.raises(Conflict):
        rails.check_reach(Rail("w", RailKind.WALLET, True, url="http://pay.example.com"))
