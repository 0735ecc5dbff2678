"""The trail: who did what, the newest first, and the end of its chain.

Needs    an Ask; the trail.
Gives    door.
Never    shows what the trail does not hold: codes, ids and counts.
Source   docs/reference/console.md, section the trail; docs/reference/access.md, section the trail.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door, after, cursor_of
from duewell.catalogues import template_codes
from duewell.domain.access import Permission
from duewell.gateways.table_files import Column, Kind, Table
from duewell.store import trail
from duewell.store.trail import Step
from duewell.web._pages import STAFF
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._desk import Cursor, at_of, page_link, say, who_of
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_HERE = "console-trail"
_ROWS = 200
Typed = Annotated[str | None, Query(max_length=200)]


@door.get(f"{STAFF}/trail", may=P.TRAIL_READ, media="text/html")
def show_trail(
    ask: Asked,
    actor: Typed = None,
    target: Typed = None,
    cursor: Cursor = None,
    export: Export = None,
    table: Which = None,
) -> Response:
    """Who did what, of all or of one actor or target."""
    name = "console trail"
    last = after(ask, name, cursor)
    who, what = _actor(actor), (target or "").strip() or None
    found = trail.read(ask.conn, before=int(last) if last else None, limit=_ROWS + 1, target=what, actor=who)
    made = _table(ask, found[:_ROWS])
    more = cursor_of(ask, name, str(found[_ROWS - 1].seq)) if found[_ROWS:] else None
    seq, hashed = trail.head(ask.conn)
    return as_file(export, table, made) or show_staff(
        ask,
        "trail.html",
        _HERE,
        here=_HERE,
        steps=told_of(made),
        actor=(actor or "").strip(),
        target=what or "",
        head=(seq, hashed),
        next=page_link(ask, more),
    )


def _actor(text: str | None) -> str | None:
    """Who is meant: a login alone stands for a member of staff."""
    given = (text or "").strip()
    return (given if ":" in given else f"staff:{given}") if given else None


def _table(ask: Ask, found: list[Step]) -> Table:
    t, codes = say(ask), template_codes("en")

    def act(name: str) -> str:
        code = f"console-act-{name}"
        return t(code) if code in codes else name

    columns = [
        Column("seq", t("console-seq"), Kind.COUNT),
        Column("at", t("console-at")),
        Column("actor", t("console-trail-actor")),
        Column("act", t("console-did")),
        Column("target", t("console-target")),
        Column("facts", t("console-details")),
        Column("hash", t("console-hash")),
    ]
    rows = [
        (
            each.seq,
            at_of(ask, each.at),
            who_of(ask, each.actor),
            act(each.act),
            each.target,
            _facts(each) or None,
            each.hash[:8],
        )
        for each in found
    ]
    return Table("trail", t("console-trail"), columns, rows, known=ask.at.isoformat(), query=asked(ask))


def _facts(step: Step) -> str:
    def text(value: object) -> str:
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    return "; ".join(f"{name}: {text(value)}" for name, value in step.facts.items() if value is not None)
