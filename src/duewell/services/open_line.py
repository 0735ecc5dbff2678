"""Open a line: revolving credit for a new person, from a date, once per request key.

Needs    a connection; the book, the terms, the request.
Gives    what record_fact answers, kept under the request key.
Never    opens two lines for one key: person and line follow from the key.
Source   docs/reference/line.md.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from duewell.domain.disclosure import check_line
from duewell.domain.errors import Conflict, CurrencyMismatch, InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.party import person_of
from duewell.domain.product import OWN_LINE_TERMS, LineTerms, agreed_to_payload
from duewell.gateways.cap_packs import caps_of_book
from duewell.store import books, loans, posting, request_keys
from duewell.store.loans import Connection, LoanKey
from duewell.store.posting import Request

PRODUCT = "plain_line"
"""What lines are booked under. Its mark is one that no product file's code may hold."""


def open_line(conn: Connection, book_code: str, terms: LineTerms, request: Request) -> dict[str, Any]:
    """Make the line and record its limit in one transaction; sent twice it happens once.

    Refuses   terms in another currency than the book's, that begin after the open date, or that break a cap
              in force on the day they begin.
    """
    book = books.read_book(conn, book_code)
    posting.check_key(request.key)
    agreed = agreed_to_payload(terms)
    body_hash = hashlib.sha256(json.dumps([book_code, agreed], sort_keys=True).encode()).digest()
    kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
    if kept is not None:
        return kept
    if terms.currency != book.currency:
        raise CurrencyMismatch("currency-mismatch", left=terms.currency, right=book.currency)
    if terms.start > book.open_on:
        raise InvalidInput(
            "fact-after-the-open-date", effective_on=str(terms.start), open_on=str(book.open_on)
        )
    check_line(terms, caps_of_book(book.settings), terms.start)
    key = LoanKey(person_of(book_code, request.client_id, request.key), 1)
    with conn.transaction():
        if loans.add_person(conn, key.person_id, book.book_id if book.is_sandbox else 0):
            books.add_product(conn, book, PRODUCT, version=1, valid_from=book.opened_on, terms=OWN_LINE_TERMS)
            loans.create_loan(
                conn,
                person_id=key.person_id,
                book_id=book.book_id,
                product_code=PRODUCT,
                product_version=1,
                terms=terms,
                opened_on=terms.start,
            )
        elif agreed_to_payload(loans.read_loan(conn, key).terms) != agreed:
            raise Conflict("key-reused-with-another-body", key=request.key)
        fact = Fact(
            FactKind.LIMIT_CHANGED, terms.start, book.open_on, request.source, request.key, amount=terms.limit
        )
        return posting.record(conn, key, fact, request, body_hash=body_hash)
