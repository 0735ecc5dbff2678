"""Reports that take seconds, kept while no fact has come: the next page, filter or file is at hand.

Needs    an Ask; the book; the two clocks.
Gives    overdue_at.
Never    answers from what was folded before the last fact.
Source   docs/reference/console.md, section overdue.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date, timedelta
from typing import Any

from duewell.api import Ask
from duewell.domain.errors import Conflict, InvalidInput
from duewell.services.report_overdue import OverdueReport, report_overdue
from duewell.store import books
from duewell.store.books import BookRow

_REPORTS_MAX = 6
LOANS_MAX = 50_000
"""A larger book is not folded while a page waits: it would keep everybody waiting, and fill the memory."""
AHEAD_MAX = timedelta(days=366)
_kept: OrderedDict[Any, OverdueReport] = OrderedDict()
_lock = threading.Lock()
_folding = threading.Lock()
"""One report is folded at a time: who asks for the same meanwhile finds it kept."""


def overdue_at(ask: Ask, book: BookRow, *, as_of: date | None, known: date | None) -> OverdueReport:
    """The overdue report at two dates: as kept if no fact came since, else folded anew.

    Refuses   a book of more loans than somebody waits for; a day more than a year ahead, which costs each
              loan a fold over all the days until then.
    """
    if as_of is not None and as_of > book.open_on + AHEAD_MAX:
        raise InvalidInput("console-day-too-far", day=as_of, open_on=book.open_on)
    mark = books.facts_mark(ask.conn, book.book_id)
    if mark[0] > LOANS_MAX:
        raise Conflict("console-book-too-large", book=book.code, loans=mark[0], loans_max=LOANS_MAX)
    info = ask.conn.info
    # Terms and facts are only added, so their number and the two clocks say what the report is made of.
    where = (info.host, info.port, info.dbname, book.book_id, book.code)
    key = (where, book.open_on, book.buckets, as_of or book.open_on, known or book.open_on, mark)
    found = _at_hand(key)
    if found is not None:
        return found
    with _folding:
        found = _at_hand(key)
        if found is not None:
            return found
        made = report_overdue(ask.conn, book.code, as_of=as_of, known=known)
        with _lock:
            _kept[key] = made
            while len(_kept) > _REPORTS_MAX:
                _kept.popitem(last=False)
    return made


def _at_hand(key: Any) -> OverdueReport | None:
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)
