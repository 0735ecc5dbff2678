"""Commands about one loan: show, statement, explain, replay, disburse.

Needs    a Frame, the loan's key and row.
Gives    text or JSON.
Never    computes: the fold and its recorder say every figure.
Source   docs/reference/commands.md.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from duewell.cli import _facts, _products, _tables
from duewell.cli._frame import Frame, amount
from duewell.cli._options import find_book
from duewell.cli._trees import proof_tree
from duewell.cli._usage import missing
from duewell.domain.facts import in_order, void_document
from duewell.domain.facts import known as alive
from duewell.domain.loan import Folding, ageing
from duewell.domain.money import Rate, currency, parse_amount, parse_rate_pct
from duewell.domain.party import loan_id
from duewell.domain.product import Part
from duewell.domain.receipts import Payer
from duewell.services.disburse_loan import disburse_loan
from duewell.services.record_fact import Request
from duewell.services.show_loan import (
    chosen_proof,
    derivation_document,
    interest_sums,
    loan_document,
    look,
    proof_page,
    prove_at,
    statement_document,
)
from duewell.services.tell_proof import exact_amount
from duewell.store import loans
from duewell.store.loans import Known, LoanKey, LoanRow


def disburse(
    frame: Frame,
    book: str,
    principal: str,
    rate: str | None,
    instalments: int | None,
    *,
    on: date | None,
    key: str,
    at: datetime,
    product: str | None,
    paid_by: tuple[str, Payer] | None = None,
) -> dict[str, Any]:
    """Lend to a new person. What a product leaves no choice in need not be said."""
    row = find_book(frame, book)
    money = currency(row.currency)
    if product is not None:
        rate, instalments = _products.fill(frame, row.book_id, product, rate, instalments)
    if rate is None or instalments is None:
        raise missing(_products.lacking(rate, instalments))
    return disburse_loan(
        frame.conn,
        book,
        principal=parse_amount(principal, money).minor,
        rate=parse_rate_pct(rate).per_year,
        instalments=instalments,
        on=on,
        request=Request("cli", key, "cli", at),
        product=product,
        rail=paid_by[0] if paid_by is not None else None,
        payee=paid_by[1] if paid_by is not None else None,
        keys=frame.keys if paid_by is not None else None,
    )


def pays(
    rail: str | None, name: str | None, account: str | None, bank: str | None
) -> tuple[str, Payer] | None:
    """The rail a loan is paid out by, and to whom; None where it is paid out by hand.

    Refuses   "usage-missing": a rail without a payee, or a payee without a rail.
    """
    if rail is None and name is None and account is None and bank is None:
        return None
    given = {"--rail": rail, "--payee-name": name, "--payee-account": account}
    lacking = [option for option, value in given.items() if value is None]
    if rail is None or name is None or account is None:
        raise missing(lacking)
    return rail, Payer(name, account, bank or "")


def show(frame: Frame, key: LoanKey, row: LoanRow, *, as_of: date | None, known: Known) -> None:
    """The rows of a loan, its facts, and what is owed."""
    shown = look(frame.conn, row, as_of=as_of, known=known)
    facts, state, age = shown.facts, shown.state, shown.age
    if frame.is_json:
        frame.document(loan_document(shown))
        return
    money = row.terms.currency
    frame.tell(
        "cli-loan-summary",
        loan=shown.name,
        ref=row.external_ref or "-",
        as_of=state.as_of,
        currency=money,
        principal=amount(state.principal_out, money),
        overdue=amount(age.overdue, money),
        dpd=age.dpd,
    )
    columns = (
        *("cli-row", "cli-due-on", "cli-principal", "cli-interest", "cli-fees", "cli-penalty"),
        *("cli-paid", "cli-unpaid"),
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
    frame.console.print()
    _facts.facts_table(frame, facts, state.void, money)


def statement(frame: Frame, key: LoanKey, row: LoanRow, *, as_of: date | None, known: Known) -> None:
    """Every movement and its split."""
    shown = look(frame.conn, row, as_of=as_of, known=known)
    state, money = shown.state, row.terms.currency
    if frame.is_json:
        frame.document(statement_document(shown))
        return
    columns = (
        "cli-date", "cli-kind", "cli-amount", "cli-principal", "cli-interest", "cli-fees", "cli-penalty",
        "cli-credit", "cli-out", "cli-source",
    )  # fmt: skip
    lines = [
        [
            a.fact.effective_on,
            frame.say("movement-" + a.kind.replace("_", "-")),
            *(amount(m, money) for m in (a.amount, *reversed(a.parts), a.overpaid, a.balance)),
            f"{a.fact.source} {a.fact.source_ref}",
        ]
        for a in state.applied
    ]
    title = frame.say(
        "cli-statement-title", loan=loan_id(key.person_id, key.loan_no), as_of=state.as_of, currency=money
    )
    _tables.table(frame, title, columns, lines)
    _facts.void_lines(frame, state.void)


def explain(
    frame: Frame,
    key: LoanKey,
    row: LoanRow,
    *,
    as_of: date | None,
    known: Known,
    rows: int | None = None,
) -> None:
    """Where interest comes from, slice by slice; of the first `rows` slices where a glance is enough."""
    shown = look(frame.conn, row, as_of=as_of, known=known)
    proven, payoff = prove_at(shown)
    money, name = row.terms.currency, shown.name
    slices = proven.slices
    if frame.is_json:
        frame.document(derivation_document(name, proven, payoff))
        return
    lines = [
        [
            s.row_nr,
            s.start,
            s.end,
            amount(s.base, money),
            f"{Rate(s.rate).text()}%",
            f"{s.num}/{s.den}",
            exact_amount(s.exact.numerator, s.exact.denominator, money),
        ]
        for s in slices[:rows]
    ]
    columns = ("cli-row", "cli-from", "cli-to", "cli-base", "cli-rate", "cli-part-of-year", "cli-exact")
    rounding = frame.say("rounding-" + row.loan_terms.convention.rounding)
    title = frame.say("cli-explain-title", loan=name, rounding=rounding)
    _tables.table(frame, title, columns, lines)
    sums = interest_sums(proven)
    if rows is None or any(moved for _, _, moved, _ in sums[:rows]):
        frame.console.print()
        heads = ("cli-row", "cli-own-interest", "cli-moved", "cli-interest")
        told = [[nr, *(amount(m, money) for m in figures)] for nr, *figures in sums[:rows]]
        _tables.table(frame, frame.say("cli-interest-sums-title"), heads, told)


def open_amount(
    frame: Frame,
    key: LoanKey,
    row: LoanRow,
    *,
    as_of: date | None,
    known: Known,
    chosen: tuple[int | None, str, str | None],
    depth: int,
) -> None:
    """One amount opened to its derivation: a part of a row, or a total."""
    shown = look(frame.conn, row, as_of=as_of, known=known)
    proven, payoff = prove_at(shown)
    nr, part, total = chosen
    proof = chosen_proof(proven, payoff, row=nr, part=part, total=total)
    if frame.is_json:
        frame.document(proof_page(shown, proof))
        return
    frame.console.print(proof_tree(frame, proof, row.terms.currency, depth))


def replay(frame: Frame, key: LoanKey, row: LoanRow) -> None:
    """The loan after each fact that counts."""
    facts = in_order(alive(loans.read_facts(frame.conn, key)))
    money = row.terms.currency
    folding, steps = Folding(row.loan_terms), []
    for fact in facts:
        folding.apply(fact)
        state = folding.look(fact.effective_on)
        steps.append((fact, state, ageing(state, row.buckets)))
    void = steps[-1][1].void if steps else []
    if frame.is_json:
        told = [
            {
                "effective_on": str(fact.effective_on),
                "recorded_on": str(fact.recorded_on),
                "kind": fact.kind.value,
                "ref": fact.source_ref,
                "principal_out_minor": state.principal_out,
                "overdue_minor": age.overdue,
                "dpd": age.dpd,
            }
            for fact, state, age in steps
        ]
        name = loan_id(key.person_id, key.loan_no)
        made = {"schema": "duewell.replay/1", "loan_id": name, "currency": money, "steps": told}
        frame.document({**made, "void": void_document(void)})
        return
    lines = [
        [
            fact.effective_on,
            fact.recorded_on,
            frame.say("fact-" + fact.kind.value.lower()),
            fact.source_ref,
            amount(state.principal_out, money),
            amount(age.overdue, money),
            age.dpd,
        ]
        for fact, state, age in steps
    ]
    columns = ("cli-date", "cli-recorded-on", "cli-kind", "cli-ref", "cli-out", "cli-overdue", "cli-dpd")
    _tables.table(
        frame, frame.say("cli-replay-title", loan=loan_id(key.person_id, key.loan_no)), columns, lines
    )
    _facts.void_lines(frame, void)
