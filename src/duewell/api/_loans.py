"""Routes of loans: lent, paid, changed by facts, shown at two dates, opened to their proofs, supposed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import _lists
from duewell.api._door import Ask, Asked, Door, answer
from duewell.api._models import (
    CostTold,
    DerivationTold,
    FactGiven,
    LoanGiven,
    LoansTold,
    LoanTold,
    PaymentGiven,
    PreviewGiven,
    PreviewTold,
    ProofTold,
    Recorded,
    RequestTold,
    StatementTold,
)
from duewell.domain.access import Act, Permission, needs_second
from duewell.domain.calendar import parse_date
from duewell.domain.errors import CurrencyMismatch
from duewell.domain.facts import Fact, FactKind, FactLines, fact_line
from duewell.domain.money import currency, parse_rate_pct
from duewell.domain.party import loan_id, parse_loan_id
from duewell.services.decide_request import ask as ask_second
from duewell.services.disburse_loan import disburse_loan
from duewell.services.preview_loan import as_document as preview_document
from duewell.services.preview_loan import preview_loan
from duewell.services.record_fact import record_fact
from duewell.services.show_cost import cost_document, show_cost
from duewell.services.show_loan import (
    chosen_proof,
    derivation_document,
    loan_document,
    look,
    proof_page,
    prove_at,
    show_loan,
    statement_document,
)
from duewell.store import loans
from duewell.store.loans import LoanKey

door = Door(tags=["loans"])
_DATE = r"^\d{4}-\d{2}-\d{2}$"
AsOf = Annotated[str | None, Query(pattern=_DATE, description="As of the end of this day.")]
Known = Annotated[str | None, Query(pattern=_DATE, description="As known at the end of this day.")]
Cursor = Annotated[str | None, Query(max_length=200, description="Where the page before ended.")]
Limit = Annotated[int, Query(ge=1, le=_lists.LIMIT_MAX)]
RowNr = Annotated[int | None, Query(ge=0, le=10_000, description="A row of the plan.")]
PartOf = Annotated[str, Query(max_length=20, description="penalty, fee, interest or principal")]
Total = Annotated[str | None, Query(max_length=40, description="outstanding, overdue, payoff and others")]


def public(result: dict[str, Any]) -> dict[str, Any]:
    """What recording a fact answers, with the loan's id in place of its numbers."""
    # Kept answers come back in another order than fresh ones: told in one order, they are the same bytes.
    names = sorted(name for name in result if name not in ("schema", "person_id", "loan_no"))
    told = {"schema": result["schema"], "loan_id": loan_id(int(result["person_id"]), result["loan_no"])}
    return told | {name: result[name] for name in names}


def dates(as_of: str | None, known: str | None) -> dict[str, Any]:
    """Two dates of a query, either of them left out."""
    return {"as_of": parse_date(as_of) if as_of else None, "known": parse_date(known) if known else None}


@door.get("/api/books/{book}/loans", may=Permission.LOAN_READ, model=LoansTold)
def list_loans(ask: Asked, book: str, cursor: Cursor = None, limit: Limit = _lists.LIMIT) -> Response:
    """The loans and lines of a book, in an order that stays while others are added."""
    row = ask.book(book)
    name = f"loans of {row.code}"
    last = _lists.after(ask, name, cursor)
    after = LoanKey(*parse_loan_id(last)) if last else None
    found = loans.page_of_book(ask.conn, row.book_id, after=after, limit=limit + 1)
    items: list[dict[str, Any]] = [
        {
            "loan_id": loan_id(key.person_id, key.loan_no),
            "product": f"{product}@{version}",
            "currency": money,
            "opened_on": opened_on.isoformat(),
            "external_ref": ref,
        }
        for key, product, version, money, opened_on, ref in found[:limit]
    ]
    more = _lists.cursor_of(ask, name, items[-1]["loan_id"]) if len(found) > limit else None
    return _lists.page(ask, {"schema": "duewell.loans/1", "items": items}, more)


@door.post("/api/books/{book}/loans", may=Permission.LOAN_LEND, status=201, model=Recorded, is_keyed=True)
def lend(ask: Asked, book: str, given: LoanGiven) -> Response:
    """Lend: to a person, or to a new one; of a product, or with terms of its own."""
    row = ask.book(book)
    if given.currency != row.currency:
        raise CurrencyMismatch("currency-mismatch", left=given.currency, right=row.currency)
    made = disburse_loan(
        ask.conn,
        row.code,
        principal=given.principal_minor,
        rate=parse_rate_pct(given.rate_pct).per_year,
        instalments=given.instalments,
        on=parse_date(given.on) if given.on else None,
        request=ask.keyed(is_dated=given.on is not None),
        product=given.product,
        person=ask.person(given.person) if given.person else None,
    )
    return answer(public(made), 201)


@door.get("/api/loans/{loan}", may=Permission.LOAN_READ, model=LoanTold)
def show(ask: Asked, loan: str, as_of: AsOf = None, known: Known = None) -> Response:
    """A loan at two dates: its rows, its facts, and what is owed."""
    return answer(show_loan(ask.conn, ask.loan(loan), **dates(as_of, known)))


@door.get("/api/loans/{loan}/statement", may=Permission.LOAN_READ, model=StatementTold)
def statement(ask: Asked, loan: str, as_of: AsOf = None, known: Known = None) -> Response:
    """Every movement of a loan and its split."""
    return answer(statement_document(_look(ask, ask.loan(loan), as_of, known)))


@door.get("/api/loans/{loan}/derivation", may=Permission.LOAN_READ, model=DerivationTold)
def derivation(ask: Asked, loan: str, as_of: AsOf = None, known: Known = None) -> Response:
    """Every amount of a loan with its derivation, as data."""
    shown = _look(ask, ask.loan(loan), as_of, known)
    return answer(derivation_document(shown.name, *prove_at(shown)))


@door.get("/api/loans/{loan}/proof", may=Permission.LOAN_READ, model=ProofTold)
def proof(
    ask: Asked,
    loan: str,
    row: RowNr = None,
    part: Annotated[
        str, Query(max_length=20, description="penalty, fee, interest or principal")
    ] = "interest",
    total: Annotated[str | None, Query(max_length=40, description="outstanding, overdue, payoff ...")] = None,
    as_of: AsOf = None,
    known: Known = None,
) -> Response:
    """One amount opened to its derivation: a part of a row, or a total."""
    return answer(_proof(ask, ask.loan(loan), row, part, total, dates(as_of, known)))


def _proof(
    ask: Ask, key: LoanKey, row: int | None, part: str, total: str | None, when: dict[str, Any]
) -> dict[str, Any]:
    shown = look(ask.conn, loans.read_loan(ask.conn, key), **when)
    proven, payoff = prove_at(shown)
    return proof_page(shown, chosen_proof(proven, payoff, row=row, part=part, total=total))


def _look(ask: Ask, key: LoanKey, as_of: str | None, known: str | None) -> Any:
    return look(ask.conn, loans.read_loan(ask.conn, key), **dates(as_of, known))


@door.get("/api/loans/{loan}/cost", may=Permission.LOAN_READ, model=CostTold)
def cost(ask: Asked, loan: str, as_of: AsOf = None, known: Known = None) -> Response:
    """The true cost of a loan, all in, and how each change moved it."""
    return answer(cost_document(show_cost(ask.conn, ask.loan(loan), **dates(as_of, known))))


@door.post("/api/loans/{loan}/preview", may=Permission.LOAN_READ, model=PreviewTold)
def preview(ask: Asked, loan: str, given: PreviewGiven) -> Response:
    """What would be if: up to eight futures compared, nothing written."""
    return answer(supposed(ask, ask.loan(loan), given))


def supposed(ask: Ask, key: LoanKey, given: PreviewGiven) -> dict[str, Any]:
    """The futures of a loan, as a document."""
    futures = {future.name: future.lines for future in given.futures}
    until = parse_date(given.until) if given.until else None
    return preview_document(preview_loan(ask.conn, key, futures, until=until))


@door.post("/api/loans/{loan}/payments", may=Permission.FACT_PAY, status=201, model=Recorded, is_keyed=True)
def pay(ask: Asked, loan: str, given: PaymentGiven) -> Response:
    """Record a payment that was received."""
    key = ask.loan(loan)
    request = ask.keyed(is_dated=given.effective_on is not None)
    row = loans.read_loan(ask.conn, key)
    if given.currency != row.terms.currency:
        raise CurrencyMismatch("currency-mismatch", left=given.currency, right=row.terms.currency)
    on = parse_date(given.effective_on) if given.effective_on else row.book_open_on
    fact = Fact(
        FactKind.PAYMENT_RECEIVED,
        on,
        row.book_open_on,
        request.source,
        given.ref or ask.own_ref(request),
        amount=given.amount_minor,
    )
    return answer(public(record_fact(ask.conn, key, fact, request)), 201)


@door.post(
    "/api/loans/{loan}/facts",
    may=Permission.FACT_RECORD,
    status=201,
    model=Recorded,
    is_keyed=True,
    also={202: RequestTold},
)
def record(ask: Asked, loan: str, given: FactGiven) -> Response:
    """Record a fact. One that forgives, takes back or changes what was agreed waits for a second person."""
    key = ask.loan(loan)
    request = ask.keyed(is_dated=given.line[:1].isdigit())
    row = loans.read_loan(ask.conn, key)
    facts = loans.read_facts(ask.conn, key)
    money = currency(row.terms.currency)
    fact = FactLines(money, facts).read(
        given.line,
        source=request.source,
        source_ref=ask.own_ref(request),
        recorded_on=row.book_open_on,
        on=row.book_open_on,
    )
    code, _ = loans.book_code_of(ask.conn, key)
    if needs_second(fact.kind) and ask.book(code).four_eyes:
        told = ask_second(
            ask.conn,
            Act.FACT,
            book=code,
            target=loan_id(key.person_id, key.loan_no),
            payload={"line": fact_line(fact, money)},
            loan=key,
            request=request,
        )
        return answer(told, 202)
    return answer(public(record_fact(ask.conn, key, fact, request)), 201)


# -- a borrower's own ------------------------------------------------------------------------------

own = Door(tags=["a borrower's own"])


@own.get("/api/own/loans", may=Permission.OWN_READ, model=LoansTold)
def list_own(ask: Asked) -> Response:
    """Your loans."""
    assert ask.identity.person_id is not None
    items = [
        {
            "loan_id": loan_id(key.person_id, key.loan_no),
            "book": code,
            "product": product,
            "currency": money,
            "opened_on": opened_on.isoformat(),
        }
        for key, code, money, product, opened_on in loans.loans_of_person(ask.conn, ask.identity.person_id)
    ]
    return answer({"schema": "duewell.loans/1", "items": items, "next": None})


@own.get("/api/own/loans/{loan}", may=Permission.OWN_READ, model=LoanTold)
def show_own(ask: Asked, loan: str, as_of: AsOf = None) -> Response:
    """Your loan: its rows, its facts, and what is owed."""
    return answer(show_loan(ask.conn, ask.loan(loan), **dates(as_of, None)))


@own.get("/api/own/loans/{loan}/statement", may=Permission.OWN_READ, model=StatementTold)
def own_statement(ask: Asked, loan: str, as_of: AsOf = None) -> Response:
    """Every movement of your loan and its split."""
    return answer(statement_document(_look(ask, ask.loan(loan), as_of, None)))


@own.get("/api/own/loans/{loan}/proof", may=Permission.OWN_READ, model=ProofTold)
def own_proof(
    ask: Asked,
    loan: str,
    row: RowNr = None,
    part: PartOf = "interest",
    total: Total = None,
    as_of: AsOf = None,
) -> Response:
    """One amount of your loan opened to its derivation."""
    return answer(_proof(ask, ask.loan(loan), row, part, total, dates(as_of, None)))


@own.get("/api/own/loans/{loan}/cost", may=Permission.OWN_READ, model=CostTold)
def own_cost(ask: Asked, loan: str, as_of: AsOf = None) -> Response:
    """The true cost of your loan."""
    return answer(cost_document(show_cost(ask.conn, ask.loan(loan), **dates(as_of, None))))


@own.post("/api/own/loans/{loan}/preview", may=Permission.OWN_READ, model=PreviewTold)
def own_preview(ask: Asked, loan: str, given: PreviewGiven) -> Response:
    """What would be if you paid this much on that day; nothing is written."""
    return answer(supposed(ask, ask.loan(loan), given))


__all__ = ["door", "loan_document", "own"]
