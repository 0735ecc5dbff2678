"""Reports that take seconds, kept while no fact has come: the next page, filter or file is at hand.

Needs    an Ask; the book; the two clocks.
Gives    overdue_at.
Never    answers from what was folded before the last fact.
Source   docs/reference/console.md, section overdue.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from typing import Any

from duewell.api import Ask
from duewell.services.report_overdue import OverdueReport, report_overdue
from duewell.store import books
from duewell.store.books import BookRow

_REPORTS_MAX = 6
_LOANS_MAX = 50_000
"""Of a larger book a report is not kept: a few of them would fill the memory of the server."""
_kept: OrderedDict[Any, OverdueReport] = OrderedDict()
_lock = threading.Lock()


def overdue_at(ask: Ask, book: BookRow, *, as_of: date | None, known: date | None) -> OverdueReport:
    """The overdue report at two dates: as kept if no fact came since, else folded anew."""
    mark = books.facts_mark(ask.conn, book.book_id)
    info = ask.conn.info
    # Terms and facts are only added, so their number and the two clocks say what the report is made of.
    where = (info.host, info.port, info.dbname, book.book_id, book.code)
    key = (where, book.open_on, book.buckets, as_of or book.open_on, known or book.open_on, mark)
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    made = report_overdue(ask.conn, book.code, as_of=as_of, known=known)
    if mark[0] <= _LOANS_MAX:
        with _lock:
            _kept[key] = made
            while len(_kept) > _REPORTS_MAX:
                _kept.popitem(last=False)
    return made
