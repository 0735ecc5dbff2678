"""Routes of lines: revolving credit opened, shown at two dates, and opened to its proofs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field

from duewell.api._door import Ask, Asked, Door, answer
from duewell.api._loans import AsOf, Known, PartOf, Total, dates, public
from duewell.api._models import Day, Document, Given, Minor, Pct, Recorded
from duewell.domain.access import Permission
from duewell.domain.calendar import DaysInYear, parse_date
from duewell.domain.errors import CurrencyMismatch
from duewell.domain.money import parse_rate_pct
from duewell.domain.product import CashFee, LateCharge, LineTerms, MinimumPayment
from duewell.services.open_line import open_line
from duewell.services.show_line import (
    ShownLine,
    chosen_line_proof,
    chosen_statement,
    line_document,
    look,
    statement_document,
)
from duewell.services.show_loan import proof_document
from duewell.store import loans

door = Door(tags=["lines"])
Nr = Annotated[int | None, Query(ge=1, le=10_000, description="A closed statement; the last one else.")]
Floor = Annotated[int, Field(strict=True, ge=0, le=10**15)]


class CashFeeGiven(Given):
    """The fee of a cash draw: a share of it, and at least so much."""

    pct: Pct
    floor_minor: Floor = 0


class LateChargeGiven(Given):
    """The charge on a missed minimum: a share of it, at least so much, after days of grace."""

    pct: Pct
    floor_minor: Floor = 0
    grace_days: Annotated[int, Field(strict=True, ge=0, le=90)] = 0


class LineGiven(Given):
    """A line to open for a new person."""

    limit_minor: Minor
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    statement_day: Annotated[int, Field(strict=True, ge=1, le=31)]
    rate_pct: Pct
    cash_rate_pct: Pct | None = None
    due_days: Annotated[int, Field(strict=True, ge=1, le=90)] = 20
    minimum_pct: Pct = "10"
    minimum_floor_minor: Floor = 0
    has_free_period: bool = True
    cash_fee: CashFeeGiven | None = None
    late_charge: LateChargeGiven | None = None
    start: Day | None = None

    def terms(self, open_on: date) -> LineTerms:
        """The line as agreed."""
        purchase, cash = parse_rate_pct(self.rate_pct), parse_rate_pct(self.cash_rate_pct or self.rate_pct)
        fee, late = self.cash_fee, self.late_charge
        return LineTerms(
            limit=self.limit_minor,
            start=parse_date(self.start) if self.start else open_on,
            statement_day=self.statement_day,
            purchase_rate=purchase.per_year,
            cash_rate=cash.per_year,
            due_days=self.due_days,
            currency=self.currency,
            days_in_year=DaysInYear.D365,
            has_free_period=self.has_free_period,
            minimum=MinimumPayment(parse_rate_pct(self.minimum_pct).per_year, self.minimum_floor_minor),
            cash_fee=CashFee(parse_rate_pct(fee.pct).per_year, fee.floor_minor) if fee else None,
            late_charge=LateCharge(parse_rate_pct(late.pct).per_year, late.floor_minor, late.grace_days)
            if late
            else None,
        )


@door.post("/api/books/{book}/lines", may=Permission.LOAN_LEND, status=201, model=Recorded, is_keyed=True)
def open_a_line(ask: Asked, book: str, given: LineGiven) -> Response:
    """Open a line. Draws, payments and conversions are facts of it: `draw 100.00 as purchase`."""
    row = ask.book(book)
    if given.currency != row.currency:
        raise CurrencyMismatch("currency-mismatch", left=given.currency, right=row.currency)
    return answer(public(open_line(ask.conn, row.code, given.terms(row.open_on), ask.keyed())), 201)


def _look(ask: Ask, line: str, when: dict[str, Any]) -> ShownLine:
    return look(ask.conn, loans.read_loan(ask.conn, ask.loan(line)), **when)


@door.get("/api/lines/{loan}", may=Permission.LOAN_READ, model=Document)
def show_line(ask: Asked, loan: str, as_of: AsOf = None, known: Known = None) -> Response:
    """A line at two dates: what is owed and available, its statements, plans and facts."""
    return answer(line_document(_look(ask, loan, dates(as_of, known))))


@door.get("/api/lines/{loan}/statement", may=Permission.LOAN_READ, model=Document)
def line_statement(ask: Asked, loan: str, nr: Nr = None, as_of: AsOf = None, known: Known = None) -> Response:
    """One closed statement: its movements, and where its interest comes from, day by day."""
    shown = _look(ask, loan, dates(as_of, known))
    return answer(statement_document(shown, chosen_statement(shown.state, nr)))


@door.get("/api/lines/{loan}/proof", may=Permission.LOAN_READ, model=Document)
def line_proof(
    ask: Asked,
    loan: str,
    statement: Nr = None,
    part: PartOf = "interest",
    total: Total = None,
    as_of: AsOf = None,
    known: Known = None,
) -> Response:
    """One amount of a statement, or a total of the line, opened to its derivation."""
    shown = _look(ask, loan, dates(as_of, known))
    proof = chosen_line_proof(shown.proven, statement, part, total)
    told = {"schema": "duewell.proof/1", "line_id": shown.name, "currency": shown.state.terms.currency}
    return answer({**told, "as_of": str(shown.state.as_of), "proof": proof_document(proof)})
