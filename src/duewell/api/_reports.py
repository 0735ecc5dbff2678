"""Routes of reports: the overdue, the ledger, and the day."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from duewell.api._door import Asked, Door, answer
from duewell.api._loans import AsOf, Known, dates
from duewell.api._models import Document
from duewell.domain.access import Permission
from duewell.domain.calendar import parse_date
from duewell.services import report_ledger
from duewell.services.report_overdue import as_document as overdue_document
from duewell.services.report_overdue import report_overdue

door = Door(tags=["reports"])


@door.get("/api/books/{book}/overdue", may=Permission.REPORT_READ, model=Document)
def overdue(ask: Asked, book: str, as_of: AsOf = None, known: Known = None) -> Response:
    """Who is late, how much, since when, and what comes next; at two dates."""
    row = ask.book(book)
    return answer(overdue_document(report_overdue(ask.conn, row.code, **dates(as_of, known))))


@door.get("/api/books/{book}/trial-balance", may=Permission.LEDGER_READ, model=Document)
def trial_balance(ask: Asked, book: str, as_of: AsOf = None) -> Response:
    """The balances of the general ledger at the end of a closed day."""
    row = ask.book(book)
    day = parse_date(as_of) if as_of else None
    found = report_ledger.trial_balance_of(ask.conn, row.code, as_of=day)
    return answer(report_ledger.trial_balance_document(found))


@door.get("/api/books/{book}/periods", may=Permission.LEDGER_READ, model=Document)
def periods(ask: Asked, book: str) -> Response:
    """The accounting periods that are closed."""
    row, closed = report_ledger.periods_of(ask.conn, ask.book(book).code)
    return answer(report_ledger.periods_document(row, closed))


@door.get("/api/books/{book}/ledger/explain", may=Permission.LEDGER_READ, model=Document)
def explain_total(
    ask: Asked,
    book: str,
    day: Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$")],
    account: Annotated[str, Query(max_length=60)],
) -> Response:
    """Where a total of the general ledger comes from, on one day."""
    row, on = ask.book(book), parse_date(day)
    totals = report_ledger.explain_total(ask.conn, row.code, day=on, account_code=account)
    return answer(report_ledger.explained_document(row.code, row.currency, on, totals))
