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
from duewell.domain.product import OWN_TERMS, LoanTerms, Product, check_rate, terms_to_payload
from duewell.domain.receipts import Payer
from duewell.gateways.cap_packs import caps_of_book
from duewell.gateways.keys import KeyPort, Seals
from duewell.store import books, loans, posting, products, rails, request_keys
from duewell.store.books import BookRow
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
    person: int | None = None,
    rail: str | None = None,
    payee: Payer | None = None,
    keys: KeyPort | None = None,
) -> dict[str, Any]:
    """Make the loan and record its disbursement in one transaction; sent twice it happens once.

    With a `rail`, a `payee` and the `keys` the order to pay is written in the same transaction.
    A loan of a product ("code" or "code@version") has that version's terms; else the book's plain ones.
    `person` is who borrows; a new person where none is named.
    Refuses   an amount below one unit, a date after the open date, a rate finer than 0.0001 %; terms
              outside the product's ranges, or that break a cap in force on the day.
    """
    book = books.read_book(conn, book_code)
    posting.check_key(request.key)
    day = on.isoformat() if on else "open date"
    asked: list[object] = [book_code, principal, str(rate), instalments, day]
    asked += [product] if product is not None or person is not None else []
    asked += [person] if person is not None else []
    pays = (rail, payee, keys) if rail is not None and payee is not None and keys is not None else None
    assert (rail is None) == (payee is None) == (pays is None), (
        "paid out by a rail, to somebody, with the keys"
    )
    if pays is not None:
        # A plain hash of an account number could be tried out; one by the index key cannot.
        asked += [rail, pays[2].blind("payee", pays[1].name, pays[1].account, pays[1].bank).hex()]
    body_hash = hashlib.sha256(json.dumps(asked).encode()).digest()
    kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
    if kept is not None:
        return kept
    start = on or book.open_on
    if start > book.open_on:
        raise InvalidInput("fact-after-the-open-date", effective_on=str(start), open_on=str(book.open_on))
    made = products.read(conn, book.book_id, product).product if product is not None else None
    terms = _terms(book, made, principal=principal, rate=rate, instalments=instalments, start=start)
    realm = book.book_id if book.is_sandbox else 0
    with conn.transaction():
        if person is None:
            key = LoanKey(person_of(book_code, request.client_id, request.key), 1)
            if loans.add_person(conn, key.person_id, realm):
                _create(conn, book, key.person_id, made, terms)
            elif terms_to_payload(loans.read_loan(conn, key).loan_terms) != terms_to_payload(terms):
                raise Conflict("key-reused-with-another-body", key=request.key)
        else:
            loans.lock_person(conn, person, realm)
            # Of two who ask at once the second waited for the lock, and finds what the first one made.
            kept = request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=body_hash)
            if kept is not None:
                return kept
            key = _create(conn, book, person, made, terms)
        fact = Fact(FactKind.DISBURSED, start, book.open_on, request.source, request.key, amount=principal)
        result = posting.record(conn, key, fact, request, body_hash=body_hash)
        if pays is not None:
            by = rails.key_of(book, rails.rail_of(book, pays[0]).code)
            seals = Seals(pays[2])
            order_pay_out(conn, seals, book, by, key, result["seq"], payee=pays[1], at=request.at)
        return result


def _terms(
    book: BookRow, made: Product | None, *, principal: int, rate: Fraction, instalments: int, start: date
) -> LoanTerms:
    """The loan as agreed: within the product's ranges, under the caps of the book and the product."""
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
    return terms


def _create(
    conn: Connection, book: BookRow, person_id: int, made: Product | None, terms: LoanTerms
) -> LoanKey:
    if made is None:
        books.add_product(conn, book, PRODUCT, version=1, valid_from=book.opened_on, terms=OWN_TERMS)
    return loans.create_loan(
        conn,
        person_id=person_id,
        book_id=book.book_id,
        product_code=made.code if made is not None else PRODUCT,
        product_version=made.version if made is not None else 1,
        terms=terms,
        opened_on=terms.start,
    )
