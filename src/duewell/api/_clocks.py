"""Routes of test clocks: a sandbox book's date moved, forked, compared; persons copied in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from duewell.api._door import Asked, Door, answer
from duewell.api._models import Code, Day, Document, Given
from duewell.domain.access import Permission
from duewell.domain.calendar import parse_date
from duewell.services.fork_book import compare_books, fork_book
from duewell.services.move_clock import DAYS_MAX, FACTS_MAX, Coming, attach, move_clock

door = Door(tags=["test clocks"])


class ComingGiven(Given):
    """A fact that comes while the clock moves: a line that begins with its day."""

    loan: Annotated[str, Field(max_length=40)]
    line: Annotated[str, Field(max_length=200, examples=["2026-12-26 pay 1066.19"])]


class MoveGiven(Given):
    """Where to move: to a day, or by so many days; and what comes on the way."""

    to: Day | None = None
    days: Annotated[int, Field(strict=True, ge=1, le=DAYS_MAX)] | None = None
    facts: Annotated[list[ComingGiven], Field(max_length=FACTS_MAX, default_factory=list)]


class ForkGiven(Given):
    """The code of the fork."""

    code: Code


class AttachGiven(Given):
    """A person whose loans are copied in."""

    person: Annotated[str, Field(max_length=40)]


@door.post("/api/books/{book}/clock", may=Permission.CLOCK_MOVE, model=Document, is_keyed=True)
def move(ask: Asked, book: str, given: MoveGiven) -> Response:
    """Move a sandbox book's date in one call; answers with everything that happened, in order."""
    row = ask.book(book)
    to = parse_date(given.to) if given.to is not None else None
    coming = [Coming(ask.loan(each.loan), each.line) for each in given.facts]
    done = move_clock(ask.conn, row.code, to=to, by_days=given.days, coming=coming, request=ask.keyed())
    return answer(done)


@door.post("/api/books/{book}/fork", may=Permission.CLOCK_MOVE, status=201, model=Document, is_keyed=True)
def fork(ask: Asked, book: str, given: ForkGiven) -> Response:
    """Copy a sandbox book with all it holds, so that each can go its own way."""
    return answer(fork_book(ask.conn, ask.book(book).code, given.code, ask.keyed()), 201)


@door.get("/api/books/{book}/compare", may=Permission.CLOCK_MOVE, model=Document)
def compare(ask: Asked, book: str, fork: Annotated[str, Query(max_length=40)]) -> Response:
    """A book and its fork, loan by loan, each as of its own date."""
    return answer(compare_books(ask.conn, ask.book(book).code, ask.book(fork).code))


@door.post("/api/books/{book}/attach", may=Permission.CLOCK_MOVE, status=201, model=Document, is_keyed=True)
def attach_person(ask: Asked, book: str, given: AttachGiven) -> Response:
    """Copy a person's loans into a sandbox book, at any time; what is known of the person stays behind."""
    row = ask.book(book)
    return answer(attach(ask.conn, row.code, ask.person(given.person), ask.keyed()), 201)
