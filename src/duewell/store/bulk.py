"""Many new loans at once, streamed by COPY: persons, loans, facts, journals, agendas.

Needs    a connection inside a transaction; loans with all their facts.
Gives    NewLoan, computed, write_loans, write_standing.
Never    takes another way than the posting path would: the same facts, journals and agendas come out.
Source   docs/decisions/0005-taking-a-book-over.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from duewell.domain.agenda import Agenda, Sums
from duewell.domain.errors import Conflict
from duewell.domain.facts import Fact
from duewell.domain.ledger import Journal
from duewell.domain.loan import agenda, fold
from duewell.domain.postings import FactKey, day_journal, journals_of
from duewell.domain.product import LoanTerms, terms_to_payload
from duewell.store import agendas, days, loans
from duewell.store.books import BookRow
from duewell.store.fact_rows import fact_payload
from duewell.store.loans import ACCOUNT_NO, Connection, LoanKey


@dataclass(frozen=True, slots=True)
class NewLoan:
    """A loan to be written with its facts, in order of entry, none of them a reversal."""

    person_id: int
    ref: str
    product_code: str
    product_no: int
    terms: LoanTerms
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A new loan with all that its facts say: journals by fact, the agenda, and its standing before today.

    Made without a database.
    """

    loan: NewLoan
    journals: dict[FactKey, Journal]
    plan: Agenda
    before: Sums


def computed(loan: NewLoan, book: BookRow) -> Computed:
    """Fold a new loan once for its journals and once for its agenda; may run in another process."""
    state = fold(loan.terms, loan.facts, as_of=book.open_on)
    plan, before = agenda(loan.terms, loan.facts, open_on=book.open_on, buckets=book.buckets)
    return Computed(loan, journals_of(state.applied), plan, before)


_TABLES = {
    "person": "person_id, realm, next_loan_no",
    "loan": "person_id, loan_no, book_id, product_code, product_version, external_ref, currency,"
    " opened_on, terms",
    "loan_state": "person_id, loan_no, next_seq, paid_minor, is_tabular, principal_minor",
    "loan_fact": "person_id, loan_no, seq, kind, schema_version, effective_on, recorded_on, recorded_at,"
    " source, source_ref, actor, payload",
    "journal": "person_id, loan_no, seq, part, posted_on, accounts, amounts",
    "agenda": agendas.COLUMNS,
}


def write_loans(
    conn: Connection, book: BookRow, made: Sequence[Computed], *, actor: str, at: datetime
) -> None:
    """Write new loans of new persons. A person who is there already is a Conflict: nothing is written."""
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
    measures = agendas.Measures(conn)
    realm = book.book_id if book.is_sandbox else 0
    people = [each.loan.person_id for each in made]
    taken = loans.persons_held(conn, people)
    if taken or len(set(people)) < len(people):
        raise Conflict("person-already-there", count=max(1, len(taken)))
    for one in made:
        each = one.loan
        key = LoanKey(each.person_id, 1)
        rows["person"].append((each.person_id, realm, 2))
        rows["loan"].append(
            (
                *(
                    key.person_id,
                    key.loan_no,
                    book.book_id,
                    each.product_code,
                    1,
                    each.ref,
                    each.terms.currency,
                ),
                *(book.open_on, Jsonb(terms_to_payload(each.terms))),
            )
        )
        state = agendas.state_of(one.plan)
        rows["loan_state"].append((key.person_id, key.loan_no, len(each.facts) + 1, *state))
        _facts(rows, key, each.facts, book, actor, at)
        _journals(rows, key, one)
        rows["agenda"].append(
            agendas.agenda_row(key, book.book_id, each.product_no, one.plan, measures, book.open_on)
        )
    for table, columns in _TABLES.items():
        with conn.cursor() as cursor, cursor.copy(f"copy duewell.{table} ({columns}) from stdin") as copy:
            for row in rows[table]:
                copy.write_row(row)


def write_standing(conn: Connection, book: BookRow, sums: dict[int, Sums], *, at: datetime) -> None:
    """Close the day before a new book's first one with what its loans' earlier facts come to, by product."""
    if not sums:
        return
    day = book.open_on - days.ONE_DAY
    days.begin_run(conn, book.book_id, day, at)
    days.put_sums(conn, book.book_id, day, sums)
    for product_no in sorted(sums):
        journal = day_journal({}, sums[product_no])
        if journal is not None:
            days.put_gl_journal(conn, book.book_id, day, product_no, journal)
    days.finish_run(conn, book.book_id, day, at)


def _facts(
    rows: dict[str, list[tuple[Any, ...]]],
    key: LoanKey,
    facts: Sequence[Fact],
    book: BookRow,
    actor: str,
    at: datetime,
) -> None:
    for seq, fact in enumerate(facts, start=1):
        rows["loan_fact"].append(
            (
                *(
                    key.person_id,
                    key.loan_no,
                    seq,
                    fact.kind.value,
                    1,
                    fact.effective_on,
                    fact.recorded_on,
                    at,
                ),
                *(fact.source, fact.source_ref, actor, Jsonb(fact_payload(fact))),
            )
        )


def _journals(rows: dict[str, list[tuple[Any, ...]]], key: LoanKey, one: Computed) -> None:
    facts = {fact.key: (seq, fact.recorded_on) for seq, fact in enumerate(one.loan.facts, start=1)}
    for name, journal in one.journals.items():
        seq, recorded_on = facts[name]
        rows["journal"].append(
            (
                *(key.person_id, key.loan_no, seq, 1, recorded_on),
                [ACCOUNT_NO[line.account.code] for line in journal.lines],
                [line.amount_minor for line in journal.lines],
            )
        )
