"""Orders to a bank in XML: direct debits (pain.008.001.02) and credit transfers (pain.001.001.03).

Needs    what is to be collected or paid, the creditor as the rail names it, the instant.
Gives    write_debits, write_transfers: the same bytes for the same orders.
Never    draws a random id or asks a clock: a file written again after a crash is the file.
Source   ISO 20022; held against the schemas in tests/gateways/test_rail_files.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree import ElementTree

from duewell.domain.money import Money, currency
from duewell.domain.receipts import Payer, Rail

_DEBITS = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.02"
_TRANSFERS = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9](?:[A-Z0-9]{3})?")


@dataclass(frozen=True, slots=True)
class Debit:
    """One collection: minor units from a payer, under a mandate signed on a day."""

    ref: str
    amount: int
    payer: Payer
    mandate: str
    signed_on: date
    text: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment to somebody."""

    ref: str
    amount: int
    payee: Payer
    text: str


def write_debits(
    rail: Rail, debits: Sequence[Debit], *, batch: str, currency_code: str, on: date, at: datetime
) -> bytes:
    """A collection file: one block of recurring debits, each booked singly."""
    root, order = _document(_DEBITS, "CstmrDrctDbtInitn")
    total = sum(each.amount for each in debits)
    _header(order, rail, batch, len(debits), total, currency_code, at)
    block = _add(order, "PmtInf")
    _add(block, "PmtInfId", batch)
    _add(block, "PmtMtd", "DD")
    _add(block, "BtchBookg", "false")
    _add(block, "NbOfTxs", str(len(debits)))
    _add(block, "CtrlSum", _amount(total, currency_code))
    kind = _add(block, "PmtTpInf")
    _add(_add(kind, "SvcLvl"), "Cd", "SEPA")
    _add(_add(kind, "LclInstrm"), "Cd", "CORE")
    _add(kind, "SeqTp", "RCUR")
    _add(block, "ReqdColltnDt", on.isoformat())
    _add(_add(block, "Cdtr"), "Nm", rail.name[:70])
    _account(_add(block, "CdtrAcct"), rail.account)
    _agent(_add(block, "CdtrAgt"), rail.bic)
    _add(block, "ChrgBr", "SLEV")
    if rail.creditor_id:
        other = _add(_add(_add(_add(block, "CdtrSchmeId"), "Id"), "PrvtId"), "Othr")
        _add(other, "Id", rail.creditor_id[:35])
        _add(_add(other, "SchmeNm"), "Prtry", "SEPA")
    for each in debits:
        made = _add(block, "DrctDbtTxInf")
        _add(_add(made, "PmtId"), "EndToEndId", each.ref)
        _add(made, "InstdAmt", _amount(each.amount, currency_code), Ccy=currency_code)
        mandate = _add(_add(made, "DrctDbtTx"), "MndtRltdInf")
        _add(mandate, "MndtId", each.mandate)
        _add(mandate, "DtOfSgntr", each.signed_on.isoformat())
        _agent(_add(made, "DbtrAgt"), each.payer.bank)
        _add(_add(made, "Dbtr"), "Nm", each.payer.name[:70] or "-")
        _account(_add(made, "DbtrAcct"), each.payer.account)
        _add(_add(made, "RmtInf"), "Ustrd", each.text[:140])
    return _bytes(root)


def write_transfers(
    rail: Rail, transfers: Sequence[Transfer], *, batch: str, currency_code: str, on: date, at: datetime
) -> bytes:
    """A file of payments out."""
    root, order = _document(_TRANSFERS, "CstmrCdtTrfInitn")
    total = sum(each.amount for each in transfers)
    _header(order, rail, batch, len(transfers), total, currency_code, at)
    block = _add(order, "PmtInf")
    _add(block, "PmtInfId", batch)
    _add(block, "PmtMtd", "TRF")
    _add(block, "BtchBookg", "false")
    _add(block, "NbOfTxs", str(len(transfers)))
    _add(block, "CtrlSum", _amount(total, currency_code))
    _add(block, "ReqdExctnDt", on.isoformat())
    _add(_add(block, "Dbtr"), "Nm", (rail.name or rail.code)[:70])
    _account(_add(block, "DbtrAcct"), rail.account)
    _agent(_add(block, "DbtrAgt"), rail.bic)
    _add(block, "ChrgBr", "SLEV")
    for each in transfers:
        made = _add(block, "CdtTrfTxInf")
        _add(_add(made, "PmtId"), "EndToEndId", each.ref)
        _add(_add(made, "Amt"), "InstdAmt", _amount(each.amount, currency_code), Ccy=currency_code)
        if _BIC.fullmatch(each.payee.bank):
            _agent(_add(made, "CdtrAgt"), each.payee.bank)
        _add(_add(made, "Cdtr"), "Nm", each.payee.name[:70] or "-")
        _account(_add(made, "CdtrAcct"), each.payee.account)
        _add(_add(made, "RmtInf"), "Ustrd", each.text[:140])
    return _bytes(root)


def _document(space: str, name: str) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("Document", {"xmlns": space})
    return root, _add(root, name)


def _header(
    order: ElementTree.Element, rail: Rail, batch: str, count: int, total: int, money: str, at: datetime
) -> None:
    head = _add(order, "GrpHdr")
    _add(head, "MsgId", batch)
    _add(head, "CreDtTm", at.isoformat(timespec="seconds"))
    _add(head, "NbOfTxs", str(count))
    _add(head, "CtrlSum", _amount(total, money))
    _add(_add(head, "InitgPty"), "Nm", (rail.name or rail.code)[:70])


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name, attributes)
    if text:
        made.text = text
    return made


def _account(parent: ElementTree.Element, account: str) -> None:
    squeezed = "".join(account.split()).upper()
    holder = _add(parent, "Id")
    if is_iban(squeezed):
        _add(holder, "IBAN", squeezed)
    else:
        _add(_add(holder, "Othr"), "Id", account[:34])


def _agent(parent: ElementTree.Element, bic: str) -> None:
    holder = _add(parent, "FinInstnId")
    if _BIC.fullmatch(bic):
        _add(holder, "BIC", bic)
    else:
        _add(_add(holder, "Othr"), "Id", bic[:35] or "NOTPROVIDED")


def is_iban(text: str) -> bool:
    """Whether text is an IBAN whose check digits fit (ISO 13616, mod 97-10)."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(mark, 36)) for mark in text[4:] + text[:4])) % 97 == 1


def _amount(minor: int, code: str) -> str:
    return Money(minor, currency(code)).text().replace(",", "")


def _bytes(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    made: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"
