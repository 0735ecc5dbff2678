"""Taking a book over: another system's tape, dry first, all rows or none, a second person deciding.

Needs    an Ask; a form with a file and a column map; the service that imports.
Gives    door.
Never    takes over more rows than a request may wait for: the command line does.
Source   docs/reference/console.md, section taking a book over.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from fastapi import Response

from duewell.api import BODY_MAX, Ask, Asked, Door
from duewell.domain.access import Act, Permission
from duewell.domain.errors import InvalidInput, Refusal
from duewell.domain.tape import column_map
from duewell.gateways.tape_files import read_rows
from duewell.gateways.toml_files import TomlFile, toml_of
from duewell.services import decide_request
from duewell.services.import_tape import ImportReport, asked_tape, import_tape
from duewell.store.books import BookRow
from duewell.web._forms import Files, as_path
from duewell.web._pages import STAFF, goes_to
from duewell.web._tables import told_of
from duewell.web.staff._desk import ask_second, refused, say
from duewell.web.staff.jobs import JOBS, jobs_page
from duewell.web.staff.rail_files import checked_step, refusals_table

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_TAPE = JOBS + "/tape"
ROWS_MAX = 1500
"""What a request waits for: some seconds of work."""
_START = """ref = "loan_number"
principal = "principal"
rate_pct = "rate"
instalments = "term"
issued = "issued_on"
principal_out = "principal_left"
currency = "CNY"
"""


@door.get(_TAPE, may=P.BOOK_OPEN, media="text/html")
def show(ask: Asked, book: str) -> Response:
    """Where a tape is handed in."""
    return _shown(ask, ask.book(book))


def _shown(ask: Ask, row: BookRow, status: int = 200, **more: Any) -> Response:
    told: dict[str, Any] = {
        "wrong": None,
        "result": None,
        "checked": "",
        "columns": _START.replace('"CNY"', f'"{row.currency}"'),
        "four_eyes": row.four_eyes,
    }
    return jobs_page(
        ask,
        row,
        "tape.html",
        "console-jobs-tape",
        status,
        part="tape",
        rows_max=ROWS_MAX,
        kib_max=BODY_MAX // 1024,
        command=f"duewell import tape.csv --book {row.code} --columns columns.toml",
        **{**told, **more},
    )


@door.post(_TAPE, may=P.BOOK_OPEN, media="text/html")
def hand_in(ask: Asked, book: str, sent: Files) -> Response:
    """Check a tape, or take it over: all rows or none."""
    row, text = ask.book(book), sent.fields.get("columns", "")
    try:
        columns = column_map(toml_of(text, TomlFile.COLUMN_MAP, say(ask)("console-what-you-wrote")))
        file = sent.file("file")
        is_real = checked_step(sent, file)
        with as_path(file) as path:
            found = [(each.line, each.values) for each in islice(read_rows(path), ROWS_MAX + 1)]
        if len(found) > ROWS_MAX:
            raise InvalidInput("console-tape-too-long", rows_max=ROWS_MAX, book=row.code)
        report = import_tape(
            ask.conn,
            row.code,
            found,
            columns,
            actor=ask.identity.actor,
            at=ask.at,
            is_dry_run=not is_real or row.four_eyes,
        )
        if is_real and row.four_eyes and report.taken_over:
            asked = asked_tape(file.name[:60], found, columns, report, open_on=row.open_on)
            # Opening balances are money of the ledger.
            target = f"{row.code}/tape/{file.mark}"
            waiting = decide_request.waiting_for(ask.conn, Act.TAPE, target, at=ask.at)
            if waiting is not None:
                return goes_to(f"{STAFF}/requests/{waiting.approval_id}?done=waits")
            return ask_second(ask, Act.TAPE, book=row.code, target=target, payload=asked)
    except Refusal as refusal:
        return _shown(ask, row, 422, wrong=refused(ask, refusal), columns=text)
    is_fine = not report.refusals
    return _shown(
        ask,
        row,
        200 if is_fine else 422,
        columns=text,
        result=_told(ask, row, report, file.name, is_real=is_real),
        checked=file.mark if report.taken_over and not is_real else "",
    )


def _told(ask: Ask, row: BookRow, report: ImportReport, name: str, *, is_real: bool) -> dict[str, Any]:
    t = say(ask)
    refusals = refusals_table(
        ask,
        row,
        [
            {
                "line": each.line,
                "column": each.column,
                "value": each.value,
                "code": each.message.code,
                "params": dict(each.message.params),
            }
            for each in report.refusals
        ],
    )
    return {
        "name": name,
        "is_dry_run": not is_real,
        "is_new": bool(report.taken_over),
        "is_written": report.is_written,
        "figures": [
            (t("console-taken-over"), str(report.taken_over), ""),
            (t("console-already-there"), str(report.already_there), ""),
            (t("console-refused"), str(len(report.refusals)), ""),
        ],
        "refused": told_of(refusals) | {"files": []},
    }
