"""Open a book: one lender's ledger, its currency, and its first business date.

Needs    a connection; code, currency, date; for a sandbox opened by somebody from outside, a request's key.
Gives    open_book, open_sandbox.
Never    opens one twice.
Source   docs/glossary.md, book.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from duewell.domain.agenda import BUCKETS, buckets_from
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.money import currency
from duewell.domain.provisioning import provision_rates
from duewell.gateways.cap_packs import pack_of_jurisdiction
from duewell.store import books, posting, request_keys, trail
from duewell.store.books import BookRow
from duewell.store.loans import Connection
from duewell.store.posting import Request

_PACKS = {"CNY": ("CN", "Asia/Shanghai"), "USD": ("US", "America/New_York")}


def open_book(
    conn: Connection,
    *,
    code: str,
    currency_code: str,
    open_on: date,
    is_sandbox: bool,
    bucket_days: Sequence[int] = (),
    provision_pct: Sequence[str] = (),
    has_four_eyes: bool = True,
) -> BookRow:
    """Open a book with the usual settings of its currency; `bucket_days` begin its delinquency buckets.

    `has_four_eyes` False, in a sandbox only, lets one person do what else waits for a second.
    `provision_pct` is what it sets aside for losses, one percentage of the principal a bucket.
    Refuses   a strange code, an unknown currency, bucket days that do not rise from 1, provision rates
              that are not one for each bucket; a live book where anybody was let in as a demonstration.
    """
    if not is_sandbox and trail.was_demo(conn):
        raise Conflict("live-book-after-demo", book=code)
    buckets = buckets_from(bucket_days) if bucket_days else BUCKETS
    settings: dict[str, Any] = {"bucket_days": [first for _, first in buckets[1:]]} if bucket_days else {}
    if provision_pct:
        provision_rates(provision_pct, buckets)
        settings["provision_pct"] = list(provision_pct)
    if not has_four_eyes:
        if not is_sandbox:
            raise InvalidInput("four-eyes-always")
        settings["four_eyes"] = False
    money = currency(currency_code)
    jurisdiction, zone = _PACKS.get(money.code, ("XX", "UTC"))
    caps = pack_of_jurisdiction(jurisdiction)
    if caps is not None:
        settings["caps"] = caps
    with conn.transaction():
        return books.open_book(
            conn,
            code=code,
            name=code,
            legal_entity=code,
            jurisdiction=jurisdiction,
            currency=money.code,
            zone=zone,
            calendar=jurisdiction,
            cutoff="23:00",
            open_on=open_on,
            is_sandbox=is_sandbox,
            settings=settings,
        )


def open_sandbox(
    conn: Connection,
    *,
    code: str,
    currency_code: str,
    open_on: date,
    has_four_eyes: bool,
    asked: object,
    request: Request,
) -> None:
    """Open a sandbox book, once per key, and say so on the trail; `asked` is what the request said."""
    posting.check_key(request.key)
    hashed = request_keys.hash_of_body(asked)
    with conn.transaction():
        if request_keys.find(conn, client_id=request.client_id, key=request.key, body_hash=hashed):
            return
        row = open_book(
            conn,
            code=code,
            currency_code=currency_code,
            open_on=open_on,
            is_sandbox=True,
            has_four_eyes=has_four_eyes,
        )
        request_keys.keep(
            conn,
            client_id=request.client_id,
            key=request.key,
            body_hash=hashed,
            target="-",
            result={"book": row.code},
            recorded_at=request.at,
        )
        trail.add(conn, at=request.at, actor=request.actor, act="book-opened", target=row.code)
