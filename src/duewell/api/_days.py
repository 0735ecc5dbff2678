"""Routes of the day: closed by an operator, its runs listed, the book proven."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from duewell.api._door import Asked, Door, answer
from duewell.api._models import Day, Document, Given
from duewell.domain.access import Permission
from duewell.domain.calendar import parse_date
from duewell.services.close_day import close_day
from duewell.services.verify_book import verify_book
from duewell.store import days, sealing, trail

door = Door(tags=["the day"])
SAMPLE_MAX = 2000
DAYS_AT_ONCE = 31


class CloseGiven(Given):
    """The last day to close."""

    until: Day


class VerifyGiven(Given):
    """How many loans to fold again; drawn at random from a seed."""

    sample: Annotated[int, Field(strict=True, ge=1, le=SAMPLE_MAX)] = 200
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31)] = 1


@door.get("/api/books/{book}/days", may=Permission.REPORT_READ, model=Document)
def list_days(ask: Asked, book: str, limit: Annotated[int, Query(ge=1, le=400)] = 31) -> Response:
    """The last days and how their runs stand, and the last seal: kept apart, it shows a change."""
    row = ask.book(book)
    items = [
        {
            "day": each.day.isoformat(),
            "began_at": each.began_at.isoformat(),
            "ended_at": each.ended_at.isoformat() if each.ended_at else None,
            "slices": each.slices,
            "slices_done": each.done,
            "entries": each.entries,
            "turned": each.turned,
            "wishes": each.wishes,
        }
        for each in days.runs(ask.conn, row.book_id, limit)
    ]
    told = {"schema": "duewell.days/1", "book": row.code, "open_on": row.open_on.isoformat()}
    sealed = sealing.last(ask.conn, row.book_id)
    head = {"day": sealed[0].isoformat(), "hash": sealed[1].hex()} if sealed else None
    return answer({**told, "items": items, "seal": head})


@door.post("/api/books/{book}/days", may=Permission.DAY_CLOSE, model=Document)
def close_days(ask: Asked, book: str, given: CloseGiven) -> Response:
    """Close every open day up to one, at most 31 at a time; a day closed before is left as it is."""
    row, until = ask.book(book), parse_date(given.until)
    days.check_span(row.open_on, until, DAYS_AT_ONCE)
    reports = close_day(ask.conn, row.code, until=until, at=ask.at)
    with ask.conn.transaction():
        for each in reports:
            day = each.day.isoformat()
            trail.add(
                ask.conn, at=ask.at, actor=ask.identity.actor, act="day-closed", target=row.code, day=day
            )
    items = [
        {"day": each.day.isoformat(), "entries": each.entries, "turned": each.turned, "wishes": each.wishes}
        for each in reports
    ]
    return answer({"schema": "duewell.day-report/1", "book": row.code, "days": items})


@door.post("/api/books/{book}/verification", may=Permission.LEDGER_READ, model=Document)
def verify(ask: Asked, book: str, given: VerifyGiven) -> Response:
    """Prove the book: sums, ledger and trail added up again, and loans folded from their facts."""
    row = ask.book(book)
    found = verify_book(ask.conn, row.code, sample=given.sample, seed=given.seed)
    return answer(
        {
            "schema": "duewell.verdict/1",
            "book": row.code,
            "as_of": found.as_of.isoformat() if found.as_of else None,
            "checks": sum(found.checked.values()),
            "is_clean": not found.findings,
            "findings": [{"code": code, **facts} for code, facts in found.findings],
        }
    )
