"""The inbox of four eyes: what waits for a second person, what it would do, and deciding it.

Needs    an Ask; services that preview a loan and decide a request.
Gives    door.
Never    offers somebody their own request to decide, or shows a payee whole.
Source   docs/reference/console.md, section requests; docs/reference/access.md, section four eyes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from fastapi import Response

from duewell.api import (
    Ask,
    Asked,
    Door,
    acts,
    after,
    cursor_of,
    masked_payer,
    payee_of_request,
    place_of_request,
    request_of,
    request_place,
    sees_request,
)
from duewell.domain.access import GRANTS, Act, Permission, role_named
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.domain.party import parse_loan_id, parse_person_ref
from duewell.domain.product import product_table, read_product
from duewell.domain.receipts import Payer
from duewell.domain.tape import column_map
from duewell.domain.texts import money_text, plain_amount, short_day_text
from duewell.gateways.keys import Seals
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services import decide_request, keep_person, manage_accounts
from duewell.services.import_tape import import_asked
from duewell.services.preview_loan import AS_IT_IS, preview_loan
from duewell.store import approvals, books, loans, products, rails, suspense
from duewell.store.approvals import Approval
from duewell.store.loans import LoanKey
from duewell.web._pages import STAFF, Form, goes_to, lang_of
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._acts_told import roles_said, told
from duewell.web.staff._desk import (
    PAGE,
    Cursor,
    Done,
    at_of,
    done_of,
    loan_link,
    page_link,
    person_link,
    refused,
    say,
    who_of,
)
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_HERE = "console-requests"
_WAITING_MAX = 200
_LIST = f"{STAFF}/requests"
ONE = _LIST + "/{request}"


@door.get(_LIST, may=P.APPROVAL_READ, media="text/html")
def inbox(
    ask: Asked, cursor: Cursor = None, done: Done = None, export: Export = None, table: Which = None
) -> Response:
    """What waits, the oldest first; below it what was decided."""
    last = after(ask, "console requests", cursor)
    before = request_place(last) if last else None
    held = approvals.waiting(ask.conn, ask.at, limit=_WAITING_MAX + 1)
    open_ = [each for each in held[:_WAITING_MAX] if sees_request(ask, each)]
    found = approvals.settled(ask.conn, ask.at, before=before, limit=PAGE + 1)
    past = [each for each in found[:PAGE] if sees_request(ask, each)]
    more = cursor_of(ask, "console requests", place_of_request(found[PAGE - 1])) if found[PAGE:] else None
    waiting, decided = _waiting(ask, open_), _decided(ask, past)
    file = as_file(export, table, waiting, decided)
    if file is not None:
        return file
    mine = sum(each.asked_by == ask.identity.actor for each in open_)
    return show_staff(
        ask,
        "requests.html",
        _HERE,
        here=_HERE,
        done=done_of(ask, done),
        waiting=told_of(waiting),
        decided=told_of(decided),
        counts=(len(open_) - mine, mine),
        may_decide=ask.identity.may(P.APPROVAL_DECIDE),
        is_cut=len(held) > _WAITING_MAX,
        next=page_link(ask, more),
    )


def _waiting(ask: Ask, rows: list[Approval]) -> Table:
    t = say(ask)
    columns = [
        Column("would_do", t("console-would-do")),
        Column("book", t("console-book")),
        Column("asked_by", t("console-asked-by")),
        Column("asked_at", t("console-asked-at")),
        Column("until", t("console-until")),
        Column("request", t("console-request-no")),
    ]
    return Table(
        "waiting",
        t("console-waiting"),
        columns,
        [
            (
                told(ask, each),
                each.book,
                who_of(ask, each.asked_by),
                at_of(ask, each.asked_at),
                at_of(ask, each.expires_at),
                str(each.approval_id),
            )
            for each in rows
        ],
        known=ask.at.isoformat(),
        query=asked(ask),
        links=[ONE.format(request=each.approval_id) for each in rows],
    )


def _decided(ask: Ask, rows: list[Approval]) -> Table:
    t = say(ask)
    columns = [
        Column("did", t("console-asked-for")),
        Column("book", t("console-book")),
        Column("status", t("console-outcome")),
        Column("asked_by", t("console-asked-by")),
        Column("decided_by", t("console-decided-by")),
        Column("decided_at", t("console-decided-at")),
        Column("reason", t("console-reason")),
        Column("request", t("console-request-no")),
    ]
    return Table(
        "decided",
        t("console-decided"),
        columns,
        [
            (
                told(ask, each),
                each.book,
                t(f"console-status-{_status(ask, each)}"),
                who_of(ask, each.asked_by),
                who_of(ask, each.decided_by),
                at_of(ask, each.decided_at),
                each.reason if each.decision != "withdrawn" else None,
                str(each.approval_id),
            )
            for each in rows
        ],
        known=ask.at.isoformat(),
        query=asked(ask),
        links=[ONE.format(request=each.approval_id) for each in rows],
    )


def _status(ask: Ask, found: Approval) -> str:
    if found.decision is not None:
        return found.decision
    return "too-old" if found.expires_at <= ask.at else "waiting"


@door.get(ONE, may=P.APPROVAL_READ, media="text/html")
def one(ask: Asked, request: str, done: Done = None, export: Export = None, table: Which = None) -> Response:
    """One request: what it would do, before and after, and the decision."""
    found = request_of(ask, request)
    file = as_file(export, table, *_tables(ask, found)[0]) if export else None
    return file or _shown(ask, found, done=done_of(ask, done))


def _shown(ask: Ask, found: Approval, status: int = 200, *, done: str | None = None, **more: Any) -> Response:
    t = say(ask)
    tables, warning = _tables(ask, found)
    state = _status(ask, found)
    is_own = found.asked_by == ask.identity.actor
    is_about_me = found.act == Act.ROLES and ask.identity.actor == f"staff:{found.payload.get('login')}"
    may = ask.identity.may(P.APPROVAL_DECIDE)
    hint = None
    if state == "waiting" and may and (is_own or is_about_me):
        hint = t("console-not-your-own" if is_own else "console-not-about-you")
    facts = [
        (t("console-book"), found.book),
        (t("console-asked-by"), who_of(ask, found.asked_by)),
        (t("console-asked-at"), at_of(ask, found.asked_at)),
        (t("console-until"), at_of(ask, found.expires_at) if state == "waiting" else None),
        *_content(ask, found),
    ]
    decided = []
    if found.decision is not None:
        decided = [
            (t("console-outcome"), t(f"console-status-{state}")),
            (t("console-decided-by"), who_of(ask, found.decided_by)),
            (t("console-decided-at"), at_of(ask, found.decided_at)),
            (t("console-reason"), found.reason if found.decision != "withdrawn" else None),
        ]
    return show_staff(
        ask,
        "request.html",
        "console-request",
        status,
        here=_HERE,
        **{
            "what": told(ask, found),
            "state": state,
            "facts": facts,
            "tables": [told_of(each) for each in tables],
            "warning": warning if state == "waiting" else None,
            "decided": decided,
            "hint": hint,
            "may_decide": state == "waiting" and may and not is_own and not is_about_me,
            "may_withdraw": state == "waiting" and is_own,
            "request": found.approval_id,
            "done": done,
            "reason": "",
            "wrong": None,
            **more,
        },
    )


@door.post(ONE + "/decision", may=P.APPROVAL_DECIDE, media="text/html")
def decide(ask: Asked, request: str, form: Form) -> Response:
    """Approve, which does it, or reject; with a reason."""
    found = request_of(ask, request)
    decision, reason = form.get("decision"), form.get("reason", "").strip()
    try:
        if decision not in ("approve", "reject"):
            raise InvalidInput("console-decision-missing")
        decide_request.decide(
            ask.conn,
            found.approval_id,
            is_approved=decision == "approve",
            reason=reason,
            by=ask.identity.actor,
            at=ask.at,
            acts=acts(ask),
        )
    except Refusal as refusal:
        return _shown(ask, request_of(ask, request), 422, wrong=refused(ask, refusal), reason=reason[:400])
    return goes_to(f"{_LIST}?done={'approved' if decision == 'approve' else 'rejected'}")


@door.post(ONE + "/withdrawal", may=P.APPROVAL_READ, media="text/html")
def withdraw(ask: Asked, request: str, form: Form) -> Response:
    """Take your own request back."""
    found = request_of(ask, request)
    try:
        decide_request.withdraw(ask.conn, found.approval_id, by=ask.identity.actor, at=ask.at)
    except Refusal as refusal:
        return _shown(ask, request_of(ask, request), 422, wrong=refused(ask, refusal))
    return goes_to(f"{_LIST}?done=withdrawn")


# -- what it is about ------------------------------------------------------------------------------


def _content(ask: Ask, found: Approval) -> Iterator[tuple[str, Any]]:
    """What a request names, as whoever decides may see it."""
    t, lang, given = say(ask), lang_of(ask.request), found.payload
    if found.act in (Act.FACT, Act.REFUND):
        yield t("console-the-loan"), loan_link(ask, found.target)
    if found.act == Act.FACT:
        yield t("console-line-asked"), given["line"]
        if found.seen_seq is not None and found.decision is None:
            key = LoanKey(*parse_loan_id(found.target))
            since = approvals.last_seq(ask.conn, key.person_id, key.loan_no) - found.seen_seq
            yield t("console-changed-since"), t("console-facts-since", count=since) if since else None
    if found.act == Act.ERASURE:
        yield t("console-reason-asked"), given["reason"]
        yield t("console-person-number"), person_link(ask, given["person"])
        if ask.identity.may(P.PERSON_READ):
            yield from _person(ask, parse_person_ref(given["person"]))
    if found.act == Act.MATCH:
        yield t("console-the-loan"), loan_link(ask, given["loan"])
    if found.act in (Act.MATCH, Act.SEND_BACK):
        yield from _suspense(ask, found)
    if found.act in (Act.SEND_BACK, Act.REFUND):
        payee = payee_of_request(ask, found.act, found.target, given)
        yield t("console-payee"), payer_said(ask, payee) if payee is not None else None
        yield t("console-fig-rail"), given.get("by") or given.get("rail")
        if given.get("amount_minor") is not None:
            money = books.read_book(ask.conn, str(found.book)).currency
            yield t("console-fig-amount"), money_text(given["amount_minor"], money, lang)


def _person(ask: Ask, person_id: int) -> Iterator[tuple[str, Any]]:
    try:
        shown = keep_person.show(ask.conn, ask.state.keys, person_id)
    except NotFound:
        return
    between = "、" if lang_of(ask.request) == "zh" else ", "
    yield say(ask)("console-person"), between.join(shown["fields"].values()) or None
    yield say(ask)("console-fig-loans"), str(len(loans.loans_of_person(ask.conn, person_id)))


def payer_said(ask: Ask, payer: Payer) -> str:
    """A payer or payee masked, as one text."""
    told = masked_payer(payer)
    end = say(ask)("console-account-end", end=told["account_end"]) if told["account_end"] else ""
    return " · ".join(filter(None, (told["name"], end, told["bank"]))) or "–"


def _suspense(ask: Ask, found: Approval) -> Iterator[tuple[str, Any]]:
    """The money in suspense that a request is about."""
    if not ask.identity.may(P.RAIL_READ):
        return
    t, lang, given = say(ask), lang_of(ask.request), found.payload
    book = books.read_book(ask.conn, str(found.book))
    where = (rails.key_of(book, given["rail"]), given["ref"])
    try:
        item, _ = suspense.read_item(ask.conn, book.book_id, where)
    except NotFound:
        return
    yield t("console-came-in"), money_text(item.amount, item.currency, lang)
    yield t("console-left"), money_text(item.left, item.currency, lang)
    yield t("console-value-day"), short_day_text(item.effective_on, lang)
    yield t("console-fig-why"), t(f"cli-why-{item.reason}") if item.reason else None
    row = rails.entries_named(ask.conn, [where]).get(where)
    if row is not None:
        paid_by = Payer(**rails.told_of(ask.conn, Seals(ask.state.keys), row)["payer"])
        yield t("console-payer"), payer_said(ask, paid_by)


# -- before and after ------------------------------------------------------------------------------


def _tables(ask: Ask, found: Approval) -> tuple[list[Table], str | None]:
    """Now and then, where it makes sense, and what would be refused as things stand."""
    if found.decision is not None:
        return [], None
    makes = {
        Act.FACT: _loan_then,
        Act.MATCH: _loan_then,
        Act.REFUND: _loan_then,
        Act.ROLES: _roles_then,
        Act.PRODUCT: _product_then,
        Act.RAIL: _rail_then,
        Act.TAPE: _tape_then,
        Act.ERASURE: _erasure_then,
    }
    make = makes.get(Act(found.act))
    if make is None:
        return [], None
    try:
        return make(ask, found), None
    except Refusal as refusal:
        return [], say(ask)("console-would-be-refused", why=refused(ask, refusal))


def _erasure_then(ask: Ask, found: Approval) -> list[Table]:
    keep_person.check_may_leave(ask.conn, parse_person_ref(found.payload["person"]))
    return []


def _tape_then(ask: Ask, found: Approval) -> list[Table]:
    """The rows of a tape as they would be taken over, tried."""
    given = found.payload
    import_asked(ask.conn, str(found.book), given, actor=found.asked_by, at=ask.at, is_dry_run=True)
    names = column_map(given["columns"]).columns()
    columns = [Column("line", say(ask)("console-tape-line"), Kind.COUNT), *(Column(n, n) for n in names)]
    rows = [(line, *(values[name] for name in names)) for line, values in given["rows"]]
    return [Table("tape", say(ask)("console-tape-rows"), columns, rows, as_of=given["open_on"])]


def _line_of(ask: Ask, found: Approval) -> tuple[LoanKey, str]:
    """The loan a request is about, and the fact it would come to as a line."""
    given = found.payload
    if found.act == Act.FACT:
        return LoanKey(*parse_loan_id(found.target)), given["line"]
    book = books.read_book(ask.conn, str(found.book))
    minor = given["amount_minor"]
    if found.act == Act.REFUND:
        return LoanKey(*parse_loan_id(found.target)), f"refund {_plain(minor, book.currency)}"
    where = (rails.key_of(book, given["rail"]), given["ref"])
    item, _ = suspense.read_item(ask.conn, book.book_id, where)
    amount = _plain(item.left if minor is None else minor, book.currency)
    return LoanKey(*parse_loan_id(given["loan"])), f"{item.effective_on} pay {amount}"


def _plain(minor: int, code: str) -> str:
    return plain_amount(minor, code).replace(",", "")


def _loan_then(ask: Ask, found: Approval) -> list[Table]:
    if not ask.identity.may(P.LOAN_READ):
        return []
    key, line = _line_of(ask, found)
    return [loan_then(ask, key, line)]


def loan_then(ask: Ask, key: LoanKey, line: str) -> Table:
    """A loan as it is and as it would be with one more fact."""
    t = say(ask)
    made = preview_loan(ask.conn, key, {"then": [line]})
    money = made.currency
    columns = [
        Column("state", t("console-state-of-loan")),
        Column("overdue", t("console-fig-overdue"), Kind.MONEY, money),
        Column("dpd", t("console-fig-dpd"), Kind.COUNT),
        Column("outstanding", t("console-fig-outstanding"), Kind.MONEY, money),
        Column("principal", t("console-fig-principal"), Kind.MONEY, money),
        Column("payoff", t("console-fig-payoff"), Kind.MONEY, money),
        Column("to_pay", t("console-fig-to-pay"), Kind.MONEY, money),
        Column("cost", t("console-fig-cost"), Kind.MONEY, money),
        Column("ends_on", t("console-fig-ends-on"), Kind.DAY),
    ]
    rows = [
        (
            t("console-now" if name == AS_IT_IS else "console-then"),
            each.age.overdue,
            each.age.dpd,
            each.age.outstanding,
            each.state.principal_out,
            each.payoff,
            each.to_pay,
            each.cost,
            each.ends_on,
        )
        for name, each in made.futures.items()
    ]
    title = t("console-now-and-then", on=short_day_text(made.until, lang_of(ask.request)))
    return Table("then", title, columns, rows, str(made.until), made.known.isoformat(), asked(ask))


def _difference(ask: Ask, now: Mapping[str, str], then: Mapping[str, str]) -> Table:
    """What changes, line by line."""
    t = say(ask)
    names = list(dict.fromkeys([*then, *now]))
    rows = [(name, now.get(name), then.get(name)) for name in names if now.get(name) != then.get(name)]
    columns = [
        Column("field", t("console-fig-field")),
        Column("now", t("console-now")),
        Column("then", t("console-then")),
    ]
    return Table("then", t("console-changes"), columns, rows, known=ask.at.isoformat(), query=asked(ask))


def _roles_then(ask: Ask, found: Approval) -> list[Table]:
    t, given = say(ask), found.payload
    staff = manage_accounts.staff_named(ask.conn, given["login"])
    between = "、" if lang_of(ask.request) == "zh" else ", "

    def said(roles: Any, codes: Any) -> dict[str, str]:
        held = {permission for role in roles for permission in GRANTS[role_named(role)]}
        all_books = t("console-all-books")
        return {
            t("console-fig-roles"): roles_said(ask, roles) or "–",
            t("console-books"): all_books if codes is None else between.join(codes) or "–",
        } | {t(f"console-may-{each.value.replace('.', '-')}"): t("console-yes") for each in sorted(held)}

    return [_difference(ask, said(staff.roles, staff.books), said(given["roles"], given["books"]))]


def flat(given: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """A table of a file as lines, each with the way to it."""
    if isinstance(given, Mapping):
        for name, value in given.items():
            yield from flat(value, f"{path}.{name}" if path else str(name))
    elif isinstance(given, list | tuple) and given and isinstance(given[0], Mapping):
        for nr, value in enumerate(given, start=1):
            yield from flat(value, f"{path}[{nr}]")
    elif isinstance(given, list | tuple):
        yield path, " – ".join(map(str, given))
    else:
        yield path, str(given)


def _product_then(ask: Ask, found: Approval) -> list[Table]:
    book = books.read_book(ask.conn, str(found.book))
    made = read_product(found.payload)
    try:
        now = dict(flat(product_table(products.read(ask.conn, book.book_id, made.code).product)))
    except NotFound:
        now = {}
    return [_difference(ask, now, dict(flat(product_table(made))))]


def _rail_then(ask: Ask, found: Approval) -> list[Table]:
    book, given = books.read_book(ask.conn, str(found.book)), found.payload["rail"]

    def said(table: Mapping[str, Any]) -> dict[str, str]:
        told = dict(flat(table))
        if "secret_file" in told:
            told["secret_file"] = PurePath(told["secret_file"]).name
        return told

    now = book.settings.get("rails", {}).get(given["code"], {})
    return [_difference(ask, said(now), said(given))]
