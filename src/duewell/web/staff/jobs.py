"""Jobs of a book: its days and alarms, the three sides of a day, and what can be taken along.

Needs    an Ask; services that clear an alarm and reconcile.
Gives    door; jobs_page, which the pages of imports share.
Never    closes a day, or corrects a difference: both are for others.
Source   docs/reference/console.md, section imports and jobs; docs/runbook.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.texts import short_day_text
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services.clear_alarm import REASON_MAX, clear_alarm
from duewell.services.reconcile_day import reconcile_day
from duewell.store import alarms, days, sealing
from duewell.store.alarms import Alarm
from duewell.store.books import BookRow
from duewell.web._pages import STAFF, Form, goes_to, lang_of
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._desk import Done, at_of, done_of, refused, say
from duewell.web.staff.frame import WAYS, show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
HERE = "console-jobs"
JOBS = f"{STAFF}/books/{{book}}/jobs"
_RUNS, _EVENTS = 62, 50


def jobs_page(
    ask: Ask, row: BookRow, template: str, title: str, status: int = 200, *, part: str, **told: Any
) -> Response:
    """A page of this section with its tabs: those that its reader may open."""
    t, base = say(ask), JOBS.format(book=row.code)
    parts = (
        ("days", base, P.RAIL_READ),
        ("rails", f"{base}/rails", P.RAIL_READ),
        ("reconciliation", f"{base}/reconciliation", P.RAIL_READ),
        ("tape", f"{base}/tape", P.BOOK_OPEN),
        ("exports", f"{base}/exports", P.RAIL_READ),
    )
    tabs = [
        (t(f"console-jobs-{name}"), address, name == part)
        for name, address, needed in parts
        if ask.identity.may(needed)
    ]
    return show_staff(ask, template, title, status, book=row, here=HERE, tabs=tabs, **told)


# -- days and alarms -------------------------------------------------------------------------------


@door.get(JOBS, may=P.RAIL_READ, media="text/html")
def show_days(
    ask: Asked, book: str, done: Done = None, export: Export = None, table: Which = None
) -> Response:
    """The open day, what was closed when, and what a person must look at."""
    row = ask.book(book)
    runs, events = _runs(ask, row), _history(ask, row)
    return as_file(export, table, runs, events) or _days(ask, row, runs, events, done=done_of(ask, done))


def _days(ask: Ask, row: BookRow, runs: Table, events: Table, status: int = 200, **more: Any) -> Response:
    t, lang = say(ask), lang_of(ask.request)
    last, sealed = days.last_closed(ask.conn, row.book_id), sealing.last(ask.conn, row.book_id)
    standing = alarms.standing(ask.conn, row.book_id)
    figures = [
        (t("console-open-day"), short_day_text(row.open_on, lang), ""),
        (t("console-day-closed-last"), short_day_text(last, lang) if last else "–", ""),
        (t("console-cut-off"), f"{row.cutoff:%H:%M}", row.zone),
        (t("console-alarms-standing"), str(len(standing)), ""),
    ]
    told = {"done": None, "wrong": None, "reason": "", "kept": ("", "")}
    return jobs_page(
        ask,
        row,
        "jobs.html",
        HERE,
        status,
        part="days",
        figures=figures,
        seal=(short_day_text(sealed[0], lang), sealed[1].hex()) if sealed else None,
        alarms=[
            (str(each.day), each.kind, _why(ask, each), at_of(ask, each.at, row.zone)) for each in standing
        ],
        may_clear=ask.identity.may(P.DAY_CLOSE),
        reason_max=REASON_MAX,
        runs=told_of(runs),
        events=told_of(events),
        **{**told, **more},
    )


def _why(ask: Ask, each: Alarm) -> str:
    """An alarm in words."""
    if each.event == "cleared":
        reason = each.facts.get("reason", "")
        return str(reason) if "actor" in each.facts else say(ask)(f"cleared-{reason}")
    facts = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in each.facts.items()
    }
    return say(ask)(f"alarm-{each.kind}", **facts)


def _runs(ask: Ask, row: BookRow) -> Table:
    t = say(ask)
    columns = [
        Column("day", t("console-the-day"), Kind.DAY),
        Column("state", t("console-run-state")),
        Column("began_at", t("console-run-began")),
        Column("ended_at", t("console-run-ended")),
        Column("entries", t("console-run-entries"), Kind.COUNT),
        Column("turned", t("console-run-turned"), Kind.COUNT),
        Column("wishes", t("console-run-wishes"), Kind.COUNT),
    ]
    rows = [
        (
            each.day,
            t("console-run-closed")
            if each.ended_at
            else t("console-run-part", done=each.done, slices=each.slices),
            at_of(ask, each.began_at, row.zone),
            at_of(ask, each.ended_at, row.zone),
            each.entries,
            each.turned,
            each.wishes,
        )
        for each in days.runs(ask.conn, row.book_id, _RUNS)
    ]
    return Table(
        "days",
        t("console-days-closed"),
        columns,
        rows,
        as_of=row.open_on.isoformat(),
        known=ask.at.isoformat(),
        query=asked(ask),
    )


def _history(ask: Ask, row: BookRow) -> Table:
    t = say(ask)
    columns = [
        Column("at", t("console-at")),
        Column("day", t("console-the-day"), Kind.DAY),
        Column("kind", t("console-alarm")),
        Column("event", t("console-alarm-event")),
        Column("why", t("console-fig-why")),
        Column("by", t("console-alarm-by")),
    ]
    rows = [
        (
            at_of(ask, each.at, row.zone),
            each.day,
            t(f"console-alarm-{each.kind}"),
            t(f"console-alarm-{each.event}"),
            _why(ask, each),
            each.facts.get("actor") if each.event == "cleared" else None,
        )
        for each in alarms.history(ask.conn, row.book_id, limit=_EVENTS)
    ]
    return Table(
        "alarms", t("console-alarm-history"), columns, rows, known=ask.at.isoformat(), query=asked(ask)
    )


@door.post(JOBS + "/alarms", may=P.DAY_CLOSE, media="text/html")
def clear(ask: Asked, book: str, form: Form) -> Response:
    """Say why an alarm need not stand any longer."""
    row = ask.book(book)
    day, kind, reason = form.get("day", "")[:10], form.get("kind", "")[:40], form.get("reason", "").strip()
    try:
        if not reason:
            raise InvalidInput("reason-missing")
        clear_alarm(
            ask.conn,
            row.code,
            day=parse_date(day),
            kind=kind,
            reason=reason,
            actor=ask.identity.actor,
            at=ask.at,
        )
    except Refusal as refusal:
        wrong = refused(ask, refusal)
        return _days(
            ask,
            row,
            _runs(ask, row),
            _history(ask, row),
            422,
            wrong=wrong,
            reason=reason[:REASON_MAX],
            kept=(day, kind),
        )
    return goes_to(JOBS.format(book=row.code) + "?done=cleared")


# -- three sides -----------------------------------------------------------------------------------


@door.get(JOBS + "/reconciliation", may=P.RAIL_READ, media="text/html")
def reconcile(
    ask: Asked,
    book: str,
    on: Annotated[str | None, Query(max_length=10)] = None,
    export: Export = None,
    table: Which = None,
) -> Response:
    """What rails said of a day, what was made of it, what the ledger holds, and every difference."""
    row, wrong, day = ask.book(book), None, None
    try:
        day = parse_date(on) if on else None
    except Refusal as refusal:
        wrong = refused(ask, refusal)
    told = reconcile_day(ask.conn, row.code, on=day)
    tables = list(_sides(ask, row, told))
    return as_file(export, table, *tables) or jobs_page(
        ask,
        row,
        "reconciliation.html",
        "console-jobs-reconciliation",
        200 if wrong is None else 422,
        part="reconciliation",
        wrong=wrong,
        on=on or told["on"],
        day=date.fromisoformat(told["on"]),
        is_clean=told["is_clean"],
        differences=sum(told["counts"].values()),
        tables=[told_of(each) for each in tables],
    )


def _sides(ask: Ask, row: BookRow, told: dict[str, Any]) -> Iterator[Table]:
    """The totals and the differences, a table a currency: no sum crosses them."""
    t = say(ask)
    codes = sorted({each["currency"] for each in (*told["totals"], *told["differences"])} | {row.currency})
    sides = ("rail", "receipt", "ledger")

    def made(name: str, title: str, code: str, lead: list[Column], rows: list[tuple[Any, ...]]) -> Table:
        suffix = "" if code == row.currency else f"-{code.lower()}"
        more = "" if code == row.currency else f" {code}"
        return Table(
            name + suffix,
            t(title) + more,
            lead,
            rows,
            as_of=told["on"],
            known=ask.at.isoformat(),
            query=asked(ask),
        )

    for code in codes:
        columns = [Column("rail", t("console-fig-rail"))]
        for side in sides:
            columns.append(Column(f"{side}_count", t(f"console-side-{side}-count"), Kind.COUNT))
            columns.append(Column(side, t(f"console-side-{side}"), Kind.MONEY, code))
        rows = [
            (each["rail"], *(each[f"{side}_{what}"] for side in sides for what in ("count", "minor")))
            for each in told["totals"]
            if each["currency"] == code
        ]
        yield made("totals", "console-three-sides", code, columns, rows)
    for code in codes:
        columns = [
            Column("ref", t("console-reference")),
            Column("rail", t("console-fig-rail")),
            Column("kind", t("console-sides-difference")),
            *(Column(side, t(f"console-side-{side}"), Kind.MONEY, code) for side in sides),
        ]
        found = [
            (
                each["ref"],
                each["rail"],
                t(f"cli-difference-{each['kind']}"),
                *(each[f"{side}_minor"] for side in sides),
            )
            for each in told["differences"]
            if each["currency"] == code
        ]
        yield made("differences", "console-differences", code, columns, found)


# -- what can be taken -----------------------------------------------------------------------------


@door.get(JOBS + "/exports", may=P.RAIL_READ, media="text/html")
def list_exports(ask: Asked, book: str, export: Export = None, table: Which = None) -> Response:
    """What can be taken along: tables of pages, and what the command line writes of a whole book."""
    row, t = ask.book(book), say(ask)
    base = JOBS.format(book=row.code)
    pages = [
        (t(name), address.format(book=row.code))
        for name, address, needed in WAYS
        if ask.identity.may(needed) and name not in ("console-jobs", "console-customers")
    ]
    pages += [
        (t("console-days-closed"), base),
        (t("console-three-sides"), f"{base}/reconciliation"),
        (t("console-statements-read"), f"{base}/rails"),
    ]
    columns = [
        Column("what", t("console-export-what")),
        Column("formats", t("console-export-formats")),
        Column("command", t("console-export-command")),
    ]
    code = row.code
    day = row.open_on.isoformat()
    commands = [
        (
            t("console-export-tape"),
            "Parquet, CSV",
            f"duewell book tape --book {code} --as-of {day} -o tape.parquet",
        ),
        (t("console-export-backup"), "–", "duewell backup"),
    ]
    rows: list[tuple[Any, ...]] = [(name, "CSV, XLSX, Parquet", None) for name, _ in pages]
    rows += commands
    links = [address for _, address in pages] + [None for _ in commands]
    made = Table(
        "exports",
        t("console-jobs-exports"),
        columns,
        rows,
        known=ask.at.isoformat(),
        query=asked(ask),
        links=links,
    )
    return as_file(export, table, made) or jobs_page(
        ask, row, "exports.html", "console-jobs-exports", part="exports", exports=told_of(made)
    )
