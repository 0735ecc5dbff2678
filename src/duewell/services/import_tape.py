"""Take a book over: another system's tape becomes loans at their opening positions, all or nothing.

Needs    a connection; rows of text, a column map, the book; the instant.
Gives    import_tape with ImportReport: loans taken over, and row by row what was refused and why;
         asked_tape and import_asked for a tape that waits for a second person.
Never    imports half a tape, posts an unbalanced entry, or reads a lender's status.
Source   docs/decisions/0005-taking-a-book-over.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from multiprocessing import get_context
from typing import Any

from duewell.analytics.spreading import end_with_parent
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.party import person_of
from duewell.domain.product import OWN_TERMS, LoanTerms
from duewell.domain.tape import (
    ColumnMap,
    RowRefusal,
    TapeLoan,
    column_map,
    position_of,
    read_tape,
    terms_of,
)
from duewell.domain.texts import message_of
from duewell.store import books, bulk, loans
from duewell.store.books import BookRow
from duewell.store.bulk import Computed, NewLoan
from duewell.store.loans import Connection, LoanKey

SOURCE = "tape"
BATCH = 250
PROCESSES_FROM = 8
REFUSALS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: loans taken over with what they owe in principal, loans that were there already,
    and refusals in file order.
    """

    taken_over: int
    already_there: int
    refusals: tuple[RowRefusal, ...]
    is_written: bool
    principal_out: int = 0


def import_tape(
    conn: Connection,
    book_code: str,
    rows: Iterable[tuple[int, Mapping[str, str]]],
    columns: ColumnMap,
    *,
    actor: str,
    at: datetime,
    skip_refused: bool = False,
    is_dry_run: bool = False,
    on_progress: Callable[[int], None] = lambda done: None,
) -> ImportReport:
    """Take over every loan of a tape on the book's open date, in one transaction.

    With any row refused nothing is written, unless `skip_refused` takes the rest; at most 1,000 refusals
    are collected. A loan the book holds already is left alone where the tape says the same of it, so
    sending a tape twice changes nothing. The tape is read before anything is locked. A dry run does all
    of it and takes it back.
    """
    book = books.read_book(conn, book_code)
    found, refusals = _read(rows, columns, book)
    held = loans.refs_of_book(conn, book.book_id)
    refusals += _held_otherwise(conn, columns, [loan for loan in found if loan.ref in held], held)
    if refusals and not skip_refused:
        return ImportReport(0, 0, tuple(refusals), is_written=False)
    fresh = [loan for loan in found if loan.ref not in held]
    with conn.transaction(force_rollback=is_dry_run):
        books.share_day(conn, book.book_id)
        if books.read_book(conn, book_code).open_on != book.open_on:
            raise Conflict("book-day-moved", open_on=book.open_on)
        product_no = books.add_product(
            conn,
            book,
            columns.product,
            version=1,
            valid_from=book.opened_on,
            terms=OWN_TERMS,
        )
        made: list[Computed] = []
        for batch in _computed(fresh, book, product_no):
            made += batch
            on_progress(len(made))
        bulk.write_loans(conn, book, made, actor=actor, at=at)
    out = sum(loan.principal_out for loan in fresh)
    return ImportReport(len(fresh), len(found) - len(fresh), tuple(refusals), not is_dry_run, out)


def asked_tape(
    name: str,
    rows: Iterable[tuple[int, Mapping[str, str]]],
    columns: ColumnMap,
    report: ImportReport,
    *,
    open_on: date,
) -> dict[str, Any]:
    """A tape as a request keeps it until a second person decides: of each row the columns that are read.

    `report` is of its dry run on the book's open date.
    """
    wanted = columns.columns()
    return {
        "name": name,
        "open_on": open_on.isoformat(),
        "loans": report.taken_over,
        "principal_out_minor": report.principal_out,
        "columns": asdict(columns),
        "rows": [[line, {column: values.get(column, "") for column in wanted}] for line, values in rows],
    }


def import_asked(
    conn: Connection,
    book_code: str,
    asked: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
    is_dry_run: bool = False,
) -> dict[str, Any]:
    """Take over a tape that was asked for. What loans owe is true of a day, so it is taken over on that one.

    Refuses   Conflict "tape-day-moved" on another day, "tape-refused-by-now" where a row is refused by now,
              "tape-there-by-now" where not all of its loans are new any more.
    """
    day = books.read_book(conn, book_code).open_on
    if day.isoformat() != asked["open_on"]:
        raise Conflict("tape-day-moved", asked_on=date.fromisoformat(asked["open_on"]), open_on=day)
    rows = [(int(line), values) for line, values in asked["rows"]]
    columns = column_map(asked["columns"])
    with conn.transaction():
        report = import_tape(conn, book_code, rows, columns, actor=actor, at=at, is_dry_run=is_dry_run)
        if report.refusals:
            first = report.refusals[0]
            raise Conflict("tape-refused-by-now", refused=len(report.refusals), line=first.line)
        if report.taken_over != asked["loans"]:
            raise Conflict("tape-there-by-now", asked=asked["loans"], new=report.taken_over)
    return {"taken_over": report.taken_over, "already_there": report.already_there}


def _read(
    rows: Iterable[tuple[int, Mapping[str, str]]], columns: ColumnMap, book: BookRow
) -> tuple[list[TapeLoan], list[RowRefusal]]:
    """The loans of a tape and its refusals. Refuses a tape with too many of them, whatever comes after."""
    found: list[TapeLoan] = []
    refusals: list[RowRefusal] = []
    for each in read_tape(rows, columns, currency=book.currency, opened_on=book.open_on):
        if isinstance(each, TapeLoan):
            found.append(each)
            continue
        refusals.append(each)
        if len(refusals) > REFUSALS_MAX:
            raise InvalidInput("too-many-refusals", refused=REFUSALS_MAX)
    return found, refusals


def _held_otherwise(
    conn: Connection, columns: ColumnMap, again: Sequence[TapeLoan], held: Mapping[str, LoanKey]
) -> list[RowRefusal]:
    """Rows whose reference the book holds with other figures: a number used again, or a mistake."""
    refusals = []
    kept = loans.read_many(conn, [held[loan.ref] for loan in again])
    for loan in again:
        terms, facts = kept[held[loan.ref]]
        assert isinstance(terms, LoanTerms), "only loans came under a reference"
        opened = next((fact.position for fact in facts if fact.position is not None), None)
        out = opened.principal if opened is not None else terms.principal
        told = (loan.principal, loan.rate, loan.instalments, loan.principal_out)
        if told != (terms.principal, terms.rate, terms.instalments, out):
            problem = InvalidInput(
                "tape-ref-held-otherwise", ref=loan.ref, principal_minor=terms.principal, out_minor=out
            )
            refusals.append(RowRefusal(loan.line, columns.ref, loan.ref, message_of(problem)))
    return refusals


def _computed(fresh: list[TapeLoan], book: BookRow, product_no: int) -> Iterator[list[Computed]]:
    """Loans with their agendas, in order; a large tape is shared out over processes."""
    batches = [fresh[k : k + BATCH] for k in range(0, len(fresh), BATCH)]
    work = partial(_batch, book=book, product_no=product_no)
    if len(batches) < PROCESSES_FROM:
        yield from map(work, batches)
        return
    with ProcessPoolExecutor(
        max_workers=min(8, os.cpu_count() or 1),
        mp_context=get_context("spawn"),
        initializer=end_with_parent,
    ) as pool:
        yield from pool.map(work, batches)


def _batch(fresh: list[TapeLoan], *, book: BookRow, product_no: int) -> list[Computed]:
    return [bulk.computed(_new_loan(loan, book, product_no), book) for loan in fresh]


def _new_loan(loan: TapeLoan, book: BookRow, product_no: int) -> NewLoan:
    terms: LoanTerms = terms_of(loan, book.open_on)
    fact = Fact(
        FactKind.OPENED,
        book.open_on,
        book.open_on,
        SOURCE,
        loan.ref,
        position=position_of(loan, terms, book.open_on),
    )
    # A tape without persons gives each loan a person of its own, from its reference.
    return NewLoan(person_of(book.code, loan.ref), loan.ref, loan.product, product_no, terms, (fact,))
