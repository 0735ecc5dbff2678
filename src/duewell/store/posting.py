"""Posting: facts of loans, their journals, their agendas, each once per request key.

Needs    a connection, the loan's key, the fact, and a request key that makes it happen once.
Gives    record, for one fact; record_payments, for many payments. The result is plain data: the loan after
         the fact, or the kept result of the same request. suppose: what record would do, with nothing done.
Never    posts more than the difference the fact makes, or half of it: one transaction holds all.
Source   docs/decisions/0001 and 0010: what is due today on a loan on time goes by table, all else is folded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import psycopg

from duewell.domain.contract import Change, Contract, contract_of, refusal_of
from duewell.domain.errors import Conflict, InvalidInput, Refusal
from duewell.domain.facts import TAKING_BACK, Fact, FactKind, as_recorded, voided
from duewell.domain.ledger import Journal
from duewell.domain.postings import FactKey, difference
from duewell.store import agendas, books, closing, days, loans, request_keys, tabular
from duewell.store.agendas import Measures
from duewell.store.fact_rows import fact_payload
from duewell.store.loans import Connection, LoanKey, LoanRow

SCHEMA = "duewell.recorded-fact/1"
_KEY_MAX = 200
_TRIES = 5
"""How often payments are tried by table when others use the same keys at the same moment."""
_ANNOUNCED = (FactKind.RATE_CHANGED, FactKind.PAUSE_SET, FactKind.LIMIT_CHANGED)
"""Facts that may be known before the day they count from."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, under which key, and when. A key happens once per client.

    `is_dated` is False where the client named no date: the fact then counts from the open date, whichever
    that is when it is recorded, and the same request sent again after the cut-off is still the same.
    """

    client_id: str
    key: str
    actor: str
    at: datetime
    is_dated: bool = True
    source: str = "cli"
    """What facts made of the request say they came by."""


def record(
    conn: Connection, loan: LoanKey, fact: Fact, request: Request, *, body_hash: bytes | None = None
) -> dict[str, Any]:
    """Record `fact` on the book's open date and post the difference it makes.

    Sent twice, it happens once and answers the same. A fact dated earlier is folded in its place: the
    journals of later payments are corrected by what changed.
    `body_hash` stands for what was asked where that is more than the fact.
    Refuses   a key nobody can read; the key with another body; a date after the open date; a reversal of
              a reversal or of what was already taken back; anything the fold refuses.
    """
    if body_hash is None and _is_plain(fact):
        (posted,) = record_payments(conn, [(loan, fact, request)])
        if posted.refusal is not None:
            raise posted.refusal
        assert posted.result is not None
        return posted.result
    check_key(request.key)
    return _record(conn, loan, fact, request, body_hash or _hash(loan, fact, is_dated=request.is_dated))


def _is_plain(fact: Fact) -> bool:
    """A payment that says nothing but its amount and type."""
    told = fact.kind is FactKind.PAYMENT_RECEIVED and fact.amount > 0 and fact.reverses is None
    return told and fact_payload(fact).keys() == {"amount_minor", "payment_type"}


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of one payment: the result or the refusal, and the path it took, or that it was there."""

    path: str
    result: dict[str, Any] | None = None
    refusal: Refusal | None = None


def record_payments(
    conn: Connection,
    payments: Sequence[tuple[LoanKey, Fact, Request]],
    *,
    is_by_table: bool = True,
    on_posted: Callable[[int, Posted], None] = lambda number, posted: None,
) -> list[Posted]:
    """Record plain payments in their order, all of one client and actor: by table where that may be.

    What goes by table is one transaction, whatever else is asked of the others; each of the rest has its
    own. What comes out does not depend on the path: `is_by_table` False takes the general one throughout.
    `on_posted` hears of each by its place once it is committed, before the next is begun.
    """
    found: list[Posted | None] = [None] * len(payments)

    def tell(number: int, posted: Posted) -> None:
        found[number] = posted
        on_posted(number, posted)

    rest = list(range(len(payments)))
    if is_by_table:
        by_table = [n for n in rest if _is_plain(payments[n][1]) and _is_readable(payments[n][2].key)]
        for n, posted in zip(by_table, _by_table(conn, [payments[n] for n in by_table]), strict=True):
            if posted is not None:
                tell(n, posted)
        rest = [n for n in rest if found[n] is None]
    for n in rest:
        loan, fact, request = payments[n]
        try:
            check_key(request.key)
            body_hash = _hash(loan, fact, is_dated=request.is_dated)
            posted = Posted(tabular.GENERAL, _record(conn, loan, fact, request, body_hash))
        except Refusal as refusal:
            posted = Posted(tabular.GENERAL, refusal=refusal)
        tell(n, posted)
    return [posted for posted in found if posted is not None]


def _by_table(conn: Connection, payments: Sequence[tuple[LoanKey, Fact, Request]]) -> list[Posted | None]:
    """What came of the payments that could go by table; None for those that could not."""
    if not payments:
        return []
    first: dict[object, int] = {}
    for n, (loan, fact, request) in enumerate(payments):
        first.setdefault(request.key, n)
        first.setdefault((loan, fact.source, fact.source_ref), n)
    # A key or a reference met a second time finds what came of the first one: the general path says what.
    again = [
        first[request.key] < n or first[loan, fact.source, fact.source_ref] < n
        for n, (loan, fact, request) in enumerate(payments)
    ]
    rows = [
        tabular.Payment(
            loan,
            fact.amount,
            fact.effective_on if request.is_dated else None,
            fact.payment_type,
            fact.source,
            fact.source_ref,
            request.key,
            _hash(loan, fact, is_dated=request.is_dated),
        )
        for (loan, fact, request), is_again in zip(payments, again, strict=True)
        if not is_again
    ]
    asked = payments[0][2]
    for number in range(_TRIES):
        try:
            with conn.transaction():
                answers = tabular.post(
                    conn,
                    rows,
                    client_id=asked.client_id,
                    actor=asked.actor,
                    at=asked.at,
                    is_locking=number > 0,
                )
        except psycopg.errors.SerializationFailure:
            continue
        found = iter(answers)
        return [None if is_again else _posted(*next(found)) for is_again in again]
    return [None] * len(payments)


def _posted(path: str, told: dict[str, Any] | Conflict | None) -> Posted | None:
    if path == tabular.GENERAL:
        return None
    if isinstance(told, Conflict):
        return Posted(path, refusal=told)
    return Posted(path, told)


def _record(
    conn: Connection, loan: LoanKey, fact: Fact, request: Request, body_hash: bytes
) -> dict[str, Any]:
    with conn.transaction():
        book_id = loans.book_of(conn, loan)
        books.share_day(conn, book_id)
        behind = days.unfinished_run(conn, book_id)
        row = loans.lock_loan(conn, loan)
        if behind is not None:
            # The day before is still being closed: it is closed for this loan before anything new.
            closing.close_ahead(conn, behind, loan, row.product_no)
        found = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
        if found is not None:
            return found
        fact, change, journals = _judged(conn, row, fact, is_dated=request.is_dated)
        seq = loans.append_fact(conn, loan, fact, recorded_at=request.at, actor=request.actor)
        for part, journal in enumerate(journals.values(), start=1):
            loans.append_journal(conn, loan, seq, part, journal, posted_on=row.book_open_on)
        _project(conn, row, seq, change)
        result = _result(loan, seq, contract_of(row.terms), fact, change)
        request_keys.keep(
            conn,
            client_id=request.client_id,
            key=request.key,
            body_hash=body_hash,
            target=f"{loan.person_id}/{loan.loan_no}",
            result=result,
            recorded_at=request.at,
        )
    return result


def _judged(
    conn: Connection, row: LoanRow, fact: Fact, *, is_dated: bool
) -> tuple[Fact, Change, dict[FactKey, Journal]]:
    """The fact as it is to be kept, what it changes, what that posts. Refuses what must not be recorded."""
    effective_on = fact.effective_on if is_dated else row.book_open_on
    fact = replace(fact, effective_on=effective_on, recorded_on=row.book_open_on)
    facts = loans.read_facts(conn, row.key)
    _check(fact, facts, row.book_open_on)
    change = contract_of(row.terms).replay(facts, fact, open_on=row.book_open_on, buckets=row.buckets)
    refusal = refusal_of(fact, change)
    if refusal is not None:
        raise refusal
    fact = as_recorded(fact, change.after.applied)
    return fact, change, difference(change.before.applied, change.after.applied)


def suppose(
    conn: Connection, row: LoanRow, fact: Fact, *, is_dated: bool = True
) -> tuple[Fact, Change, dict[FactKey, Journal]]:
    """What recording a fact would keep, change and post: the same steps, with no lock and nothing written.

    Refuses   what recording it would refuse.
    """
    taken = {each.key for each in loans.read_facts(conn, row.key)}
    if fact.key in taken:
        raise Conflict("fact-already-recorded", kind=fact.kind.value, source_ref=fact.source_ref)
    return _judged(conn, row, fact, is_dated=is_dated)


def _project(conn: Connection, row: LoanRow, seq: int, change: Change) -> None:
    """Write the loan's agenda anew, and what the fact changes in the sums of days already closed."""
    measures = Measures(conn)
    plans = [(row.key, row.product_no, change.plan)]
    agendas.put_agendas(conn, plans, book_id=row.book_id, open_on=row.book_open_on, measures=measures)
    if change.moved:
        agendas.put_move(
            conn,
            row.key,
            seq,
            book_id=row.book_id,
            product_no=row.product_no,
            day=row.book_open_on,
            sums=change.moved,
            measures=measures,
        )


def _check(fact: Fact, facts: list[Fact], open_on: date) -> None:
    if fact.effective_on > open_on and fact.kind not in _ANNOUNCED:
        raise InvalidInput(
            "fact-after-the-open-date",
            effective_on=fact.effective_on.isoformat(),
            open_on=open_on.isoformat(),
        )
    if fact.kind in TAKING_BACK:
        names = {f.key for f in facts if f.kind not in TAKING_BACK}
        gone = {f.reverses for f in facts if f.kind in TAKING_BACK}
        if fact.reverses not in names or fact.reverses in gone:
            raise InvalidInput("fact-not-reversible", reverses=fact.reverses[2] if fact.reverses else "-")


def _is_readable(key: str) -> bool:
    return 1 <= len(key) <= _KEY_MAX and key.isprintable()


def check_key(key: str) -> None:
    """Refuse a request key that is empty, too long, or holds what nobody can see."""
    if not _is_readable(key):
        raise InvalidInput("request-key-unreadable", length=len(key), length_max=_KEY_MAX)


def _hash(loan: LoanKey, fact: Fact, *, is_dated: bool) -> bytes:
    """What makes two requests the same: the loan and everything asked, but not when it was recorded."""
    on = fact.effective_on if is_dated else None
    payload = fact_payload(fact)
    return request_keys.hash_of(
        loan, fact.kind.value, on, fact.source, fact.source_ref, payload, fact.reverses
    )


def _result(loan: LoanKey, seq: int, contract: Contract, fact: Fact, change: Change) -> dict[str, Any]:
    """The loan after a fact; `voided` names earlier facts that it left without effect, if any."""
    after = change.after
    age = contract.ageing(after)
    result = {
        "schema": SCHEMA,
        "person_id": str(loan.person_id),
        "loan_no": loan.loan_no,
        "seq": seq,
        "currency": after.terms.currency,
        "as_of": after.as_of.isoformat(),
        "principal_minor": after.principal_out,
        "overpaid_minor": after.overpaid,
        "dpd": age.dpd,
        "overdue_minor": age.overdue,
        "outstanding_minor": age.outstanding,
    }
    gone = [
        {
            "kind": each.kind.value,
            "effective_on": each.effective_on.isoformat(),
            "source_ref": each.source_ref,
            "reason": reason.code,
        }
        for each, reason in voided(change.before.void, after.void, fact)
    ]
    return {**result, "voided": gone} if gone else result
