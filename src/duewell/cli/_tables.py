"""Tables and sentences that more than one command prints.

Needs    a Frame and what a verb returned.
Gives    text or JSON on standard output.
Never    computes an amount.
Source   docs/reference/commands.md.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Literal

from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from duewell.cli._frame import Frame, RefusedRows, amount, visible
from duewell.domain.party import loan_id
from duewell.domain.product import LineTerms, Terms
from duewell.domain.tape import RowRefusal
from duewell.services.close_day import DayReport, Progress
from duewell.services.import_tape import ImportReport
from duewell.services.report_overdue import OverdueReport, as_document, totals
from duewell.services.verify_book import Verdict

SHOWN = 15


def table(
    frame: Frame,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    folded: Collection[int] = (),
) -> None:
    """Print a table; the first column is text, the rest stand to the right.

    Columns `folded` hold sentences: they stand to the left and take as many lines as they need.
    A head is a message code where the catalogue has it, and stands for itself else. Data is never markup.
    """
    made = Table(title=Text(title), title_justify="left", header_style="bold", box=None, pad_edge=False)
    for number, code in enumerate(columns):
        head = frame.say(code) if code.startswith("cli-") else visible(code)
        is_folded = number in folded
        side: Literal["left", "right"] = "left" if number == 0 or is_folded else "right"
        made.add_column(Text(head), justify=side, no_wrap=not is_folded, overflow="fold")
    for row in rows:
        made.add_row(*(Text(visible(str(cell))) for cell in row))
    frame.console.print(made)


def bucket(frame: Frame, name: str) -> str:
    """What a bucket is called on a screen: its days, or the word for none past due."""
    return frame.say("bucket-current") if name == "current" else name


def recorded(frame: Frame, result: dict[str, Any], terms: Terms | None = None) -> None:
    """What recording a fact answered, of a contract on these terms: a loan's if left out."""
    # A kept answer comes back from the database in another order; the same request gives the same bytes.
    public: dict[str, Any] = {"schema": result["schema"]}
    public["loan_id"] = loan_id(int(result["person_id"]), int(result["loan_no"]))
    public |= {k: result[k] for k in sorted(result) if k not in ("schema", "person_id", "loan_no")}
    if frame.is_json:
        frame.document(public)
        return
    money = str(result["currency"])
    frame.tell(
        "cli-recorded-line" if isinstance(terms, LineTerms) else "cli-recorded",
        loan=public["loan_id"],
        currency=money,
        principal=amount(result["principal_minor"], money),
        overdue=amount(result["overdue_minor"], money),
        dpd=result["dpd"],
    )
    if result["overpaid_minor"]:
        frame.tell("cli-overpaid", currency=money, credit=amount(result["overpaid_minor"], money))


def refused_tape(frame: Frame, report: ImportReport) -> RefusedRows:
    """A tape that was refused, as a problem that lists every row."""
    problem = RefusedRows("tape-refused", refused=len(report.refusals))
    problem.refusals = refusals(frame, report.refusals)
    return problem


def refusals(frame: Frame, refused: Sequence[RowRefusal]) -> list[dict[str, Any]]:
    """Refused rows as data."""
    return [
        {
            "line": r.line,
            "column": r.column,
            "value": r.value,
            "code": r.message.code,
            "detail": frame.render(r.message),
        }
        for r in refused
    ]


def tell_refusals(frame: Frame, refused: Sequence[RowRefusal], count: int) -> None:
    """The first refused rows of so many, with their reasons."""
    for each in refused[:SHOWN]:
        frame.tell("cli-row-refused", line=each.line, column=each.column, reason=each.message)
    if count > SHOWN:
        frame.tell("cli-more-refusals", count=count - SHOWN)


def import_report(frame: Frame, book: str, report: ImportReport) -> None:
    """What an import did, and why rows were refused."""
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.import-report/1",
                "book": book,
                "taken_over": report.taken_over,
                "already_there": report.already_there,
                "is_written": report.is_written,
                "refusals": refusals(frame, report.refusals),
            }
        )
        return
    tell_refusals(frame, report.refusals, len(report.refusals))
    if report.is_written:
        frame.tell(
            "cli-imported",
            book=book,
            loans=report.taken_over,
            there=report.already_there,
            refused=len(report.refusals),
        )
    else:
        frame.tell("cli-nothing-imported", refused=len(report.refusals))


def day_reports(frame: Frame, book: str, until: date, reports: Sequence[DayReport]) -> None:
    """What closing days did."""
    if frame.is_json:
        days = [
            {"day": str(r.day), "entries": r.entries, "turned": r.turned, "wishes": r.wishes} for r in reports
        ]
        frame.document({"schema": "duewell.day-report/1", "book": book, "days": days})
        return
    if not reports:
        frame.tell("cli-day-closed-before", book=book, day=until)


def day_report(frame: Frame, each: DayReport) -> None:
    """What closing one day did, said as soon as it is closed."""
    code = "cli-day-resumed" if each.was_resumed else "cli-day-closed"
    frame.tell(code, day=each.day, entries=each.entries, turned=each.turned, wishes=each.wishes)


class DayWatch:
    """The bar of the day that is being closed: slices done of how many, and agenda entries a second."""

    def __init__(self, frame: Frame, bar: Bar) -> None:
        self._frame, self._bar = frame, bar
        self._task = bar.add_task("", total=1)
        self._day: date | None = None
        self._began = time.monotonic()

    def progress(self, progress: Progress) -> None:
        """Move the bar on."""
        if progress.day != self._day:
            self._day, self._began = progress.day, time.monotonic()
        rate = progress.entries / max(time.monotonic() - self._began, 1e-3)
        told = self._frame.say("cli-day-progress", day=progress.day, rate=f"{rate:,.0f}")
        self._bar.update(self._task, description=told, completed=progress.done, total=progress.slices)


def overdue(frame: Frame, report: OverdueReport, shown: int = SHOWN) -> None:
    """The overdue report as text: by bucket, then the oldest first."""
    money = report.book.currency
    whole, buckets = totals(report)
    rows = [
        [
            bucket(frame, r["bucket"]),
            r["loans"],
            amount(r["overdue_minor"], money),
            amount(r["outstanding_minor"], money),
        ]
        for r in buckets
    ]
    rows.append(
        [frame.say("cli-total"), whole["loans"], amount(whole["overdue_minor"], money),
         amount(whole["outstanding_minor"], money)]
    )  # fmt: skip
    title = frame.say("cli-overdue-title", book=report.book.code, as_of=report.as_of, currency=money)
    columns = ("cli-bucket", "cli-loans", "cli-overdue", "cli-outstanding")
    table(frame, title, columns, rows)
    if report.charged_off:
        claim = sum(each.claim for each in report.charged_off)
        frame.tell("cli-charged-off-apart", loans=len(report.charged_off), claim=amount(claim, money))
    late = [each for each in report.loans if each.dpd > 0]
    lines = []
    for each in late[:shown]:
        step = each.next_action
        lines.append(
            [
                loan_id(each.key.person_id, each.key.loan_no),
                each.dpd,
                each.since,
                amount(each.overdue, money),
                amount(each.outstanding, money),
                f"{frame.say('step-' + step.kind)} {step.on}" if step else "",
            ]
        )
    frame.console.print()
    title = frame.say("cli-oldest-title", shown=len(lines), of=len(late))
    heads = ("cli-loan", "cli-dpd", "cli-since", "cli-overdue", "cli-outstanding", "cli-next")
    table(frame, title, heads, lines)


def overdue_csv(report: OverdueReport) -> None:
    """The report's loans as CSV; amounts are minor units, as in the JSON document."""
    document = as_document(report)
    writer = csv.writer(sys.stdout)
    writer.writerow(
        [
            "loan_id",
            "dpd",
            "bucket",
            "currency",
            "overdue_minor",
            "outstanding_minor",
            "since",
            "next",
            "next_on",
        ]
    )
    for each in document["loans"]:
        step = each["next_action"] or {"kind": "", "on": ""}
        writer.writerow(
            [
                *(each["loan_id"], each["dpd"], each["bucket"], document["currency"], each["overdue_minor"]),
                *(each["outstanding_minor"], each["since"] or "", step["kind"], step["on"]),
            ]
        )


def verdict(frame: Frame, found: Verdict) -> None:
    """What verify checked and found."""
    if frame.is_json:
        frame.document(
            {
                "schema": "duewell.verdict/1",
                "book": found.book,
                "as_of": str(found.as_of) if found.as_of else None,
                "is_clean": not found.findings,
                "checked": dict(found.checked),
                "wrong_share_max": found.wrong_share_max,
                "findings": [{"code": code, **facts} for code, facts in found.findings],
            }
        )
        return
    for code, facts in found.findings[:SHOWN]:
        frame.tell("cli-finding", finding=code, facts=", ".join(f"{k} {v}" for k, v in facts.items()))
    code = "cli-verify-clean" if not found.findings else "cli-verify-findings"
    frame.tell(
        code,
        book=found.book,
        checks=sum(found.checked.values()),
        findings=len(found.findings),
        as_of=found.as_of or "-",
    )
    if found.wrong_share_max is not None and not found.findings:
        frame.tell("cli-verify-sample", share=f"{100 * found.wrong_share_max:.3g}")
