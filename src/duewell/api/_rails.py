"""Routes of a book's payment rails: set, files in and out, suspense, a wallet's messages, the three sides.

Needs    the Door; files as bodies.
Gives    door.
Never    lets a caller name a file of the server's, tells an unsigned stranger what is there, or shows a payer
         whole.
Source   docs/reference/rails.md; docs/reference/api.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Query, Response
from pydantic import Field

from duewell.api import _rail_acts
from duewell.api._door import Ask, Asked, Body, Door, answer
from duewell.api._models import Code, Day, Document, Done, Given, Minor, RequestTold
from duewell.api._problems import BadRequest
from duewell.api._rail_acts import PayeeGiven, Visible
from duewell.catalogues import render
from duewell.domain.access import Act, Permission
from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, NotFound
from duewell.domain.party import loan_id
from duewell.domain.receipts import Payer
from duewell.domain.texts import Message
from duewell.gateways.holidays import bank_days
from duewell.services.assign_account import assign_account
from duewell.services.collect_due import collect_due, collection_file
from duewell.services.list_suspense import list_suspense
from duewell.services.match_suspense import match_suspense
from duewell.services.read_statement import read_statement
from duewell.services.read_status import read_status
from duewell.services.reconcile_day import reconcile_day
from duewell.services.send_back_suspense import send_back_suspense
from duewell.services.set_rail import check_rail, list_rails, set_rail
from duewell.services.take_notification import take_notification
from duewell.store import books, rails

door = Door(tags=["payment rails"])
SECRETS = "rail-secrets"
"""The folder in the data where the keys of wallets lie: a rail set through the API names a file of it."""
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LAYOUT = re.compile(r"[a-z][a-z0-9-]{0,30}")
_FIELDS_MAX = 50
_FILES = {kind: {"type": "string"} for kind in ("text/xml", "application/xml", "text/csv", "text/plain")}
_MESSAGES = {
    "application/x-www-form-urlencoded": {"type": "object", "additionalProperties": {"type": "string"}},
    "application/json": {"type": "object", "additionalProperties": {"type": "string"}},
}
DryRun = Annotated[bool, Query(description="Read it all, write nothing.")]
On = Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", description="The day; the open date else.")]
Ref = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
LoanId = Annotated[str, Field(max_length=40)]


class RailGiven(Given):
    """A rail as its file would say it; which fields it needs follows from its kind."""

    code: Code
    kind: Annotated[str, Field(max_length=20, examples=["transfer", "debit", "wallet"])]
    account: Visible | None = None
    name: Visible | None = None
    creditor_id: Visible | None = None
    bic: Visible | None = None
    is_real: bool | None = None
    columns: Annotated[dict[str, Visible], Field(max_length=40)] | None = None
    slots: Annotated[list[Visible], Field(max_length=20)] | None = None
    layout: Visible | None = None
    reasons: Annotated[dict[str, list[Visible]], Field(max_length=20)] | None = None
    url: Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x20\x7f]*$")] | None = None
    merchant: Visible | None = None
    secret_file: Visible | None = None
    signature: Visible | None = None
    return_url: Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x20\x7f]*$")] | None = None
    order_minutes: Annotated[int, Field(strict=True, ge=1, le=1440)] | None = None


class AccountGiven(Given):
    """The number a bank gave, and the loan that is paid to there."""

    account: Annotated[str, Field(min_length=1, max_length=60)]
    loan: LoanId


class MatchGiven(Given):
    """Money in suspense and the loan it is for; a part of it, or all that is left."""

    rail: Code
    ref: Ref
    loan: LoanId
    amount_minor: Minor | None = None


class SendBackGiven(Given):
    """Money in suspense to be paid back: by a rail, to whom the bank told of or to the payee given."""

    rail: Code
    ref: Ref
    by: Code | None = None
    payee: PayeeGiven | None = None
    amount_minor: Minor | None = None


class CollectGiven(Given):
    """The day whose planned tries go into the file; the open date if left out."""

    on: Day | None = None


# -- rails -----------------------------------------------------------------------------------------


@door.get("/api/books/{book}/rails", may=Permission.RAIL_READ, model=Document)
def show_rails(ask: Asked, book: str) -> Response:
    """The rails of a book."""
    return answer(list_rails(ask.conn, ask.book(book).code))


@door.post(
    "/api/books/{book}/rails",
    may=Permission.RAIL_SET,
    status=201,
    model=Document,
    is_keyed=True,
    also={202: RequestTold},
)
def put_rail(ask: Asked, book: str, given: RailGiven) -> Response:
    """Set a rail in place of the one of its code; where a book has four eyes a second person decides."""
    row = ask.book(book)
    table = _table(ask, given)
    rail = check_rail(row, table)
    if row.four_eyes:
        target = rails.key_of(row, rail.code)
        return answer(
            _rail_acts.wait_for_second(ask, Act.RAIL, book=row.code, target=target, payload={"rail": table}),
            202,
        )
    return answer(set_rail(ask.conn, row.code, table, ask.keyed()), 201)


def _table(ask: Ask, given: RailGiven) -> dict[str, Any]:
    """The table of a rail's file. Files are named, never by a path: the server's own are nobody's to read."""
    table = given.model_dump(exclude_none=True)
    layout, secret = table.get("layout"), table.get("secret_file")
    if layout and not _LAYOUT.fullmatch(layout):
        raise InvalidInput("rail-field-unreadable", field="layout")
    if secret is not None:
        if not _FILE.fullmatch(secret):
            raise InvalidInput("rail-secret-elsewhere", folder=SECRETS)
        table["secret_file"] = str(ask.state.settings.data / SECRETS / secret)
    return table


@door.post("/api/books/{book}/rails/{rail}/accounts", may=Permission.RAIL_RUN, status=201, model=Document)
def assign_virtual_account(ask: Asked, book: str, rail: str, given: AccountGiven) -> Response:
    """Give a loan an account number of its own to be paid to; twice the same changes nothing."""
    row, loan = ask.book(book), ask.loan(given.loan)
    return answer(assign_account(ask.conn, row.code, rail, given.account, loan=loan, at=ask.at), 201)


# -- files that come in ----------------------------------------------------------------------------


@door.post("/api/books/{book}/rails/{rail}/statements", may=Permission.RAIL_RUN, model=Document, takes=_FILES)
def upload_statement(ask: Asked, book: str, rail: str, body: Body, dry_run: DryRun = False) -> Response:
    """Read a bank's statement: payments, returns, and what waits in suspense. A file is its own key."""
    row = ask.book(book)
    with _file(ask, body) as path:
        done = read_statement(
            ask.conn,
            ask.state.keys,
            row.code,
            rail,
            path,
            actor=ask.identity.actor,
            at=ask.at,
            is_dry_run=dry_run,
        )
    return answer(_told_refusals(ask, done))


@door.post("/api/books/{book}/rails/{rail}/statuses", may=Permission.RAIL_RUN, model=Document, takes=_FILES)
def upload_status(ask: Asked, book: str, rail: str, body: Body, dry_run: DryRun = False) -> Response:
    """Read what became of collections and pay-outs, and what is done next. A file is its own key."""
    row = ask.book(book)
    with _file(ask, body) as path:
        done = read_status(
            ask.conn, row.code, rail, path, actor=ask.identity.actor, at=ask.at, is_dry_run=dry_run
        )
    return answer(_told_refusals(ask, done))


@contextmanager
def _file(ask: Ask, body: bytes) -> Iterator[Path]:
    """A body as a file for those who read files; gone when it was read."""
    kind = ask.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FILES:
        raise BadRequest("body-not-a-file", known=", ".join(_FILES))
    with TemporaryDirectory(prefix="duewell-") as folder:
        path = Path(folder) / hashlib.sha256(body).hexdigest()[:24]
        path.write_bytes(body)
        yield path


def _told_refusals(ask: Ask, done: dict[str, Any]) -> dict[str, Any]:
    """Refused rows with their sentences."""
    refusals = [
        {name: value for name, value in each.items() if name != "params"}
        | {"detail": render(Message(each["code"], each["params"]), ask.lang)}
        for each in done["refusals"]
    ]
    return done | {"refusals": refusals}


# -- suspense --------------------------------------------------------------------------------------


@door.get("/api/books/{book}/suspense", may=Permission.RAIL_READ, model=Document)
def show_suspense(ask: Asked, book: str) -> Response:
    """The work list of money whose owner is not known: why it waits, what was written, the payer masked."""
    done = list_suspense(ask.conn, ask.state.keys, ask.book(book).code)
    for each in done["items"]:
        payer = Payer(**each["told"].get("payer", {}))
        each["told"] = each["told"] | {"payer": _rail_acts.masked_payer(payer)}
    return answer(done)


@door.post(
    "/api/books/{book}/suspense/match",
    may=Permission.SUSPENSE_MOVE,
    status=201,
    model=Document,
    is_keyed=True,
    also={202: RequestTold},
)
def match_money(ask: Asked, book: str, given: MatchGiven) -> Response:
    """Give money to its loan, as of the day it came; with four eyes once a second person approves."""
    row, loan = ask.book(book), ask.loan(given.loan)
    if row.four_eyes:
        payload = {
            "rail": given.rail,
            "ref": given.ref,
            "loan": loan_id(loan.person_id, loan.loan_no),
            "amount_minor": given.amount_minor,
        }
        told = _rail_acts.wait_for_second(
            ask, Act.MATCH, book=row.code, target=_item(row.code, given.rail, given.ref), payload=payload
        )
        return answer(told, 202)
    done = match_suspense(
        ask.conn,
        row.code,
        rail=given.rail,
        ref=given.ref,
        loan=loan,
        amount=given.amount_minor,
        request=ask.keyed(),
    )
    return answer(_rail_acts.moved(done), 201)


@door.post(
    "/api/books/{book}/suspense/send-back",
    may=Permission.SUSPENSE_MOVE,
    status=201,
    model=Document,
    is_keyed=True,
    also={202: RequestTold},
)
def send_money_back(ask: Asked, book: str, given: SendBackGiven) -> Response:
    """Order money paid back to whom it came from; with four eyes once a second person approves."""
    row = ask.book(book)
    payee = given.payee.payer() if given.payee is not None else None
    if row.four_eyes:
        payload = {"rail": given.rail, "ref": given.ref, "by": given.by, "amount_minor": given.amount_minor}
        target = _item(row.code, given.rail, given.ref)
        told = _rail_acts.wait_for_second(
            ask, Act.SEND_BACK, book=row.code, target=target, payload=payload, payee=payee
        )
        return answer(told, 202)
    done = send_back_suspense(
        ask.conn,
        ask.state.keys,
        row.code,
        rail=given.rail,
        ref=given.ref,
        by_rail=given.by,
        payee=payee,
        amount=given.amount_minor,
        request=ask.keyed(),
    )
    return answer(_rail_acts.moved(done), 201)


def _item(book: str, rail: str, ref: str) -> str:
    return f"{book}/{rail}/{ref}"


# -- collections -----------------------------------------------------------------------------------


@door.post(
    "/api/books/{book}/rails/{rail}/collections",
    may=Permission.RAIL_RUN,
    status=201,
    model=Document,
    is_keyed=True,
)
def collect(ask: Asked, book: str, rail: str, given: CollectGiven) -> Response:
    """Make the collection file of a day. `file` is where it is fetched; the same key is the same file."""
    row = ask.book(book)
    on = parse_date(given.on) if given.on is not None else row.open_on
    done = collect_due(
        ask.conn,
        ask.state.keys,
        row.code,
        rail,
        on=on,
        write=lambda raw: None,
        at=ask.at,
        is_business=bank_days(row.calendar, on.year).is_business_day,
        request=ask.keyed(),
    )
    file = f"/api/books/{row.code}/rails/{rail}/collections/{done['batch']}" if done["collections"] else None
    return answer(done | {"file": file}, 201)


@door.get(
    "/api/books/{book}/rails/{rail}/collections/{batch}",
    may=Permission.RAIL_RUN,
    media="application/octet-stream",
)
def fetch_collection(ask: Asked, book: str, rail: str, batch: str) -> Response:
    """The file of a batch for the bank, as often as it is asked for."""
    raw = collection_file(ask.conn, ask.state.keys, ask.book(book).code, rail, batch[:60])
    named = {"Content-Disposition": 'attachment; filename="collection"'}
    return Response(raw, headers=named, media_type="application/octet-stream")


# -- a wallet's messages ---------------------------------------------------------------------------


@door.post("/api/books/{book}/rails/{rail}/notifications", may=Permission.PUBLIC, model=Done, takes=_MESSAGES)
def notify(ask: Asked, book: str, rail: str, body: Body) -> Response:
    """What a wallet's provider says of an order: believed by its signature alone, and once."""
    ask.state.pace.count(f"from {ask.come_from.address}", ask.at)
    fields = _fields(ask, body)
    unsigned = InvalidInput("notification-unsigned", rail=rail[:40])
    try:
        row = books.read_book(ask.conn, book[:40])
        is_wallet = rails.rail_of(row, rail).kind.value == "wallet"
    except NotFound:
        raise unsigned from None
    if not is_wallet:
        raise unsigned
    take_notification(ask.conn, row.code, rail, fields, at=ask.at)
    return answer({"schema": "duewell.done/1", "done": True})


def _fields(ask: Ask, body: bytes) -> dict[str, str]:
    """The fields of a form or of a JSON object, each once and each a text."""
    kind = ask.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        text = body.decode("utf-8")
        if kind == "application/json":
            found = json.loads(text, object_pairs_hook=_once)
        else:
            found = _once(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX))
    except (ValueError, RecursionError):
        raise BadRequest("body-not-fields") from None
    if not isinstance(found, dict) or not all(
        isinstance(value, str) and value.isprintable() for value in found.values()
    ):
        raise BadRequest("body-not-fields")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


# -- three sides -----------------------------------------------------------------------------------


@door.get("/api/books/{book}/reconciliation", may=Permission.RAIL_READ, model=Document)
def reconcile(ask: Asked, book: str, on: On = None) -> Response:
    """Rail, receipt and ledger of a day side by side, and every difference."""
    row = ask.book(book)
    return answer(reconcile_day(ask.conn, row.code, on=parse_date(on) if on is not None else None))
