"""The demo: a real tape taken over, a month of days closed, and the answer to who is overdue and why.

Needs    a Frame; the real tape where its package is installed, a synthetic book otherwise.
Gives    the walk on the terminal.
Never    passes a generated payment off as a real one, or reads the lender's status before the end.
Source   docs/start.md.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from duewell.cli import _loan, _tables
from duewell.cli._frame import Frame, now
from duewell.domain.tape import LENDING_CLUB
from duewell.gateways.lending_club import find_data, read_loans
from duewell.services.close_day import close_day
from duewell.services.generate_book import generate_book
from duewell.services.generate_payments import generate_payments
from duewell.services.import_tape import import_tape
from duewell.services.open_book import open_book
from duewell.services.report_overdue import OverdueReport, report_overdue
from duewell.store import books, loans
from duewell.store.loans import LoanKey

BOOK, SYNTHETIC = "demo", "demo-synthetic"
TAPE_DAY = date(2018, 6, 24)
DAYS = 30
SEED = 20180624
_LATENESS = ((1, 29), (31, 89), (90, 10_000))


def run(frame: Frame) -> Shown:
    """Run the walk; what was done by an earlier run is not done again. Returns what the pages begin with."""
    frame.tell("demo-data", path=frame.settings.database_url or frame.settings.data)
    path = _tape_file()
    book = BOOK if path else SYNTHETIC
    if path is None:
        frame.tell("demo-no-tape")
    _fill(frame, book, path)
    first = books.read_book(frame.conn, book).opened_on
    # No payment is generated on the first day, so what is known at its end is the tape alone.
    opening = report_overdue(frame.conn, book, as_of=first, known=first)
    _close_month(frame, book)
    report = report_overdue(
        frame.conn, book, as_of=books.read_book(frame.conn, book).open_on - timedelta(days=1)
    )
    frame.console.print()
    _tables.overdue(frame, report)
    if path is not None:
        _confusion(frame, opening, path)
    _one_loan(frame, report)
    frame.console.print()
    frame.tell("demo-next", book=book)
    return Shown(book, _borrowers(frame, report))


@dataclass(frozen=True, slots=True)
class Shown:
    """The book of the demo, and the loans whose borrowers a visitor may be."""

    book: str
    loans: tuple[LoanKey, ...]


def _borrowers(frame: Frame, report: OverdueReport) -> tuple[LoanKey, ...]:
    """One a few days late, one a month or two, one a long time, and one on time."""
    late = sorted(
        (each for each in report.loans if each.dpd), key=lambda each: (each.dpd, each.key.person_id)
    )
    picked = [next((each.key for each in late if low <= each.dpd <= high), None) for low, high in _LATENESS]
    behind = {each.key for each in late}
    on_time = next(
        (key for key in loans.keys_of_book(frame.conn, report.book.book_id) if key not in behind), None
    )
    return tuple(key for key in (*picked, on_time) if key is not None)


def _tape_file() -> Path | None:
    given = os.environ.get("DUEWELL_TAPE")
    return Path(given) if given else find_data()


def _fill(frame: Frame, book: str, path: Path | None) -> None:
    """Fill the book, unless an earlier run did; one that was stopped before the loans came is filled now."""
    is_open = book in books.book_codes(frame.conn)
    if is_open and loans.has_loans(frame.conn, books.read_book(frame.conn, book).book_id):
        return
    with frame.progress() as bar:
        task = bar.add_task(frame.say("demo-importing"), total=10_000)
        if path is None:
            generate_book(
                frame.conn, book, count=10_000, seed=SEED, open_on=date(2026, 6, 1), at=now(),
                on_progress=lambda done: bar.update(task, completed=done),
            )  # fmt: skip
            return
        rows = read_loans(path)
        if not is_open:
            open_book(frame.conn, code=book, currency_code="USD", open_on=TAPE_DAY, is_sandbox=True)
        report = import_tape(
            frame.conn,
            book,
            enumerate(rows, start=2),
            LENDING_CLUB,
            actor="demo",
            at=now(),
            skip_refused=True,
            on_progress=lambda done: bar.update(task, completed=done),
        )
    _tables.import_report(frame, book, report)


def _close_month(frame: Frame, book: str) -> None:
    first = books.read_book(frame.conn, book).opened_on
    payments = 0
    with frame.progress() as bar:
        task = bar.add_task(frame.say("demo-closing"), total=DAYS)
        while (day := books.read_book(frame.conn, book).open_on) < first + timedelta(days=DAYS):
            if day > first:
                payments += generate_payments(frame.conn, book, seed=SEED, at=now())
            close_day(frame.conn, book, until=day, at=now())
            bar.update(task, completed=(day - first).days + 1, description=str(day))
    if payments:
        frame.tell("demo-closed", days=DAYS, until=first + timedelta(days=DAYS - 1), payments=payments)


def _confusion(frame: Frame, opening: OverdueReport, path: Path) -> None:
    """Our ageing on the day of the tape beside the lender's own status, joined only now."""
    book = opening.book
    ours = {(each.key.person_id, each.key.loan_no): each.bucket for each in opening.loans}
    status = {row["rownames"]: row["loan_status"] for row in read_loans(path)}
    counts: Counter[tuple[str, str]] = Counter()
    seen = set()
    for key, ref in loans.refs_by_key(frame.conn, book.book_id).items():
        seen.add(ref)
        counts[(status.get(ref, "?"), ours.get((key.person_id, key.loan_no), "-"))] += 1
    for ref, name in status.items():
        if ref not in seen:
            counts[(name, "refused")] += 1
    buckets = [name for name, _ in opening.buckets if any(b == name for _, b in counts)]
    columns = [*buckets, *(b for b in ("-", "refused") if any(c == b for _, c in counts))]
    shown = {name: _tables.bucket(frame, name) for name in buckets}
    frame.console.print()
    frame.tell("demo-how-inferred", day=opening.as_of)
    heads = [
        "cli-their-status",
        *(shown.get(name, f"cli-head-{name}") for name in columns),
    ]
    heads = ["cli-head-none" if head == "cli-head--" else head for head in heads]
    order = [
        "Current",
        "In Grace Period",
        "Late (16-30 days)",
        "Late (31-120 days)",
        "Charged Off",
        "Fully Paid",
    ]
    lines = [[name, *(counts[(name, column)] or "" for column in columns)] for name in order]
    _tables.table(frame, frame.say("demo-confusion-title", day=opening.as_of), heads, lines)


def _one_loan(frame: Frame, report: OverdueReport) -> None:
    """One loan that is behind: its statement and where its interest comes from."""
    late = [each for each in report.loans if 0 < each.dpd < 60]
    if not late:
        return
    key = late[-1].key
    row = loans.read_loan(frame.conn, key)
    frame.console.print()
    _loan.statement(frame, key, row, as_of=report.as_of, known=None)
    frame.console.print()
    _loan.explain(frame, key, row, as_of=report.as_of, known=None, rows=6)
