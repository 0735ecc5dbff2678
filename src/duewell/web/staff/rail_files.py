"""Files of a book's rails: statements and answers that come in, dry first; collections that go out.

Needs    an Ask; a form with a file; services that read and collect.
Gives    door.
Never    reads a file for real that was not checked, keeps one, or takes its name for a path.
Source   docs/reference/console.md, section files that come in; docs/reference/rails.md.
"""

from __future__ import annotations

from typing import Any

from fastapi import Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.receipts import RailKind
from duewell.domain.texts import money_text
from duewell.gateways.holidays import bank_days
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services.collect_due import collect_due, collection_file
from duewell.services.read_statement import read_statement
from duewell.services.read_status import read_status
from duewell.services.set_rail import list_rails
from duewell.store import mandates, rails
from duewell.store.books import BookRow
from duewell.web._forms import Files, Sent, Upload, as_path
from duewell.web._pages import Form, goes_to, lang_of
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._desk import Done, at_of, done_of, refused, say
from duewell.web.staff.jobs import JOBS, jobs_page

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_RAILS = JOBS + "/rails"
_RAIL = _RAILS + "/{rail}"
_SHOWN, _FILES_SHOWN = 200, 50
STEPS = ("dry", "real")


def checked_step(sent: Sent, file: Upload) -> bool:
    """Whether a file is to be read for real. Refuses one that is not the file that was checked."""
    step = sent.fields.get("step")
    if step not in STEPS:
        raise InvalidInput("console-step-missing")
    if step == "real" and sent.fields.get("checked") != file.mark:
        raise InvalidInput("console-file-not-checked", file=file.name[:60] or "–")
    return step == "real"


def refusals_table(ask: Ask, row: BookRow, refusals: list[dict[str, Any]]) -> Table:
    """Refused rows: where, what, why and what to do."""
    t = say(ask)
    columns = [
        Column("line", t("console-file-line"), Kind.COUNT),
        Column("column", t("console-column")),
        Column("value", t("console-value")),
        Column("why", t("console-why-and-what")),
    ]
    rows = [
        (each["line"], each["column"], each["value"], t(each["code"], **each["params"])) for each in refusals
    ]
    return Table("refused", t("console-rows-refused"), columns, rows, as_of=row.open_on.isoformat())


# -- rails -----------------------------------------------------------------------------------------


@door.get(_RAILS, may=P.RAIL_READ, media="text/html")
def list_(ask: Asked, book: str, export: Export = None, table: Which = None) -> Response:
    """The rails of a book, and the files they told of."""
    row = ask.book(book)
    made, read = _rails(ask, row), _statements(ask, row)
    return as_file(export, table, made, read) or jobs_page(
        ask,
        row,
        "rails.html",
        "console-jobs-rails",
        part="rails",
        rails=told_of(made),
        statements=told_of(read),
    )


def _rails(ask: Ask, row: BookRow) -> Table:
    t, found = say(ask), list_rails(ask.conn, row.code)["rails"]
    columns = [
        Column("rail", t("console-fig-rail")),
        Column("kind", t("console-rail-kind")),
        Column("reach", t("console-rail-reach")),
        Column("account", t("console-rail-account")),
        Column("layout", t("console-rail-layout")),
        Column("slots", t("console-rail-slots")),
    ]
    rows = [
        (
            each["rail"],
            t(f"cli-rail-{each['kind']}"),
            t("cli-rail-real" if each["is_real"] else "cli-rail-simulated"),
            each["account"] or None,
            each["layout"],
            ", ".join(each["slots"]) if each["kind"] == RailKind.DEBIT.value else None,
        )
        for each in found
    ]
    links = [_RAIL.format(book=row.code, rail=each["rail"]) for each in found]
    title = t("console-rails")
    return Table("rails", title, columns, rows, known=ask.at.isoformat(), query=asked(ask), links=links)


def _statements(ask: Ask, row: BookRow) -> Table:
    t = say(ask)
    columns = [
        Column("statement", t("console-file-statement")),
        Column("rail", t("console-fig-rail")),
        Column("entries", t("console-statement-entries"), Kind.COUNT),
        Column("first_on", t("console-statement-from"), Kind.DAY),
        Column("last_on", t("console-statement-to"), Kind.DAY),
        Column("read_at", t("console-statement-read")),
    ]
    rows = [
        (
            each.statement,
            each.rail.partition("/")[2],
            each.entries,
            each.first_on,
            each.last_on,
            at_of(ask, each.read_at, row.zone),
        )
        for each in rails.statements_of(ask.conn, row.book_id, _FILES_SHOWN)
    ]
    title = t("console-statements-read")
    return Table("statements", title, columns, rows, known=ask.at.isoformat(), query=asked(ask))


@door.get(_RAIL, may=P.RAIL_READ, media="text/html")
def one(
    ask: Asked, book: str, rail: str, done: Done = None, export: Export = None, table: Which = None
) -> Response:
    """One rail: read its files, make its collections."""
    row = ask.book(book)
    made = _batches(ask, row, rail[:40])
    return as_file(export, table, made) or _shown(ask, row, rail[:40], made, done=done_of(ask, done))


def _batches(ask: Ask, row: BookRow, code: str) -> Table:
    t, rail = say(ask), rails.rail_of(row, code)
    found = mandates.batches_of(ask.conn, rails.key_of(row, rail.code), _FILES_SHOWN)
    columns = [
        Column("batch", t("console-batch")),
        Column("collect_on", t("console-collect-on"), Kind.DAY),
        Column("tries", t("console-tries"), Kind.COUNT),
        Column("amount", t("console-fig-amount"), Kind.MONEY, row.currency),
        Column("begun_at", t("console-made-at")),
    ]
    rows = [
        (each.batch, each.collect_on, each.tries, each.amount, at_of(ask, each.begun_at, row.zone))
        for each in found
    ]
    links = None
    if ask.identity.may(P.RAIL_RUN):
        base = _RAIL.format(book=row.code, rail=rail.code)
        links = [f"{base}/collections/{each.batch}" for each in found]
    return Table(
        "collections",
        t("console-collections"),
        columns,
        rows,
        known=ask.at.isoformat(),
        query=asked(ask),
        links=links or (),
    )


def _shown(ask: Ask, row: BookRow, code: str, made: Table, status: int = 200, **more: Any) -> Response:
    rail, t = rails.rail_of(row, code), say(ask)
    is_debit = rail.kind is RailKind.DEBIT
    told: dict[str, Any] = {"done": None, "wrong": None, "result": None, "checked": {}, "on": ""}
    return jobs_page(
        ask,
        row,
        "rail.html",
        "console-rail-one",
        status,
        part="rails",
        rail=rail.code,
        facts=[
            (t("console-rail-kind"), t(f"cli-rail-{rail.kind.value}")),
            (t("console-rail-reach"), t("cli-rail-real" if rail.is_real else "cli-rail-simulated")),
            (t("console-rail-account"), rail.account),
            (t("console-rail-layout"), rail.layout),
        ],
        may_run=ask.identity.may(P.RAIL_RUN),
        is_debit=is_debit,
        open_day=row.open_on.isoformat(),
        collections=told_of(made),
        **{**told, **more},
    )


# -- files that come in ----------------------------------------------------------------------------


@door.post(_RAIL + "/statement", may=P.RAIL_RUN, media="text/html")
def upload_statement(ask: Asked, book: str, rail: str, sent: Files) -> Response:
    """Check a bank's statement, or read it: a file is its own key."""
    return _read(ask, ask.book(book), rail[:40], sent, "statement")


@door.post(_RAIL + "/status", may=P.RAIL_RUN, media="text/html")
def upload_status(ask: Asked, book: str, rail: str, sent: Files) -> Response:
    """Check what a bank answered of our files, or take it."""
    return _read(ask, ask.book(book), rail[:40], sent, "status")


def _read(ask: Ask, row: BookRow, rail: str, sent: Sent, what: str) -> Response:
    try:
        file = sent.file("file")
        is_real = checked_step(sent, file)
        with as_path(file) as path:
            given: dict[str, Any] = {
                "actor": ask.identity.actor,
                "at": ask.at,
                "is_dry_run": not is_real,
            }
            if what == "statement":
                told = read_statement(ask.conn, ask.state.keys, row.code, rail, path, **given)
            else:
                told = read_status(ask.conn, row.code, rail, path, **given)
    except Refusal as refusal:
        return _shown(ask, row, rail, _batches(ask, row, rail), 422, wrong=refused(ask, refusal))
    tell = _statement_told if what == "statement" else _status_told
    figures, rows = tell(ask, row, told)
    refusals = refusals_table(ask, row, told["refusals"])
    result = {
        "what": what,
        "name": file.name,
        "is_dry_run": told["is_dry_run"],
        "figures": figures,
        "refused": told_of(refusals) | {"files": [], "count": told["refused"]},
        "rows": told_of(rows) | {"files": [], "rows": told_of(rows)["rows"][:_SHOWN]},
    }
    checked = {what: file.mark} if told["is_dry_run"] else {}
    return _shown(ask, row, rail, _batches(ask, row, rail), result=result, checked=checked)


def _statement_told(ask: Ask, row: BookRow, told: dict[str, Any]) -> tuple[list[Any], Table]:
    t, lang = say(ask), lang_of(ask.request)
    outcomes = ("posted", "returned", "suspense", "paid_out", "again")
    figures = [(t("console-file-entries"), str(told["entries"]), "")]
    for name in outcomes:
        minor = told.get(f"{name}_minor")
        note = money_text(minor, row.currency, lang) if minor else ""
        figures.append((t(f"console-outcome-{name.replace('_', '-')}"), str(told[name]), note))
    figures.append((t("console-refused"), str(told["refused"]), ""))
    columns = [
        Column("ref", t("console-reference")),
        Column("kind", t("console-file-entry-kind")),
        Column("amount", t("console-fig-amount"), Kind.MONEY, row.currency),
        Column("foreign", t("console-amount-foreign")),
        Column("value_on", t("console-value-day"), Kind.DAY),
        Column("outcome", t("console-became")),
        Column("loan", t("console-the-loan")),
        Column("reason", t("console-fig-why")),
    ]
    rows: list[tuple[Any, ...]] = [
        (
            each["ref"],
            t(f"console-entry-{each['kind']}"),
            each["amount_minor"] if each["currency"] == row.currency else None,
            None
            if each["currency"] == row.currency
            else money_text(each["amount_minor"], each["currency"], lang),
            each["value_on"],
            t(f"console-outcome-{each['outcome']}"),
            each["loan_id"],
            t(f"cli-why-{each['reason']}")
            if each["reason"] and each["outcome"] == "suspense"
            else each["reason"],
        )
        for each in told["rows"]
    ]
    if all(each[3] is None for each in rows):
        columns.pop(3)
        rows = [(*each[:3], *each[4:]) for each in rows]
    return figures, Table("entries", t("console-file-entries"), columns, rows, as_of=row.open_on.isoformat())


def _status_told(ask: Ask, row: BookRow, told: dict[str, Any]) -> tuple[list[Any], Table]:
    t = say(ask)
    figures = [(t("console-file-entries"), str(told["rows_read"]), "")]
    figures += [
        (t(f"console-answer-{name}"), str(told[name]), "")
        for name in ("paid", "accepted", "rejected", "returned", "again")
    ]
    figures += [(t(f"cli-next-{step}"), str(count), "") for step, count in told["next"].items()]
    figures.append((t("console-refused"), str(told["refused"]), ""))
    columns = [
        Column("ref", t("console-reference")),
        Column("outcome", t("console-became")),
        Column("reason", t("console-bank-reason")),
    ]
    rows = [(each["ref"], t(f"console-answer-{each['outcome']}"), each["reason"]) for each in told["rows"]]
    return figures, Table("answers", t("console-answers"), columns, rows, as_of=row.open_on.isoformat())


# -- collections -----------------------------------------------------------------------------------


@door.post(_RAIL + "/collections", may=P.RAIL_RUN, media="text/html")
def collect(ask: Asked, book: str, rail: str, form: Form) -> Response:
    """Make the collection file of a day; the same press is the same file."""
    row, on = ask.book(book), form.get("on", "").strip()[:10]
    try:
        day = parse_date(on) if on else row.open_on
        done = collect_due(
            ask.conn,
            ask.state.keys,
            row.code,
            rail[:40],
            on=day,
            write=lambda raw: None,
            at=ask.at,
            is_business=bank_days(row.calendar, day.year).is_business_day,
            request=ask.keyed(),
        )
    except Refusal as refusal:
        wrong = refused(ask, refusal)
        return _shown(ask, row, rail[:40], _batches(ask, row, rail[:40]), 422, wrong=wrong, on=on)
    word = "collected" if done["collections"] else "nothing-to-collect"
    return goes_to(f"{_RAIL.format(book=row.code, rail=done['rail'])}?done={word}")


@door.get(_RAIL + "/collections/{batch}", may=P.RAIL_RUN, media="application/octet-stream")
def fetch(ask: Asked, book: str, rail: str, batch: str) -> Response:
    """The file of a batch for the bank, as often as it is asked for."""
    row = ask.book(book)
    code = rails.rail_of(row, rail[:40]).code
    raw = collection_file(ask.conn, ask.state.keys, row.code, code, batch[:60])
    named = {"Content-Disposition": f'attachment; filename="{code}-collection"'}
    return Response(raw, headers=named, media_type="application/octet-stream")
