"""Sandbox books and their test clocks: opened, moved, forked, compared, a person's loans copied in.

Needs    an Ask; services that open, move and fork.
Gives    door.
Never    moves a live book's day.
Source   docs/reference/console.md, section sandboxes; docs/reference/clocks.md.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.domain.texts import money_text
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services.fork_book import compare_books, fork_book
from duewell.services.move_clock import DAYS_MAX, FACTS_MAX, Coming, attach, move_clock
from duewell.services.open_book import open_sandbox
from duewell.store import request_keys
from duewell.store.books import BookRow
from duewell.web._pages import STAFF, Form, LongForm, goes_to, lang_of
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._desk import Done, done_of, refused, say
from duewell.web.staff.developers import developers_page
from duewell.web.staff.frame import seen_books

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_BASE = f"{STAFF}/developers/sandboxes"
_ONE = _BASE + "/{book}"
_SHOWN = 200
_CURRENCIES = ("CNY", "USD", "EUR", "GBP", "JPY")


def _sandboxes(ask: Ask) -> list[BookRow]:
    return [row for row in seen_books(ask) if row.is_sandbox]


@door.get(_BASE, may=P.CLOCK_MOVE, media="text/html")
def list_(ask: Asked, done: Done = None, export: Export = None, table: Which = None) -> Response:
    """The sandbox books and where their clocks stand."""
    made = _books(ask)
    return as_file(export, table, made) or _listed(ask, made, done=done_of(ask, done))


def _books(ask: Ask) -> Table:
    t = say(ask)
    found = _sandboxes(ask)
    columns = [
        Column("book", t("console-book")),
        Column("open_on", t("console-clock"), Kind.DAY),
        Column("opened_on", t("console-sandbox-since"), Kind.DAY),
        Column("currency", t("console-currency")),
        Column("four_eyes", t("console-four-eyes")),
        Column("fork_of", t("console-fork-of")),
    ]
    rows = [
        (
            row.code,
            row.open_on,
            row.opened_on,
            row.currency,
            t("console-yes") if row.four_eyes else None,
            row.settings.get("fork_of"),
        )
        for row in found
    ]
    links = [_ONE.format(book=row.code) for row in found]
    title = t("console-dev-sandboxes")
    return Table("sandboxes", title, columns, rows, known=ask.at.isoformat(), query=asked(ask), links=links)


def _listed(ask: Ask, made: Table, status: int = 200, **more: Any) -> Response:
    typed = more.pop("typed", {})
    told = {"done": None, "wrong": None}
    return developers_page(
        ask,
        "sandboxes.html",
        "console-dev-sandboxes",
        status,
        part="sandboxes",
        sandboxes=told_of(made),
        may_open=ask.identity.may(P.BOOK_OPEN),
        code=typed.get("code", "")[:40],
        money=typed.get("currency", "CNY"),
        currencies=[(each, each) for each in _CURRENCIES],
        first_day=typed.get("open_on", ask.at.date().isoformat())[:10],
        four_eyes="four-eyes" in typed or not typed,
        **{**told, **more},
    )


@door.post(_BASE, may=P.BOOK_OPEN, media="text/html")
def open_one(ask: Asked, form: Form) -> Response:
    """Open a sandbox book."""
    code = form.get("code", "").strip()[:40]
    has_four_eyes = "four-eyes" in form
    day = form.get("open_on", "").strip()[:10]
    try:
        open_sandbox(
            ask.conn,
            code=code,
            currency_code=form.get("currency", "")[:3],
            open_on=parse_date(day),
            has_four_eyes=has_four_eyes,
            asked=["sandbox", code, form.get("currency", "")[:3], day, has_four_eyes],
            request=ask.keyed(),
        )
    except Refusal as refusal:
        return _listed(ask, _books(ask), 422, wrong=refused(ask, refusal), typed=form)
    if not ask.identity.sees(code, is_sandbox=True):
        return goes_to(f"{_BASE}?done=sandbox-opened")
    return goes_to(f"{_ONE.format(book=code)}?done=sandbox-opened")


# -- one book --------------------------------------------------------------------------------------


def _sandbox(ask: Ask, book: str) -> BookRow:
    row = ask.book(book)
    if not row.is_sandbox:
        raise NotFound("clock-is-live", book=row.code)
    return row


@door.get(_ONE, may=P.CLOCK_MOVE, media="text/html")
def one(ask: Asked, book: str, done: Done = None) -> Response:
    """A sandbox book: move its clock, fork it, compare, bring a person in."""
    return _shown(ask, _sandbox(ask, book), done=done_of(ask, done))


def _shown(ask: Ask, row: BookRow, status: int = 200, **more: Any) -> Response:
    typed = more.pop("typed", {})
    forks = [(each.code, each.code) for each in _sandboxes(ask) if each.settings.get("fork_of") == row.code]
    told = {"done": None, "wrong": None}
    return developers_page(
        ask,
        "sandbox.html",
        "console-sandbox",
        status,
        part="sandboxes",
        code=row.code,
        opened_on=row.opened_on,
        at=row.open_on,
        fork_of=row.settings.get("fork_of"),
        forks=forks,
        days=typed.get("days", "")[:10],
        to=typed.get("to", "")[:10],
        facts=typed.get("facts", ""),
        new_code=typed.get("code", "")[:40],
        person=typed.get("person", "")[:40],
        days_max=DAYS_MAX,
        **{**told, **more},
    )


@door.post(_ONE + "/clock", may=P.CLOCK_MOVE, media="text/html")
def move(ask: Asked, book: str, form: LongForm) -> Response:
    """Move the clock to a day, or by so many days; facts come on the way, a line each."""
    row = _sandbox(ask, book)
    try:
        to, days = form.get("to", "").strip()[:10], form.get("days", "").strip()
        request = ask.keyed()
        move_clock(
            ask.conn,
            row.code,
            to=parse_date(to) if to else None,
            by_days=_days(days) if days else None,
            coming=_coming(ask, form.get("facts", "")),
            request=request,
        )
    except Refusal as refusal:
        return _shown(ask, row, 422, wrong=refused(ask, refusal), typed=form)
    return goes_to(f"{_ONE.format(book=row.code)}/moved?key={request.key}")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= DAYS_MAX):
        raise InvalidInput("console-days-unreadable", given=text[:20], days_max=DAYS_MAX)
    return int(text)


def _coming(ask: Ask, text: str) -> list[Coming]:
    """Lines of a loan's number and a fact line with its day; empty ones are passed over."""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    if len(lines) > FACTS_MAX:
        raise InvalidInput("clock-too-many-facts", given=len(lines), facts_max=FACTS_MAX)
    return [Coming(ask.loan(each[0]), each[1] if len(each) > 1 else "") for each in lines]


@door.get(_ONE + "/moved", may=P.CLOCK_MOVE, media="text/html")
def moved(
    ask: Asked,
    book: str,
    key: Annotated[str, Query(max_length=200)],
    export: Export = None,
    table: Which = None,
) -> Response:
    """What happened while the clock moved, in order."""
    row, t, lang = _sandbox(ask, book), say(ask), lang_of(ask.request)
    told = request_keys.answer_of(ask.conn, client_id=ask.identity.actor, key=key)
    if told is None or told.get("schema") != "duewell.clock/1" or told["book"] != row.code:
        raise NotFound("page-not-found")
    events = _events(ask, row, told)
    posted = Table(
        "posted",
        t("console-posted-by-days"),
        [
            Column("account", t("console-ledger-account")),
            Column("amount", t("console-fig-amount"), Kind.MONEY, row.currency),
        ],
        [(t(f"account-{code.replace('_', '-')}"), minor) for code, minor in told["posted_minor"].items()],
        as_of=told["open_on"],
        known=ask.at.isoformat(),
        query=asked(ask),
    )
    file = as_file(export, table, events, posted)
    if file is not None:
        return file
    shown = told_of(events)
    shown["rows"] = shown["rows"][:_SHOWN]
    return developers_page(
        ask,
        "sandbox_moved.html",
        "console-moved",
        part="sandboxes",
        code=row.code,
        first=date.fromisoformat(told["from"]),
        last=date.fromisoformat(told["open_on"]),
        days=told["days_closed"],
        events=shown,
        is_cut=told["is_cut"] or len(events.rows) > _SHOWN,
        posted=told_of(posted),
        sum_=money_text(sum(told["posted_minor"].values()), row.currency, lang),
    )


def _events(ask: Ask, row: BookRow, told: dict[str, Any]) -> Table:
    t = say(ask)
    columns = [
        Column("on", t("console-event-day"), Kind.DAY),
        Column("what", t("console-event-what")),
        Column("loan", t("console-the-loan")),
        Column("detail", t("console-details")),
        Column("outstanding", t("console-fig-outstanding"), Kind.MONEY, row.currency),
    ]
    rows = [
        (
            each["on"],
            t(f"console-saw-{each['what']}"),
            each.get("loan_id"),
            t(f"step-{each['wish']}") if "wish" in each else each.get("line"),
            each.get("outstanding_minor"),
        )
        for each in told["events"]
    ]
    return Table(
        "events",
        t("console-what-happened"),
        columns,
        rows,
        as_of=told["open_on"],
        known=ask.at.isoformat(),
        query=asked(ask),
    )


@door.post(_ONE + "/fork", may=P.CLOCK_MOVE, media="text/html")
def fork(ask: Asked, book: str, form: Form) -> Response:
    """Copy the book, so that each can go its own way."""
    row, code = _sandbox(ask, book), form.get("code", "").strip()[:40]
    try:
        fork_book(ask.conn, row.code, code, ask.keyed())
    except Refusal as refusal:
        return _shown(ask, row, 422, wrong=refused(ask, refusal), typed=form)
    to = code if ask.identity.sees(code, is_sandbox=True) else row.code
    return goes_to(f"{_ONE.format(book=to)}?done=forked")


@door.post(_ONE + "/attach", may=P.CLOCK_MOVE, media="text/html")
def bring_in(ask: Asked, book: str, form: Form) -> Response:
    """Copy a person's loans in; what is known of the person stays behind."""
    row = _sandbox(ask, book)
    try:
        attach(ask.conn, row.code, ask.person(form.get("person", "").strip()[:40]), ask.keyed())
    except Refusal as refusal:
        return _shown(ask, row, 422, wrong=refused(ask, refusal), typed=form)
    return goes_to(f"{_ONE.format(book=row.code)}?done=attached")


@door.get(_ONE + "/compare", may=P.CLOCK_MOVE, media="text/html")
def compare(
    ask: Asked,
    book: str,
    fork: Annotated[str, Query(max_length=40)],
    export: Export = None,
    table: Which = None,
) -> Response:
    """A book and its fork, loan by loan, each as of its own date."""
    row, other, t = _sandbox(ask, book), _sandbox(ask, fork), say(ask)
    try:
        told = compare_books(ask.conn, row.code, other.code)
    except Refusal as refusal:
        return _shown(ask, row, 422, wrong=refused(ask, refusal))
    names = (("overdue", "overdue_minor"), ("outstanding", "outstanding_minor"))
    sides = (("here", row), ("there", other))
    columns = [Column("loan", t("console-the-loan"))]
    for name, _ in names:
        columns += [
            Column(f"{name}_{side}", f"{t(f'console-fig-{name}')} · {each.code}", Kind.MONEY, row.currency)
            for side, each in sides
        ]
    columns += [
        Column(f"dpd_{side}", f"{t('console-fig-dpd')} · {each.code}", Kind.COUNT) for side, each in sides
    ]
    rows = [
        (
            each["loan_id"],
            *(each[side][field] for _, field in names for side, _ in sides),
            *(each[side]["dpd"] for side, _ in sides),
        )
        for each in told["loans"]
    ]
    totals = ("", *(told[side][field] for _, field in names for side, _ in sides), None, None)
    made = Table(
        "compared",
        t("console-compared"),
        columns,
        rows,
        as_of=row.open_on.isoformat(),
        known=ask.at.isoformat(),
        query=asked(ask),
        totals=totals,
    )
    file = as_file(export, table, made)
    if file is not None:
        return file
    shown = told_of(made)
    shown["rows"] = shown["rows"][:_SHOWN]
    return developers_page(
        ask,
        "sandbox_compared.html",
        "console-compared",
        part="sandboxes",
        code=row.code,
        mine=(row.code, row.open_on),
        theirs=(other.code, other.open_on),
        compared=shown,
        is_cut=len(rows) > _SHOWN,
    )
