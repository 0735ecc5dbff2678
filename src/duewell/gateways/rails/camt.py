"""Statements of a bank in XML: camt.053 and camt.054, versions .02 to .08 and what lies between.

Needs    a path; the account it must be of.
Gives    read_camt: a FileRead whose entries are booked ones, several where one entry has details.
Never    passes on a file whose totals are not its rows', or that is of another account.
Source   ISO 20022 camt.053.001.02 and .08: between them the status became a choice, parties got a level, and
         an entry's amount in details moved; both places are looked at.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.money import Money, currency
from duewell.domain.receipts import Entry, EntryKind, Payer, Statement
from duewell.domain.texts import message_of
from duewell.gateways.rails._reading import (
    FileRead,
    amount_in,
    check_sum,
    day_in,
    instant_in,
    plain,
    refusing,
)
from duewell.gateways.rails._xml import Piece, pieces

ROOTS = ("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
_HOLDERS = ("Stmt", "Ntfctn")
ENTRIES_MAX = 500_000


def read_camt(path: Path, *, account: str) -> FileRead:
    """The booked entries of a file.

    Refuses   a file that cannot be read, is of another kind or account, or whose totals differ.
    """
    read = _Reader(account)
    for piece in pieces(path, ("Ntry", "Acct", "TxsSummry", "Bal", *_HOLDERS, *ROOTS, "Document")):
        read.take(piece)
    return read.done()


class _Reader:
    """A file piece by piece: entries come before the statement that holds them ends."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._entries: list[Entry] = []
        self._found = FileRead(Statement("", account, ()))
        self._id = ""
        self._statements = 0
        self._has_account = False
        self._is_camt = False
        self._sums: dict[str, list[int]] = {}
        self._summary: Piece | None = None
        self._balances: list[Piece] = []
        self._money = ""
        self._row = 0
        self._seen: set[str] = set()

    def take(self, piece: Piece) -> None:
        if piece.name == "Acct":
            self._check_account(piece)
        elif piece.name == "TxsSummry":
            self._summary = piece
        elif piece.name == "Bal":
            self._balances.append(piece)
        elif piece.name == "Ntry":
            self._take_entry(piece)
        elif piece.name in _HOLDERS:
            self._end_statement(piece)
        elif piece.name in ROOTS:
            self._is_camt = True

    def done(self) -> FileRead:
        if not self._is_camt or not self._statements:
            raise InvalidInput("rail-file-not-camt")
        self._found.statement = Statement(self._id, self._account, tuple(self._entries))
        return self._found

    def _check_account(self, piece: Piece) -> None:
        told = piece.told("Id", "IBAN") or piece.told("Id", "Othr", "Id")
        if _squeezed(told) != _squeezed(self._account):
            raise InvalidInput("rail-file-other-account", line=piece.line, given=told[-8:])
        self._money = piece.told("Ccy") or self._money
        self._has_account = True

    def _end_statement(self, piece: Piece) -> None:
        """The statement's own totals, once all its entries are there."""
        self._statements += 1
        if not self._has_account:
            raise InvalidInput("rail-file-other-account", line=piece.line, given="-")
        self._id = self._id or plain(piece.told("Id"), column="Stmt/Id")
        if self._summary is not None:
            self._check_summary(self._summary)
        self._check_balances()
        self._summary, self._balances, self._sums = None, [], {}
        self._has_account = False

    def _check_summary(self, summary: Piece) -> None:
        came, went = self._sums.get("CRDT", []), self._sums.get("DBIT", [])
        for name, some in (("TtlNtries", came + went), ("TtlCdtNtries", came), ("TtlDbtNtries", went)):
            total = summary.first(name)
            if total is None:
                continue
            if total.told("NbOfNtries"):
                check_sum(f"{name}/NbOfNtries", total.told("NbOfNtries"), found=str(len(some)))
            if total.told("Sum") and self._money:
                minor = amount_in(total.told("Sum"), self._money) if sum(some) else 0
                check_sum(f"{name}/Sum", self._shown(minor), found=self._shown(sum(some)))

    def _check_balances(self) -> None:
        """Opening balance and entries come to the closing one, where the file has both in one currency."""
        told: dict[str, int] = {}
        for each in self._balances:
            code = each.told("Tp", "CdOrPrtry", "Cd")
            amount = each.first("Amt")
            if code not in ("OPBD", "PRCD", "CLBD") or amount is None:
                continue
            money = amount.attributes.get("Ccy", self._money)
            sign = -1 if each.told("CdtDbtInd") == "DBIT" else 1
            text = amount.text.strip()
            minor = 0 if not text.strip("0.") else amount_in(text, money)
            told["open" if code != "CLBD" else "close"] = sign * minor
        if len(told) == 2 and self._money:
            entries = sum(self._sums.get("CRDT", [])) - sum(self._sums.get("DBIT", []))
            check_sum("CLBD", self._shown(told["close"]), found=self._shown(told["open"] + entries))

    def _shown(self, minor: int) -> str:
        return Money(minor, currency(self._money)).text()

    # -- entries ---------------------------------------------------------------------------------------

    def _take_entry(self, piece: Piece) -> None:
        self._row += 1
        refuse = refusing(self._found.refusals, piece.line)
        if self._row > ENTRIES_MAX:
            raise InvalidInput("rail-file-too-many", rows_max=ENTRIES_MAX)
        counted = self._counted(piece)
        if counted is None:
            self._found.waiting += 1
            return
        minor, money = counted
        column, value = "BookgDt", ""
        try:
            column, value = "BookgDt", _date_text(piece, "BookgDt")
            booked = day_in(value[:10])
            column, value = "ValDt", _date_text(piece, "ValDt") or value
            value_at = _instant(value)
            base = Entry(
                self._row,
                "",
                EntryKind.CREDIT,
                minor,
                money,
                booked,
                day_in(value[:10]),
                value_at=value_at,
                line=piece.line,
            )
            column, value = "NtryDtls", piece.told("AcctSvcrRef")
            for each in self._detailed(piece, base):
                column, value = "AcctSvcrRef", each.ref
                self._add(each)
        except Refusal as problem:
            refuse(column, value, problem)

    def _counted(self, piece: Piece) -> tuple[int, str] | None:
        """The amount of an entry that stands in the totals; None for one that is only announced.

        Refuses   the file: without the amount of every row its totals prove nothing.
        """
        column, value = "Amt", ""
        try:
            amount = piece.first("Amt")
            value = amount.text.strip() if amount is not None else ""
            money = amount.attributes.get("Ccy", "") if amount is not None else ""
            minor = amount_in(value, money)
            column, value = "CdtDbtInd", piece.told("CdtDbtInd")
            if value not in ("CRDT", "DBIT"):
                raise InvalidInput("rail-direction-unknown", given=value[:20])
        except Refusal as problem:
            raise InvalidInput(
                "rail-row-unreadable",
                row=self._row,
                line=piece.line,
                column=column,
                reason=message_of(problem),
            ) from problem
        if (piece.told("Sts", "Cd") or piece.told("Sts")) != "BOOK":
            return None
        self._money = self._money or money
        self._sums.setdefault(value, []).append(minor)
        return minor, money

    def _add(self, entry: Entry) -> None:
        if not entry.ref:
            raise InvalidInput("rail-entry-without-reference")
        plain(entry.ref, column="AcctSvcrRef")
        if entry.ref in self._seen:
            raise InvalidInput("rail-entry-twice", ref=entry.ref[:60])
        self._seen.add(entry.ref)
        self._entries.append(replace(entry, nth=len(self._entries) + 1))

    def _detailed(self, piece: Piece, base: Entry) -> list[Entry]:
        """The entry as one, or as many as its details name; their amounts come to the entry's."""
        own = piece.told("AcctSvcrRef") or piece.told("NtryRef")
        details = piece.all("NtryDtls", "TxDtls")
        if len(details) <= 1:
            detail = details[0] if details else piece
            ref = own or detail.told("Refs", "AcctSvcrRef")
            return [self._entry(piece, detail, replace(base, ref=ref))]
        found = []
        for number, detail in enumerate(details, start=1):
            amount = detail.first("Amt") or detail.first("AmtDtls", "TxAmt", "Amt")
            if amount is None:
                raise InvalidInput("rail-detail-without-amount", ref=own[:60])
            money = amount.attributes.get("Ccy", base.currency)
            ref = detail.told("Refs", "AcctSvcrRef")
            ref = ref if ref and ref != own else f"{own}/{number}"
            minor = amount_in(amount.text.strip(), money)
            found.append(self._entry(piece, detail, replace(base, ref=ref, amount=minor, currency=money)))
        if sum(each.amount for each in found) != base.amount:
            total, of = sum(each.amount for each in found), base.amount
            raise InvalidInput(
                "rail-details-differ", details_minor=total, entry_minor=of, currency=base.currency
            )
        return found

    def _entry(self, piece: Piece, detail: Piece, base: Entry) -> Entry:
        is_credit = piece.told("CdtDbtInd") == "CRDT"
        is_back = piece.told("RvslInd") in ("true", "1") or detail.first("RtrInf") is not None
        kind = EntryKind.CREDIT if is_credit else EntryKind.RETURN if is_back else EntryKind.DEBIT
        side = "Dbtr" if is_credit or is_back else "Cdtr"
        paid_to = _account(detail, "CdtrAcct")
        end_to_end = detail.told("Refs", "EndToEndId")
        return replace(
            base,
            kind=kind,
            virtual_account=paid_to if _squeezed(paid_to) != _squeezed(self._account) else "",
            references=tuple(
                each.text.strip()[:200] for each in detail.all("RmtInf", "Strd", "CdtrRefInf", "Ref")
            ),
            text=" ".join(each.text.strip() for each in detail.all("RmtInf", "Ustrd"))[:2000],
            end_to_end="" if end_to_end == "NOTPROVIDED" else plain(end_to_end, column="EndToEndId"),
            returns_ref=plain(detail.told("RtrInf", "OrgnlTxRef", "Ref"), column="RtrInf")
            or (plain(detail.told("Refs", "TxId"), column="TxId") if is_back else ""),
            reason=(detail.told("RtrInf", "Rsn", "Cd") or detail.told("RtrInf", "Rsn", "Prtry"))[:35],
            payer=Payer(
                (detail.told("RltdPties", side, "Nm") or detail.told("RltdPties", side, "Pty", "Nm"))[:140],
                _account(detail, f"{side}Acct")[:40],
                (
                    detail.told("RltdAgts", f"{side}Agt", "FinInstnId", "BIC")
                    or detail.told("RltdAgts", f"{side}Agt", "FinInstnId", "BICFI")
                )[:20],
            ),
        )


def _account(detail: Piece, name: str) -> str:
    found = detail.first("RltdPties", name)
    if found is None:
        return ""
    return found.told("Id", "IBAN") or found.told("Id", "Othr", "Id")


def _squeezed(text: str) -> str:
    return "".join(text.split()).upper()


def _date_text(piece: Piece, name: str) -> str:
    return piece.told(name, "Dt") or piece.told(name, "DtTm")


def _instant(text: str) -> datetime | None:
    """The instant where the bank names one with its offset; a bare time of day has no zone to trust."""
    if "T" not in text:
        return None
    found = instant_in(text)
    return found if found.tzinfo is not None else None
