"""Accounts and roles: who may come in, what each role may, the calendars of books, the languages.

Needs    an Ask; services that manage accounts; published holidays.
Gives    door.
Never    shows a secret twice, or gives a role by itself: roles are asked for and decided by another.
Source   docs/reference/console.md, section accounts and roles; docs/reference/access.md.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import segno
from fastapi import Query, Response
from markupsafe import Markup

from duewell.api import Ask, Asked, Door
from duewell.catalogues import DEFAULT_LANGUAGE, LANGUAGES, template_codes
from duewell.domain.access import GRANTS, PASSWORD_MIN, Act, Permission, Role, role_named
from duewell.domain.errors import Conflict, NotFound, Refusal
from duewell.domain.texts import day_text
from duewell.gateways.holidays import business_calendar, years_known
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services import manage_accounts
from duewell.store import accounts
from duewell.store.accounts import Staff
from duewell.store.books import BookRow
from duewell.web._pages import STAFF, Form, goes_to, lang_of
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._acts_told import roles_said
from duewell.web.staff._desk import Done, ask_second, at_of, done_of, refused, say
from duewell.web.staff.frame import seen_books, show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_HERE = "console-admin"
_ADMIN = f"{STAFF}/admin"
_ONE = _ADMIN + "/accounts/{login}"
STAFF_ROLES = tuple(role for role in Role if role not in (Role.BORROWER, Role.API_CLIENT))
_YEARS_SHOWN = 12


def _page(ask: Ask, template: str, title: str, status: int = 200, *, part: str = "", **told: Any) -> Response:
    t = say(ask)
    tabs = [
        (t(f"console-admin-{name}"), address, name == part)
        for name, address in (
            ("accounts", _ADMIN),
            ("roles", f"{_ADMIN}/roles"),
            ("calendar", f"{_ADMIN}/calendar"),
            ("languages", f"{_ADMIN}/languages"),
        )
    ]
    return show_staff(ask, template, title, status, here=_HERE, tabs=tabs, **told)


@door.get(_ADMIN, may=P.ACCOUNT_MANAGE, media="text/html")
def list_(ask: Asked, done: Done = None, export: Export = None, table: Which = None) -> Response:
    """All accounts and their roles."""
    made = _accounts(ask)
    return as_file(export, table, made) or _listed(ask, made, done=done_of(ask, done))


def _listed(ask: Ask, made: Table, status: int = 200, **more: Any) -> Response:
    told = {"done": None, "wrong": None, "typed": {"login": "", "name": ""}, "length_min": PASSWORD_MIN}
    return _page(
        ask, "admin.html", _HERE, status, part="accounts", accounts=told_of(made), **{**told, **more}
    )


def _accounts(ask: Ask) -> Table:
    t = say(ask)
    found = accounts.staff_of(ask.conn)
    columns = [
        Column("login", t("console-login")),
        Column("name", t("console-name")),
        Column("roles", t("console-fig-roles")),
        Column("books", t("console-books")),
        Column("state", t("console-account-state")),
        Column("made_at", t("console-made-at")),
    ]
    rows = [
        (
            each.login,
            each.name,
            roles_said(ask, each.roles) or t("console-roles-none"),
            t("console-all-books") if each.books is None else ", ".join(each.books),
            t("console-account-open" if each.is_active else "console-account-stopped"),
            at_of(ask, each.created_at),
        )
        for each in found
    ]
    links = [_ONE.format(login=each.login) for each in found]
    title = t("console-admin-accounts")
    return Table("accounts", title, columns, rows, known=ask.at.isoformat(), query=asked(ask), links=links)


@door.post(_ADMIN + "/accounts", may=P.ACCOUNT_MANAGE, media="text/html")
def add(ask: Asked, form: Form) -> Response:
    """Make an account; what its authenticator must read is shown once, here."""
    typed = {name: form.get(name, "").strip()[:80] for name in ("login", "name")}
    try:
        made = manage_accounts.add_staff(
            ask.conn,
            ask.state.keys,
            ask.state.hasher,
            login=typed["login"],
            name=typed["name"],
            password=form.get("password", ""),
            by=ask.identity.actor,
            at=ask.at,
        )
    except Refusal as refusal:
        return _listed(ask, _accounts(ask), 422, wrong=refused(ask, refusal), typed=typed)
    return _page(
        ask,
        "account_made.html",
        "console-account-made",
        part="accounts",
        login=made.login,
        secret=made.totp_secret,
        uri=made.totp_uri,
        qr=_drawn(made.totp_uri),
    )


def _drawn(text: str) -> Markup:
    """A text as a code that cameras read, drawn here: the secret goes to nobody."""
    made: str = segno.make(text, micro=False, error="m").svg_inline(
        scale=4, border=2, dark="#000", light="#fff"
    )
    return Markup(made)


@door.get(_ONE, may=P.ACCOUNT_MANAGE, media="text/html")
def one(ask: Asked, login: str, done: Done = None) -> Response:
    """One account: its roles, its password, whether it may come in."""
    return _shown(ask, manage_accounts.staff_named(ask.conn, login), done=done_of(ask, done))


def _shown(ask: Ask, found: Staff, status: int = 200, **more: Any) -> Response:
    t = say(ask)
    is_self = ask.identity.name == found.login
    roles = more.pop("roles", None) or {role.value for role in STAFF_ROLES if role.value in found.roles}
    held = found.books
    seen = [row.code for row in seen_books(ask)]
    return _page(
        ask,
        "account.html",
        "console-one-account",
        status,
        part="accounts",
        **{
            "done": None,
            "wrong": None,
            "login": found.login,
            "is_active": found.is_active,
            "is_self": is_self,
            "facts": [
                (t("console-name"), found.name),
                (
                    t("console-account-state"),
                    t("console-account-open" if found.is_active else "console-account-stopped"),
                ),
                (t("console-fig-roles"), roles_said(ask, found.roles) or t("console-roles-none")),
                (t("console-books"), t("console-all-books") if held is None else ", ".join(held) or "–"),
                (t("console-made-at"), at_of(ask, found.created_at)),
            ],
            "roles": [
                (role.value, t(f"console-role-{role.value}"), role.value in roles) for role in STAFF_ROLES
            ],
            "books_of": [(code, code, held is not None and code in held) for code in seen],
            "all_books": held is None,
            "length_min": PASSWORD_MIN,
            **more,
        },
    )


@door.post(_ONE + "/roles", may=P.ACCOUNT_MANAGE, media="text/html")
def ask_for_roles(ask: Asked, login: str, form: Form) -> Response:
    """Ask for an account's roles to be set; a second person decides."""
    found = manage_accounts.staff_named(ask.conn, login)
    chosen = [role.value for role in STAFF_ROLES if f"role-{role.value}" in form]
    codes = None
    if "all-books" not in form:
        codes = sorted(row.code for row in seen_books(ask) if f"book-{row.code}" in form)
    try:
        roles = sorted({role_named(each).value for each in chosen})
        content = {"login": found.login, "roles": roles, "books": codes}
        return ask_second(ask, Act.ROLES, book=None, target=f"staff/{found.login}", payload=content)
    except Refusal as refusal:
        return _shown(ask, found, 422, wrong=refused(ask, refusal), roles=set(chosen))


@door.post(_ONE + "/active", may=P.ACCOUNT_MANAGE, media="text/html")
def let_in(ask: Asked, login: str, form: Form) -> Response:
    """Stop an account, which ends its sessions at once, or let it in again."""
    found = manage_accounts.staff_named(ask.conn, login)
    is_active = form.get("active") == "yes"
    try:
        if found.login == ask.identity.name:
            raise Conflict("console-own-account")
        manage_accounts.set_staff_active(
            ask.conn, found.login, is_active=is_active, by=ask.identity.actor, at=ask.at
        )
    except Refusal as refusal:
        return _shown(ask, found, 422, wrong=refused(ask, refusal))
    return goes_to(f"{_ONE.format(login=found.login)}?done={'opened' if is_active else 'stopped'}")


@door.post(_ONE + "/password", may=P.ACCOUNT_MANAGE, media="text/html")
def new_password(ask: Asked, login: str, form: Form) -> Response:
    """Give an account another password; its sessions end."""
    found = manage_accounts.staff_named(ask.conn, login)
    try:
        manage_accounts.set_staff_password(
            ask.conn,
            ask.state.hasher,
            found.login,
            password=form.get("password", ""),
            by=ask.identity.actor,
            at=ask.at,
        )
    except Refusal as refusal:
        return _shown(ask, found, 422, wrong=refused(ask, refusal))
    return goes_to(f"{_ONE.format(login=found.login)}?done=password-given")


# -- roles, calendars, languages -------------------------------------------------------------------


@door.get(_ADMIN + "/roles", may=P.ACCOUNT_MANAGE, media="text/html")
def list_roles(ask: Asked, export: Export = None, table: Which = None) -> Response:
    """What each role may: the table that is asked at every door."""
    t = say(ask)
    columns = [
        Column("permission", t("console-permission")),
        *(Column(role.value.replace("-", "_"), t(f"console-role-{role.value}")) for role in Role),
    ]
    granted = sorted({each for grants in GRANTS.values() for each in grants}, key=list(P).index)
    rows = [
        (
            t(f"console-may-{each.value.replace('.', '-')}"),
            *(t("console-yes") if each in GRANTS[role] else None for role in Role),
        )
        for each in granted
    ]
    made = Table("roles", t("console-admin-roles"), columns, rows, known=ask.at.isoformat(), query=asked(ask))
    return as_file(export, table, made) or _page(
        ask, "admin_roles.html", "console-admin-roles", part="roles", roles=told_of(made)
    )


@door.get(_ADMIN + "/calendar", may=P.ACCOUNT_MANAGE, media="text/html")
def show_calendar(
    ask: Asked,
    of: Annotated[str | None, Query(max_length=40)] = None,
    year: Annotated[int | None, Query(ge=1900, le=2200)] = None,
    export: Export = None,
    table: Which = None,
) -> Response:
    """The days of a year that are not what their weekday says, as a book counts them."""
    t, rows = say(ask), seen_books(ask)
    if not rows:
        raise NotFound("page-not-found")
    row = ask.book(of) if of is not None else rows[0]
    first, last = years_known(row.calendar)
    chosen = year or min(max(row.open_on.year, first), last)
    made = _calendar(ask, row, chosen)
    calendar = business_calendar(row.calendar, chosen, chosen)
    begin, days = date(chosen, 1, 1), (date(chosen, 12, 31) - date(chosen, 1, 1)).days + 1
    worked = sum(calendar.is_business_day(begin + timedelta(days=n)) for n in range(days))
    near = range(max(first, chosen - _YEARS_SHOWN // 2), min(last, chosen + _YEARS_SHOWN // 2) + 1)
    return as_file(export, table, made) or _page(
        ask,
        "admin_calendar.html",
        "console-admin-calendar",
        part="calendar",
        of=row.code,
        codes=[(each.code, f"{each.code} ({each.calendar})") for each in rows],
        year=str(chosen),
        years=[(str(each), str(each)) for each in near],
        days=told_of(made),
        figures=[
            (t("console-days-worked"), str(worked), ""),
            (t("console-days-off"), str(days - worked), ""),
            (t("console-cut-off"), f"{row.cutoff:%H:%M}", row.zone),
        ],
    )


def _calendar(ask: Ask, row: BookRow, year: int) -> Table:
    t, lang = say(ask), lang_of(ask.request)
    found = business_calendar(row.calendar, year, year)
    told = [(day, "console-day-holiday") for day in found.holidays if day.weekday() not in found.weekend]
    told += [(day, "console-day-worked") for day in found.workdays]
    columns = [
        Column("day", t("console-the-day"), Kind.DAY),
        Column("weekday", t("console-weekday")),
        Column("what", t("console-day-is")),
    ]
    rows = [(day, _weekday(day, lang), t(code)) for day, code in sorted(told)]
    return Table(
        f"calendar-{row.calendar.lower()}-{year}",
        t("console-calendar-of", calendar=row.calendar, year=year),
        columns,
        rows,
        known=ask.at.isoformat(),
        query=asked(ask),
    )


def _weekday(day: date, lang: str) -> str:
    text = day_text(day, lang)
    return text[-3:-1] if lang == "zh" else text.partition(" ")[0]


@door.get(_ADMIN + "/languages", may=P.ACCOUNT_MANAGE, media="text/html")
def list_languages(ask: Asked, export: Export = None, table: Which = None) -> Response:
    """The languages that are spoken, and how much each can say."""
    t = say(ask)
    columns = [
        Column("language", t("console-language")),
        Column("code", t("console-language-code")),
        Column("sentences", t("console-sentences"), Kind.COUNT),
        Column("default", t("console-default")),
    ]
    names = {"zh": "中文（简体）", "en": "English"}
    rows = [
        (names[each], each, len(template_codes(each)), t("console-yes") if each == DEFAULT_LANGUAGE else None)
        for each in LANGUAGES
    ]
    made = Table("languages", t("console-admin-languages"), columns, rows, query=asked(ask))
    return as_file(export, table, made) or _page(
        ask, "admin_languages.html", "console-admin-languages", part="languages", languages=told_of(made)
    )
