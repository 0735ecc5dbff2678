"""S8, the overdue: how much of the book is late, by bucket, and which loans, at two clocks.

Needs    an Ask of somebody who reads reports.
Gives    door.
Never    adds up an amount: the report does.
Source   docs/reference/console.md, section overdue; docs/reference/overdue.md.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from duewell.api import Asked, Door
from duewell.domain.access import Permission
from duewell.domain.errors import NotFound
from duewell.domain.party import loan_id
from duewell.domain.portfolio import share_pct
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services.report_overdue import OverdueLoan, OverdueReport, ageing_of, totals
from duewell.web._charts import chart, money_axis
from duewell.web._pages import lang_of
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._asked import (
    AsOf,
    KnownOn,
    PageNr,
    Said,
    bucket_text,
    check_days,
    choices,
    days_of,
    in_words,
    page_of,
    said,
)
from duewell.web.staff._kept import overdue_at
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
Bucket = Annotated[str | None, Query(max_length=20, description="one bucket of days past due")]


@door.get("/staff/books/{book}/overdue", may=P.REPORT_READ, media="text/html")
def overdue_page(
    ask: Asked,
    book: str,
    as_of: AsOf = None,
    known: KnownOn = None,
    bucket: Bucket = None,
    page: PageNr = 1,
    export: Export = None,
    table: Which = None,
) -> Response:
    """What is late, and which loans."""
    row = ask.book(book)
    day, knew = days_of(as_of, known)
    check_days(row, day, knew)
    report = overdue_at(ask, row, as_of=day, known=knew)
    names = [name for name, first in report.buckets if first]
    if bucket and bucket not in names:
        raise NotFound("console-bucket-unknown", given=bucket, known=", ".join(names))
    say, query = said(ask), asked(ask)
    about = {"as_of": report.as_of.isoformat(), "known": report.known.isoformat(), "query": query}
    late = [each for each in report.late if not bucket or each.bucket == bucket]
    ageing, loans_ = _ageing(report, say, about), _late(report, late, say, about)
    apart = _apart(report, say, about)
    file = as_file(export, table, loans_, ageing, apart)
    if file is not None:
        return file
    shown, pages = page_of(ask, loans_, page)
    here = f"/staff/books/{row.code}/overdue"
    clocks = (("as_of", as_of), ("known", known))
    return show_staff(
        ask,
        "overdue.html",
        "console-overdue",
        book=row,
        here="console-overdue",
        report={"as_of": report.as_of, "known": report.known, "currency": row.currency},
        figures=_figures(report),
        ageing=told_of(ageing),
        chart=_chart(report, say, lang_of(ask.request)),
        late=told_of(shown, count=len(late)),
        apart=told_of(apart),
        pages=pages,
        filters=[(say("console-all-buckets"), choices(here, clocks), not bucket)]
        + [(bucket_text(say, n), choices(here, (*clocks, ("bucket", n))), n == bucket) for n in names],
    )


def _figures(report: OverdueReport) -> dict[str, Any]:
    whole, _ = totals(report)
    late = report.late
    behind = sum(each.outstanding for each in late)
    return {
        "late": len(late),
        "loans": whole["loans"],
        "overdue": whole["overdue_minor"],
        "behind": behind,
        "outstanding": whole["outstanding_minor"],
        "share": share_pct(behind, whole["outstanding_minor"]),
        "longest": max((each.dpd for each in late), default=0),
    }


def _ageing(report: OverdueReport, say: Said, about: dict[str, Any]) -> Table:
    money = report.book.currency
    whole, _ = totals(report)
    rows = ageing_of(report)
    return Table(
        "ageing",
        say("console-ageing"),
        (
            Column("bucket", say("console-bucket"), words=in_words(say)),
            Column("loans", say("console-loans"), Kind.COUNT),
            Column("overdue", say("console-overdue-amount"), Kind.MONEY, money),
            Column("outstanding", say("console-outstanding"), Kind.MONEY, money),
            Column("share", say("console-share"), Kind.PERCENT),
        ),
        [(e.bucket, e.loans, e.overdue, e.outstanding, e.share) for e in rows],
        totals=(
            say("console-total"),
            whole["loans"],
            whole["overdue_minor"],
            whole["outstanding_minor"],
            share_pct(whole["outstanding_minor"], whole["outstanding_minor"]),
        ),
        **about,
    )


def _late(report: OverdueReport, late: list[OverdueLoan], say: Said, about: dict[str, Any]) -> Table:
    money = report.book.currency
    names = [loan_id(each.key.person_id, each.key.loan_no) for each in late]
    return Table(
        "late",
        say("console-late-loans"),
        (
            Column("loan", say("console-loan")),
            Column("since", say("console-since"), Kind.DAY),
            Column("dpd", say("console-dpd"), Kind.COUNT),
            Column("bucket", say("console-bucket"), words=in_words(say)),
            Column("overdue", say("console-overdue-amount"), Kind.MONEY, money),
            Column("outstanding", say("console-outstanding"), Kind.MONEY, money),
            Column("next_step", say("console-next-step"), words=lambda kind: say("step-" + kind)),
            Column("next_on", say("console-next-on"), Kind.DAY),
            Column("last_paid_on", say("console-last-paid-on"), Kind.DAY),
            Column("last_paid", say("console-last-paid"), Kind.MONEY, money),
        ),
        [
            (
                name,
                each.since,
                each.dpd,
                each.bucket,
                each.overdue,
                each.outstanding,
                each.next_action.kind if each.next_action else None,
                each.next_action.on if each.next_action else None,
                each.last_paid_on,
                each.last_paid if each.last_paid_on else None,
            )
            for name, each in zip(names, late, strict=True)
        ],
        links=[f"/staff/loans/{name}" for name in names],
        totals=(
            say("console-total"), None, None, None, sum(e.overdue for e in late),
            sum(e.outstanding for e in late), None, None, None, None,
        ),
        **about,
    )  # fmt: skip


def _apart(report: OverdueReport, say: Said, about: dict[str, Any]) -> Table:
    names = [loan_id(each.key.person_id, each.key.loan_no) for each in report.charged_off]
    return Table(
        "charged-off",
        say("console-charged-off"),
        (
            Column("loan", say("console-loan")),
            Column("charged_off_on", say("console-charged-off-on"), Kind.DAY),
            Column("claim", say("console-claim"), Kind.MONEY, report.book.currency),
        ),
        [(name, each.on, each.claim) for name, each in zip(names, report.charged_off, strict=True)],
        links=[f"/staff/loans/{name}" for name in names],
        totals=(say("console-total"), None, sum(each.claim for each in report.charged_off)),
        **about,
    )


def _chart(report: OverdueReport, say: Said, lang: str) -> dict[str, Any] | None:
    """What is outstanding by bucket of lateness; what is on time would dwarf it."""
    rows = [
        {"b": bucket_text(say, each.bucket), "n": each.outstanding, "k": kind}
        for each in ageing_of(report)
        if each.bucket != report.buckets[0][0]
        for kind in ("outstanding",)
    ]
    if not any(each["n"] for each in rows):
        return None
    spec = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "color": "var(--c2)"},
        "encoding": {
            "y": {
                "field": "b",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"ticks": False, "domain": False},
            },
            "x": {"field": "n", "type": "quantitative", **money_axis(report.book.currency, lang)},
        },
    }
    return chart("ageing", say("console-ageing-chart"), rows, spec)
