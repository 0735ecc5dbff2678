"""S8, the portfolio: its course over closed days, how loans moved between buckets, and its vintages.

Needs    an Ask of somebody who reads reports.
Gives    door.
Never    adds up an amount: the reports do.
Source   docs/reference/console.md, section portfolio.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fastapi import Response

from duewell.api import Asked, Door
from duewell.domain.access import Permission
from duewell.domain.errors import InvalidInput
from duewell.domain.portfolio import CHARGED_OFF, LATE_DPD, REPAID, Move, Vintage, share_pct
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services.report_overdue import OverdueReport, rolled, totals, vintages
from duewell.services.report_trend import Trend, report_trend
from duewell.store.books import BookRow
from duewell.web._charts import chart, money_axis
from duewell.web._pages import lang_of
from duewell.web._tables import Export, Which, as_file, told_of
from duewell.web.staff._asked import (
    AsOf,
    KnownOn,
    Said,
    bucket_text,
    check_days,
    choices,
    days_of,
    in_words,
    said,
)
from duewell.web.staff._kept import overdue_at
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
_MONTHS_MAX = 24
_APART = timedelta(days=30)


@door.get("/staff/books/{book}/portfolio", may=P.REPORT_READ, media="text/html")
def portfolio_page(
    ask: Asked,
    book: str,
    since: AsOf = None,
    as_of: AsOf = None,
    known: KnownOn = None,
    export: Export = None,
    table: Which = None,
) -> Response:
    """The book over time: its trend, its rolls from one day to another, its vintages."""
    row = ask.book(book)
    say, lang = said(ask), lang_of(ask.request)
    given, knew = days_of(since, as_of), days_of(None, known)[1]
    first, last = _span(row, *given)
    check_days(row, *given, knew)
    then = overdue_at(ask, row, as_of=first, known=knew)
    now = overdue_at(ask, row, as_of=last, known=knew)
    trend = report_trend(ask.conn, row.code, until=last)
    moves, months = rolled(then, now), vintages(now, months_max=_MONTHS_MAX)
    # Spelled out: a file says between which days it stands, also where they were not named.
    spelled = (("since", str(first)), ("as_of", str(last)), ("known", known))
    query = choices(ask.request.url.path, spelled)
    about = {"as_of": str(last), "known": now.known.isoformat(), "query": query}
    tables = [
        _trend(trend, say, about),
        _rolls("rolls", "loans", Kind.COUNT, moves, now, say, about),
        _rolls("rolls-amount", "amount", Kind.MONEY, moves, now, say, about),
        _rolls("rolls-share", "share", Kind.PERCENT, moves, now, say, about),
        _vintages(months, row.currency, say, about),
    ]
    file = as_file(export, table, *tables)
    if file is not None:
        return file
    told = {each.name.replace("-", "_"): told_of(each) for each in tables}
    charts = {
        "outstanding": _line(trend, "outstanding", "console-trend-outstanding", "var(--c1)", say, lang),
        "charged": _line(trend, "charged", "console-trend-charged", "var(--c3)", say, lang),
        "rolls": _heat(moves, now, say),
        "vintages": _bars(months, say),
    }
    return show_staff(
        ask,
        "portfolio.html",
        "console-portfolio",
        book=row,
        here="console-portfolio",
        report={"since": first, "as_of": last, "known": now.known, "span": trend.span, "until": trend.until},
        tables=told,
        charts=charts,
        late_dpd=LATE_DPD,
        newly=_newly(then, now),
        figures=_figures(then, now),
        currency=row.currency,
    )


def _span(row: BookRow, since: date | None, as_of: date | None) -> tuple[date, date]:
    """From which day to which: thirty days to the open day unless told. Refuses a span that ends first."""
    last = as_of or row.open_on
    first = since or max(last - _APART, min(row.opened_on, last))
    if first > last:
        raise InvalidInput("console-span-backwards", first=first, last=last)
    return first, last


def _newly(then: OverdueReport, now: OverdueReport) -> int:
    """Loans that owe on the second day and were nowhere on the first."""
    return len({each.key for each in now.loans} - {each.key for each in then.loans})


def _figures(then: OverdueReport, now: OverdueReport) -> dict[str, tuple[Any, Any]]:
    """What the two reports come to, the first day and the second."""
    both = [(report, totals(report)[0]) for report in (then, now)]
    found = [
        {
            "late": len(report.late),
            "overdue": whole["overdue_minor"],
            "outstanding": whole["outstanding_minor"],
            "share": share_pct(sum(e.outstanding for e in report.late), whole["outstanding_minor"]),
        }
        for report, whole in both
    ]
    return {name: (found[0][name], found[1][name]) for name in found[0]}


# -- the trend -------------------------------------------------------------------------------------


def _trend(trend: Trend, say: Said, about: dict[str, Any]) -> Table:
    money = trend.book.currency
    return Table(
        "trend",
        say("console-trend-days" if trend.span == "day" else "console-trend-months"),
        (
            Column("on", say("console-at-end-of"), Kind.DAY),
            Column("outstanding", say("console-outstanding"), Kind.MONEY, money),
            Column("charged", say("console-charged-unpaid"), Kind.MONEY, money),
            Column("missed", say("console-seen-missed"), Kind.COUNT),
            Column("entered", say("console-seen-entered"), Kind.COUNT),
            Column("cured", say("console-seen-cured"), Kind.COUNT),
        ),
        [(p.on, p.outstanding, p.charged, p.missed, p.entered, p.cured) for p in trend.points],
        **about,
    )


def _line(trend: Trend, what: str, title: str, colour: str, say: Said, lang: str) -> dict[str, Any] | None:
    is_daily = trend.span == "day"
    rows = [{"on": str(p.on) if is_daily else f"{p.on:%Y-%m}", "n": getattr(p, what)} for p in trend.points]
    if len(rows) < 2:
        return None
    spec = {
        "height": 140,
        "layer": [
            {"mark": {"type": "area", "color": colour, "opacity": 0.12}},
            {"mark": {"type": "line", "color": colour, "strokeWidth": 2}},
        ],
        "encoding": {
            "x": {
                "field": "on",
                "type": "temporal" if is_daily else "ordinal",
                "title": None,
                "axis": {"grid": False, "labelAngle": 0, "labelOverlap": True}
                | ({"format": "%m-%d", "tickCount": 6} if is_daily else {}),
            },
            "y": {
                "field": "n",
                "type": "quantitative",
                "scale": {"zero": what != "outstanding", "nice": True},
                **money_axis(trend.book.currency, lang),
            },
        },
    }
    return chart(what, say(title), rows, spec, width=480)


# -- rolls -----------------------------------------------------------------------------------------


def place_text(say: Said, name: str) -> str:
    """Where a loan went: a bucket, or out of all of them."""
    if name in (REPAID, CHARGED_OFF):
        return say("console-place-" + name)
    return bucket_text(say, name)


def _rolls(
    name: str, what: str, kind: Kind, moves: list[Move], now: OverdueReport, say: Said, about: dict[str, Any]
) -> Table:
    """The matrix: a row for where loans were, a column for where they are."""
    money = now.book.currency if kind is Kind.MONEY else ""
    buckets = [bucket for bucket, _ in now.buckets]
    places = [*buckets, REPAID, CHARGED_OFF]
    found = {(each.then, each.now): each for each in moves}
    columns = [Column("then", say("console-from-bucket"), words=in_words(say))]
    columns += [Column(f"to_{place}", place_text(say, place), kind, money) for place in places]
    # A bucket that was empty on the first day says nothing.
    full = [bucket for bucket in buckets if any(found[(bucket, place)].loans for place in places)]
    rows = [(bucket, *(getattr(found[(bucket, place)], what) for place in places)) for bucket in full]
    if kind is not Kind.PERCENT:
        columns.append(Column("total", say("console-total"), kind, money))
        rows = [(*row, sum(row[1:])) for row in rows]
    return Table(name, say("console-" + name), columns, rows, **about)


def _heat(moves: list[Move], now: OverdueReport, say: Said) -> dict[str, Any] | None:
    """The same as a picture: how much of each bucket's amount went where."""
    rows = [
        {
            "a": bucket_text(say, each.then),
            "b": place_text(say, each.now),
            "s": str(each.share),
            "l": f"{each.share:.0f}%",
        }
        for each in moves
        if each.share
    ]
    if not rows:
        return None
    order = [bucket_text(say, bucket) for bucket, _ in now.buckets]
    ends = [place_text(say, place) for place in (REPAID, CHARGED_OFF)]
    y = {"field": "a", "type": "nominal", "sort": order, "title": say("console-from-bucket")}
    x = {"field": "b", "type": "nominal", "sort": [*order, *ends], "title": say("console-to-bucket")}
    spec = {
        "height": {"step": 30},
        "transform": [{"calculate": "toNumber(datum.s)", "as": "s"}],
        "encoding": {
            "y": {**y, "axis": {"ticks": False, "domain": False}},
            "x": {**x, "axis": {"ticks": False, "domain": False, "labelAngle": 0, "orient": "top"}},
        },
        "layer": [
            {
                "mark": {"type": "rect", "color": "var(--c4)"},
                "encoding": {
                    "opacity": {
                        "field": "s",
                        "type": "quantitative",
                        "scale": {"domain": [0, 100], "range": [0.06, 0.6]},
                        "legend": None,
                    }
                },
            },
            {"mark": {"type": "text", "color": "var(--ink)"}, "encoding": {"text": {"field": "l"}}},
        ],
    }
    return chart("rolls", say("console-rolls-chart"), rows, spec, width=640)


# -- vintages --------------------------------------------------------------------------------------


def _month(month: date | None, say: Said) -> str:
    return say("console-earlier") if month is None else f"{month:%Y-%m}"


def _vintages(months: list[Vintage], money: str, say: Said, about: dict[str, Any]) -> Table:
    return Table(
        "vintages",
        say("console-vintages"),
        (
            Column("month", say("console-vintage-month")),
            Column("loans", say("console-loans"), Kind.COUNT),
            Column("lent", say("console-lent"), Kind.MONEY, money),
            Column("outstanding", say("console-outstanding"), Kind.MONEY, money),
            Column("late", say("console-vintage-late"), Kind.COUNT),
            Column("late_outstanding", say("console-vintage-late-amount"), Kind.MONEY, money),
            Column("share", say("console-vintage-share"), Kind.PERCENT),
        ),
        [
            (_month(v.month, say), v.loans, v.lent, v.outstanding, v.late, v.late_outstanding, v.share)
            for v in months
        ],
        **about,
    )


def _bars(months: list[Vintage], say: Said) -> dict[str, Any] | None:
    rows = [{"m": _month(v.month, say), "s": str(v.share or 0)} for v in months]
    if len(rows) < 2:
        return None
    spec = {
        "height": 160,
        "transform": [{"calculate": "toNumber(datum.s)", "as": "s"}],
        "mark": {"type": "bar", "color": "var(--c3)", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": "m", "type": "nominal", "sort": None, "title": None, "axis": {"labelAngle": -45}},
            "y": {
                "field": "s",
                "type": "quantitative",
                "title": None,
                "axis": {"labelExpr": "datum.value + '%'", "tickCount": 4},
            },
        },
    }
    return chart("vintages", say("console-vintages-chart"), rows, spec, width=640)
