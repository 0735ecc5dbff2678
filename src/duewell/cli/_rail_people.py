"""Commands of rails about one borrower's money: suspense, mandates, orders to pay, refunds.

Needs    the rail application to stand in; a Frame; the clock.
Gives    rail suspense list, match, send-back; rail mandate sign, revoke, show; rail order, rail refund.
Never    guesses a loan or shows more of an account than its end.
Source   docs/reference/rails.md.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from duewell.cli import _tables
from duewell.cli._frame import Frame, amount, day, ending, make_frame, now
from duewell.cli._options import Book, Json, Key, Lang, Loan, On, find_book, find_loan, request_key
from duewell.domain.money import currency, parse_amount
from duewell.domain.receipts import Payer
from duewell.gateways.holidays import bank_days
from duewell.services.change_mandate import revoke_mandate, sign_mandate
from duewell.services.list_suspense import list_suspense
from duewell.services.match_suspense import match_suspense
from duewell.services.open_order import open_order
from duewell.services.refund_loan import refund_loan
from duewell.services.send_back_suspense import send_back_suspense
from duewell.services.show_mandate import show_mandate
from duewell.store.posting import Request

suspense_app = typer.Typer(no_args_is_help=True, help="Money whose owner is not known.")
mandate_app = typer.Typer(no_args_is_help=True, help="Leave to collect by direct debit.")
RailName = Annotated[str, typer.Option("--rail", help="The rail's code.")]
Ref = Annotated[str, typer.Argument(help="The reference, as `rail suspense list` has it.")]
LoanOption = Annotated[str, typer.Option("--loan", help="The loan's id.")]
Some = Annotated[str | None, typer.Option("--amount", help="A part, such as 100.00; all that is left else.")]
PayeeName = Annotated[str, typer.Option("--name", help="Whose account it is.")]
PayeeAccount = Annotated[str, typer.Option("--account", help="The account number or IBAN.")]
PayeeBank = Annotated[str, typer.Option("--bank", help="The bank's BIC or code.")]


def add_to(rail_app: typer.Typer) -> None:
    """Stand in the rail application."""
    rail_app.add_typer(suspense_app, name="suspense")
    rail_app.add_typer(mandate_app, name="mandate")
    rail_app.command("order")(order)
    rail_app.command("refund")(refund)


def _asked(key: str | None) -> Request:
    return Request("cli", request_key(key), "cli", now())


def _minor(text: str | None, code: str) -> int | None:
    return parse_amount(text, currency(code)).minor if text is not None else None


@suspense_app.command("list")
def suspense_list(book: Book, lang: Lang = None, as_json: Json = False) -> None:
    """The work list: what waits, since when and why."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        done = list_suspense(frame.conn, frame.keys, book)
        if as_json:
            frame.document(done)
            return
        rows = [
            [
                each["ref"],
                each["rail"],
                amount(each["left_minor"], each["currency"]),
                each["currency"],
                each["value_on"],
                _reason(frame, each["reason"]),
                _written(each["told"]),
            ]
            for each in done["items"]
        ]
        heads = ("cli-ref", "cli-rail", "cli-left", "cli-rail-currency", "cli-date", "cli-why", "cli-written")
        title = frame.say("cli-suspense-title", book=book, count=len(rows))
        _tables.table(frame, title, heads, rows, folded=(5, 6))


def _reason(frame: Frame, reason: str) -> str:
    kind, _, code = reason.partition(":")
    return frame.say(f"cli-why-{kind}") + (f" ({code})" if code else "")


def _written(told: dict[str, Any]) -> str:
    words = [*told.get("references", []), told.get("text", ""), told.get("payer", {}).get("name", "")]
    return " ".join(word for word in words if word)[:120]


@suspense_app.command("match")
def suspense_match(
    ref: Ref,
    book: Book,
    rail: RailName,
    loan: LoanOption,
    part: Some = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Give money to its loan, as of the day it came."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, row = find_loan(frame, loan)
        minor = _minor(part, row.terms.currency)
        asked = _asked(key)
        done = match_suspense(frame.conn, book, rail=rail, ref=ref, loan=where, amount=minor, request=asked)
        _tell_moved(frame, "cli-suspense-matched", done)


@suspense_app.command("send-back")
def suspense_send_back(
    ref: Ref,
    book: Book,
    rail: RailName,
    by: Annotated[str | None, typer.Option("--by", help="The rail to pay by; the same if left out.")] = None,
    name: PayeeName = "",
    account: PayeeAccount = "",
    bank: PayeeBank = "",
    part: Some = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Order money paid back to whom it came from, or to the account given."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        row = find_book(frame, book)
        done = send_back_suspense(
            frame.conn,
            frame.keys,
            book,
            rail=rail,
            ref=ref,
            by_rail=by,
            payee=Payer(name, account, bank) if account else None,
            amount=_minor(part, row.currency),
            request=_asked(key),
        )
        _tell_moved(frame, "cli-suspense-sent-back", done)


def _tell_moved(frame: Frame, code: str, done: dict[str, Any]) -> None:
    money = done["currency"]
    frame.tell(
        code,
        amount=amount(done["moved_minor"], money),
        left=amount(done["left_minor"], money),
        currency=money,
        ref=done["ref"],
        to=done.get("loan_id") or done.get("pay_out"),
    )
    if frame.is_json:
        frame.document(done)


@mandate_app.command("sign")
def mandate_sign(
    loan: Loan,
    book: Book,
    rail: RailName,
    name: PayeeName,
    account: PayeeAccount,
    bank: PayeeBank = "",
    on: On = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Record that the borrower lets us collect from an account."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, _ = find_loan(frame, loan)
        payer = Payer(name, account, bank)
        done = sign_mandate(
            frame.conn, frame.keys, book, rail, where, payer=payer, on=day(on), request=_asked(key)
        )
        frame.tell("cli-mandate-signed", mandate=done["mandate"], loan=loan, end=done["account_end"])
        if as_json:
            frame.document(done)


@mandate_app.command("revoke")
def mandate_revoke(
    loan: Loan,
    book: Book,
    reason: Annotated[str, typer.Option("--reason", help="Why, as the borrower said.")] = "",
    on: On = None,
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Record that the borrower does not let us collect any more."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, _ = find_loan(frame, loan)
        done = revoke_mandate(
            frame.conn, frame.keys, book, where, on=day(on), reason=reason, request=_asked(key)
        )
        frame.tell("cli-mandate-revoked", mandate=done["mandate"], loan=loan)
        if as_json:
            frame.document(done)


@mandate_app.command("show")
def mandate_show(loan: Loan, book: Book, lang: Lang = None, as_json: Json = False) -> None:
    """The mandates of a loan, what was collected, and when the next dues will be."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        row = find_book(frame, book)
        where, _ = find_loan(frame, loan)
        days = bank_days(row.calendar, row.open_on.year)
        done = show_mandate(frame.conn, frame.keys, book, where, is_business=days.is_business_day)
        if as_json:
            frame.document(done)
            return
        for each in done["mandates"]:
            state = frame.say(f"cli-mandate-state-{each['state']}")
            frame.tell("cli-mandate", mandate=each["mandate"], end=each["account_end"], state=state)
        if not done["mandates"]:
            frame.tell("cli-mandates-none", loan=loan)
        for due in done["coming"]:
            tries = ", ".join(f"{each['on']} {each['at']}" for each in due["tries"])
            money = amount(due["amount_minor"], row.currency)
            frame.tell(
                "cli-collection-plan", due=due["due_on"], amount=money, currency=row.currency, tries=tries
            )
        for each in done["attempts"]:
            step = frame.say(f"cli-next-{each['next']}") if each["next"] else "-"
            frame.tell(
                "cli-attempt",
                due=each["due_on"],
                attempt=each["attempt"],
                amount=amount(each["amount_minor"], row.currency),
                currency=row.currency,
                state=frame.say(f"cli-attempt-{each['state']}"),
                reason=each["reason"] or "-",
                step=step,
            )


def order(
    loan: Loan,
    book: Book,
    rail: RailName,
    what: Annotated[str, typer.Option("--amount", help="What is to be paid, such as 100.00.")],
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Open an order to pay through a wallet: the address the borrower is sent to."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, row = find_loan(frame, loan)
        minor = parse_amount(what, currency(row.terms.currency)).minor
        done = open_order(frame.conn, book, rail, where, amount=minor, request=_asked(key))
        frame.tell("cli-order", order=done["order"], url=done["url"], expires=done["expires_at"])
        if as_json:
            frame.document(done)


def refund(
    loan: Loan,
    book: Book,
    rail: RailName,
    what: Annotated[str, typer.Option("--amount", help="What is paid back, such as 100.00.")],
    name: PayeeName,
    account: PayeeAccount,
    bank: PayeeBank = "",
    key: Key = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    """Pay back what was paid too much: the fact and the order to pay in one transaction."""
    frame = make_frame(lang=lang, is_json=as_json)
    with ending(frame):
        where, row = find_loan(frame, loan)
        minor = parse_amount(what, currency(row.terms.currency)).minor
        payee = Payer(name, account, bank)
        done = refund_loan(
            frame.conn, frame.keys, book, rail, where, amount=minor, payee=payee, request=_asked(key)
        )
        pay_out = done.pop("pay_out")
        if as_json:
            frame.document(
                {"schema": "duewell.refund/1", "loan_id": loan, "pay_out": pay_out}
                | {
                    name: value
                    for name, value in sorted(done.items())
                    if name not in ("schema", "person_id", "loan_no")
                }
            )
            return
        frame.tell("cli-refund-ordered", amount=amount(minor, row.terms.currency), key=pay_out,
                   currency=row.terms.currency, loan=loan)  # fmt: skip
