"""Show the true cost: of a loan at two dates and after each of its facts, or of an offer of a product.

Needs    a connection; the loan's key and dates, or the product and what is asked of it.
Gives    Costed, Quote, and both as documents.
Never    writes, or rounds a rate.
Source   docs/reference/cost.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from duewell.domain.disclosure import (
    CostSheet,
    TrueCost,
    check_terms,
    cost_sheet,
    course,
    sheet_document,
    true_cost,
)
from duewell.domain.facts import Fact
from duewell.domain.facts import known as alive
from duewell.domain.money import Rate
from duewell.domain.party import loan_id
from duewell.domain.product import LoanTerms, Product
from duewell.gateways.cap_packs import caps_of_book
from duewell.store import books, loans, products
from duewell.store.loans import Connection, Known, LoanKey

SCHEMA = "duewell.true-cost/1"
QUOTE_SCHEMA = "duewell.quote/1"


@dataclass(frozen=True, slots=True)
class Costed:
    """A loan's cost on a day, and after each fact that counts by then."""

    key: LoanKey
    terms: LoanTerms
    cost: TrueCost
    steps: tuple[tuple[Fact, TrueCost], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What an offer would cost if everything is paid on its date."""

    product: Product
    terms: LoanTerms
    sheet: CostSheet

    @property
    def cost(self) -> TrueCost:
        """What it would cost."""
        return self.sheet.cost


def show_cost(conn: Connection, key: LoanKey, *, as_of: date | None = None, known: Known = None) -> Costed:
    """The cost of a loan as of a day, the open date where none is named. Refuses a day before the loan."""
    row = loans.read_loan(conn, key)
    day = as_of or row.book_open_on
    facts = loans.facts_by(conn, row, day, known)
    by_then = [fact for fact in alive(facts) if fact.effective_on <= day]
    steps = tuple(course(row.loan_terms, by_then))
    return Costed(key, row.loan_terms, true_cost(row.loan_terms, facts, as_of=day), steps)


def quote(
    conn: Connection,
    book_code: str,
    product: str,
    *,
    principal: int,
    rate: Fraction,
    instalments: int,
    start: date | None = None,
) -> Quote:
    """What a loan of a product would cost, paid out on the open date where no day is named.

    Refuses   what disbursing would refuse: terms outside the product's ranges, or above a cap.
    """
    book = books.read_book(conn, book_code)
    made = products.read(conn, book.book_id, product).product
    terms = made.terms(principal=principal, rate=rate, instalments=instalments, start=start or book.open_on)
    check_terms(terms, (*caps_of_book(book.settings), *made.caps), terms.start)
    return Quote(made, terms, cost_sheet(terms))


def cost_document(costed: Costed) -> dict[str, Any]:
    """A loan's cost for machines. Rates are per cent, cut to ten decimals; None where there is none."""
    return {
        "schema": SCHEMA,
        "loan_id": loan_id(costed.key.person_id, costed.key.loan_no),
        "currency": costed.terms.currency,
        **figures(costed.cost),
        "steps": [
            {
                "on": fact.effective_on.isoformat(),
                "kind": fact.kind.value,
                "ref": fact.source_ref,
                **rates(cost),
            }
            for fact, cost in costed.steps
        ],
    }


def quote_document(found: Quote) -> dict[str, Any]:
    """An offer's cost for machines."""
    return {
        "schema": QUOTE_SCHEMA,
        "product": found.product.ref,
        "currency": found.terms.currency,
        "principal_minor": found.terms.principal,
        "rate_pct": Rate(found.terms.rate).text(),
        "instalments": found.terms.instalments,
        **figures(found.cost),
        "cost_sheet": sheet_document(found.sheet),
    }


def figures(cost: TrueCost) -> dict[str, Any]:
    """The amounts, the rates and the flows of a cost."""
    return {
        "as_of": cost.as_of.isoformat(),
        "lent_minor": cost.lent,
        "kept_minor": cost.kept,
        "paid_minor": cost.paid,
        "to_pay_minor": cost.to_pay,
        "interest_minor": cost.interest,
        "fees_minor": cost.fees,
        "penalties_minor": cost.penalties,
        "forgiven_minor": cost.forgiven,
        "periods_a_year": str(cost.rates.periods),
        **rates(cost),
        "flows": [{"on": on.isoformat(), "amount_minor": amount} for on, amount in cost.flows],
    }


def rates(cost: TrueCost) -> dict[str, str | None]:
    """The yearly rates of a cost in per cent."""
    told = {
        "period_pct": cost.rates.period,
        "nominal_pct": cost.rates.nominal,
        "effective_pct": cost.rates.effective,
        "reg_z_pct": cost.rates.reg_z,
        "aprc_pct": cost.rates.aprc,
    }
    return {name: None if rate is None else Rate(rate).text() for name, rate in told.items()}
