"""Calls of the API: rails.

Gives    one function a route; a client does what it returns.
Source   written by script/client from the API's document: change the routes, then run it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from duewell.client import shapes
from duewell.client._core import Call


def _at(text: str) -> str:
    return quote(text, safe="")


def show_rails(book: str) -> Call[shapes.Document]:
    """The rails of a book."""
    return Call("GET", f"/api/books/{_at(book)}/rails")


def put_rail(
    book: str,
    *,
    code: str,
    kind: str,
    account: str | None = None,
    name: str | None = None,
    creditor_id: str | None = None,
    bic: str | None = None,
    is_real: bool | None = None,
    columns: dict[str, Any] | None = None,
    slots: list[str] | None = None,
    layout: str | None = None,
    reasons: dict[str, Any] | None = None,
    url: str | None = None,
    merchant: str | None = None,
    secret_file: str | None = None,
    signature: str | None = None,
    return_url: str | None = None,
    order_minutes: int | None = None,
    key: str | None = None,
) -> Call[shapes.Document | shapes.RequestTold]:
    """Set a rail in place of the one of its code; where a book has four eyes a second person decides."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/rails",
        body={
            "code": code,
            "kind": kind,
            "account": account,
            "name": name,
            "creditor_id": creditor_id,
            "bic": bic,
            "is_real": is_real,
            "columns": columns,
            "slots": slots,
            "layout": layout,
            "reasons": reasons,
            "url": url,
            "merchant": merchant,
            "secret_file": secret_file,
            "signature": signature,
            "return_url": return_url,
            "order_minutes": order_minutes,
        },
        key=key,
        is_keyed=True,
    )


def assign_virtual_account(book: str, rail: str, *, account: str, loan: str) -> Call[shapes.Document]:
    """Give a loan an account number of its own to be paid to; twice the same changes nothing."""
    return Call(
        "POST", f"/api/books/{_at(book)}/rails/{_at(rail)}/accounts", body={"account": account, "loan": loan}
    )


def upload_statement(
    book: str, rail: str, *, content: bytes, media: str = "text/xml", dry_run: bool | None = None
) -> Call[shapes.Document]:
    """Read a bank's statement: payments, returns, and what waits in suspense. A file is its own key."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/rails/{_at(rail)}/statements",
        query={"dry_run": dry_run},
        content=content,
        media=media,
    )


def upload_status(
    book: str, rail: str, *, content: bytes, media: str = "text/xml", dry_run: bool | None = None
) -> Call[shapes.Document]:
    """Read what became of collections and pay-outs, and what is done next. A file is its own key."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/rails/{_at(rail)}/statuses",
        query={"dry_run": dry_run},
        content=content,
        media=media,
    )


def show_suspense(book: str) -> Call[shapes.Document]:
    """The work list of money whose owner is not known: why it waits, what was written, the payer masked."""
    return Call("GET", f"/api/books/{_at(book)}/suspense")


def match_money(
    book: str, *, rail: str, ref: str, loan: str, amount_minor: int | None = None, key: str | None = None
) -> Call[shapes.Document | shapes.RequestTold]:
    """Give money to its loan, as of the day it came; with four eyes once a second person approves."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/suspense/match",
        body={"rail": rail, "ref": ref, "loan": loan, "amount_minor": amount_minor},
        key=key,
        is_keyed=True,
    )


def send_money_back(
    book: str,
    *,
    rail: str,
    ref: str,
    by: str | None = None,
    payee: shapes.PayeeGiven | None = None,
    amount_minor: int | None = None,
    key: str | None = None,
) -> Call[shapes.Document | shapes.RequestTold]:
    """Order money paid back to whom it came from; with four eyes once a second person approves."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/suspense/send-back",
        body={"rail": rail, "ref": ref, "by": by, "payee": payee, "amount_minor": amount_minor},
        key=key,
        is_keyed=True,
    )


def collect(book: str, rail: str, *, on: str | None = None, key: str | None = None) -> Call[shapes.Document]:
    """Make the collection file of a day. `file` is where it is fetched; the same key is the same file."""
    return Call(
        "POST",
        f"/api/books/{_at(book)}/rails/{_at(rail)}/collections",
        body={"on": on},
        key=key,
        is_keyed=True,
    )


def fetch_collection(book: str, rail: str, batch: str) -> Call[bytes]:
    """The file of a batch for the bank, as often as it is asked for."""
    return Call("GET", f"/api/books/{_at(book)}/rails/{_at(rail)}/collections/{_at(batch)}")


def notify(book: str, rail: str, *, body: dict[str, Any]) -> Call[shapes.Done]:
    """What a wallet's provider says of an order: believed by its signature alone, and once."""
    return Call("POST", f"/api/books/{_at(book)}/rails/{_at(rail)}/notifications", body=body)


def reconcile(book: str, *, on: str | None = None) -> Call[shapes.Document]:
    """Rail, receipt and ledger of a day side by side, and every difference."""
    return Call("GET", f"/api/books/{_at(book)}/reconciliation", query={"on": on})


def show_mandates(loan: str) -> Call[shapes.Document]:
    """The mandates of a loan, what was collected, and the coming tries with their times."""
    return Call("GET", f"/api/loans/{_at(loan)}/mandates")


def sign(
    loan: str,
    *,
    rail: str,
    name: str,
    account: str,
    bank: str | None = None,
    on: str | None = None,
    key: str | None = None,
) -> Call[shapes.Document]:
    """Record that the borrower lets us collect from an account."""
    return Call(
        "POST",
        f"/api/loans/{_at(loan)}/mandates",
        body={"rail": rail, "name": name, "account": account, "bank": bank, "on": on},
        key=key,
        is_keyed=True,
    )


def revoke(
    loan: str, *, reason: str | None = None, on: str | None = None, key: str | None = None
) -> Call[shapes.Document]:
    """Record that the borrower does not let us collect any more."""
    return Call(
        "POST",
        f"/api/loans/{_at(loan)}/mandates/revocation",
        body={"reason": reason, "on": on},
        key=key,
        is_keyed=True,
    )


def own_mandates(loan: str) -> Call[shapes.Document]:
    """Your mandates, what was collected, and when and how often we shall try next."""
    return Call("GET", f"/api/own/loans/{_at(loan)}/mandates")


def sign_own(
    loan: str,
    *,
    rail: str,
    name: str,
    account: str,
    bank: str | None = None,
    on: str | None = None,
    key: str | None = None,
) -> Call[shapes.Document]:
    """Let us collect from your account."""
    return Call(
        "POST",
        f"/api/own/loans/{_at(loan)}/mandates",
        body={"rail": rail, "name": name, "account": account, "bank": bank, "on": on},
        key=key,
        is_keyed=True,
    )


def revoke_own(
    loan: str, *, reason: str | None = None, on: str | None = None, key: str | None = None
) -> Call[shapes.Document]:
    """Take your leave to collect back."""
    return Call(
        "POST",
        f"/api/own/loans/{_at(loan)}/mandates/revocation",
        body={"reason": reason, "on": on},
        key=key,
        is_keyed=True,
    )


def order(loan: str, *, rail: str, amount_minor: int, key: str | None = None) -> Call[shapes.Document]:
    """Open an order to pay through a wallet: the signed address the borrower is sent to."""
    return Call(
        "POST",
        f"/api/loans/{_at(loan)}/orders",
        body={"rail": rail, "amount_minor": amount_minor},
        key=key,
        is_keyed=True,
    )


def show_order(loan: str, order: str) -> Call[shapes.Document]:
    """What is known of an order: ok, failed, or unknown."""
    return Call("GET", f"/api/loans/{_at(loan)}/orders/{_at(order)}")


def own_order(loan: str, *, rail: str, amount_minor: int, key: str | None = None) -> Call[shapes.Document]:
    """Open an order to pay your loan through a wallet."""
    return Call(
        "POST",
        f"/api/own/loans/{_at(loan)}/orders",
        body={"rail": rail, "amount_minor": amount_minor},
        key=key,
        is_keyed=True,
    )


def show_own_order(loan: str, order: str) -> Call[shapes.Document]:
    """What is known of your order: ok, failed, or unknown."""
    return Call("GET", f"/api/own/loans/{_at(loan)}/orders/{_at(order)}")


def refund(
    loan: str, *, rail: str, amount_minor: int, payee: shapes.PayeeGiven, key: str | None = None
) -> Call[shapes.Document | shapes.RequestTold]:
    """Pay back what was paid too much; with four eyes once a second person approves."""
    return Call(
        "POST",
        f"/api/loans/{_at(loan)}/refunds",
        body={"rail": rail, "amount_minor": amount_minor, "payee": payee},
        key=key,
        is_keyed=True,
    )
