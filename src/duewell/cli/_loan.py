"""Commands about one loan: show, statement, explain, replay, disburse.

Needs    a Frame, the loan's key and row.
Gives    text or JSON.
Never    computes: the fold and its recorder say every figure.
Source   docs/reference/commands.md.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from duewell.cli import _tables
from duewell.cli._frame import Frame, amount
from duewell.domain.loan import Recorder, ageing, fold, in_order, known
from duewell.domain.money import Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.party import loan_id
from duewell.domain.product import Part
from duewell.services.disburse_loan import disburse_loan
from duewell.services.record_fact import Request
from duewell.store import books, loans
from duewell.store.loans import LoanKey, LoanRow


def disburse(
    frame: Frame,
    book: str,
    principal: str,
    rate: str,
    instalments: int,
    *,
    on: date | None,
    key: str,
    at: datetime,
) -> dict[str, Any]:
    """Lend to a new person."""
    money = currency(books.read_book(frame.conn, book).currency)
    return disburse_loan(
        frame.conn,
        book,
        principal=parse_amount(principal, money).minor,
        rate=parse_rate_pct(rate).per_year,
        instalments=instalments,
        on=on,
        request=Request("cli", key, "cli", at),
    )


def show(frame: Frame, key: LoanKey, row: LoanRow, *, as_of: date | None, known_on: date | None) -> None:
    """The rows of a loan and what is owed."""
    facts = loans.read_facts(frame.conn, key)
    state = fold(row.terms, facts, as_of=as_of or row.book_open_on, known_on=known_on)
    age = ageing(state, row.buckets)
    money = row.terms.currency
    name = loan_id(key.person_id, key.loan_no)
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.loan/1",
                "loan_id": name,
                "external_ref": row.external_ref,
                "currency": money,
                "as_of": str(state.as_of),
                "principal_minor": state.principal_out,
                "dpd": age.dpd,
                "bucket": age.bucket,
                "overdue_minor": age.overdue,
                "outstanding_minor": age.outstanding,
                "rows": [
                    {"nr": r.nr, "due_on": str(r.due_on), "due_minor": r.due, "paid_minor": r.paid}
                    for r in state.rows
                ],
                "facts": [
                    {"kind": f.kind, "effective_on": str(f.effective_on), "ref": f.source_ref} for f in facts
                ],
            }
        )
        return
    frame.tell(
        "cli-loan-summary",
        loan=name,
        ref=row.external_ref or "-",
        as_of=state.as_of,
        currency=money,
        principal=amount(state.principal_out, money),
        overdue=amount(age.overdue, money),
        dpd=age.dpd,
    )
    columns = (
        "cli-row",
        "cli-due-on",
        "cli-principal",
        "cli-interest",
        "cli-fees",
        "cli-penalty",
        "cli-paid",
        "cli-unpaid",
    )
    lines = [
        [
            r.nr,
            r.due_on,
            *(amount(r.due[p], money) for p in (Part.PRINCIPAL, Part.INTEREST, Part.FEE, Part.PENALTY)),
            amount(sum(r.paid), money),
            amount(r.unpaid, money),
        ]
        for r in state.rows
    ]
    _tables.table(frame, frame.say("cli-rows-title"), columns, lines)


def statement(frame: Frame, key: LoanKey, row: LoanRow, *, as_of: date | None, known_on: date | None) -> None:
    """Every movement and its split."""
    facts = loans.read_facts(frame.conn, key)
    state = fold(row.terms, facts, as_of=as_of or row.book_open_on, known_on=known_on)
    money = row.terms.currency
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.statement/1",
                "loan_id": loan_id(key.person_id, key.loan_no),
                "currency": money,
                "as_of": str(state.as_of),
                "lines": [
                    {
                        "on": str(a.fact.effective_on),
                        "kind": a.kind,
                        "source": a.fact.source,
                        "ref": a.fact.source_ref,
                        "amount_minor": a.amount,
                        "parts_minor": {p.name.lower(): a.parts[p] for p in Part},
                        "overpaid_minor": a.overpaid,
                        "principal_out_minor": a.balance,
                    }
                    for a in state.applied
                ],
            }
        )
        return
    columns = (
        "cli-date", "cli-kind", "cli-amount", "cli-principal", "cli-interest", "cli-fees", "cli-penalty",
        "cli-out", "cli-source",
    )  # fmt: skip
    lines = [
        [
            a.fact.effective_on,
            frame.say("movement-" + a.kind.replace("_", "-")),
            *(
                amount(m, money)
                for m in (a.amount, a.parts[3], a.parts[2], a.parts[1], a.parts[0], a.balance)
            ),
            f"{a.fact.source} {a.fact.source_ref}",
        ]
        for a in state.applied
    ]
    title = frame.say(
        "cli-statement-title", loan=loan_id(key.person_id, key.loan_no), as_of=state.as_of, currency=money
    )
    _tables.table(frame, title, columns, lines)


def explain(
    frame: Frame,
    key: LoanKey,
    row: LoanRow,
    *,
    as_of: date | None,
    known_on: date | None,
    rows: int | None = None,
) -> None:
    """Where interest comes from, slice by slice; of the first `rows` slices where a glance is enough."""
    recorder = Recorder()
    facts = loans.read_facts(frame.conn, key)
    state = fold(row.terms, facts, as_of=as_of or row.book_open_on, known_on=known_on, recorder=recorder)
    money = row.terms.currency
    slices = [s for s in recorder.slices if s.base]
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.derivation/1",
                "loan_id": loan_id(key.person_id, key.loan_no),
                "currency": money,
                "as_of": str(state.as_of),
                "convention": row.terms.convention.name,
                "rounding": row.terms.convention.rounding,
                "slices": [
                    {
                        "row": s.row_nr,
                        "from": str(s.start),
                        "to": str(s.end),
                        "base_minor": s.base,
                        "rate_per_year": str(s.rate),
                        "part_of_year": str(s.part_of_year),
                        "exact_minor": str(s.exact),
                    }
                    for s in slices
                ],
            }
        )
        return
    lines = [
        [
            s.row_nr,
            s.start,
            s.end,
            amount(s.base, money),
            f"{Rate(s.rate).text()}%",
            f"{s.num}/{s.den}",
            _decimal(s.exact.numerator, s.exact.denominator, money),
        ]
        for s in slices[:rows]
    ]
    columns = ("cli-row", "cli-from", "cli-to", "cli-base", "cli-rate", "cli-part-of-year", "cli-exact")
    title = frame.say(
        "cli-explain-title", loan=loan_id(key.person_id, key.loan_no), rounding=row.terms.convention.rounding
    )
    _tables.table(frame, title, columns, lines)


def _decimal(top: int, bottom: int, money: str) -> str:
    """An exact amount of minor units with four more digits, cut, not rounded."""
    scaled = top * 10_000 // bottom
    return f"{amount(scaled // 10_000, money)}{scaled % 10_000:04d}…"


def replay(frame: Frame, key: LoanKey, row: LoanRow) -> None:
    """The loan after each fact that counts."""
    facts = in_order(known(loans.read_facts(frame.conn, key)))
    money = row.terms.currency
    lines = []
    for count, fact in enumerate(facts, start=1):
        state = fold(row.terms, facts[:count], as_of=fact.effective_on)
        age = ageing(state)
        lines.append(
            [
                fact.effective_on,
                fact.recorded_on,
                frame.say("fact-" + fact.kind.value.lower()),
                fact.source_ref,
                amount(state.principal_out, money),
                amount(age.overdue, money),
                age.dpd,
            ]
        )
    if frame.is_json:
        names = ("effective_on", "recorded_on", "fact", "ref", "principal_out", "overdue", "dpd")
        steps = [dict(zip(names, (str(cell) for cell in line), strict=True)) for line in lines]
        frame.document({"schema": "duewell.replay/1", "currency": money, "steps": steps})
        return
    columns = ("cli-date", "cli-recorded-on", "cli-kind", "cli-ref", "cli-out", "cli-overdue", "cli-dpd")
    _tables.table(
        frame, frame.say("cli-replay-title", loan=loan_id(key.person_id, key.loan_no)), columns, lines
    )
