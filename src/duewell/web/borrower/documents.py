"""Documents: receipts and their proof, the plan and the statement as files, the calendar of due dates.

Needs    an Ask.
Gives    door.
Never    answers others for a receipt without its code, or for a calendar without its token.
Source   docs/reference/pages.md, section receipts; docs/reference/contact.md, section calendar.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.contract import contract_of
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.domain.party import parse_person_ref, person_ref
from duewell.domain.product import Part
from duewell.domain.texts import capital_amount, day_text, money_text, short_day_text
from duewell.gateways.calendar_files import Entry, calendar_file
from duewell.gateways.pdf_pages import Grid, Sheet, pdf_page
from duewell.gateways.table_files import Column, Kind, Table, write_table
from duewell.services import keep_calendar
from duewell.services.show_own import Own, show_own
from duewell.services.show_payable import payable
from duewell.services.show_receipts import Receipt, read_receipt, receipt_key, receipts_of, verify
from duewell.store import loans
from duewell.web._pages import Form, address_of, goes_to, lang_of, say_in, show
from duewell.web._proofs import PARTS
from duewell.web.borrower._loans import shown_loan

door = Door(tags=["pages"], include_in_schema=False)
P = Permission


def _own(ask: Ask) -> Own:
    assert ask.identity.person_id is not None
    return show_own(ask.conn, ask.identity.person_id)


@door.get("/documents", may=P.OWN_READ, media="text/html")
def documents(ask: Asked) -> Response:
    """Receipts of all loans, and what can be taken along of each."""
    own = _own(ask)
    found = [each for held in own.holdings for each in receipts_of(ask.conn, ask.state.keys, held.row.key)]
    found.sort(key=lambda each: each.recorded_at, reverse=True)
    assert ask.identity.person_id is not None
    since = keep_calendar.feed_since(ask.conn, ask.identity.person_id)
    return show(
        ask,
        "borrower/documents.html",
        "web-documents",
        way="documents",
        receipts=found,
        holdings=own.holdings,
        feed_since=since,
        feed=None,
    )


# -- receipts --------------------------------------------------------------------------------------


def _receipt(ask: Ask, number: str) -> Receipt:
    """A receipt of this borrower's own."""
    key, _ = receipt_key(number)
    if key.person_id != ask.identity.person_id:
        raise NotFound("receipt-not-found")
    return read_receipt(ask.conn, ask.state.keys, number)


@door.get("/receipts/{number}", may=P.OWN_READ, media="text/html")
def receipt_page(ask: Asked, number: str) -> Response:
    """One receipt."""
    return show(
        ask,
        "borrower/receipt.html",
        "web-receipt",
        way="documents",
        receipt=_receipt(ask, number),
        parts=PARTS,
    )


@door.get("/receipts/{number}/pdf", may=P.OWN_READ, media="application/pdf")
def receipt_pdf(ask: Asked, number: str) -> Response:
    """One receipt to keep or print."""
    found, lang = _receipt(ask, number), lang_of(ask.request)
    say, money = say_in(lang), found.currency
    amount = money_text(found.amount, money, lang)
    if lang == "zh" and money == "CNY":
        amount += f"（{capital_amount(found.amount)}）"
    pairs = [
        (say("web-receipt-number"), found.number),
        (say("web-receipt-amount"), amount),
        (say("web-receipt-on"), day_text(found.on, lang)),
        (say("web-receipt-loan"), found.loan),
        (say("web-receipt-left"), money_text(found.left, money, lang)),
        (say("web-receipt-code"), found.code),
    ]
    if found.taken_back_on is not None:
        back = say("web-receipt-back", on=day_text(found.taken_back_on, lang))
        pairs.insert(0, (say("web-receipt-state"), back))
    paid = [(name, found.parts[part]) for part, name in PARTS if found.parts[part]]
    rows = [(say(name), money_text(amount, money, lang)) for name, amount in paid]
    if found.overpaid:
        rows.append((say("web-part-credit"), money_text(found.overpaid, money, lang)))
    total = (say("web-together"), money_text(found.amount, money, lang))
    grid = Grid((say("web-where-it-goes"), say("web-amount")), rows, total)
    note = say("web-receipt-proof", address=address_of(ask, "/verify"))
    made = Sheet(found.number, say("web-receipt"), lang, pairs, (grid,), (note,), _issuer(ask, found.loan))
    return _pdf(made, f"receipt-{found.number}")


@door.get("/verify", may=P.PUBLIC, media="text/html")
def verify_page(
    ask: Asked,
    number: Annotated[str, Query(max_length=40)] = "",
    code: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Whether a receipt is one of ours, for whoever holds its number and code."""
    told: dict[str, Any] = {"number": number, "code": code, "found": None}
    told["kind"] = ask.visitor().kind.value
    if not number and not code:
        return show(ask, "borrower/verify.html", "web-verify", **told)
    ask.state.pace.count(f"from {ask.come_from.address}", ask.at)
    try:
        told["found"] = verify(ask.conn, ask.state.keys, number, code)
    except Refusal as refusal:
        wrong = say_in(lang_of(ask.request))(refusal.code, **refusal.facts)
        return show(ask, "borrower/verify.html", "web-verify", 404, wrong=wrong, **told)
    return show(ask, "borrower/verify.html", "web-verify", **told)


# -- plan and statement as files -------------------------------------------------------------------

_FILES = ("pdf", "csv")


@door.get("/loans/{loan}/files/{name}", may=P.OWN_READ, media="application/octet-stream")
def loan_file(ask: Asked, loan: str, name: str) -> Response:
    """`plan.pdf`, `plan.csv`, `statement.pdf` or `statement.csv` of a loan; of a line the statement."""
    what, _, kind = name.partition(".")
    held = payable(ask.conn, ask.loan(loan))
    files: dict[str, Callable[[Ask, str], Table]] = {"statement": _statement}
    if held.is_loan and not held.is_claim:
        # What was planned no longer counts once the whole is claimed; a line has no plan.
        files["plan"] = _plan
    made = files.get(what)
    if made is None or kind not in _FILES:
        known = ", ".join(f"{each}.{end}" for each in files for end in _FILES)
        raise NotFound("document-unknown", given=name[:40], known=known)
    table = made(ask, loan)
    stem = f"{what}-{loan}-{table.as_of}"
    if kind == "csv":
        return _as_file(write_table(table, "csv"), f"{stem}.csv", "text/csv; charset=utf-8")
    return _pdf(_sheet(ask, loan, table), stem)


def _plan(ask: Ask, loan: str) -> Table:
    _, shown = shown_loan(ask, loan)
    say, money = say_in(lang_of(ask.request)), shown.row.terms.currency
    columns = [
        Column("due_on", say("web-col-due-on"), Kind.DAY),
        *(Column(part.name.lower(), say(name), Kind.MONEY, money) for part, name in reversed(PARTS)),
        Column("due", say("web-together"), Kind.MONEY, money),
        Column("unpaid", say("web-col-unpaid"), Kind.MONEY, money),
    ]
    rows = [
        (row.due_on, *(row.due[part] for part, _ in reversed(PARTS)), sum(row.due), row.unpaid)
        for row in shown.state.rows
        if any(row.due) or any(row.paid)
    ]
    return _table(ask, "plan", say("web-plan"), columns, rows, shown.state.as_of)


def _statement(ask: Ask, loan: str) -> Table:
    row = loans.read_loan(ask.conn, ask.loan(loan))
    say, money = say_in(lang_of(ask.request)), row.terms.currency
    state = contract_of(row.terms).fold(
        loans.facts_by(ask.conn, row, row.book_open_on), as_of=row.book_open_on
    )
    columns = [
        Column("on", say("web-col-on"), Kind.DAY),
        Column("what", say("web-col-what")),
        Column("amount", say("web-amount"), Kind.MONEY, money),
        *(Column(part.name.lower(), say(name), Kind.MONEY, money) for part, name in reversed(PARTS)),
        Column("credit", say("web-part-credit"), Kind.MONEY, money),
        Column("left", say("web-receipt-left"), Kind.MONEY, money),
    ]
    rows = [
        (
            each.fact.effective_on,
            say("movement-" + each.kind.replace("_", "-")),
            each.amount,
            *(each.parts[part] for part, _ in reversed(PARTS)),
            each.overpaid,
            each.balance,
        )
        for each in state.applied
    ]
    return _table(ask, "statement", say("web-statement"), columns, rows, row.book_open_on)


def _table(
    ask: Ask, name: str, title: str, columns: list[Column], rows: list[tuple[Any, ...]], as_of: date
) -> Table:
    day = as_of.isoformat()
    return Table(name, title, columns, rows, day, day, ask.request.url.path)


def _sheet(ask: Ask, loan: str, table: Table) -> Sheet:
    lang = lang_of(ask.request)
    say = say_in(lang)
    texts: dict[Kind, Callable[[Any, str], str]] = {
        Kind.DAY: lambda value, _: short_day_text(value, lang),
        Kind.MONEY: lambda value, money: money_text(value, money, lang),
    }
    rows = [
        [
            texts[column.kind](value, column.currency) if column.kind in texts else str(value)
            for value, column in zip(row, table.columns, strict=True)
        ]
        for row in table.rows
    ]
    pairs = [
        (say("web-receipt-loan"), loan),
        (say("web-col-as-of"), day_text(date.fromisoformat(table.as_of), lang)),
    ]
    grid = Grid([each.title for each in table.columns], rows)
    return Sheet(f"{table.name} {loan}", table.title, lang, pairs, (grid,), (), _issuer(ask, loan))


def _issuer(ask: Ask, loan: str) -> str:
    """Whose loan it is: the name of the book."""
    key = ask.loan(loan)
    return loans.book_name_of(ask.conn, key)


def _pdf(sheet: Sheet, stem: str) -> Response:
    return _as_file(pdf_page(sheet), f"{stem}.pdf", "application/pdf")


def _as_file(body: bytes, name: str, media: str) -> Response:
    return Response(body, headers={"Content-Disposition": f'attachment; filename="{name}"'}, media_type=media)


# -- the calendar ----------------------------------------------------------------------------------


@door.get("/calendar.ics", may=P.OWN_READ, media="text/calendar")
def calendar(ask: Asked) -> Response:
    """The due dates to come, as a file for the phone's own calendar."""
    return _as_file(_calendar(_own(ask), lang_of(ask.request)), "duewell.ics", "text/calendar; charset=utf-8")


def _calendar(own: Own, lang: str) -> bytes:
    say = say_in(lang)
    entries = [
        Entry(
            f"{due.loan}-{due.on.isoformat()}",
            due.on,
            say("web-ics-title", amount=money_text(due.amount, due.currency, lang)),
            say("web-ics-text"),
        )
        for due in own.coming
    ]
    return calendar_file(entries, name=say("web-ics-name"), as_of=own.as_of)


@door.post("/calendar", may=P.OWN_WRITE, media="text/html")
def calendar_form(ask: Asked, form: Form) -> Response:
    """Begin a feed, shown once, in place of the one before; or end it."""
    person = ask.identity.person_id
    assert person is not None
    if form.get("do") == "end":
        keep_calendar.end(ask.conn, person, by=ask.identity.actor, at=ask.at)
        return goes_to("/documents")
    if form.get("do") != "begin":
        raise InvalidInput("form-unreadable")
    token = keep_calendar.begin(ask.conn, person, by=ask.identity.actor, at=ask.at)
    address = address_of(ask, f"/feed/{person_ref(person)}/{lang_of(ask.request)}/{token}.ics")
    return show(ask, "borrower/feed.html", "web-feed", way="documents", feed=address)


@door.get("/feed/{person}/{lang}/{token}", may=P.PUBLIC, media="text/calendar")
def feed(ask: Asked, person: str, lang: str, token: str) -> Response:
    """The feed a calendar fetches: due dates and amounts, and nothing of whose they are."""
    ask.state.pace.count(f"from {ask.come_from.address}", ask.at)
    try:
        person_id = parse_person_ref(person[:40])
    except Refusal:
        raise NotFound("feed-not-found") from None
    keep_calendar.check_feed(ask.conn, person_id, token.removesuffix(".ics"))
    body = _calendar(show_own(ask.conn, person_id), "en" if lang == "en" else "zh")
    return Response(body, media_type="text/calendar; charset=utf-8")


assert [part for part, _ in PARTS] == list(Part), "documents name every part"
