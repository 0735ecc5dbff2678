"""Receiving: what a rail said becomes a payment, a return, or money in suspense, each exactly once.

Needs    a connection in autocommit; a book, entries of its rails, the instant.
Gives    receive: what came of each entry, in the order given.
Never    posts an entry without its receipt in the same transaction, drops money that came, or guesses whose
         it is.
Source   docs/reference/rails.md; docs/decisions/0002: (rail, provider reference) is where a receipt lives.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from duewell.domain.calendar import last_cut_off
from duewell.domain.contract import contract_of
from duewell.domain.errors import Conflict, InvalidInput, Refusal
from duewell.domain.facts import Fact, FactKind
from duewell.domain.facts import known as alive
from duewell.domain.product import LoanTerms
from duewell.domain.receipts import (
    Entry,
    EntryKind,
    LoanRef,
    NextStep,
    Ref,
    Unmatched,
    match,
    named_by,
    parse_collection_ref,
    parse_numbered_ref,
    received,
    released,
)
from duewell.store import books, loans, mandates, outbox, pay_orders, posting, rails, receipts, suspense
from duewell.store.books import BookRow
from duewell.store.collecting import attempt_of, fail_attempt
from duewell.store.loans import Connection, LoanKey
from duewell.store.paying import find_pay_out
from duewell.store.posting import Request
from duewell.store.private import Sealer

CLIENT = "rail"
BATCH = 200
"""Entries posted in one transaction."""
POSTED, SUSPENSE, RETURNED, PAID_OUT, AGAIN, REFUSED = (
    "posted", "suspense", "returned", "paid-out", "again", "refused"
)  # fmt: skip
_RETURN = "/R"


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of a rail, the reference its receipt is kept under, and what a statement said first."""

    rail: str
    entry: Entry
    ref: Ref
    kept: rails.EntryRow | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What came of an entry: the outcome, why, and the receipt; or the refusal, and then nothing was done."""

    entry: Entry
    outcome: str
    reason: str = ""
    result: dict[str, Any] | None = None
    refusal: Refusal | None = None


def receive(
    conn: Connection,
    book: BookRow,
    rail: str,
    entries: Sequence[Entry],
    *,
    statement: str,
    actor: str,
    at: datetime,
    reasons: Mapping[str, NextStep] | None = None,
    sealer: Sealer | None = None,
) -> list[Received]:
    """Act on what a rail said, in batches of a transaction each.

    A `statement` (its id) is kept as the rail's side before anything is made of it; a notification or a
    status (empty) is not: a statement has yet to say that the money came. `sealer` seals who paid.
    An entry whose end-to-end id is ours belongs to the rail that sent it out, whichever file tells of it:
    told twice, by a status file and a statement, it is one receipt.
    """
    found: list[Received] = []
    for start in range(0, len(entries), BATCH):
        batch = entries[start : start + BATCH]
        with conn.transaction():
            told = _register(conn, book, rail, batch, statement=statement, at=at, sealer=sealer)
        with conn.transaction():
            work = _Work(conn, book, actor, at, reasons or {})
            found += work.receive(told)
    return found


def _register(
    conn: Connection,
    book: BookRow,
    rail: str,
    entries: Sequence[Entry],
    *,
    statement: str,
    at: datetime,
    sealer: Sealer | None,
) -> list[Told]:
    """Each entry with its reference, those of a statement kept; credits first, since a return names one."""
    found: dict[int, Told] = {}
    for is_return in (False, True):
        some = [each for each in entries if (each.kind is EntryKind.RETURN) is is_return]
        told = [(each, _ref(conn, book, rail, each)) for each in some]
        kept: dict[Ref, rails.EntryRow] = {}
        if statement and told:
            assert sealer is not None, "a statement tells who paid"
            rows = [(*ref, each) for each, ref in told]
            kept = rails.put_entries(conn, book.book_id, rows, sealer=sealer, statement=statement, at=at)
        for each, ref in told:
            found[each.nth] = Told(rail, each, ref, kept.get(ref))
    return [found[each.nth] for each in entries]


def _ref(conn: Connection, book: BookRow, rail: str, entry: Entry) -> Ref:
    """Where the receipt of an entry lives: under our id where it carries one, the rail's own reference else.

    A return's is that of its credit, marked: a payment is taken back once, whoever tells of it.
    """
    if entry.kind is EntryKind.DEBIT:
        is_ours = bool(entry.end_to_end) and find_pay_out(conn, entry.end_to_end) is not None
        return (rail, entry.end_to_end if is_ours else entry.ref)
    sent = _sent(conn, book, entry.end_to_end)
    if entry.kind is EntryKind.CREDIT:
        return sent or (rail, entry.ref)
    if receipts.find_many(conn, [(rail, entry.ref)]):
        return (rail, entry.ref)  # It came before its credit did: it waits in suspense under its own name.
    if sent is not None:
        original: Ref | None = sent if receipts.find_many(conn, [sent]) else None
    else:
        original = rails.original_of(conn, book.book_id, rail, entry)
    return (rail, entry.ref) if original is None else (original[0], original[1] + _RETURN)


def _sent(conn: Connection, book: BookRow, end_to_end: str) -> Ref | None:
    """The rail of this book that sent a collection or an order out, with its id."""
    ours = parse_collection_ref(end_to_end)
    if ours is not None:
        row = attempt_of(conn, ours)
        is_here = row is not None and row.rail.startswith(f"{book.code}/")
        return (row.rail, end_to_end) if row is not None and is_here else None
    numbered = parse_numbered_ref(end_to_end)
    if numbered is not None and numbered[0] == "W":
        order = pay_orders.read_order(conn, numbered[1], numbered[2])
        if order is not None and order.book_id == book.book_id:
            return (order.rail, end_to_end)
    return None


def body_hash(entry: Entry) -> bytes:
    """What makes two tellings of a reference the same: the kind, the amount and its currency."""
    asked = [entry.kind.value, entry.amount, entry.currency]
    return hashlib.sha256(json.dumps(asked).encode()).digest()


def effective_on(book: BookRow, entry: Entry) -> date:
    """When money counts: its instant moved by the cut-off rule, or the rail's value date.

    An instant after the cut-off of a day that is still open counts on that day: it is recorded there.
    """
    if entry.value_at is None:
        return entry.value_on
    day = last_cut_off(entry.value_at, book.cutoff, book.clock) + timedelta(days=1)
    return min(day, book.open_on)


class _Work:
    """One batch, inside its transaction."""

    def __init__(
        self, conn: Connection, book: BookRow, actor: str, at: datetime, reasons: Mapping[str, NextStep]
    ) -> None:
        self.conn, self.actor, self.at, self.reasons = conn, actor, at, reasons
        books.share_day(conn, book.book_id)
        self.book = books.read_book(conn, book.code)

    def receive(self, told: Sequence[Told]) -> list[Received]:
        """Credits together, then all else in its order: a return may be of a credit of the same file."""
        # What a return takes back is held with it, before any loan is locked: the order every verb keeps.
        refs = [each.ref for each in told]
        receipts.hold(self.conn, [*refs, *((rail, ref.removesuffix(_RETURN)) for rail, ref in refs)])
        there = receipts.find_many(self.conn, [each.ref for each in told])
        found: dict[int, Received] = {}
        seen: set[Ref] = set()
        todo: list[Told] = []
        for each in told:
            refusal = self._refusal(each, there.get(each.ref))
            if refusal is not None:
                found[each.entry.nth] = Received(each.entry, REFUSED, refusal.code, refusal=refusal)
            elif each.ref in there or each.ref in seen:
                result = there.get(each.ref)
                found[each.entry.nth] = Received(each.entry, AGAIN, result=result)
            else:
                seen.add(each.ref)
                todo.append(each)
        credits_ = [each for each in todo if each.entry.kind is EntryKind.CREDIT]
        for done in self._credits(credits_):
            found[done.entry.nth] = done
        for each in todo:
            if each.entry.kind is EntryKind.RETURN:
                found[each.entry.nth] = self._returned(each)
            elif each.entry.kind is EntryKind.DEBIT:
                found[each.entry.nth] = self._debited(each)
        return [found[each.entry.nth] for each in told]

    def _refusal(self, told: Told, there: dict[str, Any] | None) -> Refusal | None:
        """Why an entry is not acted on: it says something else than was said before, or it is ahead of us."""
        entry = told.entry
        before = None
        if told.kept is not None:
            before = (told.kept.amount, told.kept.currency)
        elif there is not None:
            before = (abs(there["amount_minor"]), there["currency"])
        if before is not None and before != (entry.amount, entry.currency):
            return Conflict(
                "rail-entry-differs",
                ref=told.ref[1][:60],
                told_minor=entry.amount,
                before_minor=before[0],
                currency=entry.currency,
            )
        if there is not None:
            return None
        on = effective_on(self.book, entry)
        if on > self.book.open_on:
            return InvalidInput(
                "fact-after-the-open-date", effective_on=str(on), open_on=str(self.book.open_on)
            )
        return None

    # -- money that came -----------------------------------------------------------------------------

    def _credits(self, told: Sequence[Told]) -> Iterable[Received]:
        if not told:
            return
        matched: list[tuple[Told, LoanRef]] = []
        by_account = rails.accounts_named(
            self.conn, told[0].rail, [each.entry.virtual_account for each in told]
        )
        named = [LoanKey(*loan) for each in told for loan in named_by(each.entry)]
        named += [LoanKey(*loan) for loan in by_account.values()]
        held = frozenset(
            LoanRef(k.person_id, k.loan_no) for k in loans.keys_held(self.conn, self.book.book_id, named)
        )
        words = {w.strip() for t in told for w in (*t.entry.references, t.entry.text, t.entry.end_to_end)}
        outside = {
            ref: LoanRef(key.person_id, key.loan_no)
            for ref, key in loans.find_by_refs(self.conn, self.book.book_id, sorted(words - {""})).items()
        }
        closed = self._closed({*held, *outside.values()})
        for each in told:
            found = match(
                each.entry,
                currency=self.book.currency,
                by_account=by_account,
                by_outside_ref=outside,
                held=held,
                closed=closed,
            )
            if found.loan is not None and self._is_other_amount(each):
                yield self._suspend(each, Unmatched.ORDER_DIFFERS)
            elif found.loan is not None:
                matched.append((each, found.loan))
            else:
                assert found.why is not None
                yield self._suspend(each, found.why)
        yield from self._post(matched)

    def _is_other_amount(self, told: Told) -> bool:
        """Whether an order of ours was answered with another amount than was asked."""
        numbered = parse_numbered_ref(told.entry.end_to_end)
        if numbered is None or numbered[0] != "W":
            return False
        order = pay_orders.read_order(self.conn, numbered[1], numbered[2])
        return order is not None and order.amount != told.entry.amount

    def _closed(self, refs: Iterable[LoanRef]) -> frozenset[LoanRef]:
        """Those of some loans that owe nothing any more: repaid, or settled after a charge-off."""
        found = set()
        keys = [LoanKey(*ref) for ref in refs]
        for key, (terms, facts) in loans.read_many(self.conn, keys).items():
            contract = contract_of(terms)
            if not alive(facts):
                found.add(LoanRef(key.person_id, key.loan_no))
                continue
            state = contract.fold(facts, as_of=self.book.open_on)
            owes = state.principal_out + contract.ageing(state).outstanding + sum(state.claim)
            if isinstance(terms, LoanTerms) and owes <= 0:
                found.add(LoanRef(key.person_id, key.loan_no))
        return frozenset(found)

    def _post(self, matched: Sequence[tuple[Told, LoanRef]]) -> Iterable[Received]:
        loans.lock_many(self.conn, sorted({LoanKey(*loan) for _, loan in matched}, key=_in_order))
        payments = []
        for each, loan in matched:
            rail, ref = each.ref
            on = effective_on(self.book, each.entry)
            fact = Fact(FactKind.PAYMENT_RECEIVED, on, on, rail, ref, amount=each.entry.amount)
            request = Request(CLIENT, _key(each.ref), self.actor, self.at)
            payments.append((LoanKey(*loan), fact, request))
        for (each, loan), posted in zip(matched, posting.record_payments(self.conn, payments), strict=True):
            if posted.refusal is not None or posted.result is None:
                why = posted.refusal.code if posted.refusal is not None else ""
                yield self._suspend(each, Unmatched.REFUSED, why)
                continue
            result = {**_loan(loan, posted.result["seq"]), "outcome": POSTED}
            self._collected(each, loan)
            yield Received(each.entry, POSTED, result=self._keep(each, f"{loan[0]}/{loan[1]}", result, 1))

    def _collected(self, told: Told, loan: LoanRef) -> None:
        """An attempt of ours that brought the money is paid."""
        ours = parse_collection_ref(told.entry.end_to_end)
        row = attempt_of(self.conn, ours) if ours is not None else None
        if row is not None and row.state != "paid":
            mandates.add_collection_event(
                self.conn, row, "paid", effective_on=effective_on(self.book, told.entry), at=self.at
            )

    def _suspend(self, told: Told, why: Unmatched, more: str = "") -> Received:
        """Money that came and is nobody's yet; below zero where it went."""
        sign = 1 if told.entry.kind is EntryKind.CREDIT else -1
        reason = f"{why.value}:{more}" if more else why.value
        suspense.add_move(
            self.conn,
            told.ref,
            1,
            received(sign * told.entry.amount),
            book_id=self.book.book_id,
            kind="received",
            currency=told.entry.currency,
            posted_on=self.book.open_on,
            effective_on=effective_on(self.book, told.entry),
            actor=self.actor,
            at=self.at,
            reason=reason,
        )
        result = {"outcome": SUSPENSE, "reason": reason, **_step(told.ref, 1)}
        return Received(told.entry, SUSPENSE, reason, self._keep(told, SUSPENSE, result, sign))

    def _keep(self, told: Told, target: str, result: dict[str, Any], sign: int) -> dict[str, Any]:
        entry = told.entry
        whole = {
            "book": self.book.code,
            "rail": told.ref[0],
            "ref": told.ref[1],
            "kind": entry.kind.value,
            "amount_minor": sign * entry.amount,
            "currency": entry.currency,
            "booked_on": str(entry.booked_on),
            "value_on": str(effective_on(self.book, entry)),
            **result,
        }
        receipts.keep(
            self.conn, told.ref, body_hash=body_hash(entry), target=target, result=whole, at=self.at
        )
        return whole

    # -- money taken back ----------------------------------------------------------------------------

    def _returned(self, told: Told) -> Received:
        """A payment taken back by the bank: the fact of its receipt, or what of it is still in suspense."""
        original = (told.ref[0], told.ref[1].removesuffix(_RETURN))
        kept = receipts.find_many(self.conn, [original]).get(original)
        if not told.ref[1].endswith(_RETURN) or kept is None or kept["amount_minor"] != told.entry.amount:
            return self._suspend(told, Unmatched.RETURN_UNKNOWN)
        if kept["outcome"] == SUSPENSE:
            return self._out_of_suspense(told, original)
        loan = LoanKey(int(kept["person_id"]), kept["loan_no"])
        try:
            # A savepoint: what is refused leaves nothing behind, and the money goes to suspense.
            with self.conn.transaction():
                seq = self._take_back(loan, told, (FactKind.PAYMENT_RECEIVED.value, *original))
                self._failed(told, LoanRef(loan.person_id, loan.loan_no))
        except Refusal as refusal:
            return self._suspend(told, Unmatched.REFUSED, refusal.code)
        result = {**_loan(LoanRef(loan.person_id, loan.loan_no), seq), "outcome": RETURNED}
        target = f"{loan.person_id}/{loan.loan_no}"
        return Received(told.entry, RETURNED, told.entry.reason, self._keep(told, target, result, -1))

    def _take_back(self, loan: LoanKey, told: Told, key: tuple[str, str, str]) -> int:
        on = effective_on(self.book, told.entry)
        rail, ref = told.ref
        fact = Fact(FactKind.PAYMENT_RETURNED, on, on, rail, ref, reverses=key)
        request = Request(CLIENT, _key(told.ref), self.actor, self.at)
        return int(posting.record(self.conn, loan, fact, request)["seq"])

    def _out_of_suspense(self, told: Told, original: Ref) -> Received:
        """What was matched from suspense since stays with its loans: a person decides about those."""
        item, _ = suspense.read_item(self.conn, self.book.book_id, original)
        if item.left < told.entry.amount:
            return self._suspend(told, Unmatched.RETURN_UNKNOWN)
        suspense.add_move(
            self.conn,
            original,
            item.steps + 1,
            released(told.entry.amount, left=item.left),
            book_id=self.book.book_id,
            kind="returned",
            currency=told.entry.currency,
            posted_on=self.book.open_on,
            effective_on=effective_on(self.book, told.entry),
            actor=self.actor,
            at=self.at,
            reason=told.entry.reason,
        )
        result = {"outcome": RETURNED, **_step(original, item.steps + 1)}
        return Received(told.entry, RETURNED, told.entry.reason, self._keep(told, SUSPENSE, result, -1))

    def _failed(self, told: Told, loan: LoanRef) -> None:
        """A collected payment came back: the attempt is returned, and the mandate follows the reason."""
        ours = parse_collection_ref(told.ref[1].removesuffix(_RETURN))
        row = attempt_of(self.conn, ours) if ours is not None else None
        if row is not None:
            fail_attempt(
                self.conn,
                self.book,
                row,
                "returned",
                reason=told.entry.reason,
                reasons=self.reasons,
                on=effective_on(self.book, told.entry),
                actor=self.actor,
                at=self.at,
            )

    def _debited(self, told: Told) -> Received:
        """Money that went: a pay-out of ours, or something the book does not know."""
        row = find_pay_out(self.conn, told.entry.end_to_end) if told.entry.end_to_end else None
        if row is None or row.payload["amount_minor"] != told.entry.amount:
            return self._suspend(told, Unmatched.UNKNOWN_DEBIT)
        outbox.set_state(
            self.conn,
            row.person_id,
            row.key,
            "done",
            at=self.at,
            was=("waiting", "sending", "sent", "unknown"),
        )
        result = {"outcome": PAID_OUT, **row.payload["ledger"]}
        return Received(told.entry, PAID_OUT, result=self._keep(told, "pay-out", result, -1))


def _key(ref: Ref) -> str:
    """The request key of a receipt: short and printable whatever the rail calls it."""
    digest = hashlib.sha256("\0".join(ref).encode()).hexdigest()
    return f"{ref[0]}/{digest[:40]}"


def _loan(loan: LoanRef, seq: int) -> dict[str, Any]:
    return {"person_id": str(loan.person_id), "loan_no": loan.loan_no, "seq": seq}


def _step(ref: Ref, step: int) -> dict[str, Any]:
    return {"suspense_rail": ref[0], "suspense_ref": ref[1], "step": step}


def _in_order(key: LoanKey) -> tuple[int, int]:
    return key.person_id, key.loan_no
