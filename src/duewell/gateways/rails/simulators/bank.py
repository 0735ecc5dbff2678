"""A bank: reads our pain.008, pain.001 and batches of lines, and answers with pain.002 and camt.053.

Needs    files of ours; which accounts have no money, are closed, or belong to the dead; the day.
Gives    SimulatedBank; run as a program on a folder it answers every file once.
Never    shares code with what it tests beyond the reading of XML: it writes its own files.
Source   ISO 20022 pain.002.001.03, camt.053.001.02 and .08.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from duewell.gateways.rails._xml import Piece, pieces

_STATUS = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"
_STATEMENT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.{}"


@dataclass(frozen=True, slots=True)
class Booked:
    """One line of the bank's own book. `amount` is text as in files; `way` CRDT or DBIT."""

    ref: str
    amount: str
    currency: str
    way: str
    end_to_end: str = ""
    reference: str = ""
    text: str = ""
    paid_to: str = ""
    name: str = ""
    account: str = ""
    reason: str = ""
    is_reversal: bool = False
    status: str = "BOOK"
    value_on: date | None = None


@dataclass(slots=True)
class SimulatedBank:
    """A bank with one account of ours. `reasons` says of whose account a debit fails, and why."""

    account: str
    reasons: Mapping[str, str] = field(default_factory=dict)
    booked: list[Booked] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def answer(self, path: Path) -> str:
        """The pain.002 that answers a file of ours; the money it moves is booked, once for the same file."""
        message, rows = "", []
        for piece in pieces(path, ("GrpHdr", "DrctDbtTxInf", "CdtTrfTxInf")):
            if piece.name == "GrpHdr":
                message = piece.told("MsgId")
            else:
                rows.append(self._order(piece, is_debit=piece.name == "DrctDbtTxInf"))
        is_new = message not in self.seen
        self.seen.add(message)
        told = []
        for ref, amount, money, account, name, way in rows:
            reason = self.reasons.get(account, "")
            if not reason and is_new:
                self.booked.append(
                    Booked(f"B-{ref}", amount, money, way, end_to_end=ref, name=name, account=account)
                )
            told.append((ref, amount, money, "RJCT" if reason else "ACSC", reason))
        return status_file(f"ST-{message}", message, told)

    @staticmethod
    def _order(piece: Piece, *, is_debit: bool) -> tuple[str, str, str, str, str, str]:
        amount = piece.first("InstdAmt") or piece.first("Amt", "InstdAmt")
        assert amount is not None
        side = "Dbtr" if is_debit else "Cdtr"
        account = piece.told(f"{side}Acct", "Id", "IBAN") or piece.told(f"{side}Acct", "Id", "Othr", "Id")
        return (
            piece.told("PmtId", "EndToEndId"),
            amount.text.strip(),
            amount.attributes["Ccy"],
            account,
            piece.told(side, "Nm"),
            "CRDT" if is_debit else "DBIT",
        )

    def answer_lines(self, path: Path, *, encoding: str = "gb18030") -> bytes:
        """The result of a batch of lines as cn-batch writes them."""
        lines = path.read_bytes().decode(encoding).split("\r\n")
        head = lines[0].split("|")
        told = []
        for line in lines[1:]:
            if not line:
                continue
            nth, account, _, amount, money, ref, *_ = line.split("|")
            reason = self.reasons.get(account, "")
            if not reason and head[1] not in self.seen:
                self.booked.append(Booked(f"B-{ref}", amount, money, "CRDT", end_to_end=ref, account=account))
            told.append(
                "|".join([nth, ref, amount, "F" if reason else "S", reason, "余额不足" if reason else ""])
            )
        self.seen.add(head[1])
        result = "|".join(["R", f"RS-{head[1]}", head[1], head[4], head[5]])
        return "".join(each + "\r\n" for each in [result, *told]).encode(encoding)

    def returns(self, ref: str, reason: str) -> None:
        """A debit that the payer's bank takes back some days later."""
        first = next(each for each in self.booked if each.end_to_end == ref)
        self.booked.append(
            Booked(
                f"R-{first.ref}",
                first.amount,
                first.currency,
                "DBIT",
                end_to_end=ref,
                account=first.account,
                reason=reason,
            )
        )

    def statement(self, number: str, on: date, *, version: str = "02", opening: str = "0.00") -> str:
        """What was booked since the last statement, as a camt.053."""
        rows, self.booked = self.booked, []
        return statement_file(number, self.account, rows, on=on, version=version, opening=opening)


def status_file(
    id_: str, message: str, rows: Iterable[tuple[str, str, str, str, str]], group: str = ""
) -> str:
    """A pain.002.001.03 of (end-to-end id, amount, currency, status, reason)."""
    told = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{escape(ref)}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        + (f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else "")
        + f'<OrgnlTxRef><Amt><InstdAmt Ccy="{money}">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>\n'
        for ref, amount, money, status, reason in rows
    )
    whole = f"<GrpSts>{group}</GrpSts>" if group else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_STATUS}"><CstmrPmtStsRpt>\n'
        f"<GrpHdr><MsgId>{escape(id_)}</MsgId><CreDtTm>2026-01-01T00:00:00</CreDtTm></GrpHdr>\n"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escape(message)}</OrgnlMsgId>"
        f"<OrgnlMsgNmId>pain.008.001.02</OrgnlMsgNmId>{whole}</OrgnlGrpInfAndSts>\n"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{escape(message)}</OrgnlPmtInfId>\n{told}</OrgnlPmtInfAndSts>\n"
        "</CstmrPmtStsRpt></Document>\n"
    )


def statement_file(
    number: str,
    account: str,
    rows: list[Booked],
    *,
    on: date,
    version: str = "02",
    opening: str = "0.00",
    closing: str | None = None,
) -> str:
    """A camt.053 with its balances and totals; `closing` in place of the right one makes a wrong file."""
    money = rows[0].currency if rows else "CNY"
    booked = [each for each in rows if each.status == "BOOK"]
    cents = _cents(opening) + sum(_cents(e.amount) * (1 if e.way == "CRDT" else -1) for e in booked)
    end = closing if closing is not None else _text(cents)
    came = [each for each in booked if each.way == "CRDT"]
    summary = (
        f"<TxsSummry><TtlNtries><NbOfNtries>{len(booked)}</NbOfNtries></TtlNtries><TtlCdtNtries>"
        f"<NbOfNtries>{len(came)}</NbOfNtries><Sum>{_text(sum(_cents(e.amount) for e in came))}</Sum>"
        "</TtlCdtNtries></TxsSummry>\n"
    )
    holder = f"<IBAN>{account}</IBAN>" if account[:2].isalpha() else f"<Othr><Id>{account}</Id></Othr>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="{_STATEMENT.format(version)}"><BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>{escape(number)}</MsgId><CreDtTm>{on}T23:59:00</CreDtTm></GrpHdr>\n"
        f"<Stmt><Id>{escape(number)}</Id><CreDtTm>{on}T23:59:00</CreDtTm>\n"
        f"<Acct><Id>{holder}</Id><Ccy>{money}</Ccy></Acct>\n"
        + _balance("OPBD", _cents(opening), money, on)
        + _balance("CLBD", _cents(end), money, on)
        + summary
        + "".join(_entry(each, on, version) for each in rows)
        + "</Stmt></BkToCstmrStmt></Document>\n"
    )


def _balance(code: str, cents: int, money: str, on: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{money}">{_text(abs(cents))}</Amt>'
        f"<CdtDbtInd>{'DBIT' if cents < 0 else 'CRDT'}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>\n"
    )


def _entry(each: Booked, on: date, version: str) -> str:
    is_new = version >= "08"
    side = "Dbtr" if each.way == "CRDT" or each.reason else "Cdtr"
    status = f"<Sts><Cd>{each.status}</Cd></Sts>" if is_new else f"<Sts>{each.status}</Sts>"
    name = f"<Pty><Nm>{escape(each.name)}</Nm></Pty>" if is_new else f"<Nm>{escape(each.name)}</Nm>"
    parties = f"<{side}>{name}</{side}>" if each.name else ""
    if each.account:
        parties += f"<{side}Acct><Id><Othr><Id>{escape(each.account)}</Id></Othr></Id></{side}Acct>"
    if each.paid_to:
        parties += f"<CdtrAcct><Id><Othr><Id>{escape(each.paid_to)}</Id></Othr></Id></CdtrAcct>"
    remittance = f"<Ustrd>{escape(each.text)}</Ustrd>" if each.text else ""
    if each.reference:
        remittance += f"<Strd><CdtrRefInf><Ref>{escape(each.reference)}</Ref></CdtrRefInf></Strd>"
    return (
        f'<Ntry><Amt Ccy="{each.currency}">{each.amount}</Amt><CdtDbtInd>{each.way}</CdtDbtInd>'
        + ("<RvslInd>true</RvslInd>" if each.is_reversal else "")
        + f"{status}<BookgDt><Dt>{on}</Dt></BookgDt><ValDt><Dt>{each.value_on or on}</Dt></ValDt>"
        f"<AcctSvcrRef>{escape(each.ref)}</AcctSvcrRef><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{escape(each.end_to_end) or 'NOTPROVIDED'}</EndToEndId></Refs>"
        + (f"<RltdPties>{parties}</RltdPties>" if parties else "")
        + (f"<RmtInf>{remittance}</RmtInf>" if remittance else "")
        + (f"<RtrInf><Rsn><Cd>{each.reason}</Cd></Rsn></RtrInf>" if each.reason else "")
        + "</TxDtls></NtryDtls></Ntry>\n"
    )


def _cents(text: str) -> int:
    whole, _, part = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole or "0")) * 100 + int((part + "00")[:2]))


def _text(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def main(words: list[str]) -> int:
    """Answer every file of ours in a folder.

    `python -m duewell.gateways.rails.simulators.bank FOLDER ACCOUNT DAY [ACCOUNT=REASON ...]`
    """
    folder, account, day = Path(words[0]), words[1], date.fromisoformat(words[2])
    reasons = dict(each.partition("=")[::2] for each in words[3:])
    bank = SimulatedBank(account, reasons)
    for path in sorted(folder.glob("*.xml")):
        if ".pain.00" in path.name and ".pain.002" not in path.name:
            answer = path.with_name(path.name.replace(".xml", ".answer.pain.002.xml"))
            answer.write_text(bank.answer(path), "utf-8")
    if bank.booked:
        (folder / f"{day}.camt.053.xml").write_text(bank.statement(f"STMT-{day}", day), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
