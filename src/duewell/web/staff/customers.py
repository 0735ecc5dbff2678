"""Customers: found by a phone, address or identity number, or by a loan; added; and a page of each.

Needs    an Ask of somebody who looks up persons.
Gives    door.
Never    puts what was typed to find somebody into an address, or shows a person whole without a reason.
Source   docs/reference/console.md, section customers; docs/reference/privacy.md.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Act, Permission
from duewell.domain.errors import InvalidInput, NotFound, Refusal
from duewell.domain.party import FIELDS, loan_id, parse_loan_id, person_ref
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services import keep_person
from duewell.services.decide_request import ask as ask_second
from duewell.services.show_history import Holding, Seen, show_history
from duewell.store import loans
from duewell.store.books import BookRow
from duewell.store.loans import LoanKey
from duewell.web._pages import Form, goes_to
from duewell.web._tables import Export, Opens, Which, as_file, told_of
from duewell.web.staff._asked import Said, bucket_text, fresh_key, in_words, keyed, said, wrong_of
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_LOANS_AT_ONCE = 100
_VALUE_MAX, _REASON_MAX = 200, 200
_BY_NAME = [name for name, field in FIELDS.items() if field.is_name]
_BY = (*_BY_NAME, "loan", "ref")
Done = Annotated[Literal["added", "changed", "erasure-asked"] | None, Query()]


# -- finding and adding ----------------------------------------------------------------------------


@door.get("/staff/books/{book}/customers", may=P.PERSON_READ, media="text/html")
def customers_page(
    ask: Asked,
    book: str,
    after: Annotated[str | None, Query(max_length=40)] = None,
    export: Export = None,
    table: Which = None,
) -> Response:
    """Where somebody is looked for; the book's loans below."""
    row = ask.book(book)
    return _page(ask, row, after=after, export=export, table=table)


def _page(
    ask: Ask,
    row: BookRow,
    status: int = 200,
    *,
    after: str | None = None,
    export: str | None = None,
    table: str | None = None,
    **told: Any,
) -> Response:
    listed, more = _listed(ask, row, after) if ask.identity.may(P.LOAN_READ) else (None, None)
    file = as_file(export, table, *([listed] if listed is not None else []))
    if file is not None:
        return file
    blank: dict[str, Any] = {"by": "phone", "value": "", "typed": {}, "wrong": None}
    return show_staff(
        ask,
        "customers.html",
        "console-customers",
        status,
        book=row,
        here="console-customers",
        code=row.code,
        ways_by=_BY,
        fields=list(FIELDS),
        may_add=ask.identity.may(P.PERSON_WRITE),
        form_key=fresh_key(),
        loans=told_of(listed, opens=_to_person(listed)) if listed is not None else None,
        more=more,
        **(blank | told),
    )


def _listed(ask: Ask, row: BookRow, after: str | None) -> tuple[Table, str | None]:
    """Loans of the book in the order of their numbers, a page of them, and where the next one begins."""
    say = said(ask)
    last = LoanKey(*parse_loan_id(after)) if after else None
    found = loans.page_of_book(ask.conn, row.book_id, after=last, limit=_LOANS_AT_ONCE + 1)
    shown = found[:_LOANS_AT_ONCE]
    names = [loan_id(key.person_id, key.loan_no) for key, *_ in shown]
    here = f"/staff/books/{row.code}/customers"
    made = Table(
        "loans",
        say("console-loans-of-book"),
        (
            Column("loan", say("console-loan")),
            Column("customer", say("console-customer")),
            Column("product", say("console-product")),
            Column("opened_on", say("console-opened-on"), Kind.DAY),
            Column("ref", say("console-ref")),
        ),
        [
            (name, person_ref(key.person_id), f"{product}@{version}", opened_on, ref)
            for name, (key, product, version, _, opened_on, ref) in zip(names, shown, strict=True)
        ],
        links=[f"/staff/loans/{name}" for name in names],
        as_of=str(row.open_on),
        known=str(row.open_on),
        query=here + (f"?after={after}" if after else ""),
    )
    return made, f"{here}?after={names[-1]}" if len(found) > len(shown) else None


def _to_person(listed: Table) -> Opens:
    return lambda place, name: f"/staff/persons/{listed.rows[place][1]}" if name == "customer" else None


@door.post("/staff/books/{book}/customers/find", may=P.PERSON_READ, media="text/html")
def find_form(ask: Asked, book: str, form: Form) -> Response:
    """Find a person by what names them, or a loan by its number or another system's."""
    row = ask.book(book)
    by, value = form.get("by", "")[:20], form.get("value", "").strip()[:_VALUE_MAX]
    try:
        return goes_to(_found(ask, row, by, value))
    except Refusal as refusal:
        return _page(ask, row, 422, by=by, value=value, wrong=wrong_of(ask, refusal))


def _found(ask: Ask, row: BookRow, by: str, value: str) -> str:
    """Where what was looked for is."""
    if by not in _BY:
        raise InvalidInput("person-field-unknown", given=by, known=", ".join(_BY))
    if by in _BY_NAME:
        person = keep_person.find(ask.conn, ask.state.keys, row.code, by, value)
        if person is None:
            raise NotFound("console-nobody-found")
        return f"/staff/persons/{person_ref(person)}"
    if not ask.identity.may(P.LOAN_READ):
        raise NotFound("loan-not-found")
    if by == "loan":
        key = ask.loan(value)
    else:
        found = loans.find_by_ref(ask.conn, row.book_id, value) if value.isprintable() else None
        if found is None:
            raise NotFound("console-ref-not-found")
        key = found
    return f"/staff/loans/{loan_id(key.person_id, key.loan_no)}"


@door.post("/staff/books/{book}/customers", may=P.PERSON_WRITE, media="text/html")
def add_form(ask: Asked, book: str, form: Form) -> Response:
    """Add a person; sent twice it is one."""
    row = ask.book(book)
    typed = _typed(form)
    try:
        made = keep_person.register(ask.conn, ask.state.keys, row.code, typed, keyed(ask, form))
    except Refusal as refusal:
        return _page(ask, row, 422, typed=typed, wrong=wrong_of(ask, refusal))
    return goes_to(f"/staff/persons/{made['person']}?done=added")


def _typed(form: dict[str, str]) -> dict[str, str]:
    """The fields that were filled in."""
    found = {name: form.get(name, "")[: _VALUE_MAX + 1] for name in FIELDS}
    return {name: value for name, value in found.items() if value.strip()}


# -- a person --------------------------------------------------------------------------------------


@door.get("/staff/persons/{person}", may=P.PERSON_READ, media="text/html")
def staff_person(
    ask: Asked, person: str, done: Done = None, export: Export = None, table: Which = None
) -> Response:
    """A person, masked: what is known, their loans and lines, how late they have been."""
    return _person(ask, ask.person(person), done=done, export=export, table=table)


def _person(
    ask: Ask,
    who: int,
    status: int = 200,
    *,
    told: dict[str, Any] | None = None,
    export: str | None = None,
    table: str | None = None,
    **more: Any,
) -> Response:
    say, ref = said(ask), person_ref(who)
    tables: dict[str, Table] = {}
    may_see = ask.identity.may(P.LOAN_READ)
    if may_see:
        held, seen = show_history(
            ask.conn, who, lambda row: ask.identity.sees(row.code, is_sandbox=row.is_sandbox)
        )
        # An amount stands under its own currency: somebody may hold loans of several books.
        for money in sorted({each.currency for each in held}):
            own = [each for each in held if each.currency == money]
            tables[f"holdings-{money.lower()}"] = _holdings(own, money, say, ref)
        for money in sorted({each.currency for each in seen}):
            of = [each for each in seen if each.currency == money]
            tables[f"history-{money.lower()}"] = _history(of, money, say, ref)
    file = as_file(export, table, *tables.values())
    if file is not None:
        return file
    known = told or keep_person.show(ask.conn, ask.state.keys, who)
    blank: dict[str, Any] = {"done": None, "typed": {}, "reason": "", "erase_reason": "", "wrong": None}
    response = show_staff(
        ask,
        "person.html",
        "console-customer",
        status,
        here="console-customers",
        person=ref,
        known=known["fields"],
        is_masked=known["is_masked"],
        is_erased=known["is_erased"],
        fields=list(FIELDS),
        tables={name: told_of(each) for name, each in tables.items()} if may_see else None,
        may_reveal=ask.identity.may(P.PERSON_REVEAL),
        may_change=ask.identity.may(P.PERSON_WRITE),
        may_erase=ask.identity.may(P.PERSON_ERASE),
        form_key=fresh_key(),
        **(blank | more),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _holdings(held: list[Holding], money: str, say: Said, ref: str) -> Table:
    names = [loan_id(each.key.person_id, each.key.loan_no) for each in held]
    return Table(
        f"holdings-{money.lower()}",
        say("console-holdings"),
        (
            Column("loan", say("console-loan")),
            Column("book", say("console-book")),
            Column("kind", say("console-kind")),
            Column("product", say("console-product")),
            Column("opened_on", say("console-opened-on"), Kind.DAY),
            Column("outstanding", say("console-outstanding"), Kind.MONEY, money),
            Column("overdue", say("console-overdue-amount"), Kind.MONEY, money),
            Column("dpd", say("console-dpd"), Kind.COUNT),
            Column("state", say("console-state"), words=partial(_state_text, say)),
        ),
        [
            (
                name,
                each.book.code,
                say("console-line" if each.is_line else "console-loan"),
                each.product,
                each.opened_on,
                each.age.outstanding,
                each.age.overdue,
                each.age.dpd,
                _CHARGED_OFF if each.charged_off_on else each.age.bucket,
            )
            for name, each in zip(names, held, strict=True)
        ],
        links=[f"/staff/loans/{name}" for name in names],
        **_open_on(held),
        query=f"/staff/persons/{ref}",
    )


_CHARGED_OFF = "charged-off"


def _state_text(say: Said, state: str) -> str:
    """How a contract stands: charged off, or in which bucket."""
    return say("console-charged-off") if state == _CHARGED_OFF else bucket_text(say, state)


def _open_on(held: list[Holding]) -> dict[str, Any]:
    """The day the table stands on, where the books are all on the same."""
    days = {str(each.book.open_on) for each in held}
    day = days.pop() if len(days) == 1 else ""
    return {"as_of": day, "known": day}


def _history(seen: list[Seen], money: str, say: Said, ref: str) -> Table:
    names = [loan_id(each.key.person_id, each.key.loan_no) for each in seen]
    return Table(
        f"history-{money.lower()}",
        say("console-history"),
        (
            Column("day", say("console-at-end-of"), Kind.DAY),
            Column("loan", say("console-loan")),
            Column("seen", say("console-observed"), words=lambda what: say("console-observed-" + what)),
            Column("bucket", say("console-bucket"), words=in_words(say)),
            Column("dpd", say("console-dpd"), Kind.COUNT),
            Column("overdue", say("console-overdue-amount"), Kind.MONEY, money),
        ),
        [
            (
                each.day,
                name,
                each.what,
                each.age.bucket,
                each.age.dpd,
                each.age.overdue,
            )
            for name, each in zip(names, seen, strict=True)
        ],
        links=[
            f"/staff/loans/{name}?as_of={e.day}&known={e.day}" for name, e in zip(names, seen, strict=True)
        ],
        query=f"/staff/persons/{ref}",
    )


@door.post("/staff/persons/{person}/reveal", may=P.PERSON_REVEAL, media="text/html")
def reveal_form(ask: Asked, person: str, form: Form) -> Response:
    """A person in the clear, once, for a reason that the trail keeps."""
    who = ask.person(person)
    reason = form.get("reason", "")[: _REASON_MAX + 1]
    try:
        told = keep_person.reveal(
            ask.conn, ask.state.keys, who, by=ask.identity.actor, reason=reason, at=ask.at
        )
    except Refusal as refusal:
        return _person(ask, who, 422, reason=reason, wrong=wrong_of(ask, refusal))
    return _person(ask, who, told=told)


@door.post("/staff/persons/{person}/fields", may=P.PERSON_WRITE, media="text/html")
def change_form(ask: Asked, person: str, form: Form) -> Response:
    """Change what is known of a person; fields left empty stay."""
    who = ask.person(person)
    typed = _typed(form)
    try:
        if not typed:
            raise InvalidInput("console-nothing-typed")
        keep_person.change(ask.conn, ask.state.keys, who, typed, by=ask.identity.actor, at=ask.at)
    except Refusal as refusal:
        return _person(ask, who, 422, typed=typed, wrong=wrong_of(ask, refusal))
    return goes_to(f"/staff/persons/{person_ref(who)}?done=changed")


@door.post("/staff/persons/{person}/erase", may=P.PERSON_ERASE, media="text/html")
def erase_form(ask: Asked, person: str, form: Form) -> Response:
    """Ask for a person's data to be destroyed; a second person decides."""
    who = ask.person(person)
    reason = form.get("reason", "")[: _REASON_MAX + 1]
    try:
        if not reason.strip() or len(reason) > _REASON_MAX or not reason.isprintable():
            raise InvalidInput("reason-missing")
        keep_person.check_may_leave(ask.conn, who)
        ask_second(
            ask.conn,
            Act.ERASURE,
            book=None,
            target=person_ref(who),
            payload={"person": person_ref(who), "reason": reason.strip()},
            loan=None,
            request=keyed(ask, form),
        )
    except Refusal as refusal:
        return _person(ask, who, 422, erase_reason=reason, wrong=wrong_of(ask, refusal))
    return goes_to(f"/staff/persons/{person_ref(who)}?done=erasure-asked")
