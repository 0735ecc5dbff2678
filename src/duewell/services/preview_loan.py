"""Preview a loan: what would be if certain facts came, read from lines of text; nothing is written.

Needs    a connection; the loan's key; named futures, each a list of fact lines; the day to look at.
Gives    Previewed: each future beside the loan as it is.
Never    writes, locks, or answers for a loan that is not there yet.
Source   docs/reference/preview.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from duewell.domain.errors import InvalidInput
from duewell.domain.facts import Fact, FactLines
from duewell.domain.loan import Future, compare
from duewell.domain.money import currency
from duewell.domain.party import loan_id
from duewell.domain.product import Part
from duewell.store import loans
from duewell.store.loans import Connection, Known, LoanKey

SCHEMA = "duewell.preview/1"
AS_IT_IS = "as-it-is"


@dataclass(frozen=True, slots=True)
class Previewed:
    """A loan's futures on one day, the loan as it is first."""

    key: LoanKey
    currency: str
    until: date
    known: date | datetime
    futures: dict[str, Future]


def preview_loan(
    conn: Connection,
    key: LoanKey,
    futures: Mapping[str, Sequence[str]],
    *,
    until: date | None = None,
    known: Known = None,
) -> Previewed:
    """The loan and its futures on `until`: else the day of the last line, and no earlier than the open date.

    Refuses   a line that cannot be read or applied; a loan not there yet.
    """
    if AS_IT_IS in futures:
        raise InvalidInput("future-named-twice", name=AS_IT_IS)
    row = loans.read_loan(conn, key)
    known = known or row.book_open_on
    facts = loans.read_facts(conn, key, known)
    lines = FactLines(currency(row.terms.currency), facts)
    supposed: dict[str, list[Fact]] = {AS_IT_IS: []}
    for name, told in futures.items():
        supposed[name] = [
            lines.read(
                line,
                source="preview",
                source_ref=f"if-{n:04d}",
                recorded_on=row.book_open_on,
                on=row.book_open_on,
            )
            for n, line in enumerate(told, start=1)
        ]
    days = [fact.effective_on for each in supposed.values() for fact in each]
    until = until or max([row.book_open_on, *days])
    facts = loans.facts_by(conn, row, until, known)
    found = compare(row.loan_terms, facts, supposed, until=until, buckets=row.buckets)
    return Previewed(key, row.terms.currency, until, known, found)


def as_document(previewed: Previewed) -> dict[str, Any]:
    """The futures for machines, in the order they were asked, the loan as it is first."""
    return {
        "schema": SCHEMA,
        "loan_id": loan_id(previewed.key.person_id, previewed.key.loan_no),
        "currency": previewed.currency,
        "until": previewed.until.isoformat(),
        "known_at": previewed.known.isoformat(),
        "futures": [{"name": name, **_future(each)} for name, each in previewed.futures.items()],
    }


def _future(future: Future) -> dict[str, Any]:
    state = future.state
    return {
        "dpd": future.age.dpd,
        "bucket": future.age.bucket,
        "overdue_minor": future.age.overdue,
        "outstanding_minor": future.age.outstanding,
        "principal_minor": state.principal_out,
        "overpaid_minor": state.overpaid,
        "payoff_minor": future.payoff,
        "to_pay_minor": future.to_pay,
        "cost_minor": future.cost,
        "ends_on": future.ends_on.isoformat() if future.ends_on else None,
        "charged_off_on": state.charged_off_on.isoformat() if state.charged_off_on else None,
        "rows": [
            {
                "nr": row.nr,
                "due_on": row.due_on.isoformat(),
                "due_minor": {part.name.lower(): row.due[part] for part in Part},
                "paid_minor": {part.name.lower(): row.paid[part] for part in Part},
            }
            for row in state.rows
        ],
        "movements": [
            {
                "on": each.fact.effective_on.isoformat(),
                "kind": each.kind,
                "amount_minor": each.amount,
                "parts_minor": {part.name.lower(): each.parts[part] for part in Part},
                "overpaid_minor": each.overpaid,
            }
            for each in state.applied
            if each.fact.source == "preview"
        ],
    }
