"""The ledger: trial balance of a closed day, closed periods, what a balance is made of, entries as a file.

Needs    an Ask of somebody who reads the ledger.
Gives    door.
Never    shows a day that is still open.
Source   docs/reference/console.md, section ledger; docs/reference/ledger.md.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from duewell.api import Ask, Asked, Door
from duewell.domain.access import Permission
from duewell.domain.errors import Conflict, InvalidInput
from duewell.domain.ledger import account as account_named
from duewell.domain.postings import Piece
from duewell.domain.texts import instant_text
from duewell.gateways.table_files import Column, Kind, Table
from duewell.services import report_ledger
from duewell.services.report_ledger import BookBalance, ExportFormat, Total
from duewell.services.tell_proof import exact_amount
from duewell.store import days
from duewell.store.books import BookRow
from duewell.store.ledger import PeriodRow
from duewell.web._pages import lang_of
from duewell.web._tables import Export, Which, as_file, asked, told_of
from duewell.web.staff._asked import DAY, AsOf, Said, days_of, said
from duewell.web.staff.frame import show_staff

door = Door(tags=["console"], include_in_schema=False)
P = Permission
Day = Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_FILE_DAYS_MAX = 366


@door.get("/staff/books/{book}/ledger", may=P.LEDGER_READ, media="text/html")
def ledger_page(
    ask: Asked, book: str, as_of: AsOf = None, export: Export = None, table: Which = None
) -> Response:
    """The trial balance at the end of a closed day, and the periods that are closed."""
    row, say = ask.book(book), said(ask)
    day, _ = days_of(as_of, None)
    _, closed = report_ledger.periods_of(ask.conn, row.code)
    periods = _periods(ask, row, closed, say)
    last = days.last_closed(ask.conn, row.book_id)
    if last is None:
        if export is not None:
            raise Conflict("no-day-closed-yet", book=row.code, open_on=str(row.open_on))
        return show_staff(
            ask, "ledger.html", "console-ledger", book=row, here="console-ledger", balance=None, code=row.code
        )
    found = report_ledger.trial_balance_of(ask.conn, row.code, as_of=day)
    balance = _balance(ask, found, say)
    file = as_file(export, table, balance, periods)
    if file is not None:
        return file
    debits = sum(max(amount, 0) for amount in found.balances.values())
    credits = sum(max(-amount, 0) for amount in found.balances.values())
    return show_staff(
        ask,
        "ledger.html",
        "console-ledger",
        book=row,
        here="console-ledger",
        code=row.code,
        currency=row.currency,
        as_of=found.as_of,
        last=last,
        first=max(row.opened_on, found.as_of.replace(day=1)),
        is_period_closed=found.is_period_closed,
        debits=debits,
        credits=credits,
        balance=told_of(balance),
        periods=told_of(periods),
        forms=[each.value for each in ExportFormat],
    )


def _balance(ask: Ask, found: BookBalance, say: Said) -> Table:
    code, money = found.book.code, found.book.currency
    rows = [
        (
            say(each.name_code),
            each.code,
            say("console-account-" + each.kind.value),
            max(amount, 0) or None,
            max(-amount, 0) or None,
        )
        for each, amount in found.balances.items()
    ]
    return Table(
        "trial-balance",
        say("console-trial-balance"),
        (
            Column("account", say("console-account")),
            Column("code", say("console-account-code")),
            Column("kind", say("console-account-kind")),
            Column("debit", say("console-debit"), Kind.MONEY, money),
            Column("credit", say("console-credit"), Kind.MONEY, money),
        ),
        rows,
        links=[
            f"/staff/books/{code}/ledger/total?day={found.as_of}&account={each.code}"
            for each in found.balances
        ],
        totals=(
            say("console-total"),
            None,
            None,
            sum(max(amount, 0) for amount in found.balances.values()),
            sum(max(-amount, 0) for amount in found.balances.values()),
        ),
        as_of=str(found.as_of),
        known=str(found.as_of),
        query=asked(ask),
    )


def _periods(ask: Ask, row: BookRow, closed: list[PeriodRow], say: Said) -> Table:
    return Table(
        "periods",
        say("console-periods"),
        (
            Column("starts_on", say("console-starts-on"), Kind.DAY),
            Column("ends_on", say("console-ends-on"), Kind.DAY),
            Column("closed_at", say("console-closed-at")),
            Column("actor", say("console-actor")),
            Column("digest", say("console-digest")),
        ),
        [
            (
                each.starts_on,
                each.ends_on,
                instant_text(each.closed_at, lang_of(ask.request), row.zone),
                each.actor,
                each.digest.hex()[:16],
            )
            for each in closed
        ],
        query=asked(ask),
    )


# -- what a balance is made of ---------------------------------------------------------------------


@door.get("/staff/books/{book}/ledger/total", may=P.LEDGER_READ, media="text/html")
def ledger_total(
    ask: Asked,
    book: str,
    day: Day,
    account: Annotated[str, Query(max_length=60)],
    export: Export = None,
    table: Which = None,
) -> Response:
    """One balance opened: the entries it comes from, and the sums behind the day's totals."""
    row, say = ask.book(book), said(ask)
    on, _ = days_of(day, None)
    assert on is not None
    named = account_named(account)
    found = report_ledger.balance_sources(ask.conn, row.code, day=on, account_code=named.code)
    totals = report_ledger.explain_total(ask.conn, row.code, day=on, account_code=named.code)
    about = {"as_of": str(on), "known": str(on), "query": asked(ask)}
    sources = Table(
        "sources",
        say("console-sources"),
        (
            Column("kind", say("console-entry-kind")),
            Column("product", say("console-product")),
            Column("debits", say("console-debit-that-day"), Kind.MONEY, row.currency),
            Column("credits", say("console-credit-that-day"), Kind.MONEY, row.currency),
            Column("balance", say("console-balance-to-day"), Kind.MONEY, row.currency),
        ),
        [(say("console-entries-" + e.kind), e.product, e.debits, e.credits, e.balance) for e in found],
        totals=(
            say("console-total"),
            None,
            sum(each.debits for each in found),
            sum(each.credits for each in found),
            sum(each.balance for each in found),
        ),
        **about,
    )
    sums = _sums(totals, row.currency, say, about)
    file = as_file(export, table, sources, sums)
    if file is not None:
        return file
    return show_staff(
        ask,
        "ledger_total.html",
        "console-balance-opened",
        book=row,
        here="console-ledger",
        code=row.code,
        account=named.name_code,
        day=on,
        currency=row.currency,
        balance=sum(each.balance for each in found),
        posted=sum(each.posted for each in totals),
        sources=told_of(sources),
        sums=told_of(sums),
    )


def _sums(totals: list[Total], money: str, say: Said, about: dict[str, Any]) -> Table:
    """The portfolio sums whose rounded value, less that of the day before, the closing posted."""
    rows = []
    for total in totals:
        before = {_of(piece): piece for piece in total.before}
        for key in dict.fromkeys([*map(_of, total.after), *before]):
            now = next((piece for piece in total.after if _of(piece) == key), None)
            was = before.get(key)
            sign, measure, accrual = key
            rows.append(
                (
                    total.product,
                    say("measure-" + measure.replace(".", "-")),
                    accrual or None,
                    "+" if sign > 0 else "−",
                    _exact(was, money),
                    _exact(now, money),
                    sign * ((now.whole if now else 0) - (was.whole if was else 0)),
                )
            )
    return Table(
        "sums",
        say("console-sums"),
        (
            Column("product", say("console-product")),
            Column("measure", say("console-measure")),
            Column("accrual_class", say("console-accrual-class")),
            Column("sign", say("console-sign")),
            Column("before", say("console-exact-before")),
            Column("after", say("console-exact-after")),
            Column("posted", say("console-posted"), Kind.MONEY, money),
        ),
        rows,
        totals=(say("console-total"), *(None,) * 5, sum(each.posted for each in totals)),
        **about,
    )


def _of(piece: Piece) -> tuple[int, str, str]:
    return piece.sign, piece.measure, piece.accrual


def _exact(piece: Piece | None, money: str) -> str | None:
    return exact_amount(piece.exact.numerator, piece.exact.denominator, money) if piece is not None else None


# -- the entries as a file -------------------------------------------------------------------------


@door.get("/staff/books/{book}/ledger/entries", may=P.LEDGER_READ, media="text/csv")
def ledger_entries(
    ask: Asked,
    book: str,
    form: Literal["csv", "beancount"] = "csv",
    first: Annotated[str | None, Query(pattern=DAY)] = None,
    last: Annotated[str | None, Query(pattern=DAY)] = None,
) -> Response:
    """The entries of closed days for another system; loans' journals of a day stand together."""
    row = ask.book(book)
    start, end = days_of(first, last)
    end = end or days.last_closed(ask.conn, row.book_id)
    start = start or row.opened_on
    if end is not None and (end - start).days >= _FILE_DAYS_MAX:
        raise InvalidInput("console-too-many-days", first=start, last=end, days_max=_FILE_DAYS_MAX)
    pieces = report_ledger.export(
        ask.conn, row.code, form=ExportFormat(form), first=start, last=end, is_detailed=False
    )
    body = "".join(pieces).encode()
    suffix, media = ("csv", "text/csv; charset=utf-8") if form == "csv" else ("beancount", "text/plain")
    name = f"ledger-{row.code}-{start}-{end}.{suffix}"
    mark = b"\xef\xbb\xbf" if form == "csv" else b""
    return Response(
        mark + body, headers={"Content-Disposition": f'attachment; filename="{name}"'}, media_type=media
    )
