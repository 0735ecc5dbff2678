"""Money in suspense: why each item waits, what its rail told, and giving it to a loan or back.

Needs    an Ask; services that list, match and send back.
Gives    door.
Never    guesses whose money it is: loans are offered only where the rail's own words name them; never shows
         a payer whole.
Source   docs/reference/console.md, section suspense; docs/reference/rails.md, section suspense.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Act, Permission
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.domain.money import currency, parse_amount
from duewell.domain.party import loan_id
from duewell.domain.receipts import LoanRef, Payer, loans_in, released
from duewell.domain.texts import money_text, plain_amount, short_day_text
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services.list_suspense import list_suspense
from duewell.services.match_suspense import match_suspense
from duewell.services.send_back_suspense import send_back_suspense
from duewell.store import loans, rails
from duewell.store.books import BookRow
from duewell.store.loans import LoanKey
from duewell.store.paying import check_payee
from duewell.web._pages import STAFF, Form, goes_to, lang_of
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._desk import Done, ask_second, done_of, loan_link, refused, say
from duewell.web.staff.frame import show_staff
from duewell.web.staff.requests import loan_then, payer_said

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_HERE = "console-suspense"
_LIST = f"{STAFF}/books/{{book}}/suspense"
_ITEM = _LIST + "/item"
RailCode = Annotated[str, Query(max_length=40)]
Ref = Annotated[str, Query(max_length=200)]


def _items(ask: Ask, row: BookRow) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list_suspense(ask.conn, ask.state.keys, row.code)["items"]
    return found


def item_link(book: str, rail: str, ref: str) -> str:
    """The address of an item: a bank's reference may hold anything."""
    return _ITEM.format(book=book) + "?" + urlencode({"rail": rail, "ref": ref})


@door.get(_LIST, may=P.RAIL_READ, media="text/html")
def list_(ask: Asked, book: str, done: Done = None, export: Export = None, table: Which = None) -> Response:
    """What waits, the oldest first. A payer's text may name anybody: it stands on the item alone."""
    row, t, lang = ask.book(book), say(ask), lang_of(ask.request)
    items = _items(ask, row)
    made = _table(ask, row, items)
    file = as_file(export, table, made)
    if file is not None:
        return file
    sums: dict[str, int] = {}
    for each in items:
        sums[each["currency"]] = sums.get(each["currency"], 0) + each["left_minor"]
    oldest = min((date.fromisoformat(each["since"]) for each in items), default=None)
    figures = [(t("console-suspense-left"), money_text(n, c, lang), "") for c, n in sorted(sums.items())]
    if oldest is not None:
        days = t("console-days-ago", days=(row.open_on - oldest).days)
        figures.append((t("console-suspense-oldest"), short_day_text(oldest, lang), days))
    return show_staff(
        ask,
        "suspense.html",
        _HERE,
        book=row,
        here=_HERE,
        done=done_of(ask, done),
        figures=figures,
        items=told_of(made),
        four_eyes=row.four_eyes,
    )


def _table(ask: Ask, row: BookRow, items: list[dict[str, Any]]) -> Table:
    t = say(ask)
    codes = sorted({each["currency"] for each in items} | {row.currency})
    columns = [
        Column("since", t("console-suspense-since"), Kind.DAY),
        Column("why", t("console-fig-why")),
        Column("payer", t("console-payer")),
        *(
            Column(
                f"left_{code.lower()}",
                t("console-left") + (f" {code}" if len(codes) > 1 else ""),
                Kind.MONEY,
                code,
            )
            for code in codes
        ),
        Column("value_on", t("console-value-day"), Kind.DAY),
        Column("rail", t("console-fig-rail")),
        Column("ref", t("console-reference")),
    ]
    rows = [
        (
            each["since"],
            t(f"cli-why-{each['reason']}"),
            payer_said(ask, Payer(**each["told"].get("payer", {}))),
            *(each["left_minor"] if each["currency"] == code else None for code in codes),
            each["value_on"],
            each["rail"],
            each["ref"],
        )
        for each in items
    ]
    return Table(
        "suspense",
        t("console-suspense-items"),
        columns,
        rows,
        as_of=row.open_on.isoformat(),
        known=ask.at.isoformat(),
        query=asked(ask),
        links=[item_link(row.code, each["rail"], each["ref"]) for each in items],
    )


# -- one item --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Typed:
    """What is in the fields of an item's forms."""

    loan: str = ""
    amount: str = ""
    by: str = ""
    name: str = ""
    account: str = ""
    bank: str = ""


def _of(form: dict[str, str]) -> _Typed:
    return _Typed(**{name: form.get(name, "").strip()[:100] for name in _Typed.__slots__})


def _find(ask: Ask, row: BookRow, rail: str, ref: str) -> dict[str, Any]:
    for each in _items(ask, row):
        if (each["rail"], each["ref"]) == (rail, ref):
            return each
    raise NotFound("suspense-not-found", ref=ref[:60])


@door.get(_ITEM, may=P.RAIL_READ, media="text/html")
def one(ask: Asked, book: str, rail: RailCode, ref: Ref) -> Response:
    """One item: what its rail told, the loans it names, and what can be done with it."""
    row = ask.book(book)
    return _shown(ask, row, _find(ask, row, rail, ref), _Typed())


def _shown(
    ask: Ask,
    row: BookRow,
    item: dict[str, Any],
    typed: _Typed,
    status: int = 200,
    *,
    wrong: str | None = None,
    then: Table | None = None,
) -> Response:
    t, lang, told = say(ask), lang_of(ask.request), item["told"]
    payer = Payer(**told.get("payer", {}))
    may_move = ask.identity.may(P.SUSPENSE_MOVE)
    facts = [
        (t("console-fig-why"), t(f"cli-why-{item['reason']}")),
        (t("console-came-in"), money_text(item["amount_minor"], item["currency"], lang)),
        (t("console-left"), money_text(item["left_minor"], item["currency"], lang)),
        (t("console-value-day"), short_day_text(date.fromisoformat(item["value_on"]), lang)),
        (t("console-suspense-since"), short_day_text(date.fromisoformat(item["since"]), lang)),
        (t("console-fig-rail"), item["rail"]),
        (t("console-reference"), item["ref"]),
        (t("console-payer"), payer_said(ask, payer)),
        (t("console-written"), told.get("text")),
        (t("console-references"), ", ".join(told.get("references", ()))),
        (t("console-virtual-account"), told.get("virtual_account")),
    ]
    return show_staff(
        ask,
        "suspense_item.html",
        "console-suspense-item",
        status,
        book=row,
        here=_HERE,
        wrong=wrong,
        facts=facts,
        item=item,
        left=plain_amount(abs(item["left_minor"]), item["currency"]),
        candidates=list(_candidates(ask, row, item)) if ask.identity.may(P.LOAN_READ) else [],
        then=told_of(then) | {"files": []} if then is not None else None,
        typed=typed,
        payer_known=bool(payer.account),
        by=[(each.code, each.code) for each in rails.rails_of(row)],
        may_match=may_move and item["currency"] == row.currency and item["left_minor"] > 0,
        may_send=may_move and item["left_minor"] > 0,
        four_eyes=row.four_eyes,
    )


def _candidates(ask: Ask, row: BookRow, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The loans of the book that the rail's own words name; none where they name none."""
    told = item["told"]
    named: list[tuple[LoanRef, str]] = [
        (ref, "console-named-in-text")
        for ref in loans_in(tuple(told.get("references", ())), told.get("text", ""))
    ]
    number = told.get("virtual_account")
    if number:
        rail = rails.key_of(row, item["rail"])
        named += [
            (ref, "console-named-by-account")
            for ref in rails.accounts_named(ask.conn, rail, [number]).values()
        ]
    keys = [LoanKey(*ref) for ref, _ in named]
    held = loans.keys_held(ask.conn, row.book_id, keys)
    seen = set()
    for (_, how), key in zip(named, keys, strict=True):
        if key in held and key not in seen:
            seen.add(key)
            number = loan_id(key.person_id, key.loan_no)
            yield {"loan": number, "link": loan_link(ask, number), "how": say(ask)(how)}


def _amount(item: dict[str, Any], typed: _Typed) -> int | None:
    """A part of what is left; None for all of it."""
    if not typed.amount:
        return None
    minor = parse_amount(typed.amount, currency(item["currency"])).minor
    released(minor, left=item["left_minor"])  # More than is left is refused now, not when somebody approves.
    return None if minor == item["left_minor"] else minor


@door.post(_LIST + "/match", may=P.SUSPENSE_MOVE, media="text/html")
def match(ask: Asked, book: str, form: Form) -> Response:
    """Show what matching would come to, or do it; with four eyes once somebody else approves."""
    row = ask.book(book)
    item, typed = _find(ask, row, form.get("rail", "")[:40], form.get("ref", "")[:200]), _of(form)
    try:
        loan, amount = ask.loan(typed.loan), _amount(item, typed)
        if not loans.keys_held(ask.conn, row.book_id, [loan]):
            raise NotFound("file-loan-unknown", loan=typed.loan[:40], book=row.code)
        if form.get("step") == "look":
            minor = item["left_minor"] if amount is None else amount
            sum_ = plain_amount(minor, item["currency"]).replace(",", "")
            then = loan_then(ask, loan, f"{item['value_on']} pay {sum_}")
            return _shown(ask, row, item, typed, then=then)
        if row.four_eyes:
            payload = {
                "rail": item["rail"],
                "ref": item["ref"],
                "loan": loan_id(loan.person_id, loan.loan_no),
                "amount_minor": amount,
            }
            target = f"{row.code}/{item['rail']}/{item['ref']}"
            return ask_second(ask, Act.MATCH, book=row.code, target=target, payload=payload)
        match_suspense(
            ask.conn,
            row.code,
            rail=item["rail"],
            ref=item["ref"],
            loan=loan,
            amount=amount,
            request=ask.keyed(),
        )
    except Refusal as refusal:
        return _shown(ask, row, item, typed, 422, wrong=refused(ask, refusal))
    return goes_to(_LIST.format(book=row.code) + "?done=matched")


@door.post(_LIST + "/send-back", may=P.SUSPENSE_MOVE, media="text/html")
def send_back(ask: Asked, book: str, form: Form) -> Response:
    """Order money paid back to whom it came from; with four eyes once somebody else approves."""
    row = ask.book(book)
    item, typed = _find(ask, row, form.get("rail", "")[:40], form.get("ref", "")[:200]), _of(form)
    try:
        amount, payee = _amount(item, typed), None
        by = rails.rail_of(row, typed.by or item["rail"]).code
        if typed.account or typed.name:
            payee = Payer(typed.name, typed.account, typed.bank)
            check_payee(payee)
        elif not item["told"].get("payer", {}).get("account"):
            raise InvalidInput("suspense-payer-unknown", ref=item["ref"][:60])
        if row.four_eyes:
            payload = {"rail": item["rail"], "ref": item["ref"], "by": by, "amount_minor": amount}
            target = f"{row.code}/{item['rail']}/{item['ref']}"
            return ask_second(ask, Act.SEND_BACK, book=row.code, target=target, payload=payload, payee=payee)
        send_back_suspense(
            ask.conn,
            ask.state.keys,
            row.code,
            rail=item["rail"],
            ref=item["ref"],
            by_rail=by,
            payee=payee,
            amount=amount,
            request=ask.keyed(),
        )
    except Refusal as refusal:
        return _shown(ask, row, item, typed, 422, wrong=refused(ask, refusal))
    return goes_to(_LIST.format(book=row.code) + "?done=sent-back")
