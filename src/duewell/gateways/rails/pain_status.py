"""Answers of a bank in XML: pain.002, versions .03 and later, to our collections and payments.

Needs    a path.
Gives    read_pain_002: the file of ours it answers, a status for all of it, a row for each order.
Never    takes an order it does not name as answered.
Source   ISO 20022 pain.002.001.03; external payment transaction status codes.
"""

from __future__ import annotations

from pathlib import Path

from duewell.domain.errors import InvalidInput, Refusal
from duewell.gateways.rails._reading import (
    Status,
    StatusRead,
    StatusRow,
    amount_in,
    plain,
    refusing,
)
from duewell.gateways.rails._xml import Piece, pieces

ROWS_MAX = 500_000
_CODES = {
    **dict.fromkeys(("RJCT", "CANC"), Status.REJECTED),
    **dict.fromkeys(("ACSC", "ACCC"), Status.PAID),
    **dict.fromkeys(("ACCP", "ACTC", "ACSP", "ACWC", "RCVD", "PART"), Status.ACCEPTED),
    **dict.fromkeys(("PDNG",), Status.PENDING),
}
_ROOT = "CstmrPmtStsRpt"


def read_pain_002(path: Path) -> StatusRead:
    """Refuses   what cannot be read, is no pain.002, or counts its rows wrongly."""
    found = StatusRead("", "", [])
    seen: set[str] = set()
    is_root = False
    for piece in pieces(path, ("GrpHdr", "OrgnlGrpInfAndSts", "TxInfAndSts", "OrgnlPmtInfAndSts", _ROOT)):
        if piece.name == "GrpHdr":
            found.id = plain(piece.told("MsgId"), column="MsgId")
        elif piece.name == "OrgnlGrpInfAndSts":
            found.original = plain(piece.told("OrgnlMsgId"), column="OrgnlMsgId")
            _take_group(piece, found)
        elif piece.name == "OrgnlPmtInfAndSts" and not found.group:
            _take_group(piece, found, status="PmtInfSts")
        elif piece.name == "TxInfAndSts":
            if len(found.rows) >= ROWS_MAX:
                raise InvalidInput("rail-file-too-many", rows_max=ROWS_MAX)
            _take_row(piece, found, seen)
        elif piece.name == _ROOT:
            is_root = True
    if not is_root or not found.original:
        raise InvalidInput("rail-file-not-pain-002")
    return found


def _take_group(piece: Piece, found: StatusRead, status: str = "GrpSts") -> None:
    code = piece.told(status)
    if code and code not in _CODES:
        raise InvalidInput("rail-status-unknown", given=code[:20])
    if code:
        found.group = _CODES[code]
        found.group_reason = _reason(piece)


def _take_row(piece: Piece, found: StatusRead, seen: set[str]) -> None:
    refuse = refusing(found.refusals, piece.line)
    ref = piece.told("OrgnlEndToEndId")
    column, value = "OrgnlEndToEndId", ref
    try:
        if not plain(ref, column=column):
            raise InvalidInput("rail-entry-without-reference")
        if ref in seen:
            raise InvalidInput("rail-entry-twice", ref=ref[:60])
        column, value = "TxSts", piece.told("TxSts")
        if value not in _CODES:
            raise InvalidInput("rail-status-unknown", given=value[:20])
        status = _CODES[value]
        amount = piece.first("OrgnlTxRef", "Amt", "InstdAmt")
        minor = None
        if amount is not None:
            column, value = "InstdAmt", amount.text.strip()
            minor = amount_in(value, amount.attributes.get("Ccy", ""))
        seen.add(ref)
        found.rows.append(StatusRow(piece.line, ref, status, _reason(piece), minor))
    except Refusal as problem:
        refuse(column, value, problem)


def _reason(piece: Piece) -> str:
    return (piece.told("StsRsnInf", "Rsn", "Cd") or piece.told("StsRsnInf", "Rsn", "Prtry"))[:35]
