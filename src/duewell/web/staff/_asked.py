"""What pages of the console are asked: days, pages, one place for their bounds; forms sent once.

Needs    query parameters and form fields as typed.
Gives    AsOf, KnownOn, PageNr, days_of, check_days, page_of; fresh_key, keyed; bucket_text, in_words; said.
Never    lets a form be done twice: its key was drawn when it was shown.
Source   docs/reference/console.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query

from duewell.api import Ask
from duewell.domain.calendar import parse_date
from duewell.domain.errors import InvalidInput, Refusal
from duewell.gateways.table_files import Table
from duewell.services.record_fact import Request as Keyed
from duewell.store.books import BookRow
from duewell.web._pages import lang_of, say_in
from duewell.web._tables import asked

# A field of a form that was left empty is sent empty.
DAY = r"^(\d{4}-\d{2}-\d{2})?$"
AsOf = Annotated[str | None, Query(pattern=DAY, description="As of the end of this day.")]
KnownOn = Annotated[str | None, Query(pattern=DAY, description="As known at the end of this day.")]
PageNr = Annotated[int, Query(ge=1, le=100_000)]
Said = Callable[..., str]
ROWS = 200
"""How many rows of a table a page shows; its files hold all that were asked for."""
_KEY_MAX = 80


def days_of(as_of: str | None, known: str | None) -> tuple[date | None, date | None]:
    """The two clocks of a page, either left out. Refuses a day that is none."""
    return (parse_date(as_of) if as_of else None), (parse_date(known) if known else None)


def check_days(book: BookRow, *days: date | None) -> None:
    """Refuse a day on which the book was not there yet."""
    for each in days:
        if each is not None and each < book.opened_on:
            raise InvalidInput("day-before-the-book", day=each, opened_on=book.opened_on)


def said(ask: Ask) -> Said:
    """What says a code in the reader's language."""
    return say_in(lang_of(ask.request))


def wrong_of(ask: Ask, refusal: Refusal) -> str:
    """A refusal as the sentence above a form."""
    return said(ask)(refusal.code, **refusal.facts)


def bucket_text(say: Said, name: str) -> str:
    """What a bucket is called: its days, or the word for none past due."""
    return say("bucket-current") if name == "current" else say("console-bucket-days", bucket=name)


def in_words(say: Said) -> Callable[[str], str]:
    """What writes the names of buckets."""
    return lambda name: bucket_text(say, name)


def page_of(ask: Ask, table: Table, nr: int) -> tuple[Table, dict[str, Any] | None]:
    """The rows of a table that a page shows, and where the pages before and after it are."""
    count = len(table.rows)
    if count <= ROWS:
        return table, None
    last = (count + ROWS - 1) // ROWS
    nr = min(nr, last)
    start = (nr - 1) * ROWS
    cut = slice(start, start + ROWS)
    shown = replace(table, rows=table.rows[cut], links=table.links[cut] if table.links else ())
    told = {
        "first": start + 1,
        "last": min(start + ROWS, count),
        "count": count,
        "before": _at(ask, nr - 1) if nr > 1 else None,
        "after": _at(ask, nr + 1) if nr < last else None,
    }
    return shown, told


def _at(ask: Ask, nr: int) -> str:
    kept = [(name, value) for name, value in ask.request.query_params.multi_items() if name in _KEPT]
    return asked(ask).partition("?")[0] + "?" + urlencode([*kept, ("page", nr)])


_KEPT = ("as_of", "known", "since", "bucket")


def choices(path: str, given: Sequence[tuple[str, str | None]]) -> str:
    """An address with those of its parameters that are given."""
    kept = [(name, value) for name, value in given if value]
    return path + ("?" + urlencode(kept) if kept else "")


# -- forms -----------------------------------------------------------------------------------------


def fresh_key() -> str:
    """The key a form is shown with: sent twice, it is done once."""
    return secrets.token_urlsafe(12)


def keyed(ask: Ask, form: dict[str, str], *, is_dated: bool = True) -> Keyed:
    """The request of a form under its key. Refuses a form that lost it."""
    key = form.get("key", "")
    if not 8 <= len(key) <= _KEY_MAX or not (key.isascii() and key.isprintable()):
        raise InvalidInput("console-form-without-key")
    who = ask.identity.actor
    return Keyed(who, key, who, ask.at, is_dated=is_dated, source="console")
