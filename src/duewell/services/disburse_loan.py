"""Disburse: a new loan of a new person, paid out on a date, once per request key.

Needs    a connection; the book, the amounts, the request.
Gives    what record_fact answers, kept under the request key.
Never    pays out twice for one key: person and loan follow from the key.
Source   docs/decisions/0001-a-loan-is-its-facts.md.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from fractions import Fraction
from typing import Any

from duewell.domain.disclosure import check_terms
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.facts import Fact, FactKind
from duewell.domain.party import person_of
from duewell.domain.product import OWN_TERMS, LoanTerms, check_rate, terms_to_payload
from duewell.domain.receipts import Payer
from duewell.gateways.cap_packs import caps_of_book
from duewell.store import books, loans, posting, products, rails, request_keys
from duewell.store.loans import Connection, LoanKey
from duewell.store.paying import order_pay_out
from duewell.store.posting import Request

PRODUCT = "plain_loan"
"""What plain terms are booked under. Its mark is one that no product file's code may hold."""


def disburse_loan(
    conn: Connection,
    book_code: str,
    *,
    principal: int,
    rate: Fraction,
    instalments: int,
    on: date | None,
    request: Request,
    product: str | None = None,
    rail: str | None = None,
    payee: Payer | None = None,
) -> dict[str, Any]:
    """Make the loan and record its disbursement in one transaction; sent twice it happens once.

    With a `rail` and a `payee` the order to pay is written in the same transaction, and leaves after it.
    A loan of a product ("code" or "code@version") has that version's terms; else the book's plain ones.
    Refuses   an amount below one unit, a date after the open date, a rate finer than 0.0001 %; terms
              outside the product's ranges, or that break a cap in force on the day.
    """
    book = books.read_book(conn, book_code)
    posting.check_key(request.key)
    asked = [book_code, principal, str(rate), instalments, on.isoformat() if on else "open date"]
    if product is not None:
        asked.append(product)
    if rail is not None and payee is not None:
        asked += [rail, payee.name, payee.account, payee.bank]
    body_hash = hashlib.sha256(json.dumps(asked).encode()).digest()
    kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
    if kept is not None:
        return kept
    start = on or book.open_on
    if start > book.open_on:
        raise InvalidInput("fact-after-the-open-date", effective_on=str(start), open_on=str(book.open_on))
    made = products.read(conn, book.book_id, product).product if product is not None else None
    if made is not None:
        terms = made.terms(principal=principal, rate=rate, instalments=instalments, start=start)
    else:
        terms = LoanTerms(
            principal=principal,
            start=start,
            instalments=instalments,
            rate=check_rate(rate),
            currency=book.currency,
        )
    own = made.caps if made is not None else ()
    check_terms(terms, (*caps_of_book(book.settings), *own), start)
    person_id = person_of(book_code, request.client_id, request.key)
    key = LoanKey(person_id, 1)
    with conn.transaction():
        if loans.add_person(conn, person_id, book.book_id if book.is_sandbox else 0):
            if made is None:
                books.add_product(conn, book, PRODUCT, version=1, valid_from=book.opened_on, terms=OWN_TERMS)
            loans.create_loan(
                conn,
                person_id=person_id,
                book_id=book.book_id,
                product_code=made.code if made is not None else PRODUCT,
                product_version=made.version if made is not None else 1,
                terms=terms,
                opened_on=start,
            )
        elif terms_to_payload(loans.read_loan(conn, key).loan_terms) != terms_to_payload(terms):
            raise Conflict("key-reused-with-another-body", key=request.key)
        fact = Fact(FactKind.DISBURSED, start, book.open_on, "cli", request.key, amount=principal)
        result = posting.record(conn, key, fact, request, body_hash=body_hash)
        if rail is not None and payee is not None:
            by = rails.key_of(book, rails.rail_of(book, rail).code)
            order_pay_out(conn, book, by, key, result["seq"], payee=payee, at=request.at)
        return result
